import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import type { EntryParts } from "@wardesk/crypto/messenger";
import { FakeMessenger } from "../harness/messenger";
import { NoImport, readImport } from "../src/team-vault/import";
import { data, openConsole } from "./desk";

const FOLDER = data.id("fol", 1);
const entry = (title: string, login: string, secret: string, url = "", notes = ""): EntryParts => ({ list: { title, login, url }, secret: { secret, notes }, dueOn: null });
const login = (name: string, username: string | null, password: string | null, more: object = {}) => ({ type: 1, name, notes: null, login: { username, password, uris: [{ uri: "https://a.example" }, { uri: "https://b.example" }], totp: null }, ...more });
/** The browser of the tests has no `Blob.text`. */
const file = (text: string) => Object.assign(new File([text], "export.json", { type: "application/json" }), { text: async () => text });
const bitwarden = (...items: unknown[]) => JSON.stringify({ encrypted: false, folders: [], items });

test("an export of Bitwarden is read; further addresses, fields and the seed go into the notes", () => {
  const item = login("Carrier", "desk", "s3cret", { notes: "Ask Lea", fields: [{ name: "PIN", value: "1234" }] });
  item.login.totp = "JBSWY3DP" as never;
  expect(readImport(bitwarden(item), [])).toEqual({ format: "bitwarden", entries: [entry("Carrier", "desk", "s3cret", "https://a.example", "Ask Lea\nhttps://b.example\nTOTP: JBSWY3DP\nPIN: 1234")], rejected: [] });
});

test("what cannot be an entry is left out with its reason", () => {
  const text = bitwarden({ type: 2, name: "A note" }, login("No password", "a", null), login(" ", "a", "b"), login("Twice", "Desk", "1"), login("twice", "desk ", "2"), login("Long", "a", "x".repeat(2001)), null);
  const { entries, rejected } = readImport(text, []);
  expect(entries.map((one) => one.list.title)).toEqual(["Twice"]);
  expect(rejected.map(({ row, reason }) => [row, reason])).toEqual([[1, "kind"], [2, "no-secret"], [3, "no-title"], [5, "duplicate"], [6, "too-long"], [7, "kind"]]);
});

test("what stands in the folder already is not taken twice", () => {
  const present = [{ id: data.id("ent", 1), version: 1, list: { title: "Parcel Portal", login: "desk", url: "" }, dueOn: null, rotate: false, changedBy: "", changedAt: "", lastUsedBy: null, lastUsedAt: null }];
  expect(readImport(bitwarden(login("parcel portal", "Desk", "x"), login("Parcel portal", "other", "x")), present).rejected).toEqual([{ row: 1, name: "parcel portal", reason: "duplicate" }]);
});

test("a CSV file of KeePassXC is read, with commas, quotes and lines inside of cells", () => {
  const text = '\uFEFF"Group","Title","Username","Password","URL","Notes","TOTP"\r\n"Root","Depot, north","desk","a""b\\","https://d.example","one\ntwo","otpauth://x"\r\n"Root","Short row"\r\n';
  expect(readImport(text, [])).toEqual({ format: "keepass", entries: [entry("Depot, north", "desk", 'a"b\\', "https://d.example", "one\ntwo\nTOTP: otpauth://x")], rejected: [{ row: 2, name: "Short row", reason: "columns" }] });
});

test("a CSV file of KeePass is read, with its own way to write quotes", () => {
  const text = '"Account","Login Name","Password","Web Site","Comments"\n"Depot","desk","a\\"b\\\\","https://d.example","No\\\\tes"\n\n';
  expect(readImport(text, []).entries).toEqual([entry("Depot", "desk", 'a"b\\', "https://d.example", "No\\tes")]);
});

test.each([
  ["encrypted", JSON.stringify({ encrypted: true, items: [] })],
  ["unknown", "{ broken"],
  ["unknown", '{"items":5}'],
  ["unknown", "some,other\ncsv,file\n"],
  ["unknown", ""],
  ["too-many", bitwarden(...Array.from({ length: 2001 }, (_, n) => login(`${n}`, "a", "b")))],
])("a file that is %s is refused as a whole", (why, text) => {
  expect(() => readImport(text, [])).toThrow(expect.objectContaining({ why }) as NoImport);
});

test("an import is shown before it is sealed, and sent in batches", async () => {
  const messenger = new FakeMessenger();
  const { user } = openConsole(`/vault/${FOLDER}`, { messenger });
  await user.click(await screen.findByRole("button", { name: "More about this folder" }));
  await user.click(await screen.findByRole("menuitem", { name: "Import" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Import into Carriers" }));
  const items = [...Array.from({ length: 30 }, (_, n) => login(`Portal ${n}`, "desk", `secret ${n}`)), login("Depot list", "depot-7", "x"), { type: 3, name: "A card" }];
  await user.upload(document.querySelector<HTMLInputElement>("input[type=file]")!, file(bitwarden(...items)));
  expect(await dialog.findByText("30 entries can be taken over")).toBeVisible();
  const left = within(dialog.getByRole("list", { name: "Left out" })).getAllByRole("listitem").map((item) => item.textContent);
  expect(left).toEqual(["Depot listIt is in the folder already", "A cardIt is no log-in"]);
  expect(messenger.vault.calls.filter((one) => one.act === "add")).toEqual([]);
  await user.click(dialog.getByRole("button", { name: "Seal and save 30 entries" }));
  await waitFor(() => expect(messenger.vault.calls.filter((one) => one.act === "add").map((one) => (one.args[1] as unknown[]).length)).toEqual([25, 5]));
  expect(await screen.findByRole("button", { name: "Portal 29" })).toBeVisible();
});

test("after a failure the import goes on behind what is there", async () => {
  const messenger = new FakeMessenger();
  const { user } = openConsole(`/vault/${FOLDER}`, { messenger });
  await user.click(await screen.findByRole("button", { name: "More about this folder" }));
  await user.click(await screen.findByRole("menuitem", { name: "Import" }));
  const dialog = within(await screen.findByRole("dialog"));
  await user.upload(document.querySelector<HTMLInputElement>("input[type=file]")!, file(bitwarden(login("One", "a", "b"))));
  messenger.vault.refuse = "offline";
  await user.click(await dialog.findByRole("button", { name: "Seal and save 1 entry" }));
  expect(await dialog.findByRole("alert")).toBeVisible();
  await user.click(dialog.getByRole("button", { name: "Seal and save 1 entry" }));
  expect(await screen.findByRole("button", { name: "One" })).toBeVisible();
});
