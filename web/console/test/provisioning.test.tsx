import { screen, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { data, http, openConsole, problem } from "./desk";

test("a token is shown once, and only after it was made", async () => {
  const { user, sent } = openConsole("/settings/provisioning");
  await user.click(await screen.findByRole("button", { name: "Make a token" }));
  const dialog = within(await screen.findByRole("dialog"));
  await user.type(dialog.getByRole("textbox", { name: /Name/ }), " Okta ");
  await user.click(dialog.getByRole("button", { name: "Make a token" }));
  expect(await screen.findByLabelText("Token")).toHaveTextContent(/^[A-Za-z0-9_-]{43}$/);
  expect(sent("POST /api/v1/provisioning/tokens")).toEqual([{ name: "Okta", days: 180 }]);
  await user.click(screen.getByRole("button", { name: "I have entered it" }));
  expect(screen.queryByLabelText("Token")).toBeNull();
});

test("only roles that a group may give can be chosen, and a refusal stands at the groups", async () => {
  const front = [http.put("*/provisioning", () => problem(422, "invalid-fields", { fields: [{ field: "groups", message: "Each group stands in the table once." }] }))];
  const { user } = openConsole("/settings/provisioning", { world: { front } });
  const groups = within(await screen.findByRole("region", { name: "Groups" }));
  const role = groups.getByRole("combobox", { name: "Role" });
  await user.click(role);
  const choices = document.getElementById(role.getAttribute("aria-controls")!)!;
  expect(within(choices).getAllByRole("option").map((option) => option.textContent)).toEqual(["Agent"]);
  await user.click(groups.getByRole("button", { name: "Remove" }));
  await user.click(screen.getByRole("button", { name: "Save" }));
  expect(await groups.findByText("Each group stands in the table once.")).toBeVisible();
});

test("a change goes with the version it was made from", async () => {
  const { user, sent } = openConsole("/settings/provisioning");
  await user.click(await screen.findByRole("switch", { name: /also switch off people with administrative rights/ }));
  await user.click(screen.getByRole("button", { name: "Save" }));
  await screen.findByText("Saved.");
  expect(sent("PUT /api/v1/provisioning")).toEqual([{ version: 2, settings: { ...data.PROVISIONING.settings, switches_off_privileged: true } }]);
});

test("what was refused says why, and who waits gets a link", async () => {
  const { user, sent } = openConsole("/settings/provisioning");
  const requests = await screen.findByRole("table", { name: "Latest requests" });
  expect(await within(requests).findByText("Refused (403)")).toBeVisible();
  expect(within(requests).getByText(/This person has administrative rights/)).toBeVisible();
  await user.click(await screen.findByRole("button", { name: "Make a link for Grace Hopper" }));
  await user.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Make a link" }));
  expect(await screen.findByText(/#\/welcome\//)).toBeVisible();
  expect(sent(`POST /api/v1/provisioning/waiting/${data.WAITING_PEOPLE[0]!.id}/link`)).toHaveLength(1);
});

test("who may only look changes nothing", async () => {
  openConsole("/settings/provisioning", { permissions: ["settings.read", "provisioning.read", "teams.read"] });
  await screen.findByRole("heading", { name: "Directory" });
  await screen.findByText("Entra ID, next");
  for (const name of ["Make a token", "Save", "Add a group", /^Revoke/, "Put everybody under the directory", /^Make a link/]) {
    expect(screen.queryByRole("button", { name })).toBeNull();
  }
});
