import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { ConversationsView } from "@wardesk/api";
import { useApi } from "../app/context";
import { codeOf } from "../app/problems";
import { t } from "../i18n";
import { say, sayProblem } from "../ui/toasts";

export function useConversations(view: ConversationsView, team: string | undefined) {
  const api = useApi();
  return useInfiniteQuery({
    queryKey: ["conversations", "list", view, team ?? "any"],
    queryFn: ({ pageParam }) => api.conversations.list(view, team, { after: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: 60_000,
  });
}

export function useConversationCounts(enabled: boolean) {
  const api = useApi();
  return useQuery({ queryKey: ["conversations", "counts"], queryFn: () => api.conversations.counts(), enabled, refetchInterval: 60_000 });
}

export function useConversation(id: string) {
  const api = useApi();
  return useQuery({ queryKey: ["conversation", id], queryFn: () => api.conversations.get(id) });
}

export function useColleagues() {
  const api = useApi();
  return useQuery({ queryKey: ["colleagues"], queryFn: () => api.staff.colleagues() });
}

/** An act on a conversation: lists and head are asked again whatever came of it. */
export function useAct<T = void>(id: string, run: (value: T) => Promise<unknown>, done?: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: run,
    onSuccess: () => done && say(done),
    onError: (error) => (codeOf(error) === "already-taken" ? say(t("take.lost"), "red") : sayProblem(error)),
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: ["conversations"] });
      void queries.invalidateQueries({ queryKey: ["conversation", id] });
      void queries.invalidateQueries({ queryKey: ["proof", id] });
    },
  });
}
