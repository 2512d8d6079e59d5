import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { axeFindings, openBrowser, openPage, picture } from "../src/browser";
import { type Person, ask, invite, setUp } from "../src/people";
import { OpenIdProvider, SECRET } from "../src/provider";
import { Server } from "../src/server";

let server: Server;
let browser: Browser;
let admin: Person;
const providers: OpenIdProvider[] = [];

beforeAll(async () => {
  server = await Server.start();
  browser = await openBrowser();
  admin = await setUp(browser, server.setupLink());
});

afterAll(async () => {
  for (const provider of providers) provider.stop();
  await browser.close();
  await server.remove();
});

async function startProvider(algorithm: Parameters<typeof OpenIdProvider.start>[1]): Promise<OpenIdProvider> {
  const provider = await OpenIdProvider.start(`${server.url}/console/`, algorithm);
  providers.push(provider);
  return provider;
}

async function save(provider: OpenIdProvider): Promise<void> {
  const { version } = (await ask<{ version: number }>(admin.page, "GET", "/api/v1/single-sign-on")).body;
  const settings = {
    enabled: true, name: "Example", issuer: provider.issuer, client_id: "wardesk", scopes: ["profile"], second_factor_acr: ["strong"], second_factor_amr: [], phishing_resistant_acr: [], phishing_resistant_amr: [],
    groups_claim: "groups", create: true, groups: [{ group: "Desk", role: "agent", team: null }],
  };
  const answer = await ask(admin.page, "PUT", "/api/v1/single-sign-on", { settings, client_secret: SECRET, version });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
}

async function signInAtProvider(): Promise<Page> {
  const { page } = await openPage(browser, { width: 1200, height: 860 });
  await page.goto(`${server.url}/console/`);
  await page.getByRole("button", { name: "Sign in with Example" }).click();
  await page.waitForURL((url) => url.pathname === "/console/" && url.search === "");
  return page;
}

interface Seen { state: string; me: { login: string; roles: string[] } | null }
const session = async (page: Page) => (await ask<Seen>(page, "GET", "/api/v1/session")).body;

describe("single sign-on with a provider that others wrote", () => {
  test("an administrator sets it up on the screen, tries it, and sees what is wrong", async () => {
    const provider = await startProvider("RS256");
    const { page, faults } = admin;
    await page.goto(`${server.url}/console/#/settings/single-sign-on`);
    await page.getByRole("textbox", { name: "Issuer" }).fill(`${provider.issuer}/`);
    await page.getByRole("button", { name: "Try it" }).click();
    await page.getByText("Nobody can sign in like this").waitFor();
    await page.getByRole("textbox", { name: "Issuer" }).fill(provider.issuer);
    await page.getByRole("button", { name: "Try it" }).click();
    await page.getByText("The provider can be used").waitFor();
    await page.getByRole("textbox", { name: "Name", exact: true }).fill("Example");
    await page.getByRole("textbox", { name: "Client id" }).fill("wardesk");
    await page.getByLabel("Client secret").fill(SECRET);
    await page.getByRole("switch", { name: "Staff may sign in through it" }).check({ force: true });
    await picture(page, "single-sign-on");
    expect(await axeFindings(page)).toEqual([]);
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved.").waitFor();
    expect(JSON.stringify((await ask(page, "GET", "/api/v1/single-sign-on")).body)).not.toContain(SECRET);
    expect(faults).toEqual([]);
  });

  test("a person binds their account under my security, and signs in with it, in one press", async () => {
    const provider = providers[0]!;
    await save(provider);
    provider.visitor = { sub: "ada-at-example", acr: "strong", groups: ["Desk"] };
    const ada = await setUp(browser, await invite(admin.page, "ada", "Ada Example", ["agent"]));
    await ada.page.goto(`${server.url}/console/#/security`);
    await ada.page.getByRole("button", { name: "Bind", exact: true }).click();
    await ada.page.getByRole("button", { name: "Unbind" }).waitFor();
    expect(ada.page.url()).toBe(`${server.url}/console/#/security`);
    await picture(ada.page, "single-sign-on-bound");
    const page = await signInAtProvider();
    await page.getByRole("navigation", { name: "Areas" }).waitFor();
    expect((await session(page)).me?.login).toBe("ada");
    provider.visitor = { sub: "ada-at-example", acr: "weak", groups: ["Desk"] };
    const weak = await signInAtProvider();
    await weak.getByRole("button", { name: /^Authenticator app/ }).waitFor();
    expect((await session(weak)).state).toBe("second-factor");
  });

  test.each(["ES256", "PS256", "EdDSA"] as const)("an ID token signed with %s counts", async (algorithm) => {
    const provider = await startProvider(algorithm);
    await save(provider);
    provider.visitor = { sub: `new-${algorithm.toLowerCase()}`, acr: "strong", groups: ["Desk"] };
    const page = await signInAtProvider();
    await page.getByRole("navigation", { name: "Areas" }).waitFor();
    expect((await session(page)).me).toMatchObject({ login: `new-${algorithm.toLowerCase()}`, roles: ["agent"] });
  });
});
