import { screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";
import { http, openConsole, problem } from "./desk";

test("an invitation leads over a good password and an app to a protected account", async () => {
  const { user, sent } = openConsole("/welcome/secret-token", { session: "signed-out" });
  const password = await screen.findByLabelText(/New password/);
  expect(password).toHaveAttribute("autocomplete", "new-password");
  await user.type(password, "short");
  expect(await screen.findByText("It is shorter than 15 characters.")).toBeVisible();
  expect(screen.getByRole("button", { name: "Set the password" })).toBeDisabled();
  await user.type(password, " and then some more words");
  expect(await screen.findByText(/Strong\. Guessing it, .* takes centuries/)).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Set the password" }));
  expect(sent("POST /api/v1/invitations/accept")).toEqual([{ token: "secret-token", password: "short and then some more words" }]);

  await user.click(await screen.findByRole("button", { name: /Authenticator app/ }));
  expect((await screen.findByAltText(/QR code/)).getAttribute("src")).toMatch(/^data:image\/svg\+xml/);
  expect(screen.getByText(/JBSW Y3DP/)).toBeVisible();
  await user.type(screen.getByLabelText(/Code the app shows now/), "123456");
  await user.click(screen.getByRole("button", { name: "Confirm" }));

  expect(await screen.findByText("k4fd-92mx")).toBeVisible();
  expect(screen.getByRole("button", { name: "Continue" })).toBeDisabled();
  await user.click(screen.getByLabelText(/I have kept these codes/));
  await user.click(screen.getByRole("button", { name: "Continue" }));
  expect(await screen.findByRole("heading", { name: "Your account is protected" })).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Open the console" }));
  expect(await screen.findByRole("navigation", { name: "Areas" })).toBeVisible();
});

test("a wrong code keeps the secret on the screen", async () => {
  const { user } = openConsole("/", { session: "enrol", world: { front: [http.post("*/factors/totp/confirm", () => problem(422, "invalid-fields", { fields: [{ field: "code", message: "Wrong." }] }))] } });
  await user.click(await screen.findByRole("button", { name: /Authenticator app/ }));
  await user.type(await screen.findByLabelText(/Code the app shows now/), "000000");
  await user.click(screen.getByRole("button", { name: "Confirm" }));
  expect(await screen.findByRole("alert")).toHaveTextContent("This code is wrong or was already used.");
  expect(screen.getByText(/JBSW Y3DP/)).toBeVisible();
});

test("a spent invitation says what to do", async () => {
  openConsole("/welcome/old", { session: "signed-out", world: { front: [http.post("*/invitations/open", () => problem(404, "not-found"))] } });
  expect(await screen.findByText(/Ask whoever invited you to send a new one/)).toBeVisible();
});

test("a suggested passphrase is shown in clear with its bits, another one is another, and the one that is used fills the field", async () => {
  const { user, sent } = openConsole("/welcome/secret-token", { session: "signed-out" });
  const password = await screen.findByLabelText(/New password/);
  await user.click(screen.getByRole("button", { name: "Suggest a passphrase" }));
  const field = await screen.findByLabelText("Suggestion");
  expect(field).toHaveAccessibleDescription(/6 words out of 7,776: 77.5 bits/);
  const first = (field as HTMLTextAreaElement).value;
  expect(first).toMatch(/^[a-z]+(-[a-z]+){5,}$/);
  expect(password).toHaveValue("");
  await user.click(screen.getByRole("button", { name: "Another" }));
  await waitFor(() => expect(field).not.toHaveValue(first));
  const second = (field as HTMLTextAreaElement).value;
  await user.click(screen.getByRole("button", { name: "Use this" }));
  expect(password).toHaveValue(second);
  expect(screen.getByText(/It is in the field now/)).toBeVisible();
  await waitFor(() => expect(screen.getByRole("button", { name: "Set the password" })).toBeEnabled());
  await user.click(screen.getByRole("button", { name: "Set the password" }));
  expect(sent("POST /api/v1/invitations/accept")).toEqual([{ token: "secret-token", password: second }]);
});

test("with the keyboard alone one gets a suggested password and uses it", async () => {
  const { user } = openConsole("/welcome/secret-token", { session: "signed-out" });
  const password = await screen.findByLabelText(/New password/);
  screen.getByRole("button", { name: "Suggest a password" }).focus();
  await user.keyboard("{Enter}");
  const field = await screen.findByLabelText<HTMLTextAreaElement>("Suggestion");
  expect(field).toHaveAccessibleDescription(/20 characters out of 64: 120.0 bits/);
  await user.tab();
  expect(field).toHaveFocus();
  expect(field.selectionEnd! - field.selectionStart!).toBe(20);
  await user.tab();
  await user.keyboard("{Enter}");
  expect(password).toHaveValue(field.value);
});

test("a link that does not work yet says when it will", async () => {
  openConsole("/welcome/early", { session: "signed-out", world: { front: [http.post("*/invitations/open", () => problem(409, "conflict", { retry_after: 48 * 3600 }))] } });
  expect(await screen.findByText(/It opens your account from .+, \d\d:\d\d on\./)).toBeVisible();
  expect(screen.getByRole("heading", { name: "This link does not work yet" })).toBeVisible();
});

test("while a password cannot be judged one may still send it, and the server judges it then", async () => {
  const { user, sent } = openConsole("/welcome/secret-token", { session: "signed-out", world: { front: [http.post("*/password/check", () => problem(429, "rate-limited", { retry_after: 60 }))] } });
  await user.type(await screen.findByLabelText(/New password/), "short");
  expect(await screen.findByText(/could not be checked just now/)).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Set the password" }));
  expect(sent("POST /api/v1/invitations/accept")).toHaveLength(1);
});

test("who sets up an account can leave by signing out", async () => {
  const { user, sent } = openConsole("/", { world: { session: { state: "enrol", factors: [], disabled: [], change: null, me: null, stepped_up_until: null, enrolment_due: null, life: null, remember_days: 0 } } });
  await user.click(await screen.findByRole("button", { name: "Sign out" }));
  await waitFor(() => expect(sent("DELETE /api/v1/session")).toHaveLength(1));
});
