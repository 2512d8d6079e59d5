import { useState } from "react";
import { Button, Group, Modal } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { FactorWave, FactorWaves, ProposedFactorWave, RoleCoverage } from "@wardesk/api";
import { useApi, useMay } from "../app/context";
import { onDate, t, tn, tOr } from "../i18n";
import { DataTable, type Column } from "../ui/DataTable";
import { PlusIcon } from "../ui/icons";
import { ProblemNote } from "../ui/Note";
import { Ago, Card, Confirm, Tag } from "../ui/small";
import { say } from "../ui/toasts";
import { WaveForm, type Draft } from "./WaveForm";
import styles from "./FactorPolicy.module.css";

/** The waves of the roll-out, what could come next, and the form that plans or changes one. */
export function Waves({ roles }: { roles: RoleCoverage[] }) {
  const api = useApi();
  const may = useMay();
  const [draft, setDraft] = useState<Draft | null>(null);
  const [ending, setEnding] = useState<FactorWave | null>(null);
  const { data, error } = useQuery({ queryKey: ["factor-waves"], queryFn: () => api.factorWaves.list() });
  const mayChange = may("factor_policy.change");
  const plan = mayChange && <Button variant="default" leftSection={<PlusIcon size={16} />} onClick={() => setDraft({})}>{t("waves.new")}</Button>;
  return (
    <Card title={t("waves.title")} lead={t("waves.lead")} aside={plan}>
      <ProblemNote error={data ? null : error} />
      {data?.items.length === 0 && <p className={styles.quiet}>{t("waves.none")}</p>}
      {(!data || data.items.length > 0) && !error && (
        <DataTable name="waves" label={t("waves.title")} columns={columns(mayChange, setDraft, setEnding)} rows={data?.items} id={(one) => one.id} />
      )}
      {data && data.proposals.length > 0 && <Proposals of={data} onPlan={mayChange ? setDraft : null} />}
      <Modal opened={draft !== null} onClose={() => setDraft(null)} title={draft?.wave ? t("waves.change-of", { name: draft.wave.name }) : t("waves.new")} size="lg">
        {draft && <WaveForm draft={draft} roles={roles} onClose={() => setDraft(null)} />}
      </Modal>
      {ending && <End wave={ending} onClose={() => setEnding(null)} />}
    </Card>
  );
}

function Proposals({ of, onPlan }: { of: FactorWaves; onPlan: ((draft: Draft) => void) | null }) {
  return (
    <section className={styles.next} aria-label={t("waves.next")}>
      <h3>{t("waves.next")}</h3>
      <p className={styles.quiet}>{t("waves.order")}</p>
      <ol className={styles.left}>
        {of.proposals.map((one) => (
          <li key={one.tier}>
            <span className={styles.who}><b>{t(`waves.tier.${one.tier}`)}</b> <small>{t(`waves.why.${one.tier}`)} {tn("waves.proposed", one.left)}</small> <First of={one} /></span>
            {onPlan && <Button size="xs" variant="default" aria-label={t("waves.plan-of", { name: t(`waves.tier.${one.tier}`) })} onClick={() => onPlan(draftOf(one))}>{t("waves.plan")}</Button>}
          </li>
        ))}
      </ol>
    </section>
  );
}

/** Who should come first in a proposed wave, each with why. */
function First({ of }: { of: ProposedFactorWave }) {
  if (of.first.length === 0) return null;
  const why = (reasons: string[]) => reasons.map((reason) => tOr(`risk.${reason}`, reason)).join(", ");
  return <small className={styles.quiet}>{t("waves.first")} {of.first.map((one) => t("waves.first-why", { name: one.name, why: why(one.reasons) })).join("; ")}</small>;
}

const draftOf = (one: ProposedFactorWave): Draft => ({ name: t(`waves.tier.${one.tier}`), roles: one.roles });

function End({ wave, onClose }: { wave: FactorWave; onClose: () => void }) {
  const api = useApi();
  const queries = useQueryClient();
  const end = useMutation({
    mutationFn: () => api.factorWaves.end(wave.id, wave.version),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ["factor-waves"] });
      void queries.invalidateQueries({ queryKey: ["factor-coverage"] });
      void queries.invalidateQueries({ queryKey: ["session"] });
      say(t("waves.ended"));
      onClose();
    },
  });
  return (
    <Confirm open title={t("waves.end-title")} text={t("waves.end-text", { name: wave.name })} action={t("waves.end")} busy={end.isPending} onConfirm={() => end.mutate()} onClose={onClose}>
      <ProblemNote error={end.error} />
    </Confirm>
  );
}

const TONES = { planned: "plain", running: "amber", holding: "red", ended: "plain" } as const;

function columns(mayChange: boolean, onChange: (draft: Draft) => void, onEnd: (wave: FactorWave) => void): Column<FactorWave>[] {
  const all: Column<FactorWave>[] = [
    { key: "name", header: t("waves.name"), head: true, sort: (one) => one.name, cell: (one) => <span className={styles.who}>{one.name} <small className={styles.quiet}>{t(one.asks === "any" ? "waves.any" : "waves.phishing-resistant")}</small></span> },
    { key: "state", header: t("waves.state"), sort: (one) => one.state, cell: (one) => <Tag tone={one.state === "holding" && one.left === 0 ? "good" : TONES[one.state]}>{t(`waves.state.${one.state}`)}</Tag> },
    { key: "from", header: t("waves.from"), sort: (one) => one.starts_at, cell: (one) => <span className={styles.day}>{onDate(one.starts_at)}</span> },
    { key: "due", header: t("waves.due"), sort: (one) => one.due_at, cell: (one) => <span className={styles.day}>{onDate(one.due_at)}</span> },
    { key: "progress", header: t("waves.progress"), sort: (one) => (one.members - one.left) / Math.max(1, one.members), cell: (one) => <Progress of={one} /> },
    { key: "reminded", header: t("waves.reminded"), sort: (one) => one.reminded_at ?? "", cell: (one) => (one.reminded_at ? <Ago time={one.reminded_at} /> : <span className={styles.quiet}>{t(one.reminds ? "waves.not-reminded" : "waves.no-reminders")}</span>) },
  ];
  if (!mayChange) return all;
  const acts: Column<FactorWave> = {
    key: "acts", header: "", align: "end",
    cell: (one) => one.state !== "ended" && (
      <Group gap={6} justify="flex-end" wrap="nowrap">
        <Button size="compact-sm" variant="default" aria-label={t("waves.change-of", { name: one.name })} onClick={() => onChange({ wave: one })}>{t("waves.change")}</Button>
        <Button size="compact-sm" variant="default" aria-label={t("waves.end-of", { name: one.name })} onClick={() => onEnd(one)}>{t("waves.end")}</Button>
      </Group>
    ),
  };
  return [...all, acts];
}

function Progress({ of }: { of: FactorWave }) {
  const have = of.members - of.left;
  return (
    <span className={styles.part}>
      <progress max={Math.max(1, of.members)} value={have} aria-label={t("waves.have-words", { have, of: of.members, name: of.name })} /> <span className="num">{t("waves.have", { have, of: of.members })}</span>
    </span>
  );
}
