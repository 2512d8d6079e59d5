import { useState } from "react";
import { Button, NumberInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { ReProofingWaits } from "@wardesk/api";
import { useApi, useMay } from "../app/context";
import { fieldProblem } from "../app/problems";
import { t } from "../i18n";
import { ProblemNote } from "../ui/Note";
import { Card, Fact } from "../ui/small";
import { say } from "../ui/toasts";
import styles from "./Recovery.module.css";

/** How long people wait after an approval. */
export function Waits() {
  const api = useApi();
  const may = useMay();
  const waits = useQuery({ queryKey: ["recovery-waits"], queryFn: () => api.recovery.waits() });
  if (!waits.data) return <ProblemNote error={waits.error} />;
  return (
    <Card title={t("recovery.waits")} lead={t("recovery.waits-lead")}>
      {may("staff.re_proof_waits") ? (
        <Form key={waits.data.version} waits={waits.data} />
      ) : (
        <dl className={styles.facts}>
          <Fact name={t("recovery.waits-ordinary")}>{waits.data.ordinary_hours}</Fact>
          <Fact name={t("recovery.waits-administrative")}>{waits.data.administrative_hours}</Fact>
        </dl>
      )}
    </Card>
  );
}

function Form({ waits }: { waits: ReProofingWaits }) {
  const api = useApi();
  const queries = useQueryClient();
  const [ordinary, setOrdinary] = useState<number | string>(waits.ordinary_hours);
  const [administrative, setAdministrative] = useState<number | string>(waits.administrative_hours);
  const save = useMutation({
    mutationFn: () => api.recovery.setWaits({ ordinary_hours: Number(ordinary), administrative_hours: Number(administrative), version: waits.version }),
    onSuccess: (after) => (queries.setQueryData(["recovery-waits"], after), say(t("recovery.waits-saved"))),
  });
  const wrong = fieldProblem(save.error, "ordinary_hours");
  return (
    <form
      className={styles.stack}
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <div className={styles.waits}>
        <NumberInput label={t("recovery.waits-ordinary")} description={t("recovery.waits-hint")} min={1} max={336} allowDecimal={false} required value={ordinary} onChange={setOrdinary} error={wrong} />
        <NumberInput label={t("recovery.waits-administrative")} description={t("recovery.waits-hint")} min={1} max={336} allowDecimal={false} required value={administrative} onChange={setAdministrative} />
        <Button type="submit" loading={save.isPending} disabled={ordinary === waits.ordinary_hours && administrative === waits.administrative_hours}>
          {t("recovery.waits-save")}
        </Button>
      </div>
      {!wrong && <ProblemNote error={save.error} />}
    </form>
  );
}
