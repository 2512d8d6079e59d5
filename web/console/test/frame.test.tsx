import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { openConsole } from "./desk";
import { problemWords } from "../src/app/problems";
import { Declined } from "../src/app/signals";
import { ApiProblem } from "@wardesk/api";
import { FakeMessenger } from "../harness/messenger";

const rail = () => screen.findByRole("navigation", { name: "Areas" });

test("the rail shows only areas the person has rights in", async () => {
  openConsole("/customers", { permissions: ["customer.read"] });
  const links = within(await rail()).getAllByRole("link");
  expect(links.map((link) => link.textContent)).toEqual(["Customers"]);
});

test("the start is the first area one has rights in", async () => {
  const { history } = openConsole("/", { permissions: ["audit.read"] });
  await screen.findByRole("heading", { name: "Audit log" });
  expect(history.location.pathname).toBe("/audit");
});

test("the palette finds what one can do and does it", async () => {
  const { user } = openConsole("/customers");
  await screen.findByRole("heading", { name: "Customers" });
  await user.keyboard("{Control>}k{/Control}");
  await user.type(await screen.findByRole("combobox", { name: "Search or do…" }), "audit");
  await user.keyboard("{Enter}");
  expect(await screen.findByRole("heading", { name: "Audit log" })).toBeVisible();
});

test("? shows the keyboard map, and no key acts while one writes", async () => {
  const { user } = openConsole("/customers");
  const field = await screen.findByRole("textbox", { name: "Search for" });
  await user.type(field, "?");
  expect(screen.queryByRole("dialog", { name: "Keyboard map" })).toBeNull();
  field.blur();
  await user.keyboard("?");
  expect(await screen.findByRole("dialog", { name: "Keyboard map" })).toBeVisible();
});

test("/ goes to the search field of the page", async () => {
  const { user } = openConsole("/customers");
  const field = await screen.findByRole("textbox", { name: "Search for" });
  await user.keyboard("/");
  expect(field).toHaveFocus();
});

test("a browser without keys becomes a device, or waits for later", async () => {
  const { user, messenger } = openConsole("/inbox/waiting", { messenger: new FakeMessenger("absent") });
  const name = await screen.findByLabelText(/Name of this device/);
  await user.clear(name);
  await user.type(name, "Desk 4");
  await user.click(screen.getByRole("button", { name: "Make it a device" }));
  expect(await screen.findByRole("navigation", { name: "Views" })).toBeVisible();
  expect(messenger.calls).toContainEqual({ act: "enrol", conversation: "", value: "Desk 4" });
});

test("locked keys are unlocked without a question", async () => {
  const { messenger } = openConsole("/inbox/waiting", { messenger: new FakeMessenger("locked") });
  await screen.findByRole("navigation", { name: "Views" });
  await expect.poll(() => messenger.calls.map((call) => call.act)).toContain("unlock");
});

test.each([["waiting-for-key", "Waiting for the team key"], ["other-tab", "Another tab holds your keys"], ["revoked", "This device was revoked"], ["lost", "This browser's keys are gone"]] as const)("the state %s is explained", async (state, words) => {
  openConsole("/inbox/waiting", { messenger: new FakeMessenger(state) });
  expect(await screen.findByText(words)).toBeVisible();
});

test("a missing right is named, with who can give it", () => {
  const error = new ApiProblem({ code: "forbidden", permission: "staff.disable" });
  expect(problemWords(error)?.text).toBe("The right to disable staff is missing. A security officer or an administrator can give it.");
});

test("a fault of the server brings its reference, and a declined dialog stays silent", () => {
  expect(problemWords(new ApiProblem({ code: "internal", request_id: "req_7" }))?.reference).toBe("Reference req_7.");
  expect(problemWords(new ApiProblem({ code: "overloaded", retry_after: 9 }))?.text).toBe("The server is busy. Try again in 9 s.");
  expect(problemWords(new Declined())).toBeNull();
  expect(problemWords(new Error("boom"))?.text).toMatch(/Something unexpected happened/);
});

test.each([["due", /ends soon/], ["over", /has ended/]] as const)("a device whose statement is %s is confirmed with one click", async (renewal, words) => {
  const messenger = new FakeMessenger();
  messenger.set({ renewal });
  const { user } = openConsole("/inbox/waiting", { messenger });
  expect(await screen.findByText(words)).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Confirm" }));
  await waitFor(() => expect(screen.queryByText(words)).toBeNull());
  expect(messenger.calls).toContainEqual({ act: "renew", conversation: "" });
});
