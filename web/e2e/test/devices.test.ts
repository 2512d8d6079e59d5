import type { Browser, FrameLocator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openBrowser, picture } from "../src/browser";
import { type Person, invite, setUp } from "../src/people";
import { Server, until } from "../src/server";
import { Shop, type Visit } from "../src/shop";

const ANDROID = "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36";
const LINUX = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36";
const MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 15_0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36";
const PHONE = { width: 360, height: 740, userAgent: ANDROID };
const DESKTOP = { width: 1280, height: 800, userAgent: LINUX };

let server: Server;
let browser: Browser;
let shop: Shop;
let admin: Person;
let mia: Person;
let phone: Visit;
let laptop: Visit;
let tablet: Visit;

beforeAll(async () => {
  server = await Server.start();
  browser = await openBrowser();
  shop = new Shop(server);
  admin = await setUp(browser, server.setupLink());
  await shop.introduce(admin.page);
  mia = await setUp(browser, await invite(admin.page, "mia", "Mia Lindqvist", ["agent"]));
  await mia.page.getByRole("button", { name: "Make it a device" }).click();
  await mia.page.getByRole("heading", { name: "Nobody is waiting" }).waitFor();
});

afterAll(async () => {
  await browser.close();
  await server.remove();
});

const jonas = () => shop.token("NW-7", "Jonas Weber");
const inFlow = (page: Page, text: string | RegExp) => page.getByRole("log").getByText(text);

async function bothLooks(visit: Visit, name: string): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await visit.page.emulateMedia({ colorScheme });
    await picture(visit.page, `${name}-${colorScheme}`);
  }
  await visit.page.emulateMedia({ colorScheme: "light" });
}

async function numberIn(where: Page | FrameLocator): Promise<string> {
  let groups: string[] = [];
  await until("a conversation number is shown", async () => {
    groups = (await where.locator("body").innerText()).match(/\b\d{5}\b/g) ?? [];
    return groups.length >= 12;
  });
  return groups.slice(0, 12).join(" ");
}

async function numbersAgree(visits: Visit[]): Promise<string> {
  await mia.page.getByRole("button", { name: /who is in this conversation/ }).click();
  for (const visit of visits) await visit.protection();
  let numbers: string[] = [];
  await until("all numbers are equal", async () => {
    numbers = [await numberIn(mia.page), ...(await Promise.all(visits.map(({ chat }) => numberIn(chat))))];
    return new Set(numbers).size === 1;
  });
  await mia.page.keyboard.press("Escape");
  for (const visit of visits) await visit.back();
  return numbers[0]!;
}

describe("a customer whom the site knows, on several devices", () => {
  test("writes on the phone, and finds the conversation on the laptop, though nobody took it yet", async () => {
    phone = await shop.visit(browser, PHONE);
    await phone.open(jonas());
    await phone.write("My parcel NW-2231 never came");
    await phone.reads("My parcel NW-2231 never came");
    await phone.chat.getByText("Sent", { exact: true }).waitFor();

    laptop = await shop.visit(browser, DESKTOP);
    await laptop.open(jonas());
    await laptop.reads("What was written before is on your other device");
    expect(await laptop.chat.getByText("NW-2231").count()).toBe(0);
    await bothLooks(laptop, "further-device-desktop");
    await laptop.write("I go on from the laptop");
    await phone.reads("I go on from the laptop");
    await phone.reads("You opened this conversation on another device");
  });

  test("shows the laptop what was before by one tap on the phone", async () => {
    await phone.chat.getByText("Chrome on Linux opened this conversation as you").waitFor();
    await bothLooks(phone, "newcomer-phone");
    await phone.chat.getByRole("button", { name: "Show it" }).click();
    await laptop.reads("My parcel NW-2231 never came");
    expect(await laptop.chat.getByText("What was written before is on").count()).toBe(0);
    await phone.chat.getByText("Chrome on Linux opened this conversation as you").waitFor({ state: "detached" });
  });

  test("is answered on both, with one conversation number on all three screens", async () => {
    await mia.page.getByRole("link", { name: /laptop|NW-2231/ }).click();
    await mia.page.getByRole("button", { name: "Take", exact: true }).click();
    await inFlow(mia.page, "I go on from the laptop").waitFor();
    await mia.page.getByRole("textbox", { name: "Reply" }).fill("I look for it.");
    await mia.page.getByRole("button", { name: "Send" }).click();
    for (const visit of [phone, laptop]) await visit.reads("I look for it.");
    await numbersAgree([phone, laptop]);
  });

  test("comes with a third device, and the agent sees it before writing on", async () => {
    // The laptop stands there too if it came in after the agent.
    const told = inFlow(mia.page, /Jonas Weber uses a new device/);
    const before = await told.count();
    tablet = await shop.visit(browser, { width: 768, height: 900, userAgent: MAC });
    await tablet.open(jonas());
    await tablet.reads("What was written before is on your other device");
    await told.nth(before).waitFor();
    await mia.page.getByText("compare the conversation number first").waitFor();
    for (const colorScheme of ["light", "dark"] as const) {
      await mia.page.emulateMedia({ colorScheme });
      await picture(mia.page, `new-device-console-${colorScheme}`);
    }
    await mia.page.emulateMedia({ colorScheme: "light" });
    await tablet.write("And now from the tablet");
    for (const visit of [phone, laptop]) await visit.reads("And now from the tablet");
    await inFlow(mia.page, "And now from the tablet").waitFor();
    await numbersAgree([phone, laptop, tablet]);
    await mia.page.getByRole("textbox", { name: "Reply" }).fill("I see you have three devices.");
    await mia.page.getByRole("button", { name: "Send" }).click();
    await mia.page.getByText("compare the conversation number first").waitFor({ state: "detached" });
    for (const visit of [phone, laptop, tablet]) await visit.reads("I see you have three devices.");
  });

  test("takes the tablet out on the phone; it is gone within seconds and reads no more", async () => {
    await phone.protection();
    await phone.chat.getByRole("heading", { name: "Your devices" }).scrollIntoViewIfNeeded();
    await phone.chat.getByRole("button", { name: "Remove Chrome on Mac" }).click();
    await bothLooks(phone, "devices-phone");
    const from = Date.now();
    await phone.chat.getByRole("button", { name: "Take it out" }).click();
    await phone.chat.getByText("Chrome on Mac").waitFor({ state: "detached" });
    await inFlow(mia.page, "Jonas Weber left").waitFor();
    console.log(`the tablet was out of the group after ${Date.now() - from} ms`);
    await phone.back();
    await tablet.chat.getByText("You are signed out here").waitFor();
    await bothLooks(tablet, "removed-tablet");
    // The laptop's session ended with it; the site knows who is there, and it goes on as the same device.
    await laptop.open(jonas());
    await mia.page.getByRole("textbox", { name: "Reply" }).fill("Only two now.");
    await mia.page.getByRole("button", { name: "Send" }).click();
    for (const visit of [phone, laptop]) await visit.reads("Only two now.");
    expect(await tablet.chat.getByText("Only two now.").count()).toBe(0);
    await numbersAgree([phone, laptop]);
  });

  test("whose laptop lost its data goes on there as a new device, and the lost one is named", async () => {
    await laptop.loseData();
    await laptop.open(jonas());
    await laptop.reads("You opened this conversation on this device");
    await laptop.write("Here again");
    await phone.reads("Here again");
    await laptop.protection();
    await laptop.chat.getByText("This browser, before its data was deleted").waitFor();
    await laptop.chat.getByRole("heading", { name: "Your devices" }).scrollIntoViewIfNeeded();
    await bothLooks(laptop, "lost-device-desktop");
    await laptop.back();
  });
});

describe("a visitor whom nobody knows", () => {
  test("is told that the conversation is gone with the data, and begins a new one", async () => {
    for (const [look, name] of [[PHONE, "lost-visitor-phone"], [DESKTOP, "lost-visitor-desktop"]] as const) {
      const visitor = await shop.visit(browser, look);
      await visitor.write("A question");
      await visitor.chat.getByText("Sent", { exact: true }).waitFor();
      await visitor.loseData();
      await visitor.open();
      await visitor.chat.getByText("This browser has deleted its saved data").waitFor();
      await bothLooks(visitor, name);
      await visitor.write("Another question");
      await visitor.reads("Another question");
      expect(await visitor.chat.getByText("deleted its saved data").count()).toBe(0);
      expect(visitor.faults).toEqual([]);
      await visitor.context.close();
    }
  });

  test("no script failed and no content policy was broken", () => {
    expect([...mia.faults, ...phone.faults, ...laptop.faults, ...tablet.faults]).toEqual([]);
  });
});
