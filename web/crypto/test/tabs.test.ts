/** A tab that closes, or is put aside by the browser, while it does something: its code may live on, its word does not count. */
import { afterEach, describe, expect, it } from "vitest";
import { Service } from "./service";
import { Browser, Life, closeAll, customerIn, enrolled, staffIn, texts, until } from "./world";
import { Superseded } from "../src/store";
import { Owner, type CoreEvent } from "../src/owner";

afterEach(closeAll);
const stop = () => undefined;
const count = (all: string[], text: string) => all.filter((one) => one === text).length;
const settled = (work: Promise<unknown>) => work.then(() => true, () => false);
const refusals = (all: string[]) => all.filter((text) => text.startsWith("refused"));

/**
 * Runs `attempt` once per step it takes, held at that step; ends when it gets through. Neither what only reads nor the
 * moment after a write is a step here: they are like the next one.
 */
async function atEveryStep(attempt: (hold: (life: Life) => void) => Promise<void>): Promise<number> {
  for (let at = 1; at < 60; at++) {
    let life: Life | undefined;
    await attempt((held) => {
      life = held;
      let passed = 0;
      held.holdAt((step) => !step.includes(" GET ") && !step.startsWith("wrote") && ++passed >= at);
    }).catch((error: unknown) => {
      throw new Error(`held at step ${at}`, { cause: error });
    });
    closeAll();
    if (!life?.held) return at - 1;
  }
  throw new Error("never got through");
}

/** Mia has the conversation in one tab, and looks at it in another one. */
async function twoTabs(life: Life, lifeOfSecond = new Life()) {
  const service = await Service.create();
  const { messenger: first, browser, staff } = await enrolled(service, "Mia", new Browser(), life);
  const customer = customerIn(service);
  const id = await customer.open("hello");
  customer.follow(id, stop);
  first.follow(id, stop);
  const second = staffIn(service, browser, staff, lifeOfSecond);
  second.follow(id, stop);
  await until("same lines", () => second.status().state === "other-tab" && texts(second.view(id)).includes("hello"));
  return { service, browser, customer, id, first, second };
}

describe("a tab that closes at every step, and whose code lives on beside the one that took over,", () => {
  it("of renewing the leaf and sending: the group is one", async () => {
    const steps = await atEveryStep(async (hold) => {
      const service = await Service.create();
      const { messenger: mia } = await enrolled(service, "Mia");
      const life = new Life();
      const browser = new Browser();
      const first = customerIn(service, browser, life);
      const id = await first.open("hello");
      first.follow(id, stop);
      mia.follow(id, stop);
      await mia.take(id);
      await until("staffed", () => first.view(id).staffed);
      const second = customerIn(service, browser);
      second.follow(id, stop);
      await until("same lines", () => second.view(id).staffed);
      service.now += 8 * 86_400_000;
      hold(life);
      const sent = settled(first.send(id, "a week later"));
      await until("held or there", () => life.held || texts(mia.view(id)).includes("a week later"));
      first.close();
      await second.retry(id, "nothing: it only has the conversation read from the store");
      life.goOn();
      const accepted = await sent;
      if (accepted) await until("arrived", () => texts(mia.view(id)).includes("a week later"));
      await second.send(id, "still here");
      await until("still here", () => texts(mia.view(id)).includes("still here"));
      await until("one group", () => second.view(id).number !== null && second.view(id).number === mia.view(id).number);
      expect(refusals([...texts(mia.view(id)), ...texts(second.view(id))])).toEqual([]);
      expect(count(texts(mia.view(id)), "a week later")).toBe(accepted ? 1 : 0);
    });
    expect(steps).toBeGreaterThanOrEqual(10);
  }, 240_000);
});

describe("a tab that closes", () => {
  it("in the middle of sending uses no step of the ratchet after another one read it from the store", async () => {
    const [life, lifeOfSecond] = [new Life(), new Life()];
    const { service, customer, id, first, second } = await twoTabs(life, lifeOfSecond);
    await first.take(id);
    await until("staffed", () => customer.view(id).staffed);
    life.holdAt((step) => step === "write conversations+outbox");
    await first.send(id, "on its way");
    await until("held", () => life.held);
    first.close();
    await until("took over, locked", () => second.status().state === "locked");
    lifeOfSecond.holdAt((step) => step.includes("/log?"));
    await second.unlock();
    await until("has read the store, and not the log", () => lifeOfSecond.held);
    life.goOn();
    await until("the closed one sent, or could not", () => service.room(id).log.some(({ kind }) => kind === "message") || life.refused.length > 0);
    lifeOfSecond.goOn();
    await second.send(id, "still here");
    await until("still here", () => texts(customer.view(id)).includes("still here"));
    expect(texts(customer.view(id))).toEqual(["hello", "on its way", "still here"]);
    expect(life.refused.every((error) => error instanceof Superseded)).toBe(true);
  });

  it("while it still starts gives way at once, and does not come to life later", async () => {
    const service = await Service.create();
    await enrolled(service, "Mia");
    const browser = new Browser();
    const life = new Life();
    life.holdAt((step) => step.includes("/organisation"));
    const first = customerIn(service, browser, life);
    const second = customerIn(service, browser);
    await until("starts", () => life.held);
    first.close();
    await until("took over", () => second.status().state === "ready");
    life.goOn();
    await until("could keep nothing", () => life.refused.length > 0);
    await expect(first.open("from nowhere")).rejects.toMatchObject({ code: "closed" });
    const id = await second.open("hello");
    await until("arrived", () => service.rooms.get(id)?.log.length === 2);
  });
});

describe("a tab whose lock the browser took away when it put the page aside", () => {
  it.each([
    ["and that is told", true],
    ["and that is not told", false],
  ])("%s, works through the one that took over once it is awake, and takes over again", async (_how, told) => {
    const { browser, customer, id, first, second } = await twoTabs(new Life());
    const arrives = (text: string) => until(text, () => texts(customer.view(id)).includes(text));
    await first.take(id);
    await until("staffed", () => customer.view(id).staffed);
    await first.send(id, "one");
    await arrives("one");
    browser.locks!.takeAway(told);
    await until("took over, locked", () => second.status().state === "locked");
    await second.unlock();
    await second.send(id, "two");
    await arrives("two");
    await first.send(id, "three");
    await arrives("three");
    await until("a guest", () => first.status().state === "other-tab");
    second.close();
    await until("took over again, locked", () => first.status().state === "locked");
    await first.unlock();
    await first.send(id, "four");
    await arrives("four");
    expect(texts(customer.view(id))).toEqual(["hello", "one", "two", "three", "four"]);
  });
});

it("in a browser without locks the newest tab has the keys, and the older ones work through it", async () => {
  const service = await Service.create();
  const browser = new Browser();
  browser.locks = null;
  const { messenger: first, staff } = await enrolled(service, "Mia", browser);
  const customer = customerIn(service);
  const id = await customer.open("hello");
  customer.follow(id, stop);
  await first.take(id);
  const second = staffIn(service, browser, staff);
  second.follow(id, stop);
  await until("has the keys, locked", () => second.status().state === "locked" && second.status().device !== null);
  await second.unlock();
  await first.send(id, "one");
  await until("a guest", () => first.status().state === "other-tab");
  await second.send(id, "two");
  await until("both", () => texts(customer.view(id)).includes("two"));
  expect(texts(customer.view(id))).toEqual(["hello", "one", "two"]);
  second.close();
  await until("the older one has the keys again, locked", () => first.status().state === "locked");
  await first.unlock();
  await first.send(id, "three");
  await until("all", () => texts(customer.view(id)).includes("three"));
});

it("says that nothing is kept where the browser refuses locks, instead of waiting for ever", async () => {
  const events: CoreEvent[] = [];
  const refused = () => Promise.reject(new DOMException("denied", "SecurityError"));
  const owner = new Owner({ name: "x", locks: { request: refused }, channel: null, start: () => Promise.reject(new Error("never asked")), onEvent: (event) => events.push(event), onRole: () => undefined });
  await expect(owner.call("status")).rejects.toMatchObject({ code: "unavailable" });
  expect(events).toEqual([{ type: "failed" }]);
  owner.stop();
});
