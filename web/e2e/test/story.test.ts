import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { axeFindings, openBrowser, openPage, picture } from "../src/browser";
import { type Person, ask, invite, setUp } from "../src/people";
import { Server, until } from "../src/server";

const CANARY = "KINGFISHER parcel";

let server: Server;
let browser: Browser;
let admin: Person;
let mia: Person;
let tomas: Person;
let customer: { page: Page; faults: string[] };

beforeAll(async () => {
  server = await Server.start();
  browser = await openBrowser();
});

afterAll(async () => {
  await browser.close();
  await server.remove();
});

const inFlow = (page: Page, text: string) => page.getByRole("log").getByText(text);

async function writeInWidget(page: Page, text: string): Promise<void> {
  await page.getByRole("textbox", { name: "Your message" }).fill(text);
  await page.getByRole("button", { name: "Send" }).click();
}

describe("from an empty installation to a closed conversation", () => {
  test("the printed link makes the first administrator, who must enrol a second factor", async () => {
    admin = await setUp(browser, server.setupLink());
    expect(admin.recoveryCodes).toHaveLength(10);
    await admin.page.getByRole("row", { name: /Administrator/ }).first().waitFor();
    expect(await axeFindings(admin.page)).toEqual([]);
    await picture(admin.page, "staff");
  });

  test("the link works once", async () => {
    const { page, context } = await openPage(browser, { width: 1200, height: 800 });
    await page.goto(server.setupLink());
    await page.getByRole("heading", { level: 1 }).waitFor();
    await until("the page says that the link is spent", async () => !(await page.getByRole("textbox", { name: "New password" }).isVisible()));
    await context.close();
  });

  test("two agents set up their accounts and make their browsers devices", async () => {
    mia = await setUp(browser, await invite(admin.page, "mia", "Mia Lindqvist", ["agent"]));
    tomas = await setUp(browser, await invite(admin.page, "tomas", "Tomás Rivera", ["team-lead"]));
    for (const { page } of [mia, tomas]) {
      await page.getByRole("button", { name: "Make it a device" }).click();
      await page.getByRole("navigation", { name: "Views" }).waitFor();
    }
    await mia.page.getByRole("heading", { name: "Nobody is waiting" }).waitFor();
    expect(await axeFindings(mia.page)).toEqual([]);
  });

  test("a visitor writes in the widget, closes it, and finds the letter again", async () => {
    const opened = await openPage(browser, { width: 380, height: 640 });
    customer = opened;
    await opened.page.goto(`${server.url}/widget/`);
    await writeInWidget(opened.page, `My ${CANARY} never arrived`);
    await inFlow(opened.page, CANARY).waitFor();
    await opened.page.getByText("Sent", { exact: true }).waitFor();
    await opened.page.reload();
    await inFlow(opened.page, CANARY).waitFor();
  });

  test("both agents see it at once, and whoever takes it second loses cleanly", async () => {
    const rows = [mia, tomas].map(({ page }) => page.getByRole("link", { name: new RegExp(CANARY) }));
    for (const row of rows) await row.click();
    const takes = [mia, tomas].map(({ page }) => page.getByRole("button", { name: "Take", exact: true }));
    for (const take of takes) await take.waitFor();
    await Promise.all(takes.map((take) => take.click()));
    const replies = [mia, tomas].map(({ page }) => page.getByRole("textbox", { name: "Reply" }));
    await until("one of them has it", async () => (await Promise.all(replies.map((reply) => reply.isVisible()))).some(Boolean));
    // Whoever was faster: from here on the story calls her Mia.
    if (await replies[1]!.isVisible()) [mia, tomas] = [tomas, mia];
    expect(await tomas.page.getByRole("textbox", { name: "Reply" }).isVisible()).toBe(false);
  });

  test("they answer each other, with the same conversation number on both sides", async () => {
    await inFlow(mia.page, CANARY).waitFor();
    await mia.page.getByRole("textbox", { name: "Reply" }).fill("Let me look at the depot.");
    await mia.page.getByRole("button", { name: "Send" }).click();
    await inFlow(customer.page, "Let me look at the depot.").waitFor();
    await writeInWidget(customer.page, "Thank you, I wait here.");
    await inFlow(mia.page, "Thank you, I wait here.").waitFor();
    await picture(mia.page, "conversation");
    await picture(customer.page, "widget");
    expect(await axeFindings(mia.page)).toEqual([]);
    expect(await axeFindings(customer.page)).toEqual([]);

    await mia.page.getByRole("button", { name: /who is in this conversation/ }).click();
    await customer.page.getByRole("button", { name: /can read this$/ }).click();
    const numbers = await Promise.all([mia.page, customer.page].map(numberOn));
    expect(numbers[0]).toHaveLength(12);
    expect(numbers[0]).toEqual(numbers[1]);
    await picture(customer.page, "widget-protection");
    await mia.page.keyboard.press("Escape");
    await customer.page.keyboard.press("Escape");
  });

  test("text of a customer is never markup", async () => {
    await writeInWidget(customer.page, "<img src=x onerror=alert(1)> javascript:alert(1)");
    await inFlow(mia.page, "<img src=x onerror=alert(1)>").waitFor();
    expect(await mia.page.getByRole("log").locator("img[src=x], a[href^='javascript']").count()).toBe(0);
  });

  test("an internal note reaches the colleague and never the customer", async () => {
    await mia.page.getByRole("button", { name: "Internal note" }).click();
    await mia.page.getByRole("textbox", { name: "Internal note" }).fill("Sounds like the Hamburg depot again");
    await mia.page.getByRole("button", { name: "Add note" }).click();
    await inFlow(mia.page, "Hamburg depot").waitFor();
    await inFlow(tomas.page, "Hamburg depot").waitFor();
    expect(await customer.page.getByText("Hamburg").count()).toBe(0);
  });

  test("the agent closes the conversation, and the customer sees it", async () => {
    await mia.page.getByRole("region", { name: "Conversation", exact: true }).getByRole("button", { name: "Close" }).click();
    await customer.page.getByText("The conversation was closed").first().waitFor();
  });

  test("every step stands in the audit log", async () => {
    const { body } = await ask<{ items: { action: string }[] }>(admin.page, "GET", "/api/v1/audit?limit=200");
    const actions = new Set(body.items.map((entry) => entry.action));
    for (const action of ["staff.invited", "session.started", "conversation.taken", "conversation.closed"]) expect(actions, action).toContain(action);
    await admin.page.goto(`${server.url}/console/#/audit`);
    await admin.page.getByRole("heading", { name: "Audit log" }).waitFor();
    expect(await axeFindings(admin.page)).toEqual([]);
    await picture(admin.page, "audit-log");
  });

  test("neither the data folder nor the log holds a word of it", () => {
    const files = readdirSync(server.folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const bytes = files.map((file) => readFileSync(join(file.parentPath, file.name)));
    const haystack = Buffer.concat([...bytes, Buffer.from(server.output())]);
    for (const secret of [CANARY, "Hamburg depot", "Let me look at the depot", "copper lantern"]) {
      for (const form of [secret, Buffer.from(secret).toString("hex"), ...base64Forms(secret)]) expect(haystack.includes(form), form).toBe(false);
    }
    // The search finds what is there: the organisation's name lies in clear.
    expect(haystack.includes("Our company")).toBe(true);
  });

  test("no script failed and no content policy was broken", () => {
    expect([...admin.faults, ...mia.faults, ...tomas.faults, ...customer.faults]).toEqual([]);
  });

  test("a person who is disabled is out at once", async () => {
    const { body } = await ask<{ items: { id: string; name: string }[] }>(admin.page, "GET", "/api/v1/staff");
    const me = await ask<{ me: { id: string } }>(mia.page, "GET", "/api/v1/session");
    expect(body.items.map((staff) => staff.id)).toContain(me.body.me.id);
    const answer = await ask(admin.page, "POST", `/api/v1/staff/${me.body.me.id}/disable`, {});
    expect(answer.status).toBe(200);
    await mia.page.getByRole("heading", { name: "Sign in" }).waitFor();
    expect((await ask<{ state: string }>(mia.page, "GET", "/api/v1/session")).body.state).toBe("signed-out");
  });
});

/** The twelve groups of five digits that the page shows. */
async function numberOn(page: Page): Promise<string[]> {
  let groups: string[] = [];
  await until("a conversation number is shown", async () => {
    groups = (await page.locator("body").innerText()).match(/\b\d{5}\b/g) ?? [];
    return groups.length >= 12;
  });
  return groups.slice(0, 12);
}

/** How a text looks inside base64, at each of the three alignments. */
function base64Forms(text: string): string[] {
  return [0, 1, 2].map((shift) => {
    const encoded = Buffer.from("\0".repeat(shift) + text).toString("base64").replace(/=+$/, "");
    return encoded.slice(shift === 0 ? 0 : 4, -1);
  });
}
