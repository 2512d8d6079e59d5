import { below, systemChance, type Chance } from "./chance";
import alphabetFile from "./alphabet.txt?raw";

export { below, systemChance, type Chance } from "./chance";

/** Something made by chance alone, and how hard it is to guess for who knows how it was made. */
export interface Suggestion {
  text: string;
  /** Bits of entropy. */
  bits: number;
  /** How many words or characters were drawn. */
  count: number;
  /** Out of how many each. */
  of: number;
}

export const WORDS = { least: 4, usual: 6, most: 12 };
export const CHARACTERS = { least: 12, usual: 20, most: 64 };

/** Letters, digits and signs without those that look alike. The command line draws from the same file. */
export const ALPHABET: readonly string[] = [...alphabetFile.trim()];

let words: Promise<readonly string[]> | undefined;

/** The EFF's long list. It comes in a chunk of its own, when it is first wanted; after a failure it is asked for again. */
export function wordList(): Promise<readonly string[]> {
  words ??= import("./words.txt?raw").then(
    (file) => file.default.trim().split("\n"),
    (error: unknown) => {
      words = undefined;
      throw error;
    },
  );
  return words;
}

/** What a password must be, as far as chance alone does not see to it. */
export interface Demand {
  /** Fewest characters. */
  shortest: number;
  /** Whether it needs three of the four kinds: small letters, capital letters, digits, others. */
  mixed: boolean;
}

export const NO_DEMAND: Demand = { shortest: 0, mixed: false };

const KINDS = [/[a-z]/, /[A-Z]/, /[0-9]/, /[^a-zA-Z0-9]/];
const KINDS_WANTED = 3;

/** How many of the four kinds of characters are there. */
export function kindsIn(text: string): number {
  return KINDS.filter((kind) => kind.test(text)).length;
}

/**
 * Words in a row, 4 to 12 of them, and as many more as it takes to be long enough. Mixed kinds are small letters, a
 * capital one at the head of each word, and the separator: nothing that was not drawn counts as hard to guess.
 */
export async function passphrase({ count = WORDS.usual, separator = "-", shortest, mixed }: { count?: number; separator?: string } & Partial<Demand> = {}, chance: Chance = systemChance): Promise<Suggestion> {
  within(count, WORDS);
  const list = await wordList();
  const words: string[] = [];
  const text = () => words.join(separator);
  while (words.length < count || text().length < (shortest ?? 0)) {
    const word = list[below(list.length, chance)]!;
    words.push(mixed ? word.charAt(0).toUpperCase() + word.slice(1) : word);
  }
  return { text: text(), bits: words.length * Math.log2(list.length), count: words.length, of: list.length };
}

/** Characters in a row, 12 to 64 of them, or the fewest that are asked for. Without the kinds that are needed they are drawn again, all of them. */
export function characters({ count = CHARACTERS.usual, shortest, mixed }: { count?: number } & Partial<Demand> = {}, chance: Chance = systemChance): Suggestion {
  const length = Math.max(count, shortest ?? 0);
  within(length, CHARACTERS);
  for (;;) {
    const text = Array.from({ length }, () => ALPHABET[below(ALPHABET.length, chance)]!).join("");
    if (mixed && kindsIn(text) < KINDS_WANTED) continue;
    const kept = mixed ? Math.log2(1 - tooAlike(length)) : 0;
    return { text, bits: length * Math.log2(ALPHABET.length) + kept, count: length, of: ALPHABET.length };
  }
}

/** The share of all rows of this length that have only one or two of the four kinds. A row of one kind is in three of the pairs. */
function tooAlike(length: number): number {
  const shares = KINDS.map((kind) => ALPHABET.filter((one) => kind.test(one)).length / ALPHABET.length);
  const pairs = shares.flatMap((one, at) => shares.slice(at + 1).map((other) => one + other));
  const all = (of: number[]) => of.reduce((sum, share) => sum + share ** length, 0);
  return all(pairs) - 2 * all(shares);
}

function within(count: number, { least, most }: { least: number; most: number }) {
  if (!Number.isInteger(count) || count < least || count > most) throw new RangeError(`between ${least} and ${most}`);
}
