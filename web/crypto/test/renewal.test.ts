/** Statements end; conversations do not. The clock is moved by hand. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fromB64u, fromUtf8 } from "../src/bytes";
import { MlsEngine, leavesOf } from "../src/mls-engine";
import { generateSignatureKey } from "../src/ed25519";
import type { DeviceStatement } from "../src/statements";
import { Service, committedStatements } from "./service";
import { Browser, closeAll, customerIn, enrolled, staffIn, texts, until } from "./world";

const DAY = 86_400_000;
let service: Service;
beforeEach(async () => {
  service = await Service.create();
});
afterEach(closeAll);
const stop = () => undefined;
const refused = (view: { lines: { kind: string }[] }) => view.lines.filter((line) => line.kind === "refused");
const says = (jws: string) => JSON.parse(fromUtf8(fromB64u(jws.split(".")[1]!))) as DeviceStatement;

/** Until when the leaves of the newest GroupInfo are vouched for, by kind of device. */
function ends(id: string): { customer: number; staff: number } {
  const all = committedStatements(service.room(id).groupInfo).map(says);
  const end = (kind: string) => Math.max(0, ...all.filter((one) => one.kind === kind).map((one) => one.exp * 1000));
  return { customer: end("customer"), staff: end("staff") };
}

async function talking() {
  const mia = await enrolled(service, "Mia");
  const browser = new Browser();
  const customer = customerIn(service, browser);
  const id = await customer.open("hello");
  customer.follow(id, stop);
  mia.messenger.follow(id, stop);
  await mia.messenger.take(id);
  await until("staffed", () => customer.view(id).staffed && customer.view(id).member);
  return { mia, browser, customer, id };
}

async function bothWays(customer: { send(id: string, text: string): Promise<void>; view(id: string): any }, staff: { send(id: string, text: string): Promise<void>; view(id: string): any }, id: string, mark: string) {
  await customer.send(id, `from the customer ${mark}`);
  await until("to staff", () => texts(staff.view(id)).includes(`from the customer ${mark}`));
  await staff.send(id, `from staff ${mark}`);
  await until("to the customer", () => texts(customer.view(id)).includes(`from staff ${mark}`));
  expect(refused(customer.view(id))).toEqual([]);
  expect(refused(staff.view(id))).toEqual([]);
}

describe("a long-open conversation", () => {
  it("of a customer takes the renewed statement into its leaf before the old one ends, without anybody noticing", async () => {
    const { mia, customer, id } = await talking();
    service.freshFactor = false;
    service.now += 26 * DAY;
    service.dropSockets();
    await until("renewed in the group", () => ends(id).customer > service.now + 25 * DAY);
    expect(customer.view(id).lines.filter((line) => line.kind === "event").map((line) => line.kind === "event" && line.event)).toEqual(["opened", "joined"]);
    service.now += 10 * DAY;
    await bothWays(customer, mia.messenger, id, "after a month");
    await until("equal numbers", () => customer.view(id).number !== null && customer.view(id).number === mia.messenger.view(id).number);
  });

  it("of staff the same, with the factor shown at the sign-in of the day", async () => {
    const { mia, customer, id } = await talking();
    service.now += 5.5 * DAY;
    mia.messenger.lock();
    await mia.messenger.unlock();
    await until("renewed in the group", () => ends(id).staff > service.now + 6 * DAY);
    expect(mia.messenger.status().renewal).toBe("none");
    service.now += 3 * DAY;
    await bothWays(customer, mia.messenger, id, "after a week");
  });

  it("of staff without a fresh factor says so in time, goes on after the end, and is renewed by confirming", async () => {
    const { mia, customer, id } = await talking();
    service.freshFactor = false;
    service.now += 5.5 * DAY;
    mia.messenger.lock();
    await mia.messenger.unlock();
    expect(mia.messenger.status().renewal).toBe("due");
    await expect(mia.messenger.renew()).rejects.toMatchObject({ code: "step-up-required" });
    service.now += 2 * DAY;
    mia.messenger.lock();
    await mia.messenger.unlock();
    expect(mia.messenger.status().renewal).toBe("over");
    mia.messenger.follow(id, stop);
    await until("loaded", () => mia.messenger.view(id).member);
    await bothWays(customer, mia.messenger, id, "with an ended statement");
    service.freshFactor = true;
    await mia.messenger.renew();
    expect(mia.messenger.status().renewal).toBe("none");
    await until("in the group", () => ends(id).staff > service.now + 6 * DAY);
    await bothWays(customer, mia.messenger, id, "confirmed");
  });

  it("of a customer who was away past the end goes on, and enters anew nowhere", async () => {
    const { mia, browser, customer, id } = await talking();
    customer.close();
    service.now += 45 * DAY;
    const again = customerIn(service, browser);
    again.follow(id, stop);
    await until("renewed in the group", () => ends(id).customer > service.now + 25 * DAY);
    await mia.messenger.renew();
    await bothWays(again, mia.messenger, id, "after the end");
    const kinds = service.room(id).log.filter((item) => item.kind === "commit");
    expect(kinds.flatMap((item) => (item.kind === "commit" ? item.body.joined : []))).toHaveLength(1);
  });

  it("that both renew at once: one wins, the other follows and renews in the next epoch", async () => {
    const { mia, customer, id } = await talking();
    service.now += 26 * DAY;
    await Promise.all([mia.messenger.renew(), service.dropSockets()]);
    await until("both in the group", () => ends(id).customer > service.now + 25 * DAY && ends(id).staff > service.now + 5 * DAY);
    await bothWays(customer, mia.messenger, id, "after both");
  });
});

describe("a renewed statement in a leaf", () => {
  it("is taken in by members, and who comes later checks the tree with it", async () => {
    const engine = await MlsEngine.start();
    const [a, b, c] = [await generateSignatureKey(), await generateSignatureKey(), await generateSignatureKey()];
    const accept = async () => true;
    const alice = await engine.createGroup("cnv_1", a!, "a", service.now);
    const spare = await engine.keyPackage(b!, "b", service.now, true);
    const added = await engine.commit(alice, { add: [spare.publicBytes], remove: [] }, new Uint8Array(), accept, "a, newer");
    // A commit that only adds has no path, so it cannot bring a statement.
    expect(leavesOf(added.group).map((leaf) => leaf.statement)).toEqual(["a", "b"]);
    const bob = await engine.joinWelcome(added.welcome!, spare, b!, accept);
    const renewal = await engine.commit(added.group, { add: [], remove: [] }, new Uint8Array(), accept, "a, newer");
    const followed = (await engine.processCommit(bob, renewal.commit, accept))!;
    expect(leavesOf(followed).map((leaf) => leaf.statement)).toEqual(["a, newer", "b"]);
    expect(await engine.historyKey(followed)).toEqual(await engine.historyKey(renewal.group));
    const carol = await engine.joinExternal(await engine.groupInfo(renewal.group), c!, "c", service.now, new Uint8Array(), accept);
    const seen = (await engine.processCommit(followed, carol.commit, accept))!;
    const sealed = await engine.encrypt(carol.group, new Uint8Array([1]));
    expect((await engine.decrypt(seen, sealed.message)).plaintext).toEqual(new Uint8Array([1]));
  });
});

describe("an open removal", () => {
  it("is committed within seconds by whoever is online, though nobody writes", async () => {
    const { mia, customer, id } = await talking();
    const phone = staffIn(service, new Browser(), mia.staff);
    await phone.enrol("Mia's phone");
    phone.follow(id, stop);
    await until("in", () => phone.view(id).member);
    const lost = phone.status().device!;
    service.devices.get(lost)!.revoked = true;
    await service.askRemoval(id, [lost]);
    await until("out", () => !service.room(id).devices.includes(lost), 3_000);
    expect(service.room(id).log.filter((item) => item.kind === "message")).toEqual([]);
    expect(service.room(id).removals).toEqual([]);
    await bothWays(customer, mia.messenger, id, "afterwards");
  });

  it("that everybody wants to commit is committed once, and the losers go on", async () => {
    const mia = await enrolled(service, "Mia");
    const ben = await enrolled(service, "Ben");
    const eve = await enrolled(service, "Eve");
    const customer = customerIn(service);
    const id = await customer.open("hello");
    customer.follow(id, stop);
    for (const { messenger } of [mia, ben, eve]) messenger.follow(id, stop);
    await mia.messenger.take(id);
    await ben.messenger.join(id, "quality");
    await eve.messenger.join(id, "quality");
    await until("all in", () => service.room(id).devices.length === 4 && customer.view(id).members.length === 4);
    const gone = eve.messenger.status().device!;
    service.devices.get(gone)!.revoked = true;
    await service.askRemoval(id, [gone]);
    await until("out", () => !service.room(id).devices.includes(gone), 3_000);
    const last = service.room(id).log.filter((item) => item.kind === "commit");
    await bothWays(customer, mia.messenger, id, "after the race");
    expect(service.room(id).log.filter((item) => item.kind === "commit")).toHaveLength(last.length);
    await until("Ben reads too", () => texts(ben.messenger.view(id)).includes("from staff after the race"));
  });

  it("in a conversation that is not on anybody's screen is seen by the member's browser", async () => {
    const { mia, customer, id } = await talking();
    const ben = await enrolled(service, "Ben");
    await mia.messenger.addColleague(id, ben.staff);
    await until("Ben is in", () => service.room(id).devices.length === 3);
    customer.close();
    const again = staffIn(service, mia.browser, mia.staff);
    mia.messenger.close();
    await again.unlock();
    const gone = ben.messenger.status().device!;
    ben.messenger.close();
    service.devices.get(gone)!.revoked = true;
    await service.askRemoval(id, [gone]);
    await until("out", () => !service.room(id).devices.includes(gone), 3_000);
  });

  it("is withdrawn when the agent takes the conversation again before it was committed", async () => {
    const { mia, browser, customer, id } = await talking();
    customer.close();
    await service.release(id);
    service.now += 5_000;
    await until("asked to leave", () => mia.messenger.view(id).removed);
    await mia.messenger.take(id);
    expect(mia.messenger.view(id).removed).toBe(false);
    await mia.messenger.send(id, "here again");
    await until("sent", () => service.room(id).log.some((item) => item.kind === "message"));
    service.now += 11 * 60_000;
    const again = customerIn(service, browser);
    again.follow(id, stop);
    await bothWays(again, mia.messenger, id, "after both");
    expect(service.room(id).devices).toHaveLength(2);
    // Who came later and reads the same log can write as well, and members can change.
    const ben = await enrolled(service, "Ben");
    ben.messenger.follow(id, stop);
    await mia.messenger.addColleague(id, ben.staff);
    await until("Ben is in", () => ben.messenger.view(id).member);
    await bothWays(again, ben.messenger, id, "with Ben");
  });

  it("of a colleague who left goes with the change that lets them in again", async () => {
    const { mia, customer, id } = await talking();
    const ben = await enrolled(service, "Ben");
    ben.messenger.follow(id, stop);
    await mia.messenger.addColleague(id, ben.staff);
    await until("Ben is in", () => ben.messenger.view(id).member);
    service.now += 5_000;
    await service.askRemoval(id, [ben.messenger.status().device!]);
    await mia.messenger.addColleague(id, ben.staff);
    expect(service.room(id).removals).toEqual([]);
    await until("Ben is in again", () => ben.messenger.view(id).member && !ben.messenger.view(id).removed);
    await bothWays(customer, ben.messenger, id, "back");
  });
});
