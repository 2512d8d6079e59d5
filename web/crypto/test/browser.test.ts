/** Tabs, sign-in and what is left on disk. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Service } from "./service";
import { Browser, closeAll, customerIn, enrolled, staffIn, texts, until } from "./world";
import { StoreDamaged, Superseded, Vault } from "../src/store";
import { randomBytes } from "../src/bytes";

let service: Service;
beforeEach(async () => {
  service = await Service.create();
});
afterEach(closeAll);
const stop = () => undefined;

describe("two tabs of one browser", () => {
  it("show the same, the second works through the first and takes over when it closes", async () => {
    const mia = await enrolled(service, "Mia");
    const customer = customerIn(service);
    const id = await customer.open("hello");
    mia.messenger.follow(id, stop);
    await mia.messenger.take(id);
    const second = staffIn(service, mia.browser, mia.staff);
    await until("guest", () => second.status().state === "other-tab");
    second.follow(id, stop);
    await until("same lines", () => texts(second.view(id)).includes("hello") && second.view(id).member);
    await second.send(id, "from the second tab");
    // It is on its way, and the first one, which closes now, may still do something: see `tabs.test.ts`.
    await until("in the first", () => texts(mia.messenger.view(id)).includes("from the second tab"));
    mia.messenger.close();
    await until("took over, locked", () => second.status().state === "locked");
    await second.unlock();
    await second.send(id, "still here");
    customer.follow(id, stop);
    await until("customer", () => texts(customer.view(id)).includes("still here"));
    expect(texts(customer.view(id))).toEqual(["hello", "from the second tab", "still here"]);
  });
});

describe("the store", () => {
  it("is written only by who opened it last, also after a wipe, and a refused write changes nothing", async () => {
    const browser = new Browser();
    const older = await Vault.open("db", browser.idb);
    const written = await older.unlock(new Uint8Array());
    await written.write([{ table: "device", key: "a", value: 1 }]);
    await written.write([{ table: "device", key: "b", value: 1 }]);
    const newer = await Vault.open("db", browser.idb);
    let told = 0;
    older.onSuperseded = () => told++;
    await expect(written.write([{ table: "device", key: "a", value: 2 }])).rejects.toThrow(Superseded);
    await expect(written.write([{ table: "device", key: "b", remove: true }])).rejects.toThrow(Superseded);
    await expect(older.setPlain("device", "other")).rejects.toThrow(Superseded);
    await expect(older.wipe()).rejects.toThrow(Superseded);
    expect(told).toBe(4);
    const rows = await newer.unlock(new Uint8Array());
    expect(await rows.list("device", "")).toEqual([{ key: "a", value: 1 }, { key: "b", value: 1 }]);
    expect(await newer.plain("device")).toBeUndefined();
    await newer.wipe();
    await expect((await newer.unlock(new Uint8Array())).write([{ table: "device", key: "a", value: 3 }])).resolves.toBeUndefined();
    await expect(older.setPlain("device", "other")).rejects.toThrow(Superseded);
    await expect(rows.write([{ table: "device", key: "a", value: 4 }])).rejects.toThrow(StoreDamaged);
  });

  it("opens with both halves only, and a moved or changed row does not open", async () => {
    const browser = new Browser();
    const vault = await Vault.open("db", browser.idb);
    const secret = randomBytes(32);
    const store = await vault.unlock(secret);
    await store.write([{ table: "device", key: "a", value: { text: "geheim", bytes: new Uint8Array([1, 2]) } }, { table: "device", key: "b", value: 1 }]);
    expect(await store.get("device", "a")).toEqual({ text: "geheim", bytes: new Uint8Array([1, 2]) });
    expect((await store.list("device", "")).map((row) => row.key)).toEqual(["a", "b"]);
    await expect((await vault.unlock(randomBytes(32))).get("device", "a")).rejects.toThrow(StoreDamaged);
    const raw = await rows(browser, "db");
    expect(JSON.stringify(raw.map(([, row]) => Buffer.from(row as Uint8Array).toString("latin1")))).not.toContain("geheim");
    await new Promise<void>((resolve) => {
      const request = browser.idb.open("db");
      request.onsuccess = () => {
        const tx = request.result.transaction("rows", "readwrite");
        tx.objectStore("rows").put(raw.find(([key]) => key === "device/a")![1], "device/b");
        tx.oncomplete = () => resolve();
      };
    });
    await expect(store.get("device", "b")).rejects.toThrow(StoreDamaged);
  });

  it("signed out, a staff browser holds ciphertext only", async () => {
    const mia = await enrolled(service, "Mia");
    const customer = customerIn(service);
    const id = await customer.open("a very secret word");
    mia.messenger.follow(id, stop);
    await until("read", () => texts(mia.messenger.view(id)).length === 1);
    mia.messenger.lock();
    await until("views are gone", () => mia.messenger.status().state === "locked" && mia.messenger.view(id).lines.length === 0);
    await expect(mia.messenger.send(id, "x")).rejects.toMatchObject({ code: "locked" });
    const raw = await rows(mia.browser, mia.staff);
    expect(raw.map(([, row]) => Buffer.from(row as Uint8Array).toString("latin1")).join()).not.toContain("secret word");
  });

  it("a device whose keys are gone says so; one that was revoked too", async () => {
    const mia = await enrolled(service, "Mia");
    mia.messenger.close();
    const device = [...service.devices.values()][0]!;
    device.unlockSecret = Buffer.from(randomBytes(32)).toString("base64url");
    const again = staffIn(service, mia.browser, mia.staff);
    await expect(again.unlock()).rejects.toMatchObject({ code: "lost" });
    expect(again.status().state).toBe("lost");
    device.revoked = true;
    await expect(again.unlock()).rejects.toMatchObject({ code: "not-found" });
    expect(again.status().state).toBe("revoked");
    await again.enrol("new");
    expect(again.status().state).toBe("ready");
  });
});

describe("a customer's browser", () => {
  it("tells when its data was deleted, and forgets everything at sign-out", async () => {
    const mia = await enrolled(service, "Mia");
    expect(mia.messenger.status().state).toBe("ready");
    const browser = new Browser();
    const customer = customerIn(service, browser);
    await until("ready", () => customer.status().state === "ready");
    expect(service.tokens.size).toBe(0);
    await customer.open("hello");
    customer.close();
    const wiped = new Browser();
    wiped.storage.set("m", "1");
    const after = customerIn(service, wiped);
    await until("lost", () => after.status().state === "lost");
    await after.open("again");
    expect(after.status().state).toBe("ready");
    await after.signOut();
    expect(after.status().state).toBe("signed-out");
    expect(after.conversations()).toEqual([]);
    expect((await rows(wiped, "widget")).map(([key]) => String(key)).filter((key) => !key.startsWith("pinned/"))).toEqual([]);
  });

  it("identified by the company's site it has a name, and another person's conversations are not shown to it", async () => {
    await enrolled(service, "Mia");
    const customer = customerIn(service);
    await customer.open("anonymous");
    await customer.identify("jwt-of-jonas");
    expect(customer.status().name).toBe("Jonas");
    expect(customer.conversations()).toEqual([]);
    await customer.open("as Jonas");
    expect(customer.conversations()).toHaveLength(1);
  });

  it("what is written while the company's site vouches is the person's, not the visitor's of before", async () => {
    await enrolled(service, "Mia");
    const customer = customerIn(service);
    const vouched = customer.identify("jwt-of-jonas");
    const id = await customer.open("as Jonas");
    await vouched;
    expect(customer.conversations().map((one) => one.id)).toEqual([id]);
    expect(service.requests.some((request) => request.includes("/widget/visitors"))).toBe(false);
    // A word that is refused stops nobody from writing as a visitor.
    const visitor = customerIn(service);
    const refused = visitor.identify("nobody's word").catch(() => "refused");
    await visitor.open("anonymous");
    expect([await refused, visitor.conversations().length]).toEqual(["refused", 1]);
  });

  it("renews its leaf after a week, before it writes on", async () => {
    const mia = await enrolled(service, "Mia");
    const customer = customerIn(service);
    const id = await customer.open("hello");
    customer.follow(id, stop);
    mia.messenger.follow(id, stop);
    await mia.messenger.take(id);
    await until("staffed", () => customer.view(id).staffed && customer.view(id).number);
    const before = customer.view(id).number;
    service.now += 8 * 86_400_000;
    await customer.send(id, "a week later");
    await until("read", () => texts(mia.messenger.view(id)).includes("a week later"));
    expect(service.room(id).log.map((item) => item.kind)).toEqual(["opened", "letter", "commit", "commit", "message"]);
    const after = await until("number changed", () => customer.view(id).number !== before && customer.view(id).number);
    await until("on both sides", () => mia.messenger.view(id).number === after);
    expect(customer.view(id).lines.filter((line) => line.kind === "refused")).toEqual([]);
  });

  it("renews its statement before it runs out, and is still believed", async () => {
    const mia = await enrolled(service, "Mia");
    const browser = new Browser();
    const customer = customerIn(service, browser);
    const id = await customer.open("hello");
    await until("there", () => service.rooms.has(id));
    customer.close();
    service.now += 27 * 86_400_000;
    const again = customerIn(service, browser);
    await until("back", () => again.conversations().length === 1);
    expect(service.requests.some((request) => /POST .*\/widget\/devices\/dev_\w+\/statement/.test(request))).toBe(true);
    service.now += 5 * 86_400_000;
    await again.send(id, "a month later");
    await until("there too", () => service.room(id).log.length === 3);
    mia.messenger.follow(id, stop);
    await until("read", () => texts(mia.messenger.view(id)).length === 2);
    expect(texts(mia.messenger.view(id))).toEqual(["hello", "a month later"]);
  });

  it("is told when its session ended", async () => {
    await enrolled(service, "Mia");
    const customer = customerIn(service);
    const id = await customer.open("hello");
    await until("there", () => service.rooms.has(id));
    service.tokens.clear();
    await customer.send(id, "more");
    await until("signed out", () => customer.status().state === "signed-out");
  });

  it("where the page may keep no data the sheet says so", async () => {
    const browser = new Browser();
    browser.idb.open = () => {
      throw new DOMException("denied", "SecurityError");
    };
    const customer = customerIn(service, browser);
    await until("unavailable", () => customer.status().state === "unavailable");
    await expect(customer.open("hello")).rejects.toMatchObject({ code: "unavailable" });
  });

  it("without a team key the text stays with the customer", async () => {
    const customer = customerIn(service);
    await expect(customer.open("hello")).rejects.toMatchObject({ code: "no-team-key" });
    expect(service.rooms.size).toBe(0);
  });
});

async function rows(browser: Browser, name: string): Promise<[IDBValidKey, unknown][]> {
  return new Promise((resolve) => {
    const request = browser.idb.open(name);
    request.onsuccess = () => {
      const store = request.result.transaction("rows").objectStore("rows");
      const keys = store.getAllKeys();
      const values = store.getAll();
      values.onsuccess = () => resolve(keys.result.map((key, i) => [key, values.result[i]]));
    };
  });
}
