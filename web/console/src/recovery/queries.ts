import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { OwnReProofing } from "@wardesk/api";
import { useApi } from "../app/context";

/** One's own case. Asked again each minute while somebody looks at the page, so that a stranger's request is seen. */
export function useOwnCase() {
  const api = useApi();
  return useQuery({ queryKey: ["own-recovery"], queryFn: () => api.recovery.own(), refetchInterval: 60_000 });
}

/** Takes the case an answer brought. */
export function useOwnAct<V = void>(act: (value: V) => Promise<OwnReProofing>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSuccess: (own) => void queries.setQueryData(["own-recovery"], own),
    onError: () => void queries.invalidateQueries({ queryKey: ["own-recovery"] }),
  });
}

/** What happened to the cases is asked again. */
export function useCasesChanged() {
  const queries = useQueryClient();
  return () => void queries.invalidateQueries({ queryKey: ["recovery"] });
}
