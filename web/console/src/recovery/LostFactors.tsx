import type { ReactNode } from "react";
import { Button, Skeleton, UnstyledButton } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { OwnCase } from "@wardesk/api";
import { useApi } from "../app/context";
import { exactly, t } from "../i18n";
import { Column } from "../identity/Column";
import columns from "../identity/Column.module.css";
import { useTakeSession } from "../identity/session";
import { Note, ProblemNote } from "../ui/Note";
import { useNow } from "../ui/small";
import { useOwnAct, useOwnCase } from "./queries";

/** After the right password, instead of the factor: one's own case, from asking to new factors. */
export function LostFactors({ onBack }: { onBack: () => void }) {
  const own = useOwnCase();
  const found = own.data?.case ?? null;
  const open = found && ["requested", "approved", "waiting", "ready"].includes(found.state);
  return (
    <Column
      title={t("lost.title")}
      lead={t("lost.lead")}
      footer={
        <UnstyledButton className={columns.way} onClick={onBack}>
          {t("lost.back")}
        </UnstyledButton>
      }
    >
      <ProblemNote error={own.data ? null : own.error} />
      {own.isPending && <Skeleton height={90} />}
      {own.data && (open ? <Open found={found} /> : <Ask last={found} hours={own.data.wait_hours} />)}
    </Column>
  );
}

function Ask({ last, hours }: { last: OwnCase | null; hours: number }) {
  const api = useApi();
  const ask = useOwnAct(() => api.recovery.ask());
  const ended = last && last.state !== "used";
  return (
    <>
      {ended && <Note title={t("lost.over")}>{last.reason ? `${t(`recovery.reason.${last.reason}`)}.` : `${t(`recovery.state.${last.state}`)}.`}</Note>}
      <p>{t("lost.ask-text", { hours })}</p>
      <ProblemNote error={ask.error} />
      <Button fullWidth loading={ask.isPending} onClick={() => ask.mutate()}>
        {t("lost.ask")}
      </Button>
    </>
  );
}

function Open({ found }: { found: OwnCase }) {
  const api = useApi();
  const now = useNow();
  const take = useTakeSession();
  const queries = useQueryClient();
  const again = () => void queries.invalidateQueries({ queryKey: ["own-recovery"] });
  const use = useMutation({ mutationFn: () => api.recovery.use(), onSuccess: take, onError: again });
  const withdraw = useOwnAct((notMe: boolean) => api.recovery.withdraw(notMe));
  const until = exactly(found.expires_at);
  const over = found.ready_at !== null && found.ready_at !== undefined && Date.parse(found.ready_at) <= now;
  const words: { title: string; text: ReactNode } =
    found.state === "ready" || (found.state === "waiting" && over)
      ? { title: t("lost.ready"), text: t("lost.ready-text", { until }) }
      : found.state === "waiting" && found.ready_at
        ? { title: t("lost.waiting", { left: left(found.ready_at, now) }), text: t("lost.waiting-text", { at: exactly(found.ready_at) }) }
        : { title: t("lost.requested"), text: t(found.verified ? "lost.verified-text" : "lost.requested-text", { until }) };
  const ready = found.state === "ready" || (found.state === "waiting" && over);
  return (
    <>
      <Note title={words.title}>{words.text}</Note>
      <ProblemNote error={use.error ?? withdraw.error} />
      {ready && (
        <Button fullWidth loading={use.isPending} onClick={() => use.mutate()}>
          {t("lost.use")}
        </Button>
      )}
      <Button fullWidth variant="default" loading={withdraw.isPending && !withdraw.variables} onClick={() => withdraw.mutate(false)}>
        {t("lost.withdraw")}
      </Button>
      <Button fullWidth variant="subtle" color="red.8" loading={withdraw.isPending && withdraw.variables} onClick={() => withdraw.mutate(true)}>
        {t("lost.not-me")}
      </Button>
    </>
  );
}

function left(at: string, now: number): string {
  const minutes = Math.max(1, Math.ceil((Date.parse(at) - now) / 60_000));
  return minutes < 120 ? t("lost.left-minutes", { n: minutes }) : t("lost.left-hours", { n: Math.ceil(minutes / 60) });
}
