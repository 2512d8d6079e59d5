/** Fills the bytes with chance. */
export type Chance = (bytes: Uint8Array<ArrayBuffer>) => void;

/** The browser's own, fit for secrets. */
export const systemChance: Chance = (bytes) => void crypto.getRandomValues(bytes);

const RANGE = 2 ** 32;

/** A whole number from 0 up to `n` without it, each as likely as any other: what would favour the first ones is thrown away. `n` is 1 to 2³². */
export function below(n: number, chance: Chance = systemChance): number {
  if (!Number.isInteger(n) || n < 1 || n > RANGE) throw new RangeError("between 1 and 2^32");
  const fair = RANGE - (RANGE % n);
  const bytes = new Uint8Array(4);
  for (;;) {
    chance(bytes);
    const drawn = new DataView(bytes.buffer).getUint32(0, true);
    if (drawn < fair) return drawn % n;
  }
}
