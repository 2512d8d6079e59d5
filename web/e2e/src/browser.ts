import { mkdirSync } from "node:fs";
import { join } from "node:path";
import axe from "axe-core";
import { type Browser, type BrowserContext, type Page, chromium } from "playwright-core";
import { watchBrowser } from "./failures";

const ARGUMENTS = [
  "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--no-first-run",
];

export async function openBrowser(): Promise<Browser> {
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ARGUMENTS });
  watchBrowser(browser);
  return browser;
}

/** A page that fails the test when a script of ours throws or the content policy refuses something. */
export async function openPage(browser: Browser, size: { width: number; height: number }): Promise<{ context: BrowserContext; page: Page; faults: string[] }> {
  const context = await browser.newContext({ viewport: size });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) faults.push(message.text());
  });
  return { context, page, faults };
}

/** Keeps a picture of what the test saw. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = join(import.meta.dirname, "..", "pictures");
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}

/** What axe finds against WCAG 2.2 AA, one line each. */
export async function axeFindings(page: Page): Promise<string[]> {
  // Evaluated in the page's own world by the debugger, so the content policy stays as it is.
  await page.evaluate(axe.source);
  // A colour on its way to another is not what people read.
  await page.evaluate(() => Promise.allSettled(document.getAnimations().flatMap((one) => (one instanceof CSSTransition ? [one.finished] : []))));
  return page.evaluate(async () => {
    const { violations } = await (window as unknown as { axe: typeof axe }).axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    });
    return violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(" ")).join(", ")}`);
  });
}
