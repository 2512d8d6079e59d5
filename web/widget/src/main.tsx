import { render } from "preact";
import type { WidgetMessenger } from "@wardesk/crypto/messenger";
import { App } from "./app";
import { connectHost } from "./host";
import { texts } from "./texts";
import "./style.css";

const root = document.getElementById("sheet")!;
let messenger: Promise<WidgetMessenger> | null = null;

const host = connectHost((message) => {
  if (message.type === "open") focusFirst();
  else if (message.type === "identify") void start().then((m) => m.identify(message.token)).catch(() => undefined);
  else if (message.type === "sign-out")
    void start()
      .then((m) => m.signOut())
      .then(() => host.tell({ wardesk: 1, type: "signed-out" }))
      .catch(() => undefined);
});

/** The engine comes when it is needed: the sheet is there first. */
function start(): Promise<WidgetMessenger> {
  messenger ??= import("@wardesk/crypto/customer").then(({ openWidgetMessenger }) => openWidgetMessenger({ api: "" }));
  return messenger;
}

function focusFirst(): void {
  document.querySelector<HTMLElement>("textarea, .primary")?.focus();
}

render(
  <div class="skeleton" role="status" aria-label={texts.starting}>
    <span />
    <span />
    <span />
  </div>,
  root,
);
void start().then(show, () => render(<p class="center">{texts.notLoaded}</p>, root));

function show(ready: WidgetMessenger): void {
  const onClose = () => host.tell({ wardesk: 1, type: "close" });
  const onUnread = (count: number) => host.tell({ wardesk: 1, type: "unread", count });
  render(<App messenger={ready} onClose={onClose} onUnread={onUnread} />, root);
}
host.tell({ wardesk: 1, type: "ready" });
