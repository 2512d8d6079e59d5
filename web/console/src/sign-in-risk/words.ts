import type { SignInReview } from "@wardesk/api";
import { browserName } from "../channels/browser";
import { t } from "../i18n";

/** Where a sign-in came from, in one line. */
export function placeOf(review: SignInReview): string {
  return [browserName(review.user_agent) || t("security.unknown-browser"), review.network, countryName(review.country)].filter(Boolean).join(" · ");
}

/** What spoke against it, as a sentence. */
export function reasonsOf(review: SignInReview): string {
  return `${t("sign-in-risk.because")} ${review.signals.map((signal) => t(`signal.${signal}.short`)).join(", ")}.`;
}

/** Whether the owner has still to say whose it was. Of a browser nobody is asked in that browser. */
export function isOpen(review: SignInReview): boolean {
  return !review.current && (review.answer ?? null) === null;
}

/** The name of a country, if there is one. */
export function countryName(code: string | null | undefined): string | null {
  return code ? (new Intl.DisplayNames(["en"], { type: "region" }).of(code) ?? code) : null;
}
