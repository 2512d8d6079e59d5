import { Button, Skeleton } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useApi } from "../app/context";
import { browserName } from "../channels/browser";
import { t, tn } from "../i18n";
import { countryName } from "../sign-in-risk/words";
import { Note, ProblemNote } from "../ui/Note";
import { Ago, Card, Tag } from "../ui/small";
import { say, sayProblem } from "../ui/toasts";
import styles from "./SecurityPage.module.css";

function useSessions() {
  const api = useApi();
  return useQuery({ queryKey: ["sessions"], queryFn: () => api.session.list() });
}

function useEndOthers() {
  const api = useApi();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => api.session.endOthers(),
    onSuccess: ({ sessions }) => {
      say(tn("security.sessions-ended", sessions));
      for (const key of ["sessions", "browsers"]) void queries.invalidateQueries({ queryKey: [key] });
    },
    onError: sayProblem,
  });
}

/** Offered after factors changed: who changed them because of somebody else ends what that one may have open. */
export function EndOthers() {
  const sessions = useSessions();
  const endOthers = useEndOthers();
  const others = (sessions.data?.items.length ?? 1) - 1;
  if (others === 0) return null;
  return (
    <Note
      tone="amber" title={tn("security.others-open", others)}
      action={
        <Button size="xs" variant="default" loading={endOthers.isPending} onClick={() => endOthers.mutate()}>
          {t("security.end-others")}
        </Button>
      }
    >
      {t("security.others-open-text")}
    </Note>
  );
}

export function Sessions() {
  const api = useApi();
  const queries = useQueryClient();
  const sessions = useSessions();
  const end = useMutation({
    mutationFn: (id: string) => api.session.endOther(id),
    onSuccess: () => (say(t("security.session-ended")), void queries.invalidateQueries({ queryKey: ["sessions"] })),
    onError: sayProblem,
  });
  const endOthers = useEndOthers();
  const others = sessions.data && sessions.data.items.length > 1;
  return (
    <Card title={t("security.sessions")} lead={t("security.sessions-lead")} aside={others && <Button variant="default" loading={endOthers.isPending} onClick={() => endOthers.mutate()}>{t("security.end-others")}</Button>}>
      <ProblemNote error={sessions.error} />
      {!sessions.data && !sessions.error && <Skeleton height={48} />}
      <ul className={styles.rows}>
        {sessions.data?.items.map((session) => (
          <li key={session.id}>
            <span className={styles.what}>
              <b>
                {browserName(session.user_agent)} {session.current && <Tag tone="good">{t("security.this-one")}</Tag>}
              </b>
              <small>
                {t("security.seen")} <Ago time={session.last_seen_at} /> · {t("security.since")} <Ago time={session.created_at} />
              </small>
              {session.network && <small>{[session.network, countryName(session.country)].filter(Boolean).join(" · ")}</small>}
            </span>
            {!session.current && (
              <Button size="xs" variant="default" aria-label={t("security.end-named", { name: browserName(session.user_agent) })} loading={end.isPending && end.variables === session.id} onClick={() => end.mutate(session.id)}>
                {t("security.end")}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </Card>
  );
}
