import { useState } from "react";
import { Button, Modal, Radio, Select, Skeleton } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import type { ProcedureAnswer, ProcedureStep, ReProofing } from "@wardesk/api";
import { useApi, useMe } from "../app/context";
import { t } from "../i18n";
import { Note, ProblemNote } from "../ui/Note";
import { say } from "../ui/toasts";
import { Found, useProcedure } from "./Found";
import { useCasesChanged } from "./queries";
import styles from "./Recovery.module.css";

/** The guided screen: one question at a time, fixed answers, each with its reason. Some answers end it at once. */
export function ProcedureDialog({ found, onClose }: { found?: ReProofing; onClose: () => void }) {
  const api = useApi();
  const changed = useCasesChanged();
  const procedure = useProcedure();
  const [person, setPerson] = useState<string | null>(null);
  const [at, setAt] = useState(found ? 0 : -1);
  const [chosen, setChosen] = useState<Record<string, string>>({});
  const steps = procedure.data?.items ?? [];
  const stopped = stops(steps, chosen);
  const save = useMutation({
    mutationFn: () => {
      const answers = complete(steps, chosen);
      return found ? api.recovery.verify(found.id, answers) : api.recovery.askFor(person!, answers);
    },
    onSuccess: (after) => (changed(), say(t(after.state === "refused" ? "recovery.saved-stopped" : "recovery.saved")), onClose()),
  });
  const step = steps[at];
  const title = found ? t("recovery.case", { name: found.staff.name }) : t("recovery.procedure");
  return (
    <Modal opened onClose={onClose} title={title} closeOnClickOutside={false} size="lg">
      <ProblemNote error={procedure.error ?? save.error} />
      {procedure.isPending && <Skeleton height={160} />}
      {at === -1 && <Whom value={person} onChange={setPerson} onNext={() => setAt(0)} />}
      {step && (
        <form
          className={styles.stack}
          onSubmit={(event) => {
            event.preventDefault();
            if (stopped) save.mutate();
            else setAt(at + 1);
          }}
        >
          {at === 0 && <p className={styles.why}>{t("recovery.procedure-lead")}</p>}
          <p className={styles.progress} role="status">{t("recovery.step", { n: at + 1, all: steps.length })}</p>
          <Question key={step.step} step={step} value={chosen[step.step] ?? null} onChange={(choice) => setChosen({ ...chosen, [step.step]: choice })} />
          {stopped && <Note tone="red" title={t("recovery.stops")}>{t("recovery.stops-text")}</Note>}
          <div className={styles.buttons}>
            <Button variant="default" disabled={at === 0 && found !== undefined} onClick={() => setAt(at - 1)}>{t("recovery.back")}</Button>
            <Button type="submit" color={stopped ? "red.8" : undefined} disabled={!chosen[step.step]} loading={save.isPending}>{t(stopped ? "recovery.stop-now" : "continue")}</Button>
          </div>
        </form>
      )}
      {steps.length > 0 && at === steps.length && (
        <Summary steps={steps} chosen={chosen} busy={save.isPending} onBack={() => setAt(at - 1)} onSave={() => save.mutate()} />
      )}
    </Modal>
  );
}

function Whom({ value, onChange, onNext }: { value: string | null; onChange: (id: string | null) => void; onNext: () => void }) {
  const api = useApi();
  const me = useMe();
  const staff = useQuery({ queryKey: ["recovery-staff"], queryFn: () => everybody(api) });
  const choices = (staff.data ?? []).filter((one) => one.state === "active" && one.id !== me.id);
  return (
    <form className={styles.stack} onSubmit={(event) => (event.preventDefault(), onNext())}>
      <ProblemNote error={staff.error} />
      <Select label={t("recovery.whom")} description={t("recovery.whom-hint")} searchable required data={choices.map((one) => ({ value: one.id, label: `${one.name} (${one.login})` }))} value={value} onChange={onChange} data-autofocus />
      <div className={styles.buttons}>
        <span />
        <Button type="submit" disabled={!value}>{t("continue")}</Button>
      </div>
    </form>
  );
}

async function everybody(api: ReturnType<typeof useApi>) {
  const all = [];
  let after: string | undefined;
  do {
    const page = await api.staff.list({ after, limit: 200 });
    all.push(...page.items);
    after = page.next ?? undefined;
  } while (after);
  return all;
}

function Question({ step, value, onChange }: { step: ProcedureStep; value: string | null; onChange: (choice: string) => void }) {
  return (
    <fieldset className={styles.question}>
      <legend>{step.question}</legend>
      <p className={styles.why}>{`${t("recovery.why")}: ${step.why}`}</p>
      {step.choices.map((choice, index) => (
        <Radio key={choice.choice} name={step.step} label={choice.label} checked={value === choice.choice} data-autofocus={index === 0 || undefined} onChange={() => onChange(choice.choice)} />
      ))}
    </fieldset>
  );
}

/** Says before saving what the server will decide, which alone counts. */
function Summary({ steps, chosen, busy, onBack, onSave }: { steps: ProcedureStep[]; chosen: Record<string, string>; busy: boolean; onBack: () => void; onSave: () => void }) {
  const proven = (chosen["call-back"] === "reached" || chosen.seen === "document") && chosen["first-fact"] === "right" && chosen["second-fact"] === "right";
  return (
    <div className={styles.stack}>
      <h3>{t("recovery.summary")}</h3>
      <Found answers={complete(steps, chosen)} />
      <Note tone={proven ? "plain" : "amber"} title={t(proven ? "recovery.passes" : "recovery.not-proven")}>{t(proven ? "recovery.passes-text" : "recovery.not-proven-text")}</Note>
      <div className={styles.buttons}>
        <Button variant="default" onClick={onBack}>{t("recovery.back")}</Button>
        <Button loading={busy} color={proven ? undefined : "red.8"} onClick={onSave} autoFocus>{t(proven ? "recovery.save" : "recovery.save-end")}</Button>
      </div>
    </div>
  );
}

function stops(steps: ProcedureStep[], chosen: Record<string, string>): boolean {
  return steps.some((step) => step.choices.some((choice) => choice.stops && choice.choice === chosen[step.step]));
}

/** What was chosen. Where an answer stopped it, the questions after it were not asked. */
function complete(steps: ProcedureStep[], chosen: Record<string, string>): ProcedureAnswer[] {
  return steps.flatMap((step) => (chosen[step.step] ? [{ step: step.step, choice: chosen[step.step]! }] : []));
}
