import { useRef, useState } from "react";
import { Button, Modal, Progress } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ApiProblem } from "@wardesk/api";
import type { VaultEntry, VaultFolder, VaultPurpose } from "@wardesk/crypto/messenger";
import { useApi } from "../app/context";
import { withStepUp } from "../app/signals";
import { t, tn } from "../i18n";
import { Note, ProblemNote } from "../ui/Note";
import { saveFile } from "../ui/save";
import { Buttons } from "../ui/small";
import { say } from "../ui/toasts";
import { timesBreached } from "./breaches";
import { fileName, toBitwarden, type OpenedEntry } from "./export";
import { useVault } from "./queries";
import styles from "./Vault.module.css";

interface Outcome {
  checked: number;
  breached: { id: string; title: string; times: number }[];
  /** Titles of entries that did not open. */
  closed: string[];
}

/** Opens each entry of a folder, with its use recorded, to look for it in breaches or to take all of them away as a file. */
export function OpenAllDialog({ folder, entries, purpose, onClose }: { folder: VaultFolder; entries: VaultEntry[]; purpose: VaultPurpose; onClose: () => void }) {
  const api = useApi();
  const vault = useVault();
  const queries = useQueryClient();
  const [done, setDone] = useState(0);
  const stopped = useRef(false);
  const close = () => ((stopped.current = true), onClose());
  const run = useMutation({
    mutationFn: async (): Promise<Outcome | null> => {
      setDone(0);
      // Asked first, so that nothing is opened where there is no list.
      if (purpose === "check") await timesBreached(api, "");
      await withStepUp(() => vault!.openAll(folder.id, purpose));
      const opened: OpenedEntry[] = [];
      const outcome: Outcome = { checked: 0, breached: [], closed: [] };
      for (const [at, { id, list }] of entries.entries()) {
        if (stopped.current) return null;
        const entry = await vault!.open(folder.id, id, null).catch((error: unknown) => {
          if (!isDamaged(error)) throw error;
          outcome.closed.push(list?.title ?? t("vault.unreadable"));
          return null;
        });
        if (entry && purpose === "export") opened.push({ id, ...entry });
        if (entry && purpose === "check") {
          const times = await timesBreached(api, entry.secret.secret);
          if (times > 0) outcome.breached.push({ id, title: entry.list.title, times });
        }
        outcome.checked += entry ? 1 : 0;
        setDone(at + 1);
      }
      if (stopped.current) return null;
      if (purpose === "export") {
        saveFile(new Blob([toBitwarden(folder.name ?? "", opened)], { type: "application/json" }), fileName(folder.name ?? "", new Date().toISOString().slice(0, 10)));
      }
      return outcome;
    },
    onSuccess: (outcome) => {
      if (purpose !== "export" || !outcome || outcome.closed.length > 0) return;
      onClose();
      say(tn("vault.exported", outcome.checked));
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ["vault"] }),
    gcTime: 0,
  });
  const all = entries.length;
  return (
    <Modal opened onClose={close} title={t(`vault.${purpose}-title`, { folder: folder.name ?? "" })} closeOnClickOutside={false}>
      <div className={styles.stack}>
        <p className={styles.small}>{t(`vault.${purpose}-lead`)}</p>
        {purpose === "export" ? <Note tone="amber" title={t("vault.export-clear")}>{t("vault.export-clear-text")}</Note> : !run.data && <Note>{t("vault.check-recorded")}</Note>}
        {run.isPending && <Progress value={(done / Math.max(all, 1)) * 100} aria-label={t("vault.import-progress", { done, all })} />}
        {run.error instanceof ApiProblem && run.error.code === "not-found" && purpose === "check" ? <Note tone="amber" title={t("vault.check-no-list")}>{t("vault.check-no-list-text")}</Note> : <ProblemNote error={run.error} />}
        {run.data && <Result outcome={run.data} purpose={purpose} />}
        <Buttons>
          <Button variant="default" onClick={close}>{t(run.isPending ? "vault.import-stop" : run.data ? "close" : "cancel")}</Button>
          {!run.data && <Button loading={run.isPending} disabled={all === 0} onClick={() => run.mutate()}>{tn(`vault.${purpose}-action`, all)}</Button>}
        </Buttons>
      </div>
    </Modal>
  );
}

function Result({ outcome: { checked, breached, closed }, purpose }: { outcome: Outcome; purpose: VaultPurpose }) {
  return (
    <div role="status" className={styles.stack}>
      {purpose === "check" && breached.length === 0 && <Note>{tn("vault.check-none", checked)}</Note>}
      {purpose === "export" && <p>{tn("vault.exported", checked)}</p>}
      {breached.length > 0 && (
        <Note tone="red" title={tn("vault.check-found", breached.length)}>
          <ul className={styles.preview} aria-label={t("vault.check-list")}>
            {breached.map(({ id, title, times }) => <li key={id}><b>{title}</b><span>{tn("vault.times", times)}</span></li>)}
          </ul>
        </Note>
      )}
      {closed.length > 0 && (
        <Note tone="amber" title={tn("vault.not-opened", closed.length)}>
          <ul className={styles.preview}>{closed.map((title, at) => <li key={at}><b>{title}</b></li>)}</ul>
        </Note>
      )}
    </div>
  );
}

/** What was handed out is not what was sealed: the others may still be fine. */
const isDamaged = (error: unknown) => String((error as { code?: string }).code).startsWith("vault-");
