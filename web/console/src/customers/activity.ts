import type { AuditEntry, Conversation, ConversationsView } from "@wardesk/api";
import { t, tOr } from "../i18n";

export interface Happening {
  key: string;
  at: string;
  text: string;
  /** What it happened to. */
  conversation?: Conversation;
}

/** Where a conversation stands for this person. */
export function viewOf(conversation: Conversation, me: string): ConversationsView {
  if (conversation.state !== "open") return conversation.state;
  return conversation.assignee?.id === me ? "mine" : "all";
}

/** What happened around a customer, the newest first: of conversations one may see, and reveals where one may know of them. */
export function happenings(conversations: Conversation[], reveals: AuditEntry[], nameOf: (staff: string) => string): Happening[] {
  const all: Happening[] = reveals
    .filter((entry) => entry.outcome === "done")
    .map((entry) => ({ key: entry.id, at: entry.at, text: t("activity.revealed", { name: nameOf(entry.actor.id), class: tOr(`class.${String(entry.details.class)}`, t("class.any")) }) }));
  for (const conversation of conversations) {
    all.push({ key: `${conversation.id}:opened`, at: conversation.opened_at, text: t("activity.opened"), conversation });
    if (conversation.closed_at) all.push({ key: `${conversation.id}:closed`, at: conversation.closed_at, text: conversation.assignee ? t("activity.closed-with", { name: conversation.assignee.name }) : t("activity.closed"), conversation });
  }
  return all.sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
}
