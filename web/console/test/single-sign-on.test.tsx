import { screen, within } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { takeAnswer } from "../src/single-sign-on/returning";
import { http, openConsole, problem } from "./desk";

afterEach(() => history.replaceState(null, "", "/"));

test("the sign-in form offers the provider by its name, and says what to do when it does not answer", async () => {
  const { user } = openConsole("/", { session: "signed-out", world: { front: [http.post("*/session/provider/begin", () => problem(503, "overloaded"))] } });
  await user.click(await screen.findByRole("button", { name: "Sign in with Example" }));
  expect(await screen.findByRole("alert")).toBeVisible();
});

test("the provider's answer leaves the address at once, and the page one was on comes back", () => {
  sessionStorage.setItem("wardesk.before-provider", "#/customers");
  history.replaceState(null, "", "/console/?code=the-code&state=the-state&iss=https%3A%2F%2Fid.example.org");
  expect(takeAnswer()).toEqual({ state: "the-state", code: "the-code", error: null, iss: "https://id.example.org" });
  expect(location.search).toBe("");
  expect(location.hash).toBe("#/customers");
  expect(takeAnswer()).toBeNull();
});

test("an address that is no answer is left as it is", () => {
  history.replaceState(null, "", "/console/?state=alone");
  expect(takeAnswer()).toBeNull();
  expect(location.search).toBe("?state=alone");
});

test("what is wrong with a provider is told in sentences", async () => {
  const { user, sent } = openConsole("/settings/single-sign-on");
  await user.click(await screen.findByRole("button", { name: "Try it" }));
  expect(await screen.findByText("Nobody can sign in like this")).toBeVisible();
  expect(screen.getByText(/It does not know PKCE/)).toBeVisible();
  expect(sent("POST /api/v1/single-sign-on/try").at(-1)).toEqual({ issuer: "https://id.example.org", scopes: ["profile", "groups"] });
});

test("another issuer says that the secret is forgotten, and a saved change names the version it was made from", async () => {
  const { user, sent } = openConsole("/settings/single-sign-on");
  const issuer = await screen.findByRole("textbox", { name: /Issuer/ });
  expect(screen.getByText(/One is kept and never shown/)).toBeVisible();
  await user.clear(issuer);
  await user.click(issuer);
  await user.paste("https://other.example.org");
  expect(screen.getByText(/is forgotten when you save/)).toBeVisible();
  const warns = screen.getByRole("region", { name: "Groups" });
  expect(within(warns).getByText(/can make anybody an administrator here/)).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Save" }));
  await screen.findByText("Saved.");
  expect(sent("PUT /api/v1/single-sign-on").at(-1)).toMatchObject({ client_secret: null, version: 3, settings: { issuer: "https://other.example.org" } });
});

test("what counts as phishing-resistant is said apart, with a warning about methods, and is sent as it was typed", async () => {
  const { user, sent } = openConsole("/settings/single-sign-on");
  const card = within(await screen.findByRole("region", { name: "Phishing-resistant factor" }));
  expect(card.getByText(/Weak evidence/)).toBeVisible();
  await user.type(card.getByPlaceholderText("phr"), "phrh{Enter}");
  await user.click(screen.getByRole("button", { name: "Save" }));
  await screen.findByRole("button", { name: "Save" });
  expect(sent("PUT /api/v1/single-sign-on").at(-1)).toMatchObject({ settings: { phishing_resistant_acr: ["phr", "phrh"], phishing_resistant_amr: [] } });
});
