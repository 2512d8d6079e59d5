import { useCallback } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import type { Api, PasswordPolicy } from "@wardesk/api";
import { useApi, useMay, useMe } from "../app/context";
import { below, NO_DEMAND, type Demand } from "../generator";

/** What password managers may go up to. The server takes 512 bytes, and none of its policies asks for more than 64 characters. */
const LONGEST = 128;

/** What was asked of managers where no policy can be read: the longest that a ready-made policy wants. */
const USUAL_SHORTEST = 15;

/** From the plainest to what every policy takes. The first is what suggestions are without a policy: the shortest has 20 characters. */
const FORMS: readonly Demand[] = [{ shortest: 20, mixed: false }, { shortest: 20, mixed: true }, { shortest: 64, mixed: true }];

type Shape = Pick<PasswordPolicy, "shortest" | "composition">;

/** What one's own roles ask of a password together; null for who may not read policies. Only inside the frame. */
export function useOwnPolicy(): Shape | null {
  const api = useApi();
  const me = useMe();
  const may = useMay();
  const policies = useQuery({ queryKey: ["password-policies"], queryFn: () => api.passwordPolicies.list(), enabled: may("password_policy.read"), retry: false });
  const own = policies.data?.items.filter((one) => me.roles.includes(one.role)).map((one) => one.policy) ?? [];
  // A role whose policy is not told may ask for more than all others.
  if (own.length === 0 || own.length < me.roles.length) return null;
  // Whether a browser of theirs may be remembered, one does not know here: the longer of the two is right in any case.
  return { shortest: Math.max(...own.flatMap((one) => [one.shortest, one.shortest_alone ?? USUAL_SHORTEST])), composition: own.some((one) => one.composition === "required") ? "required" : "off" };
}

/** The policy for password managers, in the form of the attribute `passwordrules`. */
export function rulesOf(policy: Shape | null): string {
  const kinds = policy?.composition === "required" ? " required: lower; required: upper; required: digit;" : "";
  return `minlength: ${policy?.shortest ?? USUAL_SHORTEST}; maxlength: ${LONGEST};${kinds}`;
}

/**
 * What a suggestion must be for who chooses a password. A policy that cannot be read is found out by what the server says
 * of throwaways; a suggestion itself is sent nowhere before it is used. Without an answer nothing is demanded: what is
 * used is judged in any case.
 */
export function useDemand(policy: Shape | null, invitation?: string): () => Promise<Demand> {
  const api = useApi();
  const queries = useQueryClient();
  return useCallback(async () => {
    if (policy) return { shortest: policy.shortest, mixed: policy.composition === "required" };
    const found = queries.fetchQuery({ queryKey: ["password-demand", invitation ?? ""], queryFn: () => foundOut(api, invitation), staleTime: 60_000, retry: false });
    return found.catch(() => NO_DEMAND);
  }, [api, queries, policy, invitation]);
}

async function foundOut(api: Api, invitation?: string): Promise<Demand> {
  for (const form of FORMS) {
    const { acceptable } = await api.session.checkPassword(throwaway(form), invitation);
    if (acceptable) return form;
  }
  return NO_DEMAND;
}

/** As short and as plain as a suggestion of this form can be, and hard to guess: only its form can be wrong with it. */
function throwaway({ shortest, mixed }: Demand): string {
  const letter = () => String.fromCharCode("a".charCodeAt(0) + below(26));
  const letters = Array.from({ length: shortest - 2 }, letter).join("");
  return `${mixed ? letter().toUpperCase() : letter()}-${letters}`;
}
