import { t, tOr } from "../i18n";
import { Declined } from "./signals";

export interface ProblemWords {
  /** What happened and what to do. */
  text: string;
  /** For the person who looks into it. */
  reference: string | null;
}

interface Refusal {
  code?: string;
  detail?: string | null;
  permission?: string | null;
  retryAfter?: number | null;
  requestId?: string | null;
}

/** Any error as words for people: what happened, what it means, what to do. Null when there is nothing to say. */
export function problemWords(error: unknown): ProblemWords | null {
  if (!error || error instanceof Declined) return null;
  const { code, detail, permission, retryAfter, requestId } = error as Refusal;
  const reference = code === "internal" && requestId ? t("problem.reference", { id: requestId }) : null;
  if (code === "forbidden" && permission) return { text: t("problem.forbidden-named", { right: tOr(`right.${permission}`, permission) }), reference };
  if (retryAfter && (code === "rate-limited" || code === "overloaded")) return { text: t(`problem.${code}-wait`, { seconds: retryAfter }), reference };
  const own = tOr(`problem.${code ?? "unknown"}`, t("problem.unknown"));
  const adds = detail && (code === "conflict" || code === "invalid-fields" || code === "bad-request" || code === "rate-limited");
  return { text: adds ? detail : own, reference };
}

export function codeOf(error: unknown): string | null {
  return (error as Refusal | null)?.code ?? null;
}

/** The server's word about one field of a form. */
export function fieldProblem(error: unknown, field: string): string | null {
  const fields = (error as { fields?: { field: string; message: string }[] } | null)?.fields ?? [];
  return fields.find((problem) => problem.field === field)?.message ?? null;
}
