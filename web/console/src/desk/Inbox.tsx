import { useEffect, useState } from "react";
import { Button, Select, Skeleton } from "@mantine/core";
import { Link, Navigate, useNavigate, useParams } from "@tanstack/react-router";
import type { Conversation, ConversationsView } from "@wardesk/api";
import { shownName } from "../customers/name";
import { useMay, useMe } from "../app/context";
import { ConversationPane } from "../channels/ConversationPane";
import { t, tn } from "../i18n";
import { useCommands } from "../keyboard/commands";
import { InboxIcon } from "../ui/icons";
import { ProblemNote } from "../ui/Note";
import { Empty } from "../ui/small";
import { ConversationRow, metaOf } from "./ConversationRow";
import { useConversationCounts, useConversations } from "./queries";
import { useVisibleRows } from "./useVisibleRows";
import styles from "./Inbox.module.css";

/** What scrolling loads by itself: every page that is shown is asked for again when something changes. */
const PAGES_BY_SCROLLING = 10;

const VIEWS: ConversationsView[] = ["waiting", "mine", "all", "closed"];

export function Inbox() {
  const { view, conversation } = useParams({ strict: false }) as { view: ConversationsView; conversation?: string };
  if (!VIEWS.includes(view)) return <Navigate to="/inbox/$view" params={{ view: "waiting" }} replace />;
  return (
    <div className={styles.inbox} data-open={conversation !== undefined}>
      <h1 className="sr">{t("area.inbox")}</h1>
      <ListPane view={view} chosen={conversation} />
      {conversation ? (
        <ConversationPane key={conversation} id={conversation} view={view} />
      ) : (
        <div className={styles.nothing}>
          <Empty icon={<InboxIcon size={24} stroke={1.5} />} title={t("inbox.nothing")} text={t("inbox.nothing-text")} />
        </div>
      )}
    </div>
  );
}

function ListPane({ view, chosen }: { view: ConversationsView; chosen: string | undefined }) {
  const me = useMe();
  const may = useMay();
  const navigate = useNavigate();
  const [team, setTeam] = useState<string | null>(null);
  const list = useConversations(view, team ?? undefined);
  const counts = useConversationCounts(true);
  const rows = list.data?.pages.flatMap((page) => page.items);
  const several = me.teams.length > 1;
  const lines = rows?.some((row) => metaOf(row, me, several)) ? 3 : 2;
  const visible = useVisibleRows(rows?.length ?? 0, lines === 3 ? 4.625 : 3.4375);
  const at = rows?.findIndex((row) => row.id === chosen) ?? -1;
  const { show } = visible;
  useEffect(() => show(at), [show, at]);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = list;
  const nearEnd = rows !== undefined && rows.length > 0 && visible.last >= rows.length;
  const loads = nearEnd && hasNextPage && !isFetchingNextPage && !list.isFetchNextPageError && (list.data?.pages.length ?? 0) < PAGES_BY_SCROLLING;
  useEffect(() => {
    if (loads) void fetchNextPage();
  }, [loads, fetchNextPage]);
  const open = (row: Conversation | undefined) => row && void navigate({ to: "/inbox/$view/$conversation", params: { view, conversation: row.id } });
  const step = (by: 1 | -1) => {
    open(rows?.[at < 0 ? 0 : Math.min(Math.max(at + by, 0), (rows.length || 1) - 1)]);
  };
  useCommands([
    { id: "next", title: t("help.next"), section: "palette.do", key: "j", keyOnly: true, run: () => step(1) },
    { id: "previous", title: t("help.previous"), section: "palette.do", key: "k", keyOnly: true, run: () => step(-1) },
    ...VIEWS.map((one) => ({ id: `view:${one}`, title: t("command.go", { where: `${t("area.inbox")} › ${t(`view.${one}`)}` }), section: "palette.go" as const, run: () => void navigate({ to: "/inbox/$view", params: { view: one } }) })),
    ...(rows ?? []).slice(0, 40).map((row) => ({ id: `open:${row.id}`, title: shownName(row.customer), section: "palette.conversations" as const, run: () => open(row) })),
  ]);
  return (
    <section className={styles.list} aria-label={t("inbox.list")}>
      <nav className={styles.views} aria-label={t("inbox.views")}>
        {VIEWS.filter((one) => one !== "all" || may("conversation.read")).map((one) => (
          <Link key={one} to="/inbox/$view" params={{ view: one }} className={styles.view} aria-current={one === view ? "page" : undefined}>
            {t(`view.${one}`)} <span className={`${styles.count} num`}>{counts.data?.[one] ?? ""}</span>
          </Link>
        ))}
      </nav>
      {several && (
        <div className={styles.filter}>
          <Select size="xs" aria-label={t("inbox.team")} placeholder={t("inbox.every-team")} clearable clearButtonProps={{ "aria-label": t("inbox.every-team") }} data={me.teams.map((one) => ({ value: one.id, label: one.name }))} value={team} onChange={setTeam} />
        </div>
      )}
      <ProblemNote error={rows ? null : list.error} action={<Button size="xs" variant="default" onClick={() => void list.refetch()}>{t("try-again")}</Button>} />
      <ul ref={visible.list} className={styles.rows} aria-busy={list.isPending} data-lines={lines} style={rows && visible.room}>
        {list.isPending && [0, 1, 2, 3, 4, 5].map((row) => <li key={row} className={styles.skeleton}><Skeleton height={10} width="50%" /><Skeleton height={10} width="85%" /></li>)}
        {rows?.slice(visible.first, visible.last).map((row, n) => <ConversationRow key={row.id} row={row} view={view} chosen={row.id === chosen} teams={several} place={visible.first + n + 1} of={hasNextPage ? -1 : rows.length} />)}
      </ul>
      {rows?.length === 0 && <Empty icon={<InboxIcon size={24} stroke={1.5} />} title={t(`inbox.empty-${view}`)} text={t(`inbox.empty-${view}-text`)} />}
      {hasNextPage && (
        <Button className={styles.more} variant="subtle" loading={isFetchingNextPage} onClick={() => void fetchNextPage()} m="sm">
          {t("more")}
        </Button>
      )}
      {rows && <p className="sr" role="status">{tn("inbox.shown", rows.length)}</p>}
    </section>
  );
}
