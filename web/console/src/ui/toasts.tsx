import { useEffect, useState, useSyncExternalStore } from "react";
import { CloseButton } from "@mantine/core";
import { problemWords } from "../app/problems";
import { t } from "../i18n";
import styles from "./toasts.module.css";

interface Toast {
  id: number;
  text: string;
  tone: "plain" | "red";
}

const STAYS = 7000;
let toasts: Toast[] = [];
let last = 0;
const listeners = new Set<() => void>();

function set(next: Toast[]) {
  toasts = next;
  listeners.forEach((listener) => listener());
}

/** A short word about what was done. */
export function say(text: string, tone: Toast["tone"] = "plain") {
  set([...toasts.slice(-2), { id: ++last, text, tone }]);
}

/** A short word about what was refused; silent when the person declined. */
export function sayProblem(error: unknown) {
  const words = problemWords(error);
  if (words) say([words.text, words.reference].filter(Boolean).join(" "), "red");
}

export function Toasts() {
  const shown = useSyncExternalStore(
    (listener) => (listeners.add(listener), () => void listeners.delete(listener)),
    () => toasts,
  );
  return (
    <div className={styles.stack} role="region" aria-label={t("toasts.label")} aria-live="polite">
      {shown.map((toast) => (
        <One key={toast.id} toast={toast} />
      ))}
    </div>
  );
}

function One({ toast }: { toast: Toast }) {
  const [held, setHeld] = useState(false);
  const close = () => set(toasts.filter((other) => other.id !== toast.id));
  useEffect(() => {
    if (held) return;
    const timer = setTimeout(close, STAYS);
    return () => clearTimeout(timer);
  });
  return (
    <div className={styles.toast} data-tone={toast.tone} onMouseEnter={() => setHeld(true)} onMouseLeave={() => setHeld(false)}>
      <span>{toast.text}</span>
      <CloseButton size="sm" c="inherit" variant="transparent" aria-label={t("close")} onClick={close} />
    </div>
  );
}
