import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { axeFindings, openBrowser, picture } from "../src/browser";
import { type Person, ask, invite, setUp } from "../src/people";
import { Server, until } from "../src/server";

const FOLDER = "Carriers and portals";
const TITLE = "Parcel portal Kingfisher";
const SECRET = "heron-basalt-mitten-4417";

/** Holds a list of breached passwords that has the secret. */
const lists = mkdtempSync(join(tmpdir(), "wardesk-e2e-list-"));
let server: Server;
let browser: Browser;
let admin: Person;
let lea: Person;
let ben: Person;

beforeAll(async () => {
  server = await Server.start(`breach_corpus = ${JSON.stringify(corpusWith(SECRET))}\n`);
  browser = await openBrowser();
  admin = await setUp(browser, server.setupLink());
  lea = await setUp(browser, await invite(admin.page, "lea", "Lea Lindqvist", ["team-lead"]));
  ben = await setUp(browser, await invite(admin.page, "ben", "Ben Rivera", ["agent"]));
  for (const { page } of [lea, ben]) {
    await page.getByRole("button", { name: "Make it a device" }).click();
    await page.getByRole("navigation", { name: "Views" }).waitFor();
  }
});

afterAll(async () => {
  await browser.close();
  await server.remove();
  rmSync(lists, { recursive: true, force: true });
});

/** What `wardesk breach import` makes of a list with one password, seen 17 times. */
function corpusWith(password: string): string {
  const [list, corpus] = [join(lists, "list.txt"), join(lists, "corpus.wdb")];
  writeFileSync(list, `${createHash("sha1").update(password).digest("hex").toUpperCase()}:17\n`);
  execFileSync(process.env["WARDESK_BIN"]!, ["breach", "import", list, "--full", "--output", corpus]);
  return corpus;
}

const openVault = (page: Page) => page.getByRole("navigation", { name: "Areas" }).getByRole("link", { name: "Vault" }).click();
const entry = (page: Page) => page.getByRole("button", { name: TITLE });

/** The vault is looked at anew, as when somebody comes to the page. */
async function lookAgain(page: Page): Promise<void> {
  await page.reload();
  await page.getByRole("navigation", { name: "Areas" }).waitFor();
}

describe("two people share a folder, and one leaves", () => {
  test("a team lead makes a folder by the keyboard alone, and seals the first entry", async () => {
    const { page } = lea;
    await openVault(page);
    await page.getByRole("heading", { name: "No shared secrets yet" }).waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await picture(page, "vault-empty");
    await page.getByRole("button", { name: "New folder" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    await page.getByRole("textbox", { name: "Name" }).waitFor();
    await until("the name has the focus", () => page.evaluate(() => document.activeElement?.tagName === "INPUT"));
    await page.keyboard.type(FOLDER);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: FOLDER }).waitFor();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.keyboard.press("n");
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("textbox", { name: "Title" }).fill(TITLE);
    await dialog.getByRole("textbox", { name: "Log-in" }).fill("northwind-desk");
    await dialog.getByLabel(/^Secret/).fill(SECRET);
    await page.keyboard.press("Enter");
    await entry(page).waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await picture(page, "vault");
  });

  test("a colleague's browser gets the key by itself, and who opened the secret is seen", async () => {
    await lookAgain(lea.page);
    await openVault(ben.page);
    await ben.page.getByRole("link", { name: new RegExp(FOLDER) }).click();
    await entry(ben.page).click();
    await ben.page.getByRole("dialog").getByRole("button", { name: "Show" }).first().click();
    await ben.page.getByText(SECRET).waitFor();
    expect(await axeFindings(ben.page)).toEqual([]);
    await picture(ben.page, "vault-entry");
    await lookAgain(lea.page);
    await entry(lea.page).click();
    await lea.page.getByRole("region", { name: "History" }).getByText("Ben Rivera").waitFor();
    await lea.page.keyboard.press("Escape");
  });

  test("the folder is looked through for breached passwords, and taken away as a file", async () => {
    const { page } = lea;
    const choose = async (item: string) => {
      await page.getByRole("button", { name: "More about this folder" }).click();
      await page.getByRole("menuitem", { name: item }).click();
      await page.getByRole("menu").waitFor({ state: "detached" });
      return page.getByRole("dialog");
    };
    const check = await choose("Look for breached passwords");
    await check.getByRole("button", { name: "Open and check 1 entry" }).click();
    await check.getByText("1 secret is in a breach").waitFor();
    await check.getByText("seen 17 times").waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await picture(page, "vault-check");
    await page.keyboard.press("Escape");
    const dialog = await choose("Export");
    expect(await axeFindings(page)).toEqual([]);
    await picture(page, "vault-export");
    const [file] = await Promise.all([page.waitForEvent("download"), dialog.getByRole("button", { name: "Open and export 1 entry" }).click()]);
    const items = (JSON.parse(readFileSync(await file.path(), "utf8")) as { items: { name: string; login: { password: string } }[] }).items;
    expect(items.map(({ name, login }) => [name, login.password])).toEqual([[TITLE, SECRET]]);
  });

  test("who leaves is shut out; the folder gets a new key by itself, and what they knew is marked", async () => {
    const folders = async () => (await ask<{ items: { key: { version: number }; rekey: boolean; rotate: number }[] }>(lea.page, "GET", `/api/v1/team-vault/folders?device=${await device()}`)).body.items;
    const device = async () => (await ask<{ items: { id: string }[] }>(lea.page, "GET", "/api/v1/devices")).body.items[0]!.id;
    expect((await folders())[0]).toMatchObject({ key: { version: 1 }, rekey: false });
    const staff = await ask<{ items: { id: string; login: string }[] }>(admin.page, "GET", "/api/v1/staff");
    const answer = await disable(staff.body.items.find((one) => one.login === "ben")!.id);
    expect(answer).toBeLessThan(300);
    await ben.page.getByRole("textbox", { name: "Login name" }).waitFor();
    await lookAgain(lea.page);
    await until("the folder has a new key", async () => (await folders())[0]!.key.version === 2);
    expect((await folders())[0]).toMatchObject({ rekey: false, rotate: 1 });
    await lookAgain(lea.page);
    await lea.page.getByText("1 secret is known to somebody who left").waitFor();
    await picture(lea.page, "vault-rotate");
    await entry(lea.page).click();
    await lea.page.getByRole("dialog").getByRole("button", { name: "Show" }).first().click();
    await lea.page.getByText(SECRET).waitFor();
    await lea.page.getByRole("button", { name: "Change" }).click();
    await lea.page.getByLabel(/^Secret/).fill("another-otter-quay-9920");
    await lea.page.getByRole("button", { name: "Seal and save" }).click();
    await lea.page.getByText("1 secret is known to somebody who left").waitFor({ state: "detached" });
    expect(lea.faults).toEqual([]);
  });

  test("nothing of it stands in the data folder of the server", () => {
    const files = readdirSync(server.folder, { recursive: true }).map((name) => join(server.folder, String(name))).filter((name) => statSync(name).isFile());
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) for (const clear of [FOLDER, TITLE, SECRET, "northwind-desk"]) expect(readFileSync(file).includes(clear), `${clear} in ${file}`).toBe(false);
  });
});

/** Disabling asks for a fresh factor, shown through the interface. */
async function disable(staff: string): Promise<number> {
  const path = `/api/v1/staff/${staff}/disable`;
  const first = await ask(admin.page, "POST", path, {});
  if (first.status !== 403) return first.status;
  const shown = await ask(admin.page, "POST", "/api/v1/step-up/totp", { code: await admin.authenticator.code() });
  expect(shown.status).toBe(200);
  return (await ask(admin.page, "POST", path, {})).status;
}
