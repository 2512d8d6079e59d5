import { useState } from "react";
import { Button, Select, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import type { CustomerSummary, SearchKind } from "@wardesk/api";
import { shownName } from "./name";
import { useApi, useMay } from "../app/context";
import { fieldProblem } from "../app/problems";
import { t } from "../i18n";
import { useCommands } from "../keyboard/commands";
import { DataTable, type Column } from "../ui/DataTable";
import { CustomersIcon, PlusIcon, SearchIcon, UploadIcon } from "../ui/icons";
import { ProblemNote } from "../ui/Note";
import { Ago, Empty, Page, PageHead, Tag, Verified } from "../ui/small";
import { CustomerDialog } from "./CustomerDialog";
import { useCustomerList } from "./queries";
import styles from "./Customers.module.css";

const KINDS: SearchKind[] = ["mail", "phone", "external_id"];

export function Customers() {
  const api = useApi();
  const may = useMay();
  const navigate = useNavigate();
  const [kind, setKind] = useState<SearchKind>("mail");
  const [value, setValue] = useState("");
  const [creating, setCreating] = useState(false);
  const list = useCustomerList();
  const search = useMutation({ mutationFn: () => api.customers.search(kind, value.trim()) });
  const open = (row: CustomerSummary) => void navigate({ to: "/customers/$customer", params: { customer: row.id } });
  const all = list.data?.pages.flatMap((page) => page.items);
  const found = search.data?.items;
  const mayImport = may("customer.import");
  useCommands([
    ...(may("customer.edit") ? [{ id: "customer:new", title: t("customers.new"), section: "palette.do" as const, run: () => setCreating(true) }] : []),
    ...(mayImport ? [{ id: "customer:import", title: t("customers.import"), section: "palette.do" as const, run: () => void navigate({ to: "/customers/import" }) }] : []),
    ...(all ?? []).slice(0, 60).map((row) => ({ id: row.id, title: shownName(row), section: "palette.customers" as const, run: () => open(row) })),
  ]);
  const actions = (
    <>
      {mayImport && (
        <Button variant="default" leftSection={<UploadIcon size={16} />} component={Link} {...{ to: "/customers/import" }}>
          {t("customers.import")}
        </Button>
      )}
      {may("customer.edit") && (
        <Button leftSection={<PlusIcon size={16} />} onClick={() => setCreating(true)}>
          {t("customers.new")}
        </Button>
      )}
    </>
  );
  return (
    <Page wide>
      <PageHead title={t("area.customers")} lead={t("customers.lead")}>
        {actions}
      </PageHead>
      <form
        className={styles.search} role="search"
        onSubmit={(event) => {
          event.preventDefault();
          search.mutate();
        }}
      >
        <Select aria-label={t("customers.search-by")} w={150} allowDeselect={false} data={KINDS.map((one) => ({ value: one, label: t(`field.${one}`) }))} value={kind} onChange={(next) => next && setKind(next as SearchKind)} />
        <TextInput className={styles.value} data-search aria-label={t("customers.search-value")} placeholder={t(`customers.search-${kind}`)} leftSection={<SearchIcon size={15} />} autoComplete="off" value={value} error={fieldProblem(search.error, "value")} onChange={(event) => (setValue(event.target.value), search.reset())} />
        <Button type="submit" variant="default" loading={search.isPending} disabled={!value.trim()}>
          {t("customers.search")}
        </Button>
      </form>
      <p className={styles.how}>{t("customers.search-how")}</p>
      {!fieldProblem(search.error, "value") && <ProblemNote error={search.error} />}
      <ProblemNote error={all ? null : list.error} action={<Button size="xs" variant="default" onClick={() => void list.refetch()}>{t("try-again")}</Button>} />
      {found && found.length === 0 && <Empty icon={<SearchIcon size={24} stroke={1.5} />} title={t("customers.none-found")} text={t("customers.none-found-text")} action={<Button variant="default" onClick={() => (setValue(""), search.reset())}>{t("customers.show-all")}</Button>} />}
      {found && found.length > 0 && <DataTable name="customers" label={t("customers.found")} columns={columns()} rows={found} id={(row) => row.id} onOpen={open} />}
      {!found && all?.length === 0 && <Empty icon={<CustomersIcon size={24} stroke={1.5} />} title={t("customers.empty")} text={t("customers.empty-text")} />}
      {!found && !list.error && all?.length !== 0 && <DataTable name="customers" label={t("area.customers")} columns={columns()} rows={all} id={(row) => row.id} onOpen={open} />}
      {!found && list.hasNextPage && (
        <Button variant="subtle" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          {t("more")}
        </Button>
      )}
      <CustomerDialog open={creating} onClose={() => setCreating(false)} onSaved={(customer) => void navigate({ to: "/customers/$customer", params: { customer: customer.id } })} />
    </Page>
  );
}

function columns(): Column<CustomerSummary>[] {
  return [
    {
      key: "name", header: t("customers.name"), head: true, sort: shownName,
      cell: (row) => (
        <span className={styles.name}>
          <Link to="/customers/$customer" params={{ customer: row.id }}>{shownName(row)}</Link> {row.verified && <Verified verified />}
        </span>
      ),
    },
    { key: "tags", header: t("customer.tags"), cell: (row) => (row.tags.length > 0 ? <span className={styles.tags}>{row.tags.map((tag) => <Tag key={tag}>{tag}</Tag>)}</span> : null) },
    { key: "conversations", header: t("customers.conversations"), align: "end", sort: (row) => row.conversations, cell: (row) => <span className="num">{row.conversations}</span> },
    { key: "created", header: t("customers.since"), align: "end", sort: (row) => row.created_at, cell: (row) => <Ago time={row.created_at} /> },
  ];
}
