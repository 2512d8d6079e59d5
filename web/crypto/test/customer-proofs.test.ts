import { expect, test } from "vitest";
import { Api } from "../src/api";
import { CustomerProofs } from "../src/customer-proofs";
import type { CustomerProof } from "../src/messenger";

const ID = "cnv_1";
const REQUEST = { asked_by: "stf_1", channel: "mail_code", address: "m…@e….org", ends_at: "2026-01-01T10:30:00Z", here: true, code_ends_at: "2026-01-01T10:10:00Z", codes_left: 2, tries_left: 5 };

/** A server with one request; `123456` is the code. */
function desk() {
  let request: typeof REQUEST | null = { ...REQUEST };
  const asked: string[] = [];
  const given: object[] = [];
  const answer = (status: number, body: object) => new Response(JSON.stringify(body), { status });
  const view = () => ({ organisation: "Northwind", request, proof: null, given });
  const api = new Api("", async (path, init) => {
    asked.push(`${init.method} ${path}`);
    if (!path.endsWith("/answer")) return answer(200, view());
    if (!request) return answer(409, { code: "conflict" });
    if ((JSON.parse(String(init.body)) as { code: string }).code === "123456") {
      request = null;
      given.push({ channel: "mail_code", proved_at: "2026-01-01T10:05:00Z" });
      return answer(200, view());
    }
    request = { ...request, tries_left: request.tries_left - 1 };
    return answer(422, { code: "invalid-fields" });
  });
  const told: CustomerProof[] = [];
  const proofs = new CustomerProofs(api, (_, proof) => told.push(proof));
  return { proofs, asked, told, end: () => void (request = null) };
}

test("a wrong code is told as wrong, with the tries that are left after it", async () => {
  const { proofs } = desk();
  await proofs.refresh(ID);
  await expect(proofs.answer(ID, "000000")).rejects.toMatchObject({ code: "invalid-fields" });
  expect(proofs.get(ID)?.request?.triesLeft).toBe(4);
});

test("the right code ends the request, and what was given stays", async () => {
  const { proofs, told } = desk();
  await proofs.answer(ID, "123456");
  expect(proofs.get(ID)).toMatchObject({ request: null, given: [{ channel: "mail_code", provedAt: "2026-01-01T10:05:00Z" }] });
  expect(JSON.stringify(told)).not.toContain("123456");
});

test("who hears nothing new tells nothing", async () => {
  const { proofs, told } = desk();
  await proofs.refresh(ID);
  await proofs.refresh(ID);
  expect(told).toHaveLength(1);
});

test("a request that ended meanwhile is asked about when something happens in its conversation, and only then", async () => {
  const { proofs, asked, end } = desk();
  proofs.refreshWaiting(ID);
  expect(asked).toEqual([]);
  await proofs.refresh(ID);
  end();
  proofs.refreshWaiting(ID);
  await expect.poll(() => proofs.get(ID)?.request).toBeNull();
  const before = asked.length;
  proofs.refreshWaiting(ID);
  expect(asked).toHaveLength(before);
});

test("who signs out leaves nothing behind", async () => {
  const { proofs } = desk();
  await proofs.refresh(ID);
  proofs.forget();
  expect(proofs.all()).toEqual([]);
});
