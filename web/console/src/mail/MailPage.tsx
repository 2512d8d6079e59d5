import { Button, Skeleton } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { Outgoing, OutgoingMail, OutgoingState } from "@wardesk/api";
import { useApi, useMay } from "../app/context";
import { t, tn, tOr } from "../i18n";
import { DataTable, type Column } from "../ui/DataTable";
import { MailIcon, SendIcon } from "../ui/icons";
import { Note, ProblemNote } from "../ui/Note";
import { Ago, Card, Empty, Fact, Page, PageHead, Tag } from "../ui/small";
import { say, sayProblem } from "../ui/toasts";
import styles from "./MailPage.module.css";

/** What goes out by mail: the server, what waits, what went out, what did not. Never to whom, and never what. */
export function MailPage() {
  const api = useApi();
  const list = useInfiniteQuery({
    queryKey: ["outgoing"], queryFn: ({ pageParam }) => api.outgoing.list({ after: pageParam }), refetchInterval: 10_000,
    initialPageParam: undefined as string | undefined, getNextPageParam: (page) => page.next ?? undefined,
  });
  const first = list.data?.pages[0];
  const rows = list.data?.pages.flatMap((page) => page.items);
  return (
    <Page wide>
      <PageHead title={t("mail.title")} lead={t("mail.lead")}>
        {first?.server && <Test />}
      </PageHead>
      <ProblemNote error={first ? null : list.error} />
      {!first && !list.error && <Skeleton height={240} />}
      {first && (
        <>
          {first.server ? <Server server={first.server} summary={first.summary} /> : <NotSetUp />}
          {rows?.length === 0 ? (
            <Empty icon={<MailIcon size={24} stroke={1.5} />} title={t("mail.empty")} text={t("mail.empty-text")} action={<Button component={Link} to="/settings" variant="default">{t("mail.to-settings")}</Button>} />
          ) : (
            <DataTable name="outgoing" label={t("mail.title")} columns={columns()} rows={rows} id={(mail) => mail.id} />
          )}
          {list.hasNextPage && <Button variant="subtle" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>{t("more")}</Button>}
        </>
      )}
    </Page>
  );
}

function Test() {
  const api = useApi();
  const queries = useQueryClient();
  const may = useMay();
  const settings = useQuery({ queryKey: ["organisation"], queryFn: () => api.organisation.get(), enabled: may("settings.read") });
  const test = useMutation({
    mutationFn: () => api.outgoing.test(),
    onSuccess: () => (void queries.invalidateQueries({ queryKey: ["outgoing"] }), say(t("mail.test-queued"))),
    onError: sayProblem,
  });
  if (!may("outgoing.test")) return null;
  const nobody = settings.data?.settings.security_contact === null;
  return (
    <Button variant="default" leftSection={<SendIcon size={16} />} loading={test.isPending} disabled={nobody} title={nobody ? t("mail.no-contact") : undefined} onClick={() => test.mutate()}>
      {t("mail.test")}
    </Button>
  );
}

function Server({ server, summary }: { server: NonNullable<Outgoing["server"]>; summary: Outgoing["summary"] }) {
  return (
    <Card title={t("mail.server")}>
      <dl className={styles.facts}>
        <Fact name={t("mail.address")}><span className="mono">{server.address}</span></Fact>
        <Fact name={t("mail.security")}>{tOr(`mail.security.${server.security}`, server.security)}</Fact>
        <Fact name={t("mail.from")}><span className="mono">{server.from}</span></Fact>
        <Fact name={t("mail.last-90-days")}>
          <span className={styles.tags}>
            <Tag tone={summary.waiting > 0 ? "amber" : "plain"}>{t("mail.n-waiting", { n: summary.waiting })}</Tag>
            <Tag>{t("mail.n-delivered", { n: summary.delivered })}</Tag>
            <Tag tone={summary.failed > 0 ? "red" : "plain"}>{t("mail.n-failed", { n: summary.failed })}</Tag>
            {summary.dropped > 0 && <Tag tone="amber">{t("mail.n-dropped", { n: summary.dropped })}</Tag>}
            {summary.not_sent > 0 && <Tag>{t("mail.n-not-sent", { n: summary.not_sent })}</Tag>}
          </span>
        </Fact>
      </dl>
    </Card>
  );
}

/** Teaches what to do: there is no button for it, because the settings of a server are in its file. */
function NotSetUp() {
  return (
    <Note tone="amber" title={t("mail.none")}>
      <p>{t("mail.none-text")}</p>
      <pre className={`${styles.sample} mono`} tabIndex={0}>{SAMPLE}</pre>
    </Note>
  );
}

const SAMPLE = `[mail]
from = "wardesk@example.org"
server = "smtp.example.org:587"
security = "starttls"
user = "wardesk"
password = { file = "/etc/wardesk/mail-password" }`;

const TONES: Record<OutgoingState, "plain" | "good" | "amber" | "red"> = { waiting: "amber", delivered: "good", failed: "red", dropped: "amber", "not-sent": "plain" };

function columns(): Column<OutgoingMail>[] {
  return [
    { key: "kind", header: t("mail.kind"), head: true, cell: (mail) => <>{tOr(`mail.kind.${mail.kind}`, mail.kind)}{mail.stands_for > 0 && ` (${tn("mail.stands-for", mail.stands_for)})`}</> },
    { key: "state", header: t("mail.state"), cell: (mail) => <Tag tone={TONES[mail.state]}>{t(`mail.state.${mail.state}`)}</Tag> },
    { key: "trouble", header: t("mail.trouble"), cell: (mail) => mail.trouble && `${t(`mail.trouble.${mail.trouble}`)}${mail.reply ? ` (${mail.reply})` : ""}` },
    { key: "attempts", header: t("mail.attempts"), align: "end", cell: (mail) => <span className="num">{mail.attempts}</span> },
    { key: "next", header: t("mail.next"), align: "end", cell: (mail) => mail.next_at && <Ago time={mail.next_at} /> },
    { key: "at", header: t("mail.at"), align: "end", cell: (mail) => <Ago time={mail.at} /> },
  ];
}
