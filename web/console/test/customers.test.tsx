import { act, cleanup, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { data, http, HttpResponse, openConsole, problem } from "./desk";

const record = `/customers/${data.id("cus", 1)}`;
afterEach(() => vi.useRealTimers());

test("details are masked, a reveal shows one class, and after a minute it is masked again", async () => {
  const { user, sent } = openConsole(record);
  await user.click(await screen.findByRole("button", { name: "Reveal: Contact" }));
  await user.type(await screen.findByLabelText("Reason"), "Address for the parcel");
  vi.useFakeTimers({ shouldAdvanceTime: true });
  fireEvent.click(screen.getByRole("button", { name: "Reveal for one minute" }));
  expect(await screen.findByText("jonas.kraemer@example.de")).toBeVisible();
  expect(screen.queryByText("C-10047")).toBeNull();
  expect(sent(`POST /api/v1/customers/${data.id("cus", 1)}/reveal`)).toEqual([{ class: "contact", reason: "Address for the parcel" }]);
  await act(() => vi.advanceTimersByTimeAsync(61_000));
  expect(screen.queryByText("jonas.kraemer@example.de")).toBeNull();
  expect(screen.getByText("jo•••@•••.de")).toBeVisible();
});

test("a policy that wants a reason says so at the field", async () => {
  const { user } = openConsole(record, { world: { front: [http.post("*/reveal", () => problem(422, "invalid-fields", { fields: [{ field: "reason", message: "Say why you need it." }] }))] } });
  await user.click(await screen.findByRole("button", { name: "Reveal: Notes" }));
  await user.click(await screen.findByRole("button", { name: "Reveal for one minute" }));
  expect(await screen.findByText("Say why you need it.")).toBeVisible();
});

test("a class without the right names the right", async () => {
  const own = data.customer(data.CUSTOMERS[0]!);
  openConsole(record, { world: { customers: new Map([[own.id, { ...own, notes: null }]]) } });
  expect(await screen.findByText("The right to see notes about customers is missing.")).toBeVisible();
  expect(screen.queryByRole("button", { name: "Reveal: Notes" })).toBeNull();
});

test("an edit sends only what was changed, and a conflict offers the newest version", async () => {
  const { user, sent } = openConsole(record);
  await user.click(await screen.findByRole("button", { name: "Edit" }));
  await user.click(await screen.findByRole("button", { name: "Replace: Mail" }));
  await user.type(screen.getByRole("textbox", { name: "Mail" }), "new@example.org");
  await user.click(screen.getByRole("button", { name: "Save" }));
  expect(await screen.findByText("Somebody changed this customer meanwhile")).toBeVisible();
  expect(sent(`PATCH /api/v1/customers/${data.id("cus", 1)}`)).toEqual([{ version: 3, mail: "new@example.org", tags: ["vip", "north"] }]);
  await user.click(screen.getByRole("button", { name: "Load the newest" }));
  await waitFor(() => expect(screen.queryByText("Somebody changed this customer meanwhile")).toBeNull());
});

test("the value searched for goes in a body, never in an address", async () => {
  const { user, sent, server } = openConsole("/customers");
  await user.type(await screen.findByRole("textbox", { name: "Search for" }), "ada@example.org");
  await user.click(screen.getByRole("button", { name: "Search" }));
  const found = await screen.findByRole("table", { name: "Found customers" });
  expect(within(found).getByRole("link", { name: "Jonas Krämer" })).toBeVisible();
  expect(sent("POST /api/v1/customers/search")).toEqual([{ kind: "mail", value: "ada@example.org" }]);
  expect(server.seen.every((one) => !one.line.includes("ada"))).toBe(true);
});

test("an empty list teaches what will be there", async () => {
  openConsole("/customers", { world: { empty: true } });
  expect(await screen.findByRole("heading", { name: "No customers yet" })).toBeVisible();
});

test("an import shows its progress and the rows that were rejected, with line and reason", async () => {
  const { user } = openConsole("/customers/import");
  await user.upload(await screen.findByLabelText("CSV file"), new File(["name\nAda"], "a.csv", { type: "text/csv" }));
  expect(await screen.findByText("Import finished")).toBeVisible();
  const table = screen.getByRole("table", { name: "Rejected rows" });
  expect(within(table).getByRole("row", { name: /17 “ada@@example” is not a mail address/ })).toBeVisible();
  expect(screen.getByText("12,477")).toBeVisible();
});

test("a file that cannot be read is refused in words", async () => {
  const front = [http.post("*/customers/imports", () => problem(400, "bad-request", { detail: "The first line has no column “name”." }))];
  const { user } = openConsole("/customers/import", { world: { front } });
  await user.upload(await screen.findByLabelText("CSV file"), new File(["x"], "a.csv", { type: "text/csv" }));
  expect(await screen.findByRole("alert")).toHaveTextContent("The first line has no column “name”.");
});

test("a failing list says what happened and tries again", async () => {
  let broken = true;
  const front = [http.get("*/api/v1/customers", () => (broken ? problem(500, "internal") : HttpResponse.json({ items: data.CUSTOMERS, next: null })))];
  const { user } = openConsole("/customers", { world: { front } });
  expect(await screen.findByRole("alert")).toHaveTextContent("Something went wrong on the server.");
  broken = false;
  await user.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByRole("link", { name: "Jonas Krämer" })).toBeVisible();
});

test("a record lists the conversations one may see, and each opens where it stands", async () => {
  const { user, history } = openConsole(`/customers/${data.id("cus", 6)}`);
  const list = within(await screen.findByRole("list", { name: "Conversations" }));
  await user.click(list.getByRole("link", { name: /Open.*With Mia Okafor, Ingrid Sørensen/ }));
  await waitFor(() => expect(history.location.pathname).toBe(`/inbox/mine/${data.id("cnv", 6)}`));
});

test("a customer without conversations teaches what will be there", async () => {
  openConsole(record, { world: { conversations: [], audit: [] } });
  expect(await screen.findByText(/A conversation appears here when the customer writes/)).toBeVisible();
  expect(await screen.findByText(/Conversations that open and close appear here/)).toBeVisible();
});

test("reveals stand in the activity for readers of the audit log, and nobody else asks for them", async () => {
  openConsole(record);
  expect(await screen.findByText("Mia Okafor revealed: Contact")).toBeVisible();
  const without = data.EVERY_RIGHT.filter((right) => !right.startsWith("audit."));
  cleanup();
  const { server } = openConsole(record, { permissions: without });
  expect(await screen.findByRole("link", { name: "Conversation opened" })).toBeVisible();
  expect(screen.queryByText(/revealed:/)).toBeNull();
  expect(server.seen.every((one) => !one.line.includes("/audit"))).toBe(true);
});

test("who may not see conversations is told so, and nothing is asked", async () => {
  const { server } = openConsole(record, { permissions: ["customer.read", "customer.read_contact"] });
  expect(await screen.findByText("The right to see conversations is missing.")).toBeVisible();
  expect(server.seen.every((one) => !one.line.endsWith("/conversations"))).toBe(true);
});
