import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type Server as Site, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { axeFindings, openBrowser, openPage, picture } from "../src/browser";
import { Mailbox } from "../src/mailbox";
import { CHROMIUM_AAGUID, PasskeyHolder, batchCertificate } from "../src/passkeys";
import { PASSWORD, type Person, ask, invite, setUp } from "../src/people";
import { rootFor } from "../src/root-certificate";
import { Server } from "../src/server";

const SIZE = { width: 1200, height: 860 };
const MAKE = "Chromium's own";

let mailbox: Mailbox;
let folder: string;
let batch: Buffer;
let server: Server;
let browser: Browser;
let admin: Person;
/** Noor's browser: a passkey of the platform is her only second factor. */
let page: Page;
let holder: PasskeyHolder;
let recoveryCodes: string[];

beforeAll(async () => {
  mailbox = await Mailbox.start();
  browser = await openBrowser();
  folder = mkdtempSync(join(tmpdir(), "wardesk-makes-"));
  const maker = await openPage(browser, SIZE);
  batch = await batchCertificate(maker.page);
  writeFileSync(join(folder, "root.pem"), rootFor(batch, "other-key"));
  await maker.context.close();
  const makes = join(folder, "makes.toml");
  writeFileSync(makes, `[[make]]\naaguid = "${CHROMIUM_AAGUID}"\nname = "${MAKE}"\nroots = ["root.pem"]\n`);
  server = await Server.start(`key_makes = "${makes}"\n${mailbox.settings()}`);
  admin = await setUp(browser, server.setupLink());
  ({ page } = await openPage(browser, SIZE));
  holder = await PasskeyHolder.of(page, { transport: "internal" });
});

afterAll(async () => {
  await browser?.close();
  await server?.remove();
  await mailbox?.stop();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

const inside = (where: Page) => where.getByRole("navigation", { name: "Areas" });
const who = async (where: Page) => (await ask<{ state: string; me?: { login: string } }>(where, "GET", "/api/v1/session")).body;

/** Notes how pages of this browser ask for passkeys from now on. */
async function listen(where: Page): Promise<void> {
  await where.context().addInitScript(() => {
    const asked: string[] = [];
    Object.assign(window, { asked });
    const get = navigator.credentials.get.bind(navigator.credentials);
    navigator.credentials.get = (wish) => {
      asked.push(wish?.mediation ?? "dialog");
      return get(wish);
    };
  });
}

const asked = (where: Page) => where.evaluate(() => (window as unknown as { asked: string[] }).asked);

async function signOut(where: Page): Promise<void> {
  await ask(where, "DELETE", "/api/v1/session");
  await openSignIn(where);
}

async function openSignIn(where: Page): Promise<void> {
  await where.goto(`${server.url}/console/`);
  await where.reload();
}

/** Has what happens to an account told to a mail address of its owner's. */
async function tellTo(where: Page, address: string): Promise<void> {
  await where.goto(`${server.url}/console/#/security`);
  await where.getByRole("button", { name: "Add an address" }).click();
  await where.getByLabel("Your mail address").fill(address);
  await where.keyboard.press("Enter");
  const code = /\b(\d{6})\b/.exec((await mailbox.wait(address, /^Subject: .*code/im)).text.split("\n\n").slice(1).join())?.[1];
  await where.getByLabel("Code from the mail").fill(code ?? "");
  await where.keyboard.press("Enter");
  await where.getByText("confirmed", { exact: true }).waitFor();
}

/** Asks for the question, has the page's browser answer it, and hands the answer in: what a script of ours or of others can do. */
async function relay(where: Page, change: object = {}): Promise<{ status: number; cookies: string | null }> {
  const headers = { "content-type": "application/json", origin: server.url };
  const asked = await fetch(`${server.url}/api/v1/session/passkey/options`, { method: "POST", headers, body: "{}" });
  const { ceremony, options } = (await asked.json()) as { ceremony: string; options: object };
  const credential = await where.evaluate(async (options) => {
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options as PublicKeyCredentialRequestOptionsJSON);
    return ((await navigator.credentials.get({ publicKey })) as PublicKeyCredential).toJSON();
  }, { ...options, ...change });
  const answered = await fetch(`${server.url}/api/v1/session/passkey`, { method: "POST", headers, body: JSON.stringify({ ceremony, credential }) });
  return { status: answered.status, cookies: answered.headers.get("set-cookie") };
}

test("a passkey of the platform enrols an account, and opens it again without a name", async () => {
  await page.goto(await invite(admin.page, "noor", "Noor Haddad", ["agent"]));
  await page.getByRole("textbox", { name: "New password" }).fill(PASSWORD);
  await page.getByRole("button", { name: "Set the password" }).click();
  await page.getByRole("button", { name: /^Passkey or security key/ }).click();
  await page.getByRole("button", { name: "Make a passkey" }).click();
  const codes = page.getByRole("list", { name: "Your recovery codes" }).getByRole("listitem");
  await codes.first().waitFor();
  recoveryCodes = await codes.allInnerTexts();
  await page.getByRole("checkbox", { name: /kept these codes/ }).check();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("button", { name: "Open the console" }).click();
  await inside(page).waitFor();
  const kept = await holder.credentials();
  expect(kept.map(({ isResidentCredential, rpId }) => [isResidentCredential, rpId])).toEqual([[true, "localhost"]]);

  await listen(page);
  // Nobody touches it yet: the offer in the name field waits, and the page with it.
  await holder.isTouched(false);
  await signOut(page);
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await expect.poll(() => asked(page)).toEqual(["conditional"]);
  await holder.isTouched(true);
  await page.getByRole("button", { name: "Use a passkey" }).click();
  await inside(page).waitFor();
  expect((await who(page)).me?.login).toBe("noor");
});

test("the passkey that is offered in the name field signs in without a key pressed", async () => {
  await holder.isTouched(false);
  await signOut(page);
  const field = page.getByRole("textbox", { name: "Login name" });
  await field.waitFor();
  expect(await field.getAttribute("autocomplete")).toBe("username webauthn");
  expect((await who(page)).state).toBe("signed-out");
  await listen(page);
  await holder.isTouched(true);
  await page.reload();
  await inside(page).waitFor();
  expect(await asked(page)).toEqual(["conditional"]);
  expect((await who(page)).me?.login).toBe("noor");
});

describe("a passkey that does not verify its user", () => {
  test("is not shown by the browser, and the page says what to do", async () => {
    await holder.verifiesUser(false);
    await signOut(page);
    await page.getByRole("button", { name: "Use a passkey" }).click();
    await page.getByText("The passkey was not shown. Try again, or use another way.").waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await picture(page, "passkey-not-shown");
  });

  test("is refused by the server where a script did without", async () => {
    const { status, cookies } = await relay(page, { userVerification: "discouraged" });
    expect([status, cookies]).toEqual([422, null]);
    expect((await who(page)).state).toBe("signed-out");
    // The same way with a user who is verified goes: it was that alone.
    await holder.verifiesUser(true);
    expect((await relay(page)).status).toBe(200);
  });
});

describe("a page that passes for ours", () => {
  let site: Site;
  let port: number;

  beforeAll(async () => {
    site = createServer((_, answer) => answer.setHeader("content-type", "text/html").end("<!doctype html><title>Wardesk</title>"));
    await new Promise<void>((done) => site.listen(0, "127.0.0.1", done));
    ({ port } = site.address() as AddressInfo);
  });

  afterAll(() => void site.close());

  test("on another host gets no answer of a passkey", async () => {
    await page.goto(`http://127.0.0.1:${port}/`);
    await expect(relay(page)).rejects.toThrow("SecurityError");
  });

  test("on the same host gets an answer that is worth nothing here", async () => {
    await page.goto(`http://localhost:${port}/`);
    const { status, cookies } = await relay(page);
    expect([status, cookies]).toEqual([422, null]);
  });

  test("cannot ask for the question itself", async () => {
    await page.goto(`http://localhost:${port}/`);
    const asked = page.evaluate((url) => fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: "{}" }).then(({ status }) => status), `${server.url}/api/v1/session/passkey/options`);
    await expect(asked).rejects.toThrow("Failed to fetch");
  });
});

test("a copy of a passkey that comes with an old counter is refused, stops the passkey, ends its owner's sessions, and its owner and security are told", async () => {
  await openSignIn(page);
  await inside(page).waitFor();
  await tellTo(page, "noor@example.org");
  const settings = { typing: true, presence: true, widget_origins: [], identity_keys: [], security_contact: "security@example.org" };
  expect((await ask(admin.page, "PUT", "/api/v1/organisation/settings", settings)).status).toBe(200);

  // Taken before its owner signed in once more.
  const [taken] = await holder.credentials();
  await signOut(page);
  await inside(page).waitFor();
  // From here on nobody touches it where it is offered by itself.
  await holder.isTouched(false);

  const thief = await openPage(browser, SIZE);
  const copy = await PasskeyHolder.of(thief.page, { transport: "internal", present: false });
  await copy.put({ ...taken!, signCount: taken!.signCount - 1 });
  await thief.page.goto(`${server.url}/console/`);
  await copy.isTouched(true);
  await thief.page.getByRole("button", { name: "Use a passkey" }).click();
  await thief.page.getByText("This passkey does not belong to an account here. Use another one, or your password.").waitFor();
  expect((await who(thief.page)).state).toBe("signed-out");
  expect((await who(page)).state).toBe("signed-out");

  await mailbox.wait("noor@example.org", /A passkey of yours was stopped because it answered like a copy/);
  await mailbox.wait("security@example.org", /A passkey of Noor Haddad was copied/);
  // Her way back is a code of her sheet.
  expect((await ask(page, "POST", "/api/v1/session/password", { login: "noor", password: PASSWORD })).status).toBe(200);
  expect((await ask<{ state: string }>(page, "POST", "/api/v1/session/recovery-code", { code: recoveryCodes[0] })).body.state).toBe("signed-in");
  await page.goto(`${server.url}/console/#/security`);
  await page.reload();
  await page.getByText("Stopped because it answered like a copy").waitFor();
  expect(await axeFindings(page)).toEqual([]);
  await picture(page, "passkey-copied");

  // For good: neither the copy nor the one it was copied from opens anything.
  await signOut(page);
  await expect.poll(() => asked(page)).toEqual(["conditional"]);
  await holder.isTouched(true);
  await page.getByRole("button", { name: "Use a passkey" }).click();
  await page.getByText("This passkey does not belong to an account here.").waitFor();
});

describe("a security key that is plugged in", () => {
  let mia: Person;
  let key: PasskeyHolder;

  const add = async (name: string) => {
    await mia.page.goto(`${server.url}/console/#/security`);
    await mia.page.getByRole("button", { name: "Add a factor" }).click();
    await mia.page.getByRole("button", { name: /^Passkey or security key/ }).click();
    await mia.page.getByRole("textbox", { name: "Name of this passkey" }).fill(name);
    await mia.page.getByRole("button", { name: "Make a passkey" }).click();
  };
  const row = (name: string) => mia.page.getByRole("listitem").filter({ has: mia.page.getByRole("button", { name: `Remove ${name}` }) });

  beforeAll(async () => {
    mia = await setUp(browser, await invite(admin.page, "mia", "Mia Lindqvist", ["agent"]));
    key = await PasskeyHolder.of(mia.page, { transport: "usb" });
  });

  test("is added beside an app, and is the second step after the password", async () => {
    await add("Key on my ring");
    await row("Key on my ring").getByText("kept in one device only").waitFor();
    expect(await row("Key on my ring").getByText("attested").count()).toBe(0);
    await key.isTouched(false);
    await signOut(mia.page);
    await mia.page.getByRole("textbox", { name: "Login name" }).fill("mia");
    await mia.page.keyboard.press("Enter");
    await mia.page.getByRole("textbox", { name: "Password", exact: true }).fill(PASSWORD);
    await mia.page.keyboard.press("Enter");
    await mia.page.getByRole("button", { name: /^Passkey or security key/ }).click();
    await key.isTouched(true);
    await mia.page.getByRole("button", { name: "Use a passkey" }).click();
    await inside(mia.page).waitFor();
    expect((await who(mia.page)).me?.login).toBe("mia");
  });

  test("shows its make where the role asks for it, and counts if a root that is known here vouches for it", async () => {
    const policies = await ask<{ items: { role: string; version: number }[] }>(admin.page, "GET", "/api/v1/factor-policies");
    const policy = {
      version: policies.body.items.find(({ role }) => role === "agent")?.version,
      sign_in: "attested", step_up: "any", due_at: new Date(Date.now() + 14 * 86_400_000).toISOString(), makes: null,
    };
    expect((await ask(admin.page, "PUT", "/api/v1/factor-policies/agent", policy)).status).toBe(200);
    await mia.page.goto(`${server.url}/console/#/security`);
    await mia.page.reload();
    await mia.page.getByText(/Add a key that proves its make by/).waitFor();
    await row("Key on my ring").getByText("Not enough for what your role asks.").waitFor();
    await add("Key of a stranger");
    await row("Key of a stranger").getByText("Not enough for what your role asks.").waitFor();
    expect(await row("Key of a stranger").getByText("attested").count()).toBe(0);

    await server.stop();
    writeFileSync(join(folder, "root.pem"), rootFor(batch, "same-key"));
    await server.run();
    await add("Key that shows its make");
    await row("Key that shows its make").getByText(`${MAKE}, attested`).waitFor();
    await mia.page.getByText(/Add a key that proves its make by/).waitFor({ state: "detached" });
    expect(await axeFindings(mia.page)).toEqual([]);
    await picture(mia.page, "passkey-attested");
  });

  test("counts for no make when it says that it can be copied", async () => {
    await key.isTouched(false);
    await PasskeyHolder.of(mia.page, { transport: "usb", maySync: true });
    await add("Key that travels");
    await row("Key that travels").getByText("kept in one device that may copy it to your others").waitFor();
    expect(await row("Key that travels").getByText("attested").count()).toBe(0);
  });
});
