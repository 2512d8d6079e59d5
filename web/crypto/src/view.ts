/** What a screen sees of a conversation: an immutable value. */
import { isToLeave } from "./changing";
import type { Conversation } from "./conversation";
import type { OutboxRow, StoredLine } from "./log";
import type { ConversationView, Line, LineState, Person } from "./messenger";

/** Notes live beside the log and are put into the flow by their time. */
export interface NoteLine {
  line: Extract<Line, { kind: "note" }>;
}

export function emptyView(id: string): ConversationView {
  return { id, loaded: false, lines: [], members: [], number: null, member: false, staffed: false, typing: [], device: "", removed: false, newcomers: [] };
}

export function viewOf(conversation: Conversation, notes: NoteLine[], typing: Person[]): ConversationView {
  const { me } = conversation.around;
  const lines = [...conversation.lines.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, line]) => shown(conversation, line));
  const placed = insertNotes(me.subject.startsWith("cus_") ? gathered(conversation, lines) : lines, notes.map(({ line }) => line));
  const self: Person = { device: me.device, subject: me.subject, kind: conversation.around.role, name: me.name, verified: true };
  const pending = [...conversation.outbox.values()].sort((a, b) => a.at - b.at).map((row) => waiting(conversation, row, self));
  return {
    id: conversation.id,
    loaded: conversation.loaded,
    lines: [...placed, ...pending],
    members: Object.values(conversation.saved.members).map(({ person }) => person),
    number: conversation.number,
    member: conversation.member,
    staffed: conversation.staffed,
    typing,
    device: me.device,
    removed: conversation.saved.removed || isToLeave(conversation),
    newcomers: Object.entries(conversation.saved.arrivals)
      .filter(([keys]) => !conversation.around.allowed().has(keys))
      .map(([keys, { device }]) => ({ device, keys })),
  };
}

/** What this device has no keys for, because it came later, is one line and not one for each text. */
function gathered(conversation: Conversation, lines: Line[]): Line[] {
  const { members } = conversation.saved;
  const { lost, me } = conversation.around;
  const elsewhere = Object.values(members).some(({ person }) => person.subject === me.subject && person.device !== me.device && !lost().has(person.device));
  const result: Line[] = [];
  let gathering: Extract<Line, { kind: "earlier" }> | null = null;
  for (const line of lines) {
    if (line.kind !== "refused" || line.reason !== "no-key") {
      result.push(line);
      continue;
    }
    if (gathering === null) result.push((gathering = { kind: "earlier", id: `earlier-${line.seq}`, seq: line.seq, at: line.at, count: 0, elsewhere }));
    gathering.count++;
  }
  return result;
}

/** The newest text this device can read. */
export function previewOf(conversation: Conversation): { from: "customer" | "staff"; body: string; at: string } | null {
  let last: Extract<StoredLine, { kind: "text" }> | null = null;
  for (const line of conversation.lines.values()) if (line.kind === "text" && (last === null || line.seq > last.seq)) last = line;
  return last === null ? null : { from: last.from.kind, body: last.body, at: last.at };
}

export function unreadOf(conversation: Conversation): number {
  let unread = 0;
  for (const line of conversation.lines.values())
    if (line.kind === "text" && line.from.subject !== conversation.around.me.subject && line.seq > conversation.saved.readSeq) unread++;
  return unread;
}

function shown(conversation: Conversation, line: StoredLine): Line {
  if (line.kind === "text") {
    const mine = line.from.subject === conversation.around.me.subject;
    return { ...line, mine, state: mine ? delivery(conversation, line.seq) : "read", problem: null };
  }
  if (line.kind === "refused") {
    const { held: _held, ...rest } = line;
    return rest;
  }
  return line;
}

function delivery(conversation: Conversation, seq: number): LineState {
  const { me, role } = conversation.around;
  // Staff wants to know about the customer, the customer about anybody of the staff.
  const others = Object.entries(conversation.saved.receipts).filter(([who]) => (role === "staff" ? who === "customer" : who !== "customer") && who !== me.subject);
  if (others.some(([, receipt]) => receipt.read >= seq)) return "read";
  if (others.some(([, receipt]) => receipt.delivered >= seq)) return "delivered";
  return "sent";
}

function waiting(conversation: Conversation, row: OutboxRow, from: Person): Line {
  const state: LineState = row.problem !== null ? "failed" : conversation.sending.has(row.id) ? "sending" : "waiting";
  return { kind: "text", id: row.id, seq: null, from, mine: true, at: new Date(row.at).toISOString(), body: row.body, state, problem: row.problem };
}

function insertNotes(lines: Line[], notes: Extract<Line, { kind: "note" }>[]): Line[] {
  const result = [...lines];
  for (const note of notes) {
    const time = Date.parse(note.at);
    let place = result.length;
    while (place > 0 && Date.parse(result[place - 1]!.at) > time) place--;
    result.splice(place, 0, note);
  }
  return result;
}
