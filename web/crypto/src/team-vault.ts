/**
 * The team vault as values: folder keys and sealed entries (docs/PROTOCOL.md, "Team vault").
 *
 * A folder key reaches a device only by HPKE, and its commitment is signed by the device that made it. Each version of
 * an entry has a key of its own under the folder key. What is sealed is bound to its folder, entry and version.
 */
import { type Bytes, b64u, concat, fromB64u, fromUtf8, own, randomBytes, sameBytes, sha256, utf8 } from "./bytes";
import { sign, verify } from "./ed25519";
import { open as openHpke, seal as sealHpke } from "./hpke";
import type { DeviceStatement, Trust } from "./statements";

export interface FolderKey {
  folder: string;
  version: number;
  key: Bytes;
}

/** A version of a folder's key as the server hands it out. */
export interface SignedFolderKey {
  version: number;
  commitment: string;
  device: string;
  /** Seconds since the epoch. */
  at: number;
  signature: string;
  /** The maker's device statement. */
  statement: string;
}

export interface SealedEntry {
  wrapped: string;
  list: string;
  secret: string;
}

export class VaultRefused extends Error {
  constructor(readonly why: "maker" | "signature" | "commitment" | "ciphertext" | "form" | "rolled-back") {
    super(`team vault refused: ${why}`);
  }
}

const SHARE_INFO = "wardesk-team-vault-share-v1";
const NAME = "wardesk-team-vault-name-v1";
const PREVIOUS = "wardesk-team-vault-previous-v1";
const WRAP = "wardesk-team-vault-wrap-v1";
const LIST = "wardesk-team-vault-list-v1";
const SECRET = "wardesk-team-vault-secret-v1";
const NONCE_LENGTH = 12;
const KEY_LENGTH = 32;
/** Texts are filled up to a multiple of this many bytes, so that their length says little. */
const STEP = 256;

export function newFolderKey(folder: string, version: number): FolderKey {
  return { folder, version, key: randomBytes(KEY_LENGTH) };
}

export function commitmentOf({ key }: FolderKey): Promise<Bytes> {
  return sha256(concat(utf8("wardesk-team-vault-commit-v1"), new Uint8Array(1), key));
}

function signedBytes(folder: string, version: number, commitment: string, at: number): Bytes {
  return concat(utf8("wardesk-team-vault-key-v1"), new Uint8Array(1), utf8(`${folder}|${version}|${commitment}|${at}`));
}

/** What the maker of a key tells the server of it. */
export async function signFolderKey(seed: Uint8Array, key: FolderKey, at: number): Promise<{ commitment: string; signature: string }> {
  const commitment = b64u(await commitmentOf(key));
  return { commitment, signature: b64u(await sign(seed, signedBytes(key.folder, key.version, commitment, at))) };
}

export async function sealFolderKey(hpkeKey: Uint8Array, key: FolderKey, device: string): Promise<string> {
  return b64u(await sealHpke(hpkeKey, key.key, SHARE_INFO, `${key.folder}|${key.version}|${device}`));
}

/** Opens a share. It counts only if a staff device of the organisation signed the commitment to this very key. */
export async function openFolderKey(
  trust: Trust,
  signed: SignedFolderKey,
  folder: string,
  me: { device: string; privateKey: Uint8Array },
  sealed: string,
): Promise<FolderKey> {
  if (!Number.isSafeInteger(signed.version) || signed.version < 1 || !Number.isSafeInteger(signed.at)) throw new VaultRefused("form");
  let maker: DeviceStatement;
  try {
    maker = await trust.device(signed.statement, null);
  } catch {
    throw new VaultRefused("maker");
  }
  if (maker.kind !== "staff" || maker.device !== signed.device || signed.at >= maker.exp) throw new VaultRefused("maker");
  const bytes = signedBytes(folder, signed.version, signed.commitment, signed.at);
  if (!(await verify(fromB64u(maker.mls_key), bytes, fromB64u(signed.signature)))) throw new VaultRefused("signature");
  const opened = await openHpke(me.privateKey, fromB64u(sealed), SHARE_INFO, `${folder}|${signed.version}|${me.device}`).catch(() => {
    throw new VaultRefused("ciphertext");
  });
  const key = { folder, version: signed.version, key: opened };
  if (opened.length !== KEY_LENGTH || !sameBytes(await commitmentOf(key), fromB64u(signed.commitment))) throw new VaultRefused("commitment");
  return key;
}

export function sealName(key: FolderKey, name: string): Promise<string> {
  return sealJson(key.key, NAME, `${key.folder}|${key.version}`, name);
}

export async function openName(key: FolderKey, sealed: string): Promise<string> {
  const name = await openJson(key.key, NAME, `${key.folder}|${key.version}`, sealed);
  if (typeof name !== "string") throw new VaultRefused("form");
  return name;
}

/** The key before, sealed under the new one: while entries are moved, who has the new one reads both. */
export async function sealPrevious(key: FolderKey, previous: FolderKey): Promise<string> {
  return b64u(await sealBytes(key.key, PREVIOUS, `${key.folder}|${key.version}`, previous.key));
}

export async function openPrevious(key: FolderKey, sealed: string): Promise<FolderKey> {
  const opened = await openBytes(key.key, PREVIOUS, `${key.folder}|${key.version}`, fromB64u(sealed));
  if (opened.length !== KEY_LENGTH) throw new VaultRefused("form");
  return { folder: key.folder, version: key.version - 1, key: opened };
}

/** Seals a version of an entry under a key made for it alone. */
export async function sealEntry(key: FolderKey, entry: string, version: number, list: unknown, secret: unknown): Promise<SealedEntry> {
  const own = randomBytes(KEY_LENGTH);
  const aad = `${key.folder}|${entry}|${version}`;
  return {
    wrapped: b64u(await sealBytes(key.key, WRAP, `${aad}|${key.version}`, own)),
    list: await sealJson(own, LIST, aad, list),
    secret: await sealJson(own, SECRET, aad, secret),
  };
}

export async function openList(key: FolderKey, entry: string, version: number, { wrapped, list }: Pick<SealedEntry, "wrapped" | "list">): Promise<unknown> {
  return openJson(await unwrap(key, entry, version, wrapped), LIST, `${key.folder}|${entry}|${version}`, list);
}

export async function openSecret(key: FolderKey, entry: string, version: number, { wrapped, secret }: Pick<SealedEntry, "wrapped" | "secret">): Promise<unknown> {
  return openJson(await unwrap(key, entry, version, wrapped), SECRET, `${key.folder}|${entry}|${version}`, secret);
}

/** Puts an entry's key under the newest folder key. */
export async function takeOver(key: FolderKey, previous: FolderKey, entry: string, version: number, wrapped: string): Promise<string> {
  const own = await unwrap(previous, entry, version, wrapped);
  return b64u(await sealBytes(key.key, WRAP, `${key.folder}|${entry}|${version}|${key.version}`, own));
}

/** The highest numbers a device has seen of a folder: what it keeps so that the server cannot show it an older state. */
export interface FolderMemory {
  key: number;
  entries: { [entry: string]: number };
}

/** The memory after another look. Refuses a key or an entry that is older than what was seen before. */
export function remember(memory: FolderMemory | null, key: number, entries: { id: string; version: number }[]): FolderMemory {
  if (memory && key < memory.key) throw new VaultRefused("rolled-back");
  const after: FolderMemory = { key, entries: { ...memory?.entries } };
  for (const { id, version } of entries) {
    if (version < (after.entries[id] ?? 0)) throw new VaultRefused("rolled-back");
    after.entries[id] = version;
  }
  return after;
}

function unwrap(key: FolderKey, entry: string, version: number, wrapped: string): Promise<Bytes> {
  return openBytes(key.key, WRAP, `${key.folder}|${entry}|${version}|${key.version}`, fromB64u(wrapped));
}

function padded(value: unknown): Bytes {
  const json = utf8(JSON.stringify(value));
  const whole = new Uint8Array(Math.ceil(json.length / STEP) * STEP).fill(0x20);
  whole.set(json);
  return whole;
}

async function sealJson(key: Uint8Array, label: string, aad: string, value: unknown): Promise<string> {
  return b64u(await sealBytes(key, label, aad, padded(value)));
}

async function openJson(key: Uint8Array, label: string, aad: string, sealed: string): Promise<unknown> {
  const clear = await openBytes(key, label, aad, fromB64u(sealed));
  try {
    return JSON.parse(fromUtf8(clear)) as unknown;
  } catch {
    throw new VaultRefused("form");
  }
}

async function sealBytes(key: Uint8Array, label: string, aad: string, clear: Uint8Array): Promise<Bytes> {
  const nonce = randomBytes(NONCE_LENGTH);
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv: nonce, additionalData: utf8(aad) }, await derived(key, label), own(clear));
  return concat(nonce, new Uint8Array(sealed));
}

async function openBytes(key: Uint8Array, label: string, aad: string, sealed: Bytes): Promise<Bytes> {
  const algorithm = { name: "AES-GCM", iv: own(sealed.slice(0, NONCE_LENGTH)), additionalData: utf8(aad) };
  try {
    return new Uint8Array(await crypto.subtle.decrypt(algorithm, await derived(key, label), own(sealed.slice(NONCE_LENGTH))));
  } catch {
    throw new VaultRefused("ciphertext");
  }
}

async function derived(key: Uint8Array, label: string): Promise<CryptoKey> {
  const material = await crypto.subtle.importKey("raw", own(key), "HKDF", false, ["deriveKey"]);
  const algorithm = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info: utf8(label) };
  return crypto.subtle.deriveKey(algorithm, material, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}
