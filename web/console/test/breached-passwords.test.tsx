import { screen, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { openConsole } from "./desk";

test("the screen says which list is in use, whose password it has not seen, and asks them", async () => {
  const { user, sent } = openConsole("/settings/breached-passwords");
  expect(await screen.findByText("1,004,213,877")).toBeVisible();
  expect(screen.getByText("36 of 42 passwords seen by this list")).toBeVisible();
  const people = within(screen.getByRole("table", { name: "Not seen by this list" }));
  expect(people.getByRole("row", { name: /Li Na.*never.*no mail address/ })).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Ask them now" }));
  expect(await screen.findByText("1 person is asked by mail.")).toBeVisible();
  expect(sent("POST /api/v1/breached-passwords/ask")).toHaveLength(1);
});

test("who cannot see the plot reads its numbers as a table", async () => {
  openConsole("/settings/breached-passwords");
  expect(await screen.findByRole("img", { name: /Passwords, those seen by the newest list/ })).toBeVisible();
  const numbers = within(screen.getByRole("table", { name: /Passwords, those seen by the newest list/ }));
  expect(numbers.getByRole("columnheader", { name: "People with a password" })).toBeInTheDocument();
  expect(numbers.getAllByRole("row")).toHaveLength(61);
});

test("without a list the screen says how to get one", async () => {
  openConsole("/settings/breached-passwords", { world: { empty: true } });
  expect(await screen.findByText(/wardesk breach import FOLDER-OR-FILE/)).toBeVisible();
  expect(screen.queryByRole("button", { name: "Ask them now" })).toBeNull();
});

test("who may only read finds nobody to ask", async () => {
  openConsole("/settings/breached-passwords", { permissions: ["settings.read", "breached_passwords.read"] });
  await screen.findByText("1,004,213,877");
  expect(screen.queryByRole("button", { name: "Ask them now" })).toBeNull();
});

test("whose password is in a breach is told so before anything else", async () => {
  openConsole("/inbox/waiting", { session: "change-password", change: "breach" });
  expect(await screen.findByText(/in a list of passwords that were stolen/)).toBeVisible();
});
