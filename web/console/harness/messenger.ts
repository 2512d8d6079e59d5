import { MessengerError, type ConversationView, type Line, type Person, type StaffDeviceState, type StaffMessenger, type StaffStatus } from "@wardesk/crypto/messenger";
import * as data from "./data";
import { FakeVault } from "./vault";

type Calls = { act: string; conversation: string; value?: string }[];

/** An engine without encryption, for looking at the screens and for tests. */
export class FakeMessenger implements StaffMessenger {
  readonly calls: Calls = [];
  readonly vault: FakeVault;
  /** Set: the next act is refused with this code. */
  refuse: string | null = null;
  private current: StaffStatus;
  private readonly listeners = new Set<() => void>();
  private readonly inbox = new Set<(conversation: string) => void>();
  private readonly proofs = new Set<(conversation: string | null) => void>();
  private readonly ended = new Set<() => void>();
  private readonly views = new Map<string, ConversationView>();

  constructor(state: StaffDeviceState = "ready", private readonly rich = true) {
    this.vault = new FakeVault(rich);
    this.current = { state, device: data.id("dev", 1), connection: "online", renewal: "none" };
  }

  subscribe(listener: () => void) {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }
  status() {
    return this.current;
  }
  set(change: Partial<StaffStatus>) {
    this.current = { ...this.current, ...change };
    this.tell();
  }
  async enrol(name: string) {
    await this.act("enrol", "", name);
    this.set({ state: "ready" });
  }
  async unlock() {
    await this.act("unlock", "");
    this.set({ state: "ready" });
  }
  async renew() {
    await this.act("renew", "");
    this.set({ renewal: "none" });
  }
  lock() {
    this.calls.push({ act: "lock", conversation: "" });
  }
  onInboxChange(listener: (conversation: string) => void) {
    this.inbox.add(listener);
    return () => void this.inbox.delete(listener);
  }
  onProofChange(listener: (conversation: string | null) => void) {
    this.proofs.add(listener);
    return () => void this.proofs.delete(listener);
  }
  proofChanged(conversation: string | null) {
    this.proofs.forEach((listener) => listener(conversation));
  }
  onPresence() {
    return () => undefined;
  }
  onEnded(listener: () => void) {
    this.ended.add(listener);
    return () => void this.ended.delete(listener);
  }
  end() {
    this.ended.forEach((listener) => listener());
  }
  follow(_conversation: string, listener: () => void) {
    return this.subscribe(listener);
  }
  view(conversation: string) {
    let view = this.views.get(conversation);
    if (!view) this.views.set(conversation, (view = viewOf(conversation, this.rich)));
    return view;
  }
  preview(conversation: string) {
    return this.previews[conversation] ?? null;
  }
  private readonly previews: Record<string, { from: "customer" | "staff"; body: string; at: string }> = Object.fromEntries(
    ["It says delivered, but nothing was in the box or at the neighbours'. Can you look?", "My refund is still missing", "", "Thanks, that helps!", "The label cannot be scanned, the depot sent me away twice already", "Where is my parcel?", "You will have it by Friday.", "Can I change the address?"].flatMap((body, n) =>
      body ? [[data.id("cnv", n + 1), { from: n === 6 ? "staff" : "customer", body, at: data.before(n) }]] : [],
    ),
  );
  take(conversation: string) {
    return this.act("take", conversation).then(() => this.change(conversation, (view) => ({ ...view, member: true, number: NUMBER })));
  }
  join(conversation: string, reason: string) {
    return this.act("join", conversation, reason).then(() => this.change(conversation, (view) => ({ ...view, member: true })));
  }
  assign(conversation: string, staff: string) {
    return this.act("assign", conversation, staff);
  }
  addColleague(conversation: string, staff: string) {
    return this.act("add", conversation, staff);
  }
  removeColleague(conversation: string, staff: string) {
    return this.act("remove", conversation, staff);
  }
  send(conversation: string, text: string) {
    return this.act("send", conversation, text).then(() => this.append(conversation, "text", text));
  }
  note(conversation: string, text: string) {
    return this.act("note", conversation, text).then(() => this.append(conversation, "note", text));
  }
  retry(conversation: string, lineId: string) {
    return this.act("retry", conversation, lineId).then(() => this.change(conversation, (view) => ({ ...view, lines: view.lines.map((line) => (line.id === lineId && line.kind === "text" ? { ...line, state: "sent", problem: null } : line)) })));
  }
  discard(conversation: string, lineId: string) {
    return this.act("discard", conversation, lineId).then(() => this.change(conversation, (view) => ({ ...view, lines: view.lines.filter((line) => line.id !== lineId) })));
  }
  markRead() {}
  typing(conversation: string) {
    this.calls.push({ act: "typing", conversation });
  }
  fingerprint() {
    return data.ORGANISATION.fingerprint;
  }

  change(conversation: string, how: (view: ConversationView) => ConversationView) {
    this.views.set(conversation, how(this.view(conversation)));
    this.tell();
  }
  private append(conversation: string, kind: "text" | "note", body: string) {
    const line: Line = { kind, id: `l${Math.random()}`, seq: null, from: MIA, mine: true, at: new Date().toISOString(), body, state: "sending", problem: null };
    this.change(conversation, (view) => ({ ...view, lines: [...view.lines, line] }));
  }
  private async act(act: string, conversation: string, value?: string) {
    this.calls.push({ act, conversation, ...(value === undefined ? {} : { value }) });
    const code = this.refuse;
    this.refuse = null;
    if (code) throw new MessengerError(code, code);
  }
  private tell() {
    this.listeners.forEach((listener) => listener());
  }
}

const NUMBER = "04821 77310 92846 15038 66207 31954 80412 27763 59018 44125 73690 08356";
const MIA: Person = { device: data.id("dev", 1), subject: data.ME.id, kind: "staff", name: data.ME.name, verified: true };
const INGRID: Person = { device: data.id("dev", 7), subject: data.id("stf", 3), kind: "staff", name: "Ingrid Sørensen", verified: true };

function viewOf(conversation: string, rich: boolean): ConversationView {
  const row = data.CONVERSATIONS.find((one) => one.id === conversation);
  const member = row?.assignee?.id === data.ME.id;
  const them: Person = { device: data.id("dev", 20), subject: row?.customer.id ?? "", kind: "customer", name: row?.customer.verified ? row.customer.name : null, verified: true };
  const text = (n: number, from: Person, body: string, minutes: number, state: "sent" | "delivered" | "read" | "failed" = "read"): Line => ({ kind: "text", id: `t${n}`, seq: n, from, mine: from === MIA, at: data.before(minutes), body, state, problem: state === "failed" ? "offline" : null });
  const customer: Line[] = [
    { kind: "event", id: "e1", seq: 1, at: data.before(1600), event: "opened", people: [them], by: null, reason: null },
    text(2, them, "Hello, my parcel NW-2231 never arrived.", 1599),
    text(3, them, "It says delivered, but nothing was in the box or at the neighbours'. Can you look? https://shop.northwind.example/track/NW-2231", 1598),
  ];
  const staff: Line[] = [
    { kind: "event", id: "e2", seq: 4, at: data.before(65), event: "joined", people: [MIA], by: null, reason: null },
    text(5, MIA, "Let me look at the depot's list. One moment please.", 64),
    { kind: "note", id: "n1", seq: 1, from: MIA, mine: true, at: data.before(60), body: "Depot 7 had three of these this week. Same driver?", state: "sent", problem: null },
    { kind: "note", id: "n2", seq: 2, from: INGRID, mine: false, at: data.before(58), body: "Yes. I open a case, please do not promise a refund yet.", state: "sent", problem: null },
    { kind: "event", id: "e3", seq: 6, at: data.before(57), event: "joined", people: [INGRID], by: data.ME.name, reason: "Second opinion" },
    { kind: "refused", id: "r1", seq: 7, at: data.before(40), reason: "undecryptable" },
    text(8, them, "Any news?", 9),
    text(9, MIA, "It was scanned at the wrong door. The driver comes back today between 16:00 and 18:00, and we leave it with you in person.", 6, "delivered"),
    text(10, MIA, "Is somebody at home then?", 2, "failed"),
  ];
  return {
    id: conversation, loaded: true, lines: rich ? (member ? [...customer, ...staff] : customer) : [], members: member ? [MIA, INGRID, them] : [them],
    number: member ? NUMBER : null, member, staffed: member, typing: member && rich ? [them] : [], device: data.id("dev", 1), removed: false, newcomers: [],
  };
}
