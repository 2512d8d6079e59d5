import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { axeFindings, openBrowser, picture } from "../src/browser";
import { Mailbox } from "../src/mailbox";
import { PasskeyHolder } from "../src/passkeys";
import { type Person, invite, setUp } from "../src/people";
import { askForProof } from "../src/proof";
import { Server } from "../src/server";
import { Shop, type Visit } from "../src/shop";

const PHONE = { width: 360, height: 740, userAgent: "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36" };

let mailbox: Mailbox;
let server: Server;
let browser: Browser;
let shop: Shop;
let admin: Person;
let mia: Person;
let jonas: Visit;
let holder: PasskeyHolder;

beforeAll(async () => {
  mailbox = await Mailbox.start();
  server = await Server.start(mailbox.settings());
  browser = await openBrowser();
  shop = await Shop.elsewhere(server);
  admin = await setUp(browser, server.setupLink());
  await shop.introduce(admin.page);
  mia = await setUp(browser, await invite(admin.page, "mia", "Mia Lindqvist", ["agent"]));
  await mia.page.getByRole("button", { name: "Make it a device" }).click();
  await mia.page.getByRole("heading", { name: "Nobody is waiting" }).waitFor();
  jonas = await shop.visit(browser, PHONE);
  holder = await PasskeyHolder.of(jonas.page, { transport: "internal" });
  await jonas.open(shop.token("NW-7", "Jonas Weber", "jonas.weber@example.org"));
  await jonas.write("Please send my parcel to another address");
  await mia.page.getByRole("link", { name: /another address/ }).click();
  await mia.page.getByRole("button", { name: "Take", exact: true }).click();
  await mia.page.getByRole("textbox", { name: "Reply" }).waitFor();
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await server?.remove();
  shop?.close();
  await mailbox?.stop();
});

const section = () => mia.page.getByRole("region", { name: "Proof of identity" });
const dialog = () => mia.page.getByRole("dialog", { name: "Ask for a proof" });
const use = () => jonas.chat.getByRole("button", { name: "Use my passkey" });

async function bothLooks(page: Page, name: string): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await picture(page, `${name}-${colorScheme}`);
  }
  await page.emulateMedia({ colorScheme: "light" });
}

async function askForPasskey(): Promise<void> {
  await askForProof(mia.page);
  await dialog().getByRole("radio", { name: "Passkey of their own" }).check();
  await dialog().getByRole("button", { name: "Ask the customer" }).click();
  await section().getByText("Waiting", { exact: true }).waitFor();
}

test("a visitor is told to sign in on the website before a passkey can be added", async () => {
  const visitor = await shop.visit(browser, PHONE);
  await visitor.write("Do you deliver on Sundays?");
  await visitor.reads("Do you deliver on Sundays?");
  await visitor.protection();
  await visitor.chat.getByText("To add one, sign in on the website first.").waitFor();
  expect(await visitor.chat.getByRole("button", { name: "Add a passkey" }).count()).toBe(0);
  expect(visitor.faults).toEqual([]);
  await visitor.context.close();
});

test("a customer for whom the website vouches adds a passkey inside the website, by the keyboard, and hears of it by mail", async () => {
  await askForProof(mia.page);
  await dialog().getByText("The customer has no passkey here.").waitFor();
  await mia.page.keyboard.press("Escape");

  await jonas.protection();
  await jonas.chat.getByRole("button", { name: "Add a passkey" }).focus();
  await jonas.page.keyboard.press("Enter");
  await jonas.chat.getByRole("textbox", { name: "Name of the passkey" }).waitFor();
  await jonas.page.keyboard.type("My phone");
  await jonas.page.keyboard.press("Enter");
  await jonas.chat.getByText(/^Added\. It counts from .+: until then nobody/).waitFor();
  await jonas.chat.getByRole("list", { name: "Your passkeys" }).getByText(/^Counts from /).waitFor();
  expect(await axeFindings(jonas.page)).toEqual([]);
  await bothLooks(jonas.page, "customer-passkey-added");
  expect((await holder.credentials()).map(({ rpId }) => rpId)).toEqual(["localhost"]);
  await mailbox.wait("jonas.weber@example.org", /A passkey was added for you/);
});

test("a passkey proves nothing on its first day", async () => {
  await mia.page.reload();
  await section().getByText("Not asked", { exact: true }).waitFor();
  await askForProof(mia.page);
  await dialog().getByText("The customer's passkeys are younger than 24 hours.").waitFor();
  expect(await dialog().getByRole("radio", { name: "Passkey of their own" }).isDisabled()).toBe(true);
  await mia.page.keyboard.press("Escape");
});

test("from the next day on one press shows who the customer is, and the agent sees the result alone", async () => {
  await server.change("UPDATE customer_passkey SET counts_from = created_at");
  await mia.page.reload();
  await jonas.open(shop.token("NW-7", "Jonas Weber", "jonas.weber@example.org"));
  await askForPasskey();
  await jonas.chat.getByRole("heading", { name: /Mia Lindqvist of .* asks you to show that it is you/ }).waitFor();
  await bothLooks(jonas.page, "customer-passkey-asked");

  // First without finger or PIN: nothing is shown, and nothing is lost.
  await holder.verifiesUser(false);
  await use().click();
  await jonas.chat.getByText(/^No passkey was shown\./).waitFor();
  expect(await axeFindings(jonas.page)).toEqual([]);
  await holder.verifiesUser(true);
  await use().focus();
  await jonas.page.keyboard.press("Enter");
  await jonas.reads("You showed that it is you, with a passkey of yours");
  await bothLooks(jonas.page, "customer-passkey-proved");

  await section().getByText("Proved", { exact: true }).waitFor();
  await mia.page.getByRole("log").getByText("The customer showed who they are by a passkey of their own (strong)").waitFor();
  await mia.page.getByRole("img", { name: /^Proved by a passkey of their own, strong/ }).waitFor();
  expect(await axeFindings(mia.page)).toEqual([]);
  await bothLooks(mia.page, "customer-passkey-agent");
});

test("a copy of it with an old counter is refused and stopped, and the customer is told there and by mail", async () => {
  const [taken] = await holder.credentials();
  await holder.empty();
  await holder.put({ ...taken!, signCount: 0 });
  await askForPasskey();
  await use().click();
  await jonas.chat.getByText("This passkey does not work any more: it answered like a copy").waitFor();
  await mailbox.wait("jonas.weber@example.org", /A passkey of yours .* was stopped/);
  await jonas.protection();
  await jonas.chat.getByText("Stopped: it answered like a copy. Remove it, and add a new one.").waitFor();
  await bothLooks(jonas.page, "customer-passkey-stopped");
  await jonas.chat.getByRole("button", { name: "Remove My phone" }).click();
  await jonas.chat.getByRole("button", { name: "Remove it for good" }).click();
  await jonas.chat.getByText("Removed.", { exact: true }).waitFor();
  expect([...mia.faults, ...jonas.faults].filter((fault) => !/409|422|WebSocket/.test(fault))).toEqual([]);
});
