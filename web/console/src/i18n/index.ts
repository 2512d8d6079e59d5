import { en } from "./en";

export type TextKey = keyof typeof en;
/** Keys that come in a form for one and a form for more: `inbox.unread_one`, `inbox.unread_other`. */
export type CountKey = { [K in TextKey]: K extends `${infer Stem}_other` ? Stem : never }[TextKey];
export type Values = Record<string, string | number>;

const plural = new Intl.PluralRules("en");

/** The text for a key, with `{names}` filled in. */
export function t(key: TextKey, values: Values = {}): string {
  return en[key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** The text for a number of things; `{n}` is the number. */
export function tn(key: CountKey, n: number, values: Values = {}): string {
  const form = plural.select(n) === "one" ? `${key}_one` : `${key}_other`;
  return t((form in en ? form : `${key}_other`) as TextKey, { n: n.toLocaleString("en"), ...values });
}

/** The text for a key made of data (a role, an action), or what the data said. */
export function tOr(key: string, otherwise: string): string {
  return key in en ? t(key as TextKey) : otherwise;
}

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "narrow" });
const exact = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "medium" });
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat("en", { weekday: "long", day: "numeric", month: "long" });
const date = new Intl.DateTimeFormat("en", { dateStyle: "medium" });

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [["year", 31_536_000], ["month", 2_592_000], ["week", 604_800], ["day", 86_400], ["hour", 3600], ["minute", 60]];

export function ago(time: string, now: number): string {
  const seconds = (Date.parse(time) - now) / 1000;
  const step = STEPS.find(([, size]) => Math.abs(seconds) >= size);
  return step ? relative.format(Math.round(seconds / step[1]), step[0]) : t("time.now");
}

/** How long something lasts, short: `2 min`. */
export function lasting(from: string, now: number): string {
  const seconds = Math.max(0, (now - Date.parse(from)) / 1000);
  if (seconds < 60) return t("time.under-a-minute");
  if (seconds < 3600) return t("time.minutes", { n: Math.floor(seconds / 60) });
  if (seconds < 86_400) return t("time.hours", { n: Math.floor(seconds / 3600) });
  return t("time.days", { n: Math.floor(seconds / 86_400) });
}

export const exactly = (time: string) => exact.format(new Date(time));
export const clockTime = (time: string) => clock.format(new Date(time));
export const dayName = (time: string) => day.format(new Date(time));
export const onMinute = (time: string) => `${onDate(time)}, ${clockTime(time)}`;
export const onDate = (time: string) => date.format(new Date(time));
