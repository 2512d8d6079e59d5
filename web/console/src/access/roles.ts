import { t, tOr } from "../i18n";

/** The roles that come with the program, from the narrowest. */
const ROLES = ["agent", "team-lead", "auditor", "security-officer", "administrator"];

/** Those and whatever else somebody holds already. */
export function roleChoices(held: string[]) {
  return [...new Set([...ROLES, ...held])].map((role) => ({ value: role, label: roleName(role) }));
}

export const roleName = (role: string) => tOr(`role.${role}`, role);

export const roleNames = (roles: string[]) => roles.map(roleName).join(", ") || t("role.none");
