import type { Browser, Page } from "playwright-core";
import { afterEach } from "vitest";

/** Of the file that runs: what to look at when one of its tests fails. */
const browsers = new Set<Browser>();
const servers = new Set<{ output(): string }>();

export const watchBrowser = (browser: Browser) => void browsers.add(browser);
export const watchServer = (server: { output(): string }) => void servers.add(server);

/** Prints what people see, and what the server said, when a test fails: elsewhere it may never fail again. */
export function tellOfFailures(picture: (page: Page, name: string) => Promise<void>): void {
  afterEach(async ({ task }) => {
    if (task.result?.state !== "fail") return;
    const pages = [...browsers].flatMap((browser) => browser.contexts().flatMap((context) => context.pages()));
    for (const [number, page] of pages.entries()) {
      const name = `failed-${task.name.replace(/\W+/g, "-").slice(0, 60)}-${number}`;
      const seen = await Promise.race([Promise.all([describe(page), picture(page, name)]), after(5000)]).catch(String);
      console.log(`${name}: ${Array.isArray(seen) ? seen[0] : seen}`);
    }
    for (const server of servers) console.log(server.output().split("\n").slice(-25).join("\n"));
  }, 60_000);
}

async function describe(page: Page): Promise<string> {
  const frames = await Promise.all(
    page.frames().map((frame) =>
      frame.evaluate(() => {
        const active = document.activeElement;
        return [`focus ${document.hasFocus()} on ${active?.outerHTML.slice(0, 200)}`, document.body.innerText.slice(0, 1500)].join("\n");
      }),
    ),
  );
  return [page.url(), ...frames].join("\n");
}

const after = (milliseconds: number) => new Promise<string>((done) => setTimeout(() => done("does not answer"), milliseconds));
