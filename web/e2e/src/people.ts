import type { Browser, BrowserContext, Page } from "playwright-core";
import { openPage } from "./browser";
import { Authenticator } from "./totp";

export const PASSWORD = "copper lantern drifts seven";

/** A staff member at a browser. */
export interface Person {
  context: BrowserContext;
  page: Page;
  faults: string[];
  authenticator: Authenticator;
  recoveryCodes: string[];
}

/** Walks the whole way from a one-time link to the console, with an authenticator app. */
export async function setUp(browser: Browser, link: string): Promise<Person> {
  const { context, page, faults } = await openPage(browser, { width: 1440, height: 900 });
  await page.goto(link);
  await page.getByRole("textbox", { name: "New password" }).fill(PASSWORD);
  await page.getByRole("button", { name: "Set the password" }).click();
  await page.getByRole("button", { name: /^Authenticator app/ }).click();
  await page.getByRole("img", { name: /^QR code/ }).waitFor();
  const secret = /[A-Z2-7]{4}( [A-Z2-7]{4}){5,}/.exec(await page.locator("main").innerText())?.[0];
  if (!secret) throw new Error("the text secret is not shown beside the QR code");
  const authenticator = new Authenticator(secret);
  await page.getByRole("textbox", { name: /^Code/ }).fill(await authenticator.code());
  await page.getByRole("button", { name: "Confirm" }).click();
  const codes = page.getByRole("list", { name: "Your recovery codes" }).getByRole("listitem");
  await codes.first().waitFor();
  const recoveryCodes = await codes.allInnerTexts();
  await page.getByRole("checkbox", { name: /kept these codes/ }).check();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("button", { name: "Open the console" }).click();
  await page.getByRole("navigation", { name: "Areas" }).waitFor();
  return { context, page, faults, authenticator, recoveryCodes };
}

/** Signs in with login, password and the authenticator app. */
export async function signIn(page: Page, url: string, login: string, authenticator: Authenticator): Promise<void> {
  await page.goto(`${url}/console/`);
  await page.getByRole("textbox", { name: "Login name" }).fill(login);
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("textbox", { name: "Password", exact: true }).fill(PASSWORD);
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: /^Authenticator app/ }).click();
  await page.getByRole("textbox", { name: /^Code/ }).fill(await authenticator.code());
  await page.keyboard.press("Enter");
  await page.getByRole("navigation", { name: "Areas" }).waitFor();
}

/** Asks the API from inside the page, with its session. */
export async function ask<T>(page: Page, method: string, path: string, body?: unknown): Promise<{ status: number; body: T }> {
  return page.evaluate(
    async ([method, path, body]) => {
      const response = await fetch(path, { method, headers: { "content-type": "application/json" }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
      const text = await response.text();
      return { status: response.status, body: text ? JSON.parse(text) : null };
    },
    [method, path, body] as [string, string, unknown],
  );
}

/** Invites somebody; their one-time link. */
export async function invite(administrator: Page, login: string, name: string, roles: string[]): Promise<string> {
  const teams = await ask<{ items: { id: string }[] }>(administrator, "GET", "/api/v1/teams");
  const answer = await ask<{ invitation_url: string }>(administrator, "POST", "/api/v1/staff", { login, name, roles, teams: teams.body.items.map((team) => team.id) });
  if (answer.status !== 200) throw new Error(`the invitation was refused: ${JSON.stringify(answer.body)}`);
  return answer.body.invitation_url;
}
