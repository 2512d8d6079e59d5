import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { openConsole } from "./desk";

const people = () => screen.findByRole("table", { name: "People by risk" });

test("everybody stands on the board once, with the risk in words, what they have and what they lack", async () => {
  openConsole("/settings/coverage");
  const rows = within(await people()).getAllByRole("row").slice(1);
  expect(rows.map((row) => within(row).getByRole("rowheader").textContent)).toEqual([
    expect.stringContaining("Ingrid Sørensen"), expect.stringContaining("Tomás Ferreira"), expect.stringContaining("Wilhelmina"), expect.stringContaining("Mia Okafor"),
  ]);
  expect(rows[0]).toHaveTextContent(/100.*may give anybody any role.*has not signed in for 90 days.*no factor here.*A passkey.*since/);
  expect(rows[1]).toHaveTextContent(/Authenticator app.*A passkey.*by/);
  expect(rows[2]).toHaveTextContent("A second factor: has it");
  expect(rows[3]).toHaveTextContent(/nothing stands out/);
  expect(screen.getByText("1 of 4 have a passkey")).toBeVisible();
  expect(screen.getByText("2 people have less than what is asked")).toBeVisible();
});

test("one role alone, only who is left, and a name narrow the list", async () => {
  const { user } = openConsole("/settings/coverage");
  await user.click(await screen.findByRole("button", { name: "Show only Agent" }));
  await waitFor(() => expect(screen.queryByText("Ingrid Sørensen")).toBeNull());
  expect(screen.getByText("Tomás Ferreira")).toBeVisible();
  await user.click(screen.getByLabelText("Only who is left"));
  await waitFor(() => expect(screen.queryByText(/Wilhelmina/)).toBeNull());
  await user.type(screen.getByLabelText("Name"), "nobody of this name");
  expect(await screen.findByText("Nobody by this name here.")).toBeVisible();
}, 20_000);

test("the days are a plot, and a table for who cannot see it", async () => {
  openConsole("/settings/coverage");
  expect(await screen.findByRole("img", { name: /those with a passkey/ })).toBeVisible();
  const numbers = within(screen.getByRole("table", { name: /those with a passkey/ }));
  expect(numbers.getAllByRole("row")).toHaveLength(42);
});
