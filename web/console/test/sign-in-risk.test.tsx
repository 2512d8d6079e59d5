import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { data, http, openConsole, problem } from "./desk";

const [open, disowned] = data.REVIEWS;

test("over every screen somebody is asked about an unusual sign-in, with when, where and why", async () => {
  const { user, sent } = openConsole("/staff", { world: { asked: true } });
  expect(await screen.findByText("Was this you?")).toBeVisible();
  expect(screen.getByText(/Chrome on Windows · 203\.0\.113\.9 · New Zealand\. Unusual because of a new browser, a new network, a new country/)).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Yes, it was me" }));
  await waitFor(() => expect(sent(`PUT /api/v1/session/reviews/${open!.id}`)).toEqual([{ answer: "me" }]));
});

test("one press on no locks, and leads to the sign-in with what to do next", async () => {
  const { user, sent, messenger } = openConsole("/staff", { world: { asked: true } });
  await user.click(await screen.findByRole("button", { name: "No, lock it" }));
  expect(await screen.findByRole("heading", { name: "Sign in" })).toBeVisible();
  expect(await screen.findByText(/Every session has ended, and security knows/)).toBeVisible();
  expect(sent(`PUT /api/v1/session/reviews/${open!.id}`)).toEqual([{ answer: "not-me" }]);
  expect(messenger.calls.map((call) => call.act)).toContain("lock");
});

test("of a browser nobody is asked in that browser, and it says why", async () => {
  const items = [{ ...open!, current: true, can_confirm: false }];
  openConsole("/security", { world: { front: [http.get("*/session/reviews", () => Response.json({ items }))] } });
  const card = within(await screen.findByRole("region", { name: "Unusual sign-ins" }));
  expect(await card.findByText(/It was in this browser/)).toBeVisible();
  expect(screen.queryByRole("button", { name: "Yes, it was me" })).toBeNull();
  expect(screen.queryByText("Was this you?")).toBeNull();
});

test("a browser that is itself in question can only say no", async () => {
  const items = [{ ...open!, can_confirm: false }];
  openConsole("/security", { world: { front: [http.get("*/session/reviews", () => Response.json({ items }))] } });
  expect(await screen.findAllByRole("button", { name: "No, lock it" })).toHaveLength(2);
  expect(screen.getByText(/This browser is in question itself/)).toBeVisible();
  expect(screen.queryByRole("button", { name: "Yes, it was me" })).toBeNull();
});

test("what was said stays readable, and nobody is asked twice", async () => {
  const items = [disowned!];
  openConsole("/security", { world: { front: [http.get("*/session/reviews", () => Response.json({ items }))] } });
  const card = within(await screen.findByRole("region", { name: "Unusual sign-ins" }));
  expect(await card.findByText("it was not you")).toBeVisible();
  expect(screen.queryByRole("button", { name: "No, lock it" })).toBeNull();
});

test("an answer that is not taken says why", async () => {
  const { user } = openConsole("/staff", { world: { asked: true, front: [http.put("*/session/reviews/:id", () => problem(409, "conflict", { detail: "From the browser in question nobody can say that it was you." }))] } });
  await user.click(await screen.findByRole("button", { name: "Yes, it was me" }));
  expect(await screen.findByText(/From the browser in question nobody can say/)).toBeVisible();
});

test("the history says what was decided about a sign-in that something spoke against", async () => {
  const entry = { ...data.HISTORY[0]!, action: "sign-in.weighed", kind: "new-country", by: null };
  const items = (["allow", "step-up", "refuse"] as const).map((decision, n) => ({ ...entry, id: data.id("aud", 20 + n), decision, refused: decision === "refuse" }));
  openConsole("/security", { world: { front: [http.get("*/session/history", () => Response.json({ items, next: null }))] } });
  expect(await screen.findByText(/it was let in/)).toBeVisible();
  expect(screen.getByText(/more was asked for/)).toBeVisible();
  expect(screen.getByText(/it was not let in/)).toBeVisible();
  expect(screen.getAllByText(/new country/).length).toBeGreaterThanOrEqual(3);
});

test("what follows from a signal is changed, and what lowers it is said before", async () => {
  const { user, sent } = openConsole("/settings/sign-in-risk");
  const country = within(await screen.findByRole("radiogroup", { name: "A new country" }));
  expect(screen.getByRole("button", { name: "Save" })).toBeDisabled();
  await user.click(country.getByText("Let in"));
  expect(screen.getByText(/Less follows then from: A new country/)).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(sent("PUT /api/v1/sign-in-risk")).toEqual([{ version: 3, decisions: [{ signal: "new-country", decision: "allow" }] }]));
});

test("without a database of places it says that countries say nothing", async () => {
  openConsole("/settings/sign-in-risk", { world: { empty: true } });
  expect(await screen.findByText(/There is no GeoIP database/)).toBeVisible();
});

test("new browsers cannot be refused, and who may only read changes nothing", async () => {
  openConsole("/settings/sign-in-risk", { permissions: ["settings.read", "factor_policy.read"] });
  const browser = within(await screen.findByRole("radiogroup", { name: "A new browser" }));
  for (const choice of browser.getAllByRole("radio")) expect(choice).toBeDisabled();
  expect(screen.queryByRole("button", { name: "Save" })).toBeNull();
});
