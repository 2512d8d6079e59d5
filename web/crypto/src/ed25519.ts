/** Ed25519 on WebCrypto. Private keys are 32-byte seeds, so that both libraries and the store see one form. */
import { type Bytes, concat, fromB64u, own, randomBytes } from "./bytes";

export interface SignatureKey {
  seed: Bytes;
  publicKey: Bytes;
}

/** PKCS#8 around a seed (RFC 8410): WebCrypto has no raw import for private keys. */
const PKCS8_HEAD = new Uint8Array([0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20]);

export async function generateSignatureKey(): Promise<SignatureKey> {
  return signatureKeyFromSeed(randomBytes(32));
}

export async function signatureKeyFromSeed(seed: Uint8Array): Promise<SignatureKey> {
  const key = await crypto.subtle.importKey("pkcs8", concat(PKCS8_HEAD, seed), "Ed25519", true, ["sign"]);
  const jwk = await crypto.subtle.exportKey("jwk", key);
  return { seed: own(seed), publicKey: fromB64u(jwk.x!) };
}

export async function sign(seed: Uint8Array, message: Uint8Array): Promise<Bytes> {
  const key = await crypto.subtle.importKey("pkcs8", concat(PKCS8_HEAD, seed), "Ed25519", false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("Ed25519", key, own(message)));
}

/** False for a wrong signature and for a key that is none. */
export async function verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  try {
    const key = await crypto.subtle.importKey("raw", own(publicKey), "Ed25519", false, ["verify"]);
    return await crypto.subtle.verify("Ed25519", key, own(signature), own(message));
  } catch {
    return false;
  }
}

/** Whether this browser has what the protocol needs (Chrome 137, Firefox 130, Safari 17). */
export async function browserSupports(): Promise<boolean> {
  try {
    await generateSignatureKey();
    await crypto.subtle.generateKey("X25519", false, ["deriveBits"]);
    return true;
  } catch {
    return false;
  }
}
