import { createContext, useContext } from "react";
import type { Api, Me } from "@wardesk/api";

export const ApiContext = createContext<Api | null>(null);
export const MeContext = createContext<Me | null>(null);

export function useApi(): Api {
  const api = useContext(ApiContext);
  if (!api) throw new Error("no ApiContext above");
  return api;
}

/** Who is signed in. Only inside the frame. */
export function useMe(): Me {
  const me = useContext(MeContext);
  if (!me) throw new Error("no MeContext above");
  return me;
}

/** Whether the person holds any of the rights. The server decides; this only keeps the screen free of what would be refused. */
export function useMay(): (...permissions: Permission[]) => boolean {
  const { permissions } = useMe();
  return (...any) => any.some((permission) => permissions.includes(permission));
}

export type Permission =
  | "conversation.read" | "conversation.take" | "conversation.join" | "conversation.assign" | "conversation.close" | "conversation.history" | "conversation.note"
  | "customer.read" | "customer.edit" | "customer.import" | "customer.read_contact" | "customer.read_identifiers" | "customer.read_notes" | "customer_proof.ask"
  | "staff.read" | "staff.invite" | "staff.disable" | "staff.verify_caller" | "staff.re_proof" | "staff.re_proof_waits" | "roles.read" | "roles.assign" | "teams.read" | "teams.manage" | "device.revoke"
  | "audit.read" | "audit.export" | "settings.read" | "settings.change" | "single_sign_on.read" | "single_sign_on.change" | "provisioning.read" | "provisioning.change" | "outgoing.read" | "outgoing.test"
  | "password_policy.read" | "password_policy.change" | "breached_passwords.read" | "breached_passwords.ask" | "breached_passwords.blind_scan" | "team_vault.use" | "team_vault.manage" | "team_vault.open_all" | "factor_policy.read" | "factor_policy.change";
