import type { AuditFilter } from "@wardesk/api";

const NAMES = ["actor", "action", "target", "from", "to"] as const;
export type FilterName = (typeof NAMES)[number];

export interface FilterTerm {
  name: FilterName;
  value: string;
}

export interface ParsedFilter {
  terms: FilterTerm[];
  /** Words that are no filter; the screen says so instead of dropping them. */
  unknown: string[];
}

/** `actor:mia action:customer.revealed from:2026-01-01` — a later term of a name replaces an earlier one. */
export function parseFilter(text: string): ParsedFilter {
  const terms = new Map<FilterName, string>();
  const unknown: string[] = [];
  for (const word of text.match(/\S+:"[^"]*"|\S+/g) ?? []) {
    const [, name, value] = /^(\w+):(.*)$/.exec(word) ?? [];
    const plain = value?.replace(/^"|"$/g, "");
    if (!name || !plain || !isName(name) || ((name === "from" || name === "to") && Number.isNaN(Date.parse(plain)))) unknown.push(word);
    else terms.set(name, plain);
  }
  return { terms: [...terms].map(([name, value]) => ({ name, value })), unknown };
}

export function writeFilter(terms: FilterTerm[]): string {
  return terms.map(({ name, value }) => `${name}:${/\s/.test(value) ? `"${value}"` : value}`).join(" ");
}

/** For the server: names of people become their ids, a day becomes its begin or its end. */
export function apiFilter(terms: FilterTerm[], idOf: (name: string) => string | undefined): AuditFilter {
  const filter: AuditFilter = {};
  for (const { name, value } of terms) {
    if (name === "actor") filter.actor = idOf(value) ?? value;
    else if (name === "from" || name === "to") filter[name] = instant(value, name === "to");
    else filter[name] = value;
  }
  return filter;
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** A day without a time is meant in the reader's own time zone; `to` includes it. */
function instant(value: string, end: boolean): string {
  if (!DAY.test(value)) return new Date(value).toISOString();
  const date = new Date(`${value}T00:00:00`);
  if (end) date.setDate(date.getDate() + 1);
  return date.toISOString();
}

function isName(name: string): name is FilterName {
  return (NAMES as readonly string[]).includes(name);
}
