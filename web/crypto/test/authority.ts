/** Test code: an organisation key that signs statements and grants. */
import { b64u, utf8 } from "../src/bytes";
import { type SignatureKey, generateSignatureKey, sign, signatureKeyFromSeed } from "../src/ed25519";
import { DEVICE_TYPE, type DeviceStatement, GRANT_TYPE, type Grant, type OrganisationKey, keyId } from "../src/statements";

export async function compactJws(kid: string, typ: string, payload: object, seed: Uint8Array, alg = "EdDSA"): Promise<string> {
  const signed = `${b64u(utf8(JSON.stringify({ alg, kid, typ })))}.${b64u(utf8(JSON.stringify(payload)))}`;
  return `${signed}.${b64u(await sign(seed, utf8(signed)))}`;
}

export class Authority {
  private constructor(
    readonly key: SignatureKey,
    readonly kid: string,
    readonly iss = "org_test",
  ) {}

  static async create(seed?: Uint8Array): Promise<Authority> {
    const key = seed ? await signatureKeyFromSeed(seed) : await generateSignatureKey();
    return new Authority(key, await keyId(key.publicKey));
  }

  keys(): OrganisationKey[] {
    return [{ kid: this.kid, public_key: b64u(this.key.publicKey) }];
  }

  device(statement: Omit<DeviceStatement, "iss">): Promise<string> {
    return compactJws(this.kid, DEVICE_TYPE, { iss: this.iss, ...statement }, this.key.seed);
  }

  grant(grant: Omit<Grant, "iss">): Promise<string> {
    return compactJws(this.kid, GRANT_TYPE, { iss: this.iss, ...grant }, this.key.seed);
  }
}
