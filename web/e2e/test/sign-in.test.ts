import type { Browser, CDPSession, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { axeFindings, openBrowser, openPage, picture } from "../src/browser";
import { PASSWORD, type Person, ask, invite, setUp, signIn } from "../src/people";
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

/** Chromium's own software authenticator: a platform passkey that verifies its user. */
async function addAuthenticator(page: Page): Promise<CDPSession> {
  const session = await page.context().newCDPSession(page);
  await session.send("WebAuthn.enable");
  await session.send("WebAuthn.addVirtualAuthenticator", {
    options: { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  });
  return session;
}

async function signOut(page: Page): Promise<void> {
  await ask(page, "DELETE", "/api/v1/session");
  await page.goto(`${server.url}/console/`);
  await page.reload();
  // Where the browser has a passkey it may answer so soon that the page is hardly seen.
  await page.getByRole("heading", { name: "Sign in" }).or(page.getByRole("navigation", { name: "Areas" })).first().waitFor();
}

test("the widget's page may be framed by our own pages and by the sites the settings name, and by nobody else", async () => {
  const policy = async () => (await fetch(`${server.url}/widget/`)).headers.get("content-security-policy") ?? "";
  expect(await policy()).toMatch(/frame-ancestors 'self'$/);
  const settings = { typing: true, presence: true, widget_origins: ["https://www.example.org"], identity_keys: [] };
  expect((await ask(admin.page, "PUT", "/api/v1/organisation/settings", settings)).status).toBe(200);
  expect(await policy()).toMatch(/frame-ancestors 'self' https:\/\/www\.example\.org$/);
  expect((await fetch(`${server.url}/console/`)).headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
});

describe("signing in", () => {
  test("a passkey enrols an account and opens it again without a password", async () => {
    const link = await invite(admin.page, "noor", "Noor Haddad", ["agent"]);
    const { page, faults } = await openPage(browser, { width: 1200, height: 860 });
    await addAuthenticator(page);
    await page.goto(link);
    await page.getByRole("textbox", { name: "New password" }).fill(PASSWORD);
    await page.getByRole("button", { name: "Set the password" }).click();
    await page.getByRole("button", { name: /^Passkey or security key/ }).click();
    expect(await axeFindings(page)).toEqual([]);
    await picture(page, "enrol-passkey");
    const create = page.getByRole("button", { name: /passkey/i }).last();
    if (!(await page.getByRole("list", { name: "Your recovery codes" }).isVisible())) await create.click();
    await page.getByRole("checkbox", { name: /kept these codes/ }).check();
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByRole("button", { name: "Open the console" }).click();
    await page.getByRole("navigation", { name: "Areas" }).waitFor();

    await signOut(page);
    // The offer in the name field is answered at once.
    await page.getByRole("navigation", { name: "Areas" }).waitFor();
    expect((await ask<{ me: { login: string } }>(page, "GET", "/api/v1/session")).body.me.login).toBe("noor");
    expect(faults).toEqual([]);
  });

  test("a code that was used is refused, a recovery code works once", async () => {
    const { page } = await openPage(browser, { width: 1200, height: 860 });
    await signIn(page, server.url, "admin", admin.authenticator);
    await signOut(page);
    const password = () => ask<{ state: string }>(page, "POST", "/api/v1/session/password", { login: "admin", password: PASSWORD });
    const recover = () => ask<{ state: string }>(page, "POST", "/api/v1/session/recovery-code", { code: admin.recoveryCodes[0] });
    expect((await password()).body.state).toBe("second-factor");
    expect((await recover()).body.state).toBe("signed-in");
    await ask(page, "DELETE", "/api/v1/session");
    expect((await password()).body.state).toBe("second-factor");
    expect((await recover()).status).toBe(422);
  });

  test("a wrong name and a wrong password get the same words", async () => {
    const answers = [];
    for (const login of ["noor", "nobody-of-this-name"]) {
      const { page, context } = await openPage(browser, { width: 1200, height: 860 });
      await page.goto(`${server.url}/console/`);
      const { status, body } = await ask<{ code: string; title: string; detail: string }>(page, "POST", "/api/v1/session/password", { login, password: "not the password" });
      answers.push([status, body.code, body.title, body.detail]);
      await context.close();
    }
    expect(answers[0]).toEqual(answers[1]);
  });

  test("the sign-in page is accessible, also in the dark and on a phone", async () => {
    for (const colorScheme of ["light", "dark"] as const) {
      const context = await browser.newContext({ viewport: { width: 360, height: 740 }, colorScheme });
      const page = await context.newPage();
      await page.goto(`${server.url}/console/`);
      await page.getByRole("heading", { name: "Sign in" }).waitFor();
      expect(await axeFindings(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
      await picture(page, `sign-in-${colorScheme}`);
      await context.close();
    }
  });
});
