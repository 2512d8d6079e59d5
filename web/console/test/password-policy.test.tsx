import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { http, openConsole, problem } from "./desk";

test("each role says what its passwords must be, whom that concerns, and why it goes against NIST", async () => {
  openConsole("/settings/passwords");
  const agent = within(await screen.findByRole("region", { name: "Agent" }));
  expect(agent.getByText(/At least 8 characters/)).toBeVisible();
  expect(agent.getByText(/3 people who can sign in hold this role. Nobody is asked to change the password/)).toBeVisible();
  const auditor = within(screen.getByRole("region", { name: "Auditor" }));
  expect(auditor.getByText(/Passwords change because time passes/)).toBeVisible();
  expect(auditor.getByText(/Ingrid Sørensen decided so/)).toBeVisible();
});

test("a change says whom it would concern, and needs a reason where it goes against NIST", async () => {
  const { user, sent } = openConsole("/settings/passwords");
  await user.click(await screen.findByRole("button", { name: "Change the policy of Agent" }));
  const form = within(screen.getByRole("region", { name: "Agent" }));
  expect(await form.findByText(/Nobody would be asked to change/)).toBeVisible();
  expect(form.getByRole("button", { name: "Save" })).toBeDisabled();
  const shortest = form.getByLabelText("Shortest password");
  await user.clear(shortest);
  await user.type(shortest, "20");
  expect(await form.findByText(/3 people who can sign in hold this role. 1 would be asked/)).toBeVisible();
  await user.click(form.getByText("Who that is (1 person)"));
  expect(within(form.getByRole("list", { name: "Whom this concerns" })).getByText("must change the password")).toBeVisible();
  await user.click(form.getByLabelText(/must be changed after some time/));
  await user.type(await form.findByLabelText(/Why this is needed/), "the insurer");
  await user.click(form.getByText("Save"));
  await waitFor(() => expect(sent("PUT /api/v1/password-policies/agent")).toHaveLength(1));
  const policy = { shortest: 20, shortest_alone: 15, score: 3, context_words: true, history: 0, breach_limit: 1, composition: "off", rotation_days: 90 };
  expect(sent("PUT /api/v1/password-policies/agent")).toEqual([{ version: 0, policy, reason: "the insurer" }]);
  expect(await screen.findByRole("button", { name: "Change the policy of Agent" })).toBeVisible();
}, 20_000);

test("who changed the policy first wins, and the other one is told", async () => {
  const { user } = openConsole("/settings/passwords", { world: { front: [http.put("*/password-policies/:role", () => problem(409, "stale-version"))] } });
  await user.click(await screen.findByRole("button", { name: "Change the policy of Agent" }));
  await user.click(screen.getAllByLabelText(/Refuse passwords made of/)[0]!);
  await user.type(await screen.findByLabelText(/Why this is needed/), "because");
  await user.click(screen.getByText("Save"));
  expect(await screen.findByRole("alert")).toBeVisible();
  expect(screen.getByLabelText(/Why this is needed/)).toHaveValue("because");
}, 20_000);

test("who may only read policies finds nothing to change", async () => {
  openConsole("/settings/passwords", { permissions: ["settings.read", "password_policy.read"] });
  await screen.findByRole("region", { name: "Agent" });
  expect(screen.queryByRole("button", { name: /Change the policy/ })).toBeNull();
});

test("who must change the password is told why, and gets in with the new one", async () => {
  const { user, sent, server } = openConsole("/inbox/waiting", { session: "change-password", change: "rotation" });
  expect(await screen.findByRole("heading", { name: "Set a new password" })).toBeVisible();
  expect(screen.getByText(/older than the policy of your roles allows/)).toBeVisible();
  await user.type(screen.getByLabelText(/Present password/), "the old one");
  await user.type(screen.getByLabelText(/New password/), "marble otter twelve pines");
  const set = screen.getByRole("button", { name: "Set the new password" });
  await waitFor(() => expect(set).toBeEnabled());
  server.session = { state: "signed-out", factors: [], disabled: [], change: null, me: null, stepped_up_until: null, life: null, remember_days: 0, enrolment_due: null };
  await user.click(set);
  await waitFor(() => expect(sent("PUT /api/v1/password")).toEqual([{ present: "the old one", new: "marble otter twelve pines" }]));
  await waitFor(() => expect(screen.queryByRole("heading", { name: "Set a new password" })).toBeNull());
});
