import type { BlindScanView, BreachedPasswords, RiskPolicy, SignInReview, AuditEntryDetail, Colleague, Concerned, CoveredPerson, FactorCoverage, FactorWaves, Conversation, Customer, CustomerSummary, Device, Factor, Me, Organisation, Outgoing, OutgoingMail, FactorPolicies, KnownBrowser, SessionLife, SessionPolicies, PasswordPolicies, PasswordPolicy, ProvisioningOverview, DirectoryRequest, ProcedureStep, ReProofing, SecurityEvent, Staff, TextFigure, TextMessage, TextMessages } from "@wardesk/api";

/** Made-up people for looking at the screens and for tests. */
export const id = (kind: string, n: number) => `${kind}_${n.toString(16).padStart(32, "0")}`;
const MINUTE = 60_000;
export const before = (minutes: number, now = Date.now()) => new Date(now - minutes * MINUTE).toISOString();

export const TEAMS = [{ id: id("tea", 1), name: "Parcels" }, { id: id("tea", 2), name: "Returns and refunds" }];

export const EVERY_RIGHT = [
  "conversation.read", "conversation.take", "conversation.join", "conversation.assign", "conversation.close", "conversation.history", "conversation.note", "customer.read", "customer.edit", "customer.import",
  "customer.read_contact", "customer.read_identifiers", "customer.read_notes", "customer_proof.ask", "staff.read", "staff.invite", "staff.disable", "staff.verify_caller", "staff.re_proof", "staff.re_proof_waits", "roles.read", "roles.assign", "teams.read", "teams.manage", "device.revoke",
  "audit.read", "audit.export", "settings.read", "settings.change", "single_sign_on.read", "single_sign_on.change", "provisioning.read", "provisioning.change", "outgoing.read", "outgoing.test", "password_policy.read", "password_policy.change", "breached_passwords.read", "factor_policy.read", "breached_passwords.ask", "breached_passwords.blind_scan", "team_vault.use", "team_vault.manage", "team_vault.open_all", "factor_policy.change",
];

/** Whom a change concerns: so many, of whom the first are named. */
export const concerned = (total: number, what: Concerned["people"][number]["what"]): Concerned => ({
  total, people: COLLEAGUES.slice(0, Math.min(total, 3)).map(({ id: who, name }) => ({ id: who, name, what })),
});

const NIST: PasswordPolicy = { shortest: 8, shortest_alone: 15, score: 3, context_words: true, history: 0, breach_limit: 1, composition: "off", rotation_days: null };
const LEGACY: PasswordPolicy = { ...NIST, shortest: 12, history: 8, composition: "required", rotation_days: 90 };

const DAY = 1440;
export const BREACHES: BreachedPasswords = {
  corpus: { kind: "sha-1", counts: true, entries: 1_004_213_877, bytes: 8_912_000_000, made_at: before(9 * DAY), since: before(8 * DAY), trouble: false },
  passwords: 42, checked: 36, breached: 1, unseen_total: 5, unseen_reachable: 3,
  found: [
    { staff: "stf_00000000000000000000000000000024", login: "oksana", name: "Oksana Kovalenko", at: before(3 * DAY), by_scan: true, changed: false },
    { staff: "stf_00000000000000000000000000000025", login: "pedro", name: "Pedro Álvares de Almeida e Vasconcelos", at: before(30 * DAY), by_scan: false, changed: true },
  ],
  unseen: [
    { staff: "stf_00000000000000000000000000000021", login: "jonas", name: "Jonas Weber", last_sign_in_at: before(61 * DAY), checked_at: before(70 * DAY), asked_at: before(DAY), reachable: true },
    { staff: "stf_00000000000000000000000000000022", login: "li", name: "Li Na", last_sign_in_at: before(12 * DAY), checked_at: null, asked_at: null, reachable: false },
    { staff: "stf_00000000000000000000000000000023", login: "amara", name: "Amara Okafor", last_sign_in_at: before(2 * DAY), checked_at: before(20 * DAY), asked_at: null, reachable: true },
  ],
  days: Array.from({ length: 60 }, (_, n) => ({ at: before((59 - n) * DAY), passwords: 38 + Math.floor(n / 15), checked: n < 52 ? Math.min(38 + Math.floor(n / 15), 22 + Math.floor(n * 0.6)) : 8 + (n - 52) * 4, breached: n % 26 > 22 ? 1 : 0 })),
};

/** A scan that runs; and how it stands before anybody switched it on. */
export const SCAN: BlindScanView = {
  enabled: true, version: 1, possible: true, passwords: 42, indexed: 37, decision: { reason: "The branches sign in once a quarter.", by: "Wilhelmina Ö.", at: before(40 * DAY) },
  run: { started_at: before(3), finished_at: null, entries: 1_004_213_877, entries_done: 421_330_944, entries_per_second: 3_910_220, tested: 37, found: 1 },
};
export const SCAN_OFF: BlindScanView = { ...SCAN, enabled: false, version: 0, indexed: 0, decision: null, run: null };

export const POLICIES: PasswordPolicies = {
  items: [
    { role: "administrator", title: "Administrator", version: 1, policy: { ...NIST, shortest: 15 }, deviations: [], decision: null, people: 1, must_change: 0 },
    { role: "agent", title: "Agent", version: 0, policy: NIST, deviations: [], decision: null, people: 3, must_change: 0 },
    {
      role: "auditor", title: "Auditor", version: 4, policy: LEGACY, deviations: ["composition-required", "rotation"], people: 0, must_change: 0,
      decision: { reason: "The contract of our insurer asks for it until the end of next year.", by: "Ingrid Sørensen", at: before(90_000) },
    },
  ],
  presets: [
    { id: "nist", title: "NIST SP 800-63B-4, and OWASP ASVS 5 level 2", policy: NIST },
    { id: "asvs-3", title: "OWASP ASVS 5 level 3, with the length it recommends", policy: { ...NIST, shortest: 15 } },
    { id: "legacy", title: "Legacy complexity: mixed characters, changed every 90 days", policy: LEGACY },
  ],
};

export const FACTOR_POLICIES: FactorPolicies = {
  items: [
    { role: "administrator", title: "Administrator", version: 1, sign_in: "phishing-resistant", step_up: "phishing-resistant", makes: null, due_at: before(90_000), people: 1, left: [] },
    {
      role: "agent", title: "Agent", version: 0, sign_in: "any", step_up: "any", makes: null, due_at: null, people: 5,
      left: [
        { id: id("stf", 2), name: "Tomás Ferreira", factors: ["recovery", "totp"] },
        { id: id("stf", 4), name: "Wilhelmina Alexandrovna Featherstonehaugh-Montgomery of York", factors: [] },
      ],
    },
    { role: "auditor", title: "Auditor", version: 0, sign_in: "any", step_up: "any", makes: null, due_at: null, people: 0, left: [] },
  ],
  known_makes: [{ aaguid: "00000000-0000-4000-8000-000000000001", name: "Made Up Key 5C" }, { aaguid: "00000000-0000-4000-8000-000000000002", name: "Made Up Key Nano" }],
};

export const SESSION_POLICIES: SessionPolicies = {
  items: [
    { role: "administrator", title: "Administrator", version: 2, idle_minutes: 15, longest_minutes: 480, remember_days: 0, may_remember: false, deviations: [], decision: null, people: 1, sessions: 2 },
    { role: "agent", title: "Agent", version: 0, idle_minutes: 720, longest_minutes: 1440, remember_days: 0, may_remember: true, deviations: ["idle-over-an-hour"], decision: null, people: 5, sessions: 7 },
    {
      role: "auditor", title: "Auditor", version: 1, idle_minutes: 90, longest_minutes: 1440, remember_days: 7, may_remember: true, deviations: ["idle-over-an-hour", "password-alone"], people: 0, sessions: 0,
      decision: { reason: "Auditors read long reports in a locked room, and each sign-in there takes a walk to the safe with the security keys.", by: "Wilhelmina Alexandrovna Featherstonehaugh-Montgomery of York", at: before(3 * DAY) },
    },
  ],
};

export const BROWSERS: KnownBrowser[] = [
  { id: id("brw", 1), user_agent: "Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0", created_at: before(40 * DAY), used_at: before(20), remembered_until: before(-6 * DAY), network: "192.0.2.7", country: "FR", current: true },
  { id: id("brw", 2), user_agent: "Mozilla/5.0 (iPhone) Safari/605", created_at: before(90 * DAY), used_at: before(3 * DAY), remembered_until: null, network: null, country: null, current: false },
];

/** A session that ends so many seconds from now, without use and in all. */
export const life = (idle: number, all: number): SessionLife => ({ now: new Date().toISOString(), idle_until: new Date(Date.now() + idle * 1000).toISOString(), ends_at: new Date(Date.now() + all * 1000).toISOString() });

const COVERED: CoveredPerson[] = [
  { id: id("stf", 3), login: "ingrid", name: "Ingrid Sørensen", roles: ["administrator", "auditor"], factors: [], makes: [], asked: "phishing-resistant", satisfied: false, due_at: before(90_000), waves: [id("wav", 1)], reachable: true, reminded_at: before(2 * DAY), last_sign_in_at: before(97 * DAY), score: 100, reasons: ["administers", "changes-security", "no-factor", "dormant", "moves-data", "many-roles"] },
  { id: id("stf", 2), login: "tomas", name: "Tomás Ferreira", roles: ["agent"], factors: ["recovery", "totp"], makes: [], asked: "phishing-resistant", satisfied: false, due_at: before(-9 * DAY), waves: [id("wav", 2)], reachable: false, reminded_at: null, last_sign_in_at: before(190), score: 25, reasons: ["no-passkey", "sees-contacts", "shares-secrets"] },
  { id: id("stf", 4), login: "wilhelmina", name: "Wilhelmina Alexandrovna Featherstonehaugh-Montgomery of York", roles: ["agent"], factors: ["totp"], makes: [], asked: "any", satisfied: true, due_at: null, waves: [], reachable: false, reminded_at: null, last_sign_in_at: null, score: 30, reasons: ["no-passkey", "sees-contacts", "shares-secrets", "never-signed-in"] },
  { id: id("stf", 1), login: "mia", name: "Mia Okafor", roles: ["auditor"], factors: ["passkey", "recovery", "totp"], makes: [], asked: "phishing-resistant", satisfied: true, due_at: null, waves: [id("wav", 1)], reachable: true, reminded_at: null, last_sign_in_at: before(12), score: 0, reasons: [] },
];

export const REVIEWS: SignInReview[] = [
  { id: id("rev", 1), at: before(35), decision: "step-up", signals: ["new-browser", "new-network", "new-country", "impossible-travel"], by: "totp", user_agent: "Mozilla/5.0 (Windows NT 10.0) Chrome/139.0", network: "203.0.113.9", country: "NZ", answer: null, answered_at: null, current: false, can_confirm: true },
  { id: id("rev", 2), at: before(3 * DAY), decision: "refuse", signals: ["failures", "new-browser"], by: "totp", user_agent: "", network: "2001:db8:1:2::/64", country: null, answer: "not-me", answered_at: before(3 * DAY), current: false, can_confirm: true },
  { id: id("rev", 3), at: before(9 * DAY), decision: "allow", signals: ["new-browser"], by: "passkey", user_agent: "Mozilla/5.0 (X11; Linux) Firefox/141.0", network: "192.0.2.4", country: "FR", answer: "me", answered_at: before(9 * DAY), current: false, can_confirm: true },
  { id: id("rev", 4), at: before(20 * DAY), decision: "allow", signals: ["new-browser"], by: "provider", user_agent: "Mozilla/5.0 (Macintosh) Version/19 Safari/605", network: "192.0.2.4", country: "FR", answer: null, answered_at: null, current: true, can_confirm: false },
];

export const RISK_POLICY: RiskPolicy = {
  version: 3,
  locates: true,
  signals: [
    { signal: "new-browser", decision: "allow", usual: "allow", strictest: "step-up", seen: 41 },
    { signal: "new-network", decision: "allow", usual: "allow", strictest: "step-up", seen: 212 },
    { signal: "new-country", decision: "step-up", usual: "step-up", strictest: "refuse", seen: 3 },
    { signal: "impossible-travel", decision: "refuse", usual: "step-up", strictest: "refuse", seen: 1 },
    { signal: "failures", decision: "step-up", usual: "step-up", strictest: "step-up", seen: 7 },
    { signal: "breached-password", decision: "step-up", usual: "step-up", strictest: "step-up", seen: 0 },
    { signal: "fraud", decision: "refuse", usual: "refuse", strictest: "refuse", seen: 0 },
    { signal: "device-posture", decision: "step-up", usual: "step-up", strictest: "refuse", seen: 0 },
  ],
};

export const WAVES: FactorWaves = {
  items: [
    { id: id("wav", 2), version: 1, name: "Northern desk, the ones who answer customers at night and on Sundays", asks: "phishing-resistant", roles: ["agent"], people: [], starts_at: before(DAY), grace_days: 10, due_at: before(-9 * DAY), reminds: true, state: "running", ended_at: null, members: 14, left: 9, reminded_at: null },
    { id: id("wav", 1), version: 3, name: "Administrators", asks: "phishing-resistant", roles: ["administrator"], people: [{ id: id("stf", 1), name: "Mia Okafor" }], starts_at: before(20 * DAY), grace_days: 14, due_at: before(6 * DAY), reminds: true, state: "holding", ended_at: null, members: 4, left: 1, reminded_at: before(2 * DAY) },
    { id: id("wav", 3), version: 2, name: "A first try", asks: "any", roles: [], people: [{ id: id("stf", 2), name: "Tomás Ferreira" }], starts_at: before(60 * DAY), grace_days: 14, due_at: before(46 * DAY), reminds: false, state: "ended", ended_at: before(50 * DAY), members: 1, left: 0, reminded_at: null },
  ],
  proposals: [
    { tier: "security", roles: ["administrator"], members: 4, left: 1, first: [{ id: id("stf", 1), name: "Mia Okafor", score: 80, reasons: ["unusual-sign-in", "administers", "changes-security", "no-passkey"] }] },
    { tier: "rest", roles: ["agent"], members: 12, left: 7, first: [{ id: id("stf", 2), name: "Tomás Ferreira", score: 50, reasons: ["password-breached", "no-factor", "new-place", "sees-contacts"] }, { id: id("stf", 4), name: "Wilhelmina Alexandrovna Featherstonehaugh-Montgomery of York", score: 30, reasons: ["no-passkey"] }] },
  ],
};

/** The board, of whom the query asks for. */
export function coverageOf(query: URLSearchParams): FactorCoverage {
  const role = query.get("role");
  const sought = query.get("search")?.toLowerCase() ?? "";
  const figures = (people: CoveredPerson[]) => ({
    people: people.length, enrolled: people.filter((one) => one.factors.some((kind) => kind !== "recovery")).length,
    phishing_resistant: people.filter((one) => one.factors.includes("passkey")).length, satisfied: people.filter((one) => one.satisfied).length,
  });
  const of = (name: string) => COVERED.filter((one) => one.roles.includes(name));
  const items = COVERED.filter((one) => (!role || one.roles.includes(role)) && (!query.get("wave") || one.waves.includes(query.get("wave") ?? "")) && (!query.get("left") || !one.satisfied) && one.name.toLowerCase().includes(sought));
  return {
    total: figures(COVERED), items, matching: items.length,
    roles: [["administrator", "Administrator"], ["agent", "Agent"], ["auditor", "Auditor"]].map(([name = "", title = ""]) => ({ role: name, title, figures: figures(of(name)) })),
    days: [...Array.from({ length: 40 }, (_, n) => ({ at: before((40 - n) * DAY), figures: { people: 3 + Math.floor(n / 20), enrolled: 3, phishing_resistant: Math.floor(n / 30), satisfied: 3 - Math.floor(n / 15) } })), { at: before(0), figures: figures(role ? of(role) : COVERED) }],
  };
}

export const ME: Me = { id: id("stf", 1), login: "mia", name: "Mia Okafor", roles: ["administrator"], teams: TEAMS, permissions: EVERY_RIGHT };

export const COLLEAGUES: Colleague[] = [
  { id: ME.id, name: ME.name, teams: [TEAMS[0]!.id, TEAMS[1]!.id], online: true },
  { id: id("stf", 2), name: "Tomás Ferreira", teams: [TEAMS[0]!.id], online: true },
  { id: id("stf", 3), name: "Ingrid Sørensen", teams: [TEAMS[1]!.id], online: false },
  { id: id("stf", 4), name: "Wilhelmina Alexandrovna Featherstonehaugh-Montgomery of York", teams: [TEAMS[0]!.id], online: false },
];

export const STAFF: Staff[] = [
  { id: ME.id, login: "mia", name: ME.name, state: "active", roles: ["administrator", "team-lead"], teams: TEAMS.map((team) => team.id), factors: ["totp", "passkey", "recovery"], reachable: true, last_sign_in_at: before(12) },
  { id: id("stf", 2), login: "tomas", name: "Tomás Ferreira", state: "active", roles: ["agent"], teams: [TEAMS[0]!.id], factors: ["totp", "recovery"], reachable: false, last_sign_in_at: before(190) },
  { id: id("stf", 3), login: "ingrid", name: "Ingrid Sørensen", state: "active", roles: ["agent", "auditor"], teams: [TEAMS[1]!.id], factors: [], reachable: false, last_sign_in_at: before(9000) },
  { id: id("stf", 4), login: "wilhelmina.featherstonehaugh", name: COLLEAGUES[3]!.name, state: "invited", roles: ["agent"], teams: [TEAMS[0]!.id], factors: [], reachable: false, last_sign_in_at: null },
  { id: id("stf", 5), login: "bo", name: "Bo Lindqvist", state: "disabled", roles: [], teams: [], factors: ["totp"], reachable: false, last_sign_in_at: before(90_000) },
];

const NAMES = ["Jonas Krämer", "Ada Lovell", "Visitor", "Priya Raman", "Maximiliana Konstantinopoulos-Brandenburg von und zu Hohenfels", "Sam Whitfield", "李小龙", "Fatima Zahra", "Noor de Vries", "Elena Petrova", "Kwame Mensah", "Lucía Hernández"];

export const CONVERSATIONS: Conversation[] = NAMES.map((name, n) => {
  const state = n < 5 ? "waiting" : n < 10 ? "open" : "closed";
  const mine = n === 5 || n === 6 || n === 7;
  return {
    id: id("cnv", n + 1), team: TEAMS[n % 2]!.id, customer: { id: id("cus", n + 1), name, verified: n % 3 !== 2 }, state,
    assignee: state === "waiting" ? null : mine ? { id: ME.id, name: ME.name } : { id: id("stf", 2), name: "Tomás Ferreira" },
    colleagues: n === 5 ? [{ id: id("stf", 3), name: "Ingrid Sørensen" }] : [],
    opened_at: before(200 + n), waiting_since: state === "closed" || n === 6 ? null : before(2 + n * 7), last_activity_at: before(2 + n * 7), last_from: n === 6 ? "staff" : "customer", closed_at: state === "closed" ? before(2 + n * 7) : null,
    seq: 12, read_seq: n === 5 || n === 1 || n === 0 ? 9 : 12, epoch: 2, removal_pending: false,
  };
});

/** The nth of very many that wait. */
export const waiting = (n: number): Conversation => ({ ...CONVERSATIONS[n % 5]!, id: id("cnv", 1000 + n), customer: { id: id("cus", 1000 + n), name: `${NAMES[n % NAMES.length]} ${n + 1}`, verified: n % 3 !== 2 }, opened_at: before(90_000 - n), waiting_since: before(90_000 - n), last_activity_at: before(90_000 - n) });

export const CUSTOMERS: CustomerSummary[] = NAMES.map((name, n) => ({ id: id("cus", n + 1), name, verified: n % 3 !== 2, tags: n % 4 === 0 ? ["vip", "north"] : n % 3 === 0 ? ["fragile"] : [], conversations: (n * 7) % 5, created_at: before(3000 * (n + 1)) }));

export function customer(summary: CustomerSummary): Customer {
  return {
    id: summary.id, version: 3, name: summary.name, kind: summary.verified ? "identified" : "visitor", verified: summary.verified, verified_at: summary.verified ? before(2) : null, conversations: CONVERSATIONS.filter((one) => one.customer.id === summary.id).length, tags: summary.tags,
    contact: { hints: { mail: "jo•••@•••.de", phone: "+49 ••• ••17", address: "••• Hamburg" } }, identifiers: { hints: { external_id: "C-•••7" } }, notes: { hints: { notes: "•••" } },
    created_at: summary.created_at, updated_at: before(500),
  };
}

export const CLEAR: Record<string, Record<string, string>> = {
  contact: { mail: "jonas.kraemer@example.de", phone: "+49 40 5550117", address: "Deichstraße 12, 20459 Hamburg" }, identifiers: { external_id: "C-10047" }, notes: { notes: "Prefers to be called after 17:00." },
};

export const DEVICES: Device[] = [
  { id: id("dev", 1), staff: ME.id, name: "Firefox on Linux", user_agent: "Firefox", created_at: before(9000), last_seen_at: before(1), statement_expires_at: before(-9000), revoked_at: null, key_packages: 40 },
  { id: id("dev", 2), staff: ME.id, name: "Chrome on Android", user_agent: "Chrome", created_at: before(40_000), last_seen_at: before(800), statement_expires_at: before(-2000), revoked_at: null, key_packages: 4 },
  { id: id("dev", 3), staff: id("stf", 2), name: "Edge on Windows", user_agent: "Edge", created_at: before(60_000), last_seen_at: before(22_000), statement_expires_at: before(9000), revoked_at: null, key_packages: 12 },
  { id: id("dev", 4), staff: id("stf", 5), name: "Safari on Mac", user_agent: "Safari", created_at: before(99_000), last_seen_at: before(95_000), statement_expires_at: before(90_000), revoked_at: before(90_000), key_packages: 0 },
];

export const FACTORS: Factor[] = [
  { id: id("fac", 1), kind: "totp", name: "Authenticator app", created_at: before(90_000), last_used_at: before(12), remaining: null, disabled_at: null, kept: null, strength: "any", make: null, counts: true, number: null, held_until: null },
  { id: id("fac", 2), kind: "passkey", name: "Laptop fingerprint", created_at: before(50_000), last_used_at: before(3000), remaining: null, disabled_at: null, kept: "synced", strength: "phishing-resistant", make: null, counts: true, number: null, held_until: null },
  { id: id("fac", 4), kind: "sms", name: "Text message", created_at: before(60), last_used_at: before(60), remaining: null, disabled_at: null, kept: null, strength: "any", make: null, counts: true, number: "+49 … 89", held_until: before(-1380) },
  { id: id("fac", 3), kind: "recovery", name: "", created_at: before(90_000), last_used_at: null, remaining: 3, disabled_at: null, kept: null, strength: "any", make: null, counts: true, number: null, held_until: null },
];

const CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36";

export const HISTORY: SecurityEvent[] = [
  { id: id("aud", 1), at: before(2), action: "session.started", refused: false, own: true, kind: "full", by: "totp", user_agent: CHROME, network: "192.0.2.17" },
  { id: id("aud", 2), at: before(3), action: "session.started", refused: false, own: true, kind: "pending", by: "password", user_agent: CHROME, network: "192.0.2.17" },
  { id: id("aud", 3), at: before(65), action: "session.password", refused: true, own: false, kind: null, by: null, user_agent: "curl/8.5.0", network: "2001:db8:4:1::/64" },
  { id: id("aud", 4), at: before(3000), action: "factor.added", refused: false, own: true, kind: "passkey", by: null, user_agent: null, network: null },
];

export const ORGANISATION: Organisation = {
  name: "Northwind Parcels", fingerprint: "3F9A 11C0 77DE 42B8 90AC 5E21 D4F6 0B83 6C1D A97E", keys: [{ kid: "a1b2c3", public_key: "AAAA", from: before(90_000), signed_by_previous: null }],
  settings: { typing: true, presence: true, reply_time: "an hour", widget_team: null, security_contact: "security@northwind.example", widget_origins: ["https://shop.northwind.example"], identity_keys: [{ kid: "shop-2026", alg: "ES256", pem: "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----" }] },
  widget_snippet: '<script type="module" src="https://desk.northwind.example/widget/loader.js" data-team="tea_00000000000000000000000000000001"></script>',
};

const mailOf = (n: number, kind: string, state: OutgoingMail["state"], more: Partial<OutgoingMail> = {}): OutgoingMail => ({
  id: id("mai", n), kind, state, at: before(n * 37), attempts: 1, next_at: null, ended_at: before(n * 37 - 1), trouble: null, reply: null, stands_for: 0, ...more,
});

export const OUTGOING: Outgoing = {
  server: { address: "smtp.northwind.example:587", security: "starttls", from: "wardesk@northwind.example" },
  summary: { waiting: 1, delivered: 3, failed: 1, dropped: 0, not_sent: 0 },
  items: [
    mailOf(1, "device-enrolled", "waiting", { attempts: 3, next_at: before(-4), ended_at: null, trouble: "unreachable" }),
    mailOf(2, "staff-disabled", "delivered"),
    mailOf(3, "recovery-code-used", "failed", { trouble: "refused", reply: 550 }),
    mailOf(4, "more-notices", "delivered", { stands_for: 12 }),
    mailOf(5, "test", "delivered"),
  ],
  next: null,
};

const hourBefore = (hours: number) => new Date((Math.floor(Date.now() / 3_600_000) - hours) * 3_600_000).toISOString();

const figureOf = (driver: string, hours: number, taken: number, more: Partial<TextFigure> = {}): TextFigure => ({
  driver, hour: hourBefore(hours), taken, failed: 0, delivered: driver === "gateway" ? 0 : taken, undelivered: 0, late: 0, cost: taken * 80, ...more,
});

const textOf = (n: number, state: TextMessage["state"], more: Partial<TextMessage> = {}): TextMessage => ({
  id: id("sms", n), kind: "test", country: "49", state, at: before(n * 23), attempts: 1, trouble: null, driver: "carrier", sent_at: before(n * 23), receipt_at: null, used: false, ...more,
});

export const TEXTS: TextMessages = {
  spend: { currency: "EUR", cost: 80, hour: 4960, hour_limit: 5000, day: 14_880, day_limit: 25_000, customers_hour: 1520, customers_hour_limit: 2500, customers_day: 4400, customers_day_limit: 12_500, countries: ["49", "43", "41"], except: ["4369"] },
  drivers: [
    { name: "carrier", kind: "smpp", has_receipts: true, failures: 3, rests_until: before(-1), last_good_at: before(40), last_bad_at: before(1), trouble: "unreachable" },
    { name: "gateway", kind: "http", has_receipts: false, failures: 0, rests_until: null, last_good_at: before(2), last_bad_at: null, trouble: null },
  ],
  figures: [
    ...Array.from({ length: 40 }, (_, at) => figureOf("carrier", 44 - at, (at * 7) % 31)),
    figureOf("carrier", 1, 12, { delivered: 5, undelivered: 2, late: 3, failed: 4 }), figureOf("carrier", 0, 0, { failed: 9 }), figureOf("gateway", 0, 62),
  ],
  alarms: [
    { at: before(30), kind: "spent-hour", country: null, stopped: "customers", stopped_until: null, numbers: null, messages: null, used: null, spent: 2480 },
    { at: before(3000), kind: "pumped-block", country: "43", stopped: "block-of-staff", stopped_until: before(2940), numbers: 6, messages: 8, used: 0, spent: null },
  ],
  items: [
    textOf(1, "waiting", { driver: null, sent_at: null, attempts: 2, trouble: "all-rest" }), textOf(2, "sent", { driver: "gateway" }), textOf(3, "delivered", { receipt_at: before(68) }),
    textOf(4, "refused", { country: "33", driver: null, sent_at: null, attempts: 0, trouble: "country" }), textOf(5, "failed", { driver: null, sent_at: null, attempts: 4, trouble: "refused" }),
  ],
  next: null,
};

export const NO_TEXTS: TextMessages = { spend: null, drivers: [], figures: [], alarms: [], items: [], next: null };

export const NO_MAIL: Outgoing = { server: null, summary: { waiting: 0, delivered: 0, failed: 0, dropped: 0, not_sent: 0 }, items: [], next: null };

const ACTIONS = ["customer.revealed", "session.started", "conversation.taken", "staff.invited", "device.enrolled", "factor.added", "conversation.closed", "roles.changed"];

export const AUDIT: AuditEntryDetail[] = Array.from({ length: 24 }, (_, n) => ({
  id: id("aud", 100 - n), seq: 100 - n, at: before(3 + n * n * 4), actor: n % 5 === 4 ? { kind: "system", id: "jobs" } : { kind: "staff", id: id("stf", (n % 3) + 1) }, action: ACTIONS[n % ACTIONS.length]!,
  target: n % 6 === 5 ? null : { kind: "cus", id: id("cus", n + 1) }, outcome: n % 7 === 3 ? "refused" : "done", details: n % ACTIONS.length === 0 ? { class: "contact", reason: "Address for the parcel" } : {},
  hash: "9f2c4a7be0d1".repeat(6).slice(0, 64), canonical: "d2FyZGVzay1hdWRpdC12MQABAmF1ZF8xMjM", intact: true,
}));

export const PROVISIONING: ProvisioningOverview = {
  settings: { enabled: true, switches_off_privileged: false, external_id_is_subject: false, groups: [{ group: "Service desk", role: "agent", team: null }] },
  version: 2, base_url: "https://desk.example.org/scim/v2", people: 41, most_tokens: 3,
  groups: [{ name: "Service desk", members: 34 }, { name: "Night shift", members: 6 }], roles: [{ name: "agent", title: "Agent" }],
  tokens: [
    { id: id("dtk", 2), name: "Entra ID, next", created_at: before(30), expires_at: before(-179 * DAY), last_used_at: null },
    { id: id("dtk", 1), name: "Entra ID", created_at: before(170 * DAY), expires_at: before(-10 * DAY), last_used_at: before(2) },
  ],
};
export const NO_PROVISIONING: ProvisioningOverview = { ...PROVISIONING, settings: { enabled: false, switches_off_privileged: false, external_id_is_subject: false, groups: [] }, version: 0, people: 0, groups: [], tokens: [] };
export const WAITING_PEOPLE = [{ id: id("stf", 41), login: "grace@example.org", name: "Grace Hopper" }, { id: id("stf", 42), login: "wilhelmina.featherstonehaugh-montgomery@example.org", name: "Wilhelmina Alexandrovna Featherstonehaugh-Montgomery of York" }];
export const DIRECTORY_REQUESTS: DirectoryRequest[] = [
  { id: id("req", 4), at: before(2), token: "Entra ID", method: "PATCH", resource: "User", target: id("stf", 7), status: 200, what: "switched off" },
  { id: id("req", 3), at: before(4), token: "Entra ID", method: "PATCH", resource: "User", target: id("stf", 1), status: 403, what: "This person has administrative rights, and the directory is not allowed to switch such people off. An administrator does it in Wardesk, or allows it on the provisioning screen." },
  { id: id("req", 2), at: before(40), token: "Entra ID", method: "PATCH", resource: "Group", target: id("dgr", 1), status: 200, what: "2 came or went" },
  { id: id("req", 1), at: before(41), token: "Entra ID", method: "POST", resource: "User", target: id("stf", 41), status: 201, what: "brought" },
];

export const SINGLE_SIGN_ON = {
  settings: {
    enabled: true, name: "Example", issuer: "https://id.example.org", client_id: "wardesk", scopes: ["profile", "groups"], second_factor_acr: [], second_factor_amr: ["mfa", "hwk"], phishing_resistant_acr: ["phr"], phishing_resistant_amr: [],
    groups_claim: "groups", create: false, groups: [{ group: "Service desk", role: "agent", team: null }, { group: "IT", role: "administrator", team: null }],
  },
  has_secret: true, version: 3, redirect_uri: "https://desk.example.org/console/",
};

export const TRIAL = {
  usable: false,
  findings: [
    { level: "good", text: "The provider calls itself https://id.example.org." },
    { level: "warning", text: "It does not list the scope “groups”." },
    { level: "problem", text: "It does not know PKCE with S256. Switch it on at the provider." },
  ],
};

/** Two questions are enough to walk through; the server has more. */
export const PROCEDURE: ProcedureStep[] = [
  { step: "call-back", question: "Does the person answer on the number on file?", why: "Anybody can call you.", choices: [{ choice: "reached", label: "Yes, I reached the person", stops: false }, { choice: "refused", label: "The caller did not want to be called back", stops: true }] },
  { step: "first-fact", question: "Does a colleague confirm the first answer?", why: "It stands in no profile.", choices: [{ choice: "right", label: "Answered and confirmed", stops: false }, { choice: "not-asked", label: "Not asked", stops: false }] },
  { step: "second-fact", question: "Does a colleague confirm the second answer?", why: "One may be luck.", choices: [{ choice: "right", label: "Answered and confirmed", stops: false }, { choice: "not-asked", label: "Not asked", stops: false }] },
];

const reProofing = (n: number, change: Partial<ReProofing>): ReProofing => ({
  id: id("rep", n), staff: { id: id("stf", 2), name: "Tomás Ferreira" }, state: "requested", requested_at: before(30), requested_by: null, verified_by: null, verified_at: null, answers: [],
  approved_by: [], approvals_needed: 1, ready_at: null, expires_at: before(-9000), closed_at: null, closed_by: null, reason: null, cannot_approve: null, ...change,
});

export const RE_PROOFINGS: ReProofing[] = [
  reProofing(4, { cannot_approve: "First somebody else runs the procedure that finds out whether it is the person." }),
  reProofing(3, { staff: { id: id("stf", 3), name: "Ingrid Sørensen" }, verified_by: { id: id("stf", 2), name: "Tomás Ferreira" }, verified_at: before(20), answers: PROCEDURE.map((step) => ({ step: step.step, choice: step.choices[0]!.choice })) }),
  reProofing(2, { staff: { id: id("stf", 4), name: COLLEAGUES[3]!.name }, state: "waiting", verified_by: { id: id("stf", 2), name: "Tomás Ferreira" }, approved_by: [{ id: ME.id, name: ME.name }], ready_at: before(-900), cannot_approve: "This case does not wait for an approval any more." }),
  reProofing(1, { state: "refused", reason: "stopped", closed_by: { id: ME.id, name: ME.name }, closed_at: before(5000), cannot_approve: "This case does not wait for an approval any more." }),
];

/** Ranges of breached passwords; "hunter2" is in one. */
export const BREACH_RANGES: { [prefix: string]: { suffix: string; count: number }[] } = { "F3BBB": [{ suffix: "00000000000000000000000000000000000", count: 0 }, { suffix: "D66A63D4BF1747940578EC3D0103530E21D", count: 17 }] };
