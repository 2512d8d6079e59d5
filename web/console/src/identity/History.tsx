import { Button, Skeleton } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import type { SecurityEvent } from "@wardesk/api";
import { useApi } from "../app/context";
import { browserName } from "../channels/browser";
import { t, tOr } from "../i18n";
import { ProblemNote } from "../ui/Note";
import { Ago, Card, Tag } from "../ui/small";
import styles from "./SecurityPage.module.css";

/** What happened to one's own account, so that a stranger's try is noticed by who it is about. */
export function History() {
  const api = useApi();
  const history = useInfiniteQuery({
    queryKey: ["security-history"], queryFn: ({ pageParam }) => api.session.history({ after: pageParam, limit: 20 }),
    initialPageParam: undefined as string | undefined, getNextPageParam: (page) => page.next ?? undefined,
  });
  const items = history.data?.pages.flatMap((page) => page.items);
  return (
    <Card title={t("security.history")} lead={t("security.history-lead")}>
      <ProblemNote error={history.error} />
      {!items && !history.error && <Skeleton height={64} />}
      {items?.length === 0 && <p>{t("security.history-empty")}</p>}
      <ul className={styles.rows}>
        {items?.map((item) => (
          <li key={item.id}>
            <span className={styles.what}>
              <b>
                {nameOf(item)} {item.refused && <Tag tone="amber">{t("security.refused")}</Tag>} {!item.own && <Tag tone="plain">{t("security.not-you")}</Tag>}
              </b>
              <small>
                <Ago time={item.at} />
                {wayOf(item)}
                {item.user_agent && ` · ${browserName(item.user_agent) || t("security.unknown-browser")}`}
                {item.network && ` · ${item.network}`}
              </small>
            </span>
          </li>
        ))}
      </ul>
      {history.hasNextPage && (
        <Button variant="subtle" onClick={() => void history.fetchNextPage()} loading={history.isFetchingNextPage}>
          {t("more")}
        </Button>
      )}
    </Card>
  );
}

function nameOf(item: SecurityEvent): string {
  const plain = tOr(`history.${item.action}`, item.action);
  const more = item.decision ?? item.kind;
  return more ? tOr(`history.${item.action}.${more}`, plain) : plain;
}

function wayOf(item: SecurityEvent): string {
  const way = item.by ?? (item.action.startsWith("session.started") ? null : item.kind);
  return way ? ` · ${tOr(`history.by.${way}`, way)}` : "";
}
