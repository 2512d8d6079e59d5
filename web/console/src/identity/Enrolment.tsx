import { useState } from "react";
import { Button, UnstyledButton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { FactorAdded, FactorKind } from "@wardesk/api";
import { useApi } from "../app/context";
import { t } from "../i18n";
import { CheckIcon } from "../ui/icons";
import { Note } from "../ui/Note";
import { Column } from "./Column";
import { Why } from "../coverage/Why";
import { makesThatCount } from "../coverage/words";
import { AddFactor } from "./AddFactor";
import { HelpWay } from "./HelpWay";
import { RecoveryCodes } from "./RecoveryCodes";
import { useSession, useSignOut, useTakeSession } from "./session";
import styles from "./Column.module.css";

const STEPS = ["enrol.step-1", "enrol.step-2", "enrol.step-3"] as const;

/** Three steps: a factor, the way back, what protects the account now. */
export function Enrolment({ onDone }: { onDone: () => void }) {
  const session = useSession();
  const [added, setAdded] = useState<{ kind: FactorKind; codes: string[] | null } | null>(null);
  const [saved, setSaved] = useState(false);
  // What is due is due until the factor is there; the last page goes on with what was asked.
  const due = session.data?.state === "enrol" && session.data.enrolment_due !== null && session.data.enrolment_due !== undefined && Date.parse(session.data.enrolment_due.due_at) <= Date.now();
  // Where any factor is asked for, all ways are open.
  const any = session.data?.enrolment_due?.strength === "any";
  // A key whose make does not count is kept, and the way goes on where it was.
  const [keptOnly, setKeptOnly] = useState(false);
  const [early, setEarly] = useState<string[] | null>(null);
  const makes = makesThatCount(due ? session.data?.enrolment_due : null);
  const step = early ? 1 : !added ? 0 : added.codes && !saved ? 1 : 2;
  const takeSession = useTakeSession();
  const take = (kind: FactorKind) => (answer: FactorAdded) => {
    const counts = answer.session.state !== "enrol";
    setKeptOnly(!counts);
    if (counts) return setAdded({ kind, codes: answer.recovery_codes });
    setEarly(answer.recovery_codes);
    void takeSession(answer.session);
  };
  return (
    <Column title={t(`enrol.title-${step}`)} lead={t(due && step === 0 ? (makes ? "factors.due-lead-attested" : any ? "factors.due-lead-any" : "factors.due-lead") : `enrol.lead-${step}`)} wide footer={step < 2 && <Ways stuck={t(step === 0 ? (due && !any ? "factors.due-stuck" : "enrol.stuck") : "enrol.stuck-codes")} />}>
      <ol className={styles.steps} aria-label={t("enrol.progress")}>
        {STEPS.map((name, index) => (
          <li key={name} data-done={index <= step} aria-current={index === step ? "step" : undefined}>
            {t(name)}
          </li>
        ))}
      </ol>
      {step === 0 && keptOnly && <Note tone="amber" title={t("factors.kept-only")}>{t("factors.kept-only-text")}</Note>}
      {step === 0 && makes && <p>{makes}</p>}
      {step === 0 && due && !any && <Why />}
      {step === 0 && <AddFactor only={due && !any ? "passkey" : undefined} onAdded={(kind, answer) => take(kind)(answer)} />}
      {early && <RecoveryCodes codes={early} login={session.data?.me?.login ?? ""} onSaved={() => setEarly(null)} />}
      {step === 1 && added?.codes && <RecoveryCodes codes={added.codes} login={session.data?.me?.login ?? ""} onSaved={() => setSaved(true)} />}
      {step === 2 && added && <Protected kind={added.kind} codes={added.codes !== null} onDone={onDone} />}
    </Column>
  );
}

function Ways({ stuck }: { stuck: string }) {
  const signOut = useSignOut();
  return (
    <div className={styles.stack}>
      <HelpWay text={stuck} />
      <UnstyledButton className={styles.way} onClick={() => signOut.mutate()}>
        {t("sign-out")}
      </UnstyledButton>
    </div>
  );
}

function Protected({ kind, codes, onDone }: { kind: FactorKind; codes: boolean; onDone: () => void }) {
  const api = useApi();
  const factors = useQuery({ queryKey: ["factors"], queryFn: () => api.factors.list(), retry: false });
  const left = factors.data?.items.find((factor) => factor.kind === "recovery")?.remaining;
  const lines = [t("enrol.protects-password"), t(`enrol.protects-${kind}`), ...(codes ? [left ? t("enrol.protects-codes-n", { n: left }) : t("enrol.protects-codes")] : []), t("enrol.protects-step-up")];
  return (
    <>
      <ul className={styles.protects}>
        {lines.map((line) => (
          <li key={line}>
            <CheckIcon size={18} stroke={2} aria-hidden /> <span>{line}</span>
          </li>
        ))}
      </ul>
      <Button onClick={onDone} autoFocus>
        {t("enrol.open")}
      </Button>
    </>
  );
}
