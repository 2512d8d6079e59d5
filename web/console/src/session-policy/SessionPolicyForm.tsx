import { useState } from "react";
import { Button, Select, Textarea } from "@mantine/core";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { SessionPolicyOfRole } from "@wardesk/api";
import { useApi } from "../app/context";
import { fieldProblem } from "../app/problems";
import { t } from "../i18n";
import { ConcernedPeople } from "../ui/ConcernedPeople";
import { Note, ProblemNote } from "../ui/Note";
import { Buttons } from "../ui/small";
import { say } from "../ui/toasts";
import { choices, dayChoices, effectOf, IDLE, LONGEST, type Limits } from "./words";
import styles from "./SessionPolicy.module.css";

const FIELDS = ["idle_minutes", "longest_minutes", "remember_days", "reason"];

/** How long the sessions of a role last, and whom that would concern while one thinks. */
export function SessionPolicyForm({ of, onClose }: { of: SessionPolicyOfRole; onClose: () => void }) {
  const api = useApi();
  const queries = useQueryClient();
  const [wanted, setWanted] = useState<Limits>({ idle_minutes: of.idle_minutes, longest_minutes: of.longest_minutes, remember_days: of.remember_days });
  const [reason, setReason] = useState("");
  const preview = useQuery({
    queryKey: ["session-policy-preview", of.role, wanted], queryFn: () => api.sessionPolicies.preview(of.role, wanted), gcTime: 0, placeholderData: keepPreviousData,
  });
  const save = useMutation({
    mutationFn: () => api.sessionPolicies.set(of.role, { version: of.version, ...wanted, ...(reason.trim() ? { reason: reason.trim() } : {}) }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ["session-policies"] });
      void queries.invalidateQueries({ queryKey: ["session"] });
      say(t("saved"));
      onClose();
    },
  });
  const problem = (field: string) => fieldProblem(save.error, field);
  const answer = preview.isPlaceholderData ? undefined : preview.data;
  const deviates = (answer?.deviations.length ?? 0) > 0;
  // A decision that nobody took yet can be taken for what holds already.
  const same = wanted.idle_minutes === of.idle_minutes && wanted.longest_minutes === of.longest_minutes && wanted.remember_days === of.remember_days && of.version > 0;
  const longest = (minutes: number) => setWanted({ ...wanted, longest_minutes: minutes, idle_minutes: Math.min(wanted.idle_minutes, minutes) });
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <div className={styles.fields}>
        <Select
          label={t("sessions.idle")} description={t("sessions.idle-hint")} allowDeselect={false} value={String(wanted.idle_minutes)} error={problem("idle_minutes")}
          data={choices(IDLE, of.idle_minutes, wanted.longest_minutes)} onChange={(value) => value && setWanted({ ...wanted, idle_minutes: Number(value) })}
        />
        <Select
          label={t("sessions.longest")} description={t("sessions.longest-hint")} allowDeselect={false} value={String(wanted.longest_minutes)} error={problem("longest_minutes")}
          data={choices(LONGEST, of.longest_minutes, 1440)} onChange={(value) => value && longest(Number(value))}
        />
        <Select
          label={t("sessions.remember")} description={t(of.may_remember ? "sessions.remember-hint" : "sessions.remember-not")} disabled={!of.may_remember} allowDeselect={false} value={String(wanted.remember_days)} error={problem("remember_days")}
          data={dayChoices(of.remember_days)} onChange={(value) => value && setWanted({ ...wanted, remember_days: Number(value) })}
        />
      </div>
      <p aria-live="polite" className={styles.preview}>{answer ? effectOf(answer) : preview.error ? "" : t("sessions.counting")}</p>
      <ConcernedPeople concerned={preview.data?.concerned} />
      {preview.error && <ProblemNote error={preview.error} />}
      {answer && deviates && (
        <>
          <Note tone="amber" title={t("sessions.would-deviate")}>
            <ul className={styles.list}>
              {answer.deviations.map((code) => (
                <li key={code}>{t(`sessions.deviation.${code}`)}</li>
              ))}
            </ul>
          </Note>
          <Textarea label={t("sessions.reason")} description={t("sessions.reason-hint")} required autosize minRows={2} maxLength={1000} value={reason} error={problem("reason")} onChange={(event) => setReason(event.target.value)} />
        </>
      )}
      {!FIELDS.some(problem) && <ProblemNote error={save.error} />}
      <Buttons>
        <Button variant="default" onClick={onClose}>{t("cancel")}</Button>
        <Button type="submit" loading={save.isPending} disabled={!answer || same || (deviates && !reason.trim())}>{t("save")}</Button>
      </Buttons>
    </form>
  );
}
