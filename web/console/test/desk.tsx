import { createMemoryHistory } from "@tanstack/react-router";
import { render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { createApi, type Me, type PasswordDue, type SessionState } from "@wardesk/api";
import { App } from "../src/app/App";
import { signedOut, stepUp } from "../src/app/signals";
import { ME } from "../harness/data";
import { FakeMessenger } from "../harness/messenger";
import { fetchOf, world, type World } from "../harness/server";

export { http, HttpResponse } from "msw";
export { problem } from "../harness/server";
export * as data from "../harness/data";

interface Wish {
  session?: SessionState["state"];
  factors?: SessionState["factors"];
  disabled?: SessionState["disabled"];
  change?: PasswordDue["reason"];
  /** Came by a passkey, so that the present password is not asked for. */
  passkeyShown?: boolean;
  permissions?: string[];
  world?: Partial<World>;
  messenger?: FakeMessenger;
}

/** The whole console at an address, with a server and an engine in memory. */
export function openConsole(path: string, wish: Wish = {}) {
  const me: Me = { ...ME, permissions: wish.permissions ?? ME.permissions };
  const state = wish.session ?? "signed-in";
  const server = world({ session: { state, factors: wish.factors ?? ["totp", "passkey", "recovery"], disabled: wish.disabled ?? [], change: wish.change ? { reason: wish.change, login: ME.login, asks_present: !wish.passkeyShown } : null, me: state === "signed-in" ? me : null, stepped_up_until: null, life: null, remember_days: 0, enrolment_due: null }, ...wish.world });
  const messenger = wish.messenger ?? new FakeMessenger();
  const api = createApi({ fetch: fetchOf(server), onSignedOut: () => signedOut.emit(), onStepUp: () => stepUp.ask() });
  const history = createMemoryHistory({ initialEntries: [path] });
  const open = async () => messenger;
  render(<App api={api} openMessenger={open} history={history} env="test" />);
  const sent = (line: string) => server.seen.filter((one) => one.line === line).map((one) => one.body);
  return { server, messenger, history, sent, user: userEvent.setup({ delay: null }) };
}

/** Chooses in a list that opens. */
export async function choose(user: ReturnType<typeof userEvent.setup>, label: string, option: string) {
  await user.click(screen.getByRole("combobox", { name: label }));
  await user.click(within(await screen.findByRole("listbox", { name: label })).getByRole("option", { name: option }));
}
