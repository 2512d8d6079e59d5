import { act, screen, waitFor, within } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { FakeMessenger } from "../harness/messenger";
import { data, openConsole } from "./desk";

const FOLDER = data.id("fol", 1);
const ENTRY = data.id("ent", 1);

function opened(path = `/vault/${FOLDER}`, messenger = new FakeMessenger(), permissions?: string[]) {
  const desk = openConsole(path, { messenger, ...(permissions ? { permissions } : {}) });
  const calls = (wanted: string) => messenger.vault.calls.filter((one) => one.act === wanted).map((one) => one.args);
  return { ...desk, vault: messenger.vault, calls };
}

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test("a folder lists its entries without asking for a secret, and finds by log-in", async () => {
  const { user, calls } = opened();
  expect(await screen.findByRole("button", { name: "Parcel portal" })).toBeVisible();
  await user.type(screen.getByRole("textbox", { name: "Search title, log-in or address" }), "depot-7");
  expect(screen.queryByRole("button", { name: "Parcel portal" })).toBeNull();
  expect(screen.getByRole("button", { name: "Depot list" })).toBeVisible();
  expect(calls("open")).toEqual([]);
});

test("what leavers know and what is due is listed", async () => {
  const { user } = opened();
  await user.click(await screen.findByRole("radio", { name: "Due" }));
  expect(screen.getAllByRole("rowheader").map((cell) => cell.textContent)).toEqual(["Depot list"]);
  await user.click(screen.getByRole("radio", { name: "To change" }));
  expect(screen.getAllByRole("rowheader").map((cell) => cell.textContent)).toEqual(["Parcel portal"]);
});

test("a secret is shown on request, and an earlier version too", async () => {
  const { user, calls } = opened();
  await user.click(await screen.findByRole("button", { name: "Parcel portal" }));
  const drawer = within(await screen.findByRole("dialog", { name: "Parcel portal" }));
  expect(drawer.queryByText("heron-basalt-mitten-1")).toBeNull();
  await user.click(drawer.getByRole("button", { name: "Show" }));
  expect(await drawer.findByText("heron-basalt-mitten-1")).toBeVisible();
  await user.click(drawer.getByRole("button", { name: "Hide" }));
  expect(drawer.queryByText("heron-basalt-mitten-1")).toBeNull();
  await user.click(drawer.getByRole("button", { name: "Show version 1" }));
  expect(await drawer.findByText("old-secret")).toBeVisible();
  expect(drawer.getByText("Version 1, not the newest")).toBeVisible();
  expect(calls("open")).toEqual([[FOLDER, ENTRY, null], [FOLDER, ENTRY, 1]]);
});

test("a new secret is not saved with a day that has come", async () => {
  const { user, calls } = opened();
  await user.click(await screen.findByRole("button", { name: "Depot list" }));
  await user.click(within(await screen.findByRole("dialog", { name: "Depot list" })).getByRole("button", { name: "Change" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Change Depot list" }));
  const secret = await dialog.findByLabelText(/^Secret/);
  const save = dialog.getByRole("button", { name: "Seal and save" });
  expect(save, "another title keeps the day").toBeEnabled();
  await user.clear(secret);
  await user.type(secret, "a-new-secret");
  expect(dialog.getByText(/^This day has come/)).toBeVisible();
  expect(save).toBeDisabled();
  await user.clear(dialog.getByLabelText(/^New secret due/));
  expect(dialog.queryByText(/^This day has come/)).toBeNull();
  await user.click(save);
  await waitFor(() => expect(calls("change")).toHaveLength(1));
  expect(calls("change")[0]).toMatchObject([FOLDER, expect.anything(), { dueOn: null, newSecret: true }]);
});

test("a copied secret leaves the clipboard after 30 seconds", async () => {
  const { user } = opened();
  const write = vi.spyOn(navigator.clipboard, "writeText");
  await user.click(await screen.findByRole("button", { name: "Parcel portal" }));
  vi.useFakeTimers({ shouldAdvanceTime: true });
  await user.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Copy the secret" }));
  await waitFor(() => expect(write).toHaveBeenLastCalledWith("heron-basalt-mitten-1"));
  await act(() => vi.advanceTimersByTimeAsync(29_000));
  expect(write).toHaveBeenCalledTimes(1);
  await act(() => vi.advanceTimersByTimeAsync(2_000));
  expect(write).toHaveBeenLastCalledWith("");
});

test("an entry is added with a secret that was suggested", async () => {
  const { user, calls } = opened();
  await user.click(await screen.findByRole("button", { name: "Add an entry" }));
  const dialog = within(await screen.findByRole("dialog", { name: "New entry in Carriers" }));
  await user.type(dialog.getByRole("textbox", { name: "Title" }), "Customs portal");
  expect(dialog.getByRole("button", { name: "Seal and save" })).toBeDisabled();
  await user.click(dialog.getByRole("button", { name: "Suggest a password" }));
  await user.click(await dialog.findByRole("button", { name: "Use this" }));
  await user.click(dialog.getByRole("button", { name: "Seal and save" }));
  expect(await screen.findByRole("button", { name: "Customs portal" })).toBeVisible();
  const [folder, [added]] = calls("add")[0] as [string, [{ list: object; secret: { secret: string } }]];
  expect([folder, added.list]).toEqual([FOLDER, { title: "Customs portal", login: "", url: "" }]);
  expect(added.secret.secret).toHaveLength(20);
});

test.each([
  ["another secret is a new one", "new-secret", true],
  ["the same secret is not", "heron-basalt-mitten-1", false],
])("changing writes the next version: %s", async (_, secret, isNew) => {
  const { user, calls } = opened();
  await user.click(await screen.findByRole("button", { name: "Parcel portal" }));
  await user.click(await screen.findByRole("button", { name: "Change" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Change Parcel portal" }));
  const field = await dialog.findByLabelText(/^Secret/);
  await user.clear(field);
  await user.type(field, secret);
  await user.click(dialog.getByRole("button", { name: "Seal and save" }));
  await waitFor(() => expect(calls("change")).toMatchObject([[FOLDER, ENTRY, { version: 3, newSecret: isNew, secret: { secret } }]]));
});

test("who may only use sees no way to change", async () => {
  const messenger = new FakeMessenger();
  messenger.vault.all = messenger.vault.all.map((folder) => ({ ...folder, role: "use" }));
  const { user } = opened(undefined, messenger);
  await user.click(await screen.findByRole("button", { name: "Parcel portal" }));
  await screen.findByRole("button", { name: "Copy the secret" });
  for (const name of ["Change", "Delete", "Add an entry", "Share"]) expect(screen.queryByRole("button", { name })).toBeNull();
});

test("whoever is taken out of a folder is warned about, and the rest is saved", async () => {
  const { user, calls } = opened();
  await user.click(await screen.findByRole("button", { name: "Share" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Who is in Carriers" }));
  await user.click(await dialog.findByRole("button", { name: "Take Ingrid Sørensen out" }));
  expect(dialog.getByText("Who is taken out keeps what they opened")).toBeVisible();
  await user.click(dialog.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(calls("setMembers")).toEqual([[FOLDER, "change", []]]));
});

test("a folder is made for named people by who manages no team", async () => {
  const { user, calls } = opened("/vault", new FakeMessenger("ready", false), ["conversation.read", "team_vault.use"]);
  await user.click(await screen.findByRole("button", { name: "New folder" }));
  const dialog = within(await screen.findByRole("dialog", { name: "New folder" }));
  await user.type(dialog.getByRole("textbox", { name: "Name" }), "Suppliers");
  expect(dialog.queryByRole("combobox", { name: "For the team" })).toBeNull();
  await user.click(dialog.getByRole("combobox", { name: "Add somebody" }));
  await user.click(await screen.findByRole("option", { name: "Tomás Ferreira" }));
  await user.click(dialog.getByRole("button", { name: "Make the folder" }));
  expect(await screen.findByRole("heading", { level: 1, name: "Suppliers" })).toBeVisible();
  expect(calls("makeFolder")).toEqual([[{ name: "Suppliers", team: null, teamRole: "change", members: [{ staff: data.id("stf", 2), role: "use" }] }]]);
});

test("a device without the key says who can help, and a refused key is no folder", async () => {
  const messenger = new FakeMessenger();
  messenger.vault.all[2] = { ...messenger.vault.all[2]!, state: "refused", name: null };
  const { user } = opened(`/vault/${data.id("fol", 2)}`, messenger);
  expect(await screen.findByText("This device waits for the key")).toBeVisible();
  await user.click(screen.getByRole("link", { name: /Does not check/ }));
  expect(await screen.findByRole("alert")).toHaveTextContent("The server showed a key that does not check");
});

test("a refused opening says so and shows nothing", async () => {
  const { user, vault } = opened();
  await user.click(await screen.findByRole("button", { name: "Parcel portal" }));
  vault.refuse = "vault-rolled-back";
  await user.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Show" }));
  expect(await screen.findByRole("alert")).toHaveTextContent("older than this device saw before");
});
