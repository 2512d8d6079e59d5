import { Button, Skeleton } from "@mantine/core";
import type { StaffProof } from "@wardesk/api";
import { useColleagues } from "../desk/queries";
import { clockTime, t } from "../i18n";
import { ProblemNote } from "../ui/Note";
import { Ago, Tag, useNow } from "../ui/small";
import { useProof } from "./queries";
import { type Standing, by, proofAt, standing } from "./words";
import styles from "./Proof.module.css";

const TONES = { proved: "good", waiting: "amber", failed: "red", ended: "plain", expired: "plain", none: "plain" } as const;

/** Whether the customer showed who they are in this conversation, and the way to ask for it. */
export function ProofSection({ conversation, onAsk }: { conversation: string; onAsk: () => void }) {
  const { data, error } = useProof(conversation);
  const now = useNow();
  if (error && !data) return <ProblemNote error={error} />;
  if (!data) return <Skeleton height={60} />;
  const stands = standing(data, now);
  const counts = stands.state === "waiting" || stands.state === "failed" ? proofAt(data, now) : null;
  return (
    <section className={styles.section} aria-label={t("proof.title")}>
      <div className={styles.head}>
        <h3>{t("proof.title")}</h3>
        <Tag tone={TONES[stands.state]}>{t(`proof.state.${stands.state}`)}</Tag>
      </div>
      <div role="status">
        <About stands={stands} />
        {counts && <p>{t("proof.counts-still", { by: by(counts.channel), time: clockTime(counts.valid_until) })}</p>}
      </div>
      <AskButton ways={data.ways} first={data.requests.length === 0} onAsk={onAsk} />
    </section>
  );
}

function About({ stands }: { stands: Standing }) {
  const colleagues = useColleagues();
  const nameOf = (staff: string) => colleagues.data?.items.find((one) => one.id === staff)?.name ?? t("person.somebody");
  if (stands.state === "none") return <p>{t("proof.about.none")}</p>;
  if (stands.state === "proved") {
    const { proof } = stands;
    return (
      <>
        <p>{t("proof.about.proved", { by: by(proof.channel), strength: t(`proof.strength.${proof.channel}`), time: clockTime(proof.valid_until) })}</p>
        <When what="given" at={proof.proved_at} />
      </>
    );
  }
  const { request, state } = stands;
  return (
    <>
      <p>{t(`proof.about.${state}`, { by: by(request.channel), name: nameOf(request.asked_by), time: clockTime(request.ends_at) })}</p>
      <When what={request.proved_at ? "given" : request.failed_at ? "failed" : "asked"} at={request.proved_at ?? request.failed_at ?? request.asked_at} />
    </>
  );
}

function When({ what, at }: { what: "asked" | "given" | "failed"; at: string }) {
  return (
    <small>
      {t(`proof.at.${what}`)} <Ago time={at} />
    </small>
  );
}

/** When nothing can be sent, the button still opens what to do about it. */
function AskButton({ ways, first, onAsk }: { ways: StaffProof["ways"]; first: boolean; onAsk: () => void }) {
  if (ways.length === 0) return null;
  return (
    <Button size="xs" variant="default" onClick={onAsk}>
      {t(first ? "proof.ask-open" : "proof.ask-again")}
    </Button>
  );
}
