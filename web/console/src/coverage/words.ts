import type { EnrolmentDue, FactorPolicyOfRole } from "@wardesk/api";
import { t, tn } from "../i18n";

export type Demand = Pick<FactorPolicyOfRole, "sign_in" | "step_up">;

/** Whether a policy asks for more than any second factor. */
export const isStrict = (of: Demand) => of.sign_in !== "any" || of.step_up !== "any";

/** Whether a policy asks for keys that have proved their make. */
export const asksForMakes = (of: Demand) => of.sign_in === "attested" || of.step_up === "attested";

/** What a change would do to people, in a sentence or two; `counted` is how many the server says are left by it, once it has said so. */
export function effectOf(of: FactorPolicyOfRole, wanted: Demand, atOnce: boolean, sameMakes: boolean, counted?: number): string {
  if (!isStrict(wanted)) return isStrict(of) ? t("factors.lowers") : "";
  if (of.people === 0) return t("factors.nobody");
  if (asksForMakes(wanted) && !(asksForMakes(of) && sameMakes)) return `${t(atOnce ? "factors.locks-makes" : "factors.asks-makes")} ${t("factors.ends-makes")}`;
  const left = counted ?? of.left.length;
  if (left === 0) return `${t("factors.nobody-left")} ${t("factors.ends")}`;
  // Who is left by what holds now was counted for a key of these makes; how many of them have another passkey, only the server knows.
  if (asksForMakes(of) && !asksForMakes(wanted) && counted === undefined) return `${t(atOnce ? "factors.locks-uncounted" : "factors.asks-uncounted")} ${t("factors.ends")}`;
  return `${tn(atOnce ? "factors.locks" : "factors.asks", left)} ${t("factors.ends")}`;
}

/** Which makes count for somebody, in a sentence; "" when every one does. */
export function makesThatCount(due: EnrolmentDue | null | undefined): string {
  if (!due?.makes) return "";
  if (due.makes.length === 0) return t("factors.no-make-counts");
  return t("factors.these-count", { makes: due.makes.map((make) => make.name).join(", ") });
}

/** A day as `YYYY-MM-DD` by the clock of this browser. */
export function dayOf(date: Date): string {
  const two = (n: number) => String(n).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** When that day begins here; `null` when it is none. */
export function beginningOf(day: string): string | null {
  const date = new Date(`${day}T00:00:00`);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}
