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

/** Words in a row, 4 to 12 of them. */
export async function passphrase({ count = WORDS.usual, separator = "-" } = {}, chance: Chance = systemChance): Promise<Suggestion> {
  within(count, WORDS);
  const list = await wordList();
  return drawn(list, count, separator, chance);
}

/** Characters in a row, 12 to 64 of them. */
export function characters({ count = CHARACTERS.usual } = {}, chance: Chance = systemChance): Suggestion {
  within(count, CHARACTERS);
  return drawn(ALPHABET, count, "", chance);
}

function within(count: number, { least, most }: { least: number; most: number }) {
  if (!Number.isInteger(count) || count < least || count > most) throw new RangeError(`between ${least} and ${most}`);
}

function drawn(from: readonly string[], count: number, separator: string, chance: Chance): Suggestion {
  const parts = Array.from({ length: count }, () => from[below(from.length, chance)]!);
  return { text: parts.join(separator), bits: count * Math.log2(from.length), count, of: from.length };
}
