import { useCallback } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import type { PasswordRules } from "@wardesk/api";
import { useApi } from "../app/context";
import { NO_DEMAND, type Demand } from "../generator";

/** What password managers may go up to. The server takes 512 bytes, and none of its policies asks for more than 64 characters. */
const LONGEST = 128;

/** What is asked of managers until the server has said: the longest that a ready-made policy wants. */
const USUAL_SHORTEST = 15;

/** What a new password must be for who chooses it. A suggestion waits for it; without an answer nothing is demanded: what is used is judged in any case. */
export function usePasswordRules(invitation?: string): { rules: PasswordRules | undefined; demand: () => Promise<Demand> } {
  const api = useApi();
  const queries = useQueryClient();
  const { data: rules } = useQuery(asked());
  const demand = useCallback(() => queries.fetchQuery(asked()).catch(() => NO_DEMAND), [api, queries, invitation]);
  return { rules, demand };

  function asked() {
    return { queryKey: ["password-rules", invitation ?? ""], queryFn: () => api.session.passwordRules(invitation), staleTime: 60_000, retry: false };
  }
}

/** The rules for password managers, in the form of the attribute `passwordrules`. */
export function rulesOf(rules: PasswordRules | undefined): string {
  const kinds = rules?.mixed ? " required: lower; required: upper; required: digit;" : "";
  return `minlength: ${rules?.shortest ?? USUAL_SHORTEST}; maxlength: ${LONGEST};${kinds}`;
}
