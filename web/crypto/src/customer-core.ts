/** The customer's device; runs in the one tab that owns the keys. */
import { Api, type Fetch, worthRetrying } from "./api";
import { b64u, fromB64u, newClientId, newConversationId } from "./bytes";
import { CustomerPasskeys } from "./customer-passkeys";
import { CustomerProofs } from "./customer-proofs";
import { Desk } from "./desk";
import { type DeviceRow, identityOf, newEnrolment, pinKeys } from "./device";
import { browserSupports } from "./ed25519";
import { type Identity, type OutboxRow, type SavedConversation, emptyConversation } from "./log";
import { MlsEngine, saveGroup } from "./mls-engine";
import { MessengerError, type WidgetMessenger } from "./messenger";
import { fingerprint } from "./number";
import { OwnDevices } from "./own-devices";
import type { Core, CoreEvent } from "./owner";
import { makeRecord, textFits } from "./records";
import { endsSoon } from "./renewal";
import { type OpenSocket, type ServerFrame, Socket } from "./socket";
import { type OrganisationKey, Trust } from "./statements";
import type { Store, Vault } from "./store";
import { type TeamKey, checkTeamKey, sealHistoryKey } from "./team-keys";

export type WidgetStatus = ReturnType<WidgetMessenger["status"]>;
export type WidgetRow = ReturnType<WidgetMessenger["conversations"]>[number];

export interface CustomerParts {
  vault: Vault;
  fetch: Fetch;
  openSocket: OpenSocket;
  base: string;
  socketUrl: string;
  now(): number;
  /** Remembers outside of the database which device this browser was: so its loss can be told, and the lost one named. */
  marker: { get(): string | null; set(device: string | null): void };
  /** Milliseconds to wait before what others may do as well; chance unless a test says how long. */
  soon?(): number;
  /** Whether the browser keeps the data for good; asking for it may show a question, so only once there is something to keep. */
  persistent(ask: boolean): Promise<boolean>;
}

interface Organisation {
  name: string;
  keys: OrganisationKey[];
  team: string;
  reply_time?: string;
  typing: boolean;
}

interface Listed {
  id: string;
  state: WidgetRow["state"];
  opened_at: string;
}

interface Session {
  token: string;
  customer: string;
  name: string | null;
}

const TEND_MS = 15 * 60_000;
const ARRIVE_AGAIN_MS = 10_000;
const TYPING_EVERY_MS = 3_000;

export class CustomerCore implements Core {
  private readonly api: Api;
  private readonly socket: Socket;
  private state: WidgetStatus["state"] = "starting";
  private storage: WidgetStatus["storage"] = "best-effort";
  private store: Store | null = null;
  private organisation: Organisation | null = null;
  private keys: OrganisationKey[] = [];
  private print: string | null = null;
  private session: Session | null = null;
  private desk: Desk | null = null;
  private rows = new Map<string, { state: WidgetRow["state"]; at: string }>();
  private enrolling: Promise<Desk> | null = null;
  /** Whether somebody has looked at the customer's passkeys since the page was opened. */
  private showsPasskeys = false;
  private retry: ReturnType<typeof setTimeout> | null = null;
  private typedAt = 0;
  private stopped = false;
  private readonly devices: OwnDevices;
  private readonly proofs: CustomerProofs;
  private readonly passkeys: CustomerPasskeys;
  private self: DeviceRow | null = null;
  private arriving: Promise<void> | null = null;
  /** While a website vouches nothing is written: it would belong to the visitor of before. */
  private identifying: Promise<void> = Promise.resolve();
  private readonly tending: ReturnType<typeof setInterval>;

  private constructor(
    private readonly parts: CustomerParts,
    private readonly emit: (event: CoreEvent) => void,
  ) {
    this.api = new Api(parts.base, parts.fetch);
    this.devices = new OwnDevices(this.api);
    this.proofs = new CustomerProofs(this.api, (conversation, proof) => emit({ type: "proof", conversation, proof }));
    this.passkeys = new CustomerPasskeys(this.api, (passkeys) => emit({ type: "passkeys", passkeys }));
    this.tending = setInterval(() => void this.tend(), TEND_MS);
    this.api.onUnauthenticated = () => this.ended();
    const hello = () => (this.session ? { type: "hello", token: this.session.token } : null);
    this.socket = new Socket(parts.socketUrl, parts.openSocket, hello, (frame) => this.onFrame(frame), () => this.onConnection());
  }

  static async start(parts: CustomerParts, emit: (event: CoreEvent) => void): Promise<CustomerCore> {
    const core = new CustomerCore(parts, emit);
    await core.begin();
    return core;
  }

  stop(): void {
    this.stopped = true;
    this.api.stop();
    clearInterval(this.tending);
    if (this.retry !== null) clearTimeout(this.retry);
    this.socket.stop();
    this.desk?.stop();
  }

  async handle(method: string, args: unknown[]): Promise<unknown> {
    const [first, second, third] = args as [string, string, string];
    switch (method) {
      case "status":
        this.emitRows();
        this.emitDevices();
        for (const [conversation, proof] of this.proofs.all()) this.emit({ type: "proof", conversation, proof });
        this.emit({ type: "passkeys", passkeys: this.passkeys.get() });
        return this.status();
      case "open":
        await this.identifying;
        return this.open(first, second ?? newClientId());
      case "send":
        await this.identifying;
        return (await this.conversation(first)).enqueue(second, third ?? newClientId());
      case "retry":
        return (await this.conversation(first)).retry(second);
      case "discard":
        return (await this.conversation(first)).discard(second);
      case "follow":
        return this.follow(first);
      case "markRead":
        return this.desk?.markRead(first);
      case "typing":
        return this.typing(first);
      case "identify": {
        const identified = this.identify(first);
        this.identifying = identified.catch(() => undefined);
        return identified;
      }
      case "signOut":
        return this.signOut();
      case "wake":
        this.socket.wake();
        void this.arrive();
        return;
      case "refreshDevices":
        if (this.session === null) return;
        await this.devices.refresh(this.self?.device ?? null);
        this.emitDevices();
        return;
      case "refreshProof":
        return this.proofs.refresh(first);
      case "sendProofCode":
        return this.proofs.sendCode(first, args[1] as string | null);
      case "answerProof":
        return this.proofs.answer(first, second);
      case "beginPasskeyProof":
        return this.proofs.beginPasskey(first);
      case "answerPasskeyProof":
        return this.proofs.answerPasskey(first, second, args[2]);
      case "refreshPasskeys":
        this.showsPasskeys = true;
        return this.refreshPasskeys();
      case "beginPasskey":
        return this.passkeys.begin();
      case "addPasskey":
        return this.passkeys.add(first, second, args[2]);
      case "removePasskey":
        return this.passkeys.remove(first);
      case "removeDevice":
        await this.devices.remove(first);
        this.emitDevices();
        return;
      case "showHistoryTo":
        await this.devices.allow(this.storeOrFail(), first);
        this.desk?.refreshAll();
        return;
      default:
        throw new MessengerError("internal", "Unknown request.");
    }
  }

  private async begin(): Promise<void> {
    if (!(await browserSupports())) return this.become("unavailable");
    this.store = await this.parts.vault.unlock(new Uint8Array());
    this.session = (await this.store.get<Session>("device", "session")) ?? null;
    this.api.setToken(this.session?.token ?? null);
    const lost = this.session === null && this.parts.marker.get() !== null;
    await this.devices.restore(this.store);
    this.organisation = (await this.store.get<Organisation>("pinned", "company")) ?? null;
    await this.fetchOrganisation();
    if (this.organisation !== null) {
      const row = await this.store.get<DeviceRow>("device", "self");
      if (row && this.session) await this.resume(row);
      this.become(lost ? "lost" : "ready");
      void this.arrive();
    }
    await this.lookAtStorage(false);
  }

  private async lookAtStorage(ask: boolean): Promise<void> {
    this.storage = (await this.parts.persistent(ask).catch(() => false)) ? "persistent" : "best-effort";
    this.become(this.state);
  }

  /** Without an answer the stored copy serves; without a copy it is tried again until there is one. */
  private async fetchOrganisation(): Promise<void> {
    try {
      const organisation = await this.api.get<Organisation>("/api/v1/widget/organisation");
      await this.storeOrFail().write([{ table: "pinned", key: "company", value: organisation }]);
      this.organisation = organisation;
    } catch (error) {
      if (this.organisation === null && !this.stopped) this.retry = setTimeout(() => void this.begin().catch(() => undefined), 5_000);
      if (this.organisation === null && !worthRetrying(error)) this.become("unavailable");
      if (this.organisation === null) return;
    }
    this.keys = await pinKeys(this.storeOrFail(), this.organisation.keys);
    const newest = this.keys.at(-1);
    this.print = newest ? await fingerprint(fromB64u(newest.public_key)) : null;
  }

  private async resume(stored: DeviceRow): Promise<Desk> {
    const trust = await Trust.of(this.keys);
    const { me } = await identityOf(trust, await this.renewed(trust, stored));
    return this.useDevice(trust, me);
  }

  /** A statement near its end, or past it, is renewed; without an answer the old one serves until there is one. */
  private async renewed(trust: Trust, row: DeviceRow): Promise<DeviceRow> {
    this.self = row;
    if (!endsSoon(row.statement, "customer", this.parts.now())) return row;
    const renewed = await this.api.post<{ statement: string }>(`/api/v1/widget/devices/${row.device}/statement`, {}).catch(() => null);
    if (renewed === null) return row;
    const fresh = { ...row, statement: renewed.statement };
    await identityOf(trust, fresh);
    await this.storeOrFail().write([{ table: "device", key: "self", value: fresh }]);
    this.self = fresh;
    return fresh;
  }

  /** Looks after what a long-open page would otherwise let run out: the statement, and with it the leaves. */
  private async tend(): Promise<void> {
    const { desk, self } = this;
    if (desk === null || self === null) return;
    try {
      const { statement } = await this.renewed(desk.around.trust, self);
      if (statement === desk.around.me.statement) return;
      desk.around.me.statement = statement;
      desk.refreshAll();
    } catch {
      // Another look comes by itself.
    }
  }

  /**
   * What the server knows of this customer and this browser does not: conversations of their other devices, which this
   * one then enters. Comes again until it had an answer.
   */
  private arrive(): Promise<void> {
    this.arriving ??= this.doArrive()
      .catch((error: unknown) => {
        if (!worthRetrying(error) || this.stopped) return;
        setTimeout(() => void (this.stopped || this.arrive()), ARRIVE_AGAIN_MS);
      })
      .finally(() => (this.arriving = null));
    return this.arriving;
  }

  private async doArrive(): Promise<void> {
    const { session } = this;
    if (session === null || this.organisation === null) return;
    const { items } = await this.api.get<{ items: Listed[] }>("/api/v1/widget/conversations");
    const counts = await this.devices.refresh(this.self?.device ?? null);
    if (this.session !== session) return;
    // Taken out from another device, and signed in again since: this browser begins anew.
    if (this.self !== null && !counts) {
      await this.clear();
      await this.keepSession(session);
    }
    for (const { id, state, opened_at } of items) if (!this.desk?.conversations.has(id)) this.rows.set(id, { state, at: opened_at });
    this.emitRows();
    this.emitDevices();
    if (items.length === 0) return;
    const desk = await this.ensureDesk();
    if (!counts) await this.devices.refresh(this.self?.device ?? null);
    this.emitDevices();
    // A closed one is read when somebody looks at it.
    for (const { id, state } of items) if (state !== "closed") await desk.get(id);
  }

  private async useDevice(trust: Trust, me: Identity): Promise<Desk> {
    const engine = await MlsEngine.start();
    if (this.stopped) throw new MessengerError("closed", "The page is closing.");
    this.api.setDevice(me.device);
    const around = {
      role: "customer" as const,
      engine,
      trust,
      store: this.storeOrFail(),
      api: this.api,
      me,
      path: "/api/v1/widget/conversations",
      now: this.parts.now,
      teamKey: (team: string) => this.teamKey(trust, team),
      historyKeys: async () => ({}),
      allowed: () => this.devices.allowed,
      lost: () => this.devices.lost,
      soon: this.parts.soon ?? (() => 300 + Math.random() * 1_700),
    };
    const desk = new Desk(around, (event) => this.emitFromDesk(event), () => [], () => this.state === "signed-out" || this.socket.connection === "online");
    this.desk = desk;
    for (const { key, value } of await this.storeOrFail().list<SavedConversation>("conversations", "")) {
      this.rows.set(key, { state: value.state, at: value.openedAt ?? new Date(this.parts.now()).toISOString() });
      void desk.get(key).catch(() => undefined);
    }
    if (!this.stopped) this.socket.start();
    this.emitRows();
    return desk;
  }

  /** A visitor becomes one with the first message, not by looking at a page. */
  private ensureDesk(): Promise<Desk> {
    if (this.desk) return Promise.resolve(this.desk);
    this.enrolling ??= this.enrol().finally(() => (this.enrolling = null));
    return this.enrolling;
  }

  private async enrol(): Promise<Desk> {
    const store = this.storeOrFail();
    if (this.organisation === null) throw new MessengerError("offline", "The server does not answer.");
    if (this.session === null) {
      const { token, customer } = await this.api.post<{ token: string; customer: string }>("/api/v1/widget/visitors", {});
      await this.keepSession({ token, customer, name: null });
    }
    const enrolment = await newEnrolment();
    const answer = await this.api.post<{ id: string; statement: string }>("/api/v1/widget/devices", enrolment.request);
    const row: DeviceRow = { device: answer.id, statement: answer.statement, mls: enrolment.mls, hpke: enrolment.hpke };
    const trust = await Trust.of(this.keys);
    const { me, statement } = await identityOf(trust, row);
    if (statement.kind !== "customer" || statement.sub !== this.session?.customer) throw new MessengerError("statement", "The server's statement is about somebody else.");
    await store.write([{ table: "device", key: "self", value: row }]);
    this.self = row;
    const before = this.parts.marker.get();
    if (before !== null && before !== row.device) await this.devices.lose(store, before);
    this.parts.marker.set(row.device);
    this.become("ready");
    void this.lookAtStorage(true);
    return this.useDevice(trust, me);
  }

  private async open(text: string, clientId: string): Promise<string> {
    if (!textFits(text)) throw new MessengerError("too-large", "A message can be at most 64 KiB long.");
    const desk = await this.ensureDesk();
    const { engine, me, now, store } = desk.around;
    const team = this.organisation!.team;
    const to = await desk.around.teamKey(team);
    const at = now();
    const id = newConversationId(at);
    const group = await engine.createGroup(id, me.mls, me.statement, at);
    const historyKey = await engine.historyKey(group);
    const record = await makeRecord({ typ: "letter", conversation: id, id: clientId, device: me.device, key: 0, at }, text, historyKey, me.mls.seed);
    const first = { client_id: clientId, record };
    const creation = {
      conversation: id,
      device: me.device,
      group_info: b64u(await engine.groupInfo(group)),
      history_key: { epoch: 0, generation: to.generation, team, sealed: await sealHistoryKey(to.publicKey, historyKey, id, 0) },
      first,
    };
    const saved: SavedConversation = {
      ...emptyConversation(),
      team,
      group: saveGroup(group),
      joinedEpoch: 0,
      creation,
      historyKeys: { 0: historyKey },
      renewedAt: at,
      openedAt: new Date(at).toISOString(),
    };
    const row: OutboxRow = { id: clientId, body: text, at, prepared: { route: "letters", payload: first }, problem: null };
    // The group, its key and the text are on disk before anybody hears of the conversation.
    await store.write([
      { table: "conversations", key: id, value: saved },
      { table: "outbox", key: `${id}/${clientId}`, value: row },
    ]);
    this.rows.set(id, { state: "waiting", at: saved.openedAt! });
    await desk.get(id);
    this.emitRows();
    return id;
  }

  private async identify(token: string): Promise<void> {
    const answer = await this.api.post<{ token: string; customer: string; name: string | null }>("/api/v1/widget/identities", { identity_token: token });
    if (this.session !== null && this.session.customer !== answer.customer) await this.clear();
    await this.keepSession({ token: answer.token, customer: answer.customer, name: answer.name });
    this.socket.stop();
    if (this.desk) this.socket.start();
    this.become("ready");
    await this.arriving;
    await this.arrive();
    // Whoever looked before the website had vouched was told less, or nothing.
    if (this.showsPasskeys) void this.refreshPasskeys().catch(() => undefined);
  }

  private async refreshPasskeys(): Promise<void> {
    if (this.session === null) return;
    // Each request says which device asks: whom the site vouches for becomes one for it.
    await this.ensureDesk();
    return this.passkeys.refresh();
  }

  private async signOut(): Promise<void> {
    // Whether or not the server hears of it: this browser forgets.
    await this.api.delete("/api/v1/widget/session").catch(() => undefined);
    await this.clear();
    this.parts.marker.set(null);
    this.become("signed-out");
  }

  private async clear(): Promise<void> {
    this.socket.stop();
    this.desk?.stop();
    this.desk = null;
    this.self = null;
    this.devices.forget();
    this.proofs.forget();
    this.passkeys.forget();
    this.parts.marker.set(null);
    this.session = null;
    this.api.setDevice(null);
    this.rows = new Map();
    this.api.setToken(null);
    await this.parts.vault.wipe();
    this.store = await this.parts.vault.unlock(new Uint8Array());
    if (this.organisation) {
      await this.store.write([{ table: "pinned", key: "company", value: this.organisation }]);
      await pinKeys(this.store, this.keys);
    }
    this.emit({ type: "cleared" });
    this.emitRows();
    this.emitDevices();
  }

  private async keepSession(session: Session): Promise<void> {
    await this.storeOrFail().write([{ table: "device", key: "session", value: session }]);
    this.session = session;
    this.api.setToken(session.token);
  }

  private async teamKey(trust: Trust, team: string): Promise<{ generation: number; publicKey: Uint8Array<ArrayBuffer> }> {
    let key: TeamKey;
    try {
      key = await this.api.get<TeamKey>("/api/v1/widget/team-key");
    } catch (error) {
      if (error instanceof MessengerError && error.code === "not-found") throw new MessengerError("no-team-key", "Nobody is set up to read messages yet.");
      throw error;
    }
    const publicKey = await checkTeamKey(trust, key, team).catch(() => {
      throw new MessengerError("no-team-key", "The team's key does not check.");
    });
    return { generation: key.generation, publicKey };
  }

  private async conversation(id: string) {
    // Listed by the server a moment ago: this browser becomes a device of the customer's for it.
    const desk = this.desk ?? (this.rows.has(id) ? await this.ensureDesk() : null);
    if (!desk) throw new MessengerError("not-found", "There is no such conversation in this browser.");
    return desk.get(id);
  }

  private async follow(id: string): Promise<void> {
    const conversation = await this.conversation(id);
    void conversation.want();
    this.desk?.announce(id);
    // Before the server knows of it, nobody can have asked for anything in it.
    if (conversation.saved.creation === null) void this.proofs.refresh(id).catch(() => undefined);
  }

  private typing(id: string): void {
    const now = this.parts.now();
    if (this.organisation?.typing !== true || now - this.typedAt < TYPING_EVERY_MS) return;
    this.typedAt = now;
    this.socket.send({ type: "typing", conversation: id });
  }

  private onFrame(frame: ServerFrame): void {
    if (frame.type === "ended") return this.ended();
    const conversation = String(frame["conversation"]);
    if (frame.type === "proof") return void this.proofs.refresh(conversation).catch(() => undefined);
    if (frame.type === "item") this.proofs.refreshWaiting(conversation);
    this.desk?.onFrame(frame);
  }

  private ended(): void {
    if (this.session === null) return;
    this.socket.stop();
    this.become("signed-out");
  }

  private onConnection(): void {
    this.become(this.state);
    if (this.socket.connection !== "online") return;
    this.desk?.refreshAll();
    this.proofs.refreshAll();
    void this.tend();
    void this.arrive();
  }

  private emitFromDesk(event: CoreEvent): void {
    this.emit(event);
    const id = String(event["conversation"]);
    const saved = this.desk?.conversations.get(id)?.saved;
    if (saved) this.rows.set(id, { state: saved.state, at: saved.openedAt ?? this.rows.get(id)?.at ?? new Date(this.parts.now()).toISOString() });
    this.emitRows();
  }

  private emitRows(): void {
    const rows = [...this.rows].map(([id, row]) => ({ id, ...row })).sort((a, b) => (a.at < b.at ? 1 : -1));
    this.emit({ type: "rows", rows });
  }

  private emitDevices(): void {
    this.emit({ type: "devices", devices: this.devices.list(this.self?.device ?? null) });
  }

  private storeOrFail(): Store {
    if (!this.store) throw new MessengerError("internal", "The store is not open.");
    return this.store;
  }

  private status(): WidgetStatus {
    return {
      state: this.state,
      // Before the first message there is no socket to be online with.
      connection: this.desk ? this.socket.connection : this.organisation ? "online" : "connecting",
      name: this.session?.name ?? null,
      organisation: this.organisation?.name ?? "",
      fingerprint: this.print,
      storage: this.storage,
      replyTime: this.organisation?.reply_time ?? null,
    };
  }

  private become(state: WidgetStatus["state"]): void {
    this.state = state;
    this.emit({ type: "status", status: this.status() });
  }
}
