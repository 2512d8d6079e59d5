/** The words of the HTTP interface (docs/API-DESIGN.md). Plain on purpose: nothing but shapes. */

/** RFC 3339 in UTC. */
export type Time = string;
/** Binary as base64url without padding. */
export type B64u = string;

export type ProblemCode =
  | "bad-request" | "unauthenticated" | "second-factor-required" | "forbidden" | "step-up-required" | "csrf" | "not-found" | "method-not-allowed"
  | "conflict" | "stale-version" | "epoch-conflict" | "already-taken" | "removal-pending" | "not-taken" | "taken" | "too-large"
  | "unsupported-media-type" | "invalid-fields" | "invalid-mls" | "rate-limited" | "overloaded" | "internal";

export interface FieldProblem {
  field: string;
  message: string;
}

/** RFC 9457 `application/problem+json`. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  code: ProblemCode;
  detail?: string;
  fields?: FieldProblem[];
  /** The missing right, with `forbidden`. */
  permission?: string;
  /** Seconds. */
  retry_after?: number;
  request_id: string;
}

export interface Page<T> {
  items: T[];
  next: string | null;
}

export interface Items<T> {
  items: T[];
}

// Signing in

export interface Team {
  id: string;
  name: string;
}

export interface Me {
  id: string;
  login: string;
  name: string;
  roles: string[];
  teams: Team[];
  permissions: string[];
}

export type FactorKind = "totp" | "passkey" | "recovery";

export interface SessionState {
  state: "signed-out" | "second-factor" | "enrol" | "signed-in";
  factors: FactorKind[];
  me: Me | null;
  stepped_up_until: Time | null;
}

/** WebAuthn options as JSON; the browser parses them. */
export interface Ceremony<T> {
  ceremony: string;
  options: T;
}

export interface Session {
  id: string;
  created_at: Time;
  last_seen_at: Time;
  user_agent: string;
  current: boolean;
}

export interface Invitation {
  login: string;
  name: string;
  organisation: string;
}

export interface PasswordCheck {
  acceptable: boolean;
  score: 0 | 1 | 2 | 3 | 4;
  reasons: string[];
  suggestions: string[];
}

export interface Factor {
  id: string;
  kind: FactorKind;
  name: string;
  created_at: Time;
  last_used_at: Time | null;
  /** Unused recovery codes. */
  remaining?: number;
}

export interface TotpEnrolment {
  id: string;
  secret: string;
  uri: string;
  qr_svg: string;
}

export interface FactorAdded {
  session: SessionState;
  /** Shown once, with the first factor. */
  recovery_codes: string[] | null;
}

// Staff, teams, organisation

export type StaffState = "invited" | "active" | "disabled";

export interface Staff {
  id: string;
  login: string;
  name: string;
  state: StaffState;
  roles: string[];
  /** Team ids. */
  teams: string[];
  factors: FactorKind[];
  last_sign_in_at: Time | null;
}

export interface NewStaff {
  login: string;
  name: string;
  roles: string[];
  teams: string[];
}

export interface StaffInvited {
  staff: Staff;
  invitation_url: string;
}

export interface Colleague {
  id: string;
  name: string;
  /** Team ids. */
  teams: string[];
  online: boolean;
}

export interface OrganisationKey {
  kid: string;
  public_key: B64u;
}

export interface IdentityKey {
  kid: string;
  alg: string;
  pem: string;
}

export interface OrganisationSettings {
  typing: boolean;
  presence: boolean;
  widget_origins: string[];
  identity_keys: IdentityKey[];
}

export interface Organisation {
  name: string;
  fingerprint: string;
  keys: OrganisationKey[];
  settings: OrganisationSettings;
  widget_snippet: string;
}

// Customers

export type DataClass = "contact" | "identifiers" | "notes";

export interface CustomerSummary {
  id: string;
  name: string;
  verified: boolean;
  tags: string[];
  conversations: number;
  created_at: Time;
}

export interface Masked {
  available: true;
  /** Field name to masked value. */
  hints: Record<string, string>;
}

export interface Customer {
  id: string;
  version: number;
  name: string;
  kind: "visitor" | "identified" | "recorded";
  verified: boolean;
  tags: string[];
  /** Null: no right to this class. */
  contact: Masked | null;
  identifiers: Masked | null;
  notes: Masked | null;
  created_at: Time;
  updated_at: Time;
}

export interface NewCustomer {
  name: string;
  mail?: string;
  phone?: string;
  address?: string;
  external_id?: string;
  notes?: string;
  tags: string[];
}

/** Null clears a field, absence keeps it. */
export interface CustomerChange {
  version: number;
  name?: string;
  mail?: string | null;
  phone?: string | null;
  address?: string | null;
  external_id?: string | null;
  notes?: string | null;
  tags?: string[];
}

export type SearchKind = "mail" | "phone" | "external_id";

export interface Revealed {
  class: DataClass;
  fields: Record<string, string>;
}

export interface ImportProblem {
  line: number;
  reason: string;
}

export interface Import {
  id: string;
  state: "running" | "done" | "failed";
  rows: number;
  imported: number;
  rejected: number;
  total_bytes: number;
  read_bytes: number;
  /** The first hundred. */
  problems: ImportProblem[];
}

// Conversations

export type ConversationsView = "waiting" | "mine" | "all" | "closed";

export interface Named {
  id: string;
  name: string;
}

export interface Conversation {
  id: string;
  team: string;
  customer: { id: string; name: string; verified: boolean };
  state: "waiting" | "open" | "closed";
  assignee: Named | null;
  colleagues: Named[];
  opened_at: Time;
  waiting_since: Time | null;
  last_activity_at: Time;
  last_from: "customer" | "staff" | null;
  seq: number;
  read_seq: number;
  epoch: number;
  removal_pending: boolean;
}

export interface ConversationCounts {
  waiting: number;
  mine: number;
  all: number;
  closed: number;
  mine_unread: number;
}

// Devices

export interface Device {
  id: string;
  staff: string;
  name: string;
  user_agent: string;
  created_at: Time;
  last_seen_at: Time | null;
  statement_expires_at: Time;
  revoked_at: Time | null;
  current?: boolean;
  key_packages: number;
}

// Audit log

export interface AuditEntry {
  id: string;
  seq: number;
  at: Time;
  actor: { kind: string; id: string; name?: string };
  action: string;
  target: { kind: string; id: string } | null;
  outcome: "done" | "refused";
  details: Record<string, unknown>;
  /** SHA-256 of the canonical bytes, hex. */
  hash: string;
}

export interface AuditEntryDetail extends AuditEntry {
  canonical: B64u;
  /** Whether the hash of the canonical bytes is the stored hash. */
  intact?: boolean;
  previous_hash?: string | null;
}

export interface AuditFilter {
  actor?: string;
  action?: string;
  target?: string;
  from?: Time;
  to?: Time;
}
