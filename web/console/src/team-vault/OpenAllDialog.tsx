import { useRef, useState } from "react";
import { Button, Modal, Progress } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { VaultEntry, VaultFolder, VaultPurpose } from "@wardesk/crypto/messenger";
import { useApi } from "../app/context";
import { codeOf, problemWords } from "../app/problems";
import { withStepUp } from "../app/signals";
import { onMinute, t, tn } from "../i18n";
import { useWait, waitWords } from "../identity/wait";
import { Note, ProblemNote } from "../ui/Note";
import { saveFile } from "../ui/save";
import { Buttons } from "../ui/small";
import { say } from "../ui/toasts";
import { timesBreached, whyUnchecked, withPatience } from "./breaches";
import { fileName, toBitwarden, type OpenedEntry } from "./export";
import { useVault } from "./queries";
import styles from "./Vault.module.css";

interface Outcome {
  checked: number;
  breached: { id: string; title: string; times: number }[];
  /** Titles of entries that did not open. */
  closed: string[];
  /** What was not looked at, because the check ended early. */
  rest: VaultEntry[];
  /** Why it ended, at opening an entry or at looking it up, and from when on it can go on, if the server said so. */
  ended: { why: unknown; at: "open" | "look"; from: string | null } | null;
}

const NOTHING: Outcome = { checked: 0, breached: [], closed: [], rest: [], ended: null };

/** Opens each entry of a folder, with its use recorded, to look for it in breaches or to take all of them away as a file. */
export function OpenAllDialog({ folder, entries, purpose, onClose }: { folder: VaultFolder; entries: VaultEntry[]; purpose: VaultPurpose; onClose: () => void }) {
  const api = useApi();
  const vault = useVault();
  const queries = useQueryClient();
  const [done, setDone] = useState(0);
  const [found, setFound] = useState<Outcome | null>(null);
  const stopped = useRef(false);
  const close = () => ((stopped.current = true), onClose());
  // What was found stays: a check that ended early goes on behind it.
  const todo = found?.ended ? found.rest : entries;
  const run = useMutation({
    mutationFn: async (): Promise<Outcome | null> => {
      setDone(0);
      // Asked first, so that nothing is opened where there is no list.
      if (purpose === "check") await withPatience(() => timesBreached(api, ""));
      await withStepUp(() => vault!.openAll(folder.id, purpose));
      const opened: OpenedEntry[] = [];
      const before = found ?? NOTHING;
      const outcome: Outcome = { ...NOTHING, checked: before.checked, breached: [...before.breached], closed: [...before.closed] };
      for (const [at, { id, list }] of todo.entries()) {
        if (stopped.current) return null;
        let step: "open" | "look" = "open";
        try {
          const entry = await vault!.open(folder.id, id, null).catch((error: unknown) => {
            if (!staysClosed(error)) throw error;
            outcome.closed.push(list?.title ?? t("vault.unreadable"));
            return null;
          });
          if (entry && purpose === "export") opened.push({ id, ...entry });
          if (entry && purpose === "check") {
            step = "look";
            const times = await withPatience(() => timesBreached(api, entry.secret.secret));
            if (times > 0) outcome.breached.push({ id, title: entry.list.title, times });
          }
          outcome.checked += entry ? 1 : 0;
        } catch (why) {
          // Half an export would be taken for a whole one; what half a check has found is true.
          if (purpose === "export") throw why;
          return { ...outcome, rest: todo.slice(at), ended: { why, at: step, from: whenAgain(why) } };
        }
        setDone(at + 1);
      }
      if (stopped.current) return null;
      if (purpose === "export") {
        saveFile(new Blob([toBitwarden(folder.name ?? "", opened)], { type: "application/json" }), fileName(folder.name ?? "", new Date().toISOString().slice(0, 10)));
      }
      return outcome;
    },
    onSuccess: (outcome) => {
      setFound(outcome);
      if (purpose !== "export" || !outcome || outcome.closed.length > 0) return;
      onClose();
      say(tn("vault.exported", outcome.checked));
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ["vault"] }),
    gcTime: 0,
  });
  const wait = useWait(found?.ended?.why);
  const all = todo.length;
  const noList = purpose === "check" && !found && codeOf(run.error) === "not-found";
  return (
    <Modal opened onClose={close} title={t(`vault.${purpose}-title`, { folder: folder.name ?? "" })} closeOnClickOutside={false}>
      <div className={styles.stack}>
        <p className={styles.small}>{t(`vault.${purpose}-lead`)}</p>
        {purpose === "export" ? <Note tone="amber" title={t("vault.export-clear")}>{t("vault.export-clear-text")}</Note> : (!found || found.ended) && <Note>{t("vault.check-recorded")}</Note>}
        {run.isPending && <Progress value={(done / Math.max(all, 1)) * 100} aria-label={t("vault.import-progress", { done, all })} />}
        {noList ? <Note tone="amber" title={t("vault.check-no-list")}>{t("vault.no-list-text")} {t("vault.check-none-opened")}</Note> : <ProblemNote error={run.error} />}
        {found && <Result outcome={found} purpose={purpose} />}
        <Buttons>
          <Button variant="default" onClick={close}>{t(run.isPending ? "vault.import-stop" : found ? "close" : "cancel")}</Button>
          {(!found || found.ended) && (
            <Button loading={run.isPending} disabled={all === 0 || wait > 0} onClick={() => run.mutate()}>
              {wait > 0 ? waitWords(wait) : tn(found ? "vault.check-go-on" : `vault.${purpose}-action`, all)}
            </Button>
          )}
        </Buttons>
      </div>
    </Modal>
  );
}

function Result({ outcome: { checked, breached, closed, rest, ended }, purpose }: { outcome: Outcome; purpose: VaultPurpose }) {
  return (
    <div role="status" className={styles.stack}>
      {purpose === "check" && breached.length === 0 && checked > 0 && <Note>{tn("vault.check-none", checked)}</Note>}
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
      {ended && (
        <Note tone="amber" title={tn("vault.not-checked", rest.length)}>
          {ended.at === "look" ? whyUnchecked(ended.why) : whyUnopened(ended.why)} {ended.from && t("vault.go-on-from", { at: onMinute(ended.from) })}
        </Note>
      )}
    </div>
  );
}

/** A whole folder is open for a quarter of an hour, and after that the limit of an hour holds. Going on opens it anew. */
function whyUnopened(error: unknown): string {
  return codeOf(error) === "rate-limited" ? t("vault.quarter-over") : (problemWords(error)?.text ?? t("problem.unknown"));
}

/** From when on the server takes another try. */
function whenAgain(error: unknown): string | null {
  const seconds = (error as { retryAfter?: number | null } | null)?.retryAfter;
  return seconds ? new Date(Date.now() + seconds * 1000).toISOString() : null;
}

/** What was handed out is not what was sealed, or a colleague has deleted it meanwhile: the others may still be fine. */
const staysClosed = (error: unknown) => codeOf(error) === "not-found" || String(codeOf(error)).startsWith("vault-");
