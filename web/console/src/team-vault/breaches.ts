import { useEffect, useState } from "react";
import { ApiProblem, type Api } from "@wardesk/api";
import { useApi } from "../app/context";
import { codeOf, problemWords } from "../app/problems";
import { t } from "../i18n";

/** How long somebody pauses who has typed to the end. */
const PAUSE_MS = 400;
const PREFIX = 5;

/** How often a secret stands in the list of breached passwords. Only the first five digits of its hash leave the page. */
export async function timesBreached(api: Api, secret: string): Promise<number> {
  const hash = await sha1(secret);
  const { items } = await api.breachedPasswords.range(hash.slice(0, PREFIX));
  return items.find(({ suffix }) => suffix.toUpperCase() === hash.slice(PREFIX))?.count ?? 0;
}

/** What is known of one secret. That it could not be looked up is told too: silence would read as "in no breach". */
export type Look = ({ times: number } | { error: unknown }) & { asking: boolean; again: () => void };

/** How a secret that is being typed or shown stands; null until there is an answer. */
export function useBreached(secret: string): Look | null {
  const api = useApi();
  const [tries, setTries] = useState(0);
  const [found, setFound] = useState<{ secret: string; tries: number; answer: { times: number } | { error: unknown } } | null>(null);
  useEffect(() => {
    if (secret === "") return;
    let wanted = true;
    const take = (answer: { times: number } | { error: unknown }) => void (wanted && setFound({ secret, tries, answer }));
    const ask = () => timesBreached(api, secret).then((times) => take({ times }), (error: unknown) => take({ error }));
    const timer = setTimeout(() => void ask(), PAUSE_MS);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [api, secret, tries]);
  if (found?.secret !== secret) return null;
  return { ...found.answer, asking: found.tries !== tries, again: () => setTries(tries + 1) };
}

/** The server gives so many ranges a minute: a large folder waits for the next one. */
export async function withPatience<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof ApiProblem) || error.code !== "rate-limited") throw error;
    await new Promise((resolve) => setTimeout(resolve, (error.retryAfter ?? 1) * 1000));
    return ask();
  }
}

/** Why a secret could not be looked up, and what to do. There may be no list, or one without counts, which gives no ranges: the server tells both alike. */
export function whyUnchecked(error: unknown): string {
  const code = codeOf(error);
  if (code === "not-found") return t("vault.no-list-text");
  if (code === "rate-limited") return t("vault.many-looked-up");
  if (code === "overloaded") return t("vault.list-unreadable");
  return problemWords(error)?.text ?? t("problem.unknown");
}

async function sha1(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-1", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("").toUpperCase();
}
