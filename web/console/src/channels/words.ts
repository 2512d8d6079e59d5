import type { Line, Person } from "@wardesk/crypto/messenger";
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
