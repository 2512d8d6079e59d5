import { cleanup, screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { data, http, HttpResponse, openConsole, problem } from "./desk";

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

test("alarms of the last week say what happened and what was stopped", async () => {
  openConsole("/settings/sms");
  const alarms = within(await screen.findByRole("list", { name: "Alarms" })).getAllByRole("listitem");
  expect(alarms).toHaveLength(2);
  expect(alarms[0]).toHaveTextContent(/limit of an hour.*Messages for customers stopped.*Spent: 2\.48 EUR/);
  expect(alarms[1]).toHaveTextContent(/block of numbers of \+43.*Messages for staff to the block stopped.*until .*Messages within an hour: 8, to 6 numbers; codes used: 0/);
});

test("without an alarm the screen says so, and without a driver it says nothing of alarms", async () => {
  const front = [http.get("*/api/v1/text-messages", () => HttpResponse.json({ ...data.TEXTS, alarms: [] }))];
  openConsole("/settings/sms", { world: { front } });
  expect(await screen.findByText(/nothing looked like fraud/)).toBeVisible();
  cleanup();
  openConsole("/settings/sms", { world: { empty: true } });
  expect(await screen.findByText("No text messages are sent")).toBeVisible();
  expect(screen.queryByRole("region", { name: "Alarms" })).toBeNull();
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
