import type { CoveredPerson, FactorCoverage, FactorWave } from "@wardesk/api";
import { onMinute, t, tOr } from "../i18n";
import { DataTable, type Column } from "../ui/DataTable";
import { Ago, Tag } from "../ui/small";
import styles from "./FactorPolicy.module.css";

/** Everybody who was asked for, who is at most risk first, each with why. */
export function PeopleByRisk({ of, waves, left }: { of: FactorCoverage; waves: FactorWave[]; left: boolean }) {
  if (of.items.length === 0) return <p className={styles.quiet}>{t(left ? "coverage.nobody-left" : "coverage.nobody")}</p>;
  const title = (role: string) => of.roles.find((one) => one.role === role)?.title ?? role;
  return (
    <>
      <DataTable name="coverage-people" label={t("coverage.who")} columns={columns(title, waves)} rows={of.items} id={(one) => one.id} />
      {of.items.length < of.matching && <p className={styles.quiet}>{t("coverage.shown", { n: of.items.length, of: of.matching })}</p>}
    </>
  );
}

function columns(title: (role: string) => string, waves: FactorWave[]): Column<CoveredPerson>[] {
  return [
    {
      key: "name", header: t("coverage.person"), head: true, sort: (one) => one.name,
      cell: (one) => <span className={styles.who}>{one.name} <span className={styles.quiet}>{one.login}</span> <small className={styles.quiet}>{one.roles.map(title).join(", ")}</small></span>,
    },
    { key: "risk", header: t("coverage.risk"), sort: (one) => one.score, cell: (one) => <Risk of={one} /> },
    { key: "has", header: t("coverage.has"), sort: (one) => one.factors.length, cell: (one) => <Has of={one} /> },
    { key: "asked", header: t("coverage.asked"), sort: (one) => (one.satisfied ? "z" : (one.due_at ?? "")), cell: (one) => <Asked of={one} waves={waves} /> },
    { key: "last", header: t("coverage.last-sign-in"), sort: (one) => one.last_sign_in_at ?? "", cell: (one) => (one.last_sign_in_at ? <Ago time={one.last_sign_in_at} /> : <span className={styles.quiet}>{t("coverage.never")}</span>) },
  ];
}

function Risk({ of }: { of: CoveredPerson }) {
  const why = of.reasons.map((reason) => tOr(`risk.${reason}`, reason)).join(", ");
  return (
    <span className={styles.risk}>
      <b className="num">{of.score}</b> <small className={styles.quiet}>{why || t("coverage.no-reason")}</small>
    </span>
  );
}

function Has({ of }: { of: CoveredPerson }) {
  const own = of.factors.filter((kind) => kind !== "recovery");
  if (own.length === 0) return <Tag tone="amber">{t("coverage.has-nothing")}</Tag>;
  return (
    <span className={styles.asked}>
      <span>{own.map((kind) => tOr(`factor.${kind}`, kind)).join(", ")}</span>
      {of.makes.map((make) => <small key={make} className={styles.quiet}>{t("factors.make", { make })}</small>)}
    </span>
  );
}

function Asked({ of, waves }: { of: CoveredPerson; waves: FactorWave[] }) {
  const names = waves.filter((wave) => of.waves.includes(wave.id)).map((wave) => wave.name);
  return (
    <span className={styles.asked}>
      <What of={of} />
      {names.length > 0 && <small className={styles.quiet}>{t("coverage.in-waves", { waves: names.join(", ") })}</small>}
      {!of.satisfied && of.reminded_at && <small className={styles.quiet}>{t("coverage.reminded")} <Ago time={of.reminded_at} /></small>}
      {!of.satisfied && names.length > 0 && !of.reachable && <small className={styles.quiet}>{t("coverage.no-mail")}</small>}
    </span>
  );
}

function What({ of }: { of: CoveredPerson }) {
  const asked = t(of.asked === "attested" ? "coverage.met-attested" : of.asked === "phishing-resistant" ? "coverage.met-passkey" : "coverage.asked-any");
  if (of.satisfied) return <span className={styles.quiet}>{asked}: {t("coverage.met")}</span>;
  const over = of.due_at !== null && of.due_at !== undefined && Date.parse(of.due_at) <= Date.now();
  return (
    <>
      <Tag tone={over ? "red" : "amber"}>{asked}</Tag>
      {of.due_at && <small className={styles.quiet}>{t(over ? "coverage.asked-since" : "coverage.asked-by", { at: onMinute(of.due_at) })}</small>}
    </>
  );
}
