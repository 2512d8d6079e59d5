import { useState, useSyncExternalStore } from "react";
import { Button, Drawer, Radio } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import type { ReProofing, ReProofingReason } from "@wardesk/api";
import { useApi, useMay, useMe } from "../app/context";
import { stepUp } from "../app/signals";
import { exactly, t } from "../i18n";
import { Note, ProblemNote } from "../ui/Note";
import { Buttons, Confirm, Fact, Tag } from "../ui/small";
import { say } from "../ui/toasts";
import { Found } from "./Found";
import { ProcedureDialog } from "./ProcedureDialog";
import { TONES } from "./RecoveryPage";
import { useCasesChanged } from "./queries";
import styles from "./Recovery.module.css";

const GIVEN: ReProofingReason[] = ["not-the-person", "suspicious", "not-needed"];

/** One case: what was found out, who decided, and what one may do about it. */
export function CaseDrawer({ found, onClose }: { found: ReProofing; onClose: () => void }) {
  const api = useApi();
  const may = useMay();
  const me = useMe();
  const changed = useCasesChanged();
  const [asks, setAsks] = useState<"run" | "approve" | "refuse" | null>(null);
  const [reason, setReason] = useState<ReProofingReason>("not-the-person");
  const proving = useSyncExternalStore(stepUp.on, stepUp.open);
  const name = found.staff.name;
  const done = (text: string) => () => (changed(), setAsks(null), say(text));
  const approve = useMutation({ mutationFn: () => api.recovery.approve(found.id), onSuccess: done(t("recovery.approved-done", { name })), onError: changed });
  const refuse = useMutation({ mutationFn: () => api.recovery.refuse(found.id, reason), onSuccess: () => (changed(), setAsks(null)), onError: changed });
  const open = ["requested", "approved", "waiting", "ready"].includes(found.state);
  const undecided = found.state === "requested" || found.state === "approved";
  const runs = found.state === "requested" && !found.verified_by && found.staff.id !== me.id;
  return (
    <>
      <Drawer opened={asks === null && !proving} onClose={onClose} position="right" title={t("recovery.case", { name })}>
        <div className={styles.stack}>
          <dl className={styles.facts}>
            <Fact name={t("recovery.state")}><Tag tone={TONES[found.state]}>{t(`recovery.state.${found.state}`)}</Tag></Fact>
            <Fact name={t("recovery.asked")}>{exactly(found.requested_at)}<br />{found.requested_by ? t("recovery.by-colleague", { name: found.requested_by.name }) : t("recovery.by-person")}</Fact>
            <Fact name={t("recovery.checked")}>{found.verified_by?.name ?? t("recovery.nobody-yet")}</Fact>
            <Fact name={t("recovery.approvals")}>{t("recovery.approvals-of", { n: found.approved_by.length, needed: found.approvals_needed })}{found.approved_by.length > 0 && `: ${found.approved_by.map((somebody) => somebody.name).join(", ")}`}</Fact>
            {undecided && <Fact name={t("recovery.decide-until")}>{exactly(found.expires_at)}</Fact>}
            {found.ready_at && <Fact name={t("recovery.wait-ends")}>{exactly(found.ready_at)}</Fact>}
            {found.ready_at && open && <Fact name={t("recovery.use-until")}>{exactly(found.expires_at)}</Fact>}
            {found.reason && <Fact name={t("recovery.why-ended")}>{t(`recovery.reason.${found.reason}`)}</Fact>}
            {found.closed_by && <Fact name={t("recovery.ended-by")}>{found.closed_by.name}</Fact>}
          </dl>
          {found.answers.length > 0 && <Found answers={found.answers} />}
          {undecided && found.cannot_approve && <Note title={t("recovery.cannot")}>{found.cannot_approve}</Note>}
          <ProblemNote error={approve.error ?? refuse.error} />
          {open && (
            <Buttons>
              {may("staff.re_proof") && <Button variant="default" onClick={() => setAsks("refuse")}>{t("recovery.refuse")}</Button>}
              {runs && <Button onClick={() => setAsks("run")}>{t("recovery.run")}</Button>}
              {undecided && !found.cannot_approve && <Button onClick={() => setAsks("approve")}>{t("recovery.approve")}</Button>}
            </Buttons>
          )}
        </div>
      </Drawer>
      {asks === "run" && <ProcedureDialog found={found} onClose={() => setAsks(null)} />}
      <Confirm open={asks === "approve"} title={t("recovery.approve-title", { name })} text={t("recovery.approve-text", { name })} action={t("recovery.approve")} busy={approve.isPending} onConfirm={() => approve.mutate()} onClose={() => setAsks(null)}>
        <ProblemNote error={approve.error} />
      </Confirm>
      <Confirm open={asks === "refuse"} title={t("recovery.refuse-title", { name })} text={t("recovery.refuse-text")} action={t("recovery.refuse-action")} busy={refuse.isPending} onConfirm={() => refuse.mutate()} onClose={() => setAsks(null)}>
        <Radio.Group label={t("recovery.reason-label")} value={reason} onChange={(value) => setReason(value as ReProofingReason)}>
          <div className={styles.stack}>
            {GIVEN.map((given) => <Radio key={given} value={given} label={t(`recovery.reason.${given}`)} />)}
          </div>
        </Radio.Group>
        <ProblemNote error={refuse.error} />
      </Confirm>
    </>
  );
}
