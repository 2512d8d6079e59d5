import { expect, test } from "vitest";
import { Api } from "../src/api";
import { CustomerPasskeys } from "../src/customer-passkeys";
import { CustomerProofs } from "../src/customer-proofs";
import type { OwnPasskeys } from "../src/messenger";

const KEPT = { id: "cpk_1", name: "Pixel 9", created_at: "2026-01-01T10:00:00Z", counts_from: "2026-01-02T10:00:00Z", last_used_at: null, stopped: false };

/** A server that keeps passkeys for whom it knows. */
function desk() {
  let known = true;
  let kept: (typeof KEPT)[] = [KEPT];
  const asked: [string, unknown][] = [];
  const answer = (status: number, body: object) => new Response(JSON.stringify(body), { status });
  const api = new Api("", async (path, init) => {
    asked.push([`${init.method} ${path}`, init.body === null ? null : JSON.parse(String(init.body))]);
    if (init.method === "GET") return answer(200, { passkeys: kept, may_add: known });
    if (!known) return answer(403, { code: "forbidden" });
    if (init.method === "DELETE") {
      kept = kept.filter(({ id }) => !path.endsWith(id));
      return new Response(null, { status: 204 });
    }
    if (path.endsWith("/options")) return answer(200, { ceremony: "ticket", options: { challenge: "AAAA" } });
    const { name } = JSON.parse(String(init.body)) as { name: string };
    const added = { ...KEPT, id: "cpk_2", name };
    kept = [...kept, added];
    return answer(201, added);
  });
  const told: (OwnPasskeys | null)[] = [];
  return { api, asked, told, passkeys: new CustomerPasskeys(api, (state) => told.push(state)), forget: () => void (known = false) };
}

test("a passkey is added with the ticket of its question, and stands in the list at once", async () => {
  const { passkeys, asked, told } = desk();
  await passkeys.refresh();
  const { ceremony } = await passkeys.begin();
  await passkeys.add(ceremony, "Laptop", { id: "new" });
  expect(asked.at(-1)).toEqual(["POST /api/v1/widget/passkeys", { ceremony: "ticket", name: "Laptop", answer: { id: "new" } }]);
  expect(told.at(-1)).toEqual({
    mayAdd: true,
    passkeys: [
      { id: "cpk_1", name: "Pixel 9", addedAt: "2026-01-01T10:00:00Z", countsFrom: "2026-01-02T10:00:00Z", usedAt: null, stopped: false },
      { id: "cpk_2", name: "Laptop", addedAt: "2026-01-01T10:00:00Z", countsFrom: "2026-01-02T10:00:00Z", usedAt: null, stopped: false },
    ],
  });
});

test("an answer from before the website vouched does not come in place of the one after it, nor after the customer is gone", async () => {
  const answers: ((body: object) => void)[] = [];
  const api = new Api("", () => new Promise((resolve) => answers.push((body) => resolve(new Response(JSON.stringify(body))))));
  const passkeys = new CustomerPasskeys(api, () => undefined);
  const before = passkeys.refresh();
  const after = passkeys.refresh();
  answers[1]!({ passkeys: [KEPT], may_add: true });
  await after;
  answers[0]!({ passkeys: [], may_add: false });
  await before;
  expect(passkeys.get()).toMatchObject({ mayAdd: true, passkeys: [{ id: "cpk_1" }] });
  const late = passkeys.refresh();
  passkeys.forget();
  answers[2]!({ passkeys: [KEPT], may_add: true });
  await late;
  expect(passkeys.get()).toBeNull();
});

test("a removed passkey is gone from the list", async () => {
  const { passkeys, asked } = desk();
  await passkeys.refresh();
  await passkeys.remove("cpk_1");
  expect(asked.at(-1)?.[0]).toBe("DELETE /api/v1/widget/passkeys/cpk_1");
  expect(passkeys.get()?.passkeys).toEqual([]);
});

test("who is refused learns that it is not known any more who they are", async () => {
  const { passkeys, forget } = desk();
  await passkeys.refresh();
  forget();
  await expect(passkeys.begin()).rejects.toMatchObject({ code: "forbidden" });
  expect(passkeys.get()?.mayAdd).toBe(false);
});

test("who hears nothing new tells nothing, and who signs out leaves nothing behind", async () => {
  const { passkeys, told } = desk();
  await passkeys.refresh();
  await passkeys.refresh();
  expect(told).toHaveLength(1);
  passkeys.forget();
  expect(told.at(-1)).toBeNull();
});

test("an agent's question is answered with a passkey, and a refusal is asked about again", async () => {
  const asked: string[] = [];
  let over = false;
  const request = { asked_by: "stf_1", channel: "passkey", address: null, ends_at: "2026-01-01T10:30:00Z", here: true, code_ends_at: null, codes_left: 3, tries_left: 5 };
  const api = new Api("", async (path, init) => {
    asked.push(`${init.method} ${path} ${String(init.body)}`);
    if (init.method === "POST" && over) return new Response(JSON.stringify({ code: "conflict" }), { status: 409 });
    if (path.endsWith("/options")) return new Response(JSON.stringify({ ceremony: "ticket", options: {} }));
    return new Response(JSON.stringify({ organisation: "Northwind", request: over ? null : request, proof: null, given: [] }));
  });
  const proofs = new CustomerProofs(api, () => undefined);
  expect(await proofs.beginPasskey("cnv_1")).toEqual({ ceremony: "ticket", options: {} });
  await proofs.answerPasskey("cnv_1", "ticket", { id: "one" });
  expect(asked.at(-1)).toBe('POST /api/v1/widget/conversations/cnv_1/proof/passkey {"ceremony":"ticket","answer":{"id":"one"}}');
  expect(proofs.get("cnv_1")?.request).toMatchObject({ channel: "passkey", address: null });
  over = true;
  await expect(proofs.beginPasskey("cnv_1")).rejects.toMatchObject({ code: "conflict" });
  expect(proofs.get("cnv_1")?.request).toBeNull();
});
