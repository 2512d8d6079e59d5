import { createHmac } from "node:crypto";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const STEP_MS = 30_000;

function decodeBase32(text: string): Buffer {
  const bits = [...text.replace(/[\s=]/g, "")].map((letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, "0")).join("");
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}

/** An authenticator app (RFC 6238, SHA-1, 6 digits, 30 s) that never shows a code twice: the server takes each step once. */
export class Authenticator {
  readonly #key: Buffer;
  #lastStep = 0;

  constructor(secret: string) {
    this.#key = decodeBase32(secret);
  }

  /** The code of the next unused step. The server accepts the step after the present one, so this hardly ever waits. */
  async code(): Promise<string> {
    let step = Math.max(Math.floor(Date.now() / STEP_MS), this.#lastStep + 1);
    while (step > Math.floor(Date.now() / STEP_MS) + 1) {
      await new Promise((done) => setTimeout(done, 500));
      step = Math.max(Math.floor(Date.now() / STEP_MS), this.#lastStep + 1);
    }
    this.#lastStep = step;
    return this.#at(step);
  }

  #at(step: number): string {
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(BigInt(step));
    const digest = createHmac("sha1", this.#key).update(counter).digest();
    const offset = (digest.at(-1) ?? 0) & 15;
    return String((digest.readUInt32BE(offset) & 0x7fff_ffff) % 1_000_000).padStart(6, "0");
  }
}
