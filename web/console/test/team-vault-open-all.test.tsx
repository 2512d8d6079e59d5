import { screen, waitFor, within } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { MessengerError } from "@wardesk/crypto/messenger";
import { FakeMessenger } from "../harness/messenger";
import { fileName, toBitwarden } from "../src/team-vault/export";
import { readImport } from "../src/team-vault/import";
import { data, http, HttpResponse, openConsole, problem } from "./desk";

const FOLDER = data.id("fol", 1);
const EVERY_ENTRY = [1, 2, 3].map((n) => [FOLDER, data.id("ent", n), null]);

async function asked(item: string, messenger = new FakeMessenger(), world: object = {}) {
  const { user } = openConsole(`/vault/${FOLDER}`, { messenger, ...world });
  await user.click(await screen.findByRole("button", { name: "More about this folder" }));
  await user.click(await screen.findByRole("menuitem", { name: item }));
  const dialog = within(await screen.findByRole("dialog", { name: / Carriers$/ }));
  return { user, dialog, calls: (act: string) => messenger.vault.calls.filter((one) => one.act === act).map((one) => one.args) };
}

afterEach(() => vi.restoreAllMocks());

test("a folder is checked for breached passwords, each entry opened once with its use recorded", async () => {
  const messenger = new FakeMessenger();
  messenger.vault.secrets.get(data.id("ent", 2))!.push({ secret: "hunter2", notes: "" });
  messenger.vault.inside.get(FOLDER)![1]!.version = 3;
  const { user, dialog, calls } = await asked("Look for breached passwords", messenger);
  expect(calls("open")).toEqual([]);
  await user.click(dialog.getByRole("button", { name: "Open and check 3 entries" }));
  expect(await dialog.findByText("1 secret is in a breach: change it where it is used, then here")).toBeVisible();
  expect(within(dialog.getByRole("list", { name: "Breached" })).getByText("Depot list").parentElement).toHaveTextContent("seen 17 times");
  expect([calls("openAll"), calls("open")]).toEqual([[[FOLDER, "check"]], EVERY_ENTRY]);
});

test("when nothing is found the screen says how many were checked", async () => {
  const { user, dialog } = await asked("Look for breached passwords");
  await user.click(dialog.getByRole("button", { name: "Open and check 3 entries" }));
  expect(await dialog.findByText("3 secrets were checked. None is in a known breach.")).toBeVisible();
});

test("without a list of breached passwords nothing is opened", async () => {
  const messenger = new FakeMessenger();
  const { user, dialog, calls } = await asked("Look for breached passwords", messenger, { world: { empty: true } });
  await user.click(dialog.getByRole("button", { name: "Open and check 3 entries" }));
  expect(await dialog.findByText("There is no list to look in")).toBeVisible();
  expect([calls("openAll"), calls("open")]).toEqual([[], []]);
});

/** An engine whose entry does not open, for as many times as there are refusals. */
function refusing(entry: string, ...refusals: Error[]) {
  const messenger = new FakeMessenger();
  const open = messenger.vault.open;
  messenger.vault.open = async (folder, id, version) => {
    const opened = await open(folder, id, version);
    const refusal = id === entry ? refusals.shift() : undefined;
    if (refusal) throw refusal;
    return opened;
  };
  messenger.vault.secrets.get(data.id("ent", 1))!.push({ secret: "hunter2", notes: "" });
  messenger.vault.inside.get(FOLDER)![0]!.version = 3;
  return messenger;
}

test("a check that ends early keeps what it found, says how many are left, and goes on behind them", async () => {
  const messenger = refusing(data.id("ent", 2), new MessengerError("offline", "The server does not answer."));
  const { user, dialog, calls } = await asked("Look for breached passwords", messenger);
  await user.click(dialog.getByRole("button", { name: "Open and check 3 entries" }));
  expect(await dialog.findByText("2 entries were not checked")).toBeVisible();
  expect(dialog.getByText(/The server does not answer/)).toBeVisible();
  expect(within(dialog.getByRole("list", { name: "Breached" })).getByText("Parcel portal")).toBeVisible();
  await user.click(dialog.getByRole("button", { name: "Go on with 2 entries" }));
  await waitFor(() => expect(dialog.queryByText(/not checked/)).toBeNull());
  expect(within(dialog.getByRole("list", { name: "Breached" })).getByText("Parcel portal")).toBeVisible();
  expect(dialog.queryByRole("button", { name: /Go on/ })).toBeNull();
  expect(calls("open").map(([, entry]) => entry)).toEqual([1, 2, 2, 3].map((n) => data.id("ent", n)));
  expect(calls("openAll")).toHaveLength(2);
});

test("when the folder is open no longer a check says so, and can go on at once", async () => {
  const messenger = refusing(data.id("ent", 3), new MessengerError("rate-limited", "You have opened many entries within an hour."));
  const { user, dialog } = await asked("Look for breached passwords", messenger);
  await user.click(dialog.getByRole("button", { name: "Open and check 3 entries" }));
  const note = (await dialog.findByText("1 entry was not checked")).closest<HTMLElement>("[role=status]")!;
  expect(note).toHaveTextContent(/as many entries as one may within an hour\. You can go on at once/);
  expect(within(dialog.getByRole("list", { name: "Breached" })).getByText("Parcel portal")).toBeVisible();
  expect(dialog.getByRole("button", { name: "Go on with 1 entry" })).toBeEnabled();
});

test("after too many look-ups a check says from when on it goes on, and not before", async () => {
  let asks = 0;
  const front = [http.get("*/breached-passwords/range/:prefix", () => ((asks += 1) > 2 ? problem(429, "rate-limited", { retry_after: asks > 3 ? 1800 : 0.01 }) : HttpResponse.json({ items: [] })))];
  const { user, dialog } = await asked("Look for breached passwords", new FakeMessenger(), { world: { front } });
  await user.click(dialog.getByRole("button", { name: "Open and check 3 entries" }));
  const note = (await dialog.findByText("2 entries were not checked")).closest<HTMLElement>("[role=status]")!;
  expect(note).toHaveTextContent(/Too many secrets were looked up .* You can go on from .* on\./);
  expect(await dialog.findByRole("button", { name: "Try again in 30 min" })).toBeDisabled();
});

test("when the list fails on the way, what was looked up counts and the rest does not", async () => {
  let asks = 0;
  // The first asks whether there is a list, the second is for the first entry.
  const front = [http.get("*/breached-passwords/range/:prefix", () => ((asks += 1) > 2 ? problem(503, "overloaded") : HttpResponse.json({ items: [] })))];
  const { user, dialog } = await asked("Look for breached passwords", new FakeMessenger(), { world: { front } });
  await user.click(dialog.getByRole("button", { name: "Open and check 3 entries" }));
  expect(await dialog.findByText("2 entries were not checked")).toBeVisible();
  expect(dialog.getByText("1 secret was checked. It is in no known breach.")).toBeVisible();
  expect(dialog.getByText(/cannot read the list just now/)).toBeVisible();
});

test("an entry that a colleague deletes meanwhile does not hold up the others", async () => {
  const messenger = refusing(data.id("ent", 2), new MessengerError("not-found", "There is nothing here."));
  const { user, dialog } = await asked("Look for breached passwords", messenger);
  await user.click(dialog.getByRole("button", { name: "Open and check 3 entries" }));
  expect(await dialog.findByText("1 entry does not open")).toBeVisible();
  expect(dialog.queryByText(/not checked/)).toBeNull();
});

test("an export that ends early is no file", async () => {
  const messenger = refusing(data.id("ent", 3), new MessengerError("offline", "The server does not answer."));
  const made = vi.fn();
  vi.stubGlobal("URL", Object.assign(URL, { createObjectURL: made, revokeObjectURL: () => undefined }));
  const { user, dialog } = await asked("Export", messenger);
  await user.click(dialog.getByRole("button", { name: "Open and export 3 entries" }));
  expect(await dialog.findByRole("alert")).toHaveTextContent("The server does not answer.");
  expect(made).not.toHaveBeenCalled();
});

test("an export is a file that the import reads back", async () => {
  const messenger = new FakeMessenger();
  const made: Blob[] = [];
  vi.stubGlobal("URL", Object.assign(URL, { createObjectURL: (blob: Blob) => (made.push(blob), "blob:1"), revokeObjectURL: () => undefined }));
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(() => undefined);
  const { user, dialog, calls } = await asked("Export", messenger);
  expect(dialog.getByText("The file is in clear")).toBeVisible();
  await user.click(dialog.getByRole("button", { name: "Open and export 3 entries" }));
  expect(await screen.findByText("3 entries were exported.")).toBeVisible();
  expect([calls("openAll"), calls("open")]).toEqual([[[FOLDER, "export"]], EVERY_ENTRY]);
  const text = await new Promise<string>((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result as string);
    reader.readAsText(made[0]!);
  });
  expect(readImport(text, []).entries.map(({ list, secret }) => [list.title, secret.secret])).toEqual(["Parcel portal", "Depot list", "Label printer"].map((title) => [title, "heron-basalt-mitten-1"]));
});

test("a refusal stops before anything is opened", async () => {
  const messenger = new FakeMessenger();
  const { user, dialog, calls } = await asked("Export", messenger);
  messenger.vault.refuse = "forbidden";
  await user.click(dialog.getByRole("button", { name: "Open and export 3 entries" }));
  await waitFor(() => expect(calls("openAll")).toHaveLength(1));
  expect(await dialog.findByRole("alert")).toBeVisible();
  expect(calls("open")).toEqual([]);
});

test("who may not share the folder is offered neither", async () => {
  const messenger = new FakeMessenger();
  messenger.vault.all = messenger.vault.all.map((folder) => ({ ...folder, role: "change" }));
  const { user } = openConsole(`/vault/${FOLDER}`, { messenger });
  await user.click(await screen.findByRole("button", { name: "More about this folder" }));
  expect(await screen.findByRole("menuitem", { name: "Import" })).toBeVisible();
  expect(screen.queryByRole("menuitem", { name: "Export" })).toBeNull();
  expect(screen.queryByRole("menuitem", { name: "Look for breached passwords" })).toBeNull();
});

test("a secret that is typed is looked for by five digits of its hash", async () => {
  const { user } = openConsole(`/vault/${FOLDER}`, { messenger: new FakeMessenger() });
  await user.click(await screen.findByRole("button", { name: "Add an entry" }));
  const dialog = within(await screen.findByRole("dialog", { name: "New entry in Carriers" }));
  await user.type(dialog.getByRole("textbox", { name: "Title" }), "C");
  await user.type(dialog.getByLabelText(/^Secret/), "hunter2");
  expect(await dialog.findByText("This secret was in breaches 17 times")).toBeVisible();
  expect(dialog.getByRole("button", { name: "Seal and save" })).toBeEnabled();
  await user.type(dialog.getByLabelText(/^Secret/), "x");
  expect(dialog.queryByText(/was in breaches/)).toBeNull();
});

async function typing(front: Parameters<typeof openConsole>[1]) {
  const { user } = openConsole(`/vault/${FOLDER}`, { messenger: new FakeMessenger(), ...front });
  await user.click(await screen.findByRole("button", { name: "Add an entry" }));
  const dialog = within(await screen.findByRole("dialog", { name: "New entry in Carriers" }));
  await user.type(dialog.getByLabelText(/^Secret/), "hunter2");
  return { user, dialog };
}

const UNCHECKED = "It could not be checked whether this secret is in a breach";

test("without a list, or with one without counts, a secret is said to be unchecked", async () => {
  const { dialog } = await typing({ world: { front: [http.get("*/breached-passwords/range/:prefix", () => problem(404, "not-found"))] } });
  expect(await dialog.findByText(UNCHECKED)).toBeVisible();
  expect(dialog.getByText(/Either there is none, or it has no counts\. Ask an administrator/)).toBeVisible();
  expect(dialog.queryByRole("button", { name: /Try again/ })).toBeNull();
});

test("after too many look-ups a secret is said to be unchecked, and when to try again", async () => {
  const { dialog } = await typing({ world: { front: [http.get("*/breached-passwords/range/:prefix", () => problem(429, "rate-limited", { retry_after: 40, detail: "Too many attempts did not succeed." }))] } });
  expect(await dialog.findByText(UNCHECKED)).toBeVisible();
  expect(dialog.getByText(/Too many secrets were looked up from your network within a minute/)).toBeVisible();
  expect(await dialog.findByRole("button", { name: /^Try again in (40|39) s$/ })).toBeDisabled();
});

test("a look-up that failed is tried again by hand", async () => {
  let asks = 0;
  const front = [http.get("*/breached-passwords/range/:prefix", () => ((asks += 1) > 1 ? undefined : problem(503, "overloaded")))];
  const { user, dialog } = await typing({ world: { front } });
  await user.click(await dialog.findByRole("button", { name: "Try again" }));
  expect(await dialog.findByText("This secret was in breaches 17 times")).toBeVisible();
  expect(dialog.queryByText(UNCHECKED)).toBeNull();
});

test("a secret that is shown and could not be looked up says so", async () => {
  const { user } = openConsole(`/vault/${FOLDER}`, { messenger: new FakeMessenger(), world: { front: [http.get("*/breached-passwords/range/:prefix", () => problem(503, "overloaded"))] } });
  await user.click(await screen.findByRole("button", { name: "Depot list" }));
  await user.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Show" }));
  expect(await screen.findByText(UNCHECKED)).toBeVisible();
});

test("names of files are plain, and what is missing is null as other programs expect", () => {
  expect(fileName("Träger / Süd ✈", "2026-01-02")).toBe("wardesk-vault-trager-sud-2026-01-02.json");
  expect(fileName("✈", "2026-01-02")).toBe("wardesk-vault-folder-2026-01-02.json");
  const text = toBitwarden("F", [{ id: "x", list: { title: "A", login: "", url: "" }, secret: { secret: "s", notes: "" } }]);
  expect(JSON.parse(text)).toMatchObject({ encrypted: false, items: [{ type: 1, notes: null, login: { username: null, password: "s", uris: [] } }] });
});
