/** A page that dies between any two steps leaves a state from which the next one goes on. */
import { afterEach, describe, expect, it } from "vitest";
import { Service } from "./service";
import { Browser, Life, closeAll, customerIn, enrolled, staffIn, texts, until } from "./world";

afterEach(closeAll);
const stop = () => undefined;
const count = (all: string[], text: string) => all.filter((one) => one === text).length;
const settled = (work: Promise<unknown>) => work.then(() => true, () => false);

/** Runs `attempt` once per step it takes, dying at that step; ends when it gets through alive. */
async function atEveryStep(attempt: (dieAfter: number) => Promise<Life>): Promise<number> {
  for (let at = 1; at < 60; at++) {
    const life = await attempt(at);
    closeAll();
    if (!life.dead) return at - 1;
  }
  throw new Error("never got through");
}

describe("dying at every step", () => {
  it("of a customer's message: it arrives once, or was never taken from the composer", async () => {
    const steps = await atEveryStep(async (at) => {
      const service = await Service.create();
      const mia = await enrolled(service, "Mia");
      const browser = new Browser();
      const life = new Life();
      const customer = customerIn(service, browser, life);
      const id = await customer.open("hello");
      customer.follow(id, stop);
      mia.messenger.follow(id, stop);
      await mia.messenger.take(id);
      await until("staffed", () => customer.view(id).staffed && customer.view(id).number);
      await new Promise((resolve) => setTimeout(resolve, 20));
      life.dieAfter(at);
      const accepted = await settled(customer.send(id, "exactly once"));
      await until("sent or dead", () => life.dead || customer.view(id).lines.some((line) => line.kind === "text" && line.body === "exactly once" && line.seq !== null));
      customer.close();

      const again = customerIn(service, browser);
      await until("back", () => again.conversations().length === 1);
      again.follow(id, stop);
      await mia.messenger.send(id, "are you there");
      await until("the way to the customer", () => texts(again.view(id)).includes("are you there"));
      await again.send(id, "yes");
      await until("the way from the customer", () => texts(mia.messenger.view(id)).includes("yes"));
      const arrived = count(texts(mia.messenger.view(id)), "exactly once");
      expect(arrived, `died at step ${at}`).toBeLessThanOrEqual(1);
      if (accepted) expect(arrived, `died at step ${at}`).toBe(1);
      expect(count(texts(again.view(id)), "exactly once")).toBe(arrived);
      expect([...texts(mia.messenger.view(id)), ...texts(again.view(id))].filter((text) => text.startsWith("refused"))).toEqual([]);
      return life;
    });
    expect(steps).toBeGreaterThanOrEqual(6);
  }, 240_000);

  it("of opening a conversation: there is one or none, and it can be read", async () => {
    const steps = await atEveryStep(async (at) => {
      const service = await Service.create();
      const mia = await enrolled(service, "Mia");
      const browser = new Browser();
      const life = new Life();
      const customer = customerIn(service, browser, life);
      await until("ready", () => customer.status().state === "ready");
      life.dieAfter(at);
      const accepted = await settled(customer.open("hello"));
      await until("done or dead", () => life.dead || customer.conversations().some((row) => customer.view(row.id).lines.some((line) => line.kind === "text" && line.seq !== null)));
      customer.close();

      const again = customerIn(service, browser);
      await until("back", () => again.status().state === "ready");
      if (accepted) await until("arrived", () => service.rooms.size === 1);
      expect(service.rooms.size).toBeLessThanOrEqual(1);
      const id = [...service.rooms.keys()][0] ?? (await again.open("hello"));
      await until("there", () => service.rooms.get(id)?.log.length === 2);
      mia.messenger.follow(id, stop);
      await until("readable", () => texts(mia.messenger.view(id)).length === 1);
      expect(texts(mia.messenger.view(id))).toEqual(["hello"]);
      await mia.messenger.take(id);
      await mia.messenger.send(id, "hi");
      again.follow(id, stop);
      await until("answer", () => texts(again.view(id)).includes("hi"));
      return life;
    });
    expect(steps).toBeGreaterThanOrEqual(10);
  }, 240_000);

  it("of taking a conversation: after coming back the same person has it and talks", async () => {
    const steps = await atEveryStep(async (at) => {
      const service = await Service.create();
      const browser = new Browser();
      const life = new Life();
      const mia = await enrolled(service, "Mia", browser, life);
      const customer = customerIn(service);
      const id = await customer.open("hello");
      customer.follow(id, stop);
      await until("opened", () => service.rooms.get(id)?.log.length === 2);
      await new Promise((resolve) => setTimeout(resolve, 20));
      life.dieAfter(at);
      await settled(mia.messenger.take(id));
      mia.messenger.close();

      const again = staffIn(service, browser, mia.staff);
      await again.unlock();
      again.follow(id, stop);
      await until("loaded", () => again.view(id).loaded && texts(again.view(id)).includes("hello"));
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (!again.view(id).member) await again.take(id);
      await again.send(id, "hi");
      await until("answer", () => texts(customer.view(id)).includes("hi"));
      await customer.send(id, "thanks");
      await until("thanks", () => texts(again.view(id)).includes("thanks"));
      expect([...texts(again.view(id)), ...texts(customer.view(id))].filter((text) => text.startsWith("refused"))).toEqual([]);
      return life;
    });
    expect(steps).toBeGreaterThanOrEqual(10);
  }, 240_000);
});
