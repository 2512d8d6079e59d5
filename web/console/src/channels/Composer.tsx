import { useRef, useState } from "react";
import { Button, Textarea } from "@mantine/core";
import type { Conversation } from "@wardesk/api";
import type { ConversationView } from "@wardesk/crypto/messenger";
import { useMay } from "../app/context";
import { t } from "../i18n";
import { useCommands } from "../keyboard/commands";
import { useMessenger, useStaffStatus } from "../messenger/MessengerProvider";
import { LockIcon, SendIcon } from "../ui/icons";
import { sayProblem } from "../ui/toasts";
import { Note } from "../ui/Note";
import { newKeysSinceOwnText } from "./words";
import { drafts, type DraftKind } from "./drafts";
import styles from "./Composer.module.css";

const LONGEST = 65_536;

export function Composer({ conversation, view }: { conversation: Conversation; view: ConversationView | null }) {
  const { id } = conversation;
  const messenger = useMessenger();
  const status = useStaffStatus();
  const kinds: DraftKind[] = useMay()("conversation.note") ? ["reply", "note"] : ["reply"];
  const field = useRef<HTMLTextAreaElement>(null);
  const [kind, setKind] = useState<DraftKind>("reply");
  const [text, setText] = useState(() => drafts.get(id, "reply"));
  const choose = (next: DraftKind) => {
    setKind(next);
    setText(drafts.get(id, next));
    setTimeout(() => field.current?.focus(), 0);
  };
  useCommands([
    { id: "reply", title: t("help.reply"), section: "palette.do", key: "r", run: () => choose("reply") },
    ...(kinds.includes("note") ? [{ id: "note", title: t("help.note"), section: "palette.do" as const, key: "n", run: () => choose("note") }] : []),
  ]);
  const strange = kind === "reply" && view?.member ? newKeysSinceOwnText(view) : null;
  const working = status?.state === "ready" || status?.state === "other-tab";
  const why = !working ? t("composer.no-device") : kind === "reply" && !view?.member ? t(whyNot(conversation)) : null;
  const tooLong = new TextEncoder().encode(text).length > LONGEST;
  const write = (value: string) => {
    setText(value);
    drafts.set(id, kind, value);
    if (kind === "reply" && value) messenger?.typing(id);
  };
  const send = () => {
    const body = text.trim();
    if (!body || !messenger || why || tooLong) return;
    setText("");
    drafts.set(id, kind, "");
    // Refusals of a message stand in the flow with a way to try again; what comes here never became a line.
    (kind === "reply" ? messenger.send(id, body) : messenger.note(id, body)).catch((error: unknown) => {
      sayProblem(error);
      if (!drafts.get(id, kind)) {
        drafts.set(id, kind, body);
        setText(body);
      }
    });
  };
  return (
    <form
      className={styles.composer}
      data-kind={kind}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <div className={styles.tabs} role="group" aria-label={t("composer.kind")}>
        {kinds.map((one) => (
          <button key={one} type="button" className={styles.tab} aria-pressed={one === kind} onClick={() => choose(one)}>
            {t(`composer.${one}`)}
          </button>
        ))}
        <span className={styles.seen}>
          <LockIcon size={13} aria-hidden /> {t(`composer.${kind}-seen`)}
        </span>
      </div>
      {strange && (
        <div className={styles.strange}>
          <Note tone="amber" title={t("composer.new-device.title", { names: strange })}>
            {t("composer.new-device.text")}
          </Note>
        </div>
      )}
      {why ? (
        <p className={styles.why}>{why}</p>
      ) : (
        <div className={styles.row}>
          <Textarea
            ref={field} className={styles.field} variant="unstyled" autosize minRows={1} maxRows={9} aria-label={t(`composer.${kind}`)} placeholder={t(`composer.${kind}-hint`)} value={text}
            error={tooLong ? t("composer.too-long") : null} onChange={(event) => write(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === "Escape") field.current?.blur();
              if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
              event.preventDefault();
              send();
            }}
          />
          <Button type="submit" size="xs" disabled={!text.trim() || tooLong} rightSection={<SendIcon size={14} />}>
            {t(kind === "reply" ? "composer.send" : "composer.save")}
          </Button>
        </div>
      )}
    </form>
  );
}

function whyNot(conversation: Conversation) {
  if (conversation.state === "closed") return "composer.closed";
  return conversation.state === "waiting" ? "composer.take-first" : "composer.join-first";
}
