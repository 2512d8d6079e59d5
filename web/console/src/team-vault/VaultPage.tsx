import { useState } from "react";
import { Button, Skeleton } from "@mantine/core";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import type { VaultFolder } from "@wardesk/crypto/messenger";
import { t, tn } from "../i18n";
import { useCommands } from "../keyboard/commands";
import { useStaffStatus } from "../messenger/MessengerProvider";
import { AlertIcon, KeyIcon, LockIcon, PlusIcon } from "../ui/icons";
import { Note, ProblemNote } from "../ui/Note";
import { Empty } from "../ui/small";
import { FolderDialog } from "./FolderDialog";
import { FolderPane } from "./FolderPane";
import { useFolders } from "./queries";
import styles from "./Vault.module.css";

/** The secrets a team shares: folders, and what is in the one that is open. */
export function VaultPage() {
  const { folder: opened } = useParams({ strict: false });
  const navigate = useNavigate();
  const folders = useFolders();
  const status = useStaffStatus();
  const [making, setMaking] = useState(false);
  const shown = folders.data?.find((folder) => folder.id === opened);
  useCommands([{ id: "vault-folder", title: t("vault.new-folder"), section: "palette.do", run: () => setMaking(true) }]);
  const make = (
    <Button leftSection={<PlusIcon size={16} />} onClick={() => setMaking(true)}>
      {t("vault.new-folder")}
    </Button>
  );
  const needsDevice = status !== null && ["absent", "lost", "revoked"].includes(status.state);
  return (
    <div className={styles.vault} data-open={opened !== undefined}>
      <section className={styles.list} aria-label={t("vault.folders")}>
        <div className={styles.listHead}>
          {opened === undefined ? <h1>{t("area.vault")}</h1> : <p className={styles.area}>{t("area.vault")}</p>}
          {folders.data && folders.data.length > 0 && (
            <Button size="xs" variant="default" leftSection={<PlusIcon size={14} />} onClick={() => setMaking(true)}>
              {t("vault.new-folder")}
            </Button>
          )}
        </div>
        <ProblemNote error={folders.data ? null : folders.error} />
        {!folders.data && !folders.error && !needsDevice && <Skeleton height={120} />}
        <nav aria-label={t("vault.folders")}>
          <ul className={styles.folders}>
            {folders.data?.map((folder) => <FolderRow key={folder.id} folder={folder} current={folder.id === opened} />)}
          </ul>
        </nav>
        {folders.data?.length === 0 && <Empty icon={<KeyIcon size={24} stroke={1.5} />} title={t("vault.empty")} text={t("vault.empty-text")} action={make} />}
        {needsDevice && <Note tone="amber" title={t("vault.no-device")}>{t("vault.no-device-text")}</Note>}
      </section>
      <section className={styles.pane} aria-label={shown?.name ?? t("vault.folder")}>
        {shown ? (
          <FolderPane key={shown.id} folder={shown} />
        ) : opened && folders.data ? (
          <Empty icon={<LockIcon size={24} stroke={1.5} />} title={t("vault.gone")} text={t("vault.gone-text")} action={<Button variant="default" onClick={() => void navigate({ to: "/vault" })}>{t("vault.all-folders")}</Button>} />
        ) : (
          folders.data && folders.data.length > 0 && <Empty icon={<KeyIcon size={24} stroke={1.5} />} title={t("vault.choose")} text={t("vault.choose-text")} />
        )}
      </section>
      {making && <FolderDialog onClose={() => setMaking(false)} onMade={(id) => (setMaking(false), void navigate({ to: "/vault/$folder", params: { folder: id } }))} />}
    </div>
  );
}

function FolderRow({ folder, current }: { folder: VaultFolder; current: boolean }) {
  const wants = folder.due + folder.rotate;
  return (
    <li>
      <Link to="/vault/$folder" params={{ folder: folder.id }} className={styles.folder} aria-current={current ? "page" : undefined}>
        <b>{folder.name ?? t(`vault.unnamed-${folder.state === "refused" ? "refused" : "waiting"}`)}</b>
        <span>{tn("vault.entries", folder.entries)} · {tn("vault.people", folder.members.length)}</span>
        {(wants > 0 || folder.rekey) && (
          <span className={styles.wants}>
            <AlertIcon size={13} stroke={2} aria-hidden /> {folder.rekey ? t("vault.rekey-short") : tn("vault.to-rotate", wants)}
          </span>
        )}
      </Link>
    </li>
  );
}
