/**
 * One tab owns the keys: two that both turn a ratchet would destroy it. A Web Lock elects it; the other tabs ask it
 * over a BroadcastChannel and take over when it closes.
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
  | { kind: "owner" };

interface Pending {
  method: string;
  args: unknown[];
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

export interface OwnerParts {
  name: string;
  locks: LocksLike | null;
  channel: ChannelLike | null;
  start(emit: (event: CoreEvent) => void): Promise<Core>;
  onEvent(event: CoreEvent): void;
  /** This tab became the owner, or found one. */
  onRole(role: "owner" | "guest"): void;
}

export class Owner {
  role: "owner" | "guest" | "unknown" = "unknown";
  private core: Core | null = null;
  private failed = false;
  private readonly pending = new Map<string, Pending>();
  private readonly stopping = new AbortController();
  private release: (() => void) | null = null;

  constructor(private readonly parts: OwnerParts) {
    const { channel, locks, name } = parts;
    if (channel) channel.onmessage = (event) => this.receive(event.data as Wire);
    const hold = async () => {
      await this.become();
      await new Promise<void>((resolve) => (this.release = resolve));
    };
    if (locks) void locks.request(`wardesk-mls:${name}`, { signal: this.stopping.signal }, hold).catch(() => undefined);
    else void hold();
    this.post({ kind: "who" });
  }

  call<T>(method: string, ...args: unknown[]): Promise<T> {
    if (this.core) return this.core.handle(method, args) as Promise<T>;
    if (this.failed) return Promise.reject(new MessengerError("unavailable", "This browser keeps no data for this page."));
    return new Promise<T>((resolve, reject) => {
      const id = crypto.randomUUID();
      this.pending.set(id, { method, args, resolve: resolve as (value: unknown) => void, reject });
      if (this.role === "guest") this.post({ kind: "call", id, method, args });
    });
  }

  stop(): void {
    this.stopping.abort();
    this.core?.stop();
    this.core = null;
    this.release?.();
    this.parts.channel?.close();
    for (const { reject } of this.pending.values()) reject(new MessengerError("closed", "The page is closing."));
    this.pending.clear();
  }

  private async become(): Promise<void> {
    if (this.stopping.signal.aborted) return;
    try {
      this.core = await this.parts.start((event) => {
        this.parts.onEvent(event);
        this.post({ kind: "event", event });
      });
    } catch {
      // Storage can be forbidden altogether (private windows, frames of other sites).
      this.failed = true;
      this.parts.onEvent({ type: "failed" });
      for (const { reject } of this.pending.values()) reject(new MessengerError("unavailable", "This browser keeps no data for this page."));
      this.pending.clear();
      return;
    }
    this.role = "owner";
    this.parts.onRole("owner");
    this.post({ kind: "owner" });
    // What was asked before there was an owner, or was left unanswered by the one that closed. Sending carries ids
    // made by the asking tab, so that a question asked twice is answered once.
    for (const [id, { method, args, resolve, reject }] of this.pending) {
      this.pending.delete(id);
      this.core.handle(method, args).then(resolve, reject);
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
      const known = error instanceof MessengerError;
      this.post({ kind: "answer", id, error: { code: known ? error.code : "internal", message: known ? error.message : "Something went wrong in the other tab." } });
    }
  }

  private post(message: Wire): void {
    if (this.stopping.signal.aborted) return;
    this.parts.channel?.postMessage(message);
  }
}
