import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import type { OwnCase, OwnReProofing } from "@wardesk/api";
import { data, http, HttpResponse, openConsole, problem } from "./desk";

const own = (state: OwnCase["state"], change: Partial<OwnCase> = {}): OwnReProofing => ({
  case: { id: data.id("rep", 1), state, requested_at: data.before(5), by_colleague: false, verified: false, ready_at: null, expires_at: data.before(-9000), reason: null, ...change },
  wait_hours: 24,
});
const PATH = "*/api/v1/session/re-proofing";

test("who lost all factors asks after the password, and sees how it stands", async () => {
  let mine: OwnReProofing = { case: null, wait_hours: 48 };
  const front = [http.get(PATH, () => HttpResponse.json(mine)), http.post(PATH, () => ((mine = own("requested")), HttpResponse.json(mine)))];
  const { user } = openConsole("/", { session: "second-factor", world: { front } });
  await user.click(await screen.findByRole("button", { name: "I have lost my factors" }));
  expect(await screen.findByText(/you wait 48 hours/)).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Ask for new factors" }));
  expect(await screen.findByText("Your request is there")).toBeVisible();
  expect(screen.queryByRole("button", { name: "Set up new factors" })).toBeNull();
});

test("the wait shows what is left, and new factors only when it is over", async () => {
  const front = [http.get(PATH, () => HttpResponse.json(own("waiting", { verified: true, ready_at: data.before(-5 * 60) })))];
  const { user } = openConsole("/", { session: "second-factor", world: { front } });
  await user.click(await screen.findByRole("button", { name: "I have lost my factors" }));
  expect(await screen.findByText(/Approved: 5 h to wait/)).toBeVisible();
  expect(screen.queryByRole("button", { name: "Set up new factors" })).toBeNull();
});

test("when the wait is over new factors are set up in a session of their own", async () => {
  const state = { state: "enrol" as const, factors: [], disabled: [], change: null, me: null, stepped_up_until: null, life: null, remember_days: 0, enrolment_due: null };
  const front = [http.get(PATH, () => HttpResponse.json(own("ready", { ready_at: data.before(5) }))), http.post(`${PATH}/use`, () => HttpResponse.json(state))];
  const { user } = openConsole("/", { session: "second-factor", world: { front } });
  await user.click(await screen.findByRole("button", { name: "I have lost my factors" }));
  await user.click(await screen.findByRole("button", { name: "Set up new factors" }));
  expect(await screen.findByRole("list", { name: /./ })).toBeVisible();
  await waitFor(() => expect(screen.queryByRole("button", { name: "Set up new factors" })).toBeNull());
});

test("every open session shows a request, and one press stops it", async () => {
  let mine = own("waiting", { ready_at: data.before(-600) });
  const front = [http.get(PATH, () => HttpResponse.json(mine)), http.post(`${PATH}/withdraw`, () => ((mine = own("withdrawn", { reason: "not-me" })), HttpResponse.json(mine)))];
  const { user, sent } = openConsole("/customers", { world: { front } });
  await user.click(await screen.findByRole("button", { name: "This was not me" }));
  await waitFor(() => expect(screen.queryByText("Somebody says that you lost all your factors")).toBeNull());
  expect(sent("POST /api/v1/session/re-proofing/withdraw")).toEqual([{ not_me: true }]);
});

test("the guided screen asks one question after the other and sends what was chosen", async () => {
  const front = [http.post("*/api/v1/re-proofings/:id/procedure", () => HttpResponse.json({ ...data.RE_PROOFINGS[0], verified_by: { id: data.ME.id, name: data.ME.name } }))];
  const { user, sent } = openConsole("/recovery", { world: { front } });
  await user.click((await screen.findAllByRole("button", { name: "Open Tomás Ferreira" }))[0]!);
  await user.click(await screen.findByRole("button", { name: "Run the procedure" }));
  for (const choice of ["Yes, I reached the person", "Answered and confirmed", "Answered and confirmed"]) {
    expect(await screen.findByRole("button", { name: "Continue" })).toBeDisabled();
    await user.click(await screen.findByRole("radio", { name: choice }));
    await user.click(screen.getByRole("button", { name: "Continue" }));
  }
  await user.click(await screen.findByRole("button", { name: "Save" }));
  const answers = [{ step: "call-back", choice: "reached" }, { step: "first-fact", choice: "right" }, { step: "second-fact", choice: "right" }];
  await waitFor(() => expect(sent(`POST /api/v1/re-proofings/${data.id("rep", 4)}/procedure`)).toEqual([{ answers }]));
});

test("an answer that stops ends it at once, without the other questions", async () => {
  const front = [http.post("*/api/v1/re-proofings", () => HttpResponse.json({ ...data.RE_PROOFINGS[3] }))];
  const { user, sent } = openConsole("/recovery", { world: { front } });
  await user.click(await screen.findByRole("button", { name: "Somebody called me" }));
  const dialog = await screen.findByRole("dialog");
  await user.click(await within(dialog).findByRole("combobox", { name: /Who says they lost everything/ }));
  await user.click(await screen.findByRole("option", { name: /Tomás Ferreira/ }));
  await user.click(within(dialog).getByRole("button", { name: "Continue" }));
  await user.click(await within(dialog).findByRole("radio", { name: "The caller did not want to be called back" }));
  expect(within(dialog).getByRole("alert")).toHaveTextContent("This answer stops it");
  await user.click(within(dialog).getByRole("button", { name: "Save and tell security" }));
  await waitFor(() => expect(sent("POST /api/v1/re-proofings")).toEqual([{ staff: data.id("stf", 2), answers: [{ step: "call-back", choice: "refused" }] }]));
});

test("who may not approve is told why, and who may confirms once more", async () => {
  const front = [http.post("*/api/v1/re-proofings/:id/approve", () => problem(409, "conflict", { detail: "You approved already." }))];
  const { user } = openConsole("/recovery", { world: { front } });
  await user.click((await screen.findAllByRole("button", { name: "Open Tomás Ferreira" }))[0]!);
  expect(await screen.findByText(/First somebody else runs the procedure/)).toBeVisible();
  expect(screen.queryByRole("button", { name: "Approve" })).toBeNull();
  await user.keyboard("{Escape}");
  await user.click(await screen.findByRole("button", { name: "Open Ingrid Sørensen" }));
  await user.click(await screen.findByRole("button", { name: "Approve" }));
  await user.click(await screen.findByRole("button", { name: "Approve" }));
  expect(await screen.findByText("You approved already.")).toBeVisible();
});

test("without a case the page teaches", async () => {
  openConsole("/recovery", { world: { empty: true } });
  expect(await screen.findByText("Nobody is locked out")).toBeVisible();
  expect(screen.getByRole("button", { name: "Somebody called me" })).toBeVisible();
});
