/**
 * One conversation on this device: follows the log in order, keeps what it read, sends what is in the outbox.
 * One thing happens at a time; every step is on disk before the network or the screen hears of it.
 */
import { worthRetrying } from "./api";
import { newClientId } from "./bytes";
import { type Change, change as makeChange, commitRemovals, isToLeave, renewLeaf, submitStaged } from "./changing";
import { handOver } from "./hand-over";
import { type LogItem, type LogPage, type OutboxRow, type SavedConversation, type StoredLine, completed, emptyConversation, lineKey } from "./log";
import { type StepContext, type StepResult, hasStaff, reopen, step } from "./log-step";
import { type Group, type OwnKeyPackage, authenticatorOf, epochOf, forget, ownStatementOf, restoreGroup } from "./mls-engine";
import { MessengerError } from "./messenger";
import { conversationNumber } from "./number";
import { endsSoon } from "./renewal";
import { textFits } from "./records";
import { sendRow } from "./sending";
import type { Surroundings } from "./surroundings";

const PAGE = 200;
const RETRY_FIRST_MS = 2_000;
const RETRY_LONGEST_MS = 60_000;

export class Conversation {
  saved: SavedConversation = emptyConversation();
  group: Group | null = null;
  /** By row key, in the order of the log. */
  readonly lines = new Map<string, StoredLine>();
  readonly outbox = new Map<string, OutboxRow>();
  readonly sending = new Set<string>();
  number: string | null = null;
  loaded = false;
  /** A closed conversation is entered only when somebody looks at it. */
  private wanted = false;

  private queue: Promise<unknown> = Promise.resolve();
  private numberEpoch = -1;
  private failures = 0;
  private retryTimer: ReturnType<typeof setTimeout> | null = null;
  private removalTimer: ReturnType<typeof setTimeout> | null = null;
  private stopped = false;

  constructor(
    readonly id: string,
    readonly around: Surroundings,
    private readonly changed: () => void,
  ) {}

  /** What the store has; the server is not asked. */
  restore(): Promise<void> {
    return this.exclusive(async () => {
      const { store } = this.around;
      const saved = await store.get<SavedConversation>("conversations", this.id);
      if (saved) {
        this.saved = completed(saved);
        this.group = saved.group === null ? null : restoreGroup(saved.group);
        this.loaded = true;
      }
      for (const { key, value } of await store.list<StoredLine>("lines", `${this.id}/`)) this.lines.set(key, value);
      for (const { value } of await store.list<OutboxRow>("outbox", `${this.id}/`)) this.outbox.set(value.id, value);
      this.notify();
    });
  }

  stop(): void {
    this.stopped = true;
    if (this.retryTimer !== null) clearTimeout(this.retryTimer);
    if (this.removalTimer !== null) clearTimeout(this.removalTimer);
  }

  /** Catches up with the log, then sends what waits. Never throws; a failed try comes again by itself. */
  async refresh(): Promise<void> {
    try {
      await this.exclusive(() => this.catchUp());
      await this.settle();
      await this.flush();
      this.failures = 0;
    } catch (error) {
      // Also a full disk or a damaged row: the state on disk is whole, so another try cannot harm.
      if (worthRetrying(error) || !(error instanceof MessengerError)) this.retryLater();
    }
  }

  /** An item from the socket: the next one is taken at once, a gap is asked for. */
  async offer(item: LogItem): Promise<void> {
    if (item.seq <= this.saved.cursor) return;
    const taken = await this.exclusive(async () => {
      if (item.seq !== this.saved.cursor + 1) return item.seq <= this.saved.cursor;
      await this.takeItems([item]);
      return true;
    }).catch(() => false);
    if (taken) await this.settle().then(() => this.flush()).catch(() => this.retryLater());
    else await this.refresh();
  }

  /** Puts a text into the outbox; resolves once it is on disk, sending goes on by itself. */
  async enqueue(body: string, id: string = newClientId()): Promise<void> {
    if (!textFits(body)) throw new MessengerError("too-large", "A message can be at most 64 KiB long.");
    if (this.outbox.has(id) || this.hasLine(id)) return;
    const row: OutboxRow = { id, body, at: this.around.now(), prepared: null, problem: null };
    await this.exclusive(() => this.write([], [row]));
    void this.refreshOutbox();
  }

  async retry(id: string): Promise<void> {
    const row = this.outbox.get(id);
    if (!row) return;
    await this.exclusive(() => this.write([], [{ ...row, problem: null }]));
    void this.refreshOutbox();
  }

  async discard(id: string): Promise<void> {
    await this.exclusive(async () => {
      const row = this.outbox.get(id);
      // What may already be on its way cannot be taken back.
      if (!row || (row.prepared !== null && row.problem === null)) return;
      await this.around.store.write([{ table: "outbox", key: `${this.id}/${id}`, remove: true }]);
      this.outbox.delete(id);
      this.notify();
    });
  }

  /** A change of members; see changing.ts. */
  change(change: Change): Promise<void> {
    return this.exclusive(() => makeChange(this, change));
  }

  /** The customer looks at this conversation, or it goes on: this device comes in if it is not. */
  async want(): Promise<void> {
    this.wanted = true;
    await this.refresh();
  }

  /** Keys have come: lines that waited for them are opened. */
  openHeld(): Promise<void> {
    return this.exclusive(async () => {
      if (!this.holds) return;
      await this.fetchHistoryKeys();
      await this.reopenHeld();
    });
  }

  private async reopenHeld(): Promise<void> {
    if (!this.holds) return;
    const context = await this.stepContext();
    const writes: [string, StoredLine][] = [];
    for (const [key, line] of this.lines) {
      if (line.kind !== "refused" || line.held === null) continue;
      const opened = await reopen(context, this.saved, line.held);
      if (opened) writes.push([key, opened]);
    }
    if (writes.length === 0) return;
    await this.around.store.write(writes.map(([key, value]) => ({ table: "lines" as const, key, value })));
    for (const [key, value] of writes) this.lines.set(key, value);
    this.notify();
  }

  async setReceipt(who: string, delivered: number, read: number): Promise<void> {
    const before = this.saved.receipts[who] ?? { delivered: 0, read: 0 };
    const after = { delivered: Math.max(before.delivered, delivered), read: Math.max(before.read, read) };
    if (after.delivered === before.delivered && after.read === before.read) return;
    await this.exclusive(() => this.keep({ ...this.saved, receipts: { ...this.saved.receipts, [who]: after } }));
  }

  async setRead(seq: number): Promise<boolean> {
    if (seq <= this.saved.readSeq) return false;
    await this.exclusive(() => this.keep({ ...this.saved, readSeq: seq }));
    return true;
  }

  get staffed(): boolean {
    return hasStaff(this.saved);
  }

  get member(): boolean {
    return this.group !== null && !this.saved.broken;
  }

  /** This device never was in, or lost its state; not: it was taken out, or saw something it could not believe. */
  get outside(): boolean {
    return this.group === null && !this.saved.broken && !this.saved.removed && this.saved.creation === null;
  }

  /** The newest statement is not in the leaf yet, and the one that is there ends soon. */
  get leafIsDue(): boolean {
    if (this.group === null || !this.member) return false;
    const inLeaf = ownStatementOf(this.group);
    const { me, now, role } = this.around;
    return inLeaf !== me.statement && endsSoon(inLeaf, role, now());
  }

  /** There are lines whose keys have not come yet. */
  private get holds(): boolean {
    return [...this.lines.values()].some((line) => line.kind === "refused" && line.held !== null);
  }

  hasLine(id: string): boolean {
    for (const line of this.lines.values()) if (line.kind === "text" && line.id === id) return true;
    return false;
  }

  // ——— for sending.ts and changing.ts, which run inside `exclusive` ———

  /** Reads the log to its end and settles what was on its way when the network or the page went. */
  async catchUp(): Promise<void> {
    if (this.saved.creation !== null) await this.submitCreation();
    await this.readLog();
    if (this.saved.staged !== null) await submitStaged(this);
  }

  /**
   * What this device owes the conversation once it has read the log: comes in if it belongs here, renews its leaf,
   * hands keys to the person's other devices, and takes out who has to leave.
   */
  private async settle(): Promise<void> {
    const { role, soon } = this.around;
    const enters = role === "customer" && this.outside && (this.saved.state !== "closed" || this.wanted);
    const hands = Object.keys(this.saved.arrivals).some((keys) => this.around.allowed().has(keys));
    if (enters || this.leafIsDue || hands)
      await this.exclusive(async () => {
        if (enters && this.outside) await makeChange(this, { act: "enter" });
        if (this.saved.state !== "closed") await renewLeaf(this, () => this.leafIsDue);
        await handOver(this, this.around.allowed());
      }).catch((error: unknown) => {
        // A refusal is for good and no reason to keep texts back; what may go through later comes again.
        if (!(error instanceof MessengerError) || worthRetrying(error)) throw error;
      });
    if (this.saved.removals.length === 0 || !this.member || this.stopped) return;
    this.removalTimer ??= setTimeout(() => {
      this.removalTimer = null;
      void this.exclusive(() => this.takeOut()).catch((error: unknown) => {
        if (worthRetrying(error)) this.retryLater();
      });
    }, soon());
  }

  /** Others saw the same and may have been faster: the log is read first, and a lost race is no fault. */
  private async takeOut(): Promise<void> {
    await this.catchUp();
    if (this.member && !isToLeave(this)) await commitRemovals(this);
  }

  async readLog(): Promise<void> {
    for (;;) {
      const page = await this.around.api.get<LogPage>(`${this.around.path}/${this.id}/log?after=${this.saved.cursor}&limit=${PAGE}`);
      await this.takeItems(page.items);
      if (page.items.length === 0 || this.saved.cursor >= page.head) break;
    }
    if (!this.loaded) {
      this.loaded = true;
      this.notify();
    }
  }

  async keep(saved: SavedConversation, group: Group | null = this.group): Promise<void> {
    await this.around.store.write([{ table: "conversations", key: this.id, value: saved }]);
    this.saved = saved;
    this.group = group;
    this.notify();
  }

  /** State and outbox in one transaction. */
  async write(states: { saved: SavedConversation; group: Group | null }[], rows: OutboxRow[]): Promise<void> {
    await this.around.store.write([
      ...states.map(({ saved }) => ({ table: "conversations" as const, key: this.id, value: saved })),
      ...rows.map((row) => ({ table: "outbox" as const, key: `${this.id}/${row.id}`, value: row })),
    ]);
    for (const { saved, group } of states) {
      this.saved = saved;
      this.group = group;
    }
    for (const row of rows) this.outbox.set(row.id, row);
    this.notify();
  }

  /** The server has it: the row becomes a line at its place. */
  async arrived(row: OutboxRow, line: StoredLine): Promise<void> {
    const key = lineKey(this.id, line.seq);
    await this.around.store.write([
      { table: "lines", key, value: line },
      { table: "outbox", key: `${this.id}/${row.id}`, remove: true },
    ]);
    this.lines.set(key, line);
    this.outbox.delete(row.id);
    this.notify();
  }

  notify(): void {
    if (this.group !== null && this.member && epochOf(this.group) !== this.numberEpoch) {
      const epoch = epochOf(this.group);
      this.numberEpoch = epoch;
      this.number = null;
      void conversationNumber(authenticatorOf(this.group)).then((number) => {
        if (this.numberEpoch !== epoch) return;
        this.number = number;
        this.changed();
      });
    } else if (!this.member) {
      this.number = null;
      this.numberEpoch = -1;
    }
    this.changed();
  }

  private exclusive<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.queue.then(work);
    this.queue = turn.catch(() => undefined);
    return turn;
  }

  private async refreshOutbox(): Promise<void> {
    try {
      await this.flush();
      this.failures = 0;
    } catch (error) {
      if (worthRetrying(error) || !(error instanceof MessengerError)) this.retryLater();
    }
  }

  private async flush(): Promise<void> {
    for (;;) {
      const again = await this.exclusive(async () => {
        const rows = [...this.outbox.values()].sort((a, b) => a.at - b.at);
        const row = rows.find((candidate) => candidate.problem === null);
        if (!row) return false;
        if (this.saved.creation !== null) await this.catchUp();
        if (!this.outbox.has(row.id)) return true;
        this.sending.add(row.id);
        this.notify();
        try {
          await sendRow(this, row);
        } catch (error) {
          // A full disk or a damaged row is no word about the text: another try later.
          if (!(error instanceof MessengerError) || worthRetrying(error)) throw error;
          const current = this.outbox.get(row.id);
          if (current) await this.write([], [{ ...current, prepared: null, problem: error.code }]);
        } finally {
          this.sending.delete(row.id);
          this.notify();
        }
        return true;
      });
      if (!again) return;
    }
  }

  private retryLater(): void {
    if (this.stopped || this.retryTimer !== null) return;
    const delay = Math.min(RETRY_LONGEST_MS, RETRY_FIRST_MS * 2 ** this.failures++) * (0.5 + Math.random() / 2);
    this.retryTimer = setTimeout(() => {
      this.retryTimer = null;
      void this.refresh();
    }, delay);
  }

  private async submitCreation(): Promise<void> {
    try {
      await this.around.api.post(this.around.path, this.saved.creation);
    } catch (error) {
      // The answer to the first try was lost: the conversation is there already.
      if (!(error instanceof MessengerError) || error.code !== "conflict") throw error;
    }
    await this.keep({ ...this.saved, creation: null });
  }

  private async takeItems(items: LogItem[]): Promise<void> {
    if (items.length === 0) return;
    if (this.around.role === "staff" && items.some((item) => this.needsHistoryKey(item))) await this.fetchHistoryKeys();
    const context = await this.stepContext();
    for (const item of items) {
      if (item.seq <= this.saved.cursor) continue;
      // The log has no gaps; a page that has one is not believed.
      if (item.seq !== this.saved.cursor + 1) throw new MessengerError("internal", "The log has a gap.");
      const result = await step(context, this.saved, this.group, item);
      await this.keepStep(result, context);
    }
  }

  private async keepStep(result: StepResult, context: StepContext): Promise<void> {
    const lines = result.lines.map((line, part) => [lineKey(this.id, line.seq, part), line] as const);
    await this.around.store.write([
      { table: "conversations", key: this.id, value: result.saved },
      ...lines.map(([key, value]) => ({ table: "lines" as const, key, value })),
      ...result.arrived.map((id) => ({ table: "outbox" as const, key: `${this.id}/${id}`, remove: true as const })),
      ...(result.usedKeyPackage === null ? [] : [{ table: "key-packages" as const, key: result.usedKeyPackage, remove: true as const }]),
    ]);
    const keysCame = this.around.role === "customer" && Object.keys(result.saved.historyKeys).some((epoch) => !(epoch in this.saved.historyKeys));
    this.saved = result.saved;
    this.group = result.group;
    for (const [key, line] of lines) {
      this.lines.set(key, line);
      if (line.kind === "text") context.known.set(line.id, line.seq);
    }
    for (const id of result.arrived) this.outbox.delete(id);
    forget(result.consumed);
    if (keysCame) await this.reopenHeld();
    this.notify();
  }

  private async stepContext(): Promise<StepContext> {
    const known = new Map<string, number>();
    for (const line of this.lines.values()) if (line.kind === "text") known.set(line.id, line.seq);
    const keyPackages = this.group === null ? await this.around.store.list<OwnKeyPackage>("key-packages", "") : [];
    const { engine, trust, me } = this.around;
    return { conversation: this.id, engine, trust, me, keyPackages, outbox: this.outbox, known };
  }

  private needsHistoryKey(item: LogItem): boolean {
    if (item.kind !== "letter" && item.kind !== "message") return false;
    const covered = this.saved.joinedEpoch !== null && item.epoch >= this.saved.joinedEpoch;
    return !covered && this.saved.historyKeys[item.epoch] === undefined;
  }

  private async fetchHistoryKeys(): Promise<void> {
    const keys = await this.around.historyKeys(this.id);
    // Keys of epochs this device lived through are its own: the server's word does not replace them.
    await this.keep({ ...this.saved, historyKeys: { ...keys, ...this.saved.historyKeys } });
  }
}
