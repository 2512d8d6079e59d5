/** Test code: people with browsers on one service. */
import { IDBFactory } from "fake-indexeddb";
import "fake-indexeddb/auto";
import "./digest-here";
import { CustomerFace } from "../src/customer";
import { CustomerCore } from "../src/customer-core";
import type { Fetch } from "../src/api";
import type { ConversationView } from "../src/messenger";
import type { LocksLike } from "../src/owner";
import { StaffFace } from "../src/staff";
import { StaffCore } from "../src/staff-core";
import { Vault } from "../src/store";
import { Service } from "./service";

/** One browser profile: its database and what its tabs share. */
export class Browser {
  readonly idb = new IDBFactory();
  readonly locks: LocksLike = fakeLocks();
  readonly storage = new Map<string, string>();
  readonly channel = `channel-${Math.random()}`;
}

/** A page's life: after so many steps (each write and each request has one before and one after) it is dead. */
export class Life {
  steps = 0;
  private dieAt = Infinity;
  dead = false;

  dieAfter(steps: number): void {
    this.dieAt = this.steps + steps;
  }

  step(): void {
    if (!this.dead && ++this.steps >= this.dieAt) this.dead = true;
    if (this.dead) throw new Error("the page died here");
  }

  fetch(fetch: Fetch): Fetch {
    return async (input, init) => {
      this.step();
      const answer = await fetch(input, init);
      this.step();
      return answer;
    };
  }

  vault(vault: Vault): Vault {
    const unlock = vault.unlock.bind(vault);
    vault.unlock = async (secret) => {
      const store = await unlock(secret);
      const write = store.write.bind(store);
      store.write = async (changes) => {
        this.step();
        await write(changes);
        this.step();
      };
      return store;
    };
    return vault;
  }
}

/** Each another one, as in life, but short. */
const soon = () => 5 + Math.random() * 20;

const open: { close(): void }[] = [];

export function staffIn(service: Service, browser: Browser, staff: string, life = new Life()): StaffFace {
  const face = new StaffFace({
    name: staff,
    locks: browser.locks,
    channel: new BroadcastChannel(browser.channel) as never,
    start: async (emit) => {
      const vault = life.vault(await Vault.open(staff, browser.idb));
      return StaffCore.start({ vault, fetch: life.fetch(service.fetchAs(staff)), openSocket: service.openSocketAs(staff), base: "", socketUrl: "", now: () => service.now, soon }, emit);
    },
  });
  open.push(face);
  return face;
}

export async function enrolled(service: Service, name: string, browser = new Browser(), life = new Life()): Promise<{ messenger: StaffFace; staff: string; browser: Browser }> {
  const staff = service.staff(name);
  const messenger = staffIn(service, browser, staff, life);
  await messenger.enrol(`${name}'s laptop`);
  return { messenger, staff, browser };
}

export function customerIn(service: Service, browser = new Browser(), life = new Life()): CustomerFace {
  const face = new CustomerFace({
    name: "widget",
    locks: browser.locks,
    channel: new BroadcastChannel(browser.channel) as never,
    start: async (emit) => {
      const vault = life.vault(await Vault.open("widget", browser.idb));
      const marker = { get: () => browser.storage.get("m") ?? null, set: (device: string | null) => void (device === null ? browser.storage.delete("m") : browser.storage.set("m", device)) };
      return CustomerCore.start({ vault, fetch: life.fetch(service.fetchAs(null)), openSocket: service.openSocketAs(null), base: "", socketUrl: "", now: () => service.now, marker, persistent: async () => true, soon }, emit);
    },
  });
  open.push(face);
  return face;
}

export function closeAll(): void {
  for (const face of open.splice(0)) face.close();
}

export async function until<T>(what: string, read: () => T | null | undefined | false, ms = 8_000): Promise<T> {
  const end = Date.now() + ms;
  for (;;) {
    const value = read();
    if (value) return value;
    if (Date.now() > end) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export function texts(view: ConversationView): string[] {
  return view.lines.flatMap((line) => (line.kind === "text" ? [line.body] : line.kind === "refused" ? [`refused:${line.reason}`] : []));
}

export function events(view: ConversationView): string[] {
  return view.lines.flatMap((line) => (line.kind === "event" ? [`${line.event}:${line.people.map((person) => person.name ?? "visitor").join(",")}`] : []));
}

function fakeLocks(): LocksLike {
  let tail: Promise<unknown> = Promise.resolve();
  return {
    request(_name, _options, work) {
      const turn = tail.then(work);
      tail = turn.catch(() => undefined);
      return turn;
    },
  };
}
