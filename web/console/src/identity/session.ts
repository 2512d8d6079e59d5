import { useCallback, useEffect } from "react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { SessionState } from "@wardesk/api";
import { useApi } from "../app/context";
import { drafts } from "../channels/drafts";
import { useMessenger } from "../messenger/MessengerProvider";
import { sayProblem } from "../ui/toasts";

/** What is left of a session that ended. */
export const SIGNED_OUT: SessionState = { state: "signed-out", factors: [], disabled: [], change: null, me: null, stepped_up_until: null, life: null, remember_days: 0, enrolment_due: null };

export function useSession(look: { refetchInterval?: number; refetchIntervalInBackground?: boolean } = {}) {
  const api = useApi();
  return useQuery({ queryKey: ["session"], queryFn: () => api.session.state(), staleTime: 60_000, ...look });
}

/** Takes the session an answer brought. A question for it that is under way was asked before: its answer would be of then. */
export function useTakeSession() {
  const queries = useQueryClient();
  return useCallback(
    async (session: SessionState) => {
      await queries.cancelQueries({ queryKey: ["session"] });
      queries.setQueryData(["session"], session);
    },
    [queries],
  );
}

/** However a session ended, what was loaded and typed is forgotten: on a shared computer nothing stays readable. */
export function useForgetting(state: SessionState["state"] | undefined) {
  const queries = useQueryClient();
  useEffect(() => {
    if (state !== "signed-out") return;
    drafts.clear();
    // The session itself stays: its screen is watching it.
    queries.removeQueries({ predicate: (query) => query.queryKey[0] !== "session" });
    queries.getMutationCache().clear();
  }, [state, queries]);
}

/** Ends the session. */
export function useSignOut() {
  const api = useApi();
  const queries = useQueryClient();
  const messenger = useMessenger();
  return useMutation({
    mutationFn: () => api.session.end(),
    onSuccess: () => {
      messenger?.lock();
      queries.setQueryData(["session"], SIGNED_OUT);
    },
    onError: sayProblem,
  });
}
