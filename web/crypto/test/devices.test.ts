/** A customer with several devices, or after a loss: comes in, reads what it may, takes the old one out. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CustomerFace } from "../src/customer";
import { Service } from "./service";
import { Browser, closeAll, customerIn, enrolled, events, texts, until } from "./world";

let service: Service;
beforeEach(async () => {
  service = await Service.create();
});
afterEach(closeAll);
const stop = () => undefined;
const earlier = (face: CustomerFace, id: string) => face.view(id).lines.find((line) => line.kind === "earlier");
const refused = (face: { view(id: string): { lines: { kind: string }[] } }, id: string) => face.view(id).lines.filter((line) => line.kind === "refused");

async function jonasWrites(text = "from the phone") {
  const phone = customerIn(service);
  await phone.identify("jwt-of-jonas");
  const id = await phone.open(text);
  phone.follow(id, stop);
  await until("sent", () => service.room(id).log.length === 2);
  return { phone, id };
}

async function onLaptop(browser = new Browser()) {
  const laptop = customerIn(service, browser);
  await laptop.identify("jwt-of-jonas");
  return laptop;
}

describe("a customer whom the site vouches for, on a further device", () => {
  it("sees the conversation and goes on while only letters exist; who takes it later reads both", async () => {
    const mia = await enrolled(service, "Mia");
    const { phone, id } = await jonasWrites();
    const laptop = await onLaptop();
    expect(laptop.conversations().map((row) => row.id)).toEqual([id]);
    laptop.follow(id, stop);
    await until("in", () => laptop.view(id).member);
    await until("told", () => earlier(laptop, id));
    expect(earlier(laptop, id)).toMatchObject({ count: 1, elsewhere: true });
    expect(texts(laptop.view(id))).toEqual([]);
    await laptop.send(id, "from the laptop");
    await until("on the phone", () => texts(phone.view(id)).includes("from the laptop"));
    await phone.send(id, "again from the phone");
    await until("on the laptop", () => texts(laptop.view(id)).includes("again from the phone"));
    mia.messenger.follow(id, stop);
    await until("read with the team key", () => texts(mia.messenger.view(id)).length === 3);
    await mia.messenger.take(id);
    await mia.messenger.send(id, "hello to both");
    for (const face of [phone, laptop]) await until("the answer", () => texts(face.view(id)).includes("hello to both"));
    const number = await until("number", () => mia.messenger.view(id).number);
    for (const face of [phone, laptop]) await until("equal numbers", () => face.view(id).number === number);
    for (const face of [phone, laptop, mia.messenger]) expect(refused(face, id)).toEqual([]);
  });

  it("is shown to staff as a new device of a known person before they write on, and numbers agree again", async () => {
    const mia = await enrolled(service, "Mia");
    const { phone, id } = await jonasWrites();
    mia.messenger.follow(id, stop);
    await mia.messenger.take(id);
    await until("staffed", () => phone.view(id).staffed);
    const before = await until("number", () => mia.messenger.view(id).number);
    const laptop = await onLaptop();
    laptop.follow(id, stop);
    await until("told", () => events(mia.messenger.view(id)).at(-1) === "key-changed:visitor");
    const after = await until("another number", () => mia.messenger.view(id).number !== before && mia.messenger.view(id).number);
    for (const face of [phone, laptop]) await until("equal", () => face.view(id).number === after);
    expect(events(phone.view(id))).toContain("key-changed:visitor");
  });

  it("reads what was before when the other device allows it, and the server carried no key in clear", async () => {
    const mia = await enrolled(service, "Mia");
    const { phone, id } = await jonasWrites("a secret word");
    mia.messenger.follow(id, stop);
    await mia.messenger.take(id);
    await mia.messenger.send(id, "an answer");
    await until("read", () => texts(phone.view(id)).includes("an answer"));
    const laptop = await onLaptop();
    laptop.follow(id, stop);
    await until("told", () => earlier(laptop, id));
    const [newcomer] = await until("asked on the phone", () => (phone.view(id).newcomers.length === 1 ? phone.view(id).newcomers : null));
    expect(newcomer!.device).toBe(laptop.view(id).device);
    await phone.showHistoryTo(newcomer!.keys);
    await until("history", () => texts(laptop.view(id)).length === 2);
    expect(texts(laptop.view(id))).toEqual(["a secret word", "an answer"]);
    expect(earlier(laptop, id)).toBeUndefined();
    await until("not asked any more", () => phone.view(id).newcomers.length === 0);
    const handed = service.room(id).log.filter((item) => item.kind === "history");
    expect(handed).toHaveLength(1);
    const keys = Object.keys(handed[0]!.body).sort();
    expect(keys).toEqual(["sealed", "signature", "to"]);
    expect(refused(mia.messenger, id)).toEqual([]);
  });

  it("takes the other device out, which is gone from the group while anybody is online", async () => {
    const mia = await enrolled(service, "Mia");
    const { phone, id } = await jonasWrites();
    mia.messenger.follow(id, stop);
    await mia.messenger.take(id);
    const old = phone.view(id).device;
    const laptop = await onLaptop();
    laptop.follow(id, stop);
    await until("in", () => laptop.view(id).member);
    await laptop.refreshDevices();
    expect(laptop.devices().map(({ self }) => self).sort()).toEqual([false, true]);
    await laptop.removeDevice(old);
    await until("out", () => !service.room(id).devices.includes(old));
    expect(laptop.devices()).toHaveLength(1);
    await mia.messenger.send(id, "only for the laptop");
    await until("read", () => texts(laptop.view(id)).includes("only for the laptop"));
    await phone.send(id, "still me?");
    await until("signed out", () => phone.status().state === "signed-out");
    expect(texts(phone.view(id))).not.toContain("only for the laptop");
    // Vouched for again it begins anew, as another device.
    await phone.identify("jwt-of-jonas");
    phone.follow(id, stop);
    await until("back as another device", () => phone.view(id).member && phone.view(id).device !== old);
  });
});

describe("after the data of a browser was deleted", () => {
  it("a vouched-for customer goes on, the lost device is named as such, and removing it works", async () => {
    const browser = new Browser();
    const before = customerIn(service, browser);
    await enrolled(service, "Mia");
    await before.identify("jwt-of-jonas");
    const id = await before.open("hello");
    await until("sent", () => service.rooms.get(id)?.log.length === 2);
    const lost = before.view(id).device;
    before.close();
    const wiped = new Browser();
    for (const [key, value] of browser.storage) wiped.storage.set(key, value);
    const after = customerIn(service, wiped);
    await until("lost", () => after.status().state === "lost");
    await after.identify("jwt-of-jonas");
    expect(after.status().state).toBe("ready");
    after.follow(id, stop);
    await until("in", () => after.view(id).member);
    await until("told", () => earlier(after, id));
    expect(earlier(after, id)).toMatchObject({ elsewhere: false });
    expect(after.devices().find((device) => device.lost)?.id).toBe(lost);
    await after.removeDevice(lost);
    await until("out", () => !service.room(id).devices.includes(lost));
    await after.send(id, "going on");
    await until("there", () => service.room(id).log.at(-1)!.kind === "letter");
  });

  it("an anonymous visitor is told that it is gone, and begins a new one", async () => {
    await enrolled(service, "Mia");
    const browser = new Browser();
    const before = customerIn(service, browser);
    await before.open("hello");
    before.close();
    const wiped = new Browser();
    for (const [key, value] of browser.storage) wiped.storage.set(key, value);
    const after = customerIn(service, wiped);
    await until("lost", () => after.status().state === "lost");
    expect(after.conversations()).toEqual([]);
    const id = await after.open("again");
    expect(after.status().state).toBe("ready");
    await until("there", () => service.rooms.has(id));
  });
});
