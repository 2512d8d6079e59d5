import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { axeFindings, openBrowser, openPage, picture } from "../src/browser";
import { PASSWORD, type Person, invite, setUp, signIn } from "../src/people";
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

test("a stranger with password and code is disowned with one press, and the owner gets back in with a new password", async () => {
  const owner = await setUp(browser, await invite(admin.page, "noor", "Noor Haddad", ["agent"]));
  const stranger = await openPage(browser, { width: 1200, height: 860 });
  await signIn(stranger.page, server.url, "noor", owner.authenticator);
  // The stranger is not asked, and cannot say that it was the owner.
  await stranger.page.goto(`${server.url}/console/#/security`);
  await stranger.page.getByText(/It was in this browser/).waitFor();
  expect(await stranger.page.getByRole("button", { name: "Yes, it was me" }).count()).toBe(0);

  await owner.page.reload();
  await owner.page.getByText("Was this you?").waitFor();
  expect(await axeFindings(owner.page)).toEqual([]);
  await picture(owner.page, "was-this-you");
  await owner.page.getByRole("button", { name: "No, lock it" }).focus();
  await owner.page.keyboard.press("Enter");
  await owner.page.getByText(/Every session has ended, and security knows/).waitFor();
  await picture(owner.page, "disowned");

  await stranger.page.reload();
  await stranger.page.getByRole("textbox", { name: "Login name" }).fill("noor");
  await stranger.page.keyboard.press("Enter");
  await stranger.page.getByRole("textbox", { name: "Password", exact: true }).fill(PASSWORD);
  await stranger.page.keyboard.press("Enter");
  await stranger.page.getByText(/Name or password is wrong/).waitFor();

  const { page } = owner;
  await page.goto(`${server.url}/console/`);
  await page.getByRole("textbox", { name: "Login name" }).fill("noor");
  await page.keyboard.press("Enter");
  await page.getByRole("textbox", { name: "Password", exact: true }).fill(PASSWORD);
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: /^Authenticator app/ }).click();
  await page.getByRole("textbox", { name: /^Code/ }).fill(await owner.authenticator.code());
  await page.keyboard.press("Enter");
  await page.getByText(/somebody else signed in with your password/).waitFor();
  await page.getByLabel("Present password").fill(PASSWORD);
  await page.getByLabel("New password").first().fill("another otter in the pines");
  await page.getByRole("button", { name: "Set the new password" }).click();
  await page.getByRole("navigation", { name: "Areas" }).waitFor();
});
