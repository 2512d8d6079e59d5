import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { choose, openConsole } from "./desk";

const waiting = (remember_days: number) => ({ state: "second-factor" as const, factors: ["totp" as const, "recovery" as const], disabled: [], change: null, me: null, stepped_up_until: null, enrolment_due: null, life: null, remember_days });

test("where the roles allow it one may ask to be remembered, and it is sent with the code", async () => {
  const { user, sent } = openConsole("/inbox/waiting", { world: { session: waiting(7) } });
  await user.click(await screen.findByRole("button", { name: /Authenticator app/ }));
  const box = screen.getByRole("checkbox", { name: "Do not ask me for a code in this browser for 7 days" });
  expect(box).not.toBeChecked();
  await user.click(box);
  await user.type(screen.getByRole("textbox"), "123456");
  await user.click(screen.getByRole("button", { name: "Sign in" }));
  await waitFor(() => expect(sent("POST /api/v1/session/totp")).toEqual([{ code: "123456", remember: true }]));
}, 20_000);

test("nothing is offered where the roles do not allow it, and never with a recovery code", async () => {
  const { user } = openConsole("/inbox/waiting", { world: { session: waiting(7) } });
  await user.click(await screen.findByRole("button", { name: /Recovery code/ }));
  expect(screen.queryByRole("checkbox")).toBeNull();
});

test("without days there is no box", async () => {
  const { user } = openConsole("/inbox/waiting", { world: { session: waiting(0) } });
  await user.click(await screen.findByRole("button", { name: /Authenticator app/ }));
  expect(screen.queryByRole("checkbox")).toBeNull();
});

test("one sees where one is known and where the password is enough, and forgets one or all", async () => {
  const { user, sent } = openConsole("/security");
  const card = within(await screen.findByRole("region", { name: "Known browsers" }));
  expect(await card.findByText(/The password alone is enough here until/)).toBeVisible();
  await user.click(card.getByRole("button", { name: "Forget Safari on iPhone" }));
  await waitFor(() => expect(sent("DELETE /api/v1/browsers/brw_00000000000000000000000000000002")).toHaveLength(1));
  await user.click(card.getByRole("button", { name: "Forget all" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Forget all browsers?" }));
  await user.click(dialog.getByRole("button", { name: "Forget all" }));
  await waitFor(() => expect(sent("DELETE /api/v1/browsers")).toHaveLength(1));
}, 20_000);

test("security has one browser of a colleague forgotten, with the keyboard alone", async () => {
  const { user, sent, server } = openConsole("/staff");
  await user.click(await screen.findByRole("button", { name: "Tomás Ferreira: more to do" }));
  await user.click(await screen.findByRole("menuitem", { name: "Known browsers…" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Browsers of Tomás Ferreira" }));
  (await dialog.findByRole("button", { name: "Forget Safari on iPhone" })).focus();
  await user.keyboard("{Enter}");
  expect(await screen.findByText("The browser of Tomás Ferreira was forgotten, and 1 session in it ended.")).toBeVisible();
  const [line] = server.seen.map((one) => one.line).filter((one) => one.startsWith("DELETE /api/v1/staff/"));
  expect(line).toMatch(/browsers\/brw_0+2$/);
  expect(sent(line!)).toHaveLength(1);
}, 20_000);

test("a role with administrative rights has nothing to choose", async () => {
  const { user } = openConsole("/settings/sessions");
  await user.click(await screen.findByRole("button", { name: "Change the sessions of Administrator" }));
  const form = within(screen.getByRole("region", { name: "Administrator" }));
  expect(form.getByRole("combobox", { name: "Remember a browser" })).toBeDisabled();
  expect(form.getByText(/it has administrative rights/)).toBeVisible();
});

test("remembering browsers goes against NIST and needs a reason", async () => {
  const { user, sent } = openConsole("/settings/sessions");
  await user.click(await screen.findByRole("button", { name: "Change the sessions of Agent" }));
  const form = within(screen.getByRole("region", { name: "Agent" }));
  await choose(user, "Without use", "1 hour");
  await choose(user, "Remember a browser", "7 days");
  expect(await form.findByText(/the password alone signs in/)).toBeVisible();
  await user.type(await form.findByRole("textbox", { name: /Why it is decided so/ }), "Locked office");
  await user.click(form.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(sent("PUT /api/v1/session-policies/agent")).toEqual([{ version: 0, idle_minutes: 60, longest_minutes: 1440, remember_days: 7, reason: "Locked office" }]));
}, 20_000);

test("who looks after staff sees where a colleague is known and signs them out everywhere", async () => {
  const { user, sent } = openConsole("/staff");
  await user.click(await screen.findByRole("button", { name: "Tomás Ferreira: more to do" }));
  await user.click(await screen.findByRole("menuitem", { name: "Known browsers…" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Browsers of Tomás Ferreira" }));
  expect(await dialog.findByText("Safari on iPhone")).toBeVisible();
  expect(dialog.getByText(/The password alone is enough here until/)).toBeVisible();
  await user.click(dialog.getByRole("button", { name: "Sign out everywhere" }));
  await waitFor(() => expect(sent("POST /api/v1/staff/stf_00000000000000000000000000000002/sign-out")).toHaveLength(1));
  expect(await screen.findByText("Tomás Ferreira is signed out of 2 sessions.")).toBeVisible();
}, 20_000);

test("everybody is signed out after one is asked whether that is meant", async () => {
  const { user, sent } = openConsole("/staff");
  await user.click(await screen.findByRole("button", { name: "Sign everybody out…" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Sign everybody out?" }));
  expect(sent("POST /api/v1/staff/sign-out")).toHaveLength(0);
  await user.click(dialog.getByRole("button", { name: "Sign everybody out" }));
  await waitFor(() => expect(sent("POST /api/v1/staff/sign-out")).toHaveLength(1));
  expect(await screen.findByText("5 people are signed out.")).toBeVisible();
}, 20_000);

test("who changed a factor is offered to end what is open elsewhere", async () => {
  const { user, sent } = openConsole("/security");
  const card = within(await screen.findByRole("region", { name: "Factors" }));
  expect(card.queryByText(/You are signed in elsewhere, too/)).toBeNull();
  await user.click((await card.findAllByRole("button", { name: /^Remove / }))[0]!);
  const dialog = within(await screen.findByRole("dialog"));
  await user.click(dialog.getByRole("button", { name: "Remove" }));
  expect(await card.findByText("You are signed in elsewhere, too")).toBeVisible();
  await user.click(card.getByRole("button", { name: "End all others" }));
  await waitFor(() => expect(sent("DELETE /api/v1/sessions")).toHaveLength(1));
}, 20_000);
