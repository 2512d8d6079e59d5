import { useState } from "react";
import { Button, Modal, Skeleton } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { Factor } from "@wardesk/api";
import { useApi, useMe } from "../app/context";
import { DevicesTable } from "../devices/DevicesTable";
import { onMinute, t, tn } from "../i18n";
import { KeyIcon, PlusIcon } from "../ui/icons";
import { Note, ProblemNote } from "../ui/Note";
import { Ago, Card, Confirm, Page, PageHead, Tag } from "../ui/small";
import { say, sayProblem } from "../ui/toasts";
import { UnusualSignIns } from "../sign-in-risk/WasThisYou";
import { ProviderCard } from "../single-sign-on/ProviderCard";
import { AddFactor } from "./AddFactor";
import { Browsers } from "./Browsers";
import { ChangePassword } from "./ChangePassword";
import { FACTOR_ICONS } from "./factors";
import { History } from "./History";
import { MailAddress } from "./MailAddress";
import { RecoveryCodes } from "./RecoveryCodes";
import { RenameFactor } from "./RenameFactor";
import { useSession } from "./session";
import { EndOthers, Sessions } from "./Sessions";
import styles from "./SecurityPage.module.css";

export function SecurityPage() {
  const me = useMe();
  return (
    <Page>
      <PageHead title={t("area.security")} lead={t("security.lead", { login: me.login })} />
      <Factors />
      <ChangePassword />
      <ProviderCard />
      <MailAddress />
      <Sessions />
      <UnusualSignIns />
      <Browsers />
      <Card title={t("security.devices")} lead={t("security.devices-lead")}>
        <DevicesTable staff={me.id} />
      </Card>
      <History />
    </Page>
  );
}

function Factors() {
  const api = useApi();
  const me = useMe();
  const queries = useQueryClient();
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<Factor | null>(null);
  const [renaming, setRenaming] = useState<Factor | null>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  const [changed, setChanged] = useState(false);
  const factors = useQuery({ queryKey: ["factors"], queryFn: () => api.factors.list() });
  // What is due of its owner may be met now, or be due again.
  const again = () => ["factors", "session"].forEach((key) => void queries.invalidateQueries({ queryKey: [key] }));
  const onChanged = () => (setChanged(true), again());
  const renew = useMutation({ mutationFn: () => api.factors.newRecoveryCodes(), onSuccess: (answer) => (setCodes(answer.codes), again()), onError: sayProblem });
  const remove = useMutation({ mutationFn: (factor: Factor) => api.factors.remove(factor.id), onSuccess: () => (setRemoving(null), say(t("security.removed")), onChanged()), onError: sayProblem });
  const own = factors.data?.items.filter((factor) => factor.kind !== "recovery");
  const recovery = factors.data?.items.find((factor) => factor.kind === "recovery");
  const due = useSession().data?.enrolment_due;
  const left = recovery?.remaining ?? 0;
  const works = (factor: Factor) => !factor.disabled_at && !factor.held_until;
  const stays = (factor: Factor) => !factor.disabled_at && !own?.some((other) => other.id !== factor.id && works(other));
  return (
    <Card
      title={t("security.factors")} lead={t("security.factors-lead")}
      aside={<Button variant="default" leftSection={<PlusIcon size={16} />} onClick={() => setAdding(true)}>{t("security.add")}</Button>}
    >
      <ProblemNote error={factors.error} />
      {!factors.data && !factors.error && <Skeleton height={64} />}
      <ul className={styles.rows}>
        {own?.map((factor) => {
          const Icon = FACTOR_ICONS[factor.kind];
          return (
            <li key={factor.id}>
              <Icon size={20} stroke={1.5} aria-hidden />
              <span className={styles.what}>
                <b>
                  {nameOf(factor)} {factor.disabled_at && <Tag tone="amber">{t("security.stopped")}</Tag>} {factor.held_until && <Tag tone="amber">{t("text.held")}</Tag>}
                </b>
                {factor.disabled_at && <small>{t(`security.stopped.${factor.kind}`)} </small>}
                {factor.held_until && <small>{t("text.held-until", { when: onMinute(factor.held_until) })} </small>}
                <small>
                  {t(`factor.${factor.kind}`)} · {factor.last_used_at ? <>{t("security.used")} <Ago time={factor.last_used_at} /></> : t("security.never-used")}
                  {factor.make && <> · {t("factors.make", { make: factor.make.name })}</>}
                  {factor.kept && <> · {t(`factors.kept.${factor.kept}`)}</>}
                </small>
                {due && !factor.disabled_at && !factor.counts && <small> · {t("factors.not-enough")}</small>}
              </span>
              {factor.kind !== "sms" && (
                <Button size="xs" variant="subtle" aria-label={t("security.rename-named", { name: nameOf(factor) })} onClick={() => setRenaming(factor)}>
                  {t("security.rename")}
                </Button>
              )}
              <Button size="xs" variant="default" disabled={stays(factor)} title={stays(factor) ? t("security.last-stays") : undefined} aria-label={t("security.remove-named", { name: nameOf(factor) })} onClick={() => setRemoving(factor)}>
                {t("remove")}
              </Button>
            </li>
          );
        })}
        {factors.data && (
          <li>
            <KeyIcon size={20} stroke={1.5} aria-hidden />
            <span className={styles.what}>
              <b>{t("factor.recovery")}</b>
              <small>{recovery?.disabled_at ? t("security.stopped.recovery") : recovery ? tn("security.codes-left", left) : t("security.no-codes")}</small>
            </span>
            <Button size="xs" variant="default" loading={renew.isPending} onClick={() => renew.mutate()}>
              {t("security.new-codes")}
            </Button>
          </li>
        )}
      </ul>
      {changed && <EndOthers />}
      {recovery && left <= 3 && <Note tone="amber">{t("security.few-codes")}</Note>}
      <Modal opened={adding} onClose={() => setAdding(false)} title={t("security.add")}>
        <div className={styles.stack}>
          <AddFactor onAdded={(_kind, answer) => (setAdding(false), setCodes(answer.recovery_codes), say(t("security.added")), onChanged())} />
        </div>
      </Modal>
      {renaming && <RenameFactor factor={renaming} onClose={() => setRenaming(null)} />}
      <Modal opened={codes !== null} onClose={() => setCodes(null)} title={t("factor.recovery")} closeOnClickOutside={false}>
        <p className={styles.lead}>{t("security.codes-once")}</p>
        {codes && <RecoveryCodes codes={codes} login={me.login} onSaved={() => setCodes(null)} />}
      </Modal>
      <Confirm
        open={removing !== null} title={t("security.remove-title")} text={t("security.remove-text", { name: removing ? nameOf(removing) : "" })} action={t("remove")}
        busy={remove.isPending} onClose={() => setRemoving(null)} onConfirm={() => removing && remove.mutate(removing)}
      />
    </Card>
  );
}

/** What a person recognises it by. */
function nameOf(factor: Factor): string {
  return factor.number ?? (factor.name || t(`factor.${factor.kind}`));
}
