/** Test code: what a commit may do, as cases that every implementation of the rule must decide alike. */
import { type Bytes, b64u, fromB64u, utf8 } from "../src/bytes";
import { CommitRefused, authenticatedData, checkCommit } from "../src/commit-rule";
import { signatureKeyFromSeed } from "../src/ed25519";
import { type Grant, Trust } from "../src/statements";
import { Authority } from "./authority";

interface VectorLeaf {
  index?: number;
  statement: string;
  key: string;
}

export interface RuleCase {
  name: string;
  at: number;
  leaves: VectorLeaf[];
  sender: number | null;
  path: VectorLeaf | null;
  added: VectorLeaf[];
  removed: number[];
  grants: string[];
  /** The authenticated data where they are not the grants as they are to be written. */
  data: string | null;
  open: { devices: string[]; grant: string; at: number }[];
  entered: { [device: string]: number };
  left: { [device: string]: number };
  expected: string;
}

export interface RuleVectors {
  conversation: string;
  cases: RuleCase[];
}

const DAY = 86_400;
const CONVERSATION = `cnv_${"0".repeat(31)}1`;
const number = (kind: string, n: number) => `${kind}_${n.toString(16).padStart(32, "0")}`;

export async function makeRuleVectors(authority: Authority, at: number): Promise<RuleVectors> {
  const foreign = await Authority.create(new Uint8Array(32).fill(99));
  const device = async (n: number, kind: "staff" | "customer", sub: number, from = at - DAY, by = authority) => {
    const key = await signatureKeyFromSeed(new Uint8Array(32).fill(n));
    const said = { sub: number(kind === "staff" ? "stf" : "cus", sub), kind, name: null, device: number("dev", n), mls_key: b64u(key.publicKey), hpke_key: b64u(new Uint8Array(32).fill(n)), teams: [] };
    const statement = await by.device({ ...said, iat: from, exp: from + (kind === "staff" ? 7 : 30) * DAY });
    return { id: said.device, sub: said.sub, kind, leaf: { statement, key: said.mls_key } };
  };
  type Device = Awaited<ReturnType<typeof device>>;
  const grant = (act: Grant["act"], of: Device, change: Partial<Grant> = {}, by = authority) =>
    by.grant({ sub: of.sub, kind: of.kind, act, conversation: CONVERSATION, devices: [of.id], as: of.kind === "staff" ? "agent" : "customer", reason: "", by: "system", history: false, iat: at - 60, exp: at + 540, ...change });

  const phone = await device(1, "customer", 1);
  const laptop = await device(2, "customer", 1);
  const stranger = await device(3, "customer", 2);
  const mia = await device(4, "staff", 4);
  const ben = await device(5, "staff", 5);
  const renewedPhone = await device(1, "customer", 1, at - 10);
  const expired = await device(6, "customer", 1, at - 40 * DAY);
  const forged = await device(7, "customer", 1, at - DAY, foreign);
  const leaves = [{ index: 0, ...phone.leaf }, { index: 1, ...mia.leaf }];

  const cases: RuleCase[] = [];
  const add = (name: string, expected: string, change: Partial<RuleCase>) =>
    cases.push({ name, at, leaves, sender: null, path: null, added: [], removed: [], grants: [], data: null, open: [], entered: {}, left: {}, expected, ...change });

  const joins = await grant("join", laptop);
  add("a customer's further device enters by its own grant", "accepted", { path: laptop.leaf, grants: [joins] });
  add("a further device without a grant", "grant", { path: laptop.leaf });
  add("a grant that names a foreign device", "grant", { path: laptop.leaf, grants: [await grant("join", laptop, { devices: [stranger.id] })] });
  add("a grant for a foreign person's device with this person's name", "grant", { path: stranger.leaf, grants: [await grant("join", laptop, { devices: [stranger.id] })] });
  add("a grant for another conversation", "grant", { path: laptop.leaf, grants: [await grant("join", laptop, { conversation: number("cnv", 9) })] });
  add("a grant that ran out", "grant", { path: laptop.leaf, grants: [await grant("join", laptop, { iat: at - 700, exp: at - 100 })] });
  add("a grant of another authority", "grant", { path: laptop.leaf, grants: [await grant("join", laptop, {}, foreign)] });
  add("a grant to be added does not let in by external commit", "grant", { path: laptop.leaf, grants: [await grant("add", laptop)] });
  add("a removed device comes back by the grant from before", "grant", { path: laptop.leaf, grants: [joins], left: { [laptop.id]: at - 30 } });
  add("a removed device comes back by a grant that was given later", "accepted", { path: laptop.leaf, grants: [joins], left: { [laptop.id]: at - 90 } });
  add("that another device left is no reason", "accepted", { path: laptop.leaf, grants: [joins], left: { [stranger.id]: at - 30 } });
  add("the statement ended before the device came", "statement", { path: expired.leaf, grants: [await grant("join", expired)] });
  add("the statement is of another authority", "statement", { path: forged.leaf, grants: [await grant("join", forged)] });
  add("another's statement over one's own key", "statement", { path: { ...laptop.leaf, key: stranger.leaf.key }, grants: [joins] });
  add("a device that lost its state replaces its own old leaf", "accepted", { path: renewedPhone.leaf, removed: [0], grants: [await grant("join", phone)] });
  add("who enters takes a further device of the same person out", "grant", { path: laptop.leaf, removed: [0], grants: [joins] });
  add("who enters takes somebody else out", "grant", { path: laptop.leaf, removed: [1], grants: [joins, await grant("remove", mia)] });
  add("who enters brings another along", "form", { path: laptop.leaf, added: [ben.leaf], grants: [joins, await grant("add", ben)] });
  add("a member renews its leaf with the same statement", "accepted", { sender: 0, path: phone.leaf });
  add("a member renews its leaf with a newer statement of the same device", "accepted", { sender: 0, path: renewedPhone.leaf });
  add("a member puts another device's statement into its leaf", "statement", { sender: 0, path: { statement: laptop.leaf.statement, key: phone.leaf.key } });
  add("a member puts another device's statement and key into its leaf", "statement", { sender: 0, path: laptop.leaf });
  add("a member puts a statement that has ended into its leaf", "statement", { sender: 0, path: (await device(1, "customer", 1, at - 40 * DAY)).leaf });
  add("a member adds a colleague by grant", "accepted", { sender: 1, added: [ben.leaf], grants: [await grant("add", ben)] });
  add("a member adds a colleague who left, by the grant from before", "grant", { sender: 1, added: [ben.leaf], grants: [await grant("add", ben)], left: { [ben.id]: at - 30 } });
  add("a member adds a colleague by a grant to join", "grant", { sender: 1, added: [ben.leaf], grants: [await grant("join", ben)] });
  const removal = await grant("remove", mia, { iat: at - 90 * DAY, exp: at - 90 * DAY + 600 });
  add("an open removal is committed however late", "accepted", { sender: 0, path: phone.leaf, removed: [1], grants: [removal], open: [{ devices: [mia.id], grant: removal, at: at - 90 * DAY }] });
  add("an old grant to remove that no open removal carries", "grant", { sender: 0, path: phone.leaf, removed: [1], grants: [removal] });
  const release = await grant("remove", mia);
  const takesMiaOut = { sender: 0, path: phone.leaf, removed: [1], grants: [release] };
  add("a removal from before the device came in again", "grant", { ...takesMiaOut, entered: { [mia.id]: at - 30 } });
  add("a removal that was given after the device came in", "accepted", { ...takesMiaOut, entered: { [mia.id]: at - 90 } });
  add("a removal from the second in which the device came in", "accepted", { ...takesMiaOut, entered: { [mia.id]: at - 60 } });
  add("that another device came in since is no reason", "accepted", { ...takesMiaOut, entered: { [mia.id]: at - 90, [phone.id]: at - 30 } });
  const both = await grant("remove", mia, { devices: [mia.id, ben.id] });
  add("an open removal does not name a device any more, which came in again", "grant", { ...takesMiaOut, grants: [both], open: [{ devices: [ben.id], grant: both, at: at - 60 }] });
  add("an open removal counts against whom it names, also by a clock that is behind", "accepted", { ...takesMiaOut, open: [{ devices: [mia.id], grant: release, at: at - 60 }], entered: { [mia.id]: at - 59 } });
  const miaReturns = { path: mia.leaf, removed: [1], open: [{ devices: [mia.id], grant: release, at: at - 60 }] };
  add("who is to leave comes in again by the leave from before that", "grant", { ...miaReturns, grants: [await grant("join", mia, { iat: at - 90 })] });
  add("who is to leave comes in again by a leave that was given later", "accepted", { ...miaReturns, grants: [await grant("join", mia, { iat: at - 30 })] });
  add("a member takes another out without a grant", "grant", { sender: 0, path: phone.leaf, removed: [1] });
  add("a member takes a leaf out that is not there", "form", { sender: 0, path: phone.leaf, removed: [7], grants: [await grant("remove", mia)] });
  const written = authenticatedData([joins]);
  add("the grants as they are to be written", "accepted", { path: laptop.leaf, data: written });
  add("grants that are padded with blanks", "form", { path: laptop.leaf, data: `${written}${" ".repeat(100)}` });
  add("grants with a blank between", "form", { path: laptop.leaf, data: written.replace(",", ", ") });
  add("grants that are written in another order", "form", { path: laptop.leaf, data: JSON.stringify({ grants: [joins], v: 1 }) });
  add("grants with a field that means nothing", "form", { path: laptop.leaf, data: JSON.stringify({ v: 1, grants: [joins], padding: "x" }) });
  add("a grant that is written by escapes", "form", { path: laptop.leaf, data: written.replace(".", "\\u002e") });
  add("a grant that is there twice", "form", { path: laptop.leaf, grants: [joins, joins] });
  add("grants of another version", "form", { path: laptop.leaf, data: JSON.stringify({ v: 2, grants: [joins] }) });
  return { conversation: CONVERSATION, cases };
}

/** How this implementation decides. */
export async function decide(trust: Trust, conversation: string, one: RuleCase): Promise<string> {
  const claim = ({ statement, key }: VectorLeaf) => ({ statement, signatureKey: fromB64u(key) as Bytes });
  const parsed = {
    epoch: 0, conversation, sender: one.sender, path: one.path && claim(one.path), added: one.added.map(claim), removed: one.removed, foreign: [], authenticatedData: utf8(one.data ?? authenticatedData(one.grants)),
  };
  const leaves = one.leaves.map((leaf) => ({ index: leaf.index!, ...claim(leaf) }));
  try {
    await checkCommit(parsed, { trust, conversation, leaves, at: one.at, openRemovals: one.open, entered: one.entered, left: one.left });
    return "accepted";
  } catch (error) {
    if (error instanceof CommitRefused) return error.why;
    throw error;
  }
}
