import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { data, http, openConsole, problem } from "./desk";
import { apiFilter, parseFilter, writeFilter } from "../src/audit-log/filter";

test("a dangerous act asks for the second factor and is then done without being asked again", async () => {
  const { user, sent } = openConsole("/devices", { world: { fresh: false } });
  await user.click(await screen.findByRole("button", { name: "Revoke Firefox on Linux" }));
  await user.click(within(await screen.findByRole("dialog", { name: /Revoke “Firefox/ })).getByRole("button", { name: "Revoke" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Is it you?" }));
  await user.type(await dialog.findByLabelText(/Code from your app/), "123456");
  await user.click(dialog.getByRole("button", { name: "Confirm" }));
  expect(await screen.findByText("The device was revoked.")).toBeVisible();
  expect(sent(`DELETE /api/v1/devices/${data.id("dev", 1)}`)).toHaveLength(2);
});

test("a declined second factor changes nothing and says nothing", async () => {
  const { user, sent } = openConsole("/security", { world: { fresh: false } });
  await user.click(await screen.findByRole("button", { name: "New codes" }));
  await screen.findByRole("dialog", { name: "Is it you?" });
  await user.keyboard("{Escape}");
  await waitFor(() => expect(screen.queryByRole("dialog", { name: "Is it you?" })).toBeNull());
  expect(sent("POST /api/v1/factors/recovery-codes")).toHaveLength(1);
  expect(screen.queryByText(/unexpected/)).toBeNull();
});

test("an invitation shows its link once", async () => {
  const { user, sent } = openConsole("/staff");
  await user.click(await screen.findByRole("button", { name: "Invite" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Invite" }));
  await user.type(dialog.getByRole("textbox", { name: /^Name/ }), "Wil");
  await user.type(dialog.getByRole("textbox", { name: /Login name/ }), "wil");
  await user.click(dialog.getByRole("button", { name: "Make the invitation" }));
  expect(await dialog.findByText(/console\/#\/welcome\//)).toBeVisible();
  expect(sent("POST /api/v1/staff")).toEqual([{ name: "Wil", login: "wil", roles: ["agent"], teams: [] }]);
});

test("a refusal of a field stands at the field", async () => {
  const { user } = openConsole("/staff", { world: { front: [http.post("*/api/v1/staff", () => problem(422, "invalid-fields", { fields: [{ field: "login", message: "This name is taken." }] }))] } });
  await user.click(await screen.findByRole("button", { name: "Invite" }));
  await user.type(await screen.findByRole("textbox", { name: /^Name/ }), "Tom");
  await user.type(screen.getByRole("textbox", { name: /Login name/ }), "tomas");
  await user.click(screen.getByRole("button", { name: "Make the invitation" }));
  expect(await screen.findByText("This name is taken.")).toBeVisible();
});

test("disabling somebody is confirmed with what it means", async () => {
  const { user, sent } = openConsole("/staff");
  await user.click(await screen.findByRole("button", { name: "Tomás Ferreira: more to do" }));
  await user.click(await screen.findByRole("menuitem", { name: "Disable" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Disable Tomás Ferreira?" }));
  expect(dialog.getByText(/All sessions end and all devices are revoked/)).toBeVisible();
  await user.click(dialog.getByRole("button", { name: "Disable" }));
  await waitFor(() => expect(sent(`POST /api/v1/staff/${data.id("stf", 2)}/disable`)).toHaveLength(1));
});

test("staff without a second factor stand out, and a column sorts and remembers", async () => {
  const { user } = openConsole("/staff");
  const table = await screen.findByRole("table", { name: "Staff" });
  expect(within(await within(table).findByRole("row", { name: /Ingrid/ })).getByText("None")).toBeVisible();
  await user.click(within(table).getByRole("button", { name: "Name" }));
  const names = () => within(table).getAllByRole("rowheader").map((cell) => cell.textContent);
  expect(names()[0]).toContain("Bo Lindqvist");
  expect(localStorage.getItem("wardesk.order.staff")).toContain("name");
});

test("a filter of the audit log becomes the question to the server", () => {
  const { terms, unknown } = parseFilter('actor:"Mia Okafor" action:customer.revealed from:2026-01-31 nonsense to:soon');
  expect(unknown).toEqual(["nonsense", "to:soon"]);
  expect(writeFilter(terms)).toBe('actor:"Mia Okafor" action:customer.revealed from:2026-01-31');
  expect(apiFilter(terms, (name) => (name === "Mia Okafor" ? "stf_1" : undefined))).toEqual({ actor: "stf_1", action: "customer.revealed", from: new Date("2026-01-31T00:00:00").toISOString() });
});

test("a day in to: is included whole", () => {
  expect(apiFilter(parseFilter("to:2026-01-31").terms, () => undefined).to).toBe(new Date("2026-02-01T00:00:00").toISOString());
});

test("filters are chips that can be dropped, and what is not understood is said", async () => {
  const { user } = openConsole("/audit");
  await user.type(await screen.findByRole("textbox", { name: "Filter" }), "action:customer.revealed what{Enter}");
  expect(await screen.findByRole("alert")).toHaveTextContent("Not understood: what.");
  await user.click(screen.getByRole("button", { name: "Drop the filter action:customer.revealed" }));
  expect(screen.getByRole("textbox", { name: "Filter" })).toHaveValue("");
});

test("an entry shows the bytes that prove it", async () => {
  const { user } = openConsole("/audit");
  await user.click((await screen.findAllByRole("button", { name: "Customer data revealed" }))[0]!);
  const drawer = within(await screen.findByRole("dialog"));
  expect(await drawer.findByText(/^wardesk-audit-v1/)).toBeVisible();
  expect(drawer.getByText(data.AUDIT[0]!.hash)).toBeVisible();
});

test("settings are saved together, and only when something changed", async () => {
  const saved = http.put("*/organisation/settings", async ({ request }) => Response.json({ ...data.ORGANISATION, settings: await request.json() }));
  const { user, sent } = openConsole("/settings", { world: { front: [saved] } });
  const save = await screen.findByRole("button", { name: "Save" });
  expect(save).toBeDisabled();
  await user.click(screen.getByRole("switch", { name: /Show who is writing/ }));
  await user.click(save);
  await waitFor(() => expect(sent("PUT /api/v1/organisation/settings")).toHaveLength(1));
  expect(sent("PUT /api/v1/organisation/settings")[0]).toMatchObject({ typing: false, presence: true });
});

test("who may only read settings finds nothing to change", async () => {
  openConsole("/settings", { permissions: ["settings.read"] });
  expect(await screen.findByRole("switch", { name: /Show who is writing/ })).toBeDisabled();
  expect(screen.queryByRole("button", { name: "Save" })).toBeNull();
});

test("the security contact is saved with the settings, and taken away with an empty field", async () => {
  const { user, sent } = openConsole("/settings", { world: { front: [http.put("*/organisation/settings", async ({ request }) => Response.json({ ...data.ORGANISATION, settings: await request.json() }))] } });
  const field = await screen.findByLabelText(/Mail address/);
  expect(field).toHaveValue("security@northwind.example");
  await user.clear(field);
  await user.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(sent("PUT /api/v1/organisation/settings")).toHaveLength(1));
  expect(sent("PUT /api/v1/organisation/settings")[0]).toMatchObject({ security_contact: "" });
});

test("outgoing mail says how each went, and a test is sent", async () => {
  const { user, sent } = openConsole("/settings/mail");
  const refused = await screen.findByRole("row", { name: /Recovery code used/ });
  expect(within(refused).getByText("Refused for good (550)")).toBeVisible();
  expect(screen.getByText("More notices (12 notices)")).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Send a test" }));
  await waitFor(() => expect(sent("POST /api/v1/outgoing/test")).toHaveLength(1));
});

test("without a mail server the screen says how to set one, and offers no test", async () => {
  openConsole("/settings/mail", { world: { empty: true } });
  expect(await screen.findByText("No mail is sent")).toBeVisible();
  expect(screen.getByText(/server = "smtp.example.org:587"/)).toBeVisible();
  expect(screen.queryByRole("button", { name: "Send a test" })).toBeNull();
});

test("a new password is judged without telling who one is, and set with the present one", async () => {
  const { user, sent } = openConsole("/security");
  await user.click(await screen.findByRole("button", { name: "Change the password" }));
  await user.type(screen.getByLabelText(/Present password/), "the old one");
  await user.type(screen.getByLabelText(/New password/), "marble otter twelve pines");
  const set = screen.getByRole("button", { name: "Set the new password" });
  await waitFor(() => expect(set).toBeEnabled());
  expect(sent("POST /api/v1/password/check").at(-1)).toEqual({ password: "marble otter twelve pines" });
  await user.click(set);
  expect(await screen.findByText(/The new password is set/)).toBeVisible();
  expect(sent("PUT /api/v1/password")).toEqual([{ present: "the old one", new: "marble otter twelve pines" }]);
  expect(screen.queryByLabelText(/Present password/)).toBeNull();
});

test("a wrong present password is said at its field and nothing else is lost", async () => {
  const { user } = openConsole("/security");
  await user.click(await screen.findByRole("button", { name: "Change the password" }));
  await user.type(screen.getByLabelText(/Present password/), "wrong");
  await user.type(screen.getByLabelText(/New password/), "marble otter twelve pines");
  await waitFor(() => expect(screen.getByRole("button", { name: "Set the new password" })).toBeEnabled());
  await user.click(screen.getByRole("button", { name: "Set the new password" }));
  expect(await screen.findByText("This is not your present password.")).toBeVisible();
  expect(screen.getByLabelText(/New password/)).toHaveValue("marble otter twelve pines");
});

test("what happened to the account stands there with time and place, and strangers' tries stand out", async () => {
  openConsole("/security");
  const wrong = (await screen.findByText("Wrong password")).closest("li")!;
  expect(within(wrong).getByText("refused")).toBeVisible();
  expect(within(wrong).getByText("not in a session of yours")).toBeVisible();
  expect(wrong).toHaveTextContent("2001:db8:4:1::/64");
});

test("who left comes back by a new link with roles chosen anew", async () => {
  const { user, sent } = openConsole("/staff");
  await user.click(await screen.findByRole("button", { name: "Bo Lindqvist: more to do" }));
  await user.click(await screen.findByRole("menuitem", { name: "Enable again" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Enable Bo Lindqvist again?" }));
  await user.click(dialog.getByRole("button", { name: "Enable again" }));
  expect(await dialog.findByText(/console\/#\/welcome\//)).toBeVisible();
  expect(dialog.getByText(/The link works from .+ on\. Until then the person is told/)).toBeVisible();
  expect(sent(`POST /api/v1/staff/${data.id("stf", 5)}/enable`)).toEqual([{ roles: ["agent"], teams: [] }]);
});
