import { useState } from "react";
import { Button, Radio, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { FactorPolicyOfRole, FactorStrength } from "@wardesk/api";
import { useApi } from "../app/context";
import { fieldProblem } from "../app/problems";
import { onMinute, t } from "../i18n";
import { Note, ProblemNote } from "../ui/Note";
import { Buttons } from "../ui/small";
import { say } from "../ui/toasts";
import { beginningOf, dayOf, effectOf, isStrict } from "./words";
import styles from "./FactorPolicy.module.css";

const STRENGTHS = ["any", "phishing-resistant"] as const;
const TWO_WEEKS = 14 * 86_400_000;

type When = "keep" | "now" | "day";

/** What a role asks, from when on, and what that does to whom. */
export function FactorPolicyForm({ of, onClose }: { of: FactorPolicyOfRole; onClose: () => void }) {
  const api = useApi();
  const queries = useQueryClient();
  const [wanted, setWanted] = useState({ sign_in: of.sign_in, step_up: of.step_up });
  const kept = isStrict(of) ? (of.due_at ?? null) : null;
  const [when, setWhen] = useState<When>(kept ? "keep" : "day");
  const [day, setDay] = useState(() => dayOf(new Date(Date.now() + TWO_WEEKS)));
  const strict = isStrict(wanted);
  const dueAt = !strict || when === "now" ? null : when === "keep" ? kept : beginningOf(day);
  const save = useMutation({
    mutationFn: () => api.factorPolicies.set(of.role, { version: of.version, ...wanted, due_at: dueAt }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ["factor-policies"] });
      void queries.invalidateQueries({ queryKey: ["session"] });
      say(t("saved"));
      onClose();
    },
  });
  const same = wanted.sign_in === of.sign_in && wanted.step_up === of.step_up && (!strict || when === "keep");
  const atOnce = dueAt === null || Date.parse(dueAt) <= Date.now();
  const effect = effectOf(of, wanted, atOnce);
  const choice = (key: "sign_in" | "step_up", label: string) => (
    <Radio.Group label={label} value={wanted[key]} onChange={(value) => setWanted({ ...wanted, [key]: value as FactorStrength })}>
      <div className={styles.choices}>
        {STRENGTHS.map((value) => <Radio key={value} value={value} label={t(`factors.${value}`)} />)}
      </div>
    </Radio.Group>
  );
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <div className={styles.fields}>
        {choice("sign_in", t("factors.sign-in"))}
        {choice("step_up", t("factors.step-up"))}
        {strict && (
          <Radio.Group label={t("factors.when")} value={when} onChange={(value) => setWhen(value as When)}>
            <div className={styles.choices}>
              {kept && <Radio value="keep" label={t("factors.keep", { at: onMinute(kept) })} />}
              <Radio value="day" label={t("factors.day")} />
              <Radio value="now" label={t("factors.now")} />
            </div>
          </Radio.Group>
        )}
        {strict && when === "day" && (
          <TextInput
            type="date" label={t("factors.due-day")} description={t("factors.due-day-hint")} required min={dayOf(new Date(Date.now() + TWO_WEEKS / 14))} value={day}
            error={fieldProblem(save.error, "due_at")} onChange={(event) => setDay(event.target.value)}
          />
        )}
      </div>
      <div aria-live="polite">{effect && (strict && !atOnce ? <p className={styles.quiet}>{effect}</p> : <Note tone="amber">{effect}</Note>)}</div>
      {!fieldProblem(save.error, "due_at") && <ProblemNote error={save.error} />}
      <Buttons>
        <Button variant="default" onClick={onClose}>{t("cancel")}</Button>
        <Button type="submit" loading={save.isPending} disabled={same || (strict && when === "day" && dueAt === null)}>{t("save")}</Button>
      </Buttons>
    </form>
  );
}
