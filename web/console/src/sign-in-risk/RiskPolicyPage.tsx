import { useState } from "react";
import { Button, SegmentedControl, Skeleton } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { RiskDecision, RiskPolicy, SignalPolicy } from "@wardesk/api";
import { useApi, useMay } from "../app/context";
import { t, tn } from "../i18n";
import { Note, ProblemNote } from "../ui/Note";
import { Buttons, Card, Page, PageHead } from "../ui/small";
import { say } from "../ui/toasts";
import styles from "./WasThisYou.module.css";

const DECISIONS = ["allow", "step-up", "refuse"] as const;

/** What follows from each signal that speaks against a sign-in. */
export function RiskPolicyPage() {
  const api = useApi();
  const { data, error } = useQuery({ queryKey: ["risk-policy"], queryFn: () => api.signInRisk.policy() });
  return (
    <Page>
      <PageHead title={t("sign-in-risk.title")} lead={t("sign-in-risk.lead")} />
      <ProblemNote error={data ? null : error} />
      {!data && !error && <Skeleton height={320} />}
      {data && !data.locates && <Note title={t("sign-in-risk.no-geoip")}>{t("sign-in-risk.no-geoip-text")}</Note>}
      {data && <Form key={data.version} policy={data} />}
    </Page>
  );
}

function Form({ policy }: { policy: RiskPolicy }) {
  const api = useApi();
  const queries = useQueryClient();
  const mayChange = useMay()("factor_policy.change");
  const [wanted, setWanted] = useState<Partial<Record<SignalPolicy["signal"], RiskDecision>>>({});
  const changed = policy.signals.flatMap(({ signal, decision }) => {
    const want = wanted[signal];
    return want && want !== decision ? [{ signal, decision: want, before: decision }] : [];
  });
  const lowered = changed.filter(({ decision, before }) => DECISIONS.indexOf(decision) < DECISIONS.indexOf(before));
  const save = useMutation({
    mutationFn: () => api.signInRisk.setPolicy({ version: policy.version, decisions: changed.map(({ signal, decision }) => ({ signal, decision })) }),
    onSuccess: (now) => {
      queries.setQueryData(["risk-policy"], now);
      say(t("saved"));
    },
  });
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <Card title={t("sign-in-risk.signals")} lead={t("sign-in-risk.signals-lead")}>
        <ul className={styles.signals}>
          {policy.signals.map((one) => (
            <li key={one.signal}>
              <span className={styles.signal}>
                <b>{t(`signal.${one.signal}`)}</b>
                <small>{t(`signal.${one.signal}.why`)}</small>
                <small>
                  {tn("sign-in-risk.seen", one.seen)} {one.decision !== one.usual && t("sign-in-risk.usual", { what: t(`decision.${one.usual}`) })}
                </small>
              </span>
              <SegmentedControl
                aria-label={t(`signal.${one.signal}`)} disabled={!mayChange} value={wanted[one.signal] ?? one.decision}
                data={DECISIONS.map((value) => ({ value, label: t(`decision.${value}`), disabled: DECISIONS.indexOf(value) > DECISIONS.indexOf(one.strictest) }))}
                onChange={(value) => setWanted({ ...wanted, [one.signal]: value as RiskDecision })}
              />
            </li>
          ))}
        </ul>
      </Card>
      <div aria-live="polite">
        {lowered.length > 0 && <Note tone="amber">{t("sign-in-risk.lowers", { what: lowered.map(({ signal }) => t(`signal.${signal}`)).join(", ") })}</Note>}
      </div>
      <ProblemNote error={save.error} />
      {mayChange && (
        <Buttons>
          <Button variant="default" disabled={changed.length === 0} onClick={() => setWanted({})}>{t("settings.undo")}</Button>
          <Button type="submit" loading={save.isPending} disabled={changed.length === 0}>{t("save")}</Button>
        </Buttons>
      )}
    </form>
  );
}
