import { useState } from "react";
import { Button, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { SessionPolicyOfRole } from "@wardesk/api";
import { useApi, useMay } from "../app/context";
import { t, tn } from "../i18n";
import { Note, ProblemNote } from "../ui/Note";
import { Ago, Card, Page, PageHead } from "../ui/small";
import { SessionPolicyForm } from "./SessionPolicyForm";
import { summaryOf } from "./words";
import styles from "./SessionPolicy.module.css";

/** How long people stay signed in, role by role. */
export function SessionPolicyPage() {
  const api = useApi();
  const { data, error } = useQuery({ queryKey: ["session-policies"], queryFn: () => api.sessionPolicies.list() });
  return (
    <Page>
      <PageHead title={t("sessions.title")} lead={t("sessions.lead")} />
      <ProblemNote error={data ? null : error} />
      {!data && !error && <Skeleton height={240} />}
      {data && (
        <div className={styles.roles}>
          {data.items.map((one) => (
            <Role key={one.role} of={one} />
          ))}
        </div>
      )}
    </Page>
  );
}

function Role({ of }: { of: SessionPolicyOfRole }) {
  const may = useMay();
  const [open, setOpen] = useState(false);
  const change = may("factor_policy.change") && !open && (
    <Button variant="default" aria-label={t("sessions.change-of", { role: of.title })} onClick={() => setOpen(true)}>{t("sessions.change")}</Button>
  );
  return (
    <Card title={of.title} lead={of.version === 0 ? t("sessions.default") : undefined} aside={change}>
      {open ? <SessionPolicyForm of={of} onClose={() => setOpen(false)} /> : <Shown of={of} />}
    </Card>
  );
}

function Shown({ of }: { of: SessionPolicyOfRole }) {
  return (
    <div className={styles.shown}>
      <p>{summaryOf(of)}</p>
      <p className={styles.quiet}>{of.people === 0 ? t("sessions.nobody") : `${tn("sessions.people", of.people)} ${tn("sessions.open", of.sessions)}`}</p>
      {of.deviations.length > 0 && <Deviations of={of} />}
    </div>
  );
}

function Deviations({ of }: { of: SessionPolicyOfRole }) {
  return (
    <Note tone="amber" title={t("sessions.deviates")}>
      <ul className={styles.list}>
        {of.deviations.map((code) => (
          <li key={code}>{t(`sessions.deviation.${code}`)}</li>
        ))}
      </ul>
      {of.decision ? (
        <p>
          {t("sessions.decided", { name: of.decision.by ?? t("sessions.no-name"), reason: of.decision.reason })} <Ago time={of.decision.at} />
        </p>
      ) : (
        <p>{t("sessions.undecided")}</p>
      )}
    </Note>
  );
}
