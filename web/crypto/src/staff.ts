/** The console's way to its conversations. */
import { newClientId, newId } from "./bytes";
import { Face, type FaceParts } from "./face";
import type { StaffMessenger, StaffStatus } from "./messenger";
import type { ChannelLike, CoreEvent } from "./owner";
import type { SocketLike } from "./socket";
import { StaffCore, type StaffParts } from "./staff-core";
import { Vault } from "./store";
import type { TeamVault } from "./team-vault-face";

export interface OpenStaff {
  /** `stf_…`: every person has a store of its own in this browser. */
  staff: string;
  /** Where the server is; empty for the page's own origin. */
  api: string;
  /** Whether somebody is there. What is asked while nobody is, is no use of the session. */
  attended?: () => boolean;
}

export function openStaffMessenger({ staff, api, attended }: OpenStaff): StaffMessenger & { close(): void } {
  const name = `wardesk-${staff}`;
  const socketUrl = new URL(`${api}/api/v1/socket`, location.href);
  socketUrl.protocol = socketUrl.protocol === "http:" ? "ws:" : "wss:";
  return new StaffFace({
    name,
    locks: navigator.locks ?? null,
    channel: new BroadcastChannel(name) as ChannelLike,
    start: async (emit, superseded) => {
      const vault = await Vault.open(name);
      vault.onSuperseded = superseded;
      const parts: StaffParts = {
        vault,
        fetch: (input, init) => fetch(input, attended?.() === false ? { ...init, headers: { ...(init?.headers as Record<string, string>), "wardesk-background": "1" } } : init),
        openSocket: (url) => new WebSocket(url) as SocketLike,
        base: api,
        socketUrl: socketUrl.href,
        now: () => Date.now(),
      };
      return StaffCore.start(parts, emit);
    },
  });
}

export class StaffFace extends Face implements StaffMessenger {
  private current: StaffStatus = { state: "locked", device: null, connection: "connecting", renewal: "none" };
  private print: string | null = null;
  private readonly inboxListeners = new Set<(conversation: string) => void>();
  private readonly proofListeners = new Set<(conversation: string | null) => void>();
  private readonly presenceListeners = new Set<(staff: string, online: boolean) => void>();
  private readonly endedListeners = new Set<() => void>();
  private readonly previewed = new Set<string>();

  readonly vault: TeamVault;

  constructor(parts: FaceParts) {
    super(parts);
    const ask = <T>(method: keyof TeamVault, ...args: unknown[]): Promise<T> => this.owner.call<T>(`vault/${method}`, ...args);
    // Ids are made here: a request that the next owner repeats adds nothing twice.
    this.vault = {
      folders: () => ask("folders"),
      makeFolder: (wish) => ask("makeFolder", wish, newId("fol", Date.now())),
      removeFolder: (folder) => ask("removeFolder", folder),
      setMembers: (folder, teamRole, members) => ask("setMembers", folder, teamRole, members),
      entries: (folder) => ask("entries", folder),
      add: (folder, entries) => ask("add", folder, entries.map((entry) => ({ ...entry, id: newId("ent", Date.now()) }))),
      change: (folder, entry, change) => ask("change", folder, entry, change),
      open: (folder, entry, version) => ask("open", folder, entry, version),
      openAll: (folder, purpose) => ask("openAll", folder, purpose),
      history: (entry) => ask("history", entry),
      remove: (entry) => ask("remove", entry),
    };
  }

  status(): StaffStatus {
    return this.current;
  }

  fingerprint(): string | null {
    return this.print;
  }

  enrol(name: string): Promise<void> {
    return this.owner.call("enrol", name);
  }

  unlock(): Promise<void> {
    return this.owner.call("unlock");
  }

  renew(): Promise<void> {
    return this.owner.call("renew");
  }

  lock(): void {
    void this.owner.call("lock").catch(() => undefined);
  }

  onInboxChange(listener: (conversation: string) => void): () => void {
    return added(this.inboxListeners, listener);
  }

  onProofChange(listener: (conversation: string | null) => void): () => void {
    return added(this.proofListeners, listener);
  }

  onPresence(listener: (staff: string, online: boolean) => void): () => void {
    return added(this.presenceListeners, listener);
  }

  onEnded(listener: () => void): () => void {
    return added(this.endedListeners, listener);
  }

  /** Rows come by the dozen: each conversation is looked up once, and its events keep it fresh. */
  preview(conversation: string) {
    const seen = this.seen.get(conversation);
    if (!seen && !this.previewed.has(conversation) && isOpen(this.current)) {
      this.previewed.add(conversation);
      this.askToFollow(conversation);
    }
    return seen?.preview ?? null;
  }

  take(conversation: string): Promise<void> {
    return this.owner.call("take", conversation);
  }

  join(conversation: string, reason: string): Promise<void> {
    return this.owner.call("join", conversation, reason);
  }

  assign(conversation: string, staff: string): Promise<void> {
    return this.owner.call("assign", conversation, staff);
  }

  addColleague(conversation: string, staff: string): Promise<void> {
    return this.owner.call("add", conversation, staff);
  }

  removeColleague(conversation: string, staff: string): Promise<void> {
    return this.owner.call("remove", conversation, staff);
  }

  send(conversation: string, text: string): Promise<void> {
    return this.owner.call("send", conversation, text, newClientId());
  }

  note(conversation: string, text: string): Promise<void> {
    return this.owner.call("note", conversation, text, newClientId());
  }

  retry(conversation: string, lineId: string): Promise<void> {
    return this.owner.call("retry", conversation, lineId);
  }

  discard(conversation: string, lineId: string): Promise<void> {
    return this.owner.call("discard", conversation, lineId);
  }

  markRead(conversation: string): void {
    void this.owner.call("markRead", conversation).catch(() => undefined);
  }

  typing(conversation: string): void {
    void this.owner.call("typing", conversation).catch(() => undefined);
  }

  protected override receive(event: CoreEvent): void {
    switch (event.type) {
      case "status":
        return this.takeStatus(event["status"] as StaffStatus & { fingerprint: string | null });
      case "failed":
        this.current = { ...this.current, state: "lost" };
        this.changed();
        return;
      case "inbox":
        for (const listener of this.inboxListeners) listener(String(event["conversation"]));
        return;
      case "proof":
        for (const listener of this.proofListeners) listener(event["conversation"] === null ? null : String(event["conversation"]));
        return;
      case "presence":
        for (const listener of this.presenceListeners) listener(String(event["staff"]), event["online"] === true);
        return;
      case "ended":
        for (const listener of this.endedListeners) listener();
        return;
      default:
        super.receive(event);
    }
  }

  private takeStatus(status: StaffStatus & { fingerprint: string | null }): void {
    const wasOpen = isOpen(this.current);
    const { fingerprint, ...rest } = status;
    const state = this.owner.role === "guest" && rest.state === "ready" ? "other-tab" : rest.state;
    this.print = fingerprint;
    const same = this.current.state === state && this.current.device === rest.device && this.current.connection === rest.connection && this.current.renewal === rest.renewal;
    if (!same) this.current = { ...rest, state };
    if (wasOpen && !isOpen(this.current)) {
      this.previewed.clear();
      this.forgetViews();
    }
    if (!wasOpen && isOpen(this.current)) this.refollow();
    this.changed();
  }
}

function isOpen(status: StaffStatus): boolean {
  return status.state === "ready" || status.state === "other-tab" || status.state === "waiting-for-key";
}

function added<T>(set: Set<T>, listener: T): () => void {
  set.add(listener);
  return () => set.delete(listener);
}
