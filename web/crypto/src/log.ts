/** The log of a conversation as it comes from the server, and what a device keeps of it. */
import type { Bytes } from "./bytes";
import type { SignatureKey } from "./ed25519";
import type { SealingKey } from "./hpke";
import type { Line, Person } from "./messenger";
import type { SealedRecord } from "./records";

interface ItemHead {
  seq: number;
  client_id: string | null;
  device: string | null;
  /** The device's statement when the item came. */
  statement?: string | null;
  /** RFC 3339. */
  at: string;
  epoch: number;
}

export type LogItem = ItemHead &
  (
    | { kind: "opened"; body: { team: string } }
    | { kind: "letter"; body: { record: SealedRecord } }
    | { kind: "message"; body: { mls: string; record: SealedRecord } }
    | { kind: "commit"; body: { mls: string; joined: { device: string; statement: string }[]; removed: string[]; grants: string[] } }
    | { kind: "welcome"; body: { mls?: string; devices?: string[] } }
    | { kind: "removal"; body: { devices: string[]; grant: string } }
    | { kind: "closed" | "reopened"; body: { by: string } }
    | { kind: "history"; body: { to: string; sealed?: string; signature?: string } }
    | { kind: "tombstone"; body: object }
  );

export interface LogPage {
  items: LogItem[];
  next_after: number;
  head: number;
}

export interface Appended {
  items: { seq: number; kind: string; at: string }[];
}

/** This device. */
export interface Identity {
  device: string;
  subject: string;
  name: string | null;
  statement: string;
  mls: SignatureKey;
  hpke: SealingKey;
}

/** A sequenced line at rest; states of delivery are computed when shown. */
export type StoredLine =
  | { kind: "text"; id: string; seq: number; from: Person; at: string; body: string }
  | Extract<Line, { kind: "event" }>
  | (Extract<Line, { kind: "refused" }> & { held: LogItem | null });

export interface Staged {
  clientId: string;
  /** The epoch this commit leaves. */
  epoch: number;
  path: string;
  body: object;
  /** Group and history key of the epoch it would begin. */
  group: Bytes;
  historyKey: Bytes;
  /** Milliseconds: when it was made; grants are short-lived. */
  at: number;
}

export interface SavedConversation {
  /** The last item processed. */
  cursor: number;
  team: string | null;
  state: "waiting" | "open" | "closed";
  openedAt: string | null;
  group: Bytes | null;
  /** The first epoch whose MLS messages this device can read. */
  joinedEpoch: number | null;
  /** A commit came that did not check: what follows in the group cannot be trusted by this device. */
  broken: boolean;
  staged: Staged | null;
  /** The request that opens the conversation, until the server has it. */
  creation: object | null;
  historyKeys: { [epoch: number]: Bytes };
  /** `entered` (seconds): since when the statement is in the leaf; `came`: since when the device is in, when the row knows. */
  members: { [device: string]: { person: Person; statement: string; entered: number; came?: number } };
  /** Devices ever seen, by person; each with its keys. */
  known: { [subject: string]: string[] };
  removals: { devices: string[]; grant: string; at: number }[];
  /** When devices went out (seconds): they do not come back by a grant from before. */
  left: { [device: string]: number };
  /** This device was taken out: it does not try to come back by itself. */
  removed: boolean;
  /** Other devices of this customer that came in while this one was here, by their keys, with the epoch they began, until somebody handed them the keys of before. */
  arrivals: { [keys: string]: { device: string; statement: string; epoch: number } };
  /** Milliseconds: when this device's leaf was last renewed. */
  renewedAt: number;
  readSeq: number;
  receipts: { [who: string]: { delivered: number; read: number } };
}

export interface OutboxRow {
  id: string;
  body: string;
  /** Milliseconds. */
  at: number;
  /** What goes over the wire, once encrypted: the same bytes on every try, because its keys are used up. */
  prepared: { route: "letters" | "messages"; payload: object } | null;
  problem: string | null;
}

/** Rows of an older version of this program lack what came later. */
export function completed(saved: SavedConversation): SavedConversation {
  return { ...emptyConversation(), ...saved };
}

export function emptyConversation(): SavedConversation {
  return {
    cursor: 0,
    team: null,
    state: "waiting",
    openedAt: null,
    group: null,
    joinedEpoch: null,
    broken: false,
    staged: null,
    creation: null,
    historyKeys: {},
    members: {},
    known: {},
    removals: [],
    left: {},
    removed: false,
    arrivals: {},
    renewedAt: 0,
    readSeq: 0,
    receipts: {},
  };
}

export function seconds(rfc3339: string): number {
  const at = Date.parse(rfc3339);
  return Number.isNaN(at) ? 0 : Math.floor(at / 1000);
}

/** Keys sort as text: twelve digits keep the order of numbers. */
export function lineKey(conversation: string, seq: number, part = 0): string {
  return `${conversation}/${String(seq).padStart(12, "0")}${part === 0 ? "" : `.${part}`}`;
}
