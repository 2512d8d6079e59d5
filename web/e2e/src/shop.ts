import { type KeyObject, generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { type Server as Site, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, BrowserContext, FrameLocator, Page } from "playwright-core";
import { ask } from "./people";
import type { Server } from "./server";

/** The company's website: it knows its customers, and signs who is in front of the screen. */
export class Shop {
  readonly #key: KeyObject;
  readonly #pem: string;
  #site: Site | null = null;

  constructor(private readonly server: Server) {
    const pair = generateKeyPairSync("ed25519");
    this.#key = pair.privateKey;
    this.#pem = String(pair.publicKey.export({ type: "spki", format: "pem" }));
  }

  /** A site with an origin of its own, as companies have it: the chat stands in a frame of another one. */
  static async elsewhere(server: Server): Promise<Shop> {
    const shop = new Shop(server);
    const site = createServer((_, answer) => answer.setHeader("content-type", "text/html").end(shop.#page()));
    await new Promise<void>((done) => site.listen(0, "127.0.0.1", done));
    shop.#site = site;
    return shop;
  }

  close(): void {
    this.#site?.close();
  }

  get #origin(): string {
    return this.#site ? `http://localhost:${(this.#site.address() as AddressInfo).port}` : this.server.url;
  }

  #page(): string {
    return `<!doctype html><html lang="en"><title>Shop</title><script src="${this.server.url}/widget.js" async></script><main><h1>Shop</h1></main></html>`;
  }

  /** Tells the desk the website's key, as an administrator does once. */
  async introduce(administrator: Page): Promise<void> {
    const settings = { typing: true, presence: true, widget_origins: this.#site ? [this.#origin] : [], identity_keys: [{ kid: "shop", alg: "EdDSA", pem: this.#pem }] };
    const { status, body } = await ask(administrator, "PUT", "/api/v1/organisation/settings", settings);
    if (status !== 200) throw new Error(`the settings were refused: ${JSON.stringify(body)}`);
  }

  /** The site's word about a customer. */
  token(sub: string, name: string, email?: string): string {
    const iat = Math.floor(Date.now() / 1000);
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const signed = `${part({ alg: "EdDSA", kid: "shop" })}.${part({ sub, name, ...(email === undefined ? {} : { email }), aud: this.server.url, iat, exp: iat + 300, jti: randomUUID() })}`;
    return `${signed}.${sign(null, Buffer.from(signed), this.#key).toString("base64url")}`;
  }

  /** Another browser of somebody, with the site open. */
  async visit(browser: Browser, look: { width: number; height: number; userAgent: string; colorScheme?: "light" | "dark" }): Promise<Visit> {
    const { width, height, userAgent, colorScheme = "light" } = look;
    const context = await browser.newContext({ viewport: { width, height }, userAgent, colorScheme });
    const page = await context.newPage();
    const visit = new Visit(context, page, `${this.#origin}/shop`);
    if (!this.#site) await page.route(`${this.#origin}/shop`, (route) => route.fulfill({ contentType: "text/html", body: this.#page() }));
    await visit.open();
    return visit;
  }
}

/** A page of the shop, and the chat in it. */
export class Visit {
  readonly faults: string[] = [];
  readonly chat: FrameLocator;

  constructor(
    readonly context: BrowserContext,
    readonly page: Page,
    private readonly url: string,
  ) {
    this.chat = page.frameLocator("iframe");
    page.on("pageerror", (error) => this.faults.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) this.faults.push(message.text());
    });
  }

  /** Loads the page (again), with the site's word about who is there unless nobody signed in. */
  async open(token: string | null = null): Promise<void> {
    await this.page.goto(this.url);
    await this.page.waitForFunction(() => "Wardesk" in window);
    await this.page.evaluate((token) => {
      const { Wardesk } = window as unknown as { Wardesk: { open(): void; identify(token: string): void } };
      if (token !== null) Wardesk.identify(token);
      Wardesk.open();
    }, token);
  }

  async write(text: string): Promise<void> {
    await this.chat.getByRole("textbox", { name: "Your message" }).fill(text);
    await this.chat.getByRole("button", { name: "Send" }).click();
  }

  async reads(text: string): Promise<void> {
    await this.chat.getByRole("log").getByText(text).waitFor();
  }

  async protection(): Promise<void> {
    await this.chat.getByRole("button", { name: /can read this$/ }).click();
    await this.chat.getByRole("heading", { name: "What protects this conversation" }).waitFor();
  }

  async back(): Promise<void> {
    await this.chat.getByRole("button", { name: "Back to the conversation" }).click();
  }

  /** What a browser does that clears a site's databases and keeps its small notes. */
  async loseData(): Promise<void> {
    await this.page.goto("about:blank");
    await this.page.goto(`${new URL(this.url).origin}/healthz`);
    await this.page.evaluate(async () => {
      for (const { name } of await indexedDB.databases()) {
        await new Promise<void>((done, fail) => {
          const request = indexedDB.deleteDatabase(name!);
          request.onsuccess = () => done();
          request.onerror = () => fail(new Error("not deleted"));
        });
      }
    });
  }
}
