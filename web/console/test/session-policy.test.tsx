import { act, screen, waitFor, within } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { attended, watchAttention } from "../src/app/attention";
import { choose, data, http, HttpResponse, openConsole, problem } from "./desk";

afterEach(() => void vi.useRealTimers());

test("each role says how long its sessions last, how many are open, and where that goes against NIST", async () => {
  openConsole("/settings/sessions");
  const administrator = within(await screen.findByRole("region", { name: "Administrator" }));
  expect(administrator.getByText("Signed out after 15 minutes without use, and after 8 hours in any case.")).toBeVisible();
  expect(administrator.getByText(/2 sessions are open/)).toBeVisible();
  expect(administrator.queryByText(/NIST/)).toBeNull();
  const agent = within(screen.getByRole("region", { name: "Agent" }));
  expect(agent.getByText(/the default holds/)).toBeVisible();
  expect(agent.getByText(/Nobody has decided this or said why/)).toBeVisible();
  const auditor = within(screen.getByRole("region", { name: "Auditor" }));
  expect(auditor.getByText(/after 1 hour 30 minutes without use/)).toBeVisible();
  expect(auditor.getByText(/Decided by Wilhelmina.*a walk to the safe/)).toBeVisible();
});

test("a change says how many sessions end at once before it is saved", async () => {
  const { user, sent } = openConsole("/settings/sessions");
  await user.click(await screen.findByRole("button", { name: "Change the sessions of Agent" }));
  const form = within(screen.getByRole("region", { name: "Agent" }));
  await choose(user, "Without use", "30 minutes");
  expect(await form.findByText(/At once, 3 sessions end/)).toBeVisible();
  expect(form.queryByRole("textbox", { name: /Why it is decided so/ })).toBeNull();
  await user.click(form.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(sent("PUT /api/v1/session-policies/agent")).toEqual([{ version: 0, idle_minutes: 30, longest_minutes: 1440, remember_days: 0 }]));
}, 20_000);

test("who is signed out at once is named under the number", async () => {
  const { user } = openConsole("/settings/sessions");
  await user.click(await screen.findByRole("button", { name: "Change the sessions of Agent" }));
  const form = within(screen.getByRole("region", { name: "Agent" }));
  await choose(user, "Without use", "30 minutes");
  await user.click(await form.findByText("Who they are (3 people)"));
  const people = within(form.getByRole("list", { name: "Whom this concerns" })).getAllByRole("listitem");
  expect(people.map((one) => one.textContent)).toContain("Tomás Ferreirasigned out at once");
  expect(people).toHaveLength(3);
}, 20_000);

test("who may not see names reads the number alone", async () => {
  const front = [http.post("*/session-policies/:role/preview", () => HttpResponse.json({ people: 5, sessions: 7, ending: 3, concerned: null, deviations: [] }))];
  const { user } = openConsole("/settings/sessions", { world: { front } });
  await user.click(await screen.findByRole("button", { name: "Change the sessions of Agent" }));
  const form = within(screen.getByRole("region", { name: "Agent" }));
  expect(await form.findByText(/At once, 3 sessions end/)).toBeVisible();
  expect(form.queryByText(/Who they are/)).toBeNull();
}, 20_000);

test("more than an hour without use needs a reason", async () => {
  const { user, sent } = openConsole("/settings/sessions");
  await user.click(await screen.findByRole("button", { name: "Change the sessions of Administrator" }));
  const form = within(screen.getByRole("region", { name: "Administrator" }));
  await choose(user, "Without use", "2 hours");
  const reason = await form.findByRole("textbox", { name: /Why it is decided so/ });
  expect(form.getByRole("button", { name: "Save" })).toBeDisabled();
  await user.type(reason, "Long calls");
  await user.click(form.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(sent("PUT /api/v1/session-policies/administrator")).toEqual([{ version: 2, idle_minutes: 120, longest_minutes: 480, remember_days: 0, reason: "Long calls" }]));
}, 20_000);

test("without use never lasts longer than in any case", async () => {
  const { user } = openConsole("/settings/sessions");
  await user.click(await screen.findByRole("button", { name: "Change the sessions of Agent" }));
  const form = within(screen.getByRole("region", { name: "Agent" }));
  await choose(user, "In any case", "1 hour");
  expect(form.getByRole("combobox", { name: "Without use" })).toHaveValue("1 hour");
}, 20_000);

test("who changed it first wins, and the other one is told", async () => {
  const { user } = openConsole("/settings/sessions", { world: { front: [http.put("*/session-policies/:role", () => problem(409, "stale-version"))] } });
  await user.click(await screen.findByRole("button", { name: "Change the sessions of Agent" }));
  const form = within(screen.getByRole("region", { name: "Agent" }));
  await choose(user, "Without use", "15 minutes");
  await waitFor(() => expect(form.getByRole("button", { name: "Save" })).toBeEnabled());
  await user.click(form.getByRole("button", { name: "Save" }));
  expect(await screen.findByRole("alert")).toBeVisible();
}, 20_000);

test("who may only read finds nothing to change", async () => {
  openConsole("/settings/sessions", { permissions: ["settings.read", "factor_policy.read"] });
  await screen.findByRole("region", { name: "Agent" });
  expect(screen.queryByRole("button", { name: /Change the sessions/ })).toBeNull();
});

const signedIn = (life: ReturnType<typeof data.life>) => ({ state: "signed-in" as const, factors: ["totp" as const], disabled: [], change: null, me: data.ME, stepped_up_until: null, enrolment_due: null, life, remember_days: 0 });

test("two minutes before a session ends for want of use one is asked, and staying is one press", async () => {
  const { user, server, sent } = openConsole("/settings", { world: { session: signedIn(data.life(110, 9000)) } });
  const dialog = within(await screen.findByRole("dialog", { name: "You will be signed out in 2 minutes" }));
  const before = sent("GET /api/v1/session").length;
  server.session = signedIn(data.life(900, 9000));
  await user.click(dialog.getByRole("button", { name: "Stay signed in" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(sent("GET /api/v1/session").length).toBeGreaterThan(before);
});

test("a session that ends whatever is done says so and offers nothing that does not help", async () => {
  openConsole("/settings", { world: { session: signedIn(data.life(50, 50)) } });
  expect(await screen.findByText("You will be signed out in 50 seconds, whatever you do")).toBeVisible();
  expect(screen.queryByRole("button", { name: "Stay signed in" })).toBeNull();
});

test("when nobody answers, the page is gone with the session", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  const born = data.life(200, 9000);
  const over = () => Date.now() >= Date.parse(born.idle_until);
  const state = () => (over() ? { ...signedIn(born), state: "signed-out", me: null, life: null } : signedIn({ ...born, now: new Date().toISOString() }));
  openConsole("/settings", { world: { front: [http.get("*/api/v1/session", () => HttpResponse.json(state()))] } });
  await screen.findByRole("heading", { name: "Settings" });
  expect(screen.queryByRole("dialog")).toBeNull();
  await act(() => vi.advanceTimersByTimeAsync(90_000));
  expect(await screen.findByRole("dialog", { name: /You will be signed out/ })).toBeVisible();
  await act(() => vi.advanceTimersByTimeAsync(130_000));
  await waitFor(() => expect(screen.queryByRole("heading", { name: "Settings" })).toBeNull());
}, 20_000);

test("somebody is there for a minute after the latest key", () => {
  vi.useFakeTimers();
  watchAttention(window);
  document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "a", bubbles: true }));
  expect(attended()).toBe(true);
  vi.advanceTimersByTime(59_000);
  expect(attended()).toBe(true);
  vi.advanceTimersByTime(1_000);
  expect(attended()).toBe(false);
  document.body.dispatchEvent(new WheelEvent("wheel", { bubbles: true }));
  expect(attended()).toBe(true);
});
