import { screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { http, openConsole, problem } from "./desk";

test("an address counts once the code from the mail was typed", async () => {
  const { user, sent } = openConsole("/security");
  expect(await screen.findByText(/You have no address here yet/)).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Add an address" }));
  await user.type(screen.getByLabelText(/Your mail address/), "mia@example.org{Enter}");
  const code = await screen.findByLabelText(/Code from the mail/);
  expect(code).toHaveAttribute("autocomplete", "one-time-code");
  expect(code).toHaveAccessibleDescription(/It went to mia@example.org and works until/);
  await user.type(code, "000 000{Enter}");
  expect(await screen.findByText(/This code is not right/)).toBeVisible();
  await user.clear(code);
  await user.type(code, "123 456{Enter}");
  expect(await screen.findByText("confirmed")).toBeVisible();
  expect(screen.getByText("mia@example.org")).toBeVisible();
  expect(sent("PUT /api/v1/mail-address")).toEqual([{ address: "mia@example.org" }]);
  expect(sent("POST /api/v1/mail-address/prove")).toEqual([{ code: "000000" }, { code: "123456" }]);
});

test("what is no address is said beside the field, and too many codes in words", async () => {
  let answer = () => problem(422, "invalid-fields", { fields: [{ field: "address", message: "This is not a mail address." }] });
  const { user } = openConsole("/security", { world: { front: [http.put("*/mail-address", () => answer())] } });
  await user.click(await screen.findByRole("button", { name: "Add an address" }));
  await user.type(screen.getByLabelText(/Your mail address/), "mia@example{Enter}");
  expect(await screen.findByText("This is not a mail address.")).toBeVisible();
  answer = () => problem(429, "rate-limited", { retry_after: 60 });
  await user.click(screen.getByRole("button", { name: "Send the code" }));
  expect(await screen.findByRole("alert")).toHaveTextContent(/60/);
});

test("without a mail server there is no field that could do nothing", async () => {
  openConsole("/security", { world: { mail: { address: null, proved_at: null, claimed: null, code_until: null, available: false } } });
  expect(await screen.findByText(/Wardesk has no mail server/)).toBeVisible();
  expect(screen.queryByRole("button", { name: "Add an address" })).toBeNull();
});
