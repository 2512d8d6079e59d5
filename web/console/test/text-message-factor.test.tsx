import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { data, http, HttpResponse, openConsole, problem } from "./desk";

const factors = (items: unknown[], text_messages = "open") => http.get("*/api/v1/factors", () => HttpResponse.json({ items, password_disabled_at: null, text_messages }));
const NUMBER = { ...data.FACTORS[0]!, id: "fac_7", kind: "sms", name: "Text message", number: "+49 … 89", kept: null };

async function chooseNumber(user: ReturnType<typeof openConsole>["user"]) {
  await user.click(await screen.findByRole("button", { name: /^Text message/ }));
  await user.type(await screen.findByLabelText(/Telephone number/), "+49 151 23456789");
  await user.click(screen.getByRole("button", { name: "Send me a code" }));
}

test("a number is added by the code that came there, with a word about better ways", async () => {
  const { user, sent } = openConsole("/", { session: "enrol" });
  await user.click(await screen.findByRole("button", { name: /^Text message/ }));
  expect(screen.getByText(/choose an app or a passkey instead/)).toBeVisible();
  const number = await screen.findByLabelText(/Telephone number/);
  expect(number).toHaveAttribute("autocomplete", "tel");
  await user.type(number, "+49 151 23456789");
  await user.keyboard("{Enter}");
  expect(await screen.findByText(/on its way to \+49 … 89/)).toBeVisible();
  const code = screen.getByLabelText(/Code from the text message/);
  expect(code).toHaveAttribute("autocomplete", "one-time-code");
  await user.type(code, "123 456");
  await user.keyboard("{Enter}");
  await waitFor(() => expect(sent("POST /api/v1/factors/sms/confirm")).toEqual([{ id: "fac_8", code: "123456" }]));
  expect(sent("POST /api/v1/factors/sms")).toEqual([{ number: "+49 151 23456789" }]);
});

test("at sign-in the code is sent when it is asked for, a new one after a wait, and another way is always there", async () => {
  const { user, sent } = openConsole("/customers", { session: "second-factor", factors: ["sms", "recovery"] });
  await user.click(await screen.findByRole("button", { name: /^Text message/ }));
  expect(sent("POST /api/v1/session/sms/send")).toHaveLength(0);
  await user.click(screen.getByRole("button", { name: "Send me a code" }));
  expect(await screen.findByRole("button", { name: "A new code can be sent in 30 s" })).toBeDisabled();
  expect(screen.getByRole("button", { name: "Use another way" })).toBeVisible();
  await user.type(screen.getByLabelText(/Code from the text message/), "123456");
  await user.click(screen.getByRole("button", { name: "Sign in" }));
  expect(await screen.findByRole("heading", { name: "Customers" })).toBeVisible();
  expect(sent("POST /api/v1/session/sms")).toEqual([{ code: "123456", remember: false }]);
  expect(localStorage.getItem("wardesk.last-factor")).toBe("sms");
});

test("a wrong code keeps the field, and a long wait is told in minutes", async () => {
  const front = [http.post("*/session/sms", () => problem(429, "rate-limited", { retry_after: 3400 }))];
  const { user } = openConsole("/", { session: "second-factor", factors: ["sms", "recovery"], world: { front } });
  await user.click(await screen.findByRole("button", { name: /^Text message/ }));
  await user.click(screen.getByRole("button", { name: "Send me a code" }));
  await user.type(await screen.findByLabelText(/Code from the text message/), "000000");
  await user.click(screen.getByRole("button", { name: "Sign in" }));
  expect(await screen.findByRole("button", { name: "Try again in 57 min" })).toBeDisabled();
});

test("a limit of text messages says to use another factor", async () => {
  const front = [http.post("*/factors/sms", () => problem(409, "conflict", { detail: "No text messages go to this country. Use another number or another factor." }))];
  const { user } = openConsole("/", { session: "enrol", world: { front } });
  await chooseNumber(user);
  expect(await screen.findByRole("alert")).toHaveTextContent("Use another number or another factor.");
  expect(screen.getByLabelText(/Telephone number/)).toHaveValue("+49 151 23456789");
});

test("where no text messages are sent there is nothing to choose, and who needs a better factor first is told so", async () => {
  const off = openConsole("/", { session: "enrol", world: { front: [factors([], "not-set-up")] } });
  await screen.findByRole("button", { name: /Authenticator app/ });
  await waitFor(() => expect(off.server.seen.some((one) => one.line === "GET /api/v1/factors")).toBe(true));
  expect(screen.queryByText(/elephone number|Text message/)).toBeNull();
});

test("who needs a better factor first is told so", async () => {
  openConsole("/", { session: "enrol", world: { front: [factors([], "stronger-first")] } });
  expect(await screen.findByText(/once you have an app or a passkey/)).toBeVisible();
  expect(screen.queryByRole("button", { name: /^Text message/ })).toBeNull();
});

test("a new number is shown masked with the time from which it works, and does not stand in for the last factor", async () => {
  const held = { ...NUMBER, held_until: "2031-05-06T07:08:00Z" };
  openConsole("/security", { world: { front: [factors([data.FACTORS[0], held])] } });
  const row = (await screen.findByText("+49 … 89")).closest("li")!;
  expect(within(row).getByText("not yet in use")).toBeVisible();
  expect(within(row).getByText(/you can sign in with it from/)).toBeVisible();
  expect(within(row).getByRole("button", { name: "Remove +49 … 89" })).toBeEnabled();
  expect(screen.getByRole("button", { name: `Remove ${data.FACTORS[0]!.name}` })).toBeDisabled();
});

test("who has nothing but a number is told how to confirm a dangerous act", async () => {
  const front = [factors([NUMBER]), http.post("*/factors/recovery-codes", () => problem(403, "step-up-required", { permission: "factor.change" }))];
  const { user } = openConsole("/security", { world: { front } });
  await user.click(await screen.findByRole("button", { name: "New codes" }));
  expect(await screen.findByText("A code by text message is not enough for this")).toBeVisible();
  expect(screen.getByText(/sign in with one of your recovery codes/)).toBeVisible();
});

test("a browser that reads the message fills in its code", async () => {
  const asked: unknown[] = [];
  Object.assign(window, { OTPCredential: class {} });
  Object.defineProperty(navigator, "credentials", { configurable: true, value: { get: (wish: unknown) => (asked.push(wish), Promise.resolve({ code: "654321" })) } });
  const { user } = openConsole("/", { session: "second-factor", factors: ["sms", "recovery"] });
  await user.click(await screen.findByRole("button", { name: /^Text message/ }));
  await user.click(screen.getByRole("button", { name: "Send me a code" }));
  await waitFor(() => expect(screen.getByLabelText(/Code from the text message/)).toHaveValue("654321"));
  expect(asked).toMatchObject([{ otp: { transport: ["sms"] } }]);
  Reflect.deleteProperty(window, "OTPCredential");
  Reflect.deleteProperty(navigator, "credentials");
});
