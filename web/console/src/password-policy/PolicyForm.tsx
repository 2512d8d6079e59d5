import { useState } from "react";
import { Button, NumberInput, Select, Switch, Textarea } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { PasswordPolicies, PasswordPolicy, PasswordPolicyOfRole } from "@wardesk/api";
import { useApi } from "../app/context";
import { fieldProblem } from "../app/problems";
import { t } from "../i18n";
import { ConcernedPeople } from "../ui/ConcernedPeople";
import { Note, ProblemNote } from "../ui/Note";
import { Buttons } from "../ui/small";
import { say } from "../ui/toasts";
import { reachOf, same } from "./words";
import styles from "./PasswordPolicy.module.css";

const OWN = "own";
const FIELDS = ["policy.shortest", "policy.shortest_alone", "policy.score", "policy.history", "policy.breach_limit", "policy.rotation_days", "reason"];

/** A role's policy: ready-made or with values of one's own, and whom it would concern while one thinks. */
export function PolicyForm({ of, presets, onClose }: { of: PasswordPolicyOfRole; presets: PasswordPolicies["presets"]; onClose: () => void }) {
  const api = useApi();
  const queries = useQueryClient();
  const [policy, setPolicy] = useState<PasswordPolicy>(of.policy);
  const [reason, setReason] = useState("");
  const [thought] = useDebouncedValue(policy, 300);
  const preview = useQuery({
    queryKey: ["password-policy-preview", of.role, thought], queryFn: () => api.passwordPolicies.preview(of.role, thought), gcTime: 0, placeholderData: keepPreviousData,
  });
  const save = useMutation({
    mutationFn: () => api.passwordPolicies.set(of.role, of.version, policy, reason.trim()),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ["password-policies"] });
      say(t("saved"));
      onClose();
    },
  });
  const set = (change: Partial<PasswordPolicy>) => setPolicy({ ...policy, ...change });
  const preset = presets.find((one) => same(one.policy, policy))?.id ?? OWN;
  const problem = (field: string) => fieldProblem(save.error, field);
  // What was asked must be what stands in the form.
  const answer = thought === policy && !preview.isPlaceholderData ? preview.data : undefined;
  const deviates = (answer?.deviations.length ?? 0) > 0;
  const days = policy.rotation_days ?? null;
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <Select
        label={t("policy.preset")} allowDeselect={false} value={preset}
        data={[...presets.map((one) => ({ value: one.id, label: one.title })), { value: OWN, label: t("policy.own"), disabled: preset !== OWN }]}
        onChange={(id) => {
          const chosen = presets.find((one) => one.id === id);
          if (chosen) setPolicy(chosen.policy);
        }}
      />
      <div className={styles.fields}>
        <Whole label={t("policy.shortest")} description={t("policy.shortest-hint")} min={6} max={64} value={policy.shortest} error={problem("policy.shortest")} onChange={(shortest) => set({ shortest })} />
        <Whole label={t("policy.shortest-alone")} description={t("policy.shortest-alone-hint")} min={6} max={64} value={policy.shortest_alone ?? 15} error={problem("policy.shortest_alone")} onChange={(shortest_alone) => set({ shortest_alone })} />
        <Whole label={t("policy.score")} description={t("policy.score-hint")} min={0} max={4} value={policy.score} error={problem("policy.score")} onChange={(score) => set({ score })} />
        <Whole label={t("policy.history")} description={t("policy.history-hint")} min={0} max={8} value={policy.history} error={problem("policy.history")} onChange={(history) => set({ history })} />
        <Whole label={t("policy.breach-limit")} description={t("policy.breach-limit-hint")} min={1} max={1000} value={policy.breach_limit ?? 1} error={problem("policy.breach_limit")} onChange={(breach_limit) => set({ breach_limit })} />
        <Select
          label={t("policy.composition")} description={t("policy.composition-hint")} allowDeselect={false} value={policy.composition}
          data={(["off", "advice", "required"] as const).map((value) => ({ value, label: t(`policy.composition.${value}`) }))}
          onChange={(value) => value && set({ composition: value as PasswordPolicy["composition"] })}
        />
      </div>
      <Switch label={t("policy.context-words")} checked={policy.context_words} onChange={(event) => set({ context_words: event.target.checked })} />
      <Switch label={t("policy.rotation")} checked={days !== null} onChange={(event) => set({ rotation_days: event.target.checked ? 90 : null })} />
      {days !== null && <Whole label={t("policy.rotation-days")} min={30} max={730} value={days} error={problem("policy.rotation_days")} onChange={(rotation_days) => set({ rotation_days })} />}
      <p aria-live="polite" className={styles.preview}>{answer ? reachOf(answer.people, answer.must_change, true) : preview.error ? "" : t("policy.counting")}</p>
      <ConcernedPeople concerned={preview.data?.concerned} />
      {preview.error && <ProblemNote error={preview.error} />}
      {answer && deviates && (
        <>
          <Note tone="amber" title={t("policy.would-deviate")}>
            <ul className={styles.list}>
              {answer.deviations.map((code) => (
                <li key={code}>{t(`policy.deviation.${code}`)}</li>
              ))}
            </ul>
          </Note>
          <Textarea label={t("policy.reason")} description={t("policy.reason-hint")} required autosize minRows={2} maxLength={1000} value={reason} error={problem("reason")} onChange={(event) => setReason(event.target.value)} />
        </>
      )}
      {!FIELDS.some(problem) && <ProblemNote error={save.error} />}
      <Buttons>
        <Button variant="default" onClick={onClose}>{t("cancel")}</Button>
        <Button type="submit" loading={save.isPending} disabled={!answer || same(policy, of.policy) || (deviates && !reason.trim())}>{t("save")}</Button>
      </Buttons>
    </form>
  );
}

interface WholeProps {
  label: string;
  description?: string;
  min: number;
  max: number;
  value: number;
  error?: string | null;
  onChange: (value: number) => void;
}

/** A whole number within bounds; a field that is empty for a moment changes nothing. */
function Whole({ onChange, error, ...rest }: WholeProps) {
  return <NumberInput {...rest} error={error} allowDecimal={false} allowNegative={false} clampBehavior="blur" onChange={(value) => typeof value === "number" && onChange(value)} />;
}
