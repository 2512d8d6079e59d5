import { delay, getResponse, http, HttpResponse, type HttpHandler } from "msw";
import type { BlindScanView, Conversation, Customer, OwnMailAddress, PasswordPolicy, ProofChannel, SessionState, SignInAnswer, StaffProof, ThoughtSessionPolicy } from "@wardesk/api";
import * as data from "./data";
import { type ProofScene, asked, proofOf } from "./proofs";

/** A server in memory that speaks the interface; tests change `world` and put their own handlers in front. */
export interface World {
  session: SessionState;
  conversations: Conversation[];
  customers: Map<string, Customer>;
  audit: typeof data.AUDIT;
  mail: OwnMailAddress;
  /** How proofs stand in every conversation, and in those where somebody asked since. */
  proof: ProofScene;
  proofs: Map<string, StaffProof>;
  empty: boolean;
  /** Whether acts ask for a factor first. */
  fresh: boolean;
  /** Requests seen: `POST /api/v1/session/password`. */
  seen: { line: string; body: unknown }[];
  front: HttpHandler[];
  slow: boolean;
  /** Whether passwords are tested without sign-in, and how far that is. */
  scan: BlindScanView;
  /** Whether there are unusual sign-ins of one's own. */
  asked: boolean;
  /** So many waiting conversations, a page at a time. */
  many: number;
}

export function world(change: Partial<World> = {}): World {
  return {
    session: { state: "signed-in", factors: ["totp", "passkey"], disabled: [], change: null, me: data.ME, stepped_up_until: null, life: null, remember_days: 0, enrolment_due: null },
    conversations: data.CONVERSATIONS.map((one) => ({ ...one })), customers: new Map(data.CUSTOMERS.map((one) => [one.id, data.customer(one)])),
    audit: data.AUDIT, mail: { address: null, proved_at: null, claimed: null, code_until: null, available: true }, proof: "none", proofs: new Map(), empty: false, fresh: true, seen: [], front: [], slow: false, scan: data.SCAN_OFF, asked: false, many: 0, ...change,
  };
}

export function problem(status: number, code: string, more: object = {}) {
  return HttpResponse.json({ type: `https://wardesk.dev/problems/${code}`, title: code, status, code, request_id: "req_7", ...more }, { status, headers: { "content-type": "application/problem+json" } });
}

export function fetchOf(world: World): typeof fetch {
  return async (input, init) => {
    const request = new Request(new URL(String(input), "http://desk.test"), { ...init, signal: null, credentials: "omit" });
    const type = request.headers.get("content-type");
    world.seen.push({ line: `${request.method} ${new URL(request.url).pathname}`, body: type === "application/json" && request.method !== "GET" ? await request.clone().json().catch(() => null) : null });
    if (world.slow) await delay(1e9);
    return (await getResponse([...world.front, ...handlers(world)], request)) ?? problem(404, "not-found");
  };
}

const SIGNED_OUT: SessionState = { state: "signed-out", factors: [], disabled: [], change: null, me: null, stepped_up_until: null, life: null, remember_days: 0, enrolment_due: null };
const V1 = "*/api/v1";
const list = (items: unknown[]) => HttpResponse.json({ items, next: null });

function handlers(world: World): HttpHandler[] {
  const some = <T,>(items: T[]) => (world.empty ? [] : items);
  const guarded = (answer: () => Response) => (world.fresh ? answer() : problem(403, "step-up-required"));
  const signedIn = (): SessionState => ({ state: "signed-in", factors: ["totp"], disabled: [], change: null, me: data.ME, stepped_up_until: null, life: null, remember_days: 0, enrolment_due: null });
  const enter = (session: SessionState) => ((world.session = session), HttpResponse.json(session));
  const find = (id: unknown) => world.conversations.find((one) => one.id === id);
  const proofIn = (id: unknown) => world.proofs.get(String(id)) ?? proofOf(find(id)?.state === "open" ? world.proof : "none", find(id)?.assignee?.id === data.ME.id && find(id)?.state === "open");
  const inView = (view: string | null) =>
    some(world.conversations).filter((one) => (view === "closed" ? one.state === "closed" : view === "waiting" ? one.state === "waiting" : view === "mine" ? one.assignee?.id === data.ME.id && one.state === "open" : one.state !== "closed"));
  return [
    http.get(`${V1}/session`, () => HttpResponse.json(world.session)),
    http.post(`${V1}/session/password`, () => enter({ state: "second-factor", factors: ["totp", "passkey", "recovery"], disabled: [], change: null, me: null, stepped_up_until: null, life: null, remember_days: 0, enrolment_due: null })),
    http.post(`${V1}/session/totp`, () => enter(signedIn())),
    http.post(`${V1}/session/recovery-code`, () => enter(signedIn())),
    http.delete(`${V1}/session`, () => ((world.session = SIGNED_OUT), new HttpResponse(null, { status: 204 }))),
    http.get(`${V1}/sessions`, () => list([{ id: "ses_1", created_at: data.before(600), last_seen_at: data.before(0), user_agent: "Mozilla/5.0 (X11; Linux) Firefox/140", network: "192.0.2.17", country: "NL", current: true }, { id: "ses_2", created_at: data.before(6000), last_seen_at: data.before(300), user_agent: "Mozilla/5.0 (iPhone) Safari/605", network: "2001:db8:7:1::/64", country: null, current: false }])),
    http.delete(`${V1}/sessions`, () => guarded(() => HttpResponse.json({ sessions: 1 }))),
    http.post(`${V1}/step-up/totp`, () => ((world.fresh = true), HttpResponse.json(world.session))),
    http.post(`${V1}/invitations/open`, async ({ request }) => ((await request.json()) as { token: string }).token === "early" ? problem(409, "conflict", { retry_after: 172_000 }) : HttpResponse.json({ login: "mia", name: "Mia Okafor", organisation: data.ORGANISATION.name })),
    http.post(`${V1}/invitations/accept`, () => enter({ state: "enrol", factors: [], disabled: [], change: null, me: data.ME, stepped_up_until: null, life: null, remember_days: 0, enrolment_due: null })),
    http.post(`${V1}/password/rules`, () => HttpResponse.json({ shortest: 15, mixed: false })),
    http.post(`${V1}/password/check`, async ({ request }) => {
      const { password } = (await request.json()) as { password: string };
      if (password.length < 15) return HttpResponse.json({ acceptable: false, score: 1, lasts: "minutes", weakness: "A part of it is a common word or name.", reasons: ["It is shorter than 15 characters."], suggestions: ["Put a few unrelated words in a row."] });
      return HttpResponse.json({ acceptable: true, score: 4, lasts: "centuries", weakness: null, reasons: [], suggestions: [] });
    }),
    http.get(`${V1}/factors`, () => HttpResponse.json({ items: data.FACTORS, password_disabled_at: null, text_messages: "open" })),
    http.get(`${V1}/mail-address`, () => HttpResponse.json(world.mail)),
    http.put(`${V1}/mail-address`, async ({ request }) => {
      const { address } = (await request.json()) as { address: string };
      return guarded(() => ((world.mail = { ...world.mail, claimed: address, code_until: data.before(-600) }), new HttpResponse(null, { status: 202 })));
    }),
    http.post(`${V1}/mail-address/prove`, async ({ request }) => {
      const { code } = (await request.json()) as { code: string };
      if (code !== "123456") return problem(422, "invalid-fields", { fields: [{ field: "code", message: "This code is not right, too old, or was tried too often." }] });
      world.mail = { ...world.mail, address: world.mail.claimed, proved_at: data.before(0), claimed: null, code_until: null };
      return new HttpResponse(null, { status: 204 });
    }),
    http.delete(`${V1}/mail-address`, () => guarded(() => ((world.mail = { ...world.mail, address: null, proved_at: null }), new HttpResponse(null, { status: 204 })))),
    http.put(`${V1}/password`, async ({ request }) => {
      const { present } = (await request.json()) as { present: string };
      return guarded(() => (present === "wrong" ? problem(422, "invalid-fields", { fields: [{ field: "present", message: "This is not your present password." }] }) : HttpResponse.json(world.session)));
    }),
    http.get(`${V1}/session/reviews`, () => HttpResponse.json({ items: world.empty || !world.asked ? [] : data.REVIEWS })),
    http.put(`${V1}/session/reviews/:id`, async ({ request }) => {
      const { answer } = (await request.json()) as SignInAnswer;
      if (answer === "not-me") world.session = SIGNED_OUT;
      return new HttpResponse(null, { status: 204 });
    }),
    http.get(`${V1}/sign-in-risk`, () => HttpResponse.json({ ...data.RISK_POLICY, locates: !world.empty })),
    http.put(`${V1}/sign-in-risk`, () => guarded(() => HttpResponse.json(data.RISK_POLICY))),
    http.get(`${V1}/session/history`, () => HttpResponse.json({ items: data.HISTORY, next: null })),
    http.get(`${V1}/session/re-proofing`, () => HttpResponse.json({ case: null, wait_hours: 24 })),
    http.get(`${V1}/re-proofings`, () => list(some(data.RE_PROOFINGS))),
    http.get(`${V1}/re-proofing-procedure`, () => HttpResponse.json({ items: data.PROCEDURE })),
    http.get(`${V1}/re-proofing-waits`, () => HttpResponse.json({ ordinary_hours: 24, administrative_hours: 48, version: 1 })),
    http.patch(`${V1}/factors/:id`, () => guarded(() => new HttpResponse(null, { status: 204 }))),
    http.delete(`${V1}/factors/:id`, () => guarded(() => new HttpResponse(null, { status: 204 }))),
    http.post(`${V1}/factors/totp`, () => HttpResponse.json({ id: "fac_9", secret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", uri: "otpauth://totp/x", qr_svg: QR })),
    http.post(`${V1}/factors/totp/confirm`, () => {
      world.session = signedIn();
      return HttpResponse.json({ session: world.session, recovery_codes: ["k4fd-92mx", "p7qa-h3wt", "9xcv-b2ne", "t6yu-m8ks", "w3er-d5gh", "z1lo-j4vp", "c8ib-q7nr", "f2ax-s9eu", "h5to-y6md", "v9ke-g3wl"] });
    }),
    http.post(`${V1}/factors/sms`, () => HttpResponse.json({ id: "fac_8", sent: sentTo() })),
    http.post(`${V1}/factors/sms/confirm`, () => HttpResponse.json({ session: signedIn(), recovery_codes: null })),
    http.post(`${V1}/session/sms/send`, () => HttpResponse.json(sentTo())),
    http.post(`${V1}/session/sms`, () => enter(signedIn())),
    http.post(`${V1}/factors/recovery-codes`, () => guarded(() => HttpResponse.json({ codes: ["aaaa-1111", "bbbb-2222"] }))),
    http.get(`${V1}/staff`, () => list(some(data.STAFF))),
    http.post(`${V1}/staff`, () => guarded(() => HttpResponse.json({ staff: data.STAFF[3], invitation_url: "/console/#/welcome/Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyMTI", works_from: null }))),
    http.post(`${V1}/staff/:id/enable`, () => guarded(() => HttpResponse.json({ staff: data.STAFF[3], invitation_url: "/console/#/welcome/Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyMTI", works_from: data.before(-2880) }))),
    http.delete(`${V1}/staff/:id/browsers/:browser`, () => guarded(() => HttpResponse.json({ sessions: 1 }))),
    http.get(`${V1}/staff/:id/browsers`, () => HttpResponse.json({ items: some(data.BROWSERS).map((one) => ({ ...one, current: false })) })),
    http.post(`${V1}/staff/sign-out`, () => guarded(() => HttpResponse.json({ people: 5, sessions: 9 }))),
    http.post(`${V1}/staff/:id/sign-out`, () => guarded(() => HttpResponse.json({ sessions: 2 }))),
    http.post(`${V1}/staff/:id/disable`, () => guarded(() => HttpResponse.json({ ...data.STAFF[1], state: "disabled" }))),
    http.get(`${V1}/teams`, () => list(data.TEAMS)),
    http.get(`${V1}/colleagues`, () => list(data.COLLEAGUES)),
    http.get(`${V1}/organisation`, () => HttpResponse.json(data.ORGANISATION)),
    http.get(`${V1}/customers`, () => list(some(data.CUSTOMERS))),
    http.post(`${V1}/customers/search`, () => list(data.CUSTOMERS.slice(0, 1))),
    http.post(`${V1}/customers/imports`, () => HttpResponse.json(importOf("running"), { status: 202 })),
    http.get(`${V1}/customers/imports/:id`, () => HttpResponse.json(importOf("done"))),
    http.get(`${V1}/customers/:id`, ({ params }) => (world.customers.has(String(params.id)) ? HttpResponse.json({ ...world.customers.get(String(params.id)), ...(world.empty ? { conversations: 0 } : {}) }) : problem(404, "not-found"))),
    http.get(`${V1}/customers/:id/conversations`, ({ params }) => list(some(world.conversations).filter((one) => one.customer.id === params.id))),
    http.patch(`${V1}/customers/:id`, () => problem(409, "stale-version")),
    http.post(`${V1}/customers/:id/reveal`, async ({ request }) => {
      const { class: name } = (await request.json()) as { class: string };
      return HttpResponse.json({ class: name, fields: data.CLEAR[name] });
    }),
    http.get(`${V1}/conversations/counts`, () => HttpResponse.json({ waiting: inView("waiting").length, mine: inView("mine").length, all: inView("all").length, closed: inView("closed").length, mine_unread: world.empty ? 0 : 1 })),
    http.get(`${V1}/conversations`, ({ request }) => {
      const wanted = new URL(request.url).searchParams;
      if (world.many === 0) return list(inView(wanted.get("view")));
      const from = Number(wanted.get("after") ?? 0);
      const until = Math.min(world.many, from + 50);
      return HttpResponse.json({ items: Array.from({ length: until - from }, (_, n) => data.waiting(from + n)), next: until < world.many ? String(until) : null });
    }),
    http.get(`${V1}/conversations/:id`, ({ params }) => (find(params.id) ? HttpResponse.json(find(params.id)) : problem(404, "not-found"))),
    http.get(`${V1}/conversations/:id/proof`, ({ params }) => HttpResponse.json(proofIn(params.id))),
    http.post(`${V1}/conversations/:id/proof-requests`, async ({ params, request }) => {
      const { channel } = (await request.json()) as { channel: ProofChannel };
      world.proofs.set(String(params.id), asked(proofIn(params.id), channel));
      return HttpResponse.json(proofIn(params.id), { status: 201 });
    }),
    http.post(`${V1}/conversations/:id/:act`, ({ params }) => {
      const one = find(params.id);
      if (!one) return problem(404, "not-found");
      one.state = params.act === "close" ? "closed" : params.act === "reopen" ? "open" : "waiting";
      return HttpResponse.json(one);
    }),
    http.get(`${V1}/devices`, ({ request }) => list(some(data.DEVICES.filter((one) => [null, one.staff].includes(new URL(request.url).searchParams.get("staff")))))),
    http.delete(`${V1}/devices/:id`, () => guarded(() => new HttpResponse(null, { status: 204 }))),
    http.get(`${V1}/breached-passwords`, () => HttpResponse.json(world.empty ? { ...data.BREACHES, corpus: null, unseen: [], unseen_total: 0, unseen_reachable: 0, found: [], days: [] } : data.BREACHES)),
    http.get(`${V1}/breached-passwords/range/:prefix`, ({ params }) => (world.empty ? problem(404, "not-found") : HttpResponse.json({ items: data.BREACH_RANGES[String(params["prefix"])] ?? [] }))),
    http.get(`${V1}/breached-passwords/scan`, () => HttpResponse.json(world.empty ? { ...world.scan, possible: false } : world.scan)),
    http.put(`${V1}/breached-passwords/scan`, () => guarded(() => HttpResponse.json((world.scan = world.scan.enabled ? data.SCAN_OFF : { ...data.SCAN, run: null })))),
    http.post(`${V1}/breached-passwords/ask`, () => HttpResponse.json({ people: 1 })),
    http.get(`${V1}/factor-coverage`, ({ request }) => HttpResponse.json(data.coverageOf(new URL(request.url).searchParams))),
    http.get(`${V1}/factor-waves`, () => HttpResponse.json(world.empty ? { items: [], proposals: data.WAVES.proposals } : data.WAVES)),
    http.post(`${V1}/factor-waves`, () => guarded(() => HttpResponse.json(data.WAVES.items[0], { status: 201 }))),
    http.post(`${V1}/factor-waves/preview`, () => HttpResponse.json({ members: 12, left: 7, yourself: false, concerned: data.concerned(7, "must-enrol") })),
    http.put(`${V1}/factor-waves/:id`, () => guarded(() => HttpResponse.json(data.WAVES.items[0]))),
    http.post(`${V1}/factor-waves/:id/end`, () => guarded(() => HttpResponse.json(data.WAVES.items[2]))),
    http.get(`${V1}/factor-policies`, () => HttpResponse.json(data.FACTOR_POLICIES)),
    http.post(`${V1}/factor-policies/:role/preview`, ({ params }) => {
      const one = data.FACTOR_POLICIES.items.find((item) => item.role === params["role"]);
      const left = one?.left.map(({ id, name }) => ({ id, name, what: "must-enrol" })) ?? [];
      return HttpResponse.json({ people: one?.people ?? 0, left: left.length, concerned: { total: left.length, people: left } });
    }),
    http.put(`${V1}/factor-policies/:role`, () => guarded(() => HttpResponse.json(data.FACTOR_POLICIES.items[1]))),
    http.get(`${V1}/browsers`, () => HttpResponse.json({ items: some(data.BROWSERS) })),
    http.delete(`${V1}/browsers`, () => guarded(() => new HttpResponse(null, { status: 204 }))),
    http.delete(`${V1}/browsers/:id`, () => guarded(() => new HttpResponse(null, { status: 204 }))),
    http.get(`${V1}/session-policies`, () => HttpResponse.json(data.SESSION_POLICIES)),
    http.post(`${V1}/session-policies/:role/preview`, async ({ request }) => {
      const { idle_minutes, remember_days } = (await request.json()) as ThoughtSessionPolicy;
      return HttpResponse.json({ people: 5, sessions: 7, ending: idle_minutes < 60 ? 3 : 0, concerned: data.concerned(idle_minutes < 60 ? 3 : 0, "signed-out"), deviations: [idle_minutes > 60 && "idle-over-an-hour", remember_days > 0 && "password-alone"].filter(Boolean) });
    }),
    http.put(`${V1}/session-policies/:role`, () => guarded(() => HttpResponse.json(data.SESSION_POLICIES.items[1]))),
    http.get(`${V1}/password-policies`, () => HttpResponse.json(data.POLICIES)),
    http.post(`${V1}/password-policies/:role/preview`, async ({ request }) => {
      const { policy } = (await request.json()) as { policy: PasswordPolicy };
      const deviations = [policy.shortest < 8 && "shorter-than-nist", (policy.shortest_alone ?? 15) < 15 && "shorter-alone-than-nist", !policy.context_words && "no-context-words", policy.composition === "required" && "composition-required", policy.rotation_days !== null && "rotation"].filter(Boolean);
      return HttpResponse.json({ people: 3, must_change: policy.shortest > 8 ? 1 : 0, concerned: data.concerned(policy.shortest > 8 ? 1 : 0, "must-change-password"), deviations });
    }),
    http.put(`${V1}/password-policies/:role`, () => guarded(() => HttpResponse.json(data.POLICIES.items[1]))),
    http.get(`${V1}/session/provider`, () => HttpResponse.json({ name: world.empty ? null : data.SINGLE_SIGN_ON.settings.name })),
    http.get(`${V1}/provider-account`, () => HttpResponse.json({ provider: world.empty ? null : data.SINGLE_SIGN_ON.settings.name, bound_at: null, last_used_at: null })),
    http.delete(`${V1}/provider-account`, () => guarded(() => new HttpResponse(null, { status: 204 }))),
    http.get(`${V1}/single-sign-on`, () => HttpResponse.json(world.empty ? { ...data.SINGLE_SIGN_ON, settings: null, has_secret: false, version: 0 } : data.SINGLE_SIGN_ON)),
    http.put(`${V1}/single-sign-on`, async ({ request }) => {
      const { settings } = (await request.json()) as { settings: typeof data.SINGLE_SIGN_ON.settings };
      return guarded(() => HttpResponse.json({ ...data.SINGLE_SIGN_ON, settings, version: data.SINGLE_SIGN_ON.version + 1 }));
    }),
    http.post(`${V1}/single-sign-on/try`, () => guarded(() => HttpResponse.json(data.TRIAL))),
    http.get(`${V1}/provisioning`, () => HttpResponse.json(world.empty ? data.NO_PROVISIONING : data.PROVISIONING)),
    http.put(`${V1}/provisioning`, async ({ request }) => {
      const { settings } = (await request.json()) as { settings: typeof data.PROVISIONING.settings };
      return guarded(() => HttpResponse.json({ ...data.PROVISIONING, settings, version: data.PROVISIONING.version + 1 }));
    }),
    http.post(`${V1}/provisioning/tokens`, async ({ request }) => {
      const { name } = (await request.json()) as { name: string };
      return guarded(() => HttpResponse.json({ token: { ...data.PROVISIONING.tokens[0], name }, secret: "Zk3vQ0mVw8c1yT5nR7bJ2hL9xE4sA6dG0pF3uK8iO1M", works_from: null }));
    }),
    http.delete(`${V1}/provisioning/tokens/:token`, () => guarded(() => new HttpResponse(null, { status: 204 }))),
    http.post(`${V1}/provisioning/adopt`, () => guarded(() => HttpResponse.json({ adopted: 7 }))),
    http.get(`${V1}/provisioning/waiting`, () => HttpResponse.json({ items: some(data.WAITING_PEOPLE) })),
    http.post(`${V1}/provisioning/waiting/:staff/link`, () => guarded(() => HttpResponse.json({ invitation_url: "https://desk.example.org/console/#/welcome/Zk3vQ0mVw8c1yT5nR7bJ2hL9xE4sA6dG0pF3uK8iO1M", works_from: null }))),
    http.get(`${V1}/provisioning/requests`, () => HttpResponse.json({ items: some(data.DIRECTORY_REQUESTS) })),
    http.get(`${V1}/outgoing`, () => HttpResponse.json(world.empty ? data.NO_MAIL : data.OUTGOING)),
    http.get(`${V1}/text-messages`, () => HttpResponse.json(world.empty ? data.NO_TEXTS : data.TEXTS)),
    http.post(`${V1}/text-messages/test`, () => guarded(() => new HttpResponse(null, { status: 202 }))),
    http.post(`${V1}/outgoing/test`, () => new HttpResponse(null, { status: 202 })),
    http.get(`${V1}/audit/:id`, ({ params }) => HttpResponse.json(world.audit.find((one) => one.id === params.id))),
    http.get(`${V1}/audit`, ({ request }) => {
      const want = new URL(request.url).searchParams;
      return list(some(world.audit).filter((one) => (!want.get("action") || one.action === want.get("action")) && (!want.get("actor") || one.actor.id === want.get("actor")) && (!want.get("target") || one.target?.id === want.get("target"))));
    }),
  ];
}

export function importOf(state: "running" | "done") {
  const problems = [{ line: 4, reason: "The name is empty." }, { line: 17, reason: "“ada@@example” is not a mail address." }, { line: 1203, reason: "A customer with this external id exists." }];
  return state === "done"
    ? { id: "imp_1", state, rows: 12_480, imported: 12_477, rejected: 3, total_bytes: 900_000, read_bytes: 900_000, problems }
    : { id: "imp_1", state, rows: 3100, imported: 3098, rejected: 2, total_bytes: 900_000, read_bytes: 224_000, problems: problems.slice(0, 2) };
}

const cells = Array.from({ length: 441 }, (_, n) => ((n * 7919) % 13 < 6 ? `<rect x="${n % 21}" y="${Math.floor(n / 21)}" width="1" height="1"/>` : "")).join("");
const QR = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-2 -2 25 25"><rect x="-2" y="-2" width="25" height="25" fill="#fff"/>${cells}</svg>`;

/** A code is on its way. */
function sentTo() {
  return { number: "+49 … 89", expires_at: new Date(Date.now() + 600_000).toISOString(), again_in: 30 };
}
