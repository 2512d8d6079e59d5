import { useEffect, useState, useSyncExternalStore, type ReactNode } from "react";
import { ActionIcon, Button, CopyButton, Modal, Tooltip } from "@mantine/core";
import { stepUp } from "../app/signals";
import { ago, exactly, t } from "../i18n";
import { AlertIcon, CheckIcon, CopyIcon, VerifiedIcon } from "./icons";
import styles from "./small.module.css";

/** The present, moving every half minute: enough for "2 min". */
export function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 30_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

export function Ago({ time }: { time: string }) {
  const now = useNow();
  return (
    <Tooltip label={exactly(time)}>
      <time dateTime={time} className="num">
        {ago(time, now)}
      </time>
    </Tooltip>
  );
}

export function PageHead({ title, lead, children }: { title: string; lead?: string; children?: ReactNode }) {
  return (
    <div className={styles.head}>
      <div>
        <h1>{title}</h1>
        {lead && <p className={styles.lead}>{lead}</p>}
      </div>
      {children && <div className={styles.actions}>{children}</div>}
    </div>
  );
}

/** An empty place teaches: what will be here, why it matters, the one button that starts it. */
export function Empty({ icon, title, text, action }: { icon: ReactNode; title: string; text: string; action?: ReactNode }) {
  return (
    <div className={styles.empty}>
      <span className={styles.emptyIcon} aria-hidden>
        {icon}
      </span>
      <h2>{title}</h2>
      <p>{text}</p>
      {action}
    </div>
  );
}

export function Verified({ verified, name }: { verified: boolean; name?: string }) {
  const words = name ? t(verified ? "verified.named" : "unverified.named", { name }) : t(verified ? "verified" : "unverified");
  return (
    <Tooltip label={words}>
      <span className={styles.verified} data-verified={verified} role="img" aria-label={words}>
        {verified ? <VerifiedIcon size={15} stroke={2} /> : <AlertIcon size={15} stroke={1.75} />}
      </span>
    </Tooltip>
  );
}

export function CopyValue({ value, label }: { value: string; label: string }) {
  return (
    <CopyButton value={value}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? t("copied") : label}>
          <ActionIcon variant="subtle" color="gray" aria-label={copied ? t("copied") : label} onClick={copy}>
            {copied ? <CheckIcon size={16} /> : <CopyIcon size={16} />}
          </ActionIcon>
        </Tooltip>
      )}
    </CopyButton>
  );
}

/** Asks before what cannot be undone. The button says what it does, never "OK". */
export function Confirm(props: { open: boolean; title: string; text: string; action: string; busy: boolean; onConfirm: () => void; onClose: () => void; children?: ReactNode }) {
  // One dialog at a time: this one steps back while the second factor is asked for.
  const proving = useSyncExternalStore(stepUp.on, stepUp.open);
  return (
    <Modal opened={props.open && !proving} onClose={props.onClose} title={props.title} size="sm">
      <p className={styles.confirm}>{props.text}</p>
      {props.children}
      <div className={styles.buttons}>
        <Button variant="default" onClick={props.onClose}>
          {t("cancel")}
        </Button>
        <Button color="red.8" loading={props.busy} onClick={props.onConfirm} data-autofocus>
          {props.action}
        </Button>
      </div>
    </Modal>
  );
}

export function Buttons({ children }: { children: ReactNode }) {
  return <div className={styles.buttons}>{children}</div>;
}

/** A value with its name, in a record or a drawer. */
export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className={styles.fact}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

export function Page({ children, wide = false }: { children: ReactNode; wide?: boolean }) {
  return (
    <div className={styles.page} data-wide={wide}>
      {children}
    </div>
  );
}

export function Card({ title, lead, children, aside }: { title: string; lead?: string; children: ReactNode; aside?: ReactNode }) {
  return (
    <section className={styles.card} aria-label={title}>
      <div className={styles.cardHead}>
        <div>
          <h2>{title}</h2>
          {lead && <p className={styles.lead}>{lead}</p>}
        </div>
        {aside}
      </div>
      {children}
    </section>
  );
}

/** A word in a frame: a state or a tag. Colour only where it means something. */
export function Tag({ tone = "plain", children }: { tone?: "plain" | "good" | "amber" | "red"; children: ReactNode }) {
  return (
    <span className={styles.tag} data-tone={tone}>
      {children}
    </span>
  );
}
