import { beforeEach, describe, expect, it } from "vitest";
import { b64u, fromB64u, newClientId } from "../src/bytes";
import { type SignatureKey, generateSignatureKey } from "../src/ed25519";
import { type SealingKey, generateSealingKey } from "../src/hpke";
import { Trust } from "../src/statements";
import {
  type FolderKey,
  type SignedFolderKey,
  VaultRefused,
  newFolderKey,
  openFolderKey,
  openList,
  openName,
  openPrevious,
  openSecret,
  remember,
  sealEntry,
  sealFolderKey,
  sealName,
  sealPrevious,
  signFolderKey,
  takeOver,
} from "../src/team-vault";
import { Authority } from "./authority";

const FOLDER = `fol_${"0".repeat(31)}1`;
const [A, B] = [`ent_${"a".repeat(32)}`, `ent_${"b".repeat(32)}`];
const NOW = 1_790_000_000;
const refused = (why: VaultRefused["why"]) => expect.objectContaining({ why });

interface Device {
  id: string;
  mls: SignatureKey;
  hpke: SealingKey;
  statement: string;
}

let authority: Authority;
let trust: Trust;

async function device(digit: string, kind: "staff" | "customer" = "staff"): Promise<Device> {
  const [mls, hpke] = await Promise.all([generateSignatureKey(), generateSealingKey()]);
  const id = `dev_${digit.repeat(32)}`;
  const sub = `${kind === "staff" ? "stf" : "cus"}_${digit.repeat(32)}`;
  const keys = { mls_key: b64u(mls.publicKey), hpke_key: b64u(hpke.publicKey) };
  const statement = await authority.device({ sub, kind, name: null, device: id, ...keys, teams: [], iat: NOW, exp: NOW + 600 });
  return { id, mls, hpke, statement };
}

async function signedBy(maker: Device, key: FolderKey, at = NOW): Promise<SignedFolderKey> {
  return { version: key.version, device: maker.id, at, statement: maker.statement, ...(await signFolderKey(maker.mls.seed, key, at)) };
}

function opened(reader: Device, signed: SignedFolderKey, share: string, folder = FOLDER): Promise<FolderKey> {
  return openFolderKey(trust, signed, folder, { device: reader.id, privateKey: reader.hpke.privateKey }, share);
}

describe("a folder key", () => {
  let maker: Device;
  let reader: Device;
  let key: FolderKey;

  beforeEach(async () => {
    authority = await Authority.create();
    trust = await Trust.of(authority.keys());
    [maker, reader] = await Promise.all([device("1"), device("2")]);
    key = newFolderKey(FOLDER, 1);
  });

  it("reaches a member's device and no other", async () => {
    const share = await sealFolderKey(reader.hpke.publicKey, key, reader.id);
    expect(await opened(reader, await signedBy(maker, key), share)).toEqual(key);
    await expect(opened(await device("3"), await signedBy(maker, key), share)).rejects.toEqual(refused("ciphertext"));
  });

  it("that the server made up is refused", async () => {
    // The server can seal to the device, but no staff device signed this key.
    const own = newFolderKey(FOLDER, 1);
    const share = await sealFolderKey(reader.hpke.publicKey, own, reader.id);
    await expect(opened(reader, await signedBy(maker, key), share)).rejects.toEqual(refused("commitment"));
    const relabelled = { ...(await signedBy(maker, key)), commitment: (await signFolderKey(maker.mls.seed, own, NOW)).commitment };
    await expect(opened(reader, relabelled, share)).rejects.toEqual(refused("signature"));
  });

  it("signed by a customer's device, or after the maker's statement ended, is refused", async () => {
    const share = await sealFolderKey(reader.hpke.publicKey, key, reader.id);
    await expect(opened(reader, await signedBy(await device("4", "customer"), key), share)).rejects.toEqual(refused("maker"));
    await expect(opened(reader, await signedBy(maker, key, NOW + 600), share)).rejects.toEqual(refused("maker"));
    await expect(opened(reader, { ...(await signedBy(maker, key)), device: reader.id }, share)).rejects.toEqual(refused("maker"));
  });

  it("of another folder or version does not pass for this one", async () => {
    const share = await sealFolderKey(reader.hpke.publicKey, key, reader.id);
    const signed = await signedBy(maker, key);
    await expect(opened(reader, signed, share, `fol_${"9".repeat(32)}`)).rejects.toEqual(refused("signature"));
    await expect(opened(reader, { ...signed, version: 2 }, share)).rejects.toEqual(refused("signature"));
    await expect(opened(reader, { ...signed, version: 0 }, share)).rejects.toEqual(refused("form"));
  });
});

describe("an entry", () => {
  const key = newFolderKey(FOLDER, 1);
  const seal = (entry: string, version: number) => sealEntry(key, entry, version, { title: entry }, { password: `${entry} ${version}` });

  it("opens in its place only: swapped blobs, parts, versions and changed bytes are refused", async () => {
    const [a, b, later] = await Promise.all([seal(A, 1), seal(B, 1), seal(A, 2)]);
    expect(await openSecret(key, A, 1, a)).toEqual({ password: `${A} 1` });
    expect(await openList(key, A, 1, a)).toEqual({ title: A });
    const wrong = [
      () => openSecret(key, A, 1, b),
      () => openSecret(key, A, 1, { ...a, secret: b.secret }),
      () => openSecret(key, A, 1, { ...a, secret: a.list }),
      () => openList(key, A, 1, { ...a, list: a.secret }),
      () => openSecret(key, A, 2, a),
      () => openSecret(key, A, 2, { ...later, secret: a.secret }),
      () => openList(key, A, 2, { ...later, list: a.list }),
    ];
    for (const attempt of wrong) await expect(attempt()).rejects.toEqual(refused("ciphertext"));
    const bytes = fromB64u(a.secret);
    bytes[20]! ^= 1;
    await expect(openSecret(key, A, 1, { ...a, secret: b64u(bytes) })).rejects.toEqual(refused("ciphertext"));
  });

  it("after a re-key is closed to the old key and open to the new one", async () => {
    const before = await seal(A, 1);
    const next = newFolderKey(FOLDER, 2);
    const previous = await openPrevious(next, await sealPrevious(next, key));
    const moved = { ...before, wrapped: await takeOver(next, previous, A, 1, before.wrapped) };
    const after = await sealEntry(next, B, 1, { title: B }, { password: "new" });
    expect(await openSecret(next, A, 1, moved)).toEqual({ password: `${A} 1` });
    await expect(openSecret(key, A, 1, moved)).rejects.toEqual(refused("ciphertext"));
    await expect(openSecret(key, B, 1, after)).rejects.toEqual(refused("ciphertext"));
    await expect(openPrevious({ ...next, version: 3 }, await sealPrevious(next, key))).rejects.toEqual(refused("ciphertext"));
  });

  it("says little by its length", async () => {
    const [short, long] = await Promise.all([sealName(key, "a"), sealName(key, newClientId().repeat(5))]);
    expect(short.length).toBe(long.length);
    expect(await openName(key, short)).toBe("a");
  });
});

describe("a device's memory", () => {
  const seen = remember(null, 2, [
    { id: A, version: 3 },
    { id: B, version: 1 },
  ]);

  it("refuses an older version of an entry and an older folder key", () => {
    expect(() => remember(seen, 2, [{ id: A, version: 2 }])).toThrow(refused("rolled-back") as Error);
    expect(() => remember(seen, 1, [{ id: A, version: 3 }])).toThrow(refused("rolled-back") as Error);
  });

  it("takes what is the same or newer, and keeps what was not asked for", () => {
    expect(remember(seen, 3, [{ id: A, version: 3 }, { id: `ent_${"c".repeat(32)}`, version: 1 }])).toEqual({
      key: 3,
      entries: { [A]: 3, [B]: 1, [`ent_${"c".repeat(32)}`]: 1 },
    });
    expect(seen).toEqual({ key: 2, entries: { [A]: 3, [B]: 1 } });
  });
});
