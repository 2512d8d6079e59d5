/** The sheet in a real browser, on the bundled development harness: what a customer sees and can do with the keyboard alone. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import axe from "axe-core";
import { type Browser, type Frame, type Page, chromium } from "playwright-core";
import { type PreviewServer, build, preview } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

let bundle: string;
let server: PreviewServer;
let browser: Browser;
let origin: string;
let loaderScript: string;

beforeAll(async () => {
  // Bundled once: each test opens a page of its own, which would fetch every module anew.
  bundle = await mkdtemp(join(tmpdir(), "wardesk-sheet-"));
  const root = new URL("..", import.meta.url).pathname;
  await build({ root, configFile: false, base: "/widget/", logLevel: "error", publicDir: false, build: { outDir: bundle, emptyOutDir: true, rollupOptions: { input: join(root, "dev/harness.html") } } });
  server = await preview({ root, configFile: false, base: "/widget/", logLevel: "error", build: { outDir: bundle }, preview: { host: "127.0.0.1", port: 0 } });
  origin = server.resolvedUrls!.local[0]!.replace(/\/widget\/$/, "");
  const built = await build({ configFile: false, logLevel: "error", publicDir: false, build: { write: false, lib: { entry: new URL("../src/loader/loader.ts", import.meta.url).pathname, formats: ["iife"], name: "L" } } });
  loaderScript = (built as { output: { code: string }[] }[])[0]!.output[0]!.code;
  browser = await chromium.launch({ executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--no-first-run"] });
}, 60_000);

afterAll(async () => {
  await browser?.close();
  await server?.close();
  await rm(bundle, { recursive: true, force: true });
});

async function sheet(scene: string, width = 380, height = 600): Promise<Page> {
  const page = await browser.newPage({ viewport: { width, height } });
  await page.goto(`${origin}/widget/dev/harness.html?scene=${scene}`);
  await page.waitForSelector(".sheet");
  return page;
}

describe("the sheet", () => {
  it("sends with Enter and shows the text at the end of the log", async () => {
    const page = await sheet("talk");
    await page.keyboard.type("One more <b>thing</b>");
    await page.keyboard.press("Enter");
    await page.waitForSelector("text=One more <b>thing</b>");
    expect(await page.locator(".bubble b").count()).toBe(0);
    expect(await page.locator("textarea").inputValue()).toBe("");
    await page.close();
  });

  it("asks once more before a card number is sent", async () => {
    const page = await sheet("talk");
    await page.keyboard.type("4111 1111 1111 1111");
    expect(await page.getByRole("alert").textContent()).toContain("card number");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Send anyway" }).waitFor();
    expect(await page.locator(".bubble", { hasText: "4111" }).count()).toBe(0);
    await page.getByRole("button", { name: "Send anyway" }).click();
    await page.locator(".bubble", { hasText: "4111" }).waitFor();
    await page.close();
  });

  it("says how much a text is too long", async () => {
    const page = await sheet("talk");
    await page.fill("textarea", "a".repeat(65_540));
    expect(await page.getByRole("alert").textContent()).toContain("4 bytes too long");
    expect(await page.getByRole("button", { name: "Send" }).isDisabled()).toBe(true);
    await page.close();
  });

  it("explains the protection with number and fingerprint, and Escape leads back", async () => {
    const page = await sheet("talk");
    await page.getByRole("button", { name: /Only you and Northwind/ }).click();
    await page.getByText("04821").waitFor();
    expect(await page.locator(".digits").last().textContent()).toContain("3475");
    await page.keyboard.press("Escape");
    await page.waitForSelector("textarea");
    await page.close();
  });

  it.each(["new", "talk", "much", "list", "lost", "closed", "further", "asked", "removed", "proof", "proof-sent", "proof-old", "proof-elsewhere", "proof-given"])("has nothing for axe to complain about, light and dark: %s", async (scene) => {
    const page = await sheet(scene);
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      await page.evaluate(axe.source);
      const { violations } = await page.evaluate(() => (window as unknown as { axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } }).axe.run());
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
    }
    await page.close();
  });

  it("says once where what was written before is, and how it gets here", async () => {
    const page = await sheet("further");
    await page.getByText("What was written before is on your other device").waitFor();
    expect(await page.getByText("You opened this conversation on this device").count()).toBe(1);
    expect(await page.getByText("uses a new device").count()).toBe(0);
    await page.close();
  });

  it.each(["Show it", "That was not me"])("asks about a new device until it is answered: %s", async (answer) => {
    const page = await sheet("asked");
    const question = page.getByText("Firefox on Linux opened this conversation as you");
    await question.waitFor();
    await page.getByRole("button", { name: answer }).focus();
    await page.keyboard.press("Enter");
    await question.waitFor({ state: "detached" });
    await page.close();
  });

  it("asks who one is, says who asks and where the code goes, and takes it with the keyboard alone", async () => {
    const page = await sheet("proof", 360, 640);
    await page.getByRole("heading", { name: "Mia Berger of Northwind asks you to show that it is you" }).waitFor();
    expect(await page.getByText("m…@e….org").count()).toBe(1);
    expect(await page.getByText("Tell it to nobody").count()).toBe(1);
    await page.getByRole("button", { name: "Send me the code" }).focus();
    await page.keyboard.press("Enter");
    const field = page.getByRole("textbox", { name: "Code of six digits" });
    await expect.poll(() => field.evaluate((element) => element === document.activeElement)).toBe(true);
    expect(await field.getAttribute("autocomplete")).toBe("one-time-code");
    await page.keyboard.type("12345");
    await page.keyboard.press("Enter");
    await page.getByText("The code is six digits.").waitFor();
    await field.fill("000000");
    await page.keyboard.press("Enter");
    await page.getByText("This is not the code. You have 4 tries left.").waitFor();
    await page.keyboard.type("123 456");
    await page.keyboard.press("Enter");
    await page.getByText("The team now knows that it is you").waitFor();
    await page.getByText("You showed that it is you, by a code to the mail address").waitFor();
    expect(await field.count()).toBe(0);
    const close = page.getByRole("button", { name: "Close", exact: true });
    await expect.poll(() => close.evaluate((element) => element === document.activeElement)).toBe(true);
    await page.keyboard.press("Enter");
    await expect.poll(() => page.locator("textarea").evaluate((element) => element === document.activeElement)).toBe(true);
    await page.close();
  });

  it("says when the last try was wrong, and what to do then", async () => {
    const page = await sheet("proof-sent");
    const field = page.getByRole("textbox", { name: "Code of six digits" });
    for (const left of ["4 tries", "3 tries", "2 tries", "one try"]) {
      await field.fill("000000");
      await page.keyboard.press("Enter");
      await page.getByText(`You have ${left} left.`).waitFor();
    }
    await field.fill("000000");
    await page.keyboard.press("Enter");
    await page.getByText("That was the last try. If you still need this, ask the team to ask you again.").waitFor();
    await page.getByRole("button", { name: "Close", exact: true }).click();
    expect(await page.getByText("That was the last try").count()).toBe(0);
    await page.close();
  });

  it("offers another code when one is too old, and says so when it was begun elsewhere", async () => {
    const old = await sheet("proof-old");
    await old.getByText("This code is too old.").waitFor();
    await old.getByRole("button", { name: "Send another code" }).click();
    await old.getByRole("textbox", { name: "Code of six digits" }).waitFor();
    await old.close();
    const elsewhere = await sheet("proof-elsewhere");
    await elsewhere.getByText("You began this on another device").waitFor();
    expect(await elsewhere.getByRole("button", { name: /code/ }).count()).toBe(0);
    await elsewhere.close();
  });

  it("keeps a code that was sent out of the messages", async () => {
    const page = await sheet("proof-sent");
    await page.locator("textarea").fill("My code is 123456");
    await page.getByText("Type it in the field above, never in a message.").waitFor();
    await page.locator("textarea").press("Enter");
    expect(await page.locator(".bubble", { hasText: "123456" }).count()).toBe(0);
    await page.close();
  });

  it("takes a device out in two steps, names the lost one, and offers no way to take this one out", async () => {
    const page = await sheet("asked");
    await page.getByRole("button", { name: /Only you and Northwind/ }).click();
    await page.getByText("This browser, before its data was deleted").waitFor();
    await page.getByRole("button", { name: "Remove Firefox on Linux" }).click();
    await page.getByRole("button", { name: "Keep it" }).click();
    expect(await page.getByText("Firefox on Linux").count()).toBe(1);
    await page.getByRole("button", { name: "Remove Firefox on Linux" }).click();
    await page.getByRole("button", { name: "Take it out" }).click();
    await page.getByText("Firefox on Linux").waitFor({ state: "detached" });
    expect(await page.getByRole("button", { name: /^Remove / }).count()).toBe(1);
    await page.close();
  });

  it("of a device that was taken out has no field to write into", async () => {
    const page = await sheet("removed");
    await page.getByText("This device was taken out of the conversation").waitFor();
    expect(await page.locator("textarea").count()).toBe(0);
    await page.close();
  });

  it("keeps the focus inside", async () => {
    const page = await sheet("talk");
    for (let i = 0; i < 12; i++) {
      await page.keyboard.press("Tab");
      expect(await page.evaluate(() => document.activeElement !== document.body)).toBe(true);
    }
    await page.close();
  });

  it.each(["new", "talk", "much", "list", "lost", "closed", "unavailable", "starting", "further", "asked", "removed", "proof", "proof-sent", "proof-elsewhere"])("does not scroll sideways at 360 px: %s", async (scene) => {
    const page = await sheet(scene, 360, 640);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
    await page.close();
  });
});

describe("the loader in a page of another origin", () => {
  async function shop(): Promise<Page> {
    const page = await browser.newPage({ viewport: { width: 1000, height: 800 } });
    await page.route("https://shop.example/", (route) =>
      route.fulfill({
        contentType: "text/html",
        // A strict page: no inline styles at all.
        headers: { "content-security-policy": "default-src 'none'; script-src https://desk.example; frame-src https://desk.example; style-src 'none'" },
        body: '<!doctype html><title>Shop</title><script src="https://desk.example/widget.js" async></script><p>Shop</p>',
      }),
    );
    await page.route("https://desk.example/widget.js", (route) => route.fulfill({ contentType: "text/javascript", body: loaderScript }));
    await page.route("https://desk.example/widget/", (route) =>
      route.fulfill({
        contentType: "text/html",
        body: `<script>
          const heard = (window.heard = []);
          addEventListener("message", (event) => heard.push(event.data));
          parent.postMessage({ wardesk: 1, type: "ready" }, "*");
        </script>`,
      }),
    );
    await page.goto("https://shop.example/");
    await page.waitForFunction(() => "Wardesk" in window);
    return page;
  }

  async function deskFrame(page: Page): Promise<Frame> {
    await expect.poll(() => page.frame({ url: "https://desk.example/widget/" })).not.toBeNull();
    return page.frame({ url: "https://desk.example/widget/" })!;
  }

  it("opens the frame with the button under a strict policy, tells it, and closes when it asks", async () => {
    const page = await shop();
    const refusals: string[] = [];
    page.on("console", (message) => message.type() === "error" && refusals.push(message.text()));
    const button = page.getByRole("button", { name: "Chat with us" });
    await button.click();
    const frame = await deskFrame(page);
    await frame.waitForFunction(() => (window as unknown as { heard: { type: string }[] }).heard.some((message) => message.type === "open"));
    expect(await page.locator("iframe").boundingBox()).toMatchObject({ width: 380, height: 600 });
    await frame.evaluate(() => parent.postMessage({ wardesk: 1, type: "close" }, "*"));
    await page.locator("iframe").waitFor({ state: "hidden" });
    expect(await button.getAttribute("aria-expanded")).toBe("false");
    expect(refusals).toEqual([]);
    await page.close();
  });

  it("fills a phone, hands the token to the frame only, and ignores messages from the page itself", async () => {
    const page = await shop();
    await page.setViewportSize({ width: 360, height: 640 });
    await page.evaluate(() => {
      const { Wardesk } = window as unknown as { Wardesk: { open(): void; identify(token: string): void } };
      Wardesk.identify("jwt");
      Wardesk.open();
      window.postMessage({ wardesk: 1, type: "close" }, "*");
    });
    const frame = await deskFrame(page);
    await frame.waitForFunction(() => (window as unknown as { heard: { token?: string }[] }).heard.some((message) => message.token === "jwt"));
    expect(await page.locator("iframe").boundingBox()).toEqual({ x: 0, y: 0, width: 360, height: 640 });
    await page.close();
  });
});
