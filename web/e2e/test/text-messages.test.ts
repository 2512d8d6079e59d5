import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { axeFindings, openBrowser, openPage, picture } from "../src/browser";
import { Gateway } from "../src/gateway";
import { PASSWORD, type Person, ask, invite, setUp } from "../src/people";
import { Server } from "../src/server";

let gateway: Gateway;
let server: Server;
let browser: Browser;
let admin: Person;

beforeAll(async () => {
  gateway = await Gateway.start();
  server = await Server.start(gateway.settings());
  browser = await openBrowser();
  admin = await setUp(browser, server.setupLink());
});

afterAll(async () => {
  await browser.close();
  await server.remove();
  await gateway.stop();
});

async function password(page: Page, login: string): Promise<void> {
  await page.goto(`${server.url}/console/`);
  await page.getByRole("textbox", { name: "Login name" }).fill(login);
  await page.keyboard.press("Enter");
  await page.getByRole("textbox", { name: "Password", exact: true }).fill(PASSWORD);
  await page.keyboard.press("Enter");
}

test("an agent sets up an account with a number, and signs in by the code that was sent there, with the keyboard alone", async () => {
  const link = await invite(admin.page, "noor", "Noor Haddad", ["agent"]);
  const { page, faults } = await openPage(browser, { width: 1200, height: 860 });
  await page.goto(link);
  await page.getByRole("textbox", { name: "New password" }).fill(PASSWORD);
  await page.getByRole("button", { name: "Set the password" }).click();
  await page.getByRole("button", { name: /^Text message/ }).click();
  expect(await axeFindings(page)).toEqual([]);
  await page.getByRole("textbox", { name: "Telephone number" }).fill("+49 151 23456789");
  await page.keyboard.press("Enter");
  await page.getByText("A code is on its way to +49 … 89").waitFor();
  expect(await axeFindings(page)).toEqual([]);
  await picture(page, "enrol-number");
  const first = await gateway.code(0);
  expect(gateway.messages[0]?.to).toBe("+4915123456789");
  const field = page.getByRole("textbox", { name: /^Code/ });
  expect(await field.getAttribute("autocomplete")).toBe("one-time-code");
  await field.fill(first);
  await page.keyboard.press("Enter");
  const codes = page.getByRole("list", { name: "Your recovery codes" }).getByRole("listitem");
  await codes.first().waitFor();
  await page.getByRole("checkbox", { name: /kept these codes/ }).check();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("button", { name: "Open the console" }).click();
  await page.getByRole("navigation", { name: "Areas" }).waitFor();
  const stepUp = await ask<{ code: string }>(page, "POST", "/api/v1/factors/totp", {});
  expect([stepUp.status, stepUp.body.code]).toEqual([403, "step-up-required"]);

  await ask(page, "DELETE", "/api/v1/session");
  await page.reload();
  await password(page, "noor");
  await page.getByRole("button", { name: /^Text message/ }).focus();
  await page.keyboard.press("Enter");
  const send = page.getByRole("button", { name: "Send me a code" });
  const typed = page.getByRole("textbox", { name: /^Code/ });
  await send.focus();
  await page.keyboard.press("Enter");
  // The code of the set-up was sent half a minute ago, or less: then the next one has to wait.
  const early = page.getByRole("button", { name: /^Try again in/ });
  await typed.or(early).waitFor();
  if (await early.isVisible()) {
    await send.waitFor({ timeout: 60_000 });
    await send.focus();
    await page.keyboard.press("Enter");
    await typed.waitFor();
  }
  const second = await gateway.code(1);
  await page.getByRole("button", { name: /^A new code can be sent in/ }).waitFor();
  await page.getByRole("button", { name: "Use another way" }).waitFor();
  expect(await axeFindings(page)).toEqual([]);
  await picture(page, "sign-in-text-message");
  await page.getByRole("textbox", { name: /^Code/ }).fill(second);
  await page.keyboard.press("Enter");
  await page.getByRole("navigation", { name: "Areas" }).waitFor();
  expect(faults.filter((fault) => !/403|429/.test(fault))).toEqual([]);
  expect(server.output()).not.toMatch(/23456789/);
});

test("an administrator adds a number beside the app, sees that it is not in use yet, and who has what names it", async () => {
  await admin.page.goto(`${server.url}/console/#/security`);
  await admin.page.getByRole("button", { name: "Add a factor" }).click();
  await admin.page.getByRole("button", { name: /^Text message/ }).click();
  await admin.page.getByRole("textbox", { name: "Telephone number" }).fill("+49 151 98765432");
  const before = gateway.messages.length;
  await admin.page.getByRole("button", { name: "Send me a code" }).click();
  const code = await gateway.code(before);
  await admin.page.getByRole("textbox", { name: /^Code/ }).fill(code);
  await admin.page.getByRole("button", { name: "Confirm" }).click();
  await admin.page.getByText("+49 … 32 not yet in use").waitFor();
  expect(await axeFindings(admin.page)).toEqual([]);
  await picture(admin.page, "number-held");
  const state = await ask<{ items: { login: string; factors: string[] }[] }>(admin.page, "GET", "/api/v1/staff");
  expect(state.body.items.find((person) => person.login === "noor")?.factors).toEqual(["recovery", "sms"]);
  expect(await admin.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
});

test("who administers is told to have something better first", async () => {
  const link = await invite(admin.page, "omar", "Omar Said", ["security-officer"]);
  const { page } = await openPage(browser, { width: 360, height: 740 });
  await page.goto(link);
  await page.getByRole("textbox", { name: "New password" }).fill(PASSWORD);
  await page.getByRole("button", { name: "Set the password" }).click();
  await page.getByText(/A telephone number can be added too, once you have an app or a passkey/).waitFor();
  expect(await page.getByRole("button", { name: /^Text message/ }).count()).toBe(0);
  expect(await axeFindings(page)).toEqual([]);
});
