import { useState } from "react";
import { Button, Skeleton } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import type { FactorPolicyOfRole, Make } from "@wardesk/api";
import { useApi, useMay } from "../app/context";
import { onMinute, t, tn } from "../i18n";
import { ProblemNote } from "../ui/Note";
import { Card, Page, PageHead } from "../ui/small";
import { FactorPolicyForm } from "./FactorPolicyForm";
import { asksForMakes, isStrict } from "./words";
import styles from "./FactorPolicy.module.css";

/** What factors must withstand, role by role, and who is left. */
export function FactorPolicyPage() {
  const api = useApi();
  const { data, error } = useQuery({ queryKey: ["factor-policies"], queryFn: () => api.factorPolicies.list() });
  return (
    <Page>
      <PageHead title={t("factors.title")} lead={t("factors.lead")}>
        <Button component={Link} to="/settings/coverage" variant="default">{t("factors.to-coverage")}</Button>
      </PageHead>
      <ProblemNote error={data ? null : error} />
      {!data && !error && <Skeleton height={240} />}
      {data && (
        <div className={styles.roles}>
          {data.items.map((one) => (
            <Role key={one.role} of={one} known={data.known_makes} />
          ))}
        </div>
      )}
    </Page>
  );
}

function Role({ of, known }: { of: FactorPolicyOfRole; known: Make[] }) {
  const may = useMay();
  const [open, setOpen] = useState(false);
  const change = may("factor_policy.change") && !open && (
    <Button variant="default" aria-label={t("factors.change-of", { role: of.title })} onClick={() => setOpen(true)}>{t("factors.change")}</Button>
  );
  return (
    <Card title={of.title} aside={change}>
      {open ? <FactorPolicyForm of={of} known={known} onClose={() => setOpen(false)} /> : <Shown of={of} known={known} />}
    </Card>
  );
}

function Shown({ of, known }: { of: FactorPolicyOfRole; known: Make[] }) {
  const over = of.due_at !== null && of.due_at !== undefined && Date.parse(of.due_at) <= Date.now();
  return (
    <div className={styles.shown}>
      <p>
        {t("factors.says.sign-in", { what: lower(t(`factors.${of.sign_in}`)) })} {t("factors.says.step-up", { what: lower(t(`factors.${of.step_up}`)) })}{" "}
        {isStrict(of) && of.due_at && t(over ? "factors.since" : "factors.from", { at: onMinute(of.due_at) })}
      </p>
      {asksForMakes(of) && <p>{of.makes ? t("factors.says.makes", { makes: of.makes.map((make) => known.find((one) => one.aaguid === make)?.name ?? make).join(", ") }) : t("factors.says.makes-every")}</p>}
      <p className={styles.quiet}>{of.people === 0 ? t("factors.nobody") : tn("factors.people", of.people)}</p>
      {of.people > 0 && <Coverage of={of} />}
    </div>
  );
}

function Coverage({ of }: { of: FactorPolicyOfRole }) {
  const have = of.people - of.left.length;
  const words = t(asksForMakes(of) ? "factors.have-attested" : "factors.have", { have, people: of.people });
  return (
    <>
      <p className={styles.part}>
        <progress max={of.people} value={have} aria-label={words} /> <span className="num">{words}</span>
      </p>
      {of.left.length > 0 && (
        <details>
          <summary>{t("factors.left")}</summary>
          <ul className={styles.left}>
            {of.left.map((person) => (
              <li key={person.id}>
                <span>{person.name}</span>
                <small>{person.factors.length ? t("factors.left-has", { what: person.factors.map((kind) => lower(t(`factor.${kind}`))).join(", ") }) : t("factors.left-nothing")}</small>
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

const lower = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);
