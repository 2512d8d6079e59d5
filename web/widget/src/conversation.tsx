import { useEffect, useRef } from "preact/hooks";
import { MessengerError, type WidgetMessenger } from "@wardesk/crypto/messenger";
import { Composer } from "./composer";
import { Newcomer } from "./devices";
import { Flow } from "./flow";
import { useConversation, useSnapshot } from "./hooks";
import { Proof } from "./proof";
import { listed, texts } from "./texts";

interface ConversationProps {
  messenger: WidgetMessenger;
  id: string;
  company: string;
  onNew(): void;
}

const NEAR_THE_END_PX = 80;

export function Conversation({ messenger, id, company, onNew }: ConversationProps) {
  const view = useConversation(messenger, id);
  const proof = useSnapshot(messenger, () => messenger.proof(id));
  const scroller = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const last = view.lines.at(-1);
  const closed = messenger.conversations().find((row) => row.id === id)?.state === "closed";

  useEffect(() => {
    const box = scroller.current;
    // Who reads further up is not pulled away; one's own message is always shown.
    if (box && (atEnd.current || (last?.kind === "text" && last.mine))) box.scrollTop = box.scrollHeight;
  }, [view.lines.length, last?.id, view.typing.length, proof]);

  useEffect(() => {
    const box = scroller.current;
    if (!box) return;
    // The composer grows and shrinks: who was at the end stays there.
    const observer = new ResizeObserver(() => {
      if (atEnd.current) box.scrollTop = box.scrollHeight;
    });
    observer.observe(box);
    return () => observer.disconnect();
  }, []);

  useEffect(() => {
    const read = () => {
      if (document.visibilityState === "visible" && document.hasFocus()) messenger.markRead(id);
    };
    read();
    addEventListener("focus", read);
    document.addEventListener("visibilitychange", read);
    return () => {
      removeEventListener("focus", read);
      document.removeEventListener("visibilitychange", read);
    };
  }, [messenger, id, view.lines.length]);

  const send = async (text: string) => {
    try {
      await messenger.send(id, text);
      return true;
    } catch (error) {
      if (error instanceof MessengerError) return false;
      throw error;
    }
  };

  return (
    <>
      <div
        class="flow"
        ref={scroller}
        tabIndex={0}
        role="log"
        aria-live="polite"
        aria-label={texts.chatWith(company)}
        onScroll={(event) => {
          const box = event.currentTarget;
          atEnd.current = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_THE_END_PX;
        }}
      >
        <Flow view={view} company={company} given={proof?.given ?? []} onRetry={(line) => void messenger.retry(id, line)} onDiscard={(line) => void messenger.discard(id, line)} />
      </div>
      <p class="typing" aria-live="polite">
        {view.typing.length > 0 && texts.typing(listed(view.typing.map((person) => person.name ?? texts.anonymousStaff)))}
      </p>
      {!view.removed && view.newcomers[0] !== undefined && <Newcomer key={view.newcomers[0].keys} messenger={messenger} {...view.newcomers[0]} />}
      {!view.removed && !closed && <Proof messenger={messenger} conversation={id} members={view.members} />}
      {view.removed ? (
        <div class="closed">
          <p>{texts.removed}</p>
        </div>
      ) : closed ? (
        <div class="closed">
          <p>{texts.event.closed}</p>
          <button type="button" class="primary" onClick={onNew}>
            {texts.newConversation}
          </button>
        </div>
      ) : (
        <Composer onSend={send} onTyping={() => messenger.typing(id)} codeExpected={proof?.request != null && proof.request.channel !== "passkey" && proof.request.codeEndsAt !== null} />
      )}
    </>
  );
}
