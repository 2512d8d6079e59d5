/** Records: encrypted, signed texts under a history key or a note key (letters, archive copies, notes). */
import { type Bytes, b64u, concat, fromB64u, fromUtf8, own, randomBytes, sha256, utf8 } from "./bytes";
import { sign, verify } from "./ed25519";

export const MAX_TEXT_BYTES = 65_536;

export type RecordType = "letter" | "archive" | "note";

/** The form on the wire; every member is base64url. */
export interface SealedRecord {
  header: string;
  nonce: string;
  ciphertext: string;
  signature: string;
}

export interface RecordHeader {
  v: 1;
  typ: RecordType;
  conversation: string;
  id: string;
  device: string;
  /** Epoch for letters and archive copies, the note key's number for notes. */
  key: number;
  /** Milliseconds since the epoch, by the sender's clock. */
  at: number;
}

export class RecordRefused extends Error {
  constructor(readonly why: "form" | "signature" | "ciphertext") {
    super(`record refused: ${why}`);
  }
}

const SIGNATURE_CONTEXT = concat(utf8("wardesk-record-v1"), new Uint8Array(1));

export async function makeRecord(
  header: Omit<RecordHeader, "v">,
  body: string,
  key: Uint8Array,
  signingSeed: Uint8Array,
  nonce: Uint8Array = randomBytes(12),
): Promise<SealedRecord> {
  const { typ, conversation, id, device, key: number, at } = header;
  const headerBytes = utf8(JSON.stringify({ v: 1, typ, conversation, id, device, key: number, at }));
  const ciphertext = await aesGcm("encrypt", key, nonce, headerBytes, utf8(JSON.stringify({ kind: "text", body })));
  const signature = await sign(signingSeed, concat(SIGNATURE_CONTEXT, headerBytes, nonce, ciphertext));
  return { header: b64u(headerBytes), nonce: b64u(nonce), ciphertext: b64u(ciphertext), signature: b64u(signature) };
}

export function readHeader(record: SealedRecord): RecordHeader {
  let header: RecordHeader;
  try {
    header = JSON.parse(fromUtf8(fromB64u(record.header))) as RecordHeader;
  } catch {
    throw new RecordRefused("form");
  }
  const wellFormed =
    header !== null &&
    typeof header === "object" &&
    header.v === 1 &&
    (header.typ === "letter" || header.typ === "archive" || header.typ === "note") &&
    typeof header.conversation === "string" &&
    typeof header.id === "string" &&
    typeof header.device === "string" &&
    Number.isSafeInteger(header.key) &&
    Number.isSafeInteger(header.at);
  if (!wellFormed) throw new RecordRefused("form");
  return header;
}

/** Checks signature and that the header says what the carrying item says; needs no key. */
export async function checkRecord(
  record: SealedRecord,
  mlsKey: Uint8Array,
  expected: { typ: RecordType; conversation: string; id: string; device: string },
): Promise<RecordHeader> {
  const header = readHeader(record);
  if (
    header.typ !== expected.typ ||
    header.conversation !== expected.conversation ||
    header.id !== expected.id ||
    header.device !== expected.device
  )
    throw new RecordRefused("form");
  const signed = concat(SIGNATURE_CONTEXT, raw(record.header), raw(record.nonce), raw(record.ciphertext));
  if (!(await verify(mlsKey, signed, raw(record.signature)))) throw new RecordRefused("signature");
  return header;
}

export async function openRecord(record: SealedRecord, key: Uint8Array): Promise<string> {
  let plain: { kind?: unknown; body?: unknown };
  try {
    plain = JSON.parse(fromUtf8(await aesGcm("decrypt", key, raw(record.nonce), raw(record.header), raw(record.ciphertext))));
  } catch {
    throw new RecordRefused("ciphertext");
  }
  if (plain === null || typeof plain !== "object" || plain.kind !== "text" || typeof plain.body !== "string") throw new RecordRefused("ciphertext");
  return plain.body;
}

export async function recordHash(record: SealedRecord): Promise<Bytes> {
  return sha256(concat(raw(record.header), raw(record.nonce), raw(record.ciphertext), raw(record.signature)));
}

export function textFits(body: string): boolean {
  return utf8(body).length <= MAX_TEXT_BYTES;
}

function raw(text: string): Bytes {
  try {
    return fromB64u(text);
  } catch {
    throw new RecordRefused("form");
  }
}

async function aesGcm(direction: "encrypt" | "decrypt", key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, input: Uint8Array): Promise<Bytes> {
  const aes = await crypto.subtle.importKey("raw", own(key), "AES-GCM", false, [direction]);
  const parameters = { name: "AES-GCM", iv: own(nonce), additionalData: own(aad) };
  return new Uint8Array(await crypto.subtle[direction](parameters, aes, own(input)));
}
