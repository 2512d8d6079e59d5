import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { axeFindings, openBrowser, picture } from "../src/browser";
import { Mailbox } from "../src/mailbox";
import { type Person, invite, setUp } from "../src/people";
import { Server } from "../src/server";

const WAVE = "Those who answer customers";
const ADDRESS = "noor@example.org";

let mailbox: Mailbox;
let server: Server;
let browser: Browser;
let admin: Person;
let noor: Person;

beforeAll(async () => {
  mailbox = await Mailbox.start();
  server = await Server.start(mailbox.settings());
  browser = await openBrowser();
  admin = await setUp(browser, server.setupLink());
  noor = await setUp(browser, await invite(admin.page, "noor", "Noor Haddad", ["agent"]));
  await noor.page.goto(`${server.url}/console/#/security`);
  await noor.page.getByRole("button", { name: "Add an address" }).click();
  await noor.page.getByLabel("Your mail address").fill(ADDRESS);
  await noor.page.keyboard.press("Enter");
  const code = /\b(\d{6})\b/.exec((await mailbox.wait(ADDRESS, /^Subject: .*code/im)).text.split("\n\n").slice(1).join())?.[1];
  await noor.page.getByLabel("Code from the mail").fill(code ?? "");
  await noor.page.keyboard.press("Enter");
  await noor.page.getByText("confirmed", { exact: true }).waitFor();
});

afterAll(async () => {
  await browser.close();
  await server.remove();
  await mailbox.stop();
});

test("an administrator plans a wave by the keyboard, sees whom it asks, and that they were reminded", async () => {
  const { page } = admin;
  await page.goto(`${server.url}/console/#/settings/coverage`);
  const person = page.getByRole("row", { name: /^Noor Haddad/ });
  await person.getByText("Authenticator app").waitFor();
  expect(await person.getByText("A second factor: has it").count()).toBe(1);
  expect(await axeFindings(page)).toEqual([]);

  await page.getByRole("button", { name: "Plan a wave" }).focus();
  await page.keyboard.press("Enter");
  const form = page.getByRole("dialog");
  await form.getByRole("textbox", { name: "Name" }).fill(WAVE);
  await form.getByRole("combobox", { name: "Everybody with these roles" }).focus();
  await page.keyboard.press("ArrowDown");
  await page.getByRole("option", { name: "Agent" }).waitFor();
  while ((await page.locator("[role=option][data-combobox-selected]").innerText().catch(() => "")) !== "Agent") await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await form.getByText("1 person belongs to it. 1 of them does not have it yet.").waitFor();
  await form.getByText("Who that is (1 person)").focus();
  await page.keyboard.press("Enter");
  await form.getByRole("listitem").filter({ hasText: "Noor Haddad" }).waitFor();
  expect(await axeFindings(page)).toEqual([]);
  await picture(page, "wave-plan");
  await form.getByRole("button", { name: "Save" }).focus();
  await page.keyboard.press("Enter");
  await form.waitFor({ state: "detached" });

  const wave = page.getByRole("row", { name: new RegExp(`^${WAVE}`) });
  await wave.getByText("running").waitFor();
  await wave.getByRole("progressbar", { name: `0 of 1 people of “${WAVE}” have it` }).waitFor();
  expect(await wave.getByText("not yet").count()).toBe(1);
  await person.getByText("A passkey", { exact: true }).waitFor();
  await person.getByText(`In ${WAVE}`).waitFor();

  await noor.page.reload();
  await noor.page.getByRole("button", { name: "Add a passkey" }).waitFor();
  expect(await axeFindings(noor.page)).toEqual([]);

  // It looks for whom to remind when it starts, and every few minutes.
  await server.stop();
  await server.run();
  await mailbox.wait(ADDRESS, /^Subject: .*please add a passkey/im);
  await page.reload();
  await person.getByText(/^reminded/).waitFor();
  expect(await wave.getByText("not yet").count()).toBe(0);
  await wave.scrollIntoViewIfNeeded();
  await picture(page, "coverage");

  await page.emulateMedia({ colorScheme: "dark" });
  await page.setViewportSize({ width: 360, height: 740 });
  await person.getByText(/^reminded/).waitFor();
  expect(await axeFindings(page)).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  await picture(page, "coverage-phone-dark");
  expect([...admin.faults, ...noor.faults]).toEqual([]);
});
