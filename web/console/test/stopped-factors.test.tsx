import { screen, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { data, http, HttpResponse, openConsole, problem } from "./desk";

const [APP, PASSKEY, NUMBER, CODES] = data.FACTORS as [(typeof data.FACTORS)[0], (typeof data.FACTORS)[0], (typeof data.FACTORS)[0], (typeof data.FACTORS)[0]];
const stopped = <T extends object>(factor: T) => ({ ...factor, held_until: null, disabled_at: data.before(5) });
const factors = (items: unknown[], password_disabled_at: string | null = null) => http.get("*/api/v1/factors", () => HttpResponse.json({ items, password_disabled_at, text_messages: "open" }));

test("my security gives no reason for a factor that stopped but those it can have", async () => {
  openConsole("/security", { world: { front: [factors([stopped(APP), stopped(PASSKEY), stopped(NUMBER), stopped(CODES)], data.before(5))] } });
  const row = async (name: string) => within((await screen.findByText(name, { exact: false, selector: "b" })).closest("li")!);
  expect((await row("Authenticator app")).getByText(/^Stopped after a hundred wrong codes in a row, or because you said that a sign-in was not yours\. Remove/)).toBeVisible();
  expect((await row("Laptop fingerprint")).getByText(/^Stopped because it answered like a copy, or because you said that a sign-in was not yours\./)).toBeVisible();
  expect((await row("+49 … 89")).getByText(/^Stopped after a hundred wrong codes in a row, or because you said that a sign-in was not yours\./)).toBeVisible();
  expect((await row("Recovery code")).getByText(/^Stopped after a hundred wrong codes in a row, or because you said that a sign-in was not yours\./)).toBeVisible();
  expect(screen.getByText(/^Your password stopped working .* or because you said that a sign-in was not yours\./)).toBeVisible();
});

test("the history says of each kind what can have stopped it", async () => {
  const event = (n: number, kind: string | null) => ({ id: data.id("aud", n), at: data.before(n), action: "factor.disabled", refused: false, own: true, kind, by: null, user_agent: null, network: null });
  const items = [event(1, "passkey"), event(2, "sms"), event(3, "recovery"), event(4, "totp"), event(5, null)];
  openConsole("/security", { world: { front: [http.get("*/session/history", () => HttpResponse.json({ items, next: null }))] } });
  expect(await screen.findByText("Passkey stopped: a sign of a copy, or you said that a sign-in was not yours")).toBeVisible();
  expect(screen.getByText("Telephone number stopped: a hundred wrong codes, or you said that a sign-in was not yours")).toBeVisible();
  expect(screen.getByText("Recovery codes stopped: a hundred wrong ones, or you said that a sign-in was not yours")).toBeVisible();
  expect(screen.getByText("App stopped: a hundred wrong codes, or you said that a sign-in was not yours")).toBeVisible();
  expect(screen.getByText("Factor stopped: wrong codes, a sign of a copy, or you said that a sign-in was not yours")).toBeVisible();
});

test("at the sign-in, a passkey that its owner disowned is not said to be stopped by wrong codes", async () => {
  openConsole("/", { session: "second-factor", factors: ["totp", "recovery"], disabled: ["passkey"] });
  const note = (await screen.findByText("Stopped: Passkey or security key")).closest<HTMLElement>("[role=status]")!;
  expect(note).toHaveTextContent(/or when you say that a sign-in was not yours\. Use another way below\./);
});

async function confirming(items: unknown[]) {
  const front = [factors(items), http.post("*/factors/recovery-codes", () => problem(403, "step-up-required"))];
  const { user } = openConsole("/security", { world: { front } });
  await user.click(await screen.findByRole("button", { name: "New codes" }));
  return within(await screen.findByRole("dialog", { name: "Is it you?" }));
}

test("an app that was stopped is not asked for a code", async () => {
  const dialog = await confirming([stopped(APP), PASSKEY, CODES]);
  expect(await dialog.findByRole("button", { name: "Confirm with a passkey" })).toBeVisible();
  expect(dialog.queryByLabelText(/Code from your app/)).toBeNull();
});

test("a passkey that was stopped is not offered, and an app beside it is", async () => {
  const dialog = await confirming([APP, stopped(PASSKEY), CODES]);
  expect(await dialog.findByLabelText(/Code from your app/)).toBeVisible();
  expect(dialog.queryByRole("button", { name: "Confirm with a passkey" })).toBeNull();
});

test("who has nothing left that works is told to add a factor", async () => {
  const dialog = await confirming([stopped(APP), stopped(PASSKEY), CODES]);
  expect(await dialog.findByText("You have no factor to confirm with. Add one under “My security”.")).toBeVisible();
  expect(dialog.queryByLabelText(/Code from your app/)).toBeNull();
});
