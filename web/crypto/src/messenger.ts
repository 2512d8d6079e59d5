/**
 * The face of the conversation engine: what the console and the widget may ask of it.
 * Everything secret (keys, group state, outbox, clear text at rest) stays behind it; screens see values to show.
 */
import type { TeamVault } from "./team-vault-face";

export type { EntryHistory, EntryParts, FolderWish, ListPart, SecretPart, TeamVault, VaultEntry, VaultFolder, VaultPurpose, VaultRole } from "./team-vault-face";

/** How a device is known: `verified` means its statement checked against the organisation's key. */
export interface Person {
  device: string;
  /** `cus_…` or `stf_…`. */
  subject: string;
  kind: "customer" | "staff";
  /** The name in the statement; null for an anonymous visitor. */
  name: string | null;
  verified: boolean;
}

export type LineState = "waiting" | "sending" | "sent" | "delivered" | "read" | "failed";

/** A line of the conversation's flow, oldest first. */
export type Line =
  | { kind: "text"; id: string; seq: number | null; from: Person; mine: boolean; at: string; body: string; state: LineState; problem: string | null }
  | { kind: "note"; id: string; seq: number | null; from: Person; mine: boolean; at: string; body: string; state: LineState; problem: string | null }
  /** Membership and state changes: who, as what, by whose leave. */
  | { kind: "event"; id: string; seq: number; at: string; event: "opened" | "joined" | "left" | "closed" | "reopened" | "removal" | "key-changed"; people: Person[]; by: string | null; reason: string | null }
  /** Texts from before this device came: their keys are on another device of this person, or were lost with it. */
  | { kind: "earlier"; id: string; seq: number; at: string; count: number; elsewhere: boolean }
  /** An item that did not check or could not be opened; shown, never dropped. */
  | { kind: "refused"; id: string; seq: number; at: string; reason: "statement" | "signature" | "archive-mismatch" | "undecryptable" | "no-key" | "grant" };

export interface ConversationView {
  id: string;
  /** False until the first load from the server or the local store ended. */
  loaded: boolean;
  lines: Line[];
  members: Person[];
  /** Twelve groups of five digits, or null while this device is not in the group. */
  number: string | null;
  /** This device is a member of the group and can write messages (customer: letters before). */
  member: boolean;
  /** The customer's devices see whether staff is in the group. */
  staffed: boolean;
  typing: Person[];
  /** The device that shows this. */
  device: string;
  /** This device was taken out of the conversation. */
  removed: boolean;
  /** Other devices of this customer that came later and may be shown what was before. Who has the same id and other `keys` is another one. */
  newcomers: { device: string; keys: string }[];
}

/** A device of the customer, as they know it. */
export interface OwnDevice {
  id: string;
  /** What its browser called itself. */
  userAgent: string;
  addedAt: string;
  seenAt: string;
  self: boolean;
  /** The one this browser was before its data was deleted. */
  lost: boolean;
}

/** By what a customer shows who they are. */
export type ProofChannel = "mail_code" | "phone_code" | "passkey";

/** What the customer is asked to prove in a conversation, and what they proved. Times are ISO. */
export interface CustomerProof {
  organisation: string;
  /** The request that waits. */
  request: {
    /** `stf_…`. */
    askedBy: string;
    channel: ProofChannel;
    /** The masked address that a code goes to; null for a passkey. */
    address: string | null;
    endsAt: string;
    /** This device and session may answer. */
    here: boolean;
    /** Until when the newest code works; null before one was sent. */
    codeEndsAt: string | null;
    codesLeft: number;
    triesLeft: number;
  } | null;
  /** The proof that counts now. */
  proof: { channel: ProofChannel; provedAt: string; validUntil: string } | null;
  /** All that were given, the oldest first. */
  given: { channel: ProofChannel; provedAt: string }[];
}

/** A passkey of the customer's own. Times are ISO. */
export interface OwnPasskey {
  /** `cpk_…`. */
  id: string;
  name: string;
  addedAt: string;
  /** From when on it proves something. */
  countsFrom: string;
  usedAt: string | null;
  /** It answered like a copy, and does not work any more. */
  stopped: boolean;
}

export interface OwnPasskeys {
  /** The oldest first. */
  passkeys: OwnPasskey[];
  /** Whether it is known well enough here who this is to add and remove some. */
  mayAdd: boolean;
}

/** What a passkey is asked, in the JSON of WebAuthn Level 3. */
export interface PasskeyQuestion<Options> {
  /** The ticket that goes back with the answer. */
  ceremony: string;
  options: Options;
}

export type StaffDeviceState =
  | "absent"            // this browser is no device yet: enrol
  | "locked"            // keys are here, the unlock secret is not: unlock
  | "other-tab"         // another tab owns the keys; this one works through it
  | "revoked"           // the server revoked this device
  | "lost"              // the store was wiped or damaged: a new device is needed
  | "waiting-for-key"   // no colleague's device has shared the team key yet
  | "ready";

export interface StaffStatus {
  state: StaffDeviceState;
  device: string | null;
  /** `online`, or since when the socket is away (ISO time). */
  connection: "online" | "connecting" | "offline";
  /** The organisation's word about this device ends soon, or has ended, and needs a fresh second factor to be renewed. */
  renewal: "none" | "due" | "over";
}

/** A refusal a screen can show: `code` is the API's problem code or one of the engine's own. */
export class MessengerError extends Error {
  constructor(readonly code: string, message: string) {
    super(message);
    this.name = "MessengerError";
  }
}

interface Observable {
  /** Calls back after every change; returns the way out. Snapshots are immutable and keep their identity while unchanged (for useSyncExternalStore). */
  subscribe(listener: () => void): () => void;
}

export interface StaffMessenger extends Observable {
  status(): StaffStatus;
  enrol(name: string): Promise<void>;
  unlock(): Promise<void>;
  /** Asks for a new statement about this device; needs a fresh second factor. */
  renew(): Promise<void>;
  /** Signs out: drops the unlock secret from memory, keeps the encrypted store. */
  lock(): void;
  /** Live events that screens use to refresh lists. */
  onInboxChange(listener: (conversation: string) => void): () => void;
  /** Something about the proofs of a conversation's customer changed; null: of any, after a time without connection. */
  onProofChange(listener: (conversation: string | null) => void): () => void;
  onPresence(listener: (staff: string, online: boolean) => void): () => void;
  onEnded(listener: () => void): () => void;
  /** Starts following a conversation (loads, subscribes) and stops with the returned function. */
  follow(conversation: string, listener: () => void): () => void;
  view(conversation: string): ConversationView;
  /** The last readable text, for the inbox row; null when this device cannot read it. */
  preview(conversation: string): { from: "customer" | "staff"; body: string; at: string } | null;
  take(conversation: string): Promise<void>;
  join(conversation: string, reason: string): Promise<void>;
  assign(conversation: string, staff: string): Promise<void>;
  addColleague(conversation: string, staff: string): Promise<void>;
  removeColleague(conversation: string, staff: string): Promise<void>;
  send(conversation: string, text: string): Promise<void>;
  note(conversation: string, text: string): Promise<void>;
  retry(conversation: string, lineId: string): Promise<void>;
  discard(conversation: string, lineId: string): Promise<void>;
  markRead(conversation: string): void;
  typing(conversation: string): void;
  /** Organisation fingerprint as this device verified it. */
  fingerprint(): string | null;
  /** The secrets a team shares. */
  readonly vault: TeamVault;
}

export interface WidgetMessenger extends Observable {
  status(): { state: "starting" | "unavailable" | "ready" | "lost" | "signed-out"; connection: "online" | "connecting" | "offline"; name: string | null; organisation: string; fingerprint: string | null; storage: "persistent" | "best-effort"; /** "usually replies within …", in the company's words. */ replyTime: string | null };
  /** This customer's devices, as the server last told. */
  devices(): OwnDevice[];
  refreshDevices(): Promise<void>;
  /** Takes another device out of all conversations. */
  removeDevice(device: string): Promise<void>;
  /** Lets another device of this customer, named by its keys, read what was written before it came. */
  showHistoryTo(keys: string): Promise<void>;
  /** The customer's conversations, newest first. */
  conversations(): { id: string; state: "waiting" | "open" | "closed"; lastText: string | null; at: string; unread: number }[];
  follow(conversation: string, listener: () => void): () => void;
  view(conversation: string): ConversationView;
  /** Opens a conversation with its first message; returns the id. */
  open(text: string): Promise<string>;
  send(conversation: string, text: string): Promise<void>;
  retry(conversation: string, lineId: string): Promise<void>;
  discard(conversation: string, lineId: string): Promise<void>;
  markRead(conversation: string): void;
  typing(conversation: string): void;
  /** What the customer is asked to prove; null before the server told. */
  proof(conversation: string): CustomerProof | null;
  refreshProof(conversation: string): Promise<void>;
  /** Has a code sent to the address on file. `site` is the origin of the page around the widget, if that is known. */
  sendProofCode(conversation: string, site: string | null): Promise<void>;
  answerProof(conversation: string, code: string): Promise<void>;
  /** The question for a passkey, when one is asked for. */
  beginPasskeyProof(conversation: string): Promise<PasskeyQuestion<PublicKeyCredentialRequestOptionsJSON>>;
  /** `answer` is `AuthenticationResponseJSON`. */
  answerPasskeyProof(conversation: string, ceremony: string, answer: unknown): Promise<void>;
  /** This customer's passkeys, as the server last told; null before. */
  passkeys(): OwnPasskeys | null;
  refreshPasskeys(): Promise<void>;
  beginPasskey(): Promise<PasskeyQuestion<PublicKeyCredentialCreationOptionsJSON>>;
  /** `answer` is `RegistrationResponseJSON`. */
  addPasskey(ceremony: string, name: string, answer: unknown): Promise<void>;
  removePasskey(passkey: string): Promise<void>;
  /** The company's site vouches for a customer (JWT). */
  identify(token: string): Promise<void>;
  signOut(): Promise<void>;
}
