/** What a device is: its keys and statement at rest, and the proof it gives when it enrols. */
import { type Bytes, b64u, concat, utf8 } from "./bytes";
import { type SignatureKey, generateSignatureKey, sign } from "./ed25519";
import { type SealingKey, generateSealingKey } from "./hpke";
import type { Identity } from "./log";
import { MessengerError } from "./messenger";
import type { DeviceStatement, OrganisationKey, Trust } from "./statements";
import { extendPinned } from "./statements";
import type { Store } from "./store";

export interface DeviceRow {
  device: string;
  statement: string;
  mls: SignatureKey;
  hpke: SealingKey;
}

export interface Enrolment {
  mls: SignatureKey;
  hpke: SealingKey;
  request: { mls_key: string; hpke_key: string; proof: string };
}

export async function newEnrolment(): Promise<Enrolment> {
  const [mls, hpke] = await Promise.all([generateSignatureKey(), generateSealingKey()]);
  const proof = await sign(mls.seed, proofBytes(mls.publicKey, hpke.publicKey));
  return { mls, hpke, request: { mls_key: b64u(mls.publicKey), hpke_key: b64u(hpke.publicKey), proof: b64u(proof) } };
}

export function proofBytes(mlsKey: Uint8Array, hpkeKey: Uint8Array): Bytes {
  return concat(utf8("wardesk-device-v1"), new Uint8Array(1), mlsKey, hpkeKey);
}

/** A device believes its own statement only when it says what the device knows. */
export async function identityOf(trust: Trust, row: DeviceRow): Promise<{ me: Identity; statement: DeviceStatement }> {
  const statement = await trust.device(row.statement, null).catch(() => {
    throw new MessengerError("statement", "The server's statement about this device does not check.");
  });
  if (statement.device !== row.device || statement.mls_key !== b64u(row.mls.publicKey) || statement.hpke_key !== b64u(row.hpke.publicKey))
    throw new MessengerError("statement", "The server's statement is about another device.");
  trust.pinIssuer(statement.iss);
  const me: Identity = { device: row.device, subject: statement.sub, name: statement.name, statement: row.statement, mls: row.mls, hpke: row.hpke };
  return { me, statement };
}

/** Pins the organisation's keys at the first contact; later ones must be signed by a pinned one. */
export async function pinKeys(store: Store, served: OrganisationKey[]): Promise<OrganisationKey[]> {
  const pinned = (await store.get<OrganisationKey[]>("pinned", "organisation")) ?? [];
  const extended = await extendPinned(pinned, served);
  if (extended.length !== pinned.length) await store.write([{ table: "pinned", key: "organisation", value: extended }]);
  return extended;
}
