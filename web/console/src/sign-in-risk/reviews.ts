import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { RiskAnswer } from "@wardesk/api";
import { useApi } from "../app/context";
import { SIGNED_OUT } from "../identity/session";
import { t } from "../i18n";
import { useMessenger } from "../messenger/MessengerProvider";
import { say, sayProblem } from "../ui/toasts";

/** One's own unusual sign-ins. They change seldom; a new one is not seen later than in five minutes. */
export function useReviews() {
  const api = useApi();
  return useQuery({ queryKey: ["sign-in-reviews"], queryFn: () => api.session.reviews(), staleTime: 60_000, refetchInterval: 300_000 });
}

/** Says whose a sign-in was. After a "no" this session has ended too. */
export function useAnswer() {
  const api = useApi();
  const queries = useQueryClient();
  const messenger = useMessenger();
  return useMutation({
    mutationFn: ({ review, answer }: { review: string; answer: RiskAnswer }) => api.session.answerReview(review, answer),
    onSuccess: (_nothing, { answer }) => {
      if (answer === "me") {
        void queries.invalidateQueries({ queryKey: ["sign-in-reviews"] });
        return;
      }
      messenger?.lock();
      queries.setQueryData(["session"], SIGNED_OUT);
      say(t("sign-in-risk.disowned"));
    },
    onError: sayProblem,
  });
}
