import { describe, expect, it } from "vitest";
import { warningFor } from "../src/careful";

describe("warns before a secret is sent", () => {
  it.each(["4111 1111 1111 1111", "my card: 5500-0000-0000-0004, thanks", "378282246310005"])("card number in %j", (text) => expect(warningFor(text)).toBe("card"));
  it.each(["4111 1111 1111 1112", "order 1234567890123", "+49 170 1234567", "DE89 3704 0044 0532 0130 00", "2026-11-24 10:00:00"])("no card number in %j", (text) => expect(warningFor(text)).not.toBe("card"));
  it.each(["my password is hunter2", "Passwort: geheim1", "PIN = 1234", "Tr0ub4dor&3"])("password in %j", (text) => expect(warningFor(text)).toBe("password"));
  it.each(["123456", "It is 123 456.", "code:123-456"])("the code that was sent in %j", (text) => {
    expect(warningFor(text, true)).toBe("code");
    expect(warningFor(text)).toBeNull();
  });
  it.each(["order 1234567", "I have 12345 and 42", "NW-2231"])("no code in %j", (text) => expect(warningFor(text, true)).toBeNull());
  it.each(["I forgot my password", "Hello there", "https://shop.example/Order_1?x=2", "Mia.B3rger@shop.example", "NW-2231", "Parcel NW-2231 never arrived."])("nothing in %j", (text) => expect(warningFor(text)).toBeNull());
});
