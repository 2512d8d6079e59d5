import { useState } from "react";
import { ActionIcon, Button, Menu, SegmentedControl, TextInput, UnstyledButton } from "@mantine/core";
import { Link, useNavigate } from "@tanstack/react-router";
import type { VaultEntry, VaultFolder } from "@wardesk/crypto/messenger";
import { useMay } from "../app/context";
import { onDate, t, tn } from "../i18n";
import { useCommands } from "../keyboard/commands";
import { DataTable, type Column } from "../ui/DataTable";
import { BackIcon, DotsIcon, KeyIcon, LockIcon, PlusIcon } from "../ui/icons";
import { Note, ProblemNote } from "../ui/Note";
import { Ago, Confirm, Empty, Tag } from "../ui/small";
import { asTime, today } from "./days";
import { EntryDrawer } from "./EntryDrawer";
import { NewEntry } from "./EntryForm";
import { ImportDialog } from "./ImportDialog";
import { OpenAllDialog } from "./OpenAllDialog";
import { useEntries, useNames, useVaultAct } from "./queries";
import { ShareDialog } from "./ShareDialog";
import styles from "./Vault.module.css";

type Show = "all" | "due" | "rotate";

/** One folder: its entries, what is wrong with it, and what one may do in it. */
export function FolderPane({ folder }: { folder: VaultFolder }) {
  const navigate = useNavigate();
  const names = useNames();
  const entries = useEntries(folder.id, folder.state === "open");
  const [wanted, setWanted] = useState("");
  const [show, setShow] = useState<Show>("all");
  const [opened, setOpened] = useState<string | null>(null);
  const [asks, setAsks] = useState<"add" | "import" | "check" | "export" | "share" | "delete" | null>(null);
  const remove = useVaultAct((vault, id: string) => vault.removeFolder(id), () => void navigate({ to: "/vault" }));
  const may = useMay();
  const opensAll = folder.role === "share" && folder.state === "open" && may("team_vault.open_all");
  const changes = folder.role !== "use" && folder.state === "open";
  useCommands(changes ? [{ id: "vault-entry", title: t("vault.add"), section: "palette.do", key: "n", run: () => setAsks("add") }] : []);
  const rows = entries.data?.filter((entry) => fits(entry, wanted, show));
  const chosen = entries.data?.find((entry) => entry.id === opened);
  const add = changes && (
    <Button leftSection={<PlusIcon size={16} />} onClick={() => setAsks("add")}>
      {t("vault.add")}
    </Button>
  );
  return (
    <>
      <header className={styles.head}>
        <ActionIcon component={Link} {...{ to: "/vault" }} className={styles.back} variant="subtle" color="gray" aria-label={t("vault.all-folders")}>
          <BackIcon size={18} />
        </ActionIcon>
        <div className={styles.title}>
          <h1>{folder.name ?? t(`vault.unnamed-${folder.state === "refused" ? "refused" : "waiting"}`)}</h1>
          <p>{folder.members.map((member) => member.name).join(", ")}</p>
        </div>
        {add}
        {folder.role === "share" && folder.state === "open" && (
          <Button variant="default" onClick={() => setAsks("share")}>
            {t("vault.share")}
          </Button>
        )}
        {(changes || folder.role === "share") && (
          <Menu position="bottom-end">
            <Menu.Target>
              <ActionIcon variant="subtle" color="gray" aria-label={t("vault.more")}>
                <DotsIcon size={18} />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              {changes && <Menu.Item disabled={!entries.data} onClick={() => setAsks("import")}>{t("vault.import")}</Menu.Item>}
              {opensAll && <Menu.Item disabled={!entries.data?.length} onClick={() => setAsks("check")}>{t("vault.check")}</Menu.Item>}
              {opensAll && <Menu.Item disabled={!entries.data?.length} onClick={() => setAsks("export")}>{t("vault.export")}</Menu.Item>}
              {folder.role === "share" && <Menu.Item color="red" onClick={() => setAsks("delete")}>{t("vault.delete-folder")}</Menu.Item>}
            </Menu.Dropdown>
          </Menu>
        )}
      </header>
      <div className={styles.body}>
        {folder.state === "waiting" && <Empty icon={<LockIcon size={24} stroke={1.5} />} title={t("vault.waiting")} text={t("vault.waiting-text")} />}
        {folder.state === "refused" && <Note tone="red" title={t("vault.refused")}>{t("vault.refused-text")}</Note>}
        {folder.rekey && folder.state === "open" && <Note tone="amber" title={t("vault.rekey")}>{t(folder.role === "use" ? "vault.rekey-use" : "vault.rekey-text")}</Note>}
        {folder.rotate > 0 && <Note tone="amber" title={tn("vault.rotate-note", folder.rotate)} action={show === "rotate" ? undefined : <Button size="xs" variant="default" onClick={() => setShow("rotate")}>{t("vault.show-rotate")}</Button>}>{t("vault.rotate-text")}</Note>}
        <ProblemNote error={entries.data ? null : entries.error} />
        {entries.data?.length === 0 && <Empty icon={<KeyIcon size={24} stroke={1.5} />} title={t("vault.no-entries")} text={t(changes ? "vault.no-entries-text" : "vault.no-entries-use")} action={add || undefined} />}
        {entries.data && entries.data.length > 0 && (
          <>
            <div className={styles.filter}>
              <TextInput aria-label={t("vault.search")} placeholder={t("vault.search")} value={wanted} onChange={(event) => setWanted(event.target.value)} />
              <SegmentedControl aria-label={t("vault.which")} size="xs" value={show} onChange={(value) => setShow(value as Show)} data={(["all", "due", "rotate"] as const).map((value) => ({ value, label: t(`vault.show.${value}`) }))} />
            </div>
            {rows?.length === 0 ? <p className={styles.none}>{t("vault.none-found")}</p> : <DataTable name="vault" label={t("vault.list")} columns={columns(names, setOpened)} rows={rows} id={(row) => row.id} onOpen={(row) => setOpened(row.id)} />}
          </>
        )}
      </div>
      {chosen && <EntryDrawer key={chosen.id} folder={folder} entry={chosen} onClose={() => setOpened(null)} />}
      {asks === "add" && <NewEntry folder={folder} onClose={() => setAsks(null)} />}
      {asks === "import" && entries.data && <ImportDialog folder={folder} present={entries.data} onClose={() => setAsks(null)} />}
      {(asks === "check" || asks === "export") && entries.data && <OpenAllDialog folder={folder} entries={entries.data} purpose={asks} onClose={() => setAsks(null)} />}
      {asks === "share" && <ShareDialog folder={folder} onClose={() => setAsks(null)} />}
      <Confirm open={asks === "delete"} title={t("vault.delete-title", { name: folder.name ?? "" })} text={tn("vault.delete-text", folder.entries)} action={t("vault.delete-folder")} busy={remove.isPending} onConfirm={() => remove.mutate(folder.id)} onClose={() => setAsks(null)}>
        <ProblemNote error={remove.error} />
      </Confirm>
    </>
  );
}

export const isDue = (entry: VaultEntry) => entry.dueOn !== null && entry.dueOn <= today();

function fits(entry: VaultEntry, wanted: string, show: Show): boolean {
  if (show === "due" ? !isDue(entry) : show === "rotate" && !entry.rotate) return false;
  const text = wanted.trim().toLowerCase();
  return text === "" || (entry.list !== null && [entry.list.title, entry.list.login, entry.list.url].some((part) => part.toLowerCase().includes(text)));
}

function columns(names: (staff: string) => string, open: (id: string) => void): Column<VaultEntry>[] {
  const title = (row: VaultEntry) => row.list?.title ?? t("vault.unreadable");
  return [
    { key: "title", header: t("vault.title"), head: true, sort: title, cell: (row) => <UnstyledButton className={styles.name} onClick={() => open(row.id)}>{title(row)}</UnstyledButton> },
    { key: "login", header: t("vault.login"), sort: (row) => row.list?.login ?? "", cell: (row) => row.list?.login || "–" },
    { key: "state", header: t("vault.state"), cell: (row) => (row.rotate ? <Tag tone="red">{t("vault.tag-rotate")}</Tag> : isDue(row) ? <Tag tone="amber">{t("vault.tag-due")}</Tag> : row.dueOn === null ? "–" : t("vault.due-on", { day: onDate(asTime(row.dueOn)) })) },
    { key: "used", header: t("vault.last-used"), align: "end", sort: (row) => row.lastUsedAt ?? "", cell: (row) => (row.lastUsedAt ? <span>{names(row.lastUsedBy ?? "")}, <Ago time={row.lastUsedAt} /></span> : t("vault.never-used")) },
  ];
}
