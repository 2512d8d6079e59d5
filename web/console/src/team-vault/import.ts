import type { EntryParts, VaultEntry } from "@wardesk/crypto/messenger";

export type Reason = "kind" | "no-title" | "no-secret" | "too-long" | "duplicate" | "columns";

export interface Preview {
  format: "bitwarden" | "keepass";
  entries: EntryParts[];
  /** What is left out, by its place in the file from 1. */
  rejected: { row: number; name: string; reason: Reason }[];
}

/** Why nothing of a file can be read. */
export class NoImport extends Error {
  constructor(readonly why: "encrypted" | "unknown" | "too-many") {
    super(why);
  }
}

const MOST_ROWS = 2_000;
const LONGEST = { title: 200, login: 300, url: 1_000, secret: 2_000, notes: 10_000 };

/** Reads an unencrypted export of Bitwarden (JSON), or of KeePass or KeePassXC (CSV). Nothing leaves the page. */
export function readImport(text: string, present: VaultEntry[]): Preview {
  const start = text.replace(/^\uFEFF/, "").trimStart();
  const [format, rows] = start.startsWith("{") ? (["bitwarden", fromBitwarden(start)] as const) : (["keepass", fromKeePass(start)] as const);
  if (rows.length > MOST_ROWS) throw new NoImport("too-many");
  const known = new Set(present.flatMap((entry) => (entry.list ? [sameAs(entry.list)] : [])));
  const preview: Preview = { format, entries: [], rejected: [] };
  rows.forEach((row, at) => {
    const reason = typeof row.found === "string" ? row.found : wrong(row.found, known);
    if (reason || typeof row.found === "string") preview.rejected.push({ row: at + 1, name: row.name, reason: reason as Reason });
    else {
      known.add(sameAs(row.found.list));
      preview.entries.push(row.found);
    }
  });
  return preview;
}

interface Row {
  name: string;
  found: EntryParts | Reason;
}

const sameAs = ({ title, login }: { title: string; login: string }) => JSON.stringify([title.trim().toLowerCase(), login.trim().toLowerCase()]);

function wrong({ list, secret }: EntryParts, known: Set<string>): Reason | null {
  if (!list.title) return "no-title";
  if (!secret.secret) return "no-secret";
  const parts = { ...list, ...secret };
  if (Object.entries(LONGEST).some(([part, most]) => parts[part as keyof typeof parts].length > most)) return "too-long";
  return known.has(sameAs(list)) ? "duplicate" : null;
}

function fromBitwarden(text: string): Row[] {
  let file: { encrypted?: unknown; items?: unknown };
  try {
    file = JSON.parse(text) as typeof file;
  } catch {
    throw new NoImport("unknown");
  }
  if (file.encrypted === true) throw new NoImport("encrypted");
  if (!Array.isArray(file.items)) throw new NoImport("unknown");
  return file.items.map((item: unknown): Row => {
    const { type, name, notes, login, fields } = record(item);
    const title = word(name).trim();
    if (type !== 1) return { name: title, found: "kind" };
    const { username, password, uris, totp } = record(login);
    const [url = "", ...more] = list(uris).map((uri) => word(record(uri)["uri"]));
    const lines = [word(notes), ...more, word(totp) && `TOTP: ${word(totp)}`, ...list(fields).map((field) => `${word(record(field)["name"])}: ${word(record(field)["value"])}`)];
    return { name: title, found: { list: { title, login: word(username), url }, secret: { secret: word(password), notes: lines.filter(Boolean).join("\n") }, dueOn: null } };
  });
}

/** The columns of KeePass (first) and KeePassXC. */
const COLUMNS = { title: ["account", "title"], login: ["login name", "username"], secret: ["password"], url: ["web site", "url"], notes: ["comments", "notes"], totp: ["totp"] };

function fromKeePass(text: string): Row[] {
  const first = text.slice(0, text.search(/[\r\n]|$/)).toLowerCase();
  // KeePass writes \" and \\ inside of quotes; KeePassXC doubles the quotes.
  const [head, ...rows] = csv(text, first.includes("login name"));
  const names = head?.map((cell) => cell.trim().toLowerCase()) ?? [];
  const place = (column: keyof typeof COLUMNS) => names.findIndex((name) => COLUMNS[column].includes(name));
  if (place("title") < 0 || place("secret") < 0) throw new NoImport("unknown");
  return rows.map((cells): Row => {
    const cell = (column: keyof typeof COLUMNS) => cells[place(column)] ?? "";
    const title = cell("title").trim();
    if (cells.length !== names.length) return { name: title, found: "columns" };
    const notes = [cell("notes"), cell("totp") && `TOTP: ${cell("totp")}`].filter(Boolean).join("\n");
    return { name: title, found: { list: { title, login: cell("login"), url: cell("url") }, secret: { secret: cell("secret"), notes }, dueOn: null } };
  });
}

/** Rows of a CSV file (RFC 4180); empty lines are left out. */
function csv(text: string, backslashes: boolean): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let quoted = false;
  const endRow = () => {
    row.push(cell);
    if (row.length > 1 || cell !== "") rows.push(row);
    [row, cell] = [[], ""];
  };
  for (let at = 0; at < text.length; at++) {
    const sign = text[at]!;
    if (quoted) {
      if (backslashes && sign === "\\" && at + 1 < text.length) cell += text[++at];
      else if (sign !== '"') cell += sign;
      else if (!backslashes && text[at + 1] === '"') cell += text[++at];
      else quoted = false;
    } else if (sign === '"' && cell === "") quoted = true;
    else if (sign === ",") {
      row.push(cell);
      cell = "";
    } else if (sign === "\n") endRow();
    else if (sign !== "\r") cell += sign;
  }
  endRow();
  return rows;
}

const record = (value: unknown) => (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
const list = (value: unknown) => (Array.isArray(value) ? (value as unknown[]) : []);
const word = (value: unknown) => (typeof value === "string" ? value : "");
