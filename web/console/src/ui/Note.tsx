import type { ReactNode } from "react";
import { problemWords } from "../app/problems";
import { AlertIcon, InfoIcon } from "./icons";
import styles from "./Note.module.css";

/** A sentence that wants to be seen: what it is, why, and what to do. */
export function Note({ tone = "plain", title, children, action }: { tone?: "plain" | "amber" | "red"; title?: string; children?: ReactNode; action?: ReactNode }) {
  const Icon = tone === "plain" ? InfoIcon : AlertIcon;
  return (
    <div className={styles.note} data-tone={tone} role={tone === "red" ? "alert" : "status"}>
      <Icon size={18} stroke={1.75} aria-hidden className={styles.icon} />
      <div className={styles.text}>
        {title && <p className={styles.title}>{title}</p>}
        {children && <div>{children}</div>}
      </div>
      {action}
    </div>
  );
}

/** An error in words; nothing when there is none. */
export function ProblemNote({ error, action }: { error: unknown; action?: ReactNode }) {
  const words = problemWords(error);
  if (!words) return null;
  return (
    <Note tone="red" action={action}>
      {words.text}
      {words.reference && <span className={styles.reference}> {words.reference}</span>}
    </Note>
  );
}
