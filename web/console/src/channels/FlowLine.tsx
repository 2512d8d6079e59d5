import { Fragment } from "react";
import { Button, Tooltip } from "@mantine/core";
import type { Line, LineState } from "@wardesk/crypto/messenger";
import type { ProofLine } from "../customer-proof/words";
import { clockTime, exactly, t, tOr } from "../i18n";
import { useMessenger } from "../messenger/MessengerProvider";
import { AlertIcon, CheckIcon, ChecksIcon, ClockIcon } from "../ui/icons";
import { sayProblem } from "../ui/toasts";
import { Verified } from "../ui/small";
import { eventWords, nameOf } from "./words";
import styles from "./Flow.module.css";

type TextLine = Extract<Line, { kind: "text" | "note" }>;

export type FlowLineOf = Line | ProofLine;

export function FlowLine({ line, conversation, follows }: { line: FlowLineOf; conversation: string; follows: boolean }) {
  if (line.kind === "event") {
    return (
      <p className={styles.event} data-tone={line.event === "key-changed" ? "amber" : undefined}>
        <span>
          {eventWords(line)} <Time at={line.at} />
        </span>
      </p>
    );
  }
  if (line.kind === "proof") {
    return (
      <p className={styles.event} data-tone={line.tone}>
        <span>
          {line.text} <Time at={line.at} />
        </span>
      </p>
    );
  }
  if (line.kind === "refused") {
    return (
      <p className={styles.refused}>
        <AlertIcon size={15} aria-hidden />
        <span>
          {t(`refused.${line.reason}`)} <Time at={line.at} />
        </span>
      </p>
    );
  }
  // Gathered for customers only: staff have the keys of before from their team, or no right to them.
  if (line.kind === "earlier") return null;
  return <Bubble line={line} conversation={conversation} follows={follows} />;
}

function Bubble({ line, conversation, follows }: { line: TextLine; conversation: string; follows: boolean }) {
  const messenger = useMessenger();
  const staff = line.from.kind === "staff";
  return (
    <article className={styles.bubble} data-side={staff ? "staff" : "customer"} data-kind={line.kind} data-follows={follows}>
      {!follows && (
        <header className={styles.by}>
          <b>{line.mine ? t("you") : nameOf(line.from)}</b>
          {!line.from.verified && <Verified verified={false} />}
          {line.kind === "note" && <em>{t("note.mark")}</em>}
        </header>
      )}
      <div className={styles.body}>
        <Text body={line.body} />
      </div>
      <footer className={styles.foot}>
        <Time at={line.at} />
        {line.mine && <State state={line.state} />}
      </footer>
      {line.state === "failed" && (
        <div className={styles.failed} role="alert">
          <span>{tOr(`problem.${line.problem ?? ""}`, t("flow.failed"))}</span>
          <Button size="compact-xs" variant="default" onClick={() => void messenger?.retry(conversation, line.id).catch(sayProblem)}>
            {t("flow.retry")}
          </Button>
          <Button size="compact-xs" variant="subtle" color="gray" onClick={() => void messenger?.discard(conversation, line.id).catch(sayProblem)}>
            {t("flow.discard")}
          </Button>
        </div>
      )}
    </article>
  );
}

function Time({ at }: { at: string }) {
  return (
    <time dateTime={at} title={exactly(at)} className="num">
      {clockTime(at)}
    </time>
  );
}

const STATES = { waiting: ClockIcon, sending: ClockIcon, sent: CheckIcon, delivered: ChecksIcon, read: ChecksIcon, failed: AlertIcon };

function State({ state }: { state: LineState }) {
  const Icon = STATES[state];
  return (
    <Tooltip label={t(`state.${state}`)}>
      <span className={styles.state} data-state={state} role="img" aria-label={t(`state.${state}`)}>
        <Icon size={14} stroke={2} />
      </span>
    </Tooltip>
  );
}

const LINK = /(https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]])/g;

/** Plain text; only web addresses become links. */
function Text({ body }: { body: string }) {
  return body.split(LINK).map((part, index) =>
    index % 2 === 1 ? (
      <a key={index} href={part} target="_blank" rel="noopener noreferrer nofollow">
        {part}
      </a>
    ) : (
      <Fragment key={index}>{part}</Fragment>
    ),
  );
}
