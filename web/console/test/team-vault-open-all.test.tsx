import { screen, waitFor, within } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { FakeMessenger } from "../harness/messenger";
import { fileName, toBitwarden } from "../src/team-vault/export";
import { readImport } from "../src/team-vault/import";
import { data, openConsole } from "./desk";

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

test("names of files are plain, and what is missing is null as other programs expect", () => {
  expect(fileName("Träger / Süd ✈", "2026-01-02")).toBe("wardesk-vault-trager-sud-2026-01-02.json");
  expect(fileName("✈", "2026-01-02")).toBe("wardesk-vault-folder-2026-01-02.json");
  const text = toBitwarden("F", [{ id: "x", list: { title: "A", login: "", url: "" }, secret: { secret: "s", notes: "" } }]);
  expect(JSON.parse(text)).toMatchObject({ encrypted: false, items: [{ type: 1, notes: null, login: { username: null, password: "s", uris: [] } }] });
});
