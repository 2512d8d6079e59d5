import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { data, openConsole } from "./desk";
import { FakeMessenger } from "../harness/messenger";

const waiting = `/inbox/waiting/${data.id("cnv", 1)}`;
const mine = `/inbox/mine/${data.id("cnv", 6)}`;
/** Loaded, so that its keys work. */
const opened = () => screen.findByRole("textbox", { name: "Reply" });
const flow = () => screen.findByRole("log", { name: "Messages" });

test("a row shows who waits, how long, and the last readable text", async () => {
  openConsole("/inbox/waiting");
  const list = await screen.findByRole("region", { name: "Conversations" });
  const row = await within(list).findByRole("link", { name: /Jonas Krämer/ });
  expect(row).toHaveTextContent("2 min");
  expect(row).toHaveTextContent("It says delivered");
  expect(within(list).getByRole("link", { name: /Waiting 5/ })).toHaveAttribute("aria-current", "page");
});

test("j and k move through the list", async () => {
  const { user, history } = openConsole("/inbox/waiting");
  await screen.findByRole("link", { name: /Jonas Krämer/ });
  await user.keyboard("j");
  await waitFor(() => expect(history.location.pathname).toBe(waiting));
  await user.keyboard("j");
  await waitFor(() => expect(history.location.pathname).toContain(data.id("cnv", 2)));
  await user.keyboard("k");
  await waitFor(() => expect(history.location.pathname).toBe(waiting));
});

test("t takes a waiting conversation", async () => {
  const { user, messenger } = openConsole(waiting);
  await screen.findByRole("button", { name: "Take" });
  await user.keyboard("t");
  expect(await screen.findByText("The conversation is yours.")).toBeVisible();
  expect(messenger.calls).toContainEqual({ act: "take", conversation: data.id("cnv", 1) });
});

test("who loses a take is told what happened, and nothing was sent", async () => {
  const messenger = new FakeMessenger();
  messenger.refuse = "already-taken";
  const { user } = openConsole(waiting, { messenger });
  await user.click(await screen.findByRole("button", { name: "Take" }));
  expect(await screen.findByText(/Somebody else took this conversation a moment before you\. It is in their list now/)).toBeVisible();
});

test("without having taken it one cannot reply, but can write a note", async () => {
  const { user, messenger } = openConsole(waiting);
  expect(await screen.findByText(/Take this conversation to reply/)).toBeVisible();
  await user.keyboard("n");
  await user.type(await screen.findByRole("textbox", { name: "Internal note" }), "Known case{Enter}");
  expect(messenger.calls).toContainEqual({ act: "note", conversation: data.id("cnv", 1), value: "Known case" });
});

test("r writes a reply, Enter sends it, Shift Enter makes a line", async () => {
  const { user, messenger } = openConsole(mine);
  const field = await opened();
  await user.keyboard("r");
  await waitFor(() => expect(field).toHaveFocus());
  await user.keyboard("One{Shift>}{Enter}{/Shift}two{Enter}");
  expect(messenger.calls).toContainEqual({ act: "send", conversation: data.id("cnv", 6), value: "One\ntwo" });
  expect(field).toHaveValue("");
});

test("a customer's new device is told before the next reply, and not after it", async () => {
  const { user, messenger } = openConsole(mine);
  const field = await opened();
  expect(screen.queryByText(/compare the conversation number first/)).toBeNull();
  const customer = messenger.view(data.id("cnv", 6)).members.find((person) => person.kind === "customer")!;
  const line = { kind: "event", id: "kc", seq: 99, at: new Date().toISOString(), event: "key-changed", people: [customer], by: null, reason: null } as const;
  messenger.change(data.id("cnv", 6), (view) => ({ ...view, lines: [...view.lines, { ...line, people: [...line.people] }] }));
  expect(await screen.findByText(/compare the conversation number first/)).toBeVisible();
  await user.type(field, "Hello{Enter}");
  await waitFor(() => expect(screen.queryByText(/compare the conversation number first/)).toBeNull());
});

test("a draft waits in its conversation", async () => {
  const { user, history } = openConsole(mine);
  await user.type(await screen.findByRole("textbox", { name: "Reply" }), "Half a thought");
  history.push(`/inbox/mine/${data.id("cnv", 7)}`);
  await waitFor(() => expect(screen.getByRole("textbox", { name: "Reply" })).toHaveValue(""));
  history.push(mine);
  await waitFor(() => expect(screen.getByRole("textbox", { name: "Reply" })).toHaveValue("Half a thought"));
});

test("a message that failed can be tried again or discarded", async () => {
  const { user, messenger } = openConsole(mine);
  const lines = within(await flow());
  expect(await lines.findByRole("alert")).toHaveTextContent("The server does not answer.");
  await user.click(lines.getByRole("button", { name: "Try again" }));
  await waitFor(() => expect(lines.queryByRole("alert")).toBeNull());
  expect(messenger.calls).toContainEqual({ act: "retry", conversation: data.id("cnv", 6), value: "t10" });
});

test("notes are marked, refused lines are shown, changes stand between", async () => {
  openConsole(mine);
  const lines = within(await flow());
  expect((await lines.findAllByText("internal note")).length).toBe(2);
  expect(lines.getByText(/A message cannot be decrypted on this device/)).toBeVisible();
  expect(lines.getByText(/Ingrid Sørensen joined · by Mia Okafor · “Second opinion”/)).toBeVisible();
});

test("addresses become links, and nothing else does", async () => {
  openConsole(mine);
  const link = await within(await flow()).findByRole("link");
  expect(link).toHaveAttribute("href", "https://shop.northwind.example/track/NW-2231");
  expect(link).toHaveAttribute("rel", expect.stringContaining("noopener"));
});

test("a opens the picker, and a name and Enter assign", async () => {
  const { user, messenger } = openConsole(mine);
  await opened();
  await user.keyboard("a");
  await user.type(await screen.findByRole("textbox", { name: "Name" }), "tom");
  await screen.findByRole("button", { name: /Tomás Ferreira/ });
  await user.keyboard("{Enter}");
  await waitFor(() => expect(messenger.calls).toContainEqual({ act: "assign", conversation: data.id("cnv", 6), value: data.id("stf", 2) }));
});

test("e closes, and a closed conversation can be opened again", async () => {
  const { user, sent } = openConsole(mine);
  await opened();
  await user.keyboard("e");
  expect(await screen.findByRole("button", { name: "Reopen" })).toBeVisible();
  expect(sent(`POST /api/v1/conversations/${data.id("cnv", 6)}/close`)).toHaveLength(1);
});

test("entering somebody else's conversation asks why", async () => {
  const { user, messenger } = openConsole(`/inbox/all/${data.id("cnv", 9)}`);
  await user.click(await screen.findByRole("button", { name: "Join" }));
  const dialog = within(await screen.findByRole("dialog"));
  await user.type(dialog.getByRole("textbox"), "Second opinion");
  await user.click(dialog.getByRole("button", { name: "Join" }));
  await waitFor(() => expect(messenger.calls).toContainEqual({ act: "join", conversation: data.id("cnv", 9), value: "Second opinion" }));
});

test("the head opens the number both sides compare", async () => {
  const { user } = openConsole(mine);
  await user.click(await screen.findByRole("button", { name: /who is in this conversation/ }));
  expect(await screen.findByText("04821")).toBeVisible();
  expect(screen.getByText(/Organisation fingerprint/)).toBeVisible();
});

test("without the right to notes there is no place for one", async () => {
  openConsole(mine, { permissions: ["conversation.read", "conversation.take"] });
  await opened();
  expect(screen.queryByRole("button", { name: "Internal note" })).toBeNull();
});

test("of very many conversations only those near what is seen are drawn, and the next page comes by itself", async () => {
  const { server } = openConsole("/inbox/waiting", { world: { many: 20_000 } });
  const list = await screen.findByRole("region", { name: "Conversations" });
  await within(list).findByRole("link", { name: /Jonas Krämer 1\b/ });
  const drawn = () => within(list).getAllByRole("listitem");
  expect(drawn().length).toBeLessThan(40);
  expect(drawn()[0]).toHaveAttribute("aria-posinset", "1");
  expect(drawn()[0]).toHaveAttribute("aria-setsize", "-1");
  const asked = () => server.seen.filter((one) => one.line === "GET /api/v1/conversations").length;
  expect(asked()).toBe(1);
  // Here nothing has a size: say that the list is scrolled to its 45th row, each of 74 px.
  vi.spyOn(list.querySelector("ul")!, "getBoundingClientRect").mockReturnValue({ top: -45 * 74 } as DOMRect);
  fireEvent.scroll(list);
  await waitFor(() => expect(asked()).toBe(2));
  expect(await within(list).findByRole("link", { name: /Fatima Zahra 56\b/ })).toBeVisible();
  expect(within(list).queryByRole("link", { name: /Jonas Krämer 1\b/ })).toBeNull();
  expect(drawn().length).toBeLessThan(40);
});

test("c opens the record of the conversation's customer", async () => {
  const { user, history } = openConsole(mine);
  await opened();
  await user.keyboard("c");
  await waitFor(() => expect(history.location.pathname).toBe(`/customers/${data.id("cus", 6)}`));
});
