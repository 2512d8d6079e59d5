import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { data, http, openConsole, problem } from "./desk";

const region = async () => within(await screen.findByRole("region", { name: "Waves" }));

test("each wave says where it stands, how many have it, and when they were reminded", async () => {
  openConsole("/settings/coverage");
  const waves = await region();
  const row = within(await waves.findByRole("row", { name: /Administrators/ }));
  expect(row.getByText("holding")).toBeVisible();
  expect(row.getByRole("progressbar", { name: "3 of 4 people of “Administrators” have it" })).toHaveAttribute("value", "3");
  expect(within(waves.getByRole("row", { name: /A first try/ })).queryByRole("button")).toBeNull();
  const people = within(screen.getByRole("table", { name: "People by risk" }));
  expect(people.getByRole("row", { name: /Ingrid.*In Administrators.*reminded/ })).toBeVisible();
  expect(people.getByRole("row", { name: /Tomás.*In Northern desk.*no mail address/ })).toBeVisible();
});

test("what the ranking proposes is one press away, and says whom it concerns before it is saved", async () => {
  const { user, sent } = openConsole("/settings/coverage");
  await user.click(await screen.findByRole("button", { name: "Plan the wave “Everybody else”" }));
  const form = within(await screen.findByRole("dialog", { name: "Plan a wave" }));
  expect(form.getByRole("textbox", { name: /^Name/ })).toHaveValue("Everybody else");
  expect(await form.findByText(/12 people belong to it. 7 of them do not have it yet\./)).toBeVisible();
  await user.click(form.getByText("Who they are (7 people)"));
  const people = within(form.getByRole("list", { name: "Whom this concerns" }));
  expect(people.getAllByRole("listitem").map((one) => one.textContent)).toEqual([`${data.ME.name}must add a factor`, "Tomás Ferreiramust add a factor", "Ingrid Sørensenmust add a factor", "and 4 more"]);
  await user.click(form.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(sent("POST /api/v1/factor-waves")).toEqual([
    { name: "Everybody else", asks: "phishing-resistant", roles: ["agent"], people: [], starts_at: null, grace_days: 14, reminds: true },
  ]));
}, 20_000);

test("a proposal says who should come first, and why, in words", async () => {
  openConsole("/settings/coverage");
  const next = within(await screen.findByRole("region", { name: "What could come next" }));
  expect(next.getByText(/then by how exposed it is: a password in a known breach/)).toBeVisible();
  expect(next.getByText(/Most exposed: Mia Okafor: had an unusual sign-in in the last 30 days, may give anybody any role/)).toBeVisible();
  expect(next.getByText(/Tomás Ferreira: password is in a known breach, has no second factor here, signed in from a new network or country/)).toBeVisible();
});

test("a wave is changed with the version that was read, and keeps its beginning unless one wants otherwise", async () => {
  const { user, sent } = openConsole("/settings/coverage");
  await user.click(await screen.findByRole("button", { name: "Change the wave “Administrators”" }));
  const form = within(await screen.findByRole("dialog"));
  await user.click(form.getByRole("switch", { name: /Remind by mail/ }));
  await user.click(form.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(sent(`PUT /api/v1/factor-waves/${data.WAVES.items[1]!.id}`)).toHaveLength(1));
  expect(sent(`PUT /api/v1/factor-waves/${data.WAVES.items[1]!.id}`)[0]).toMatchObject({ version: 3, wave: { starts_at: null, reminds: false, people: [data.ME.id] } });
}, 20_000);

test("ending a wave asks first, and a refusal says what to do", async () => {
  const front = [http.post("*/factor-waves/:id/end", () => problem(409, "conflict", { detail: "This wave asks you for a factor that you do not have yet." }))];
  const { user } = openConsole("/settings/coverage", { world: { front } });
  await user.click(await screen.findByRole("button", { name: "End the wave “Administrators”" }));
  const dialog = within(await screen.findByRole("dialog", { name: "End this wave?" }));
  expect(dialog.getByText(/The security contact is told/)).toBeVisible();
  await user.click(dialog.getByRole("button", { name: "End" }));
  expect(await dialog.findByText(/asks you for a factor that you do not have yet/)).toBeVisible();
}, 20_000);

test("who may only read plans nothing, and an empty list says where to begin", async () => {
  openConsole("/settings/coverage", { permissions: ["settings.read", "factor_policy.read"], world: { empty: true } });
  expect(await screen.findByText(/There is no wave yet/)).toBeVisible();
  expect(screen.queryByRole("button", { name: /Plan/ })).toBeNull();
});
