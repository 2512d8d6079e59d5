import { useRef, useState } from "react";
import { Button, FileInput, Modal, Progress } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { VaultEntry, VaultFolder } from "@wardesk/crypto/messenger";
import { t, tn } from "../i18n";
import { Note, ProblemNote } from "../ui/Note";
import { Buttons } from "../ui/small";
import { say } from "../ui/toasts";
import { NoImport, readImport, type Preview } from "./import";
import { useVault } from "./queries";
import styles from "./Vault.module.css";

const BATCH = 25;
const LARGEST = 5_000_000;
const SHOWN = 20;

/** Takes over entries from another program's file: what comes in and what does not is shown before anything is sealed. */
export function ImportDialog({ folder, present, onClose }: { folder: VaultFolder; present: VaultEntry[]; onClose: () => void }) {
  const vault = useVault();
  const queries = useQueryClient();
  const [preview, setPreview] = useState<Preview | null>(null);
  const [why, setWhy] = useState<NoImport["why"] | "too-large" | null>(null);
  const [done, setDone] = useState(0);
  const stopped = useRef(false);
  const close = () => ((stopped.current = true), onClose());
  const read = async (file: File | null) => {
    setPreview(null);
    setWhy(null);
    if (!file) return;
    if (file.size > LARGEST) return setWhy("too-large");
    try {
      setPreview(readImport(await file.text(), present));
    } catch (error) {
      setWhy(error instanceof NoImport ? error.why : "unknown");
    }
  };
  const run = useMutation({
    mutationFn: async ({ entries }: Preview) => {
      // After a failure it goes on behind what is there already.
      for (let from = done; from < entries.length && !stopped.current; from += BATCH) {
        const batch = entries.slice(from, from + BATCH);
        await vault!.add(folder.id, batch);
        setDone(from + batch.length);
      }
      return entries.length;
    },
    onSuccess: (n) => {
      if (!stopped.current) (onClose(), say(tn("vault.imported", n)));
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ["vault"] }),
    gcTime: 0,
  });
  const all = preview?.entries.length ?? 0;
  return (
    <Modal opened onClose={close} title={t("vault.import-title", { folder: folder.name ?? "" })} closeOnClickOutside={false}>
      <div className={styles.stack}>
        <p className={styles.small}>{t("vault.import-lead")}</p>
        <FileInput label={t("vault.import-file")} description={t("vault.import-file-hint")} accept=".json,.csv,application/json,text/csv" placeholder={t("vault.import-choose")} disabled={run.isPending || done > 0} onChange={(file) => void read(file)} />
        {why && <Note tone="red">{t(`vault.import-${why}`)}</Note>}
        {preview && (
          <>
            <p role="status">{tn("vault.import-found", all)}</p>
            <ul className={styles.preview} aria-label={t("vault.import-entries")}>
              {preview.entries.slice(0, SHOWN).map(({ list }, at) => <li key={at}><b>{list.title}</b><span>{list.login}</span></li>)}
            </ul>
            {all > SHOWN && <p className={styles.small}>{tn("vault.import-more", all - SHOWN)}</p>}
            {preview.rejected.length > 0 && (
              <Note tone="amber" title={tn("vault.import-rejected", preview.rejected.length)}>
                <ul className={styles.preview} aria-label={t("vault.import-left-out")}>
                  {preview.rejected.map(({ row, name, reason }) => <li key={row}><b>{name || t("vault.import-row", { n: row })}</b><span>{t(`vault.reason.${reason}`)}</span></li>)}
                </ul>
              </Note>
            )}
            {(run.isPending || done > 0) && <Progress value={(done / Math.max(all, 1)) * 100} aria-label={t("vault.import-progress", { done, all })} />}
          </>
        )}
        <ProblemNote error={run.error} />
        {done > 0 && done < all && run.error && <p className={styles.small}>{t("vault.import-partly", { done, all })}</p>}
        <Note>{t("vault.import-delete")}</Note>
        <Buttons>
          <Button variant="default" onClick={close}>{t(run.isPending ? "vault.import-stop" : "cancel")}</Button>
          <Button loading={run.isPending} disabled={all === 0} onClick={() => preview && run.mutate(preview)}>{tn("vault.import-action", all)}</Button>
        </Buttons>
      </div>
    </Modal>
  );
}
