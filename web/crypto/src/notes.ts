/** Internal notes: records under note keys that are sealed to the team only; never in the log, never in the group. */
import type { Api } from "./api";
import { type Bytes, fromB64u, newClientId, randomBytes } from "./bytes";
import { personOf } from "./log-step";
import type { LineState, Person } from "./messenger";
import { MessengerError } from "./messenger";
import { type SealedRecord, checkRecord, makeRecord, openRecord, readHeader, textFits } from "./records";
import type { Surroundings } from "./surroundings";
import { type SealedNoteKey, sealNoteKey } from "./team-keys";
import type { TeamRing } from "./team-ring";
import type { NoteLine } from "./view";

interface NoteItem {
  seq: number;
  device: string;
  statement: string;
  by: string;
  at: string;
  record: SealedRecord;
}

interface PendingNote {
  id: string;
  body: string;
  at: number;
  record: SealedRecord | null;
  problem: string | null;
}

const MAX_TRIES = 3;

export class Notes {
  private readonly lines: NoteLine[] = [];
  private readonly pending = new Map<string, PendingNote>();
  private keys = new Map<number, Bytes>();
  private cursor = 0;
  private queue: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly conversation: string,
    private readonly around: Surroundings,
    private readonly ring: TeamRing,
    private readonly team: () => string | null,
    private readonly changed: () => void,
  ) {}

  all(): NoteLine[] {
    const { me } = this.around;
    const from: Person = { device: me.device, subject: me.subject, kind: "staff", name: me.name, verified: true };
    const waiting = [...this.pending.values()].map((note): NoteLine => {
      const state: LineState = note.problem === null ? "sending" : "failed";
      return { line: { kind: "note", id: note.id, seq: null, from, mine: true, at: new Date(note.at).toISOString(), body: note.body, state, problem: note.problem } };
    });
    return [...this.lines, ...waiting];
  }

  async restore(): Promise<void> {
    for (const { value } of await this.around.store.list<PendingNote>("notes", `${this.conversation}/`)) this.pending.set(value.id, value);
    this.changed();
  }

  refresh(): Promise<void> {
    return this.exclusive(async () => {
      await this.read();
      for (const note of [...this.pending.values()]) if (note.problem === null) await this.send(note);
    });
  }

  async add(body: string, id: string = newClientId()): Promise<void> {
    if (!textFits(body)) throw new MessengerError("too-large", "A note can be at most 64 KiB long.");
    const note: PendingNote = { id, body, at: this.around.now(), record: null, problem: null };
    await this.keep(note);
    await this.exclusive(() => this.send(note));
  }

  /** Note keys have come: everything is read once more. */
  readAnew(): Promise<void> {
    return this.exclusive(async () => {
      this.lines.length = 0;
      this.cursor = 0;
      await this.read();
    });
  }

  has(id: string): boolean {
    return this.pending.has(id);
  }

  async retry(id: string): Promise<void> {
    const note = this.pending.get(id);
    if (!note) return;
    await this.keep({ ...note, problem: null });
    await this.exclusive(() => this.send({ ...note, problem: null }));
  }

  async discard(id: string): Promise<void> {
    await this.around.store.write([{ table: "notes", key: `${this.conversation}/${id}`, remove: true }]);
    this.pending.delete(id);
    this.changed();
  }

  private async keep(note: PendingNote): Promise<void> {
    await this.around.store.write([{ table: "notes", key: `${this.conversation}/${note.id}`, value: note }]);
    this.pending.set(note.id, note);
    this.changed();
  }

  private async send(note: PendingNote): Promise<void> {
    const { api, me } = this.around;
    try {
      let { record } = note;
      if (!record) {
        const { number, key } = await this.writingKey();
        const header = { typ: "note" as const, conversation: this.conversation, id: note.id, device: me.device, key: number, at: note.at };
        record = await makeRecord(header, note.body, key, me.mls.seed);
        await this.keep({ ...note, record });
      }
      await api.post(this.path("notes"), { client_id: note.id, record });
      await this.discard(note.id);
      await this.read();
    } catch (error) {
      const problem = error instanceof MessengerError ? error.code : "internal";
      await this.keep({ ...note, problem });
    }
  }

  private async writingKey(): Promise<{ number: number; key: Bytes }> {
    for (let attempt = 1; ; attempt++) {
      const answer = await this.api().get<{ items: SealedNoteKey[] }>(this.path("note-keys"));
      this.keys = new Map([...this.keys, ...(await this.ring.openNotes(answer.items, this.conversation))]);
      const newest = Math.max(0, ...answer.items.map((item) => item.number));
      const known = this.keys.get(newest);
      if (known) return { number: newest, key: known };
      const team = this.team();
      if (team === null) throw new MessengerError("internal", "The conversation has no team.");
      const to = await this.ring.teamKey(team);
      const key = randomBytes(32);
      const number = newest + 1;
      try {
        const sealed = await sealNoteKey(to.publicKey, key, this.conversation, number);
        await this.api().post(this.path("note-keys"), { number, generation: to.generation, team, sealed });
        this.keys.set(number, key);
        return { number, key };
      } catch (error) {
        // A colleague made this number first: theirs counts.
        if (!(error instanceof MessengerError) || error.code !== "conflict" || attempt >= MAX_TRIES) throw error;
      }
    }
  }

  private async read(): Promise<void> {
    for (;;) {
      const { items } = await this.api().get<{ items: NoteItem[] }>(`${this.path("notes")}?after=${this.cursor}`);
      if (items.length === 0) return;
      for (const item of items) {
        if (item.seq <= this.cursor) continue;
        const line = await this.open(item);
        if (line) this.lines.push(line);
        this.cursor = item.seq;
      }
      this.changed();
    }
  }

  private async open(item: NoteItem): Promise<NoteLine | null> {
    const { me, trust } = this.around;
    const statement = await trust.device(item.statement, Math.floor(Date.parse(item.at) / 1000)).catch(() => null);
    const refusedFrom: Person = { device: item.device, subject: item.by, kind: "staff", name: null, verified: false };
    const shown = (from: Person, body: string, problem: string | null, id: string): NoteLine => ({
      line: { kind: "note", id, seq: item.seq, from, mine: from.subject === me.subject, at: item.at, body, state: problem === null ? "sent" : "failed", problem },
    });
    if (!statement || statement.device !== item.device || statement.kind !== "staff") return shown(refusedFrom, "", "statement", `note-${item.seq}`);
    const person = personOf(statement);
    try {
      const { id } = readHeader(item.record);
      const header = await checkRecord(item.record, fromB64u(statement.mls_key), { typ: "note", conversation: this.conversation, id, device: item.device });
      if (!this.keys.has(header.key)) {
        const answer = await this.api().get<{ items: SealedNoteKey[] }>(this.path("note-keys"));
        this.keys = new Map([...this.keys, ...(await this.ring.openNotes(answer.items, this.conversation))]);
      }
      const key = this.keys.get(header.key);
      if (!key) return shown(person, "", "no-key", id);
      return shown(person, await openRecord(item.record, key), null, id);
    } catch (error) {
      if (error instanceof MessengerError) throw error;
      return shown({ ...person, verified: false }, "", "signature", `note-${item.seq}`);
    }
  }

  private api(): Api {
    return this.around.api;
  }

  private path(what: string): string {
    return `${this.around.path}/${this.conversation}/${what}`;
  }

  private exclusive<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.queue.then(work);
    this.queue = turn.catch(() => undefined);
    return turn;
  }
}
