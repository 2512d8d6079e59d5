import { useState } from "react";
import { Button, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { PasswordPolicies, PasswordPolicyOfRole } from "@wardesk/api";
import { useApi, useMay } from "../app/context";
import { t } from "../i18n";
import { Note, ProblemNote } from "../ui/Note";
import { Ago, Card, Page, PageHead } from "../ui/small";
import { PolicyForm } from "./PolicyForm";
import { nameOf, reachOf, summaryOf } from "./words";
import styles from "./PasswordPolicy.module.css";

/** What passwords must be, role by role, and whom that asks for a new one. */
export function PasswordPolicyPage() {
  const api = useApi();
  const { data, error } = useQuery({ queryKey: ["password-policies"], queryFn: () => api.passwordPolicies.list() });
  return (
    <Page>
      <PageHead title={t("policy.title")} lead={t("policy.lead")} />
      <ProblemNote error={data ? null : error} />
      {!data && !error && <Skeleton height={240} />}
      {data && (
        <div className={styles.roles}>
          {data.items.map((one) => (
            <Role key={one.role} of={one} presets={data.presets} />
          ))}
        </div>
      )}
    </Page>
  );
}

function Role({ of, presets }: { of: PasswordPolicyOfRole; presets: PasswordPolicies["presets"] }) {
  const may = useMay();
  const [open, setOpen] = useState(false);
  const change = may("password_policy.change") && !open && (
    <Button variant="default" aria-label={t("policy.change-of", { role: of.title })} onClick={() => setOpen(true)}>{t("policy.change")}</Button>
  );
  return (
    <Card title={of.title} lead={nameOf(of.policy, presets)} aside={change}>
      {open ? (
        <PolicyForm of={of} presets={presets} onClose={() => setOpen(false)} />
      ) : (
        <div className={styles.shown}>
          <p>{summaryOf(of.policy)}</p>
          <p className={styles.quiet}>{reachOf(of.people, of.must_change, false)}</p>
          {of.deviations.length > 0 && <Deviations of={of} />}
        </div>
      )}
    </Card>
  );
}

function Deviations({ of }: { of: PasswordPolicyOfRole }) {
  return (
    <Note tone="amber" title={t("policy.deviates")}>
      <ul className={styles.list}>
        {of.deviations.map((code) => (
          <li key={code}>{t(`policy.deviation.${code}`)}</li>
        ))}
      </ul>
      {of.decision && (
        <p>
          {t("policy.decided", { name: of.decision.by ?? t("policy.nobody"), reason: of.decision.reason })} <Ago time={of.decision.at} />
        </p>
      )}
    </Note>
  );
}
