import { useState } from "react";
import { Button, Skeleton, UnstyledButton } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import type { ReProofing, ReProofingState } from "@wardesk/api";
import { useApi } from "../app/context";
import { t } from "../i18n";
import { DataTable, type Column } from "../ui/DataTable";
import { ShieldIcon } from "../ui/icons";
import { ProblemNote } from "../ui/Note";
import { Ago, Empty, Page, PageHead, Tag } from "../ui/small";
import { CaseDrawer } from "./CaseDrawer";
import { ProcedureDialog } from "./ProcedureDialog";
import styles from "./Recovery.module.css";
import { Waits } from "./Waits";

/** Who lost all factors, and how far it is. */
export function RecoveryPage() {
  const api = useApi();
  const [opened, setOpened] = useState<string | null>(null);
  const [asking, setAsking] = useState(false);
  const list = useInfiniteQuery({
    queryKey: ["recovery"], queryFn: ({ pageParam }) => api.recovery.list({ after: pageParam }), refetchInterval: 60_000,
    initialPageParam: undefined as string | undefined, getNextPageParam: (page) => page.next ?? undefined,
  });
  const rows = list.data?.pages.flatMap((page) => page.items);
  const shown = rows?.find((row) => row.id === opened);
  const start = (
    <Button onClick={() => setAsking(true)}>{t("recovery.start")}</Button>
  );
  return (
    <Page wide>
      <PageHead title={t("area.recovery")} lead={t("recovery.lead")}>
        {rows && rows.length > 0 && start}
      </PageHead>
      <ProblemNote error={rows ? null : list.error} />
      {!rows && !list.error && <Skeleton height={240} />}
      {rows?.length === 0 && <Empty icon={<ShieldIcon size={24} stroke={1.5} />} title={t("recovery.empty")} text={t("recovery.empty-text")} action={start} />}
      {rows && rows.length > 0 && <DataTable name="recovery" label={t("area.recovery")} columns={columns(setOpened)} rows={rows} id={(row) => row.id} onOpen={(row) => setOpened(row.id)} />}
      {list.hasNextPage && <Button variant="subtle" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>{t("more")}</Button>}
      <Waits />
      {shown && <CaseDrawer found={shown} onClose={() => setOpened(null)} />}
      {asking && <ProcedureDialog onClose={() => setAsking(false)} />}
    </Page>
  );
}

export const TONES: Record<ReProofingState, "plain" | "good" | "amber" | "red"> = { requested: "amber", approved: "amber", waiting: "amber", ready: "amber", used: "good", refused: "red", withdrawn: "plain", expired: "plain" };

function columns(open: (id: string) => void): Column<ReProofing>[] {
  return [
    { key: "person", header: t("recovery.person"), head: true, sort: (row) => row.staff.name, cell: (row) => <UnstyledButton className={styles.name} aria-label={t("recovery.open", { name: row.staff.name })} onClick={() => open(row.id)}>{row.staff.name}</UnstyledButton> },
    { key: "state", header: t("recovery.state"), sort: (row) => row.state, cell: (row) => <Tag tone={TONES[row.state]}>{t(`recovery.state.${row.state}`)}</Tag> },
    { key: "checked", header: t("recovery.checked"), cell: (row) => row.verified_by?.name ?? t("recovery.nobody-yet") },
    { key: "approved", header: t("recovery.approved-by"), cell: (row) => row.approved_by.map((somebody) => somebody.name).join(", ") || t("recovery.nobody-yet") },
    { key: "asked", header: t("recovery.asked"), align: "end", sort: (row) => row.requested_at, cell: (row) => <Ago time={row.requested_at} /> },
  ];
}
