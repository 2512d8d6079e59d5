import { useEffect, useState } from "react";
import { Button, Drawer } from "@mantine/core";
import type { VaultEntry, VaultFolder } from "@wardesk/crypto/messenger";
import { onDate, t } from "../i18n";
import { EyeIcon, EyeOffIcon } from "../ui/icons";
import { Note, ProblemNote } from "../ui/Note";
import { Ago, Buttons, Confirm, CopyValue, Fact } from "../ui/small";
import { say } from "../ui/toasts";
import { BreachedNote } from "./BreachedNote";
import { useBreached } from "./breaches";
import { copySecret } from "./clipboard";
import { asTime } from "./days";
import { ChangeEntry } from "./EntryForm";
import { isDue } from "./FolderPane";
import { useHistory, useNames, useVaultAct } from "./queries";
import styles from "./Vault.module.css";

type Shown = { version: number; secret: string; notes: string };
/** How long a secret stands on the screen. */
const SHOWN_MS = 60_000;

/** One entry: its log-in, its secret on request, who used it and when. */
export function EntryDrawer({ folder, entry, onClose }: { folder: VaultFolder; entry: VaultEntry; onClose: () => void }) {
  const names = useNames();
  const [shown, setShown] = useState<Shown | null>(null);
  const [asks, setAsks] = useState<"change" | "delete" | null>(null);
  const open = useVaultAct(async (vault, version: number | null) => {
    const opened = await vault.open(folder.id, entry.id, version);
    return { version: opened.version, ...opened.secret };
  });
  const remove = useVaultAct((vault, id: string) => vault.remove(id), () => (onClose(), say(t("vault.deleted"))));
  useEffect(() => {
    if (!shown) return;
    const timer = setTimeout(() => setShown(null), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [shown]);
  const breached = useBreached(shown?.secret ?? "");
  const show = (version: number | null) => open.mutate(version, { onSuccess: setShown });
  const copy = () => (shown && shown.version === entry.version ? void copySecret(shown.secret) : open.mutate(null, { onSuccess: ({ secret }) => void copySecret(secret) }));
  const { list } = entry;
  const changes = folder.role !== "use";
  if (asks === "change" && list) return <ChangeEntry folder={folder} entry={entry} list={list} onClose={() => setAsks(null)} />;
  return (
    <>
      <Drawer opened={asks === null} onClose={onClose} position="right" closeButtonProps={{ "aria-label": t("close") }} title={list?.title ?? t("vault.unreadable")}>
        <div className={styles.stack}>
          {!list && <Note tone="red" title={t("vault.unreadable")}>{t("vault.unreadable-text")}</Note>}
          {entry.rotate && <Note tone="amber" title={t("vault.tag-rotate")}>{t("vault.rotate-text")}</Note>}
          {isDue(entry) && <Note tone="amber" title={t("vault.tag-due")}>{t("vault.due-text")}</Note>}
          <dl className={styles.facts}>
            {list?.login && <Fact name={t("vault.login")}><span className={styles.value}>{list.login}<CopyValue value={list.login} label={t("vault.copy-login")} /></span></Fact>}
            {list?.url && <Fact name={t("vault.url")}>{/^https?:\/\//i.test(list.url) ? <a className={styles.link} href={list.url} target="_blank" rel="noopener noreferrer">{list.url}</a> : list.url}</Fact>}
            <Fact name={t("vault.secret")}><span className={styles.secret} data-shown={shown !== null}>{shown ? shown.secret : "••••••••••"}</span></Fact>
            {shown && shown.version !== entry.version && <Fact name={t("vault.version")}>{t("vault.old-version", { n: shown.version })}</Fact>}
            {shown?.notes && <Fact name={t("vault.notes")}><span className={styles.notes}>{shown.notes}</span></Fact>}
            <Fact name={t("vault.due")}>{entry.dueOn === null ? t("vault.no-due") : onDate(asTime(entry.dueOn))}</Fact>
            <Fact name={t("vault.changed")}>{names(entry.changedBy)}, <Ago time={entry.changedAt} /></Fact>
          </dl>
          {list && (
            <div className={styles.row}>
              <Button onClick={copy} loading={open.isPending && !shown}>{t("vault.copy")}</Button>
              <Button variant="default" leftSection={shown ? <EyeOffIcon size={16} /> : <EyeIcon size={16} />} disabled={open.isPending} onClick={() => (shown ? setShown(null) : show(null))}>{t(shown ? "vault.hide" : "vault.show")}</Button>
            </div>
          )}
          <BreachedNote look={breached} />
          <p className={styles.small}>{t("vault.use-is-recorded")}</p>
          <ProblemNote error={open.error ?? remove.error} />
          <History entry={entry} names={names} onShow={show} />
          {changes && (
            <Buttons>
              <Button variant="default" onClick={() => setAsks("delete")}>{t("vault.delete")}</Button>
              {list && <Button variant="default" onClick={() => setAsks("change")}>{t("vault.change")}</Button>}
            </Buttons>
          )}
        </div>
      </Drawer>
      <Confirm open={asks === "delete"} title={t("vault.delete-entry", { name: list?.title ?? t("vault.unreadable") })} text={t("vault.delete-entry-text")} action={t("vault.delete")} busy={remove.isPending} onConfirm={() => remove.mutate(entry.id)} onClose={() => setAsks(null)}>
        <ProblemNote error={remove.error} />
      </Confirm>
    </>
  );
}

function History({ entry, names, onShow }: { entry: VaultEntry; names: (staff: string) => string; onShow: (version: number) => void }) {
  const history = useHistory(entry.id);
  const { data } = history;
  return (
    <section aria-label={t("vault.history")} className={styles.history}>
      <h3>{t("vault.used-by")}</h3>
      <ProblemNote error={history.error} />
      {data?.uses.length === 0 && <p className={styles.small}>{t("vault.never-used")}</p>}
      <ul>{data?.uses.map((use) => <li key={use.device}><span>{names(use.staff)}</span><Ago time={use.at} /></li>)}</ul>
      <h3>{t("vault.versions")}</h3>
      <ul>
        {data?.versions.map(({ version, staff, at }) => (
          <li key={version}>
            <span>{t("vault.version-by", { n: version, name: names(staff) })}</span>
            <span><Ago time={at} />{version !== entry.version && <Button size="compact-xs" variant="subtle" aria-label={t("vault.show-version", { n: version })} onClick={() => onShow(version)}>{t("vault.show-old")}</Button>}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
