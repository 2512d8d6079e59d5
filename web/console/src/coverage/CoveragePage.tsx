import { useState } from "react";
import { Button, Select, Skeleton, Switch, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { Link } from "@tanstack/react-router";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { FactorCoverage, RoleCoverage } from "@wardesk/api";
import { useApi } from "../app/context";
import { t, tn } from "../i18n";
import { DataTable, type Column } from "../ui/DataTable";
import { ProblemNote } from "../ui/Note";
import { Plot } from "../ui/Plot";
import { Card, Page, PageHead, Tag } from "../ui/small";
import { PeopleByRisk } from "./PeopleByRisk";
import { Waves } from "./Waves";
import styles from "./FactorPolicy.module.css";

/** Before the id of a wave, where roles stand beside it. */
const WAVE = "wave:";

/** Who has which second factor, who is left, and how that went over time. */
export function CoveragePage() {
  const api = useApi();
  const [role, setRole] = useState<string | null>(null);
  const [left, setLeft] = useState(false);
  const [wave, setWave] = useState<string | null>(null);
  const [typed, setTyped] = useState("");
  const [search] = useDebouncedValue(typed.trim(), 200);
  const filter = { ...(role && { role }), ...(wave && { wave }), ...(left && { left }), ...(search && { search }) };
  const { data, error } = useQuery({ queryKey: ["factor-coverage", filter], queryFn: () => api.factorCoverage.get(filter), placeholderData: keepPreviousData });
  const waves = useQuery({ queryKey: ["factor-waves"], queryFn: () => api.factorWaves.list() }).data?.items.filter((one) => one.state !== "ended") ?? [];
  return (
    <Page wide>
      <PageHead title={t("coverage.title")} lead={t("coverage.lead")}>
        <Button component={Link} to="/settings/factors" variant="default">{t("coverage.to-policy")}</Button>
      </PageHead>
      <ProblemNote error={data ? null : error} />
      {!data && !error && <Skeleton height={240} />}
      {data && (
        <>
          <Select
            className={styles.choice} label={t("coverage.of")} value={role ?? (wave ? WAVE + wave : "")} allowDeselect={false}
            onChange={(value) => {
              const chosen = value ?? "";
              setRole(chosen === "" || chosen.startsWith(WAVE) ? null : chosen);
              setWave(chosen.startsWith(WAVE) ? chosen.slice(WAVE.length) : null);
            }}
            data={[
              { value: "", label: t("coverage.everybody") },
              { group: t("coverage.roles"), items: data.roles.map((one) => ({ value: one.role, label: one.title })) },
              ...(waves.length > 0 ? [{ group: t("waves.title"), items: waves.map((one) => ({ value: WAVE + one.id, label: one.name })) }] : []),
            ]}
          />
          <Standing of={data} />
          {role === null && <ByRole roles={data.roles} onOpen={setRole} />}
          {role === null && <Waves roles={data.roles} />}
          <Card title={t("coverage.who")} lead={t("coverage.who-lead")}>
            <div className={styles.filters}>
              <TextInput label={t("coverage.search")} value={typed} onChange={(event) => setTyped(event.target.value)} />
              {waves.length > 0 && (
                <Select
                  label={t("coverage.wave")} value={wave ?? ""} allowDeselect={false} onChange={(value) => setWave(value || null)}
                  data={[{ value: "", label: t("coverage.any-wave") }, ...waves.map((one) => ({ value: one.id, label: one.name }))]}
                />
              )}
              <Switch label={t("coverage.only-left")} checked={left} onChange={(event) => setLeft(event.target.checked)} />
            </div>
            <PeopleByRisk of={data} waves={waves} left={left && !search} />
          </Card>
        </>
      )}
    </Page>
  );
}

function Standing({ of }: { of: FactorCoverage }) {
  const today = of.days.at(-1)?.figures ?? of.total;
  const missing = today.people - today.satisfied;
  return (
    <Card title={t("coverage.standing")}>
      <p className={styles.tags}>
        <Tag tone={today.phishing_resistant === today.people ? "good" : "plain"}>{t("coverage.passkeys", { n: today.phishing_resistant, of: today.people })}</Tag>
        <Tag tone={today.enrolled === today.people ? "good" : "amber"}>{t("coverage.enrolled", { n: today.enrolled, of: today.people })}</Tag>
        <Tag tone={missing === 0 ? "good" : "amber"}>{missing === 0 ? t("coverage.none-left") : tn("coverage.n-left", missing)}</Tag>
      </p>
      <Plot
        title={t("coverage.over-time")} times={of.days.map((day) => day.at)}
        series={[
          { name: t("coverage.series-people"), tone: "ink", values: of.days.map((day) => day.figures.people) },
          { name: t("coverage.series-passkey"), tone: "accent", values: of.days.map((day) => day.figures.phishing_resistant) },
          { name: t("coverage.series-left"), tone: "red", values: of.days.map((day) => day.figures.people - day.figures.satisfied) },
        ]}
      />
      {of.days.length === 1 && <p className={styles.quiet}>{t("coverage.first-day")}</p>}
    </Card>
  );
}

function ByRole({ roles, onOpen }: { roles: RoleCoverage[]; onOpen: (role: string) => void }) {
  const columns: Column<RoleCoverage>[] = [
    { key: "role", header: t("coverage.role"), head: true, sort: (one) => one.title, cell: (one) => <Button variant="subtle" size="compact-sm" ml={-8} aria-label={t("coverage.show-role", { role: one.title })} onClick={() => onOpen(one.role)}>{one.title}</Button> },
    { key: "people", header: t("coverage.people"), align: "end", sort: (one) => one.figures.people, cell: (one) => <span className="num">{one.figures.people}</span> },
    { key: "enrolled", header: t("coverage.with-factor"), align: "end", sort: (one) => one.figures.enrolled, cell: (one) => <span className="num">{one.figures.enrolled}</span> },
    { key: "passkey", header: t("coverage.with-passkey"), sort: (one) => one.figures.phishing_resistant / Math.max(1, one.figures.people), cell: (one) => <Part of={one} /> },
    { key: "left", header: t("coverage.left"), align: "end", sort: (one) => one.figures.people - one.figures.satisfied, cell: (one) => <span className="num">{one.figures.people - one.figures.satisfied}</span> },
  ];
  return (
    <Card title={t("coverage.by-role")} lead={t("coverage.by-role-lead")}>
      <DataTable name="coverage-roles" label={t("coverage.by-role")} columns={columns} rows={roles} id={(one) => one.role} />
    </Card>
  );
}

function Part({ of }: { of: RoleCoverage }) {
  const { people, phishing_resistant } = of.figures;
  const words = t("coverage.passkeys", { n: phishing_resistant, of: people });
  return (
    <span className={styles.part}>
      <progress max={Math.max(1, people)} value={phishing_resistant} aria-label={words} /> <span className="num">{phishing_resistant}</span>
    </span>
  );
}
