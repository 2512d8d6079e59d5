import { Tooltip } from "@mantine/core";
import { clockTime, t } from "../i18n";
import { ShieldIcon } from "../ui/icons";
import { useNow } from "../ui/small";
import { useProof } from "./queries";
import { by, proofAt } from "./words";
import styles from "./Proof.module.css";

/** Beside the customer's name, while a proof counts. */
export function ProofMark({ conversation }: { conversation: string }) {
  const { data } = useProof(conversation);
  const proof = proofAt(data, useNow());
  if (!proof) return null;
  const words = t("proof.mark", { by: by(proof.channel), strength: t(`proof.strength.${proof.channel}`), time: clockTime(proof.valid_until) });
  return (
    <Tooltip label={words}>
      <span className={styles.mark} role="img" aria-label={words}>
        <ShieldIcon size={15} stroke={2} />
      </span>
    </Tooltip>
  );
}
