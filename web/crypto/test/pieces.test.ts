import { beforeAll, describe, expect, it, vi } from "vitest";
import { Api } from "../src/api";
import { NotBase64, b64u, concat, fromB64u, newConversationId, randomBytes, utf8 } from "../src/bytes";
import { generateSignatureKey, sign, verify } from "../src/ed25519";
import { generateSealingKey, open, seal } from "../src/hpke";
import { makeRecord, checkRecord, openRecord, recordHash, textFits } from "../src/records";
import { DEVICE_TYPE, type DeviceStatement, GRANT_TYPE, Trust, extendPinned, keyId } from "../src/statements";
import { type TeamKey, checkTeamKey, openShare, sealShare, signTeamKey } from "../src/team-keys";
import { Authority, compactJws } from "./authority";

describe("base64url", () => {
  it.each([["", ""], ["f", "Zg"], ["fo", "Zm8"], ["foo", "Zm9v"], ["\u{1f511}?>", "8J-UkT8-"]])("%j is %s", (text, encoded) => {
    expect(b64u(utf8(text))).toBe(encoded);
    expect(fromB64u(encoded)).toEqual(utf8(text));
  });
  it.each(["Zg==", "Z", "Zh", "Zm9v\n", "Zm+v", "Zm/v"])("refuses %j", (text) => expect(() => fromB64u(text)).toThrow(NotBase64));
  it("survives 100,000 bytes", () => {
    const bytes = new Uint8Array(100_000).map((_, i) => i * 7);
    expect(fromB64u(b64u(bytes))).toEqual(bytes);
  });
  it("conversation ids are ordered by time", () => {
    expect(newConversationId(1)).toMatch(/^cnv_0{11}17[0-9a-f]{3}[89ab][0-9a-f]{15}$/);
    expect(newConversationId(5) < newConversationId(6)).toBe(true);
  });
});

describe("statements", () => {
  let authority: Authority;
  let trust: Trust;
  let payload: DeviceStatement;
  beforeAll(async () => {
    authority = await Authority.create();
    trust = await Trust.of(authority.keys(), authority.iss);
    const key = b64u((await generateSignatureKey()).publicKey);
    payload = { iss: authority.iss, sub: `stf_${"1".repeat(32)}`, kind: "staff", name: "Mia", device: `dev_${"2".repeat(32)}`, mls_key: key, hpke_key: key, teams: [], iat: 1000, exp: 2000 };
  });
  const signed = (change: object = {}, typ = DEVICE_TYPE, alg = "EdDSA") => compactJws(authority.kid, typ, { ...payload, ...change }, authority.key.seed, alg);

  it("accepts what is right", async () => expect((await trust.device(await signed(), 1500)).name).toBe("Mia"));
  it("accepts a clock that is a little behind", async () => expect(await trust.device(await signed(), 960)).toBeTruthy());
  it.each([
    ["a time after its end", {}, 2000, "time"],
    ["a time before its beginning", {}, 900, "time"],
    ["another organisation", { iss: "org_other" }, 1500, "issuer"],
    ["a subject of the wrong kind", { sub: `cus_${"1".repeat(32)}` }, 1500, "content"],
    ["a key of the wrong length", { mls_key: "AAAA" }, 1500, "content"],
    ["a device id that is none", { device: "dev_1" }, 1500, "content"],
  ])("refuses %s", async (_what, change, at, why) => {
    await expect(trust.device(await signed(change), at)).rejects.toMatchObject({ why });
  });
  it("refuses a grant in the place of a device statement and the reverse", async () => {
    await expect(trust.device(await signed({}, GRANT_TYPE), 1500)).rejects.toMatchObject({ why: "type" });
    await expect(trust.grant(await signed(), 1500)).rejects.toMatchObject({ why: "type" });
  });
  it("refuses another algorithm", async () => expect(trust.device(await signed({}, DEVICE_TYPE, "none"), 1500)).rejects.toMatchObject({ why: "type" }));
  it("refuses a forger with the right kid", async () => {
    const forger = await generateSignatureKey();
    await expect(trust.device(await compactJws(authority.kid, DEVICE_TYPE, payload, forger.seed), 1500)).rejects.toMatchObject({ why: "signature" });
  });
  it("refuses an unknown key, a changed payload and rubbish", async () => {
    const forger = await Authority.create();
    await expect(trust.device(await forger.device(payload), 1500)).rejects.toMatchObject({ why: "key" });
    const [head, , signature] = (await signed()).split(".");
    await expect(trust.device(`${head}.${b64u(utf8(JSON.stringify({ ...payload, name: "Eve" })))}.${signature}`, 1500)).rejects.toMatchObject({ why: "signature" });
    for (const rubbish of ["", "a.b", "a.b.c.d", "%.%.%"]) await expect(trust.device(rubbish, 1500)).rejects.toMatchObject({ why: "form" });
  });
  it("pins at first contact and accepts later only what a pinned key signed", async () => {
    const next = await Authority.create();
    const stranger = await Authority.create();
    const message = concat(utf8("wardesk-organisation-key-v1"), new Uint8Array(1), next.key.publicKey);
    const good = { ...next.keys()[0]!, signed_by_previous: b64u(await sign(authority.key.seed, message)) };
    const bad = { ...stranger.keys()[0]!, signed_by_previous: b64u(await sign(stranger.key.seed, message)) };
    expect(await extendPinned([], authority.keys())).toEqual(authority.keys());
    expect((await extendPinned(authority.keys(), [good, bad, stranger.keys()[0]!])).map((key) => key.kid)).toEqual([authority.kid, next.kid]);
  });
  it("refuses a key under a foreign kid", async () => {
    await expect(Trust.of([{ kid: "00".repeat(16), public_key: b64u(authority.key.publicKey) }])).rejects.toMatchObject({ why: "key" });
    expect(await keyId(authority.key.publicKey)).toHaveLength(32);
  });
});

describe("signatures and sealing", () => {
  it("Ed25519 refuses what was changed", async () => {
    const key = await generateSignatureKey();
    const signature = await sign(key.seed, utf8("text"));
    expect(await verify(key.publicKey, utf8("text"), signature)).toBe(true);
    expect(await verify(key.publicKey, utf8("Text"), signature)).toBe(false);
    expect(await verify(randomBytes(31), utf8("text"), signature)).toBe(false);
  });
  it("HPKE opens for this key, purpose and place only", async () => {
    const [mine, other] = await Promise.all([generateSealingKey(), generateSealingKey()]);
    const sealed = await seal(mine.publicKey, utf8("secret"), "a", "b");
    expect(await open(mine.privateKey, sealed, "a", "b")).toEqual(utf8("secret"));
    await expect(open(other.privateKey, sealed, "a", "b")).rejects.toThrow();
    await expect(open(mine.privateKey, sealed, "A", "b")).rejects.toThrow();
    await expect(open(mine.privateKey, sealed, "a", "B")).rejects.toThrow();
    await expect(open(mine.privateKey, sealed.slice(0, 20), "a", "b")).rejects.toThrow();
  });
});

describe("records", () => {
  const header = { typ: "letter" as const, conversation: "cnv_1", id: "id", device: "dev_1", key: 0, at: 1 };
  const expected = { typ: "letter" as const, conversation: "cnv_1", id: "id", device: "dev_1" };
  it("open with the key and say what was written", async () => {
    const author = await generateSignatureKey();
    const key = randomBytes(32);
    const record = await makeRecord(header, "Grüße", key, author.seed);
    await checkRecord(record, author.publicKey, expected);
    expect(await openRecord(record, key)).toBe("Grüße");
    await expect(openRecord(record, randomBytes(32))).rejects.toMatchObject({ why: "ciphertext" });
    expect(await recordHash(record)).not.toEqual(await recordHash({ ...record, nonce: b64u(randomBytes(12)) }));
  });
  it("refuse every changed part", async () => {
    const author = await generateSignatureKey();
    const record = await makeRecord(header, "text", randomBytes(32), author.seed);
    const flipped = (text: string) => b64u(fromB64u(text).map((byte, i) => (i === 3 ? byte ^ 1 : byte)));
    for (const part of ["nonce", "ciphertext", "signature"] as const)
      await expect(checkRecord({ ...record, [part]: flipped(record[part]) }, author.publicKey, expected)).rejects.toMatchObject({ why: "signature" });
    await expect(checkRecord({ ...record, header: flipped(record.header) }, author.publicKey, expected)).rejects.toThrow();
    await expect(checkRecord(record, (await generateSignatureKey()).publicKey, expected)).rejects.toMatchObject({ why: "signature" });
    for (const other of [{ typ: "archive" as const }, { conversation: "cnv_2" }, { id: "other" }, { device: "dev_2" }])
      await expect(checkRecord(record, author.publicKey, { ...expected, ...other })).rejects.toMatchObject({ why: "form" });
  });
  it("the limit counts bytes", () => {
    expect(textFits("a".repeat(65_536))).toBe(true);
    expect(textFits("ä".repeat(32_769))).toBe(false);
  });
});

describe("team keys", () => {
  it("are accepted from a staff device of the team only", async () => {
    const authority = await Authority.create();
    const trust = await Trust.of(authority.keys());
    const maker = await generateSignatureKey();
    const about = { name: "Mia", device: `dev_${"2".repeat(32)}`, mls_key: b64u(maker.publicKey), hpke_key: b64u(randomBytes(32)), iat: 1000, exp: 2000 };
    const statement = await authority.device({ sub: "stf_1", kind: "staff", teams: ["tea_1"], ...about });
    const publicKey = randomBytes(32);
    const key: TeamKey = { team: "tea_1", generation: 3, public_key: b64u(publicKey), device: about.device, at: 1500, signature: await signTeamKey(maker.seed, "tea_1", 3, publicKey, 1500), statement };
    expect(await checkTeamKey(trust, key, "tea_1")).toEqual(publicKey);
    await expect(checkTeamKey(trust, { ...key, generation: 4 }, "tea_1")).rejects.toMatchObject({ why: "signature" });
    await expect(checkTeamKey(trust, { ...key, public_key: b64u(randomBytes(32)) }, "tea_1")).rejects.toMatchObject({ why: "signature" });
    await expect(checkTeamKey(trust, key, "tea_2")).rejects.toMatchObject({ why: "form" });
    const customer = await authority.device({ sub: "cus_1", kind: "customer", teams: ["tea_1"], ...about });
    const outsider = await authority.device({ sub: "stf_1", kind: "staff", teams: ["tea_2"], ...about });
    const expired = await authority.device({ sub: "stf_1", kind: "staff", teams: ["tea_1"], ...about, exp: 1400 });
    for (const wrong of [customer, outsider, expired, "rubbish"]) await expect(checkTeamKey(trust, { ...key, statement: wrong }, "tea_1")).rejects.toMatchObject({ why: "maker" });
  });
  it("a share opens on its device only", async () => {
    const device = await generateSealingKey();
    const sealed = await sealShare(device.publicKey, utf8("private"), "tea_1", 1, "dev_1");
    expect(await openShare(device.privateKey, sealed, "tea_1", 1, "dev_1")).toEqual(utf8("private"));
    await expect(openShare(device.privateKey, sealed, "tea_1", 2, "dev_1")).rejects.toThrow();
    await expect(openShare(device.privateKey, sealed, "tea_1", 1, "dev_2")).rejects.toThrow();
  });
});

describe("asking the server", () => {
  it("takes a late refusal of the session before for what it is", async () => {
    let answer: (response: Response) => void = () => undefined;
    const api = new Api("", () => new Promise<Response>((resolve) => (answer = resolve)));
    const ended = vi.fn();
    api.onUnauthenticated = ended;
    const refusal = () => new Response(JSON.stringify({ code: "unauthenticated" }), { status: 401 });
    api.setToken("of yesterday");
    const late = api.get("/log");
    api.setToken("of today");
    answer(refusal());
    await expect(late).rejects.toMatchObject({ code: "unauthenticated" });
    expect(ended).not.toHaveBeenCalled();
    const now = api.get("/log");
    answer(refusal());
    await expect(now).rejects.toMatchObject({ code: "unauthenticated" });
    expect(ended).toHaveBeenCalledOnce();
  });

  const answering = (status: number, text: string) => new Api("", async () => new Response(text, { status }));
  it("turns problems into codes", async () => {
    await expect(answering(409, '{"code":"taken","title":"Taken"}').get("/x")).rejects.toMatchObject({ code: "taken", message: "Taken" });
    await expect(answering(502, "<html>").get("/x")).rejects.toMatchObject({ code: "overloaded" });
    await expect(new Api("", async () => Promise.reject(new Error("net"))).get("/x")).rejects.toMatchObject({ code: "offline" });
  });
  it("sends the token as a header and no cookies with it", async () => {
    const fetch = vi.fn(async () => new Response("{}"));
    const api = new Api("https://desk.example", fetch);
    api.setToken("secret");
    await api.post("/api/v1/x", {});
    const [url, init] = fetch.mock.calls[0] as unknown as [string, RequestInit];
    expect(url).not.toContain("secret");
    expect(init).toMatchObject({ credentials: "omit", headers: { authorization: "Bearer secret", "content-type": "application/json" } });
  });
});
