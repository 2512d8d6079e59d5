import { useQuery } from "@tanstack/react-query";
import type { DirectoryRequest } from "@wardesk/api";
import { useApi } from "../app/context";
import { t } from "../i18n";
import { DataTable, type Column } from "../ui/DataTable";
import { StaffIcon } from "../ui/icons";
import { ProblemNote } from "../ui/Note";
import { Ago, Card, Empty, Tag } from "../ui/small";
import styles from "./ProvisioningPage.module.css";

/** What the directory changed lately, and what was refused and why. */
export function Requests() {
  const api = useApi();
  const { data, error } = useQuery({ queryKey: ["provisioning", "requests"], queryFn: () => api.provisioning.requests(), refetchInterval: 10_000 });
  return (
    <Card title={t("directory.requests")} lead={t("directory.requests-lead")}>
      <ProblemNote error={data ? null : error} />
      {data?.items.length === 0 ? (
        <Empty icon={<StaffIcon size={24} stroke={1.5} />} title={t("directory.no-requests")} text={t("directory.no-requests-text")} />
      ) : (
        <DataTable name="directory-requests" label={t("directory.requests")} columns={columns()} rows={data?.items} id={(request) => request.id} />
      )}
    </Card>
  );
}

function columns(): Column<DirectoryRequest>[] {
  const refused = (request: DirectoryRequest) => request.status >= 400;
  return [
    { key: "at", header: t("directory.at"), cell: (request) => <span className={styles.short}><Ago time={request.at} /></span>, sort: (request) => request.at, head: true },
    { key: "result", header: t("directory.result"), cell: (request) => (refused(request) ? <Tag tone="red">{t("directory.refused", { status: request.status })}</Tag> : <Tag tone="good">{t("directory.done")}</Tag>), sort: (request) => request.status },
    { key: "what", header: t("directory.what"), cell: (request) => request.what },
    { key: "about", header: t("directory.about"), cell: (request) => <span className={styles.short}>{request.method} {request.resource} {request.target && <span className="mono" title={request.target}>…{request.target.slice(-6)}</span>}</span> },
    { key: "token", header: t("directory.by"), cell: (request) => request.token },
  ];
}
