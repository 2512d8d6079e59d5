import { useEffect, useState } from "preact/hooks";
import type { ConversationView, WidgetMessenger } from "@wardesk/crypto/messenger";

/** Reads a snapshot and renders again when it changed. */
export function useSnapshot<T>(messenger: WidgetMessenger, read: () => T): T {
  const [, redraw] = useState(0);
  useEffect(() => messenger.subscribe(() => redraw((n) => n + 1)), [messenger]);
  return read();
}

export function useConversation(messenger: WidgetMessenger, id: string): ConversationView {
  const [, redraw] = useState(0);
  useEffect(() => messenger.follow(id, () => redraw((n) => n + 1)), [messenger, id]);
  return messenger.view(id);
}

/** Keeps Tab inside the sheet: what lies behind it is another page. */
export function useFocusTrap(onEscape: () => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key === "Escape") {
        event.preventDefault();
        onEscape();
        return;
      }
      if (event.key !== "Tab") return;
      const stops = [...document.querySelectorAll<HTMLElement>("a[href], button:not([disabled]), input, textarea, [tabindex='0']")].filter((element) => element.getClientRects().length > 0);
      const first = stops[0];
      const last = stops.at(-1);
      if (!first || !last) return;
      if (event.shiftKey && (document.activeElement === first || document.activeElement === document.body)) {
        event.preventDefault();
        last.focus();
      } else if (!event.shiftKey && document.activeElement === last) {
        event.preventDefault();
        first.focus();
      }
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [onEscape]);
}
