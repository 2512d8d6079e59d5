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

/** The sheet on a host that can have passkeys, with Chromium's own software authenticator; of the lists, with them on the screen. */
async function withPasskeys(scene: string, { holds }: { holds: boolean }): Promise<{ page: Page; kept(): Promise<number>; refuse(): Promise<void> }> {
  const page = await browser.newPage({ viewport: { width: 360, height: 740 } });
  const session = await page.context().newCDPSession(page);
  await session.send("WebAuthn.enable");
  const { authenticatorId } = await session.send("WebAuthn.addVirtualAuthenticator", {
    options: { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  });
  await page.goto(`${origin.replace("127.0.0.1", "localhost")}/widget/dev/harness.html?scene=${scene}`);
  await page.waitForSelector(".sheet");
  if (scene.startsWith("passkeys")) {
    await page.getByRole("button", { name: /Only you and Northwind/ }).click();
    await page.getByRole("heading", { name: "Your passkeys" }).scrollIntoViewIfNeeded();
  }
  if (holds) {
    const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign"]);
    const privateKey = Buffer.from(await crypto.subtle.exportKey("pkcs8", pair.privateKey)).toString("base64");
    const credential = { credentialId: btoa("one"), isResidentCredential: true, rpId: "localhost", privateKey, userHandle: btoa("cus_1"), signCount: 1 };
    await session.send("WebAuthn.addCredential", { authenticatorId, credential });
  }
  return {
    page,
    kept: async () => (await session.send("WebAuthn.getCredentials", { authenticatorId })).credentials.length,
    refuse: () => session.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: false }).then(() => undefined),
  };
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

  it.each(["new", "talk", "much", "list", "lost", "closed", "further", "asked", "removed", "proof", "proof-sent", "proof-old", "proof-stopped", "proof-elsewhere", "proof-given", "proof-passkey"])("has nothing for axe to complain about, light and dark: %s", async (scene) => {
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

  it("takes and sends no code after too many wrong answers, and says what to do", async () => {
    const page = await sheet("proof-stopped");
    await page.getByRole("alert").getByText(/^Too many wrong answers were given here in your name.* tell the team\./).waitFor();
    expect(await page.getByRole("textbox", { name: "Code of six digits" }).count()).toBe(0);
    expect(await page.getByRole("button", { name: /code/ }).count()).toBe(0);
    await page.close();
  });

  describe("asked for a passkey", () => {
    const use = (page: Page) => page.getByRole("button", { name: "Use my passkey" });

    it("asks the device with one press, and says that the team knows now", async () => {
      const { page } = await withPasskeys("proof-passkey", { holds: true });
      await page.getByRole("heading", { name: "Mia Berger of Northwind asks you to show that it is you" }).waitFor();
      expect(await page.getByRole("textbox", { name: /code/i }).count()).toBe(0);
      await use(page).focus();
      await page.keyboard.press("Enter");
      await page.getByText("The team now knows that it is you").waitFor();
      await page.getByText("You showed that it is you, with a passkey of yours").waitFor();
      await page.close();
    });

    it("says what to do when no passkey was shown, and when a message looks like a code", async () => {
      const { page } = await withPasskeys("proof-passkey", { holds: false });
      await use(page).click();
      await page.getByText(/^No passkey was shown\. .* tell the team that you need another way\.$/).waitFor();
      expect(await use(page).isEnabled()).toBe(true);
      // No code was sent, so six digits are only digits.
      await page.locator("textarea").fill("My order is 123456");
      await page.locator("textarea").press("Enter");
      await page.locator(".bubble", { hasText: "123456" }).waitFor();
      await page.close();
    });

    it("says what the server found: wrong, over, a copy", async () => {
      const { page } = await withPasskeys("proof-passkey", { holds: true });
      const found = (verdict: string) => page.evaluate((verdict) => Object.assign(window, { verdict }), verdict);
      for (const left of ["4 tries", "3 tries", "2 tries", "one try"]) {
        await found("wrong");
        await use(page).click();
        await page.getByText(`This passkey was not accepted. You have ${left} left.`).waitFor();
      }
      await found("copied");
      await use(page).click();
      await page.getByText("This passkey does not work any more: it answered like a copy").waitFor();
      await found("over");
      await use(page).click();
      await page.getByText("That was the last try.").waitFor();
      expect(await use(page).count()).toBe(0);
      await page.close();
      const { page: other } = await withPasskeys("proof-passkey", { holds: true });
      await other.evaluate(() => Object.assign(window, { verdict: "over" }));
      await use(other).click();
      await other.getByText("The team no longer waits for this.").waitFor();
      await other.close();
    });

    it("says so where the browser keeps passkeys out of a frame", async () => {
      const page = await sheet("proof-passkey");
      await page.evaluate(() => Object.defineProperty(document, "featurePolicy", { value: { allowsFeature: () => false } }));
      await use(page).click();
      await page.getByText(/^Here this browser does not do passkeys inside another website/).waitFor();
      await page.close();
    });
  });

  describe("the customer's passkeys", () => {
    it.each(["passkeys", "passkeys-none", "passkeys-not-known"])("have nothing for axe to complain about, light and dark: %s", async (scene) => {
      const { page } = await withPasskeys(scene, { holds: false });
      const add = page.getByRole("button", { name: "Add a passkey" });
      if (scene !== "passkeys-not-known") await add.click();
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        await page.evaluate(axe.source);
        const { violations } = await page.evaluate(() => (window as unknown as { axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } }).axe.run());
        expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
      }
      await page.close();
    });

    it("are added with the keyboard alone, under a name from the device, and do not count at once", async () => {
      const { page, kept } = await withPasskeys("passkeys-none", { holds: false });
      await page.getByText("If the team ever has to know that it is really you").waitFor();
      await page.getByRole("button", { name: "Add a passkey" }).focus();
      await page.keyboard.press("Enter");
      const name = page.getByRole("textbox", { name: "Name of the passkey" });
      await expect.poll(() => name.evaluate((element) => element === document.activeElement)).toBe(true);
      expect(await name.inputValue()).toMatch(/^Chrome on Linux$/);
      await page.keyboard.type("Laptop at home");
      await page.keyboard.press("Enter");
      await page.getByText(/^Added\. It counts from .+: until then nobody/).waitFor();
      await page.getByRole("list", { name: "Your passkeys" }).getByText(/^Counts from /).waitFor();
      await page.getByRole("button", { name: "Remove Laptop at home" }).waitFor();
      expect(await kept()).toBe(1);
      await expect.poll(() => page.getByRole("button", { name: "Add a passkey" }).evaluate((element) => element === document.activeElement)).toBe(true);
      await page.close();
    });

    it("are removed in two steps, and say which one was stopped and which one waits", async () => {
      const { page } = await withPasskeys("passkeys", { holds: false });
      const list = page.getByRole("list", { name: "Your passkeys" });
      expect(await list.getByRole("listitem").count()).toBe(3);
      await list.getByText("Stopped: it answered like a copy.").waitFor();
      expect(await list.getByText(/^Counts from /).count()).toBe(1);
      expect(await list.getByText(/Last used: Yesterday|Last used: Today/).count()).toBe(1);
      await page.getByRole("button", { name: "Remove Pixel 9" }).click();
      await page.getByRole("button", { name: "Keep it" }).click();
      expect(await list.getByText("Pixel 9").count()).toBe(1);
      await page.getByRole("button", { name: "Remove Pixel 9" }).click();
      await page.getByRole("button", { name: "Remove it for good" }).click();
      await list.getByText("Pixel 9").waitFor({ state: "detached" });
      await page.getByText("Removed.", { exact: true }).waitFor();
      await page.close();
    });

    it("cannot be changed by who is not known, who is told what to do", async () => {
      const { page } = await withPasskeys("passkeys-not-known", { holds: false });
      await page.getByText("To add or remove one, sign in on the website first.").waitFor();
      expect(await page.getByRole("button", { name: /^(Add a passkey|Remove (Pixel|Key|Chrome on W))/ }).count()).toBe(0);
      await page.close();
    });

    it("say what to do when the device refuses", async () => {
      const { page, refuse } = await withPasskeys("passkeys-none", { holds: false });
      await refuse();
      await page.getByRole("button", { name: "Add a passkey" }).click();
      await page.getByRole("button", { name: "Add it" }).click();
      await page.getByText(/^No passkey was added: /).waitFor();
      expect(await page.getByRole("textbox", { name: "Name of the passkey" }).count()).toBe(1);
      await page.close();
    });
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
    const allows = (feature: string) => frame.evaluate((feature) => (document as unknown as { featurePolicy: { allowsFeature(name: string): boolean } }).featurePolicy.allowsFeature(feature), feature);
    expect([await allows("publickey-credentials-get"), await allows("publickey-credentials-create"), await allows("camera")]).toEqual([true, true, false]);
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
