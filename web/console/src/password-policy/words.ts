import type { PasswordPolicies, PasswordPolicy } from "@wardesk/api";
import { t, tn } from "../i18n";

/** Whether two policies ask for the same. */
export function same(one: PasswordPolicy, two: PasswordPolicy): boolean {
  return (
    one.shortest === two.shortest && (one.shortest_alone ?? 15) === (two.shortest_alone ?? 15) && one.score === two.score && one.context_words === two.context_words && one.history === two.history && (one.breach_limit ?? 1) === (two.breach_limit ?? 1) &&
    one.composition === two.composition && (one.rotation_days ?? null) === (two.rotation_days ?? null)
  );
}

/** The preset's name, or that it is the organisation's own. */
export function nameOf(policy: PasswordPolicy, presets: PasswordPolicies["presets"]): string {
  return presets.find((preset) => same(preset.policy, policy))?.title ?? t("policy.own");
}

/** What a policy asks for, in sentences. */
export function summaryOf(policy: PasswordPolicy): string {
  const days = policy.rotation_days ?? null;
  return [
    t("policy.says.shortest", { n: policy.shortest, score: policy.score }),
    (policy.shortest_alone ?? 15) > policy.shortest && t("policy.says.shortest-alone", { n: policy.shortest_alone ?? 15 }),
    policy.context_words && t("policy.says.words"),
    (policy.breach_limit ?? 1) > 1 && t("policy.says.breach-limit", { n: policy.breach_limit ?? 1 }),
    policy.history > 0 && tn("policy.says.history", policy.history),
    policy.composition !== "off" && t(`policy.says.composition-${policy.composition}`),
    days === null ? t("policy.says.no-rotation") : t("policy.says.rotation", { n: days }),
  ]
    .filter(Boolean)
    .join(" ");
}

/** How many hold the role, and how many of them have to change the password. */
export function reachOf(people: number, change: number, would: boolean): string {
  if (people === 0) return t("policy.nobody-holds");
  const asked = change === 0 ? t(would ? "policy.nobody-would" : "policy.nobody-must") : tn(would ? "policy.would-change" : "policy.must-change", change);
  return `${tn("policy.people", people)} ${asked}`;
}
