/** Sealing to a public key: HPKE base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM; `enc ‖ ct`. */
import { Aes128Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from "@hpke/core";
import { type Bytes, concat, own, utf8 } from "./bytes";

export interface SealingKey {
  privateKey: Bytes;
  publicKey: Bytes;
}

const ENC_LENGTH = 32;
const suite = new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes128Gcm() });

export async function generateSealingKey(): Promise<SealingKey> {
  const pair = await suite.kem.generateKeyPair();
  return {
    privateKey: new Uint8Array(await suite.kem.serializePrivateKey(pair.privateKey)),
    publicKey: new Uint8Array(await suite.kem.serializePublicKey(pair.publicKey)),
  };
}

export async function seal(publicKey: Uint8Array, plaintext: Uint8Array, info: string, aad: string): Promise<Bytes> {
  const recipientPublicKey = await suite.kem.deserializePublicKey(own(publicKey));
  const { ct, enc } = await suite.seal({ recipientPublicKey, info: utf8(info) }, own(plaintext), utf8(aad));
  return concat(new Uint8Array(enc), new Uint8Array(ct));
}

/** Throws when the bytes were not sealed to this key for this purpose. */
export async function open(privateKey: Uint8Array, sealed: Uint8Array, info: string, aad: string): Promise<Bytes> {
  if (sealed.length < ENC_LENGTH) throw new Error("sealed bytes are too short");
  const recipientKey = await suite.kem.deserializePrivateKey(own(privateKey));
  const opened = await suite.open(
    { recipientKey, enc: own(sealed.slice(0, ENC_LENGTH)), info: utf8(info) },
    own(sealed.slice(ENC_LENGTH)),
    utf8(aad),
  );
  return new Uint8Array(opened);
}
