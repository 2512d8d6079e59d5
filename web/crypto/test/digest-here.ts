/**
 * Test code: digests are computed where they are asked for. Node hands each one of Web Crypto to a thread, which takes
 * longer than the digest itself, and a conversation number is made of 5,201. The vectors are tested without this.
 */
import { createHash } from "node:crypto";

crypto.subtle.digest = async (algorithm, data) => {
  const name = typeof algorithm === "string" ? algorithm : algorithm.name;
  const bytes = data instanceof ArrayBuffer ? new Uint8Array(data) : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return Uint8Array.from(createHash(name.replace("-", "").toLowerCase()).update(bytes).digest()).buffer;
};
