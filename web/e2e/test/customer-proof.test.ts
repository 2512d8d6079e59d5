import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { axeFindings, openBrowser, picture } from "../src/browser";
import { Gateway } from "../src/gateway";
import { type Person, ask, invite, setUp } from "../src/people";
import { Postbox } from "../src/postbox";
import { askForProof } from "../src/proof";
import { Server, until } from "../src/server";
import { Shop, type Visit } from "../src/shop";

const PHONE = { width: 360, height: 740, userAgent: "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36" };

let postbox: Postbox;
let gateway: Gateway;
let server: Server;
let browser: Browser;
let admin: Person;
let mia: Person;
let jonas: Visit;

beforeAll(async () => {
  postbox = await Postbox.start();
  gateway = await Gateway.start();
  server = await Server.start(`${postbox.settings()}\n${gateway.settings()}`);
  browser = await openBrowser();
  const shop = new Shop(server);
  admin = await setUp(browser, server.setupLink());
  await shop.introduce(admin.page);
  mia = await setUp(browser, await invite(admin.page, "mia", "Mia Lindqvist", ["agent"]));
  await mia.page.getByRole("button", { name: "Make it a device" }).click();
  await mia.page.getByRole("heading", { name: "Nobody is waiting" }).waitFor();
  jonas = await shop.visit(browser, PHONE);
  await jonas.open(shop.token("NW-7", "Jonas Weber", "jonas.weber@example.org"));
  await jonas.write("Please send my parcel to another address");
  await mia.page.getByRole("link", { name: /another address/ }).click();
  await mia.page.getByRole("button", { name: "Take", exact: true }).click();
  await mia.page.getByRole("textbox", { name: "Reply" }).waitFor();
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await server?.remove();
  await gateway?.stop();
  await postbox?.stop();
});

const section = () => mia.page.getByRole("region", { name: "Proof of identity" });
const field = () => jonas.chat.getByRole("textbox", { name: "Code of six digits" });

async function bothLooks(page: Page, name: string): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await picture(page, `${name}-${colorScheme}`);
  }
  await page.emulateMedia({ colorScheme: "light" });
}

/** By the keyboard alone, up to where Enter asks. */
async function aboutToAsk(): Promise<void> {
  await askForProof(mia.page);
  // A dialog takes the focus a moment after it is there: a key that is pressed sooner goes to what was there before.
  await mia.page.getByRole("dialog", { name: "Ask for a proof" }).locator("button[type=submit]:focus").waitFor();
}

test("an agent asks with the keyboard alone, sees the address masked, and what is in the way of the other one", async () => {
  await section().getByText("Not asked", { exact: true }).waitFor();
  await section().getByRole("button", { name: "Ask for a proof…" }).waitFor();
  await mia.page.getByRole("region", { name: "Conversation", exact: true }).getByRole("button", { name: "Close", exact: true }).waitFor();
  await aboutToAsk();
  const dialog = mia.page.getByRole("dialog", { name: "Ask for a proof" });
  await dialog.getByRole("radio", { name: /^Code to the mail on file/ }).waitFor();
  await dialog.getByText("The record has no telephone number.").waitFor();
  expect(await dialog.innerText()).not.toContain("jonas.weber");
  expect(await axeFindings(mia.page)).toEqual([]);
  await bothLooks(mia.page, "proof-ask");
  await mia.page.keyboard.press("Enter");
  await section().getByText("Waiting", { exact: true }).waitFor();
  expect(postbox.letters).toEqual([]);
});

test("the customer sees at once who asks, has a code sent, mistypes it, and proves who they are", async () => {
  await jonas.chat.getByRole("heading", { name: /Mia Lindqvist of .* asks you to show that it is you/ }).waitFor();
  await jonas.chat.getByText("j…@e….org").waitFor();
  await bothLooks(jonas.page, "proof-widget-asked");
  await jonas.chat.getByRole("button", { name: "Send me the code" }).focus();
  await jonas.page.keyboard.press("Enter");
  await field().waitFor();
  const code = await postbox.code(0);
  expect(postbox.letters[0]?.to).toBe("jonas.weber@example.org");
  expect(await field().getAttribute("autocomplete")).toBe("one-time-code");
  await until("the field has the focus", () => field().evaluate((element) => element === element.ownerDocument.activeElement));
  await jonas.page.keyboard.type(code === "000000" ? "000001" : "000000");
  await jonas.page.keyboard.press("Enter");
  await jonas.chat.getByText("This is not the code. You have 4 tries left.").waitFor();
  expect(await axeFindings(jonas.page)).toEqual([]);
  await bothLooks(jonas.page, "proof-widget-wrong");
  await jonas.page.keyboard.type(code);
  await jonas.page.keyboard.press("Enter");
  await jonas.reads("You showed that it is you, by a code to the mail address we have on file");
  await bothLooks(jonas.page, "proof-widget-proved");

  await section().getByText("Proved", { exact: true }).waitFor();
  await mia.page.getByRole("log").getByText("The customer showed who they are by a code to the mail on file (weak to medium)").waitFor();
  await mia.page.getByRole("img", { name: /^Proved by a code to the mail on file/ }).waitFor();
  expect(await axeFindings(mia.page)).toEqual([]);
  await bothLooks(mia.page, "proof-proved");
  expect(await mia.page.locator("body").innerText()).not.toContain(code);
  expect(server.output()).not.toMatch(new RegExp(`${code}|jonas\\.weber`));
});

test("five wrong codes warn the agent, and the customer is told to be asked again", async () => {
  await aboutToAsk();
  await mia.page.keyboard.press("Enter");
  await jonas.chat.getByRole("button", { name: "Send me the code" }).click();
  const code = await postbox.code(1);
  const wrong = code === "000000" ? "000001" : "000000";
  for (const left of ["4 tries", "3 tries", "2 tries", "one try"]) {
    await field().fill(wrong);
    await jonas.page.keyboard.press("Enter");
    await jonas.chat.getByText(`You have ${left} left.`).waitFor();
  }
  await field().fill(wrong);
  await jonas.page.keyboard.press("Enter");
  await jonas.chat.getByText("That was the last try.").waitFor();
  await mia.page.getByRole("log").getByText("Too many wrong answers: nothing proved by a code to the mail on file").waitFor();
  await bothLooks(jonas.page, "proof-widget-failed");
  // What was proved before still counts, and is shown.
  await mia.page.getByRole("img", { name: /^Proved by a code to the mail on file/ }).waitFor();
});

test("a telephone number that staff wrote down today proves nothing yet", async () => {
  const list = await ask<{ items: { id: string; name: string }[] }>(mia.page, "GET", "/api/v1/customers");
  const id = list.body.items.find((one) => one.name === "Jonas Weber")?.id;
  const record = await ask<{ version: number }>(mia.page, "GET", `/api/v1/customers/${id}`);
  const changed = await ask(mia.page, "PATCH", `/api/v1/customers/${id}`, { version: record.body.version, phone: "+49 151 23456789" });
  expect(changed.status).toBe(200);
  await mia.page.reload();
  await section().getByText("Failed", { exact: true }).waitFor();
  await aboutToAsk();
  await mia.page.getByRole("dialog").getByText("The number changed within the last 24 hours.").waitFor();
  expect(gateway.messages).toEqual([]);
  expect([...mia.faults, ...jonas.faults].filter((fault) => !/409|422/.test(fault))).toEqual([]);
});
