import { screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, expect, test } from "vitest";
import { data, http, HttpResponse, openConsole, problem } from "./desk";
import { proofOf, request } from "../harness/proofs";

const mine = `/inbox/mine/${data.id("cnv", 6)}`;
const ask = `POST /api/v1/conversations/${data.id("cnv", 6)}/proof-requests`;
const section = () => screen.findByRole("region", { name: "Proof of identity" });

// Wide enough for the customer beside the conversation.
const narrow = window.matchMedia;
beforeEach(() => void (window.matchMedia = (query) => ({ ...narrow(query), matches: query.includes("1180px") })));
afterEach(() => void (window.matchMedia = narrow));

test("p asks for a proof: the address is the one on file, masked, and the customer is waited for", async () => {
  const { user, sent } = openConsole(mine);
  await within(await section()).findByText("Not asked");
  await user.keyboard("p");
  const dialog = await screen.findByRole("dialog", { name: "Ask for a proof" });
  expect(await within(dialog).findByRole("radio", { name: /^Code to the mail on file · jo•••@•••\.de/ })).toBeChecked();
  expect(within(dialog).getByText(/Never ask for one/)).toBeVisible();
  await user.click(within(dialog).getByRole("radio", { name: /^Code to the phone on file/ }));
  await user.click(within(dialog).getByRole("button", { name: "Ask the customer" }));
  expect(await within(await section()).findByText("Waiting")).toBeVisible();
  expect(sent(ask)).toEqual([{ channel: "phone_code" }]);
  const flow = screen.getByRole("log", { name: "Messages" });
  expect(within(flow).getByText(/Mia Okafor asked the customer for a code to the phone on file/)).toBeVisible();
});

test("a passkey of the customer's own is asked for like a code, without an address, and is called strong", async () => {
  const { user, sent } = openConsole(mine);
  await user.click(await screen.findByRole("button", { name: "Ask for a proof…" }));
  const dialog = await screen.findByRole("dialog", { name: "Ask for a proof" });
  const way = await within(dialog).findByRole("radio", { name: "Passkey of their own" });
  expect(way).toHaveAccessibleDescription("Says: strong");
  await user.click(way);
  await user.click(within(dialog).getByRole("button", { name: "Ask the customer" }));
  expect(await within(await section()).findByText(/asked for a passkey of their own\. The customer has until/)).toBeVisible();
  expect(sent(ask)).toEqual([{ channel: "passkey" }]);
});

test("a proof by a passkey is seen in the panel, beside the name, and as a line of the flow", async () => {
  openConsole(mine, { world: { proof: "by-passkey" } });
  expect(await within(await section()).findByText(/By a passkey of their own\. How much it says: strong/)).toBeVisible();
  expect(screen.getByRole("img", { name: /^Proved by a passkey of their own, strong/ })).toBeVisible();
  expect(screen.getByText("The customer showed who they are by a passkey of their own (strong)")).toBeVisible();
});

test("nothing asks the agent for a code", async () => {
  const { user } = openConsole(mine, { world: { proof: "waiting" } });
  await section();
  await user.keyboard("p");
  await screen.findByRole("dialog", { name: "Ask for a proof" });
  expect(screen.queryByRole("textbox", { name: /code/i })).toBeNull();
});

test("what is in the way is said, with what to do, and the other way stays open", async () => {
  const { user } = openConsole(mine, { world: { proof: "obstacles" } });
  await user.click(await screen.findByRole("button", { name: "Ask for a proof…" }));
  const dialog = await screen.findByRole("dialog", { name: "Ask for a proof" });
  expect(await within(dialog).findByText(/changed within the last 24 hours/)).toBeVisible();
  expect(within(dialog).getByText(/adds \[sms\] to its settings/)).toBeVisible();
  expect(within(dialog).getByText(/The customer has no passkey here\. Signed in on the website, they can add one/)).toBeVisible();
  for (const way of within(dialog).getAllByRole("radio")) expect(way).toBeDisabled();
  expect(within(dialog).getByRole("button", { name: "Ask the customer" })).toBeDisabled();
});

test("the answer is seen at once: in the panel, beside the name, and as a line of the flow", async () => {
  const { server, messenger } = openConsole(mine, { world: { proof: "waiting" } });
  await within(await section()).findByText("Waiting");
  server.proof = "proved";
  messenger.proofChanged(data.id("cnv", 6));
  expect(await within(await section()).findByText("Proved")).toBeVisible();
  expect(within(await section()).getByText(/By a code to the phone on file\. How much it says: medium/)).toBeVisible();
  expect(screen.getByRole("img", { name: /^Proved by a code to the phone on file, medium/ })).toBeVisible();
  expect(screen.getByText(/The customer showed who they are by a code to the phone on file \(medium\)/)).toBeVisible();
});

test("a proof whose time is over counts no more, though the server was not asked again", async () => {
  const old = proofOf("proved", true);
  const known = { ...old, proof: { ...old.proof!, valid_until: data.before(1) } };
  openConsole(mine, { world: { proofs: new Map([[data.id("cnv", 6), known]]) } });
  expect(await within(await section()).findByText("Over")).toBeVisible();
  expect(screen.queryByRole("img", { name: /^Proved by/ })).toBeNull();
});

test("a request that nobody answered in time is over, though the server was not asked again", async () => {
  const late = { ...proofOf("none", true), requests: [request("asked", { ends_at: data.before(1) })] };
  openConsole(mine, { world: { proofs: new Map([[data.id("cnv", 6), late]]) } });
  expect(await within(await section()).findByText("Not answered")).toBeVisible();
});

test("after ten wrong answers no code is offered, a passkey is, and the agent reads why", async () => {
  const { user, sent } = openConsole(mine, { world: { proof: "stopped" } });
  await user.click(await screen.findByRole("button", { name: "Ask again…" }));
  const dialog = await screen.findByRole("dialog", { name: "Ask for a proof" });
  for (const way of [/^Code to the mail on file/, /^Code to the phone on file/]) {
    const code = await within(dialog).findByRole("radio", { name: way });
    expect(code).toBeDisabled();
    expect(code).toHaveAccessibleDescription(/Ten answers for this customer were wrong within a day/);
  }
  await user.click(within(dialog).getByRole("button", { name: "Ask the customer" }));
  expect(sent(ask)).toEqual([{ channel: "passkey" }]);
});

test("too many wrong codes warn the agent", async () => {
  openConsole(mine, { world: { proof: "failed" } });
  expect(await within(await section()).findByText(/reveal and change nothing/)).toBeVisible();
  expect(await screen.findByText(/Too many wrong answers: nothing proved by a code to the mail on file/)).toBeVisible();
});

test("a limit is told in the dialog, and the dialog stays", async () => {
  const { user, server } = openConsole(mine);
  server.front = [http.post("*/proof-requests", () => problem(429, "rate-limited", { retry_after: 60 }))];
  await user.click(await screen.findByRole("button", { name: "Ask for a proof…" }));
  await user.click(await screen.findByRole("button", { name: "Ask the customer" }));
  expect(await screen.findByText("Too many requests. Try again in 60 s.")).toBeVisible();
});

test("who does not have the conversation, or not the right, is not offered to ask", async () => {
  const others = openConsole(`/inbox/all/${data.id("cnv", 9)}`, { world: { proof: "proved" } });
  expect(await within(await section()).findByText("Proved")).toBeVisible();
  expect(screen.queryByRole("button", { name: /Ask again|Ask for a proof/ })).toBeNull();
  await others.user.keyboard("p");
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
});

test("a proof that cannot be asked about is a problem, not an empty place", async () => {
  openConsole(mine, { world: { front: [http.get("*/proof", () => HttpResponse.json({ code: "internal" }, { status: 500 }))] } });
  expect(await screen.findByText(/Something went wrong on the server/)).toBeVisible();
});
