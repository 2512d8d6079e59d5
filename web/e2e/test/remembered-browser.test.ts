import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { axeFindings, openBrowser, picture } from "../src/browser";
import { PASSWORD, type Person, ask, invite, setUp } from "../src/people";
import { Server } from "../src/server";

let server: Server;
let browser: Browser;
let admin: Person;

beforeAll(async () => {
  server = await Server.start();
  browser = await openBrowser();
  admin = await setUp(browser, server.setupLink());
});

afterAll(async () => {
  await browser.close();
  await server.remove();
});

async function signOut(page: Page): Promise<void> {
  await ask(page, "DELETE", "/api/v1/session");
  await page.goto(`${server.url}/console/`);
  await page.reload();
}

async function typePassword(page: Page): Promise<void> {
  await page.getByRole("textbox", { name: "Login name" }).fill("noor");
  await page.keyboard.press("Enter");
  await page.getByRole("textbox", { name: "Password", exact: true }).fill(PASSWORD);
  await page.keyboard.press("Enter");
}

test("where a role allows it the password is enough in a browser that showed both factors, until security signs its owner out", async () => {
  const limits = { version: 0, idle_minutes: 60, longest_minutes: 480, remember_days: 7, reason: "The office is locked." };
  expect((await ask(admin.page, "PUT", "/api/v1/session-policies/agent", limits)).status).toBe(200);
  const { page, authenticator } = await setUp(browser, await invite(admin.page, "noor", "Noor Haddad", ["agent"]));

  await signOut(page);
  await typePassword(page);
  await page.getByRole("button", { name: /^Authenticator app/ }).click();
  await page.getByRole("checkbox", { name: /Do not ask me for a code in this browser for 7 days/ }).check();
  await page.getByRole("textbox", { name: /^Code/ }).fill(await authenticator.code());
  await page.keyboard.press("Enter");
  await page.getByRole("navigation", { name: "Areas" }).waitFor();

  await signOut(page);
  await typePassword(page);
  await page.getByRole("navigation", { name: "Areas" }).waitFor();
  await page.goto(`${server.url}/console/#/security`);
  const known = page.getByRole("region", { name: "Known browsers" });
  await known.getByText(/The password alone is enough here until/).first().waitFor();
  await known.scrollIntoViewIfNeeded();
  expect(await axeFindings(page)).toEqual([]);
  await picture(page, "known-browsers");

  await admin.page.goto(`${server.url}/console/#/staff`);
  await admin.page.reload();
  await admin.page.getByRole("button", { name: "Noor Haddad: more to do" }).click();
  await admin.page.getByRole("menuitem", { name: "Known browsers…" }).click();
  await admin.page.getByText(/The password alone is enough here until/).first().waitFor();
  await picture(admin.page, "known-browsers-of-a-colleague");
  await admin.page.getByRole("button", { name: "Sign out everywhere" }).click();
  await admin.page.getByText(/Noor Haddad is signed out of/).waitFor();

  await page.goto(`${server.url}/console/`);
  await page.reload();
  await typePassword(page);
  await page.getByRole("button", { name: /^Authenticator app/ }).waitFor();
});
