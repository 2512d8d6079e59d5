import { generateKeyPairSync, sign } from "node:crypto";

const SEQUENCE = 0x30;
const VERSION_3 = Buffer.from("a003020102", "hex");
const SERIAL = Buffer.from("020101", "hex");
/** `ecdsa-with-SHA256` (RFC 5758). */
const ALGORITHM = Buffer.from("300a06082a8648ce3d040302", "hex");
/** Critical: `basicConstraints` with CA, `keyUsage` with `keyCertSign` alone (RFC 5280). */
const EXTENSIONS = Buffer.from("a3233021300f0603551d130101ff040530030101ff300e0603551d0f0101ff040403020204", "hex");

/**
 * A root certificate (PEM) with the name that signed `certificate` (DER). Chromium's authenticators sign their own, which
 * are no authorities; with their key in it this root vouches for all of them, and with a key of its own for none. What a
 * root itself is signed with, nobody looks at.
 */
export function rootFor(certificate: Buffer, whose: "same-key" | "other-key"): string {
  const [body] = parts(certificate);
  const [, , , issuer, validity, , publicKey] = parts(body!);
  const own = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const shown = whose === "same-key" ? publicKey! : own.publicKey.export({ type: "spki", format: "der" });
  const signed = der(SEQUENCE, VERSION_3, SERIAL, ALGORITHM, issuer!, validity!, issuer!, shown, EXTENSIONS);
  const signature = der(0x03, Buffer.of(0), sign("sha256", signed, own.privateKey));
  const lines = der(SEQUENCE, signed, ALGORITHM, signature).toString("base64").match(/.{1,64}/g)!;
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

function der(tag: number, ...inside: Buffer[]): Buffer {
  const all = Buffer.concat(inside);
  const length = all.length < 0x80 ? [all.length] : all.length < 0x100 ? [0x81, all.length] : [0x82, all.length >> 8, all.length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...length), all]);
}

/** What stands one after the other in a DER value. */
function parts(value: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = header(value); at < value.length; ) {
    const rest = value.subarray(at);
    const length = header(rest) + lengthOf(rest);
    found.push(rest.subarray(0, length));
    at += length;
  }
  return found;
}

const header = (value: Buffer) => (value[1]! < 0x80 ? 2 : 2 + (value[1]! & 0x7f));
const lengthOf = (value: Buffer) => (value[1]! < 0x80 ? value[1]! : value.subarray(2, header(value)).reduce((sum, byte) => sum * 256 + byte, 0));
