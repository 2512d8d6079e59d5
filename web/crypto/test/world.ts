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
  locks: Locks | null = new Locks();
  readonly storage = new Map<string, string>();
  readonly channel = `channel-${Math.random()}`;
}

/** A page's life in steps: each write and each request has one before and one after. It can die at one, or be held there. */
export class Life {
  steps = 0;
  dead = false;
  /** It was held. */
  held = false;
  /** Writes that the store refused. */
  readonly refused: unknown[] = [];
  private dieAt = Infinity;
  private hold: ((step: string) => boolean) | null = null;
  private release: () => void = () => undefined;
  private readonly released = new Promise<void>((resolve) => (this.release = resolve));

  dieAfter(steps: number): void {
    this.dieAt = this.steps + steps;
  }

  /** At the first step for which this says so the page stops, as if it were put aside, and goes on with `goOn`. */
  holdAt(reached: (step: string) => boolean): void {
    this.hold = reached;
  }

  goOn(): void {
    this.hold = null;
    this.release();
  }

  fetch(fetch: Fetch): Fetch {
    return async (input, init) => {
      const what = `${init.method ?? "GET"} ${input}`;
      await this.step(`ask ${what}`);
      const answer = await fetch(input, init);
      await this.step(`asked ${what}`);
      return answer;
    };
  }

  vault(vault: Vault): Vault {
    const unlock = vault.unlock.bind(vault);
    vault.unlock = async (secret) => {
      const store = await unlock(secret);
      const write = store.write.bind(store);
      store.write = async (changes) => {
        const what = changes.map(({ table }) => table).join("+");
        await this.step(`write ${what}`);
        await write(changes).catch((error: unknown) => {
          this.refused.push(error);
          throw error;
        });
        await this.step(`wrote ${what}`);
      };
      return store;
    };
    return vault;
  }

  private async step(what: string): Promise<void> {
    if (!this.dead && ++this.steps >= this.dieAt) this.dead = true;
    if (this.dead) throw new Error("the page died here");
    this.held ||= this.hold?.(what) ?? false;
    if (this.held) await this.released;
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
    start: async (emit, superseded) => {
      const vault = life.vault(await Vault.open(staff, browser.idb));
      vault.onSuperseded = superseded;
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
    start: async (emit, superseded) => {
      const vault = life.vault(await Vault.open("widget", browser.idb));
      vault.onSuperseded = superseded;
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

/** Web Locks as far as they are used. */
class Locks implements LocksLike {
  private readonly waiting: (() => void)[] = [];
  private holder: { lose(): void } | null = null;

  request(_name: string, _options: object, work: () => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push(() => {
        const holder = { lose: () => reject(new DOMException("The page was put aside.", "AbortError")) };
        this.holder = holder;
        void work()
          .then(resolve, reject)
          .finally(() => this.holder === holder && this.next());
      });
      if (this.holder === null) queueMicrotask(() => this.holder === null && this.next());
    });
  }

  /** What a browser does with the lock of a page that it puts aside for the way back; it may tell the page when it returns. */
  takeAway(told: boolean): void {
    const { holder } = this;
    this.next();
    if (told) holder?.lose();
  }

  private next(): void {
    this.holder = null;
    this.waiting.shift()?.();
  }
}
