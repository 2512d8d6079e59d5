import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { ProofChannel } from "@wardesk/api";
import { useApi } from "../app/context";
import { t } from "../i18n";
import { say } from "../ui/toasts";

/** How proofs stand in a conversation. The socket says when to ask again. */
export function useProof(conversation: string) {
  const api = useApi();
  return useQuery({ queryKey: ["proof", conversation], queryFn: () => api.conversations.proof(conversation) });
}

export function useAsk(conversation: string) {
  const api = useApi();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (channel: ProofChannel) => api.conversations.askForProof(conversation, channel),
    onSuccess: (proof) => {
      queries.setQueryData(["proof", conversation], proof);
      say(t("proof.asked"));
    },
  });
}
