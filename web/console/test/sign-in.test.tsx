import { screen, waitFor } from "@testing-library/react";
import { expect, onTestFinished, test, vi } from "vitest";
import { data, http, HttpResponse, openConsole, problem } from "./desk";

async function enterPassword(user: ReturnType<typeof openConsole>["user"]) {
  await user.type(await screen.findByLabelText(/Login name/), "mia");
  await user.click(screen.getByRole("button", { name: "Continue" }));
  await user.type(await screen.findByLabelText(/^Password/), "correct horse battery");
  await user.click(screen.getByRole("button", { name: "Sign in" }));
}

test("the name comes first, in a field that browsers fill with passkeys", async () => {
  openConsole("/inbox/waiting", { session: "signed-out" });
  expect(await screen.findByLabelText(/Login name/)).toHaveAttribute("autocomplete", "username webauthn");
  expect(screen.queryByLabelText(/^Password/)).toBeNull();
});

test("password, then a code from the app, and the page one asked for is there", async () => {
  const { user, sent } = openConsole("/customers", { session: "signed-out" });
  await enterPassword(user);
  await user.click(await screen.findByRole("button", { name: /Authenticator app/ }));
  const code = await screen.findByLabelText(/Code from your app/);
  expect(code).toHaveAttribute("autocomplete", "one-time-code");
  await user.type(code, "123 456");
  await user.click(screen.getByRole("button", { name: "Sign in" }));
  expect(await screen.findByRole("heading", { name: "Customers" })).toBeVisible();
  expect(sent("POST /api/v1/session/totp")).toEqual([{ code: "123456", remember: false }]);
});

test("a wrong password says so in words and keeps the name", async () => {
  const { user } = openConsole("/", { session: "signed-out", world: { front: [http.post("*/session/password", () => problem(401, "unauthenticated"))] } });
  await enterPassword(user);
  expect(await screen.findByRole("alert")).toHaveTextContent("Name or password is wrong.");
  expect(screen.getByLabelText(/Login name/)).toHaveValue("mia");
});

test("a growing delay is counted down on the button", async () => {
  const { user } = openConsole("/", { session: "signed-out", world: { front: [http.post("*/session/password", () => problem(429, "rate-limited", { retry_after: 5 }))] } });
  await enterPassword(user);
  expect(await screen.findByRole("button", { name: "Try again in 5 s" })).toBeDisabled();
});

test("a passkey that has to wait is counted down on its own button, and the password is not held up", async () => {
  vi.stubGlobal("PublicKeyCredential", { parseRequestOptionsFromJSON: (options: unknown) => options });
  Object.defineProperty(navigator, "credentials", { configurable: true, value: { get: () => Promise.resolve({ toJSON: () => ({ id: "AQ" }) }) } });
  onTestFinished(() => (vi.unstubAllGlobals(), void Reflect.deleteProperty(navigator, "credentials")));
  const front = [http.post("*/session/passkey/options", () => HttpResponse.json({ ceremony: "c", options: {} })), http.post("*/session/passkey", () => problem(429, "rate-limited", { retry_after: 5 }))];
  const { user } = openConsole("/", { session: "signed-out", world: { front } });
  await user.click(await screen.findByRole("button", { name: "Use a passkey" }));
  expect(await screen.findByRole("button", { name: "Try again in 5 s" })).toBeDisabled();
  expect(screen.getByRole("alert")).toHaveTextContent(/^Too many tries/);
  expect(screen.getByRole("button", { name: "Continue" })).toBeEnabled();
});

test("the factor used last stands first, and a recovery code always is a way in", async () => {
  localStorage.setItem("wardesk.last-factor", "totp");
  const { user, sent } = openConsole("/customers", { session: "second-factor" });
  const choices = await screen.findAllByRole("button", { name: /Authenticator app|Passkey|Recovery code/ });
  expect(choices[0]).toHaveTextContent("Authenticator app");
  await user.click(screen.getByRole("button", { name: /Recovery code/ }));
  await user.type(await screen.findByLabelText(/Recovery code/), "k4fd-92mx");
  await user.click(screen.getByRole("button", { name: "Sign in" }));
  await screen.findByRole("heading", { name: "Customers" });
  expect(sent("POST /api/v1/session/recovery-code")).toEqual([{ code: "k4fd-92mx" }]);
});

test("who cannot use what is offered is told what to do", async () => {
  const { user } = openConsole("/", { session: "second-factor" });
  await user.click(await screen.findByRole("button", { name: "I can't use this" }));
  expect(screen.getByText(/Choose “I have lost my factors”/)).toBeVisible();
});

test("an ended session brings the sign-in back, at the same address", async () => {
  const { messenger, server, history } = openConsole("/customers");
  await screen.findByRole("heading", { name: "Customers" });
  server.session = { state: "signed-out", factors: [], disabled: [], change: null, me: null, stepped_up_until: null, life: null, remember_days: 0, enrolment_due: null };
  messenger.end();
  expect(await screen.findByLabelText(/Login name/)).toBeVisible();
  expect(history.location.pathname).toBe("/customers");
});

test("what was typed is gone when the session ends", async () => {
  const { user, messenger, server } = openConsole(`/inbox/mine/${data.id("cnv", 6)}`);
  await user.type(await screen.findByRole("textbox", { name: "Reply" }), "A secret half");
  const before = server.session;
  server.session = { state: "signed-out", factors: [], disabled: [], change: null, me: null, stepped_up_until: null, life: null, remember_days: 0, enrolment_due: null };
  messenger.end();
  await screen.findByLabelText(/Login name/);
  server.session = { ...before, state: "second-factor", me: null };
  await user.type(screen.getByLabelText(/Login name/), "mia{Enter}");
  await user.type(await screen.findByLabelText(/^Password/), "correct horse battery{Enter}");
  await user.click(await screen.findByRole("button", { name: /Authenticator app/ }));
  await user.type(await screen.findByLabelText(/Code from your app/), "123456{Enter}");
  expect(await screen.findByRole("textbox", { name: "Reply" })).toHaveValue("");
});

test("signing out locks the engine", async () => {
  const { user, messenger } = openConsole("/customers");
  await user.click(await screen.findByRole("button", { name: /Mia Okafor: your account/ }));
  await user.click(await screen.findByRole("menuitem", { name: "Sign out" }));
  await screen.findByLabelText(/Login name/);
  await waitFor(() => expect(messenger.calls).toContainEqual({ act: "lock", conversation: "" }));
});

test("who has no factor left that works is told what to do", async () => {
  openConsole("/", { session: "second-factor", factors: [], disabled: ["totp", "recovery"] });
  expect(await screen.findByText("Stopped: Authenticator app, Recovery code")).toBeVisible();
  expect(screen.getByText(/Choose “I have lost my factors” below/)).toBeVisible();
});

test("a factor that stopped working says so in the server's words", async () => {
  const detail = "After a hundred wrong codes in a row this factor does not work any more.";
  const { user } = openConsole("/", { session: "second-factor", factors: ["totp"], world: { front: [http.post("*/session/totp", () => problem(409, "conflict", { detail }))] } });
  await user.type(await screen.findByLabelText(/Code from your app/), "123456");
  await user.click(screen.getByRole("button", { name: "Sign in" }));
  expect(await screen.findByText(detail)).toBeVisible();
});
