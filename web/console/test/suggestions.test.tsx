import { screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";
import { kindsIn } from "../src/generator";
import { http, HttpResponse, openConsole, problem } from "./desk";

const ruling = (shortest: number, mixed: boolean) => http.post("*/password/rules", () => HttpResponse.json({ shortest, mixed }));

async function suggested(user: ReturnType<typeof openConsole>["user"], kind: "passphrase" | "password") {
  await user.click(screen.getByRole("button", { name: `Suggest a ${kind}` }));
  return screen.findByLabelText<HTMLTextAreaElement>("Suggestion");
}

async function changing(front: Parameters<typeof openConsole>[1]) {
  const console = openConsole("/security", front);
  await console.user.click(await screen.findByRole("button", { name: "Change the password" }));
  return { ...console, field: await screen.findByLabelText(/^New password/) };
}

test("whoever has a link gets suggestions of three kinds of characters where the policy needs them, and none of them leaves the page", async () => {
  const { user, sent } = openConsole("/welcome/secret-token", { session: "signed-out", world: { front: [ruling(12, true)] } });
  await screen.findByLabelText(/New password/);
  const field = await suggested(user, "passphrase");
  expect(field.value).toMatch(/^[A-Z][a-z]+(-[A-Za-z]+){5,}$/);
  expect(field).toHaveAccessibleDescription(/6 words out of 7,776: 77.5 bits/);
  expect(sent("POST /api/v1/password/rules")).toEqual([{ invitation: "secret-token" }]);
  expect(sent("POST /api/v1/password/check")).toEqual([]);
  await user.click(screen.getByRole("button", { name: "Use this" }));
  await waitFor(() => expect(screen.getByRole("button", { name: "Set the password" })).toBeEnabled());
});

test("who must change the password gets suggestions that are long enough", async () => {
  const { user } = openConsole("/", { session: "change-password", change: "policy", world: { front: [ruling(64, false)] } });
  await screen.findByLabelText(/^New password/);
  const field = await suggested(user, "passphrase");
  expect(field.value.length).toBeGreaterThanOrEqual(64);
  await user.click(screen.getByRole("button", { name: "Suggest a password" }));
  await waitFor(() => expect(screen.getByLabelText("Suggestion")).toHaveAccessibleDescription(/^64 characters out of 64: 384\.0 bits/));
});

test("while the server does not say what is needed, suggestions are what they are without a policy", async () => {
  const { user } = openConsole("/", { session: "change-password", change: "policy", world: { front: [http.post("*/password/rules", () => problem(429, "rate-limited", { retry_after: 30 }))] } });
  expect(await screen.findByLabelText(/^New password/)).toHaveAttribute("passwordrules", "minlength: 15; maxlength: 128;");
  expect(await suggested(user, "passphrase")).toHaveAccessibleDescription(/^6 words/);
});

test("password managers and suggestions are told the rules of who changes the password", async () => {
  const { user, field } = await changing({ world: { front: [ruling(40, true)] } });
  await waitFor(() => expect(field).toHaveAttribute("passwordrules", "minlength: 40; maxlength: 128; required: lower; required: upper; required: digit;"));
  const made = await suggested(user, "password");
  expect(made.value).toHaveLength(40);
  expect(kindsIn(made.value)).toBeGreaterThanOrEqual(3);
});

test("who must change the password saves it under their login, also after a reload", async () => {
  openConsole("/", { session: "change-password", change: "rotation" });
  const present = await screen.findByLabelText(/^Present password/);
  const name = present.closest("form")!.querySelector("input[autocomplete=username]");
  expect(name).toHaveValue("mia");
  expect(name).toHaveAttribute("readonly");
  expect(name).not.toBeVisible();
});
