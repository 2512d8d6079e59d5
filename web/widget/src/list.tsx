import type { WidgetMessenger } from "@wardesk/crypto/messenger";
import { ChevronIcon } from "./icons";
import { texts } from "./texts";
import { dayName, timeOf } from "./times";

interface ConversationsProps {
  rows: ReturnType<WidgetMessenger["conversations"]>;
  onOpen(id: string): void;
  onNew(): void;
}

export function Conversations({ rows, onOpen, onNew }: ConversationsProps) {
  return (
    <section class="list" aria-label={texts.conversations}>
      <h2>{texts.conversations}</h2>
      {rows.length === 0 && <p class="muted">{texts.noConversations}</p>}
      <ul>
        {rows.map((row) => (
          <li key={row.id}>
            <button type="button" class="row" onClick={() => onOpen(row.id)}>
              <span class="row-text">
                <span class="row-last">{row.lastText ?? texts.event.opened}</span>
                <span class="muted">
                  {texts.conversationState[row.state]} · {dayName(row.at)} {timeOf(row.at)}
                </span>
              </span>
              {row.unread > 0 && (
                <span class="count" aria-label={texts.unread(row.unread)}>
                  {row.unread}
                </span>
              )}
              <ChevronIcon />
            </button>
          </li>
        ))}
      </ul>
      <button type="button" class="primary" onClick={onNew}>
        {texts.newConversation}
      </button>
    </section>
  );
}
