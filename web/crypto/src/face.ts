/** What all messengers share on the screen's side: cached snapshots, listeners, and the way to the owner. */
import type { ConversationView } from "./messenger";
import { type ChannelLike, type Core, type CoreEvent, type LocksLike, Owner } from "./owner";
import { emptyView } from "./view";

export interface Seen {
  view: ConversationView;
  preview: { from: "customer" | "staff"; body: string; at: string } | null;
  unread: number;
}

export interface FaceParts {
  name: string;
  locks: LocksLike | null;
  channel: ChannelLike | null;
  start(emit: (event: CoreEvent) => void, superseded: () => void): Promise<Core>;
}

export abstract class Face {
  protected readonly owner: Owner;
  protected readonly seen = new Map<string, Seen>();
  private readonly empty = new Map<string, ConversationView>();
  private readonly listeners = new Set<() => void>();
  private readonly followers = new Map<string, Set<() => void>>();
  private readonly wake = () => void this.owner.call("wake").catch(() => undefined);

  constructor(parts: FaceParts) {
    this.owner = new Owner({
      ...parts,
      onEvent: (event) => this.receive(event),
      onRole: () => {
        // A new owner knows nothing of what this tab looks at.
        for (const conversation of this.followers.keys()) this.askToFollow(conversation);
        void this.owner.call("status").then((status) => this.receive({ type: "status", status })).catch(() => undefined);
        this.changed();
      },
    });
    if (typeof window !== "undefined") window.addEventListener("online", this.wake);
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  follow(conversation: string, listener: () => void): () => void {
    const followers = this.followers.get(conversation) ?? new Set();
    this.followers.set(conversation, followers);
    followers.add(listener);
    if (followers.size === 1) this.askToFollow(conversation);
    return () => {
      followers.delete(listener);
      if (followers.size === 0) this.followers.delete(conversation);
    };
  }

  view(conversation: string): ConversationView {
    const seen = this.seen.get(conversation);
    if (seen) return seen.view;
    // The same object every time: React compares snapshots by identity.
    let empty = this.empty.get(conversation);
    if (!empty) this.empty.set(conversation, (empty = emptyView(conversation)));
    return empty;
  }

  /** Ends this tab's part in it (tests, hot reloads). */
  close(): void {
    if (typeof window !== "undefined") window.removeEventListener("online", this.wake);
    this.owner.stop();
  }

  protected askToFollow(conversation: string): void {
    void this.owner.call("follow", conversation).catch(() => undefined);
  }

  protected refollow(): void {
    for (const conversation of this.followers.keys()) this.askToFollow(conversation);
  }

  protected receive(event: CoreEvent): void {
    if (event.type !== "view") return;
    const conversation = String(event["conversation"]);
    this.seen.set(conversation, event as unknown as Seen);
    for (const listener of this.followers.get(conversation) ?? []) listener();
    this.changed();
  }

  protected forgetViews(): void {
    this.seen.clear();
    for (const followers of this.followers.values()) for (const listener of followers) listener();
  }

  protected changed(): void {
    for (const listener of this.listeners) listener();
  }
}

