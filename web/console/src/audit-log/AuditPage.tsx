import { useState } from "react";
import { Button, Menu, Pill, TextInput } from "@mantine/core";
import { useInfiniteQuery, useMutation } from "@tanstack/react-query";
import type { AuditEntry } from "@wardesk/api";
import { useApi, useMay } from "../app/context";
import { useColleagues } from "../desk/queries";
import { t, tOr } from "../i18n";
import { DataTable, type Column } from "../ui/DataTable";
import { DownloadIcon, LogIcon, SearchIcon } from "../ui/icons";
import { ProblemNote } from "../ui/Note";
import { saveFile } from "../ui/save";
import { Ago, Empty, Page, PageHead, Tag } from "../ui/small";
import { sayProblem } from "../ui/toasts";
import { EntryDrawer } from "./EntryDrawer";
import { apiFilter, parseFilter, writeFilter } from "./filter";
import styles from "./AuditPage.module.css";

export function AuditPage() {
  const api = useApi();
  const mayExport = useMay()("audit.export");
  const colleagues = useColleagues();
  const [text, setText] = useState("");
  const [applied, setApplied] = useState("");
  const [open, setOpen] = useState<string | null>(null);
  const { terms, unknown } = parseFilter(applied);
  const filter = apiFilter(terms, (name) => colleagues.data?.items.find((one) => one.name.toLowerCase() === name.toLowerCase())?.id);
  const list = useInfiniteQuery({
    queryKey: ["audit", filter], queryFn: ({ pageParam }) => api.audit.list(filter, { after: pageParam }),
    initialPageParam: undefined as string | undefined, getNextPageParam: (page) => page.next ?? undefined,
  });
  const download = useMutation({
    mutationFn: async (format: "jsonl" | "csv") => saveFile(await api.audit.export(format, { ...(filter.from ? { from: filter.from } : {}), ...(filter.to ? { to: filter.to } : {}) }), `wardesk-audit.${format}`),
    onError: sayProblem,
  });
  const apply = (next: string) => (setText(next), setApplied(next));
  const names = new Map(colleagues.data?.items.map((one) => [one.id, one.name]));
  const rows = list.data?.pages.flatMap((page) => page.items);
  const columns: Column<AuditEntry>[] = [
    {
      key: "action", header: t("audit.action"), head: true,
      cell: (entry) => (
        <button type="button" className={styles.open} onClick={() => setOpen(entry.id)}>
          {tOr(`action.${entry.action}`, entry.action)}
        </button>
      ),
    },
    { key: "actor", header: t("audit.actor"), cell: (entry) => actorName(entry, names) },
    { key: "target", header: t("audit.target"), cell: (entry) => (entry.target ? <span className="mono" title={entry.target.id}>{short(entry.target.id)}</span> : "–") },
    { key: "outcome", header: t("audit.outcome"), cell: (entry) => (entry.outcome === "refused" ? <Tag tone="amber">{t("audit.refused")}</Tag> : t("audit.done")) },
    { key: "at", header: t("audit.at"), align: "end", cell: (entry) => <Ago time={entry.at} /> },
  ];
  return (
    <Page wide>
      <PageHead title={t("area.audit")} lead={t("audit.lead")}>
        {mayExport && (
          <Menu position="bottom-end">
            <Menu.Target>
              <Button variant="default" leftSection={<DownloadIcon size={16} />} loading={download.isPending}>
                {t("audit.export")}
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Label>{t(filter.from || filter.to ? "audit.export-range" : "audit.export-all")}</Menu.Label>
              <Menu.Item onClick={() => download.mutate("jsonl")}>{t("audit.jsonl")}</Menu.Item>
              <Menu.Item onClick={() => download.mutate("csv")}>{t("audit.csv")}</Menu.Item>
            </Menu.Dropdown>
          </Menu>
        )}
      </PageHead>
      <form
        role="search" className={styles.search}
        onSubmit={(event) => {
          event.preventDefault();
          setApplied(text);
        }}
      >
        <TextInput data-search className={styles.field} classNames={{ input: "mono" }} aria-label={t("audit.filter")} placeholder={t("audit.filter-example")} leftSection={<SearchIcon size={15} />} spellCheck={false} autoComplete="off" value={text} onChange={(event) => setText(event.target.value)} />
        <Button type="submit" variant="default">
          {t("audit.apply")}
        </Button>
      </form>
      <div className={styles.chips}>
        {terms.map((term) => (
          <Pill key={term.name} withRemoveButton removeButtonProps={{ "aria-label": t("audit.drop", { term: `${term.name}:${term.value}` }), "aria-hidden": false, tabIndex: 0 }} onRemove={() => apply(writeFilter(terms.filter((one) => one !== term)))}>
            {term.name}: {term.value}
          </Pill>
        ))}
        {unknown.length > 0 && <span role="alert">{t("audit.unknown", { words: unknown.join(" ") })}</span>}
        {terms.length === 0 && unknown.length === 0 && (
          <>
            <span>{t("audit.quick")}</span>
            {quick().map(([name, value]) => (
              <button key={name} type="button" className={styles.quick} onClick={() => apply(value)}>
                {name}
              </button>
            ))}
          </>
        )}
      </div>
      <ProblemNote error={rows ? null : list.error} />
      {rows?.length === 0 ? (
        <Empty icon={<LogIcon size={24} stroke={1.5} />} title={t("audit.empty")} text={t("audit.empty-text")} action={terms.length > 0 && <Button variant="default" onClick={() => apply("")}>{t("audit.clear")}</Button>} />
      ) : (
        !list.error && <DataTable name="audit" label={t("area.audit")} columns={columns} rows={rows} id={(entry) => entry.id} onOpen={(entry) => setOpen(entry.id)} />
      )}
      {list.hasNextPage && (
        <Button variant="subtle" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          {t("more")}
        </Button>
      )}
      <EntryDrawer id={open} names={names} onClose={() => setOpen(null)} onFilter={(name, value) => (setOpen(null), apply(writeFilter([...terms.filter((term) => term.name !== name), { name, value }])))} />
    </Page>
  );
}

export function actorName(entry: AuditEntry, names: Map<string, string>): string {
  return names.get(entry.actor.id) ?? (entry.actor.kind === "staff" ? short(entry.actor.id) : tOr(`actor.${entry.actor.kind}`, entry.actor.kind));
}

const short = (id: string) => (id.length > 14 ? `${id.slice(0, 4)}…${id.slice(-6)}` : id);

function quick(): [string, string][] {
  const today = new Date();
  const local = `${today.getFullYear()}-${String(today.getMonth() + 1).padStart(2, "0")}-${String(today.getDate()).padStart(2, "0")}`;
  return [[t("audit.quick-today"), `from:${local}`], [t("audit.quick-revealed"), "action:customer.revealed"]];
}

