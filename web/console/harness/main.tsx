import { createRoot } from "react-dom/client";
import { createApi } from "@wardesk/api";
import type { StaffDeviceState } from "@wardesk/crypto/messenger";
import { App } from "../src/app/App";
import { signedOut, stepUp } from "../src/app/signals";
import { FACTOR_POLICIES, life, ME, SCAN } from "./data";
import { FakeMessenger } from "./messenger";
import type { ProofScene } from "./proofs";
import { fetchOf, world } from "./server";

// What to show stands in the query: ?session=enrol&device=absent&empty&slow&many=20000&due&asked&proof=proved&ending=all&remember&scan
const wish = new URLSearchParams(location.search);
const state = (wish.get("session") ?? "signed-in") as "signed-in";
const shown = world({ empty: wish.has("empty"), fresh: !wish.has("stale"), slow: wish.has("slow"), asked: wish.has("asked"), ...(wish.has("scan") ? { scan: SCAN } : {}), many: Number(wish.get("many") ?? 0), proof: (wish.get("proof") ?? "none") as ProofScene });
if (state !== "signed-in") shown.session = { state, factors: ["totp", "passkey", "sms", "recovery"], disabled: [], change: (state as string) === "change-password" ? { reason: wish.has("passkey") ? "breach" : "policy", login: ME.login, asks_present: !wish.has("passkey") } : null, me: null, stepped_up_until: null, life: null, remember_days: wish.has("remember") ? 7 : 0, enrolment_due: null };

if (wish.has("due")) shown.session = { ...shown.session, enrolment_due: { ...(wish.get("due") === "attested" ? { strength: "attested" as const, makes: FACTOR_POLICIES.known_makes } : { strength: "phishing-resistant" as const, makes: null }), due_at: new Date(Date.now() + ((state as string) === "enrol" ? -1 : 10) * 86_400_000).toISOString() } };

if (wish.has("ending")) shown.session = { ...shown.session, life: wish.get("ending") === "all" ? life(100, 100) : life(100, 9000) };

const api = createApi({ fetch: fetchOf(shown), onSignedOut: () => signedOut.emit(), onStepUp: () => stepUp.ask() });
const messenger = new FakeMessenger((wish.get("device") ?? "ready") as StaffDeviceState);
createRoot(document.getElementById("root")!).render(<App api={api} openMessenger={async () => messenger} />);
