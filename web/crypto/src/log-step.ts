/**
 * One item of the log turned into what follows from it: lines to show, the new state, rows to delete.
 * Touches neither network nor store, so that the caller can write everything in one transaction.
 */
import { b64u, type Bytes, fromB64u, fromUtf8 } from "./bytes";
import { type CommitContext, CommitRefused, checkCommit, leafCheck, lets, readGrant, staleFor, takesOut } from "./commit-rule";
import { openHandOver } from "./hand-over";
import { type Identity, type LogItem, type OutboxRow, type SavedConversation, type StoredLine, seconds } from "./log";
import { type Group, type MlsEngine, MlsRefused, type OwnKeyPackage, epochOf, leavesOf, restoreGroup, saveGroup } from "./mls-engine";
import type { Line, Person } from "./messenger";
import { RecordRefused, checkRecord, openRecord, recordHash } from "./records";
import { type DeviceStatement, type Grant, type Trust, byKeys } from "./statements";

type RefusedReason = Extract<Line, { kind: "refused" }>["reason"];
type EventName = Extract<Line, { kind: "event" }>["event"];

export interface StepContext {
  conversation: string;
  engine: MlsEngine;
  trust: Trust;
  me: Identity;
  keyPackages: { key: string; value: OwnKeyPackage }[];
  outbox: Map<string, OutboxRow>;
  /** Sequence numbers of text lines by client id. */
  known: Map<string, number>;
}

export interface StepResult {
  saved: SavedConversation;
  group: Group | null;
  lines: StoredLine[];
  /** Outbox rows that have arrived. */
  arrived: string[];
  usedKeyPackage: string | null;
  consumed: Uint8Array[];
}

class Refused extends Error {
  constructor(
    readonly reason: RefusedReason,
    readonly keep = false,
  ) {
    super(reason);
  }
}

export async function step(context: StepContext, saved: SavedConversation, group: Group | null, item: LogItem): Promise<StepResult> {
  const result: StepResult = { saved: { ...saved, cursor: item.seq }, group, lines: [], arrived: [], usedKeyPackage: null, consumed: [] };
  try {
    await apply(context, result, item);
  } catch (error) {
    const { reason, keep } = asRefused(error);
    // The item counts as processed, with the state of before it: it is shown, and the flow goes on.
    const line: StoredLine = { kind: "refused", id: item.client_id ?? `seq-${item.seq}`, seq: item.seq, at: item.at, reason, held: keep ? item : null };
    const broken = saved.broken || (item.kind === "commit" && group !== null);
    return { saved: { ...saved, cursor: item.seq, broken }, group, lines: [line], arrived: [], usedKeyPackage: null, consumed: [] };
  }
  return result;
}

/** Another try at an item that was kept because its key was not there. */
export async function reopen(context: StepContext, saved: SavedConversation, item: LogItem): Promise<StoredLine | null> {
  if (item.kind !== "letter" && item.kind !== "message") return null;
  try {
    return await readRecord(context, saved, item);
  } catch (error) {
    const { reason, keep } = asRefused(error);
    return keep ? null : { kind: "refused", id: item.client_id ?? `seq-${item.seq}`, seq: item.seq, at: item.at, reason, held: null };
  }
}

async function apply(context: StepContext, result: StepResult, item: LogItem): Promise<void> {
  switch (item.kind) {
    case "opened":
      return opened(context, result, item);
    case "letter":
      result.lines.push(ownLine(context, result, item) ?? (await readRecord(context, result.saved, item)));
      return;
    case "message":
      return message(context, result, item);
    case "commit":
      return commit(context, result, item);
    case "welcome":
      return welcome(context, result, item);
    case "removal":
      return removal(context, result, item);
    case "history":
      return handedOver(context, result, item);
    case "closed":
    case "reopened":
      result.saved.state = item.kind === "closed" ? "closed" : hasStaff(result.saved) ? "open" : "waiting";
      result.lines.push(event(item, item.kind, [], item.body.by, null));
      return;
    case "tombstone":
      return;
    default:
      // A kind of a later version: it is counted, so that the flow goes on.
      return;
  }
}

async function opened(context: StepContext, result: StepResult, item: Extract<LogItem, { kind: "opened" }>): Promise<void> {
  result.saved.team = item.body.team;
  result.saved.openedAt = item.at;
  let person: Person | null = null;
  if (item.device !== null && item.statement) {
    const statement = await context.trust.device(item.statement, seconds(item.at)).catch(() => null);
    if (!statement || statement.device !== item.device) throw new Refused("statement");
    person = personOf(statement);
    result.saved.members = { ...result.saved.members, [item.device]: { person, statement: item.statement, entered: seconds(item.at), came: seconds(item.at) } };
    result.saved.known = remember(result.saved.known, statement);
  }
  result.lines.push(event(item, "opened", person ? [person] : [], null, null));
}

async function message(context: StepContext, result: StepResult, item: Extract<LogItem, { kind: "message" }>): Promise<void> {
  const mine = ownLine(context, result, item);
  if (mine) {
    result.lines.push(mine);
    return;
  }
  const { saved, group } = result;
  const readable = group !== null && !saved.broken && saved.joinedEpoch !== null && item.epoch >= saved.joinedEpoch;
  // Who was not in the group then, or wrote this itself with another state, reads the archive copy.
  if (!readable || item.device === context.me.device) {
    result.lines.push(await readRecord(context, saved, item));
    return;
  }
  const author = await authorOf(context, saved, item);
  const opened = await context.engine.decrypt(group, fromB64u(item.body.mls)).catch(() => {
    throw new Refused("undecryptable");
  });
  result.group = opened.group;
  result.saved.group = saveGroup(opened.group);
  result.consumed.push(...opened.consumed);
  // From here on the ratchet has moved: a refusal must not undo it, or the next message would not open.
  try {
    if (b64u(opened.sender.signatureKey) !== author.statement.mls_key) throw new Refused("signature");
    const text = readPlaintext(opened.plaintext);
    const header = await checkRecord(item.body.record, fromB64u(author.statement.mls_key), expectedHeader(context, item, "archive"));
    if (text.id !== item.client_id || header.key !== item.epoch || text.archive !== b64u(await recordHash(item.body.record))) throw new Refused("archive-mismatch");
    const historyKey = saved.historyKeys[item.epoch];
    if (!historyKey) throw new Refused("no-key");
    if ((await openRecord(item.body.record, historyKey).catch(() => null)) !== text.body) throw new Refused("archive-mismatch");
    result.lines.push(textLine(item, author.person, text.body));
  } catch (error) {
    const { reason } = asRefused(error);
    result.lines.push({ kind: "refused", id: item.client_id ?? `seq-${item.seq}`, seq: item.seq, at: item.at, reason, held: null });
  }
}

async function commit(context: StepContext, result: StepResult, item: Extract<LogItem, { kind: "commit" }>): Promise<void> {
  const { group } = result;
  // As it was before: the events tell the difference.
  const saved = { ...result.saved };
  const at = seconds(item.at);
  const bytes = fromB64u(item.body.mls);
  const isOurs = saved.staged !== null && item.client_id === saved.staged.clientId;
  const parsed = context.engine.parseCommit(bytes);
  const follows = group !== null && !saved.broken;
  const entered = Object.fromEntries(Object.entries(saved.members).map(([device, member]) => [device, cameAt(member)]));
  const around = { trust: context.trust, conversation: context.conversation, at, openRemovals: saved.removals, entered, left: saved.left };
  const verdict = follows ? await checkCommit(parsed, { ...around, leaves: leavesOf(group) }) : await outsidersVerdict(around, item);

  if (isOurs) {
    result.group = restoreGroup(saved.staged!.group);
    result.saved.renewedAt = at * 1000;
    result.saved.joinedEpoch ??= saved.staged!.epoch + 1;
    result.saved.broken = false;
  } else if (follows) {
    const since = (device: string) => saved.members[device]?.entered ?? null;
    result.group = await context.engine.processCommit(group, bytes, leafCheck(context.trust, since, at)).catch(() => {
      throw new Refused("undecryptable");
    });
  }
  // A commit of another won this epoch, or ours is in: either way nothing is on the way any more.
  result.saved.staged = null;

  const members = { ...saved.members };
  for (const device of [...verdict.removed, ...(follows ? [] : item.body.removed)]) delete members[device];
  for (const { jws, statement } of verdict.joined) members[statement.device] = { person: personOf(statement), statement: jws, entered: at, came: at };
  if (verdict.renewed) {
    const { jws, statement } = verdict.renewed;
    const before = saved.members[statement.device];
    members[statement.device] = { person: personOf(statement), statement: jws, entered: at, came: before ? cameAt(before) : at };
  }
  const left = Object.keys(saved.members).filter((device) => !(device in members));
  result.saved.members = members;
  result.saved.left = { ...saved.left, ...Object.fromEntries(left.map((device) => [device, at])) };
  if (left.includes(context.me.device)) result.saved.removed = true;
  if (verdict.joined.some(({ statement }) => statement.device === context.me.device)) result.saved.removed = false;
  // Who went out, and who came in again, is not asked to leave any more.
  const anew = new Set(verdict.joined.map(({ statement }) => statement.device));
  result.saved.removals = saved.removals
    .map((open) => ({ ...open, devices: open.devices.filter((device) => device in members && !anew.has(device)) }))
    .filter(({ devices }) => devices.length > 0);
  if (result.saved.state !== "closed") result.saved.state = hasStaff(result.saved) ? "open" : "waiting";

  if (result.group === null && group !== null && follows) leaveGroup(result);
  if (result.group !== null && (isOurs || follows)) {
    result.saved.group = saveGroup(result.group);
    result.saved.historyKeys = { ...saved.historyKeys, [epochOf(result.group)]: await context.engine.historyKey(result.group) };
  }
  result.saved.arrivals = arrivalsAfter(context, result, verdict.joined, follows && !isOurs, left);
  result.lines.push(...eventsOf(item, saved, verdict, left));
  for (const { statement } of verdict.joined) result.saved.known = remember(result.saved.known, statement);
}

async function welcome(context: StepContext, result: StepResult, item: Extract<LogItem, { kind: "welcome" }>): Promise<void> {
  const { mls, devices } = item.body;
  if (!mls || !devices?.includes(context.me.device) || result.group !== null) return;
  const { saved } = result;
  // Entered into the members only where a checked grant named this device.
  if (!saved.members[context.me.device]) throw new Refused("grant");
  const entered = (device: string) => saved.members[device]?.entered ?? null;
  const check = leafCheck(context.trust, entered, seconds(item.at));
  for (const { key, value } of context.keyPackages) {
    const group = await context.engine.joinWelcome(fromB64u(mls), value, context.me.mls, check).catch(() => null);
    if (!group) continue;
    if (await hasStranger(context.trust, saved, group)) throw new Refused("grant");
    result.group = group;
    result.saved.group = saveGroup(group);
    result.saved.joinedEpoch = epochOf(group);
    result.saved.broken = false;
    result.saved.renewedAt = Date.parse(item.at);
    result.saved.historyKeys = { ...saved.historyKeys, [epochOf(group)]: await context.engine.historyKey(group) };
    result.usedKeyPackage = value.lastResort ? null : key;
    return;
  }
  throw new Refused("undecryptable");
}

async function removal(context: StepContext, result: StepResult, item: Extract<LogItem, { kind: "removal" }>): Promise<void> {
  const grant = await context.trust.grant(item.body.grant, seconds(item.at)).catch(() => null);
  if (!grant || grant.act !== "remove" || grant.conversation !== context.conversation || !item.body.devices.every((device) => grant.devices.includes(device)))
    throw new Refused("grant");
  result.saved.removals = [...result.saved.removals, { devices: item.body.devices, grant: item.body.grant, at: seconds(item.at) }];
  const people = item.body.devices.flatMap((device) => result.saved.members[device]?.person ?? []);
  result.lines.push(event(item, "removal", people, grant.by, grant.reason || null));
}

function leaveGroup(result: StepResult): void {
  result.saved.group = null;
  result.saved.joinedEpoch = null;
}

/** Devices of this same customer that this device saw come in; a device of staff gets the keys from its team. */
function arrivalsAfter(
  context: StepContext,
  result: StepResult,
  joined: { jws: string; statement: DeviceStatement }[],
  sawIt: boolean,
  left: string[],
): SavedConversation["arrivals"] {
  const arrivals = Object.fromEntries(Object.entries(result.saved.arrivals).filter(([, { device }]) => !left.includes(device)));
  if (!sawIt || result.group === null) return arrivals;
  for (const { jws, statement } of joined) {
    if (statement.kind !== "customer" || statement.sub !== context.me.subject || statement.device === context.me.device) continue;
    arrivals[byKeys(statement)] = { device: statement.device, statement: jws, epoch: epochOf(result.group) };
  }
  return arrivals;
}

/** Keys of earlier epochs, from another device of this customer. */
async function handedOver(context: StepContext, result: StepResult, item: Extract<LogItem, { kind: "history" }>): Promise<void> {
  const { saved } = result;
  const { me } = context;
  const from = item.device === null ? undefined : saved.members[item.device];
  if (item.body.to !== me.device || item.body.sealed === undefined) return;
  if (!from || item.device === me.device || from.person.subject !== me.subject) throw new Refused("grant");
  const { mls_key } = await context.trust.device(from.statement, null);
  const keys = await openHandOver(me, item.device!, fromB64u(mls_key), context.conversation, item.body).catch(() => {
    throw new Refused("signature");
  });
  // Keys of epochs this device lived through are its own: nobody's word replaces them.
  result.saved.historyKeys = { ...keys, ...saved.historyKeys };
}

/** What an onlooker can check of a commit: statements and grants, not the group's arithmetic. */
async function outsidersVerdict(around: Omit<CommitContext, "leaves">, item: Extract<LogItem, { kind: "commit" }>) {
  const grants = await Promise.all(item.body.grants.map((jws) => readGrant(jws, around)));
  const joined: { jws: string; statement: DeviceStatement; grant: Grant }[] = [];
  for (const { device, statement: jws } of item.body.joined) {
    const statement = await around.trust.device(jws, around.at).catch(() => {
      throw new Refused("statement");
    });
    const grant = grants.find((g) => g.grant.act !== "remove" && lets(g.grant, statement))?.grant;
    if (statement.device !== device || !grant || staleFor(grant, device, around)) throw new Refused("grant");
    joined.push({ jws, statement, grant });
  }
  for (const device of item.body.removed) {
    // Who replaced its own old leaf is out and in again by the leave to come in.
    const replaced = joined.some(({ statement }) => statement.device === device);
    if (!replaced && !grants.some((given) => takesOut(given, device, around.entered))) throw new Refused("grant");
  }
  const removedGrant = grants.find(({ grant }) => grant.act === "remove")?.grant ?? null;
  return { joined, removed: [] as string[], removedGrant, renewed: null };
}

function eventsOf(
  item: LogItem,
  before: SavedConversation,
  verdict: { joined: { statement: DeviceStatement; grant: Grant }[]; removedGrant: Grant | null },
  left: string[],
): StoredLine[] {
  const lines: StoredLine[] = [];
  if (left.length > 0) {
    const people = left.flatMap((device) => before.members[device]?.person ?? []);
    lines.push(event(item, "left", people, verdict.removedGrant?.by ?? null, verdict.removedGrant?.reason || null));
  }
  if (verdict.joined.length > 0) {
    const grant = verdict.joined[0]!.grant;
    lines.push(event(item, "joined", verdict.joined.map(({ statement }) => personOf(statement)), grant.by, grant.reason || null, lines.length));
  }
  // Somebody known has a key nobody here has seen: worth a look at the number. Colleagues come with several devices,
  // all with a second factor behind them; a customer's further device is told also beside the known one.
  const changed = verdict.joined.filter(({ statement }) => {
    const seen = before.known[statement.sub];
    const stillHere = statement.kind === "staff" && Object.entries(before.members).some(([device, member]) => member.person.subject === statement.sub && !left.includes(device));
    // A device has its keys for good: other keys under a known id are never just another device.
    const otherKeys = seen?.some((one) => one.startsWith(`${statement.device}|`) && one !== byKeys(statement)) ?? false;
    return seen !== undefined && !seen.includes(byKeys(statement)) && (otherKeys || !stillHere);
  });
  if (changed.length > 0) lines.push(event(item, "key-changed", changed.map(({ statement }) => personOf(statement)), null, null, lines.length));
  return lines;
}

/** Our own item coming back: its text is in the outbox or already a line. */
function ownLine(context: StepContext, result: StepResult, item: LogItem): StoredLine | null {
  if (item.device !== context.me.device || item.client_id === null) return null;
  const row = context.outbox.get(item.client_id);
  if (!row) return null;
  result.arrived.push(row.id);
  const from: Person = { device: context.me.device, subject: context.me.subject, kind: context.me.subject.startsWith("stf_") ? "staff" : "customer", name: context.me.name, verified: true };
  return textLine(item, from, row.body);
}

async function readRecord(context: StepContext, saved: SavedConversation, item: Extract<LogItem, { kind: "letter" | "message" }>): Promise<StoredLine> {
  const known = item.client_id === null ? undefined : context.known.get(item.client_id);
  if (known !== undefined && known !== item.seq) throw new Refused("signature");
  const author = await authorOf(context, saved, item);
  const typ = item.kind === "letter" ? "letter" : "archive";
  const header = await checkRecord(item.body.record, fromB64u(author.statement.mls_key), expectedHeader(context, item, typ));
  const key: Bytes | undefined = saved.historyKeys[header.key];
  if (!key) throw new Refused("no-key", true);
  return textLine(item, author.person, await openRecord(item.body.record, key));
}

function expectedHeader(context: StepContext, item: LogItem, typ: "letter" | "archive") {
  if (item.device === null || item.client_id === null) throw new Refused("signature");
  return { typ, conversation: context.conversation, id: item.client_id, device: item.device } as const;
}

async function authorOf(context: StepContext, saved: SavedConversation, item: LogItem): Promise<{ statement: DeviceStatement; person: Person }> {
  const member = item.device === null ? undefined : saved.members[item.device];
  const attempts: [string | null | undefined, number | null][] = [
    [item.statement, seconds(item.at)],
    [member?.statement, member?.entered ?? null],
  ];
  for (const [jws, at] of attempts) {
    if (!jws) continue;
    const statement = await context.trust.device(jws, at).catch(() => null);
    if (statement && statement.device === item.device) return { statement, person: personOf(statement) };
  }
  throw new Refused("statement");
}

function readPlaintext(bytes: Uint8Array): { id: string; body: string; archive: string } {
  let plain: { v?: unknown; id?: unknown; kind?: unknown; body?: unknown; archive?: unknown };
  try {
    plain = JSON.parse(fromUtf8(bytes)) as typeof plain;
  } catch {
    throw new Refused("undecryptable");
  }
  if (plain?.v !== 1 || plain.kind !== "text" || typeof plain.id !== "string" || typeof plain.body !== "string" || typeof plain.archive !== "string")
    throw new Refused("undecryptable");
  return { id: plain.id, body: plain.body, archive: plain.archive };
}

/** Whether somebody is in the group whom no checked commit of the log let in. */
export async function hasStranger(trust: Trust, saved: SavedConversation, group: Group, except?: string): Promise<boolean> {
  for (const leaf of leavesOf(group)) {
    const { device } = await trust.device(leaf.statement, null);
    if (device !== except && !saved.members[device]) return true;
  }
  return false;
}

/** When a member came in, however often it put a newer statement into its leaf since. */
function cameAt({ came, entered }: SavedConversation["members"][string]): number {
  return came ?? entered;
}

export function personOf(statement: DeviceStatement): Person {
  return { device: statement.device, subject: statement.sub, kind: statement.kind, name: statement.name, verified: true };
}

export function hasStaff(saved: SavedConversation): boolean {
  return Object.values(saved.members).some((member) => member.person.kind === "staff");
}

function remember(known: SavedConversation["known"], statement: DeviceStatement): SavedConversation["known"] {
  const devices = known[statement.sub] ?? [];
  return devices.includes(byKeys(statement)) ? known : { ...known, [statement.sub]: [...devices, byKeys(statement)] };
}

function textLine(item: LogItem, from: Person, body: string): StoredLine {
  return { kind: "text", id: item.client_id!, seq: item.seq, from, at: item.at, body };
}

function event(item: LogItem, name: EventName, people: Person[], by: string | null, reason: string | null, part = 0): StoredLine {
  // Several devices of one person are one person to a reader.
  const distinct = people.filter((person, i) => people.findIndex((other) => other.subject === person.subject) === i);
  return { kind: "event", id: `seq-${item.seq}${part === 0 ? "" : `.${part}`}`, seq: item.seq, at: item.at, event: name, people: distinct, by, reason };
}

function asRefused(error: unknown): Refused {
  if (error instanceof Refused) return error;
  if (error instanceof CommitRefused) return new Refused(error.why === "statement" ? "statement" : "grant");
  if (error instanceof RecordRefused) return new Refused(error.why === "ciphertext" ? "archive-mismatch" : "signature");
  if (error instanceof MlsRefused) return new Refused("undecryptable");
  return new Refused("undecryptable");
}
