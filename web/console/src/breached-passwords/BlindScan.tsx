import { useState } from "react";
import { Button, Progress, Textarea } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { BlindScanRunView, BlindScanView } from "@wardesk/api";
import { useApi, useMay } from "../app/context";
import { fieldProblem } from "../app/problems";
import { onMinute, t, tn } from "../i18n";
import { Note, ProblemNote } from "../ui/Note";
import { Buttons, Card, Tag } from "../ui/small";
import { say } from "../ui/toasts";
import { secondsLeft, span } from "./scan";
import styles from "./BreachedPasswords.module.css";

/** Whether a newer list is held against all passwords without sign-in, what that costs, and how far it is. */
export function BlindScan({ entries }: { entries: number }) {
  const api = useApi();
  const may = useMay();
  const [asking, setAsking] = useState(false);
  const { data, error } = useQuery({
    queryKey: ["blind-scan"], queryFn: () => api.breachedPasswords.scan(),
    refetchInterval: (query) => (query.state.data?.enabled && query.state.data.run && !query.state.data.run.finished_at ? 2_000 : 30_000),
  });
  if (!data) return error ? <Card title={t("scan.title")}><ProblemNote error={error} /></Card> : null;
  const button = may("breached_passwords.blind_scan") && !asking && (data.enabled || data.possible) && (
    <Button variant="default" onClick={() => setAsking(true)}>{t(data.enabled ? "scan.switch-off" : "scan.switch-on")}</Button>
  );
  return (
    <Card title={t("scan.title")} lead={t("scan.lead")} aside={button}>
      <div className={styles.scan}>
        <p className={styles.tags}>
          {data.enabled ? <Tag tone="amber">{t("scan.on")}</Tag> : <Tag>{t("scan.off")}</Tag>}
          {data.enabled && <Tag>{t("scan.covered", { n: data.indexed, of: data.passwords })}</Tag>}
        </p>
        {data.enabled && <Decided scan={data} />}
        {!data.possible && <p className={styles.quiet}>{t("scan.impossible")}</p>}
        {asking ? <SwitchForm scan={data} entries={entries} onClose={() => setAsking(false)} /> : null}
        {data.enabled && !asking && <Run run={data.run ?? null} />}
      </div>
    </Card>
  );
}

function Decided({ scan }: { scan: BlindScanView }) {
  if (!scan.decision) return null;
  const { by, at, reason } = scan.decision;
  return <p className={styles.quiet}>{t("scan.decided", { name: by ?? t("scan.no-name"), at: onMinute(at), reason: reason ?? "" })}</p>;
}

/** What it costs stands above the button that switches it on. */
function SwitchForm({ scan, entries, onClose }: { scan: BlindScanView; entries: number; onClose: () => void }) {
  const api = useApi();
  const queries = useQueryClient();
  const [reason, setReason] = useState("");
  const on = !scan.enabled;
  const save = useMutation({
    mutationFn: () => api.breachedPasswords.switchScan({ version: scan.version, enabled: on, ...(on ? { reason: reason.trim() } : {}) }),
    onSuccess: (now) => {
      queries.setQueryData(["blind-scan"], now);
      say(t(on ? "scan.is-on" : "scan.is-off"));
      onClose();
    },
  });
  const wrong = fieldProblem(save.error, "reason");
  const rate = scan.run?.entries_per_second;
  return (
    <form
      className={styles.scan}
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      {on ? (
        <>
          <Note tone="amber" title={t("scan.cost")}>
            <ul className={styles.list}>
              <li>{t("scan.cost-guessing")}</li>
              <li>{t("scan.cost-equal")}</li>
              <li>{rate ? t("scan.cost-core-known", { time: span(entries / rate) }) : t("scan.cost-core", { n: entries.toLocaleString() })}</li>
              <li>{t("scan.cost-backups")}</li>
            </ul>
          </Note>
          <p>{t("scan.then")}</p>
          <Textarea
            label={t("scan.reason")} description={t("scan.reason-hint")} required autosize minRows={2} maxLength={1000} value={reason} error={wrong} autoFocus
            onChange={(event) => setReason(event.target.value)}
          />
        </>
      ) : (
        <p>{tn("scan.off-means", scan.indexed)}</p>
      )}
      {!wrong && <ProblemNote error={save.error} />}
      <Buttons>
        <Button variant="default" autoFocus={!on} onClick={onClose}>{t("cancel")}</Button>
        <Button type="submit" loading={save.isPending} disabled={on && !reason.trim()}>{t(on ? "scan.do-on" : "scan.do-off")}</Button>
      </Buttons>
    </form>
  );
}

function Run({ run }: { run: BlindScanRunView | null }) {
  if (!run) return <p>{t("scan.none-yet")}</p>;
  const found = tn("scan.found", run.found);
  if (run.finished_at) {
    return <p>{tn("scan.finished", run.tested, { at: onMinute(run.finished_at) })} {found}</p>;
  }
  const part = run.entries > 0 ? Math.min(100, (run.entries_done / run.entries) * 100) : 0;
  const left = secondsLeft(run);
  return (
    <div className={styles.run}>
      <p>{tn("scan.running", run.tested)} {found}</p>
      <Progress.Root size="lg">
        <Progress.Section value={part} aria-label={t("scan.progress")} />
      </Progress.Root>
      <p className={`${styles.quiet} num`}>
        {t("scan.position", { n: run.entries_done.toLocaleString(), of: run.entries.toLocaleString(), part: Math.floor(part) })}
        {run.entries_per_second ? ` ${t("scan.speed", { n: run.entries_per_second.toLocaleString() })}` : ""}
        {left === null ? "" : ` ${t("scan.left", { time: span(left) })}`}
      </p>
    </div>
  );
}
