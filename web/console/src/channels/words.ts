import type { ConversationView, Line, Person } from "@wardesk/crypto/messenger";
import { t } from "../i18n";

type EventLine = Extract<Line, { kind: "event" }>;

/** A change in the conversation as a sentence. */
export function eventWords(line: EventLine): string {
  const names = [...new Set(line.people.map(nameOf))].join(", ") || t("person.somebody");
  const sentence = t(`event.${line.event}`, { names });
  const leave = line.by && line.by !== "system" && !line.people.some((person) => person.subject === line.by || nameOf(person) === line.by) && !line.by.startsWith("stf_") ? t("event.by", { name: line.by }) : null;
  const reason = line.reason ? t("event.reason", { reason: line.reason }) : null;
  return [sentence, leave, reason].filter(Boolean).join(" · ");
}

export function nameOf(person: Person): string {
  return person.name ?? t("person.visitor");
}

/** The view with the customer's name from their record: statements do not carry it, since they lie in clear on the server. */
export function withCustomerName(view: ConversationView, name: string): ConversationView {
  const named = (person: Person): Person => (person.kind === "customer" && !person.name ? { ...person, name } : person);
  const lines = view.lines.map((line): Line => {
    if (line.kind === "event") return { ...line, people: line.people.map(named) };
    return line.kind === "refused" || line.kind === "earlier" ? line : { ...line, from: named(line.from) };
  });
  return { ...view, lines, members: view.members.map(named), typing: view.typing.map(named) };
}

/** The people of whom a device came that nobody here knew, since this person last wrote: they look before they write on. */
export function newKeysSinceOwnText(view: ConversationView): string | null {
  const last = view.lines.findLast((line) => line.kind === "text" && line.mine);
  const since = last === undefined ? -1 : view.lines.indexOf(last);
  const changed = view.lines.slice(since + 1).findLast((line) => line.kind === "event" && line.event === "key-changed");
  return changed?.kind === "event" ? [...new Set(changed.people.map(nameOf))].join(", ") : null;
}
