import { useState } from "react";
import { UnstyledButton } from "@mantine/core";
import { t } from "../i18n";
import styles from "./Column.module.css";

/** "I can't use this": always there, always with an answer. */
export function HelpWay({ text, label = t("cant-use") }: { text: string; label?: string }) {
  const [open, setOpen] = useState(false);
  if (open) return <p role="status">{text}</p>;
  return (
    <UnstyledButton className={styles.way} onClick={() => setOpen(true)}>
      {label}
    </UnstyledButton>
  );
}
