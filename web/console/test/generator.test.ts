import { expect, test } from "vitest";
import { ALPHABET, below, characters, kindsIn, passphrase, wordList, type Chance } from "../src/generator";

/** Gives these numbers, four bytes each, the lowest first. */
function numbers(...given: number[]): Chance {
  return (bytes) => {
    const next = given.shift();
    if (next === undefined) throw new Error("no more was expected to be drawn");
    new DataView(bytes.buffer).setUint32(0, next, true);
  };
}

test("what would favour the first ones is thrown away", () => {
  // 2^32 is 613,566,756 times seven and four more: those last four are drawn again.
  const fair = 7 * 613_566_756;
  expect(below(7, numbers(fair - 1))).toBe(6);
  expect(below(7, numbers(fair, fair + 3, 8))).toBe(1);
  expect(below(64, numbers(2 ** 32 - 1))).toBe(63);
  expect(below(1, numbers(5))).toBe(0);
});

test("a number out of none, or out of more than can be drawn, is refused", () => {
  for (const n of [0, -1, 1.5, Number.NaN, 2 ** 32 + 1]) expect(() => below(n)).toThrow(RangeError);
});

test("every one comes up about as often as any other", () => {
  const counts = new Array<number>(10).fill(0);
  for (let n = 0; n < 20_000; n++) counts[below(10)]! += 1;
  // 2,000 each, and six times the deviation that chance itself has.
  for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(6 * Math.sqrt(20_000 * 0.1 * 0.9));
});

test("the list has 7,776 words, each once, and no two make a third with the hyphen", async () => {
  const words = await wordList();
  expect(words).toHaveLength(7776);
  expect(new Set(words).size).toBe(7776);
  expect(words.every((word) => /^[a-z]+(-[a-z]+)?$/.test(word))).toBe(true);
  const known = new Set(words);
  const made = words.filter((word) => word.includes("-") && word.split("-").every((part) => known.has(part)));
  expect(made).toEqual([]);
});

test("six words are 77.5 bits, and are the words that were drawn", async () => {
  const made = await passphrase({}, numbers(0, 1, 2, 3, 4, 7775));
  expect(made).toMatchObject({ text: "abacus-abdomen-abdominal-abide-abiding-zoom", count: 6, of: 7776 });
  expect(made.bits).toBeCloseTo(77.5, 1);
  expect((await passphrase({ count: 4, separator: " " }, numbers(0, 0, 0, 1))).text).toBe("abacus abacus abacus abdomen");
});

test("twenty characters are 120 bits, and none of them looks like another", () => {
  expect(ALPHABET).toHaveLength(64);
  expect(new Set(ALPHABET).size).toBe(64);
  for (const alike of "IlO01|") expect(ALPHABET).not.toContain(alike);
  const made = characters();
  expect(made).toMatchObject({ bits: 120, count: 20, of: 64 });
  expect([...made.text]).toHaveLength(20);
  expect([...made.text].every((one) => ALPHABET.includes(one))).toBe(true);
});

test("too few and too many are refused", async () => {
  for (const count of [3, 13, 4.5]) await expect(passphrase({ count })).rejects.toThrow(RangeError);
  for (const count of [11, 65]) expect(() => characters({ count })).toThrow(RangeError);
});

test("words are added until the passphrase is long enough, each with its bits", async () => {
  const made = await passphrase({ shortest: 64 }, numbers(0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
  expect(made.text).toBe(Array.from({ length: 10 }, () => "abacus").join("-"));
  expect(made.count).toBe(10);
  expect(made.bits).toBeCloseTo(10 * Math.log2(7776), 9);
  for (let n = 0; n < 200; n++) {
    const { text } = await passphrase({ shortest: 64 });
    expect(text.length).toBeGreaterThanOrEqual(64);
    expect(text.length).toBeLessThanOrEqual(128);
  }
});

test("where kinds of characters are needed each word has a capital letter, and that adds no bits", async () => {
  const made = await passphrase({ mixed: true }, numbers(0, 1, 2, 3, 4, 7775));
  expect(made.text).toBe("Abacus-Abdomen-Abdominal-Abide-Abiding-Zoom");
  expect(kindsIn(made.text)).toBe(3);
  expect(made.bits).toBeCloseTo(77.5, 1);
});

test("characters are as many as are needed, 64 at most", () => {
  expect(characters({ shortest: 12 }).count).toBe(20);
  expect(characters({ shortest: 64 })).toMatchObject({ bits: 384, count: 64 });
  expect(() => characters({ shortest: 65 })).toThrow(RangeError);
});

test("characters without three kinds are drawn again, and the bits say so", () => {
  const small = ALPHABET.findIndex((one) => /[a-z]/.test(one));
  const large = ALPHABET.findIndex((one) => /[A-Z]/.test(one));
  const digit = ALPHABET.findIndex((one) => /[0-9]/.test(one));
  const row = (...given: number[]) => [...given, ...Array.from({ length: 12 - given.length }, () => small)];
  const made = characters({ count: 12, mixed: true }, numbers(...row(), ...row(large), ...row(large, digit)));
  expect(kindsIn(made.text)).toBe(3);
  expect(made.bits).toBeLessThan(72);
  // What the bits leave out is the share that is drawn again.
  const rows = 20_000;
  const alike = Array.from({ length: rows }, () => characters({ count: 12 })).filter(({ text }) => kindsIn(text) < 3).length;
  expect(Math.abs(alike / rows - (1 - 2 ** (made.bits - 72)))).toBeLessThan(6 * Math.sqrt(0.06 / rows));
});
