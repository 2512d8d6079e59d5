import { useState } from "react";
import { Button, Checkbox, Radio, TextInput } from "@mantine/core";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { FactorPolicyOfRole, FactorStrength, Make } from "@wardesk/api";
import { useApi } from "../app/context";
import { fieldProblem } from "../app/problems";
import { onMinute, t } from "../i18n";
import { ConcernedPeople } from "../ui/ConcernedPeople";
import { Note, ProblemNote } from "../ui/Note";
import { Buttons } from "../ui/small";
import { say } from "../ui/toasts";
import { asksForMakes, beginningOf, dayOf, effectOf, isStrict } from "./words";
import styles from "./FactorPolicy.module.css";

const STRENGTHS = ["any", "phishing-resistant", "attested"] as const;
const TWO_WEEKS = 14 * 86_400_000;

type When = "keep" | "now" | "day";

/** What a role asks, from when on, and what that does to whom. */
export function FactorPolicyForm({ of, known, onClose }: { of: FactorPolicyOfRole; known: Make[]; onClose: () => void }) {
  const api = useApi();
  const queries = useQueryClient();
  const [wanted, setWanted] = useState({ sign_in: of.sign_in, step_up: of.step_up });
  const kept = isStrict(of) ? (of.due_at ?? null) : null;
  const [when, setWhen] = useState<When>(kept ? "keep" : "day");
  const [day, setDay] = useState(() => dayOf(new Date(Date.now() + TWO_WEEKS)));
  const [makes, setMakes] = useState<string[] | null>(of.makes ?? null);
  const strict = isStrict(wanted);
  const attested = asksForMakes(wanted);
  const thought = { ...wanted, makes: attested ? makes : null };
  // Without a make there is nothing to ask: a list must have one.
  const asks = strict && thought.makes?.length !== 0;
  const preview = useQuery({
    queryKey: ["factor-policy-preview", of.role, thought], queryFn: () => api.factorPolicies.preview(of.role, thought), enabled: asks, gcTime: 0, placeholderData: keepPreviousData,
  });
  const answer = asks && !preview.isPlaceholderData ? preview.data : undefined;
  const dueAt = !strict || when === "now" ? null : when === "keep" ? kept : beginningOf(day);
  const save = useMutation({
    mutationFn: () => api.factorPolicies.set(of.role, { version: of.version, ...wanted, makes: attested ? makes : null, due_at: dueAt }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ["factor-policies"] });
      void queries.invalidateQueries({ queryKey: ["session"] });
      say(t("saved"));
      onClose();
    },
  });
  const sameMakes = !attested || sorted(makes) === sorted(of.makes ?? null);
  const same = wanted.sign_in === of.sign_in && wanted.step_up === of.step_up && sameMakes && (!strict || when === "keep");
  const atOnce = dueAt === null || Date.parse(dueAt) <= Date.now();
  const effect = effectOf(of, wanted, atOnce, sameMakes, answer?.left);
  const choice = (key: "sign_in" | "step_up", label: string) => (
    <Radio.Group label={label} value={wanted[key]} onChange={(value) => setWanted({ ...wanted, [key]: value as FactorStrength })}>
      <div className={styles.choices}>
        {STRENGTHS.map((value) => (
          <Radio
            key={value} value={value} label={t(`factors.${value}`)} disabled={value === "attested" && known.length === 0}
            description={value === "attested" ? t(known.length === 0 ? "factors.attested-not-set-up" : "factors.attested-hint") : undefined}
          />
        ))}
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
        {attested && <Makes known={known} value={makes} onChange={setMakes} error={fieldProblem(save.error, "makes")} />}
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
      {asks && <ConcernedPeople concerned={preview.data?.concerned} />}
      {asks && <ProblemNote error={preview.error} />}
      {!fieldProblem(save.error, "due_at") && !fieldProblem(save.error, "makes") && <ProblemNote error={save.error} />}
      <Buttons>
        <Button variant="default" onClick={onClose}>{t("cancel")}</Button>
        <Button type="submit" loading={save.isPending} disabled={same || (strict && when === "day" && dueAt === null) || (attested && makes?.length === 0)}>{t("save")}</Button>
      </Buttons>
    </form>
  );
}

/** Every make that is known here, or some of them. */
function Makes({ known, value, onChange, error }: { known: Make[]; value: string[] | null; onChange: (makes: string[] | null) => void; error?: string | null }) {
  return (
    <div className={styles.choices}>
      <Radio.Group label={t("factors.makes")} value={value ? "some" : "every"} onChange={(way) => onChange(way === "every" ? null : [])}>
        <div className={styles.choices}>
          <Radio value="every" label={t("factors.makes-every")} description={known.map((make) => make.name).join(", ")} />
          <Radio value="some" label={t("factors.makes-some")} />
        </div>
      </Radio.Group>
      {value && (
        <Checkbox.Group label={t("factors.makes-which")} description={t("factors.makes-which-hint")} value={value} onChange={onChange} error={error}>
          <div className={styles.choices}>
            {known.map((make) => <Checkbox key={make.aaguid} value={make.aaguid} label={make.name} description={<span className="mono">{make.aaguid}</span>} />)}
          </div>
        </Checkbox.Group>
      )}
    </div>
  );
}

const sorted = (makes: string[] | null) => (makes ? [...makes].sort().join(" ") : "every");
