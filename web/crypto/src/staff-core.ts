/** The staff device itself; runs in the one tab that owns the keys. */
import { Api, type Fetch, worthRetrying } from "./api";
import { fromB64u, newClientId } from "./bytes";
import { Desk } from "./desk";
import { type DeviceRow, identityOf, newEnrolment, pinKeys } from "./device";
import { tendKeyPackages } from "./key-packages";
import type { Identity, SavedConversation } from "./log";
import { MlsEngine } from "./mls-engine";
import { MessengerError, type StaffDeviceState, type StaffStatus } from "./messenger";
import { Notes } from "./notes";
import { fingerprint } from "./number";
import type { Core, CoreEvent } from "./owner";
import { endOf, endsSoon } from "./renewal";
import { type OpenSocket, type ServerFrame, Socket } from "./socket";
import { type OrganisationKey, Trust } from "./statements";
import { type Store, StoreDamaged, type Vault } from "./store";
import type { SealedHistoryKey } from "./team-keys";
import { TeamRing } from "./team-ring";
import { VaultRefused } from "./team-vault";
import { TeamVaultCore } from "./team-vault-core";
import { VAULT_METHODS } from "./team-vault-face";

const TEND_MS = 15 * 60_000;
const TYPING_EVERY_MS = 3_000;

export interface StaffParts {
  vault: Vault;
  fetch: Fetch;
  openSocket: OpenSocket;
  base: string;
  socketUrl: string;
  now(): number;
  /** Milliseconds to wait before what others may do as well; chance unless a test says how long. */
  soon?(): number;
}

interface Unlocked {
  store: Store;
  row: DeviceRow;
  me: Identity;
  ring: TeamRing;
  desk: Desk;
  notes: Map<string, Notes>;
  vault: TeamVaultCore;
}

export class StaffCore implements Core {
  private readonly api: Api;
  private readonly socket: Socket;
  private state: StaffDeviceState = "absent";
  private device: string | null = null;
  private print: string | null = null;
  private unlocked: Unlocked | null = null;
  private tending: ReturnType<typeof setInterval> | null = null;
  private stopped = false;
  private readonly typedAt = new Map<string, number>();

  private constructor(
    private readonly parts: StaffParts,
    private readonly emit: (event: CoreEvent) => void,
  ) {
    this.api = new Api(parts.base, parts.fetch);
    this.api.onUnauthenticated = () => this.ended();
    this.socket = new Socket(parts.socketUrl, parts.openSocket, () => null, (frame) => this.onFrame(frame), () => this.onConnection());
  }

  static async start(parts: StaffParts, emit: (event: CoreEvent) => void): Promise<StaffCore> {
    const core = new StaffCore(parts, emit);
    core.device = (await parts.vault.plain<string>("device")) ?? null;
    core.become(core.device === null ? "absent" : "locked");
    return core;
  }

  stop(): void {
    this.stopped = true;
    this.api.stop();
    this.lock();
  }

  async handle(method: string, args: unknown[]): Promise<unknown> {
    const [first, second, third] = args as [string, string, string];
    switch (method) {
      case "status":
        return this.status();
      case "enrol":
        return this.enrol(first);
      case "unlock":
        return this.unlock();
      case "renew":
        return this.renew();
      case "lock":
        this.lock();
        this.become(this.device === null ? "absent" : "locked");
        return;
      case "follow":
        return this.follow(first);
      case "take":
      case "join":
        await (await this.conversation(first)).change({ act: method, ...(second ? { reason: second } : {}) });
        await this.addOwnDevices(first);
        return;
      case "assign":
      case "add":
      case "remove":
        return (await this.conversation(first)).change({ act: method, staff: second });
      case "send":
        return (await this.conversation(first)).enqueue(second, third ?? newClientId());
      case "note":
        return (await this.notes(first)).add(second, third ?? newClientId());
      case "retry":
        return (await this.notes(first)).has(second) ? (await this.notes(first)).retry(second) : (await this.conversation(first)).retry(second);
      case "discard":
        return (await this.notes(first)).has(second) ? (await this.notes(first)).discard(second) : (await this.conversation(first)).discard(second);
      case "markRead":
        return this.open().desk.markRead(first);
      case "typing":
        return this.typing(first);
      case "wake":
        this.socket.wake();
        return;
      default:
        return this.askVault(method, args);
    }
  }

  private async askVault(method: string, args: unknown[]): Promise<unknown> {
    const name = VAULT_METHODS.find((known) => method === `vault/${known}`);
    if (!name) throw new MessengerError("internal", "Unknown request.");
    const { vault } = this.open();
    try {
      return await (vault[name] as (...given: unknown[]) => Promise<unknown>).apply(vault, args);
    } catch (error) {
      // The other tabs know problems by their code alone.
      throw error instanceof VaultRefused ? new MessengerError(`vault-${error.why === "rolled-back" ? error.why : "refused"}`, error.message) : error;
    }
  }

  private async enrol(name: string): Promise<void> {
    if (this.state !== "absent" && this.state !== "revoked" && this.state !== "lost") throw new MessengerError("conflict", "This browser is a device already.");
    if (this.device !== null) await this.parts.vault.wipe();
    const enrolment = await newEnrolment();
    const answer = await this.api.post<{ id: string; statement: string; unlock_secret: string }>("/api/v1/devices", { name, ...enrolment.request });
    const store = await this.parts.vault.unlock(fromB64u(answer.unlock_secret));
    const row: DeviceRow = { device: answer.id, statement: answer.statement, mls: enrolment.mls, hpke: enrolment.hpke };
    await store.write([{ table: "device", key: "self", value: row }]);
    await this.parts.vault.setPlain("device", answer.id);
    this.device = answer.id;
    await this.begin(store, row);
  }

  private async unlock(): Promise<void> {
    if (this.unlocked) return;
    const { device } = this;
    if (device === null) throw new MessengerError("absent", "This browser is no device yet.");
    let secret: string;
    try {
      secret = (await this.api.post<{ unlock_secret: string }>(`/api/v1/devices/${device}/unlock`, {})).unlock_secret;
    } catch (error) {
      if (error instanceof MessengerError && (error.code === "not-found" || error.code === "forbidden")) this.become("revoked");
      throw error;
    }
    const store = await this.parts.vault.unlock(fromB64u(secret));
    let row: DeviceRow | undefined;
    try {
      row = await store.get<DeviceRow>("device", "self");
    } catch (error) {
      if (!(error instanceof StoreDamaged)) throw error;
    }
    if (!row) {
      this.become("lost");
      throw new MessengerError("lost", "This browser's keys are gone; a new device is needed.");
    }
    await this.begin(store, await this.renewed(store, row));
  }

  /** A statement near its end is renewed; without a fresh factor the old one serves until it ends. */
  private async renewed(store: Store, row: DeviceRow): Promise<DeviceRow> {
    if (!endsSoon(row.statement, "staff", this.parts.now())) return row;
    return this.freshStatement(store, row).catch(() => row);
  }

  private async freshStatement(store: Store, row: DeviceRow): Promise<DeviceRow> {
    const { statement } = await this.api.post<{ statement: string }>(`/api/v1/devices/${row.device}/statement`, {});
    const fresh = { ...row, statement };
    await store.write([{ table: "device", key: "self", value: fresh }]);
    return fresh;
  }

  private async renew(): Promise<void> {
    const unlocked = this.open();
    await this.useStatement(unlocked, await this.freshStatement(unlocked.store, unlocked.row));
  }

  /** From now on this device shows its new statement, and puts it into its leaves. */
  private async useStatement(unlocked: Unlocked, row: DeviceRow): Promise<void> {
    if (row.statement === unlocked.me.statement) return;
    await identityOf(unlocked.desk.around.trust, row);
    unlocked.row = row;
    unlocked.me.statement = row.statement;
    this.become(this.state);
    void this.sweep(unlocked);
  }

  /** Every conversation this device is in, also those nobody looks at: leaves are renewed, removals committed. */
  private async sweep(unlocked: Unlocked): Promise<void> {
    try {
      for (const { key, value } of await unlocked.store.list<SavedConversation>("conversations", "")) {
        if (this.unlocked !== unlocked) return;
        if (value.group === null || value.state === "closed") continue;
        // What is loaded only now asks by itself.
        const known = unlocked.desk.conversations.get(key);
        if (known) await known.refresh();
        else await unlocked.desk.get(key);
      }
    } catch {
      // Locked or wiped meanwhile.
    }
  }

  private async begin(store: Store, row: DeviceRow): Promise<void> {
    const organisation = await this.api.get<{ keys: OrganisationKey[] }>("/.well-known/wardesk-organisation.json");
    const keys = await pinKeys(store, organisation.keys);
    const newest = keys.at(-1);
    this.print = newest ? await fingerprint(fromB64u(newest.public_key)) : null;
    const trust = await Trust.of(keys);
    const { me, statement } = await identityOf(trust, row);
    const engine = await MlsEngine.start();
    const { api } = this;
    const { now } = this.parts;
    const ring: TeamRing = new TeamRing({ api, store, trust, me, teams: statement.teams, now }, () => this.keysGained());
    await ring.restore();
    if (this.stopped) throw new MessengerError("closed", "The page is closing.");
    api.setDevice(me.device);
    const around = {
      role: "staff" as const,
      engine,
      trust,
      store,
      api,
      me,
      path: "/api/v1/conversations",
      now,
      teamKey: (team: string) => ring.teamKey(team),
      allowed: () => new Set<string>(),
      lost: () => new Set<string>(),
      soon: this.parts.soon ?? (() => 300 + Math.random() * 1_700),
      historyKeys: async (conversation: string) => {
        try {
          const { items } = await api.get<{ items: SealedHistoryKey[] }>(`/api/v1/conversations/${conversation}/history-keys`);
          return await ring.openHistory(items, conversation);
        } catch (error) {
          // Without the right to history the conversation reads from now on only.
          if (worthRetrying(error)) throw error;
          return {};
        }
      },
    };
    const notes = new Map<string, Notes>();
    const desk = new Desk(around, this.emit, (conversation) => notes.get(conversation)?.all() ?? [], () => this.socket.connection === "online");
    const vault = new TeamVaultCore({ api, store, trust, me, now });
    const unlocked = { store, row, me, ring, desk, notes, vault };
    this.unlocked = unlocked;
    await ring.tend();
    this.become(ring.waiting() ? "waiting-for-key" : "ready");
    await this.fillKeyPackages(null);
    if (this.unlocked !== unlocked) return;
    this.socket.start();
    this.tending = setInterval(() => void this.tend().catch(() => undefined), TEND_MS);
    void this.sweep(unlocked);
    this.tendVault(unlocked);
  }

  private lock(): void {
    this.api.setDevice(null);
    this.socket.stop();
    if (this.tending !== null) clearInterval(this.tending);
    this.tending = null;
    this.unlocked?.desk.stop();
    this.unlocked = null;
  }

  private async tend(): Promise<void> {
    const unlocked = this.unlocked;
    if (!unlocked) return;
    await this.useStatement(unlocked, await this.renewed(unlocked.store, unlocked.row));
    await unlocked.ring.tend();
    this.become(unlocked.ring.waiting() ? "waiting-for-key" : "ready");
    await this.fillKeyPackages(await this.availableKeyPackages());
    this.tendVault(unlocked);
  }

  /** Colleagues may wait for keys of folders, or have left. Without the right to the vault there is nothing to do. */
  private tendVault({ vault }: Unlocked): void {
    void vault.folders().catch(() => undefined);
  }

  private async availableKeyPackages(): Promise<number | null> {
    try {
      const { items } = await this.api.get<{ items: { id: string; key_packages: number }[] }>("/api/v1/devices");
      return items.find(({ id }) => id === this.device)?.key_packages ?? null;
    } catch {
      return null;
    }
  }

  private async fillKeyPackages(available: number | null): Promise<void> {
    const { desk, me, store } = this.open();
    await tendKeyPackages({ api: this.api, store, engine: desk.around.engine, me, now: this.parts.now(), available }).catch(() => undefined);
  }

  private keysGained(): void {
    const unlocked = this.unlocked;
    if (!unlocked) return;
    unlocked.desk.openHeld();
    for (const notes of unlocked.notes.values()) void notes.readAnew().catch(() => undefined);
    if (this.state === "waiting-for-key" && !unlocked.ring.waiting()) this.become("ready");
  }

  private async addOwnDevices(id: string): Promise<void> {
    // A convenience for later: the conversation works without it, and the next entry tries again.
    await (await this.conversation(id)).change({ act: "own-device" }).catch(() => undefined);
  }

  private async follow(id: string): Promise<void> {
    await this.conversation(id);
    await this.notes(id);
    this.open().desk.announce(id);
    void this.joinOwnDevices(id).catch(() => undefined);
  }

  /** Another device of this person is in the conversation: this one comes in beside it. */
  private async joinOwnDevices(id: string): Promise<void> {
    const conversation = await this.conversation(id);
    await conversation.refresh();
    const { me } = this.open();
    const mine = Object.values(conversation.saved.members).some(({ person }) => person.subject === me.subject);
    if (mine && !conversation.member) await conversation.change({ act: "own-device" });
  }

  private conversation(id: string) {
    return this.open().desk.get(id);
  }

  private async notes(id: string): Promise<Notes> {
    const { desk, notes, ring } = this.open();
    const known = notes.get(id);
    if (known) return known;
    const made = new Notes(id, desk.around, ring, () => desk.conversations.get(id)?.saved.team ?? null, () => desk.announce(id));
    notes.set(id, made);
    await made.restore();
    void made.refresh().catch(() => undefined);
    return made;
  }

  private typing(id: string): void {
    const now = this.parts.now();
    if (now - (this.typedAt.get(id) ?? 0) < TYPING_EVERY_MS) return;
    this.typedAt.set(id, now);
    this.socket.send({ type: "typing", conversation: id });
  }

  private onFrame(frame: ServerFrame): void {
    const unlocked = this.unlocked;
    switch (frame.type) {
      case "inbox":
        this.emit({ type: "inbox", conversation: frame["conversation"] });
        return;
      case "proof":
        this.emit({ type: "proof", conversation: frame["conversation"] });
        return;
      case "presence":
        this.emit({ type: "presence", staff: frame["staff"], online: frame["online"] });
        return;
      case "ended":
        this.ended();
        return;
      case "team-key":
        void unlocked?.ring
          .tendTeam(String(frame["team"]))
          .then(() => this.become(unlocked.ring.waiting() ? "waiting-for-key" : "ready"))
          .catch(() => undefined);
        return;
      case "note":
        void unlocked?.notes.get(String(frame["conversation"]))?.refresh().catch(() => undefined);
        return;
      case "receipt":
        unlocked?.desk.onFrame(frame);
        // One's own, perhaps from another device: the inbox counts what is unread.
        if (frame["who"] === unlocked?.me.subject) this.emit({ type: "inbox", conversation: frame["conversation"] });
        return;
      default:
        unlocked?.desk.onFrame(frame);
    }
  }

  private ended(): void {
    // Before the first sign-in there is nothing that could end.
    if (!this.unlocked) return;
    this.lock();
    this.become("locked");
    this.emit({ type: "ended" });
  }

  private onConnection(): void {
    this.become(this.state);
    if (this.socket.connection !== "online" || !this.unlocked) return;
    this.unlocked.desk.refreshAll();
    this.emit({ type: "proof", conversation: null });
    for (const notes of this.unlocked.notes.values()) void notes.refresh().catch(() => undefined);
    void this.tend().catch(() => undefined);
  }

  private open(): Unlocked {
    if (!this.unlocked) throw new MessengerError("locked", "Sign in to open this device's keys.");
    return this.unlocked;
  }

  private status(): StaffStatus & { fingerprint: string | null } {
    return { state: this.state, device: this.device, connection: this.socket.connection, renewal: this.renewal(), fingerprint: this.print };
  }

  private renewal(): StaffStatus["renewal"] {
    const statement = this.unlocked?.me.statement;
    if (statement === undefined || !endsSoon(statement, "staff", this.parts.now())) return "none";
    return endOf(statement) <= this.parts.now() ? "over" : "due";
  }

  private become(state: StaffDeviceState): void {
    this.state = state;
    this.emit({ type: "status", status: this.status() });
  }
}
