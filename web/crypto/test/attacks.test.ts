/** What a hostile server or member may try, against real devices. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { b64u, fromB64u, hex, newClientId, randomBytes, utf8 } from "../src/bytes";
import { authenticatedData } from "../src/commit-rule";
import { generateSignatureKey } from "../src/ed25519";
import type { LogItem } from "../src/log";
import { MlsEngine, authenticatorOf, epochOf, leavesOf, restoreGroup, saveGroup } from "../src/mls-engine";
import { makeRecord, recordHash } from "../src/records";
import { Authority } from "./authority";
import { Service, TEAM, id as newId } from "./service";
import { closeAll, customerIn, enrolled, texts, until } from "./world";

let service: Service;
beforeEach(async () => {
  service = await Service.create();
});
afterEach(closeAll);
const stop = () => undefined;

async function talking() {
  const mia = await enrolled(service, "Mia");
  const customer = customerIn(service);
  const id = await customer.open("hello");
  customer.follow(id, stop);
  mia.messenger.follow(id, stop);
  await mia.messenger.take(id);
  await until("staffed", () => customer.view(id).staffed && customer.view(id).member);
  return { mia, customer, id, room: service.room(id) };
}

/** An attacker with a device of its own and a statement by whatever authority it has. */
async function stranger(authority: Authority, sub = newId("stf")) {
  const key = await generateSignatureKey();
  const device = newId("dev");
  const iat = Math.floor(service.now / 1000);
  const statement = await authority.device({
    sub, kind: sub.startsWith("stf") ? "staff" : "customer", name: "Eve", device, mls_key: b64u(key.publicKey), hpke_key: b64u(randomBytes(32)), teams: [TEAM], iat, exp: iat + 86_400,
  });
  return { key, device, statement, sub };
}

async function forceIn(room: ReturnType<Service["room"]>, eve: Awaited<ReturnType<typeof stranger>>, grants: string[]) {
  const engine = await MlsEngine.start();
  const joined = await engine.joinExternal(fromB64u(room.groupInfo), eve.key, eve.statement, service.now, utf8(authenticatedData(grants)), async () => true);
  service.append(room, { kind: "commit", client_id: newClientId(), device: null, body: { mls: b64u(joined.commit), joined: [{ device: eve.device, statement: eve.statement }], removed: [], grants } });
  room.epoch++;
  return { engine, group: joined.group };
}

describe("an external commit", () => {
  it("without a grant is shown, refused, and shuts the group for writing", async () => {
    const { customer, id, room } = await talking();
    const eve = await stranger(service.authority);
    await forceIn(room, eve, []);
    await until("refused", () => texts(customer.view(id)).includes("refused:grant"));
    expect(customer.view(id).member).toBe(false);
    expect(customer.view(id).members.map((person) => person.name)).not.toContain("Eve");
    await customer.send(id, "nobody hears this");
    await until("not sent", () => customer.view(id).lines.some((line) => line.kind === "text" && line.problem === "not-member"));
  });

  it.each([
    ["for another conversation", { conversation: `cnv_${"f".repeat(32)}` }],
    ["for another device", { devices: [`dev_${"f".repeat(32)}`] }],
    ["for another person", { sub: `stf_${"f".repeat(32)}` }],
    ["that ran out", { iat: 1000, exp: 1600 }],
    ["to remove", { act: "remove" as const }],
  ])("with a grant %s is refused", async (_what, change) => {
    const { customer, mia, id, room } = await talking();
    const eve = await stranger(service.authority);
    const iat = Math.floor(service.now / 1000);
    const grant = await service.authority.grant({
      sub: eve.sub, kind: "staff", act: "join", conversation: id, devices: [eve.device], as: "agent", reason: "", by: "system", history: true, iat, exp: iat + 600, ...change,
    });
    await forceIn(room, eve, [grant]);
    for (const messenger of [customer, mia.messenger]) await until("refused", () => texts(messenger.view(id)).includes("refused:grant"));
  });

  it("with a statement of a foreign authority is refused", async () => {
    const { customer, id, room } = await talking();
    const eve = await stranger(await Authority.create());
    await forceIn(room, eve, [await service.grant("join", room, eve.sub, [eve.device], "")]);
    await until("refused", () => texts(customer.view(id)).includes("refused:statement"));
  });

  it("with somebody else's statement over one's own key is refused", async () => {
    const { customer, mia, id, room } = await talking();
    const eve = await stranger(service.authority);
    const miasDevice = [...service.devices.values()].find((device) => device.sub === mia.staff)!;
    await forceIn(room, { ...eve, statement: miasDevice.statement, device: miasDevice.id }, [await service.grant("join", room, mia.staff, [miasDevice.id], "")]);
    await until("refused", () => texts(customer.view(id)).some((text) => text.startsWith("refused:")));
    expect(customer.view(id).member).toBe(false);
  });
});

describe("items of the log", () => {
  it("a message whose archive copy says something else is not shown", async () => {
    const { customer, id, room } = await talking();
    const eve = await stranger(service.authority);
    service.devices.set(eve.device, { id: eve.device, sub: eve.sub, kind: "staff", statement: eve.statement, unlockSecret: "", keyPackages: [], lastResort: null, revoked: false, since: "" });
    const { engine, group } = await forceIn(room, eve, [await service.grant("join", room, eve.sub, [eve.device], "")]);
    await until("Eve is in by right", () => customer.view(id).members.some((person) => person.name === "Eve"));
    const key = await engine.historyKey(group);
    const clientId = newClientId();
    const record = await makeRecord({ typ: "archive", conversation: id, id: clientId, device: eve.device, key: epochOf(group), at: 0 }, "for the archive", key, eve.key.seed);
    const sealed = await engine.encrypt(group, utf8(JSON.stringify({ v: 1, id: clientId, kind: "text", body: "for the customer", archive: b64u(await recordHash(record)) })));
    service.append(room, { kind: "message", client_id: clientId, device: eve.device, body: { mls: b64u(sealed.message), record } });
    await until("refused", () => texts(customer.view(id)).includes("refused:archive-mismatch"));

    // And another record than the one whose hash is inside.
    const secondId = newClientId();
    const good = await makeRecord({ typ: "archive", conversation: id, id: secondId, device: eve.device, key: epochOf(group), at: 0 }, "same", key, eve.key.seed);
    const swapped = await makeRecord({ typ: "archive", conversation: id, id: secondId, device: eve.device, key: epochOf(group), at: 1 }, "same", key, eve.key.seed);
    const second = await engine.encrypt(sealed.group, utf8(JSON.stringify({ v: 1, id: secondId, kind: "text", body: "same", archive: b64u(await recordHash(good)) })));
    service.append(room, { kind: "message", client_id: secondId, device: eve.device, body: { mls: b64u(second.message), record: swapped } });
    await until("refused twice", () => texts(customer.view(id)).filter((text) => text === "refused:archive-mismatch").length === 2);
    expect(texts(customer.view(id))).not.toContain("same");
  });

  it("a letter served again under a new number, or under another name, is refused", async () => {
    const mia = await enrolled(service, "Mia");
    const customer = customerIn(service);
    const id = await customer.open("hello");
    await until("opened", () => service.rooms.has(id));
    const room = service.room(id);
    const letter = room.log.find((item) => item.kind === "letter") as Extract<LogItem, { kind: "letter" }>;
    service.append(room, { kind: "letter", client_id: letter.client_id, device: letter.device, body: letter.body });
    service.append(room, { kind: "letter", client_id: newClientId(), device: letter.device, body: letter.body });
    mia.messenger.follow(id, stop);
    await until("read", () => texts(mia.messenger.view(id)).length === 3);
    expect(texts(mia.messenger.view(id))).toEqual(["hello", "refused:signature", "refused:signature"]);
  });

  it("a replayed or damaged MLS message does not stop the ones after it", async () => {
    const { customer, mia, id, room } = await talking();
    await mia.messenger.send(id, "one");
    await until("one", () => texts(customer.view(id)).includes("one"));
    const message = room.log.at(-1) as Extract<LogItem, { kind: "message" }>;
    service.append(room, { kind: "message", client_id: newClientId(), device: message.device, body: message.body });
    const damaged = fromB64u(message.body.mls);
    damaged[damaged.length - 1]! ^= 1;
    service.append(room, { kind: "message", client_id: newClientId(), device: message.device, body: { ...message.body, mls: b64u(damaged) } });
    await mia.messenger.send(id, "two");
    await until("two", () => texts(customer.view(id)).includes("two"));
    expect(texts(customer.view(id))).toEqual(["hello", "one", "refused:undecryptable", "refused:undecryptable", "two"]);
  });

  it("that the socket never brought are asked for and taken in order", async () => {
    const { customer, mia, id } = await talking();
    service.dropSockets();
    for (const body of ["a", "b", "c"]) await mia.messenger.send(id, body);
    await until("arrived at the service", () => service.room(id).log.length >= 6);
    await until("all by asking", () => texts(customer.view(id)).length === 4);
    expect(texts(customer.view(id))).toEqual(["hello", "a", "b", "c"]);
  });
});

describe("the engine", () => {
  it("needs the external_pub work-around as long as ts-mls writes the key without its length", async () => {
    const { createGroupInfoWithExternalPub, defaultCryptoProvider, getCiphersuiteFromName, getCiphersuiteImpl } = await import("ts-mls");
    const engine = await MlsEngine.start();
    const key = await generateSignatureKey();
    const group = await engine.createGroup("cnv_1", key, "statement", service.now);
    const suite = await getCiphersuiteImpl(getCiphersuiteFromName("MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519"), defaultCryptoProvider);
    const plain = await createGroupInfoWithExternalPub(group as never, [], suite);
    // When this is 33, upstream has mended it: take the work-around out of mls-engine.ts.
    expect(plain.extensions.find((extension) => extension.extensionType === "external_pub")!.extensionData).toHaveLength(32);
    expect(hex(await engine.groupInfo(group))).toMatch(/00042120[0-9a-f]{64}/);
  });

  it("survives being saved, gives equal keys to members and other keys to later epochs", async () => {
    const engine = await MlsEngine.start();
    const [a, b] = [await generateSignatureKey(), await generateSignatureKey()];
    const accept = async () => true;
    const alice = await engine.createGroup("cnv_1", a, "a", service.now);
    const spare = await engine.keyPackage(b, "b", service.now, true);
    const added = await engine.commit(alice, { add: [spare.publicBytes], remove: [] }, utf8("{}"), accept, "a");
    const bob = restoreGroup(saveGroup(await engine.joinWelcome(added.welcome!, spare, b, accept)));
    expect(await engine.historyKey(bob)).toEqual(await engine.historyKey(added.group));
    expect(authenticatorOf(bob)).toEqual(authenticatorOf(added.group));
    expect(await engine.historyKey(alice)).not.toEqual(await engine.historyKey(bob));
    const sealed = await engine.encrypt(restoreGroup(saveGroup(added.group)), utf8("text"));
    const opened = await engine.decrypt(bob, sealed.message);
    expect(opened.plaintext).toEqual(utf8("text"));
    expect(opened.sender.statement).toBe("a");
    await expect(engine.decrypt(opened.group, sealed.message)).rejects.toThrow();
    const removal = await engine.commit(added.group, { add: [], remove: [leavesOf(added.group)[1]!.index] }, utf8("{}"), accept, "a");
    expect(await engine.processCommit(bob, removal.commit, accept)).toBeNull();
  });

  it("lets nobody in whom the check refuses", async () => {
    const engine = await MlsEngine.start();
    const [a, b] = [await generateSignatureKey(), await generateSignatureKey()];
    const alice = await engine.createGroup("cnv_1", a, "a", service.now);
    const joined = await engine.joinExternal(await engine.groupInfo(alice), b, "b", service.now, utf8("{}"), async () => true);
    await expect(engine.processCommit(alice, joined.commit, async (statement) => statement === "a")).rejects.toThrow();
    await expect(engine.joinExternal(await engine.groupInfo(alice), b, "b", service.now, utf8("{}"), async () => false)).rejects.toThrow();
  });
});
