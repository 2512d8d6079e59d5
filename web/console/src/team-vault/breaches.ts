import { useEffect, useState } from "react";
import { ApiProblem, type Api } from "@wardesk/api";
import { useApi } from "../app/context";

/** How long somebody pauses who has typed to the end. */
const PAUSE_MS = 400;
const PREFIX = 5;

/** How often a secret stands in the list of breached passwords. Only the first five digits of its hash leave the page. */
export async function timesBreached(api: Api, secret: string): Promise<number> {
  const hash = await sha1(secret);
  const { items } = await withPatience(() => api.breachedPasswords.range(hash.slice(0, PREFIX)));
  return items.find(({ suffix }) => suffix.toUpperCase() === hash.slice(PREFIX))?.count ?? 0;
}

/** How often a secret that is being typed or shown was in breaches; null while that is not known, or there is no list. */
export function useBreached(secret: string): number | null {
  const api = useApi();
  const [found, setFound] = useState<{ secret: string; times: number } | null>(null);
  useEffect(() => {
    if (secret === "") return;
    let wanted = true;
    const ask = () => timesBreached(api, secret).then((times) => wanted && setFound({ secret, times }), () => undefined);
    const timer = setTimeout(() => void ask(), PAUSE_MS);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [api, secret]);
  return found?.secret === secret ? found.times : null;
}

/** The server gives so many ranges a minute: a large folder waits for the next one. */
async function withPatience<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof ApiProblem) || error.code !== "rate-limited") throw error;
    await new Promise((resolve) => setTimeout(resolve, (error.retryAfter ?? 1) * 1000));
    return ask();
  }
}

async function sha1(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-1", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("").toUpperCase();
}
