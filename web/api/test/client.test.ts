import { expect, test, vi } from "vitest";
import { ApiProblem, createApi } from "../src/index";

const json = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(status === 204 ? null : JSON.stringify(body), {
    status,
    headers: { "content-type": status < 400 ? "application/json" : "application/problem+json", ...headers },
  });
const problem = (status: number, code: string, more = {}) => json(status, { type: `https://wardesk.dev/problems/${code}`, title: "No.", status, code, request_id: "r1", ...more });

test("a problem becomes an error with its code, fields and wait", async () => {
  const fetch = vi.fn(async () => problem(422, "invalid-fields", { fields: [{ field: "login", message: "Too short." }], retry_after: 5 }));
  const error = await createApi({ fetch }).staff.invite({ login: "a", name: "A", roles: [], teams: [] }).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(ApiProblem);
  expect(error).toMatchObject({ code: "invalid-fields", status: 422, retryAfter: 5, requestId: "r1" });
  expect((error as ApiProblem).field("login")).toBe("Too short.");
});

test("an answer of a proxy in its own words still has a code", async () => {
  const fetch = vi.fn(async () => new Response("<html>", { status: 502, headers: { "content-type": "text/html", "retry-after": "7" } }));
  await expect(createApi({ fetch }).organisation.get()).rejects.toMatchObject({ code: "overloaded", retryAfter: 7 });
});

test("no answer at all is offline", async () => {
  const fetch = vi.fn(async () => Promise.reject(new TypeError("failed to fetch")));
  await expect(createApi({ fetch }).session.state()).rejects.toMatchObject({ code: "offline" });
});

test("a request that needs a second factor is sent again after it was shown", async () => {
  const fetch = vi.fn(async () => json(204, null)).mockImplementationOnce(async () => problem(403, "step-up-required"));
  const onStepUp = vi.fn(async () => {});
  await createApi({ fetch, onStepUp }).devices.revoke("dev_1");
  expect(onStepUp).toHaveBeenCalledOnce();
  expect(fetch).toHaveBeenCalledTimes(2);
});

test("a request whose second factor was declined is not sent again", async () => {
  const fetch = vi.fn(async () => problem(403, "step-up-required"));
  await expect(createApi({ fetch, onStepUp: () => Promise.reject(new Error("declined")) }).devices.revoke("dev_1")).rejects.toThrow("declined");
  expect(fetch).toHaveBeenCalledOnce();
});

test("an ended session is announced", async () => {
  const onSignedOut = vi.fn();
  const fetch = vi.fn(async () => problem(401, "unauthenticated"));
  await expect(createApi({ fetch, onSignedOut }).staff.list()).rejects.toMatchObject({ code: "unauthenticated" });
  expect(onSignedOut).toHaveBeenCalledOnce();
});

test("requests that change something say they carry JSON, and ids are escaped", async () => {
  const fetch = vi.fn(async (_url: RequestInfo | URL, _init?: RequestInit) => json(200, {}));
  await createApi({ fetch }).staff.setRoles("stf_/..", ["agent"]);
  const [url, init] = fetch.mock.calls[0]!;
  expect(url).toBe("/api/v1/staff/stf_%2F../roles");
  expect(init).toMatchObject({ method: "PUT", body: '{"roles":["agent"]}', headers: { "content-type": "application/json" } });
});

test("only what is set stands in a query", async () => {
  const fetch = vi.fn(async (_url: RequestInfo | URL) => json(200, { items: [], next: null }));
  await createApi({ fetch }).conversations.list("mine", undefined, { limit: 20 });
  expect(fetch.mock.calls[0]![0]).toBe("/api/v1/conversations?view=mine&limit=20");
});

test("what is asked while nobody is there says so, and what somebody asks does not", async () => {
  const asked: (string | null)[] = [];
  const fetch = vi.fn(async (_: unknown, init?: RequestInit) => (asked.push(new Headers(init?.headers).get("wardesk-background")), json(200, { items: [], next: null })));
  let there = false;
  const api = createApi({ fetch: fetch as typeof globalThis.fetch, attended: () => there });
  await api.staff.colleagues();
  there = true;
  await api.staff.colleagues();
  await createApi({ fetch: fetch as typeof globalThis.fetch }).staff.colleagues();
  expect(asked).toEqual(["1", null, null]);
});
