import { describe, expect, it } from "vitest";
import { pieces } from "../src/links";

const hrefs = (body: string) => pieces(body).flatMap((piece) => piece.href ?? []);

describe("links in a text", () => {
  it("are found between words and leave the punctuation to the sentence", () => {
    expect(pieces("See https://a.example/x?y=1. Bye")).toEqual([
      { text: "See ", href: null },
      { text: "https://a.example/x?y=1", href: "https://a.example/x?y=1" },
      { text: ". Bye", href: null },
    ]);
    expect(hrefs("(http://a.example/b)")).toEqual(["http://a.example/b"]);
    expect(hrefs("https://a.example/b_(c)")).toEqual(["https://a.example/b_(c)"]);
  });
  it.each(["javascript:alert(1)", "data:text/html,x", "ftp://a.example", "//a.example", "https://bank.example@evil.example/", "<script>alert(1)</script>"])("%j is text only", (body) => {
    expect(hrefs(body)).toEqual([]);
    expect(pieces(body).map((piece) => piece.text).join("")).toBe(body);
  });
  it("lose no character of any text", () => {
    const body = "a https://x.example, b\nhttps:// c http://y.example/… <b>";
    expect(pieces(body).map((piece) => piece.text).join("")).toBe(body);
  });
});
