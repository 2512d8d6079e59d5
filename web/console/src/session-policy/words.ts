import type { SessionPolicyOfRole } from "@wardesk/api";
import { t, tn } from "../i18n";

export type Limits = Pick<SessionPolicyOfRole, "idle_minutes" | "longest_minutes" | "remember_days">;

/** What is offered, in minutes. */
export const IDLE = [5, 10, 15, 30, 60, 120, 240, 480, 720, 1440];
export const LONGEST = [15, 30, 60, 120, 240, 480, 600, 720, 1440];

/** "15 minutes", "2 hours", "1 hour 30 minutes". */
export function lasting(minutes: number): string {
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  const parts = [hours > 0 && tn("sessions.hours", hours), (rest > 0 || hours === 0) && tn("sessions.minutes", rest)];
  return parts.filter(Boolean).join(" ");
}

/** What a role has now. */
export function summaryOf(of: Limits): string {
  const says = t("sessions.says", { idle: lasting(of.idle_minutes), longest: lasting(of.longest_minutes) });
  return of.remember_days > 0 ? `${says} ${tn("sessions.says-remember", of.remember_days)}` : says;
}

/** For how many days a browser may be remembered. */
export function dayChoices(now: number): { value: string; label: string }[] {
  const all = [...new Set([0, 1, 3, 7, 14, 30, now])].sort((a, b) => a - b);
  return all.map((days) => ({ value: String(days), label: days === 0 ? t("sessions.never") : tn("sessions.days", days) }));
}

/** Whom a change would concern, in a sentence or two. */
export function effectOf(preview: { people: number; sessions: number; ending: number }): string {
  if (preview.people === 0) return t("sessions.nobody");
  const ending = preview.ending === 0 ? t("sessions.ends-none") : tn("sessions.ends", preview.ending);
  return `${tn("sessions.people", preview.people)} ${ending}`;
}

/** The choices, with the one that is set now. */
export function choices(offered: number[], now: number, atMost: number): { value: string; label: string; disabled: boolean }[] {
  const all = [...new Set([...offered, now])].sort((a, b) => a - b);
  return all.map((minutes) => ({ value: String(minutes), label: lasting(minutes), disabled: minutes > atMost }));
}
