import { screen, waitFor } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { data, http, HttpResponse, openConsole } from "./desk";

// The address is read once, when the page is loaded.
vi.hoisted(() => history.replaceState(null, "", "/?code=the-code&state=the-state"));

test("who comes back from the provider is inside, though the page had asked before whether anybody is", async () => {
  const out = { state: "signed-out" as const, factors: [], disabled: [], change: null, me: null, stepped_up_until: null, life: null, remember_days: 0, enrolment_due: null };
  let answered = false;
  let tellOld = () => undefined as void;
  const old = new Promise<void>((done) => (tellOld = done));
  const front = [
    http.get("*/api/v1/session", async () => {
      await old;
      answered = true;
      return HttpResponse.json(out);
    }),
    http.post("*/session/provider", () => HttpResponse.json({ purpose: "sign-in", session: { ...out, state: "signed-in", me: data.ME } })),
  ];
  openConsole("/customers", { session: "signed-out", world: { front } });
  expect(await screen.findByRole("heading", { name: "Customers" })).toBeVisible();
  tellOld();
  await waitFor(() => expect(answered).toBe(true));
  await new Promise((done) => setTimeout(done, 50));
  expect(screen.getByRole("heading", { name: "Customers" })).toBeVisible();
});
