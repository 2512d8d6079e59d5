import { useEffect, useState } from "react";
import { codeOf } from "../app/problems";
import { t } from "../i18n";
import { Note, ProblemNote } from "../ui/Note";

/** Seconds left until the server will look at another try. */
export function useWait(error: unknown): number {
  const seconds = (error as { retryAfter?: number | null } | null)?.retryAfter ?? 0;
  const [left, setLeft] = useState(0);
  useEffect(() => {
    setLeft(seconds);
    if (!seconds) return;
    const until = Date.now() + seconds * 1000;
    const timer = setInterval(() => setLeft(Math.max(0, Math.ceil((until - Date.now()) / 1000))), 250);
    return () => clearInterval(timer);
  }, [error, seconds]);
  return left;
}

/** How long to wait, on a button. */
export function waitWords(seconds: number): string {
  return seconds < 120 ? t("wait", { seconds }) : t("wait.minutes", { minutes: Math.ceil(seconds / 60) });
}

/** What went wrong with a try to sign in, with the wait when there is one. */
export function WaitNote({ error, wait, unauthenticated }: { error: unknown; wait: number; unauthenticated: string }) {
  const code = codeOf(error);
  if (!error) return null;
  if (wait > 0) return <Note tone="red">{code === "rate-limited" ? t("wait.many") : unauthenticated}</Note>;
  if (code === "rate-limited") return null;
  if (code === "unauthenticated" || code === "invalid-fields" || code === "forbidden") return <Note tone="red">{unauthenticated}</Note>;
  return <ProblemNote error={error} />;
}
