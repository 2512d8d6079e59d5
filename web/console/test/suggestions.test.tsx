import { screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";
import { kindsIn } from "../src/generator";
import { data, http, HttpResponse, openConsole, problem } from "./desk";

const SIGNED_OUT = { factors: [], disabled: [], change: null, me: null, stepped_up_until: null, life: null, remember_days: 0, enrolment_due: null };

/** A server whose policy nobody here may read: it only judges. */
function judging(shortest: number, kinds: number) {
  return http.post("*/password/check", async ({ request }) => {
    const { password } = (await request.json()) as { password: string };
    const acceptable = password.length >= shortest && kindsIn(password) >= kinds;
    return HttpResponse.json({ acceptable, score: 4, lasts: "centuries", weakness: null, reasons: acceptable ? [] : ["Refused."], suggestions: [] });
  });
}

async function suggested(user: ReturnType<typeof openConsole>["user"], kind: "passphrase" | "password") {
  await user.click(screen.getByRole("button", { name: `Suggest a ${kind}` }));
  return screen.findByLabelText<HTMLTextAreaElement>("Suggestion");
}

/** Policies of which one's own roles have this one. */
const ruled = (change: object) => http.get("*/password-policies", () => HttpResponse.json({ ...data.POLICIES, items: data.POLICIES.items.map((one) => (data.ME.roles.includes(one.role) ? { ...one, policy: { ...one.policy, ...change } } : one)) }));

async function changing(front: Parameters<typeof openConsole>[1]) {
  const console = openConsole("/security", front);
  await console.user.click(await screen.findByRole("button", { name: "Change the password" }));
  return { ...console, field: await screen.findByLabelText(/^New password/) };
}

test("whoever has a link gets suggestions of three kinds of characters where the policy needs them, and none of them leaves the page", async () => {
  const { user, sent } = openConsole("/welcome/secret-token", { session: "signed-out", world: { front: [judging(12, 3)] } });
  await screen.findByLabelText(/New password/);
  const field = await suggested(user, "passphrase");
  expect(field.value).toMatch(/^[A-Z][a-z]+(-[A-Za-z]+){5,}$/);
  expect(field).toHaveAccessibleDescription(/6 words out of 7,776: 77.5 bits/);
  const asked = sent("POST /api/v1/password/check") as { password: string; invitation: string }[];
  expect(asked.map(({ password, invitation }) => [password.length, invitation])).toEqual([[20, "secret-token"], [20, "secret-token"]]);
  expect(asked.map(({ password }) => password)).not.toContain(field.value);
  await user.click(screen.getByRole("button", { name: "Use this" }));
  await waitFor(() => expect(screen.getByRole("button", { name: "Set the password" })).toBeEnabled());
});

test("who must change the password gets suggestions that are long enough", async () => {
  const { user } = openConsole("/", { session: "change-password", change: "policy", world: { front: [judging(64, 0)] } });
  await screen.findByLabelText(/^New password/);
  const field = await suggested(user, "passphrase");
  expect(field.value.length).toBeGreaterThanOrEqual(64);
  await user.click(screen.getByRole("button", { name: "Suggest a password" }));
  await waitFor(() => expect(screen.getByLabelText("Suggestion")).toHaveAccessibleDescription(/^64 characters out of 64: 384\.0 bits/));
});

test("while nothing is judged, suggestions are what they are without a policy", async () => {
  const { user } = openConsole("/", { session: "change-password", change: "policy", world: { front: [http.post("*/password/check", () => problem(429, "rate-limited", { retry_after: 30 }))] } });
  expect(await screen.findByLabelText(/^New password/)).toHaveAttribute("passwordrules", "minlength: 15; maxlength: 128;");
  expect(await suggested(user, "passphrase")).toHaveAccessibleDescription(/^6 words/);
});

test("who may read the policy of every role of theirs gets it at once, and password managers are told it", async () => {
  const { user, sent, field } = await changing({ world: { front: [ruled({ shortest: 40, composition: "required" })] } });
  await waitFor(() => expect(field).toHaveAttribute("passwordrules", "minlength: 40; maxlength: 128; required: lower; required: upper; required: digit;"));
  const made = await suggested(user, "password");
  expect(made.value).toHaveLength(40);
  expect(kindsIn(made.value)).toBeGreaterThanOrEqual(3);
  expect(sent("POST /api/v1/password/check")).toEqual([]);
});

test("what is advised is no rule for password managers", async () => {
  const { field } = await changing({ world: { front: [ruled({ shortest: 8, shortest_alone: 12, composition: "advice" })] } });
  await waitFor(() => expect(field).toHaveAttribute("passwordrules", "minlength: 12; maxlength: 128;"));
});

test("a role whose policy is not told leaves the rules as they are", async () => {
  const me = { ...data.ME, roles: [...data.ME.roles, "night-shift"] };
  const session = { ...SIGNED_OUT, state: "signed-in" as const, me };
  const { field, server } = await changing({ world: { session, front: [ruled({ shortest: 40 })] } });
  await waitFor(() => expect(server.seen.map(({ line }) => line)).toContain("GET /api/v1/password-policies"));
  expect(field).toHaveAttribute("passwordrules", "minlength: 15; maxlength: 128;");
});

test("who must change the password saves it under the login that was typed", async () => {
  const change = http.post("*/session/totp", () => HttpResponse.json({ ...SIGNED_OUT, state: "change-password", change: "rotation" }));
  const { user } = openConsole("/", { session: "signed-out", world: { front: [change] } });
  await user.type(await screen.findByLabelText(/Login name/), " mia {Enter}");
  await user.type(await screen.findByLabelText(/^Password/), "correct horse battery{Enter}");
  await user.click(await screen.findByRole("button", { name: /Authenticator app/ }));
  await user.type(await screen.findByLabelText(/Code from your app/), "123456{Enter}");
  const present = await screen.findByLabelText(/^Present password/);
  const name = present.closest("form")!.querySelector("input[autocomplete=username]");
  expect(name).toHaveValue("mia");
  expect(name).toHaveAttribute("readonly");
  expect(name).not.toBeVisible();
});
