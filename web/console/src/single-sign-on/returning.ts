import { useEffect, useState } from "react";
import { useQueryClient } from "@tanstack/react-query";
import type { ProviderAnswer } from "@wardesk/api";
import { useApi } from "../app/context";
import { t } from "../i18n";
import { useTakeSession } from "../identity/session";
import { say } from "../ui/toasts";

const PLACE = "wardesk.before-provider";

/** Goes to the provider's page, and remembers where the person was. Only this tab knows, and only until it comes back. */
export function leaveFor(url: string) {
  sessionStorage.setItem(PLACE, location.hash);
  location.assign(url);
}

/** What the provider sent the browser back with; taken out of the address at once, so that nobody reads or repeats it. */
export function takeAnswer(): ProviderAnswer | null {
  const asked = new URLSearchParams(location.search);
  const state = asked.get("state");
  if (!state || (!asked.has("code") && !asked.has("error"))) return null;
  history.replaceState(null, "", location.pathname + (sessionStorage.getItem(PLACE) ?? ""));
  sessionStorage.removeItem(PLACE);
  return { state, code: asked.get("code"), error: asked.get("error"), iss: asked.get("iss") };
}

const answer = takeAnswer();
let handed = false;

/** What went wrong on the way back, for the sign-in form. */
let trouble: string | null = null;
export const troubleAtProvider = () => trouble;

/** Hands the provider's answer over, once, before anything else is shown. */
export function useReturning(): "checking" | "done" {
  const api = useApi();
  const queries = useQueryClient();
  const take = useTakeSession();
  const [checking, setChecking] = useState(answer !== null && !handed);
  useEffect(() => {
    if (!answer || handed) return;
    handed = true;
    void api.singleSignOn
      .finish(answer)
      .then(async ({ purpose, session }) => {
        await take(session);
        if (purpose === "bind") say(t("sso.bound"));
        if (purpose === "step-up") say(t("sso.stepped-up"));
      })
      .catch(async (error: { detail?: string | null }) => {
        trouble = error.detail ?? t("sso.failed");
        await queries.invalidateQueries({ queryKey: ["session"] });
        say(trouble, "red");
      })
      .finally(() => setChecking(false));
  }, [api, queries, take]);
  return checking ? "checking" : "done";
}
