import { useState } from "react";
import { Button, Modal, Radio } from "@mantine/core";
import type { Customer, ProofChannel, StaffProof } from "@wardesk/api";
import { t } from "../i18n";
import { ProblemNote } from "../ui/Note";
import { Buttons } from "../ui/small";
import { useAsk } from "./queries";
import { obstacle } from "./words";
import styles from "./Proof.module.css";

interface AskProps {
  conversation: string;
  ways: StaffProof["ways"];
  /** What of the record's contact data may be shown. */
  contact: Customer["contact"];
  open: boolean;
  onClose: () => void;
}

/** By what the customer is to show who they are; to which address a code goes, the record says. */
export function AskDialog({ conversation, ways, contact, open, onClose }: AskProps) {
  const ask = useAsk(conversation);
  const usable = ways.filter((way) => way.obstacle === null);
  const [wish, setWish] = useState<ProofChannel | null>(null);
  const chosen = usable.find((way) => way.channel === wish)?.channel ?? usable[0]?.channel ?? null;
  const close = () => {
    ask.reset();
    onClose();
  };
  return (
    <Modal opened={open} onClose={close} title={t("proof.ask")} size="sm" closeButtonProps={{ "aria-label": t("close") }}>
      <form
        className={styles.ask}
        onSubmit={(event) => {
          event.preventDefault();
          if (chosen) ask.mutate(chosen, { onSuccess: close });
        }}
      >
        <p>{t("proof.ask-what")}</p>
        <Radio.Group label={t("proof.ask-by")} value={chosen ?? ""} onChange={(value) => setWish(value as ProofChannel)}>
          <div className={styles.ways}>
            {ways.map((way) => (
              <Radio
                key={way.channel}
                value={way.channel}
                disabled={way.obstacle !== null}
                label={[t(`proof.way.${way.channel}`), hintOf(way.channel, contact)].filter(Boolean).join(" · ")}
                description={way.obstacle ? obstacle(way.channel, way.obstacle) : t("proof.says", { strength: t(`proof.strength.${way.channel}`) })}
              />
            ))}
          </div>
        </Radio.Group>
        <p className={styles.never}>{t("proof.never")}</p>
        <ProblemNote error={ask.error} />
        <Buttons>
          <Button variant="default" onClick={close}>
            {t("cancel")}
          </Button>
          <Button type="submit" loading={ask.isPending} disabled={chosen === null} data-autofocus>
            {t("proof.ask-do")}
          </Button>
        </Buttons>
      </form>
    </Modal>
  );
}

/** The masked address that a code would go to. */
function hintOf(channel: ProofChannel, contact: AskProps["contact"]): string | null | undefined {
  if (channel === "passkey") return null;
  return contact?.hints[channel === "mail_code" ? "mail" : "phone"];
}
