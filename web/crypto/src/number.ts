/** What people compare: the conversation number and the organisation's fingerprint. */
import { type Bytes, concat, hex, own, sha256, utf8 } from "./bytes";

/** Slow on purpose: who wants to make two numbers collide pays this for every try. */
const ROUNDS = 5_200;

/** Twelve groups of five digits, with spaces. */
export async function conversationNumber(epochAuthenticator: Uint8Array): Promise<string> {
  let digest = await sha512(concat(epochAuthenticator, utf8("wardesk-number-v1")));
  for (let round = 0; round < ROUNDS; round++) digest = await sha512(digest);
  const groups: string[] = [];
  for (let group = 0; group < 12; group++) {
    let value = 0;
    // Five bytes stay below 2^53, so plain numbers are exact.
    for (let i = 0; i < 5; i++) value = value * 256 + digest[group * 5 + i]!;
    groups.push(String(value % 100_000).padStart(5, "0"));
  }
  return groups.join(" ");
}

/** Ten groups of four upper-case hex digits, with spaces. */
export async function fingerprint(organisationKey: Uint8Array): Promise<string> {
  const digits = hex((await sha256(organisationKey)).slice(0, 20)).toUpperCase();
  return digits.match(/.{4}/g)!.join(" ");
}

async function sha512(bytes: Uint8Array): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-512", own(bytes)));
}
