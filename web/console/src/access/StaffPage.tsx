import { useState } from "react";
import { ActionIcon, Button, Menu, Select, TextInput } from "@mantine/core";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { Staff } from "@wardesk/api";
import { useApi, useMay, useMe } from "../app/context";
import { t } from "../i18n";
import { DataTable, type Column } from "../ui/DataTable";
import { DotsIcon, PlusIcon, SearchIcon, StaffIcon } from "../ui/icons";
import { Initials } from "../ui/Initials";
import { ProblemNote } from "../ui/Note";
import { Ago, Confirm, Empty, Page, PageHead, Tag } from "../ui/small";
import { say, sayProblem } from "../ui/toasts";
import { FACTOR_ICONS } from "../identity/factors";
import { BrowsersDialog } from "./BrowsersDialog";
import { EnableDialog } from "./EnableDialog";
import { InviteDialog } from "./InviteDialog";
import { RightsDialog } from "./RightsDialog";
import { SignOutEverybody } from "./SignOutEverybody";
import { roleNames } from "./roles";
import styles from "./StaffPage.module.css";

export function StaffPage() {
  const api = useApi();
  const may = useMay();
  const queries = useQueryClient();
  const [inviting, setInviting] = useState(false);
  const [editing, setEditing] = useState<{ staff: Staff; what: "roles" | "teams" } | null>(null);
  const [disabling, setDisabling] = useState<Staff | null>(null);
  const [enabling, setEnabling] = useState<Staff | null>(null);
  const [browsing, setBrowsing] = useState<Staff | null>(null);
  const [wanted, setWanted] = useState("");
  const [state, setState] = useState<string | null>(null);
  const list = useInfiniteQuery({
    queryKey: ["staff"], queryFn: ({ pageParam }) => api.staff.list({ after: pageParam, limit: 200 }),
    initialPageParam: undefined as string | undefined, getNextPageParam: (page) => page.next ?? undefined,
  });
  const teams = useQuery({ queryKey: ["teams"], queryFn: () => api.staff.teams() });
  const disable = useMutation({
    mutationFn: (person: Staff) => api.staff.disable(person.id),
    onSuccess: (person) => (setDisabling(null), say(t("staff.disabled-done", { name: person.name })), void queries.invalidateQueries({ queryKey: ["staff"] })),
    onError: sayProblem,
  });
  const all = list.data?.pages.flatMap((page) => page.items);
  const shown = all?.filter((one) => (!state || one.state === state) && `${one.name} ${one.login}`.toLowerCase().includes(wanted.trim().toLowerCase()));
  const teamNames = new Map(teams.data?.items.map((team) => [team.id, team.name]));
  const columns: Column<Staff>[] = [
    {
      key: "name", header: t("staff.name"), head: true, sort: (one) => one.name,
      cell: (one) => (
        <span className={styles.person}>
          <Initials name={one.name} size={32} />
          <span>
            {one.name}
            <small>
              {one.login}
              {one.state === "active" && <> · {t(one.reachable ? "staff.reachable" : "staff.not-reachable")}</>}
            </small>
          </span>
        </span>
      ),
    },
    { key: "state", header: t("staff.state"), sort: (one) => one.state, cell: (one) => <Tag tone={({ active: "good", invited: "amber", disabled: "plain" } as const)[one.state]}>{t(`staff.${one.state}`)}</Tag> },
    { key: "roles", header: t("staff.roles"), sort: (one) => roleNames(one.roles), cell: (one) => roleNames(one.roles) },
    { key: "teams", header: t("staff.teams"), cell: (one) => one.teams.map((team) => teamNames.get(team) ?? team).join(", ") || "–" },
    { key: "factors", header: t("staff.factors"), sort: (one) => one.factors.length, cell: (one) => <Factors staff={one} /> },
    { key: "seen", header: t("staff.last"), sort: (one) => one.last_sign_in_at ?? "", cell: (one) => (one.last_sign_in_at ? <Ago time={one.last_sign_in_at} /> : t("never")) },
    { key: "actions", header: "", align: "end", cell: (one) => <RowMenu staff={one} onEdit={(what) => setEditing({ staff: one, what })} onDisable={() => setDisabling(one)} onEnable={() => setEnabling(one)} onBrowsers={() => setBrowsing(one)} /> },
  ];
  return (
    <Page wide>
      <PageHead title={t("area.staff")} lead={t("staff.lead")}>
        {may("staff.disable") && <SignOutEverybody />}
        {may("staff.invite") && (
          <Button leftSection={<PlusIcon size={16} />} onClick={() => setInviting(true)}>
            {t("staff.invite")}
          </Button>
        )}
      </PageHead>
      <div className={styles.filters}>
        <TextInput data-search className={styles.find} aria-label={t("staff.find")} placeholder={t("staff.find")} leftSection={<SearchIcon size={15} />} value={wanted} onChange={(event) => setWanted(event.target.value)} />
        <Select aria-label={t("staff.state")} placeholder={t("staff.every-state")} clearable w={160} data={(["active", "invited", "disabled"] as const).map((one) => ({ value: one, label: t(`staff.${one}`) }))} value={state} onChange={setState} />
      </div>
      <ProblemNote error={all ? null : list.error} />
      {shown?.length === 0 ? <Empty icon={<StaffIcon size={24} stroke={1.5} />} title={t("staff.empty")} text={t("staff.empty-text")} /> : !list.error && <DataTable name="staff" label={t("area.staff")} columns={columns} rows={shown} id={(one) => one.id} />}
      {list.hasNextPage && (
        <Button variant="subtle" onClick={() => void list.fetchNextPage()} loading={list.isFetchingNextPage}>
          {t("more")}
        </Button>
      )}
      <InviteDialog open={inviting} teams={teams.data?.items ?? []} onClose={() => setInviting(false)} />
      {enabling && <EnableDialog key={enabling.id} staff={enabling} teams={teams.data?.items ?? []} onClose={() => setEnabling(null)} />}
      {browsing && <BrowsersDialog key={browsing.id} staff={browsing} onClose={() => setBrowsing(null)} />}
      {editing && <RightsDialog key={editing.staff.id + editing.what} {...editing} teams={teams.data?.items ?? []} onClose={() => setEditing(null)} />}
      <Confirm
        open={disabling !== null} title={t("staff.disable-title", { name: disabling?.name ?? "" })} text={t("staff.disable-text")} action={t("staff.disable")}
        busy={disable.isPending} onClose={() => setDisabling(null)} onConfirm={() => disabling && disable.mutate(disabling)}
      />
    </Page>
  );
}

function Factors({ staff }: { staff: Staff }) {
  const strong = staff.factors.filter((kind) => kind !== "recovery");
  if (strong.length === 0) return <Tag tone={staff.state === "invited" ? "plain" : "amber"}>{t(staff.state === "invited" ? "staff.no-factor-yet" : "staff.no-factor")}</Tag>;
  return (
    <span className={styles.factors}>
      {[...new Set(strong)].map((kind) => {
        const Icon = FACTOR_ICONS[kind];
        return (
          <span key={kind}>
            <Icon size={15} stroke={1.6} aria-hidden /> {t(`factor.${kind}-short`)}
          </span>
        );
      })}
    </span>
  );
}

function RowMenu({ staff, onEdit, onDisable, onEnable, onBrowsers }: { staff: Staff; onEdit: (what: "roles" | "teams") => void; onDisable: () => void; onEnable: () => void; onBrowsers: () => void }) {
  const may = useMay();
  const me = useMe();
  const back = staff.state === "disabled" && may("staff.disable") && may("staff.invite");
  const items = staff.state === "disabled" ? [back && <Menu.Item key="enable" onClick={onEnable}>{t("staff.enable")}</Menu.Item>].filter(Boolean) : [
    may("roles.assign") && <Menu.Item key="roles" onClick={() => onEdit("roles")}>{t("staff.change-roles")}</Menu.Item>,
    may("teams.manage") && <Menu.Item key="teams" onClick={() => onEdit("teams")}>{t("staff.change-teams")}</Menu.Item>,
    may("staff.disable") && staff.state === "active" && <Menu.Item key="browsers" onClick={onBrowsers}>{t("staff.browsers")}</Menu.Item>,
    may("staff.disable") && staff.id !== me.id && <Menu.Item key="disable" color="var(--red)" onClick={onDisable}>{t("staff.disable")}</Menu.Item>,
  ].filter(Boolean);
  if (items.length === 0) return null;
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={t("staff.more", { name: staff.name })}>
          <DotsIcon size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>{items}</Menu.Dropdown>
    </Menu>
  );
}
