import { screen, waitFor, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { expect, test } from "vitest";
import { openConsole } from "./desk";

const factor = (n: number, kind: string, name: string, more = {}) => ({ id: `fac_${n}`, kind, name, created_at: "2026-07-01T09:00:00Z", last_used_at: null, remaining: null, disabled_at: null, kept: null, strength: "any", make: null, counts: true, number: null, held_until: null, ...more });
const factors = http.get("*/api/v1/factors", () => HttpResponse.json({ items: [factor(1, "passkey", "Laptop"), factor(2, "sms", "Text message", { number: "+49 … 89" })], password_disabled_at: null, text_messages: "open" }));

test("its owner gives a factor another name with the keyboard alone", async () => {
  const { user, sent } = openConsole("/security", { world: { front: [factors] } });
  (await screen.findByRole("button", { name: "Rename Laptop" })).focus();
  await user.keyboard("{Enter}");
  const dialog = within(await screen.findByRole("dialog", { name: "Rename this factor" }));
  const field = dialog.getByRole("textbox", { name: /What you call it/ });
  await waitFor(() => expect(field).toHaveFocus());
  await user.clear(field);
  expect(dialog.getByRole("button", { name: "Rename" })).toBeDisabled();
  await user.keyboard("Old laptop{Enter}");
  await waitFor(() => expect(sent("PATCH /api/v1/factors/fac_1")).toEqual([{ name: "Old laptop" }]));
  await waitFor(() => expect(screen.queryByRole("dialog", { name: "Rename this factor" })).toBeNull());
}, 20_000);

test("a name that is refused stays to be mended, and a number has none", async () => {
  const refused = http.patch("*/api/v1/factors/fac_1", () => HttpResponse.json({ type: "about:blank", code: "invalid-fields", title: "Some fields need another look.", status: 422, fields: [{ field: "name", message: "A name has 1 to 128 characters and no line breaks." }] }, { status: 422, headers: { "content-type": "application/problem+json" } }));
  const { user } = openConsole("/security", { world: { front: [factors, refused] } });
  await user.click(await screen.findByRole("button", { name: "Rename Laptop" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Rename this factor" }));
  await user.click(dialog.getByRole("button", { name: "Rename" }));
  expect(await dialog.findByText(/A name has 1 to 128 characters/)).toBeVisible();
  expect(screen.queryByRole("button", { name: "Rename +49 … 89", hidden: true })).toBeNull();
}, 20_000);
