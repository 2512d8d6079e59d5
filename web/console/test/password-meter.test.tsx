import { screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";
import { http, HttpResponse, openConsole } from "./desk";

const JUDGED = { acceptable: true, score: 4, lasts: "centuries", weakness: null, reasons: [], suggestions: [] };

/** A new password is being typed; what is longer than `most` is judged when the test says so. */
async function typing(most: number) {
  let answer = () => {};
  const held = new Promise<void>((resolve) => (answer = resolve));
  const check = http.post("*/password/check", async ({ request }) => {
    const { password } = (await request.json()) as { password: string };
    if (password.length > most) await held;
    return HttpResponse.json(password.length > most ? { ...JUDGED, lasts: "hours", score: 2 } : JUDGED);
  });
  const { user } = openConsole("/security", { world: { front: [check] } });
  await user.click(await screen.findByRole("button", { name: "Change the password" }));
  await user.type(await screen.findByLabelText(/^Present password/), "the old one");
  return { user, field: await screen.findByLabelText(/^New password/), set: screen.getByRole("button", { name: "Set the new password" }), answer };
}

test("the last judgement stays, dimmed, until what was typed since is judged", async () => {
  const { user, field, set, answer } = await typing(10);
  await user.type(field, "marble ott");
  const said = await screen.findByText(/centuries/);
  const meter = said.closest("[aria-live]")!;
  expect(meter).toHaveAttribute("data-waits", "false");
  expect(set).toBeEnabled();
  const changes: MutationRecord[] = [];
  const watch = new MutationObserver((records) => void changes.push(...records));
  watch.observe(meter, { childList: true, characterData: true, subtree: true });
  await user.type(field, "er twelve");
  expect(said).toBeVisible();
  expect(meter).toHaveAttribute("data-waits", "true");
  expect(meter).toHaveAttribute("aria-busy", "true");
  expect(set).toBeDisabled();
  expect([...changes, ...watch.takeRecords()]).toEqual([]);
  watch.disconnect();
  answer();
  expect(await screen.findByText(/hours/)).toBeVisible();
  expect(meter).toHaveAttribute("data-waits", "false");
  expect(screen.queryByText(/centuries/)).toBeNull();
  expect(set).toBeEnabled();
});

test("of an empty field nothing is said, and what is typed anew begins without a judgement", async () => {
  const { user, field, answer } = await typing(10);
  await user.type(field, "marble ott");
  await screen.findByText(/centuries/);
  await user.clear(field);
  expect(screen.queryByText(/centuries/)).toBeNull();
  await user.type(field, "otter twelve pines");
  expect(screen.queryByText(/centuries/)).toBeNull();
  answer();
  await waitFor(() => expect(screen.getByText(/hours/)).toBeVisible());
});
