import { afterEach, describe, expect, it, vi } from "vitest";
import { siteAround } from "../src/site";

/** A frame on pages, the outermost last; `told` is what the browser says of them. */
function framed(told: { ancestors?: string[]; referrer?: string; nested?: boolean }): void {
  const parent = {};
  vi.stubGlobal("window", { parent, top: told.nested ? {} : parent });
  vi.stubGlobal("location", { ancestorOrigins: told.ancestors });
  vi.stubGlobal("document", { referrer: told.referrer ?? "" });
}

describe("the website on which the chat stands", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("is none on our own page", () => {
    const page = { parent: null as unknown };
    page.parent = page;
    vi.stubGlobal("window", page);
    expect(siteAround()).toBeNull();
  });

  it("is the outermost page, where the browser names them all", () => {
    framed({ ancestors: ["https://shop.example.org", "https://www.example.org"], referrer: "https://shop.example.org/" });
    expect(siteAround()).toBe("https://www.example.org");
  });

  it("is the page that led here, where it is the only one around", () => {
    framed({ referrer: "https://www.example.org/help?x=1" });
    expect(siteAround()).toBe("https://www.example.org");
  });

  it("is not known where the page around stands in another one, or is not told", () => {
    framed({ referrer: "https://www.example.org/", nested: true });
    expect(siteAround()).toBeNull();
    framed({});
    expect(siteAround()).toBeNull();
  });
});
