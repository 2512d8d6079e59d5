import { useRef, useState } from "react";
import { Button, Progress } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Import, ImportProblem } from "@wardesk/api";
import { useApi } from "../app/context";
import { t, tn } from "../i18n";
import { DataTable } from "../ui/DataTable";
import { BackIcon, UploadIcon } from "../ui/icons";
import { Note, ProblemNote } from "../ui/Note";
import { Card, Page, PageHead } from "../ui/small";
import styles from "./Customers.module.css";

const LARGEST = 50 * 1024 * 1024;
const EXAMPLE = "name,mail,phone,address,external_id,notes,tags\nAda Lovell,ada@example.org,+49 30 1234567,,C-1001,Prefers mail,vip;north";

export function ImportPage() {
  const api = useApi();
  const queries = useQueryClient();
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const [tooLarge, setTooLarge] = useState(false);
  const start = useMutation({ mutationFn: (file: File) => api.customers.startImport(file) });
  const started = start.data;
  const progress = useQuery({
    queryKey: ["import", started?.id],
    queryFn: async () => {
      const now = await api.customers.import(started!.id);
      if (now.state !== "running") void queries.invalidateQueries({ queryKey: ["customers"] });
      return now;
    },
    enabled: started !== undefined,
    initialData: started,
    refetchInterval: (query) => (query.state.data?.state === "running" ? 700 : false),
  });
  const take = (file: File | undefined) => {
    if (!file) return;
    setTooLarge(file.size > LARGEST);
    if (file.size <= LARGEST) start.mutate(file);
  };
  return (
    <Page>
      <div>
        <Button variant="subtle" color="gray" size="compact-sm" leftSection={<BackIcon size={16} />} component={Link} {...{ to: "/customers" }}>
          {t("area.customers")}
        </Button>
      </div>
      <PageHead title={t("import.title")} lead={t("import.lead")} />
      {started ? (
        <Running job={progress.data ?? started} error={progress.error} onAgain={() => start.reset()} />
      ) : (
        <>
          <div
            className={styles.drop} data-over={over}
            onDragOver={(event) => (event.preventDefault(), setOver(true))} onDragLeave={() => setOver(false)}
            onDrop={(event) => (event.preventDefault(), setOver(false), take(event.dataTransfer.files[0]))}
          >
            <UploadIcon size={26} stroke={1.5} aria-hidden />
            <p>{t("import.drop")}</p>
            <Button loading={start.isPending} onClick={() => input.current?.click()}>
              {t("import.choose")}
            </Button>
            <input ref={input} type="file" accept=".csv,text/csv" hidden aria-label={t("import.file")} onChange={(event) => (take(event.target.files?.[0]), (event.target.value = ""))} />
            <small>{t("import.limit")}</small>
          </div>
          {tooLarge && <Note tone="red">{t("import.too-large")}</Note>}
          <ProblemNote error={start.error} />
          <Card title={t("import.format")} lead={t("import.format-lead")}>
            <pre className={`${styles.example} mono`}>{EXAMPLE}</pre>
          </Card>
        </>
      )}
    </Page>
  );
}

function Running({ job, error, onAgain }: { job: Import; error: unknown; onAgain: () => void }) {
  const part = job.state === "done" ? 100 : job.total_bytes > 0 ? (100 * job.read_bytes) / job.total_bytes : 0;
  return (
    <Card
      title={t(`import.${job.state}`)} lead={t(`import.${job.state}-lead`)}
      aside={job.state !== "running" && <Button variant="default" onClick={onAgain}>{t("import.again")}</Button>}
    >
      <Progress.Root size="lg">
        <Progress.Section value={part} aria-label={t("import.progress")} />
      </Progress.Root>
      <div className={`${styles.figures} num`} role="status">
        <div><b>{job.rows.toLocaleString("en")}</b><span>{t("import.rows")}</span></div>
        <div><b>{job.imported.toLocaleString("en")}</b><span>{t("import.imported")}</span></div>
        <div><b>{job.rejected.toLocaleString("en")}</b><span>{t("import.rejected")}</span></div>
      </div>
      <ProblemNote error={error} />
      {job.problems.length > 0 && (
        <>
          <p>{job.rejected > job.problems.length ? tn("import.first", job.problems.length) : t("import.mend")}</p>
          <DataTable<ImportProblem>
            name="import-problems" label={t("import.problems")} rows={job.problems} id={(problem) => `${problem.line} ${problem.reason}`}
            columns={[
              { key: "line", header: t("import.line"), head: true, sort: (problem) => problem.line, cell: (problem) => <span className="num">{problem.line}</span> },
              { key: "reason", header: t("import.reason"), sort: (problem) => problem.reason, cell: (problem) => problem.reason },
            ]}
          />
        </>
      )}
    </Card>
  );
}
