import { useQuery } from "@tanstack/react-query";
import type { ProcedureAnswer } from "@wardesk/api";
import { useApi } from "../app/context";
import { t } from "../i18n";
import styles from "./Recovery.module.css";

export function useProcedure() {
  const api = useApi();
  return useQuery({ queryKey: ["recovery-procedure"], queryFn: () => api.recovery.procedure(), staleTime: Infinity });
}

/** The answers beside their questions, in the order in which they are asked. */
export function Found({ answers }: { answers: ProcedureAnswer[] }) {
  const steps = useProcedure().data?.items ?? [];
  const chosen = new Map(answers.map((answer) => [answer.step, answer.choice]));
  return (
    <section aria-label={t("recovery.answers")}>
      <h3>{t("recovery.answers")}</h3>
      <ul className={styles.list}>
        {steps.filter((step) => chosen.has(step.step)).map((step) => {
          const choice = step.choices.find((one) => one.choice === chosen.get(step.step));
          return (
            <li key={step.step}>
              <b>{step.question}</b>
              <span data-stops={choice?.stops}>{choice?.label}</span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
