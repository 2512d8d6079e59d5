/**
 * A customer's device hands the keys of earlier epochs to another device of the same customer: sealed to that device's
 * key, signed by the one that gives. The server carries it and sees neither keys nor texts; staff are not asked.
 */
import { worthRetrying } from "./api";
import { type Bytes, b64u, concat, fromB64u, fromUtf8, newClientId, own, utf8 } from "./bytes";
import type { Conversation } from "./conversation";
import { sign, verify } from "./ed25519";
import { open, seal } from "./hpke";
import type { Identity } from "./log";
import { MessengerError } from "./messenger";
import { byKeys } from "./statements";

const PURPOSE = "wardesk-own-history-v1";
/** 1,000 keys are less than what the server takes. */
const MOST_KEYS = 1_000;

interface Sealed {
  sealed?: string;
  signature?: string;
}

/** The devices to which this customer allowed to show what was written before, by their keys. */
export type Allowed = Set<string>;

/** Runs inside the conversation's turn: serves the newcomers that are allowed to read what was before. */
export async function handOver(conversation: Conversation, allowed: Allowed): Promise<void> {
  const { api, me, now, path, trust } = conversation.around;
  for (const [keys, { device, statement, epoch }] of Object.entries(conversation.saved.arrivals)) {
    if (!allowed.has(keys) || !conversation.member) continue;
    const checked = await trust.device(statement, Math.floor(now() / 1000)).catch(() => null);
    // Only to a device that is in the group by a commit that was checked, and is the same person's.
    if (!checked || checked.device !== device || byKeys(checked) !== keys || checked.sub !== me.subject || !(device in conversation.saved.members)) continue;
    const before = Object.entries(conversation.saved.historyKeys).filter(([e]) => Number(e) < epoch).slice(-MOST_KEYS);
    if (before.length === 0) continue;
    const handed = Object.fromEntries(before.map(([e, key]) => [e, b64u(key)]));
    const sealed = await seal(fromB64u(checked.hpke_key), utf8(JSON.stringify({ v: 1, keys: handed })), PURPOSE, place(conversation.id, me.device, device));
    const signature = await sign(me.mls.seed, signedBytes(conversation.id, me.device, device, sealed));
    const request = { client_id: newClientId(), device: me.device, to: device, sealed: b64u(sealed), signature: b64u(signature) };
    await api.post(`${path}/${conversation.id}/history`, request).catch((error: unknown) => {
      // Refused: that device has gone, or this one may not. Asking again would be refused again.
      if (!(error instanceof MessengerError) || worthRetrying(error)) throw error;
    });
    // After a crash before this it is handed over twice, which changes nothing. The log is not believed about it: with an
    // invented item the server could keep the keys from the other device.
    const { [keys]: _served, ...arrivals } = conversation.saved.arrivals;
    await conversation.keep({ ...conversation.saved, arrivals });
  }
}

/** Throws when it was not signed by that device, not sealed to this one, or is for another conversation. */
export async function openHandOver(me: Identity, from: string, fromKey: Uint8Array, conversation: string, body: Sealed): Promise<{ [epoch: number]: Bytes }> {
  const sealed = fromB64u(body.sealed ?? "");
  if (!(await verify(own(fromKey), signedBytes(conversation, from, me.device, sealed), fromB64u(body.signature ?? "")))) throw new Error("not signed");
  const text = fromUtf8(await open(me.hpke.privateKey, sealed, PURPOSE, place(conversation, from, me.device)));
  const { v, keys } = JSON.parse(text) as { v?: unknown; keys?: Record<string, unknown> };
  if (v !== 1 || keys === null || typeof keys !== "object") throw new Error("not keys");
  const opened: { [epoch: number]: Bytes } = {};
  for (const [epoch, key] of Object.entries(keys)) {
    const bytes = fromB64u(String(key));
    if (!/^\d{1,9}$/.test(epoch) || bytes.length !== 32) throw new Error("not a key");
    opened[Number(epoch)] = bytes;
  }
  return opened;
}

function place(conversation: string, from: string, to: string): string {
  return `${conversation}|${from}|${to}`;
}

function signedBytes(conversation: string, from: string, to: string, sealed: Uint8Array): Bytes {
  return concat(utf8(PURPOSE), new Uint8Array(1), utf8(`${place(conversation, from, to)}|`), sealed);
}
