/**
 * One tab owns the keys: two that both turn a ratchet would destroy it. A Web Lock elects it; the other tabs ask it
 * over a BroadcastChannel and take over when it closes. The lock only elects: what a tab still does after it lost it
 * (closing, or put aside by the browser and woken up again) is refused by the store, and the tab becomes a guest.
 */
import { MessengerError } from "./messenger";

export interface Core {
  handle(method: string, args: unknown[]): Promise<unknown>;
  stop(): void;
}

export type CoreEvent = { type: string } & Record<string, unknown>;

export interface ChannelLike {
  postMessage(message: unknown): void;
  onmessage: ((event: { data: unknown }) => void) | null;
  close(): void;
}

export interface LocksLike {
  request(name: string, options: { signal?: AbortSignal }, work: () => Promise<void>): Promise<unknown>;
}

type Wire =
  | { kind: "call"; id: string; method: string; args: unknown[] }
  | { kind: "answer"; id: string; value?: unknown; error?: { code: string; message: string } }
  | { kind: "event"; event: CoreEvent }
  /** A new tab asks who is there; the owner (old or new) says so. */
  | { kind: "who" }
  | { kind: "owner" }
  /** The owner closes. Only where there are no locks that say so. */
  | { kind: "free" };

interface Pending {
  method: string;
  args: unknown[];
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** One time as the owner. */
interface Term {
  core: Core | null;
  over: boolean;
  release(): void;
}

export interface OwnerParts {
  name: string;
  locks: LocksLike | null;
  channel: ChannelLike | null;
  /** `superseded` is called when another tab turns out to have taken over. */
  start(emit: (event: CoreEvent) => void, superseded: () => void): Promise<Core>;
  onEvent(event: CoreEvent): void;
  /** This tab became the owner, or found one. */
  onRole(role: "owner" | "guest"): void;
}

export class Owner {
  role: "owner" | "guest" | "unknown" = "unknown";
  private term: Term | null = null;
  private failed = false;
  private readonly pending = new Map<string, Pending>();
  private readonly stopping = new AbortController();

  constructor(private readonly parts: OwnerParts) {
    const { channel } = parts;
    if (channel) channel.onmessage = (event) => this.receive(event.data as Wire);
    void this.stand();
    this.post({ kind: "who" });
  }

  call<T>(method: string, ...args: unknown[]): Promise<T> {
    if (this.stopping.signal.aborted) return Promise.reject(new MessengerError("closed", "The page is closing."));
    if (this.core) return this.ask<T>(this.core, method, args);
    if (this.failed) return Promise.reject(new MessengerError("unavailable", "This browser keeps no data for this page."));
    return new Promise<T>((resolve, reject) => {
      const id = crypto.randomUUID();
      this.pending.set(id, { method, args, resolve: resolve as (value: unknown) => void, reject });
      if (this.role === "guest") this.post({ kind: "call", id, method, args });
    });
  }

  stop(): void {
    if (this.core && !this.parts.locks) this.post({ kind: "free" });
    this.stopping.abort();
    if (this.term) this.end(this.term);
    this.parts.channel?.close();
    for (const { reject } of this.pending.values()) reject(new MessengerError("closed", "The page is closing."));
    this.pending.clear();
  }

  private get core(): Core | null {
    return this.term?.core ?? null;
  }

  private async ask<T>(core: Core, method: string, args: unknown[]): Promise<T> {
    try {
      return (await core.handle(method, args)) as T;
    } catch (error) {
      // Left unanswered by who is the owner no more: the next one is asked.
      if (this.core !== core && !this.stopping.signal.aborted) return this.call<T>(method, ...args);
      throw error;
    }
  }

  /** Waits for its turn, and is the owner until that ends. */
  private async stand(): Promise<void> {
    const { locks, name } = this.parts;
    const term: Term = { core: null, over: false, release: () => undefined };
    if (!locks) return this.hold(term);
    try {
      await locks.request(`wardesk-mls:${name}`, { signal: this.stopping.signal }, () => this.hold(term));
    } catch {
      // The browser keeps locks from the page, as it keeps storage from it; not so if it closes, or asks another tab.
      if (this.term !== term && !term.over && this.role !== "guest" && !this.stopping.signal.aborted) this.fail();
    }
    // Nobody gave it up: the browser took the lock from a page that it put aside, and woke the page up again.
    if (term.core) this.stepDown(term);
  }

  private async hold(term: Term): Promise<void> {
    if (this.stopping.signal.aborted) return;
    this.term = term;
    const released = new Promise<void>((resolve) => (term.release = resolve));
    void this.become(term);
    await released;
  }

  private end(term: Term): void {
    term.over = true;
    if (this.term === term) this.term = null;
    term.core?.stop();
    term.release();
  }

  /** Another tab is the owner now: this one asks it, and waits for its next turn. Without locks the newest tab has it. */
  private stepDown(term: Term): void {
    if (term.over) return;
    this.end(term);
    this.role = "unknown";
    if (this.parts.locks) void this.stand();
    this.post({ kind: "who" });
  }

  /** Storage can be forbidden altogether (private windows, frames of other sites). */
  private fail(): void {
    this.failed = true;
    this.parts.onEvent({ type: "failed" });
    for (const { reject } of this.pending.values()) reject(new MessengerError("unavailable", "This browser keeps no data for this page."));
    this.pending.clear();
  }

  private async become(term: Term): Promise<void> {
    const emit = (event: CoreEvent) => {
      if (term.over) return;
      this.parts.onEvent(event);
      this.post({ kind: "event", event });
    };
    let core: Core;
    try {
      core = await this.parts.start(emit, () => this.stepDown(term));
    } catch {
      if (term.over) return;
      return this.fail();
    }
    // It can be over before it began: the page closed meanwhile.
    if (term.over) return core.stop();
    term.core = core;
    this.role = "owner";
    this.parts.onRole("owner");
    this.post({ kind: "owner" });
    // What was asked before there was an owner, or was left unanswered by the one that closed. Sending carries ids
    // made by the asking tab, so that a question asked twice is answered once.
    for (const [id, { method, args, resolve, reject }] of this.pending) {
      this.pending.delete(id);
      this.ask(core, method, args).then(resolve, reject);
    }
  }

  private receive(message: Wire): void {
    switch (message.kind) {
      case "who":
        if (this.core) this.post({ kind: "owner" });
        return;
      case "owner":
        if (this.core) return;
        this.role = "guest";
        this.parts.onRole("guest");
        for (const [id, { method, args }] of this.pending) this.post({ kind: "call", id, method, args });
        return;
      case "free":
        if (!this.parts.locks && !this.term) void this.stand();
        return;
      case "event":
        if (!this.core) this.parts.onEvent(message.event);
        return;
      case "call":
        if (this.core) void this.serve(this.core, message);
        return;
      case "answer": {
        const waiting = this.pending.get(message.id);
        if (!waiting) return;
        this.pending.delete(message.id);
        if (message.error) waiting.reject(new MessengerError(message.error.code, message.error.message));
        else waiting.resolve(message.value);
      }
    }
  }

  private async serve(core: Core, { id, method, args }: Extract<Wire, { kind: "call" }>): Promise<void> {
    try {
      this.post({ kind: "answer", id, value: await core.handle(method, args) });
    } catch (error) {
      // The one that asks hears of the next owner, and asks that.
      if (this.core !== core) return;
      const known = error instanceof MessengerError;
      this.post({ kind: "answer", id, error: { code: known ? error.code : "internal", message: known ? error.message : "Something went wrong in the other tab." } });
    }
  }

  private post(message: Wire): void {
    if (this.stopping.signal.aborted) return;
    this.parts.channel?.postMessage(message);
  }
}
