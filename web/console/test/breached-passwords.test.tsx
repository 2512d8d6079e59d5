import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { secondsLeft, span } from "../src/breached-passwords/scan";
import { data, http, HttpResponse, openConsole, problem } from "./desk";

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

test("the screen names who was found in a breach, and says how many could not be asked", async () => {
  openConsole("/settings/breached-passwords");
  const found = within(await screen.findByRole("table", { name: "Found in a breach" }));
  expect(found.getByRole("row", { name: /Oksana Kovalenko.*a test without sign-in.*not changed yet/ })).toBeVisible();
  expect(found.getByRole("row", { name: /Pedro Álvares.*a sign-in.*changed/ })).toBeVisible();
  expect(screen.getByText(/5 passwords were not seen yet. 2 of their owners have no mail address and cannot be asked./)).toBeVisible();
  expect(screen.getByText("and 2 more who signed in later")).toBeVisible();
});

test("who may not see who works here reads numbers and no names", async () => {
  openConsole("/settings/breached-passwords", { world: { front: [http.get("*/api/v1/breached-passwords", () => HttpResponse.json({ ...data.BREACHES, unseen: null, found: null }))] } });
  expect(await screen.findByText(/5 passwords were not seen yet.*shown to whoever may see who works here/)).toBeVisible();
  expect(screen.queryByRole("table", { name: "Not seen by this list" })).toBeNull();
  expect(screen.queryByRole("table", { name: "Found in a breach" })).toBeNull();
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

test("who came by a passkey replaces a breached password without giving it, and reads why", async () => {
  const { user, sent } = openConsole("/inbox/waiting", { session: "change-password", change: "breach", passkeyShown: true });
  const next = await screen.findByLabelText(/^New password/);
  expect(screen.getByText(/You showed a passkey, so you need not give your present password/)).toBeVisible();
  expect(screen.queryByLabelText(/Present password/)).toBeNull();
  expect(screen.queryByText(/do not know your present password/)).toBeNull();
  expect(next.closest("form")!.querySelector("input[autocomplete=username]")).toHaveValue("mia");
  expect(next).toHaveFocus();
  await user.type(next, "marble otter twelve pines");
  const set = screen.getByRole("button", { name: "Set the new password" });
  await waitFor(() => expect(set).toBeEnabled());
  await user.click(set);
  await waitFor(() => expect(sent("PUT /api/v1/password")).toEqual([{ new: "marble otter twelve pines" }]));
});

const scan = async () => within(await screen.findByRole("region", { name: "Test without sign-in" }));

test("testing without sign-in is off, and what it costs stands above the button that switches it on", async () => {
  const { user, sent } = openConsole("/settings/breached-passwords");
  const card = await scan();
  expect(card.getByText("Off")).toBeVisible();
  await user.click(card.getByRole("button", { name: "Switch on…" }));
  expect(card.getByText(/tries millions of passwords a second/)).toBeVisible();
  expect(card.getByText(/whose passwords are equal/)).toBeVisible();
  expect(card.getByText(/it reads all 1,004,213,877 entries/)).toBeVisible();
  expect(card.getByRole("button", { name: "Switch on" })).toBeDisabled();
  await user.type(card.getByRole("textbox", { name: /Why it is needed here/ }), " Branches ");
  await user.click(card.getByRole("button", { name: "Switch on" }));
  expect(await card.findByText("37 of 42 passwords covered")).toBeVisible();
  expect(card.getByText(/There was no scan yet/)).toBeVisible();
  expect(sent("PUT /api/v1/breached-passwords/scan")).toEqual([{ version: 0, enabled: true, reason: "Branches" }]);
});

test("a scan that runs says how far it is, how fast, and how long it goes on", async () => {
  openConsole("/settings/breached-passwords", { world: { front: [http.get("*/breached-passwords/scan", () => HttpResponse.json(data.SCAN))] } });
  const card = await scan();
  expect(card.getByText(/421,330,944 of 1,004,213,877 entries \(41\s%\). 3,910,220 a second. About 3 minutes to go./)).toBeVisible();
  expect(card.getByRole("progressbar", { name: "How much of the list was read" })).toBeVisible();
  expect(card.getByText(/read for 37 passwords. 1 was found in the list./)).toBeVisible();
  expect(card.getByText(/Decided by Wilhelmina Ö., .*: The branches sign in once a quarter./)).toBeVisible();
});

test("switching it off says what is deleted and needs no reason", async () => {
  const run = { ...data.SCAN.run!, finished_at: data.SCAN.run!.started_at, found: 0 };
  const { user, sent } = openConsole("/settings/breached-passwords", {
    world: { front: [http.get("*/breached-passwords/scan", () => HttpResponse.json({ ...data.SCAN, run })), http.put("*/breached-passwords/scan", () => HttpResponse.json({ ...data.SCAN_OFF, version: 2 }))] },
  });
  const card = await scan();
  expect(card.getByText(/The last scan ended .* and tested 37 passwords. 0 were found in the list./)).toBeVisible();
  await user.click(card.getByRole("button", { name: "Switch off…" }));
  expect(card.getByText(/The indexes of 37 passwords are deleted at once/)).toBeVisible();
  await user.click(card.getByRole("button", { name: "Switch off and delete" }));
  expect(await card.findByText("Off")).toBeVisible();
  expect(sent("PUT /api/v1/breached-passwords/scan")).toEqual([{ version: 1, enabled: false }]);
});

test("who switched it first wins, and who may not has no button", async () => {
  const { user } = openConsole("/settings/breached-passwords", { world: { front: [http.put("*/breached-passwords/scan", () => problem(409, "stale-version"))] } });
  const card = await scan();
  await user.click(card.getByRole("button", { name: "Switch on…" }));
  await user.type(card.getByRole("textbox", { name: /Why it is needed here/ }), "Branches");
  await user.click(card.getByRole("button", { name: "Switch on" }));
  expect(await card.findByRole("alert")).toBeVisible();
});

test("who may only read sees whether it is on and no button; without a list it says what it needs", async () => {
  openConsole("/settings/breached-passwords", { permissions: ["settings.read", "breached_passwords.read"], world: { empty: true } });
  const card = await scan();
  expect(card.getByText(/needs a list of SHA-1 hashes/)).toBeVisible();
  expect(card.queryByRole("button")).toBeNull();
});

test("how long a scan goes on reads well", () => {
  expect([0, 59, 61, 7199, 7201].map(span)).toEqual(["1 second", "59 seconds", "2 minutes", "120 minutes", "3 hours"]);
  expect(secondsLeft({ entries: 10, entries_done: 4, entries_per_second: 3 })).toBe(2);
  expect(secondsLeft({ entries: 10, entries_done: 4, entries_per_second: null })).toBeNull();
});
