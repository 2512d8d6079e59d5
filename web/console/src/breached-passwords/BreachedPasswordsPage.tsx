import { Button, Skeleton } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { BreachedPasswords, FoundPassword, UnseenPassword } from "@wardesk/api";
import { useApi, useMay } from "../app/context";
import { onMinute, t, tn } from "../i18n";
import { DataTable, type Column } from "../ui/DataTable";
import { MailIcon } from "../ui/icons";
import { Note, ProblemNote } from "../ui/Note";
import { Plot } from "../ui/Plot";
import { Ago, Card, Fact, Page, PageHead, Tag } from "../ui/small";
import { say, sayProblem } from "../ui/toasts";
import { BlindScan } from "./BlindScan";
import styles from "./BreachedPasswords.module.css";

/** The corpus that passwords are held against, how many it has seen, and whose it has not. */
export function BreachedPasswordsPage() {
  const api = useApi();
  const { data, error } = useQuery({ queryKey: ["breached-passwords"], queryFn: () => api.breachedPasswords.get() });
  return (
    <Page>
      <PageHead title={t("breach.title")} lead={t("breach.lead")} />
      <ProblemNote error={data ? null : error} />
      {!data && !error && <Skeleton height={240} />}
      {data && (data.corpus ? <Corpus corpus={data.corpus} /> : <NoCorpus />)}
      {data?.corpus && <Standing report={data} />}
      {data?.corpus && <Unseen report={data} />}
      {data?.found && data.found.length > 0 && <Found found={data.found} />}
      {data && <BlindScan entries={data.corpus?.entries ?? 0} />}
    </Page>
  );
}

function Corpus({ corpus }: { corpus: NonNullable<BreachedPasswords["corpus"]> }) {
  return (
    <Card title={t("breach.corpus")}>
      {corpus.trouble && <Note tone="red" title={t("breach.trouble")}><p>{t("breach.trouble-text")}</p></Note>}
      <dl className={styles.facts}>
        <Fact name={t("breach.entries")}>{corpus.entries.toLocaleString()}</Fact>
        <Fact name={t("breach.kind")}>{corpus.kind === "sha-1" ? "SHA-1" : "NTLM"}{", "}{t(corpus.counts ? "breach.with-counts" : "breach.without-counts")}</Fact>
        <Fact name={t("breach.size")}>{size(corpus.bytes)}</Fact>
        <Fact name={t("breach.made")}>{onMinute(corpus.made_at)}</Fact>
        {corpus.since && <Fact name={t("breach.since")}>{onMinute(corpus.since)}</Fact>}
      </dl>
    </Card>
  );
}

/** A size that reads well: from a gigabyte on in those. */
function size(bytes: number): string {
  const [unit, step] = bytes >= 1e9 ? (["breach.gigabytes", 1e9] as const) : (["breach.megabytes", 1e6] as const);
  return t(unit, { n: Math.max(0.1, bytes / step).toLocaleString(undefined, { maximumFractionDigits: 1 }) });
}

const SAMPLE = `wardesk breach import FOLDER-OR-FILE --output /var/lib/wardesk/breached.wdb

# wardesk.toml
breach_corpus = "/var/lib/wardesk/breached.wdb"`;

/** Teaches what to do: there is no button for it, because the file is on the machine. */
function NoCorpus() {
  return (
    <Note tone="amber" title={t("breach.none")}>
      <p>{t("breach.none-text")}</p>
      <pre className={`${styles.sample} mono`} tabIndex={0}>{SAMPLE}</pre>
      <p>{t("breach.none-then")}</p>
    </Note>
  );
}

function Standing({ report }: { report: BreachedPasswords }) {
  const { passwords, checked, breached, days } = report;
  return (
    <Card title={t("breach.standing")} lead={t("breach.standing-lead")}>
      <p className={styles.tags}>
        <Tag tone={checked === passwords ? "good" : "amber"}>{t("breach.n-checked", { n: checked, of: passwords })}</Tag>
        <Tag tone={breached > 0 ? "red" : "good"}>{tn("breach.n-breached", breached)}</Tag>
      </p>
      {days.length === 0 ? (
        <p className={styles.quiet}>{t("breach.no-days")}</p>
      ) : (
        <Plot
          title={t("breach.over-time")} times={days.map((day) => day.at)}
          series={[
            { name: t("breach.series-passwords"), tone: "ink", values: days.map((day) => day.passwords) },
            { name: t("breach.series-checked"), tone: "accent", values: days.map((day) => day.checked) },
            { name: t("breach.series-breached"), tone: "red", values: days.map((day) => day.breached) },
          ]}
        />
      )}
    </Card>
  );
}

function Unseen({ report }: { report: BreachedPasswords }) {
  const api = useApi();
  const queries = useQueryClient();
  const may = useMay();
  const ask = useMutation({
    mutationFn: () => api.breachedPasswords.ask(),
    onSuccess: ({ people }) => {
      void queries.invalidateQueries({ queryKey: ["breached-passwords"] });
      say(people === 0 ? t("breach.asked-none") : tn("breach.asked", people));
    },
    onError: sayProblem,
  });
  const { unseen, unseen_total: total, unseen_reachable: reachable } = report;
  if (total === 0) return <Card title={t("breach.unseen")} lead={t("breach.unseen-none")}>{null}</Card>;
  const button = may("breached_passwords.ask") && (
    <Button variant="default" leftSection={<MailIcon size={16} />} loading={ask.isPending} disabled={reachable === 0} onClick={() => ask.mutate()}>{t("breach.ask")}</Button>
  );
  return (
    <Card title={t("breach.unseen")} lead={t("breach.unseen-lead")} aside={button}>
      <p className={styles.quiet}>
        {tn("breach.n-unseen", total)} {total > reachable && tn("breach.n-unreachable", total - reachable)} {!unseen && t("breach.no-names")}
      </p>
      {unseen && <DataTable name="unseen-passwords" label={t("breach.unseen")} columns={columns()} rows={unseen} id={(one) => one.staff} />}
      {unseen && total > unseen.length && <p className={styles.quiet}>{tn("breach.more", total - unseen.length)}</p>}
    </Card>
  );
}

/** Whose password was in a list, and whether they have changed it. */
function Found({ found }: { found: FoundPassword[] }) {
  const columns: Column<FoundPassword>[] = [
    { key: "name", header: t("breach.person"), head: true, sort: (one) => one.name, cell: (one) => <>{one.name} <span className={styles.quiet}>{one.login}</span></> },
    { key: "at", header: t("breach.found-at"), sort: (one) => one.at, cell: (one) => <Ago time={one.at} /> },
    { key: "by", header: t("breach.found-by"), sort: (one) => Number(one.by_scan), cell: (one) => t(one.by_scan ? "breach.found-by-scan" : "breach.found-by-sign-in") },
    { key: "changed", header: t("breach.found-then"), sort: (one) => Number(one.changed), cell: (one) => (one.changed ? <Tag tone="good">{t("breach.changed")}</Tag> : <Tag tone="red">{t("breach.to-change")}</Tag>) },
  ];
  return (
    <Card title={t("breach.found")} lead={t("breach.found-lead")}>
      <DataTable name="found-passwords" label={t("breach.found")} columns={columns} rows={found} id={(one) => one.staff} />
    </Card>
  );
}

function columns(): Column<UnseenPassword>[] {
  const when = (time: string | null | undefined, otherwise: string) => (time ? <Ago time={time} /> : <span className={styles.quiet}>{otherwise}</span>);
  return [
    { key: "name", header: t("breach.person"), head: true, sort: (one) => one.name, cell: (one) => <>{one.name} <span className={styles.quiet}>{one.login}</span></> },
    { key: "signed-in", header: t("breach.signed-in"), sort: (one) => one.last_sign_in_at ?? "", cell: (one) => when(one.last_sign_in_at, t("breach.never")) },
    { key: "checked", header: t("breach.checked-by-older"), sort: (one) => one.checked_at ?? "", cell: (one) => when(one.checked_at, t("breach.never")) },
    { key: "asked", header: t("breach.asked-at"), sort: (one) => one.asked_at ?? "", cell: (one) => (one.reachable || one.asked_at ? when(one.asked_at, t("breach.not-yet")) : <Tag tone="amber">{t("breach.no-mail")}</Tag>) },
  ];
}
