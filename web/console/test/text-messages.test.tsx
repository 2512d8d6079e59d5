import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { http, openConsole, problem } from "./desk";

test("text messages say what they cost, how each driver fares, and what became of each", async () => {
  openConsole("/settings/sms");
  const spend = within(await screen.findByRole("region", { name: "Spend" }));
  expect(spend.getByText("4.96 EUR of 5.00 EUR")).toBeVisible();
  expect(spend.getByText("Limit reached")).toBeVisible();
  expect(spend.getByRole("img", { name: /Spent in each of the last 48 hours.*Most in one hour: 4.96 EUR/ })).toBeVisible();
  const drivers = within(screen.getByRole("region", { name: "Drivers" }));
  expect(drivers.getByText("Rests")).toBeVisible();
  expect(drivers.getByRole("img", { name: /gateway: messages.*Taken: 62\. Failed tries: 0/ })).toBeVisible();
  expect(drivers.getByText(/more than a minute: 3/)).toBeVisible();
  const refused = within(screen.getByRole("table", { name: "Text messages" })).getByRole("row", { name: /\+33/ });
  expect(within(refused).getByText("Country not allowed")).toBeVisible();
});

test("a test goes to the number that was typed, which is then forgotten", async () => {
  const { user, sent } = openConsole("/settings/sms");
  await user.click(await screen.findByRole("button", { name: "Send a test" }));
  await user.type(screen.getByLabelText(/Telephone number/), "+49 151 23456789{Enter}");
  await waitFor(() => expect(sent("POST /api/v1/text-messages/test")).toEqual([{ number: "+49 151 23456789" }]));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  await user.click(screen.getByRole("button", { name: "Send a test" }));
  expect(screen.getByLabelText(/Telephone number/)).toHaveValue("");
});

test("a number that cannot be used is marked, and the dialog stays", async () => {
  const detail = "No text messages go to this country.";
  const front = [http.post("*/api/v1/text-messages/test", () => problem(422, "invalid-fields", { fields: [{ field: "number", message: detail }] }))];
  const { user } = openConsole("/settings/sms", { world: { front } });
  await user.click(await screen.findByRole("button", { name: "Send a test" }));
  await user.type(screen.getByLabelText(/Telephone number/), "+33612345678{Enter}");
  expect(await screen.findByText(detail)).toBeVisible();
});

test("without a driver the screen says how to set one, and offers no test", async () => {
  openConsole("/settings/sms", { world: { empty: true } });
  expect(await screen.findByText("No text messages are sent")).toBeVisible();
  expect(screen.getByText(/kind = "smpp"/)).toBeVisible();
  expect(screen.queryByRole("button", { name: "Send a test" })).toBeNull();
});
