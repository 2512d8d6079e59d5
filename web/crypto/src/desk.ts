/** The conversations a device has open, and what reaches them from the socket: the same for staff and customers. */
import { Conversation } from "./conversation";
import type { LogItem } from "./log";
import type { ConversationView, Person } from "./messenger";
import type { CoreEvent } from "./owner";
import type { ServerFrame } from "./socket";
import type { Surroundings } from "./surroundings";
import { type NoteLine, previewOf, unreadOf, viewOf } from "./view";

const TYPING_MS = 6_000;
const RECEIPT_DELAY_MS = 400;
/** Where no socket gets through (some company networks), asking now and then does. */
const ASK_MS = 10_000;

export class Desk {
  readonly conversations = new Map<string, Conversation>();
  private readonly opening = new Map<string, Promise<Conversation>>();
  private readonly typing = new Map<string, Map<string, { person: Person; timer: ReturnType<typeof setTimeout> }>>();
  private readonly announced = new Set<string>();
  private readonly reported = new Map<string, { delivered: number; read: number }>();
  private readonly receiptTimers = new Map<string, ReturnType<typeof setTimeout>>();
  private readonly asking: ReturnType<typeof setInterval>;
  private stopped = false;

  constructor(
    readonly around: Surroundings,
    private readonly emit: (event: CoreEvent) => void,
    private readonly notesOf: (conversation: string) => NoteLine[],
    online: () => boolean,
  ) {
    this.asking = setInterval(() => {
      if (!online()) this.refreshAll();
    }, ASK_MS);
  }

  /** From the store at once; the server is asked in the background. */
  get(id: string): Promise<Conversation> {
    let opening = this.opening.get(id);
    if (!opening) {
      opening = this.load(id);
      this.opening.set(id, opening);
    }
    return opening;
  }

  /** Everything open asks for what it missed. */
  refreshAll(): void {
    for (const conversation of this.conversations.values()) void conversation.refresh();
  }

  openHeld(): void {
    for (const conversation of this.conversations.values()) void conversation.openHeld().catch(() => undefined);
  }

  view(id: string): ConversationView | null {
    const conversation = this.conversations.get(id);
    if (!conversation) return null;
    const typing = [...(this.typing.get(id)?.values() ?? [])].map(({ person }) => person);
    return viewOf(conversation, this.notesOf(id), typing);
  }

  /** Many changes in one turn become one event. */
  announce(id: string): void {
    if (this.announced.has(id)) return;
    this.announced.add(id);
    queueMicrotask(() => {
      this.announced.delete(id);
      const conversation = this.conversations.get(id);
      if (!conversation) return;
      this.emit({ type: "view", conversation: id, view: this.view(id), preview: previewOf(conversation), unread: unreadOf(conversation) });
      this.reportLater(conversation);
    });
  }

  async markRead(id: string): Promise<void> {
    const conversation = await this.get(id);
    if (await conversation.setRead(conversation.saved.cursor)) this.reportLater(conversation);
  }

  onFrame(frame: ServerFrame): void {
    const id = typeof frame["conversation"] === "string" ? frame["conversation"] : null;
    const conversation = id === null ? undefined : this.conversations.get(id);
    if (!conversation) {
      // Somebody has to leave a conversation that is not on the screen: whoever is a member takes care of it.
      if (id !== null && frame.type === "item" && (frame["item"] as LogItem).kind === "removal") void this.get(id).catch(() => undefined);
      return;
    }
    switch (frame.type) {
      case "item":
        this.stopTyping(conversation, frame["item"] as LogItem);
        void conversation.offer(frame["item"] as LogItem);
        return;
      case "receipt":
        void conversation.setReceipt(String(frame["who"]), Number(frame["delivered"]), Number(frame["read"])).catch(() => undefined);
        return;
      case "typing":
        this.showTyping(conversation, String(frame["who"]), typeof frame["name"] === "string" ? frame["name"] : null);
    }
  }

  stop(): void {
    this.stopped = true;
    clearInterval(this.asking);
    for (const conversation of this.conversations.values()) conversation.stop();
    for (const timer of this.receiptTimers.values()) clearTimeout(timer);
    for (const people of this.typing.values()) for (const { timer } of people.values()) clearTimeout(timer);
  }

  private async load(id: string): Promise<Conversation> {
    const conversation = new Conversation(id, this.around, () => this.announce(id));
    this.conversations.set(id, conversation);
    if (this.stopped) conversation.stop();
    await conversation.restore();
    void conversation.refresh().then(() => this.fetchReceipts(conversation));
    return conversation;
  }

  private async fetchReceipts(conversation: Conversation): Promise<void> {
    try {
      const { items } = await this.around.api.get<{ items: { who: string; delivered: number; read: number }[] }>(`${this.around.path}/${conversation.id}/receipts`);
      for (const { who, delivered, read } of items) await conversation.setReceipt(who, delivered, read);
    } catch {
      // Receipts are a courtesy; the next one comes over the socket.
    }
  }

  /** Only who takes part tells how far it has read: looking on leaves no trace in the conversation. */
  private reportLater(conversation: Conversation): void {
    if (!conversation.member || this.receiptTimers.has(conversation.id)) return;
    const done = this.reported.get(conversation.id);
    const { cursor, readSeq } = conversation.saved;
    if (cursor === 0 || (done && done.delivered >= cursor && done.read >= readSeq)) return;
    const timer = setTimeout(() => {
      this.receiptTimers.delete(conversation.id);
      const receipt = { delivered: conversation.saved.cursor, read: conversation.saved.readSeq };
      void this.around.api
        .post(`${this.around.path}/${conversation.id}/receipts`, receipt)
        .then(() => this.reported.set(conversation.id, receipt))
        .catch(() => undefined);
    }, RECEIPT_DELAY_MS);
    this.receiptTimers.set(conversation.id, timer);
  }

  /** Who has written is no longer writing. */
  private stopTyping(conversation: Conversation, item: LogItem): void {
    const people = this.typing.get(conversation.id);
    const sender = item.kind === "letter" || item.kind === "message" ? item.device : null;
    const subject = sender === null ? null : conversation.saved.members[sender]?.person;
    const who = subject?.kind === "customer" || item.kind === "letter" ? "customer" : subject?.subject;
    if (!people || !who) return;
    clearTimeout(people.get(who)?.timer);
    people.delete(who);
  }

  private showTyping(conversation: Conversation, who: string, name: string | null): void {
    const { me } = this.around;
    if (who === me.subject || (who === "customer" && this.around.role === "customer")) return;
    const member = Object.values(conversation.saved.members).find(({ person }) => (who === "customer" ? person.kind === "customer" : person.subject === who));
    const person: Person = member?.person ?? { device: "", subject: who, kind: who === "customer" ? "customer" : "staff", name, verified: false };
    const people = this.typing.get(conversation.id) ?? new Map();
    this.typing.set(conversation.id, people);
    clearTimeout(people.get(who)?.timer);
    const timer = setTimeout(() => {
      people.delete(who);
      this.announce(conversation.id);
    }, TYPING_MS);
    people.set(who, { person, timer });
    this.announce(conversation.id);
  }
}
