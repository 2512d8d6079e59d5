import { screen, waitFor, within } from "@testing-library/react";
import { expect, onTestFinished, test, vi } from "vitest";
import { HttpResponse } from "msw";
import { data, http, openConsole, problem } from "./desk";

const DAY = 86_400_000;

test("each role says what its factors must be, how many have a passkey, and who is left", async () => {
  const { user } = openConsole("/settings/factors");
  const agent = within(await screen.findByRole("region", { name: "Agent" }));
  expect(agent.getByText(/To sign in: any second factor/)).toBeVisible();
  expect(agent.getByRole("progressbar", { name: "3 of 5 have a passkey" })).toHaveAttribute("value", "3");
  await user.click(agent.getByText("Who has none yet"));
  expect(agent.getByText("Tomás Ferreira")).toBeVisible();
  expect(agent.getByText("has no factor here")).toBeVisible();
  const administrator = within(screen.getByRole("region", { name: "Administrator" }));
  expect(administrator.getByText(/To sign in: a passkey or security key.*Since/)).toBeVisible();
  expect(within(screen.getByRole("region", { name: "Auditor" })).getByText(/Nobody who can sign in holds this role/)).toBeVisible();
});

test("a change says what it does to whom before it is saved, and begins in two weeks unless one wants otherwise", async () => {
  const { user, sent } = openConsole("/settings/factors");
  await user.click(await screen.findByRole("button", { name: "Change what Agent needs" }));
  const form = within(screen.getByRole("region", { name: "Agent" }));
  expect(form.getByRole("button", { name: "Save" })).toBeDisabled();
  await user.click(within(form.getByRole("radiogroup", { name: "To sign in" })).getByLabelText("A passkey or security key"));
  expect(form.getByText(/2 people are asked to add a passkey until then/)).toBeVisible();
  await user.click(form.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(sent("PUT /api/v1/factor-policies/agent")).toHaveLength(1));
  const [body] = sent("PUT /api/v1/factor-policies/agent") as [{ version: number; sign_in: string; step_up: string; due_at: string }];
  expect(body).toMatchObject({ version: 0, sign_in: "phishing-resistant", step_up: "any" });
  const days = (Date.parse(body.due_at) - Date.now()) / DAY;
  expect(days).toBeGreaterThan(12.9);
  expect(days).toBeLessThan(14.1);
}, 20_000);

test("at once means at once, and says whom it locks out", async () => {
  const { user, sent } = openConsole("/settings/factors");
  await user.click(await screen.findByRole("button", { name: "Change what Agent needs" }));
  const form = within(screen.getByRole("region", { name: "Agent" }));
  await user.click(within(form.getByRole("radiogroup", { name: "To sign in" })).getByLabelText("A passkey or security key"));
  await user.click(form.getByLabelText("At once"));
  expect(form.getByText(/At once, 2 people can only add a passkey/)).toBeVisible();
  await user.click(form.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(sent("PUT /api/v1/factor-policies/agent")).toEqual([{ version: 0, sign_in: "phishing-resistant", step_up: "any", makes: null, due_at: null }]));
}, 20_000);

test("who changed it first wins, and the other one is told", async () => {
  const { user } = openConsole("/settings/factors", { world: { front: [http.put("*/factor-policies/:role", () => problem(409, "stale-version"))] } });
  await user.click(await screen.findByRole("button", { name: "Change what Administrator needs" }));
  const form = within(screen.getByRole("region", { name: "Administrator" }));
  await user.click(within(form.getByRole("radiogroup", { name: "To sign in" })).getByLabelText("Any second factor"));
  await user.click(form.getByRole("button", { name: "Save" }));
  expect(await screen.findByRole("alert")).toBeVisible();
}, 20_000);

test("who may only read finds nothing to change", async () => {
  openConsole("/settings/factors", { permissions: ["settings.read", "factor_policy.read"] });
  await screen.findByRole("region", { name: "Agent" });
  expect(screen.queryByRole("button", { name: /Change what/ })).toBeNull();
});

test("before the day a line over the console says by when, and leads to the passkey", async () => {
  const due_at = new Date(Date.now() + 10 * DAY).toISOString();
  const session = { state: "signed-in" as const, factors: ["totp" as const], disabled: [], change: null, me: data.ME, stepped_up_until: null, life: null, remember_days: 0, enrolment_due: { strength: "phishing-resistant" as const, makes: null, due_at } };
  const { user } = openConsole("/settings", { world: { session } });
  expect(await screen.findByText(/Add a passkey by/)).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Add a passkey" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Add a passkey" }));
  expect(dialog.getByText(/A false page gets nothing from a passkey/)).toBeVisible();
  expect(dialog.queryByText("Authenticator app")).toBeNull();
});

test("from the day on the enrolment asks for a passkey, says why, and offers nothing weaker", async () => {
  const due_at = new Date(Date.now() - DAY).toISOString();
  const session = { state: "enrol" as const, factors: ["totp" as const], disabled: [], change: null, me: null, stepped_up_until: null, life: null, remember_days: 0, enrolment_due: { strength: "phishing-resistant" as const, makes: null, due_at } };
  openConsole("/inbox/waiting", { world: { session } });
  expect(await screen.findByText(/Your role needs a passkey now/)).toBeVisible();
  expect(screen.getByText(/It protects you too/)).toBeVisible();
  expect(screen.queryByText("Authenticator app")).toBeNull();
});

const anyDue = (days: number) => ({ strength: "any" as const, makes: null, due_at: new Date(Date.now() + days * DAY).toISOString() });
const none = { factors: [], disabled: [], change: null, stepped_up_until: null, life: null, remember_days: 0 };

test("before the day of a wave that asks for any factor the line offers an app too", async () => {
  const { user } = openConsole("/settings", { world: { session: { ...none, state: "signed-in" as const, me: data.ME, enrolment_due: anyDue(10) } } });
  expect(await screen.findByText(/Add a second factor of your own by/)).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Add a second factor" }));
  expect(await within(await screen.findByRole("dialog", { name: "Add a second factor" })).findByText("Authenticator app")).toBeVisible();
});

test("from its day on the enrolment asks for any factor, and offers an app too", async () => {
  openConsole("/inbox/waiting", { world: { session: { ...none, state: "enrol" as const, me: null, enrolment_due: anyDue(-1) } } });
  expect(await screen.findByText(/You need a second factor of your own now/)).toBeVisible();
  expect(await screen.findByText("Authenticator app")).toBeVisible();
});

test("a role asks for attested keys of some makes, and says that the rest stays and does not count", async () => {
  const { user, sent } = openConsole("/settings/factors");
  await user.click(await screen.findByRole("button", { name: "Change what Agent needs" }));
  const form = within(screen.getByRole("region", { name: "Agent" }));
  await user.click(within(form.getByRole("radiogroup", { name: "To sign in" })).getByLabelText("An attested passkey or security key"));
  expect(form.getByText(/Everybody here is asked to have a key of these makes until then/)).toBeVisible();
  await user.click(form.getByLabelText("Some of them only"));
  expect(form.getByRole("button", { name: "Save" })).toBeDisabled();
  await user.click(form.getByLabelText("Made Up Key Nano"));
  await user.click(form.getByLabelText("At once"));
  await user.click(form.getByRole("button", { name: "Save" }));
  await waitFor(() =>
    expect(sent("PUT /api/v1/factor-policies/agent")).toEqual([{ version: 0, sign_in: "attested", step_up: "any", makes: ["00000000-0000-4000-8000-000000000002"], due_at: null }]),
  );
}, 20_000);

test("who would have to add a passkey is named before it is saved", async () => {
  const { user } = openConsole("/settings/factors");
  await user.click(await screen.findByRole("button", { name: "Change what Agent needs" }));
  const form = within(screen.getByRole("region", { name: "Agent" }));
  expect(form.queryByText(/Who they are/)).toBeNull();
  await user.click(within(form.getByRole("radiogroup", { name: "To sign in" })).getByLabelText("A passkey or security key"));
  await user.click(await form.findByText("Who they are (2 people)"));
  expect(within(form.getByRole("list", { name: "Whom this concerns" })).getByText("Tomás Ferreira")).toBeVisible();
}, 20_000);

test("from attested keys to any passkey, those are counted who have no passkey at all", async () => {
  const attested = { ...data.FACTOR_POLICIES, items: data.FACTOR_POLICIES.items.map((one) => (one.role === "agent" ? { ...one, sign_in: "attested" as const } : one)) };
  const { user } = openConsole("/settings/factors", {
    world: { front: [http.get("*/factor-policies", () => HttpResponse.json(attested)), http.post("*/factor-policies/:role/preview", async ({ request }) => HttpResponse.json({ people: 5, left: ((await request.json()) as { sign_in: string }).sign_in === "attested" ? 2 : 1, concerned: null }))] },
  });
  await user.click(await screen.findByRole("button", { name: "Change what Agent needs" }));
  const form = within(screen.getByRole("region", { name: "Agent" }));
  expect(form.getByText(/^2 people are asked/)).toBeVisible();
  await user.click(within(form.getByRole("radiogroup", { name: "To sign in" })).getByLabelText("A passkey or security key"));
  expect(await form.findByText(/^1 person is asked to add a passkey until then/)).toBeVisible();
  expect(form.queryByText(/2 people/)).toBeNull();
  await user.click(form.getByLabelText("At once"));
  expect(form.getByText(/^At once, 1 person can only add a passkey/)).toBeVisible();
}, 20_000);

test("without makes that are known nobody can be asked for attested keys, and the form says what to do first", async () => {
  const none = { ...data.FACTOR_POLICIES, known_makes: [] };
  const { user } = openConsole("/settings/factors", { world: { front: [http.get("*/factor-policies", () => HttpResponse.json(none))] } });
  await user.click(await screen.findByRole("button", { name: "Change what Agent needs" }));
  const form = within(screen.getByRole("region", { name: "Agent" }));
  expect(within(form.getByRole("radiogroup", { name: "To sign in" })).getByLabelText("An attested passkey or security key")).toBeDisabled();
  expect(form.getAllByText(/setting key_makes/)[0]).toBeVisible();
}, 20_000);

test("a role with a list says which makes count", async () => {
  const listed = { ...data.FACTOR_POLICIES, items: data.FACTOR_POLICIES.items.map((one) => ({ ...one, sign_in: "attested" as const, makes: [data.FACTOR_POLICIES.known_makes[0]!.aaguid] })) };
  openConsole("/settings/factors", { world: { front: [http.get("*/factor-policies", () => HttpResponse.json(listed))] } });
  const agent = within(await screen.findByRole("region", { name: "Agent" }));
  expect(agent.getByText("Makes that count: Made Up Key 5C.")).toBeVisible();
  expect(agent.getByRole("progressbar", { name: "3 of 5 have a key that counts" })).toBeVisible();
});

const asked = (due_at: string, makes = data.FACTOR_POLICIES.known_makes) => ({ strength: "attested" as const, makes, due_at });

test("my security shows the make of an attested key, and which key does not count", async () => {
  const session = { state: "signed-in" as const, factors: ["passkey" as const], disabled: [], change: null, me: data.ME, stepped_up_until: null, life: null, remember_days: 0, enrolment_due: asked(new Date(Date.now() + DAY).toISOString()) };
  const key = data.FACTORS[1]!;
  const items = [{ ...key, name: "Blue", kept: "device" as const, strength: "attested" as const, make: data.FACTOR_POLICIES.known_makes[0]!, counts: true }, { ...key, id: data.FACTORS[0]!.id, name: "Red", counts: false }];
  openConsole("/security", { world: { session, front: [http.get("*/factors", () => HttpResponse.json({ items, password_disabled_at: null, text_messages: "not-set-up" }))] } });
  const blue = within((await screen.findByText("Blue")).closest("li")!);
  expect(blue.getByText(/Made Up Key 5C, attested/)).toBeVisible();
  expect(blue.queryByText(/Not enough for what your role asks/)).toBeNull();
  expect(within(screen.getByText("Red").closest("li")!).getByText(/Not enough for what your role asks/)).toBeVisible();
});

test("a key that does not count is said to be kept, and the enrolment goes on where it was", async () => {
  const enrol = { state: "enrol" as const, factors: ["totp" as const], disabled: [], change: null, me: null, stepped_up_until: null, life: null, remember_days: 0, enrolment_due: asked(new Date(Date.now() - DAY).toISOString()) };
  const front = [http.post("*/factors/passkey/options", () => HttpResponse.json({ ceremony: "c", options: {} })), http.post("*/factors/passkey", () => HttpResponse.json({ session: enrol, recovery_codes: null }))];
  const made = { create: () => Promise.resolve({ toJSON: () => ({ id: "AQ" }) }) };
  vi.stubGlobal("PublicKeyCredential", { parseCreationOptionsFromJSON: (options: unknown) => options, parseRequestOptionsFromJSON: (options: unknown) => options });
  Object.defineProperty(navigator, "credentials", { configurable: true, value: made });
  onTestFinished(() => (vi.unstubAllGlobals(), void Reflect.deleteProperty(navigator, "credentials")));
  const { user } = openConsole("/inbox/waiting", { world: { session: enrol, front } });
  expect(await screen.findByText(/Your role needs a key that proves its make now/)).toBeVisible();
  expect(screen.getByText("These makes count: Made Up Key 5C, Made Up Key Nano.")).toBeVisible();
  await user.click(screen.getByRole("button", { name: /passkey/i }));
  expect(await screen.findByText("The key is kept, but does not count for your role")).toBeVisible();
  expect(screen.getByText("These makes count: Made Up Key 5C, Made Up Key Nano.")).toBeVisible();
});

test("with nothing on the lists of all roles the person is told whom to tell", async () => {
  const enrol = { state: "enrol" as const, factors: ["totp" as const], disabled: [], change: null, me: null, stepped_up_until: null, life: null, remember_days: 0, enrolment_due: asked(new Date(Date.now() - DAY).toISOString(), []) };
  openConsole("/inbox/waiting", { world: { session: enrol } });
  expect(await screen.findByText(/No make counts for all of your roles at once/)).toBeVisible();
});
