/** The sheet: which screen is shown, and the notices that stand above all of them. */
import { useCallback, useEffect, useState } from "preact/hooks";
import type { WidgetMessenger } from "@wardesk/crypto/messenger";
import { Conversation } from "./conversation";
import { Head } from "./head";
import { useFocusTrap, useSnapshot } from "./hooks";
import { Conversations } from "./list";
import { NewConversation } from "./new-conversation";
import { Protection } from "./protection";
import { texts } from "./texts";

type Screen = { name: "list" } | { name: "new" } | { name: "conversation"; id: string };

export interface AppProps {
  messenger: WidgetMessenger;
  onClose(): void;
  onUnread(count: number): void;
}

export function App({ messenger, onClose, onUnread }: AppProps) {
  const status = useSnapshot(messenger, () => messenger.status());
  const conversations = useSnapshot(messenger, () => messenger.conversations());
  const [chosen, choose] = useState<Screen | null>(null);
  const [protection, showProtection] = useState(false);

  // A question that waits for an answer is something new, too.
  const asked = useSnapshot(messenger, () => conversations.filter(({ id, state }) => state !== "closed" && messenger.proof(id)?.request?.here).length);
  const unread = conversations.reduce((sum, row) => sum + row.unread, asked);
  useEffect(() => onUnread(unread), [unread, onUnread]);
  useEffect(() => {
    document.title = texts.chatWith(status.organisation);
  }, [status.organisation]);

  const onEscape = useCallback(() => (protection ? showProtection(false) : onClose()), [protection, onClose]);
  useFocusTrap(onEscape);

  // Until somebody chooses: the conversation that goes on, or the first question.
  const current = conversations.find((row) => row.state !== "closed");
  const gone = chosen?.name === "conversation" && !conversations.some((row) => row.id === chosen.id);
  const screen: Screen = (gone ? null : chosen) ?? (current ? { name: "conversation", id: current.id } : conversations.length > 0 ? { name: "list" } : { name: "new" });
  const starting = status.state === "starting";
  // What is on the screen stays there: a conversation that is closed while it is read does not vanish.
  const shown = screen.name === "conversation" ? screen.id : null;
  useEffect(() => {
    if (shown !== null && chosen === null) choose({ name: "conversation", id: shown });
  }, [shown, chosen]);

  return (
    <main class="sheet" aria-label={texts.chatWith(status.organisation)}>
      <Head
        status={status}
        onBack={screen.name !== "list" && conversations.length > 0 && !protection ? () => choose({ name: "list" }) : null}
        onProtection={() => showProtection(!protection)}
        protectionShown={protection}
        onClose={onClose}
      />
      <Notices status={status} />
      {protection ? (
        <Protection messenger={messenger} conversation={screen.name === "conversation" ? screen.id : null} onClose={() => showProtection(false)} />
      ) : starting ? (
        <div class="skeleton" role="status" aria-label={texts.starting}>
          <span />
          <span />
          <span />
        </div>
      ) : status.state === "unavailable" ? (
        <p class="center">{texts.unavailable}</p>
      ) : screen.name === "list" ? (
        <Conversations rows={conversations} onOpen={(id) => choose({ name: "conversation", id })} onNew={() => choose({ name: "new" })} />
      ) : screen.name === "new" ? (
        <NewConversation messenger={messenger} onOpened={(id) => choose({ name: "conversation", id })} />
      ) : (
        <Conversation key={screen.id} messenger={messenger} id={screen.id} company={status.organisation} onNew={() => choose({ name: "new" })} />
      )}
    </main>
  );
}

function Notices({ status }: { status: ReturnType<WidgetMessenger["status"]> }) {
  return (
    <div role="status">
      {status.connection === "offline" && status.state !== "signed-out" && <p class="notice">{texts.offline}</p>}
      {status.state === "lost" && <p class="notice amber">{texts.lost}</p>}
      {status.state === "signed-out" && <p class="notice">{texts.signedOut}</p>}
    </div>
  );
}
