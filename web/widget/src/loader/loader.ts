/**
 * Puts the round button and the frame into the shop's page. Knows nothing secret: keys and texts live in the frame,
 * which is another origin. Styles go through the CSSOM, so that a strict policy of the page does not stop them.
 */
import { type ToFrame, type ToHost, isMessage } from "../messages";

interface Api {
  identify(token: string): void;
  open(): void;
  close(): void;
  signOut(): void;
}

const LABEL = "Chat with us";

function start(script: HTMLScriptElement): Api {
  const origin = new URL(script.src).origin;
  const waiting: ToFrame[] = [];
  let frame: HTMLIFrameElement | null = null;
  let ready = false;
  let isOpen = false;

  const button = document.createElement("button");
  button.type = "button";
  button.setAttribute("aria-label", LABEL);
  button.setAttribute("aria-expanded", "false");
  button.setAttribute("aria-haspopup", "dialog");
  const mark = document.createElement("span");
  style(mark, { display: "none", position: "absolute", top: "2px", right: "2px", width: "14px", height: "14px", "border-radius": "7px", background: "#d97706" });
  button.append(icon(), mark);
  style(button, {
    position: "fixed", right: "20px", bottom: "20px", width: "56px", height: "56px", padding: "0", border: "0", "border-radius": "28px",
    background: "#0f766e", color: "#fff", cursor: "pointer", "z-index": "2147483000", "box-shadow": "0 4px 16px rgba(0,0,0,.24)",
  });
  button.addEventListener("focus", () => style(button, { outline: "3px solid #0f766e", "outline-offset": "3px" }));
  button.addEventListener("blur", () => style(button, { outline: "none" }));
  button.addEventListener("click", () => (isOpen ? close() : open()));

  const narrow = matchMedia("(max-width: 480px), (max-height: 520px)");
  narrow.addEventListener("change", place);

  function place(): void {
    if (!frame) return;
    const box = narrow.matches
      ? { inset: "0", width: "100%", height: "100%", "border-radius": "0" }
      : { inset: "auto 20px 88px auto", width: "380px", height: "min(600px, calc(100vh - 108px))", "border-radius": "16px" };
    style(frame, { ...box, display: isOpen ? "block" : "none" });
    style(button, { display: isOpen && narrow.matches ? "none" : "block" });
  }

  function load(): void {
    if (frame) return;
    frame = document.createElement("iframe");
    frame.title = "Chat";
    frame.src = `${origin}/widget/`;
    frame.referrerPolicy = "no-referrer";
    // So that a customer can show a passkey of their own in it, and make one.
    frame.allow = "publickey-credentials-get; publickey-credentials-create";
    style(frame, { position: "fixed", border: "0", "z-index": "2147483001", "box-shadow": "0 8px 40px rgba(0,0,0,.28)" });
    place();
    document.body.append(frame);
  }

  function tell(message: ToFrame): void {
    if (ready) frame?.contentWindow?.postMessage(message, origin);
    else waiting.push(message);
  }

  function open(): void {
    load();
    isOpen = true;
    button.setAttribute("aria-expanded", "true");
    place();
    frame?.focus();
    tell({ wardesk: 1, type: "open" });
  }

  function close(): void {
    if (!isOpen) return;
    isOpen = false;
    button.setAttribute("aria-expanded", "false");
    place();
    tell({ wardesk: 1, type: "closed" });
    button.focus();
  }

  addEventListener("message", (event: MessageEvent) => {
    // Only our frame, and only while it shows our origin.
    if (!frame || event.source !== frame.contentWindow || event.origin !== origin || !isMessage(event.data)) return;
    const message = event.data as ToHost;
    if (message.type === "ready") {
      ready = true;
      for (const held of waiting.splice(0)) tell(held);
    } else if (message.type === "close") close();
    else if (message.type === "unread") {
      style(mark, { display: message.count > 0 ? "block" : "none" });
      button.setAttribute("aria-label", message.count > 0 ? `${LABEL} (${message.count})` : LABEL);
    }
  });

  document.body.append(button);
  return {
    identify(token) {
      load();
      tell({ wardesk: 1, type: "identify", token: String(token) });
    },
    open,
    close,
    signOut() {
      load();
      tell({ wardesk: 1, type: "sign-out" });
    },
  };
}

function style(element: HTMLElement | SVGElement, values: Record<string, string>): void {
  for (const [name, value] of Object.entries(values)) element.style.setProperty(name, value);
}

function icon(): SVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", "M4 5.5A1.5 1.5 0 0 1 5.5 4h13A1.5 1.5 0 0 1 20 5.5v9a1.5 1.5 0 0 1-1.5 1.5H10l-4.5 4v-4A1.5 1.5 0 0 1 4 14.5z");
  path.setAttribute("fill", "currentColor");
  svg.append(path);
  style(svg, { display: "block", margin: "auto", width: "26px" });
  return svg;
}

const script = document.currentScript;
const page = window as Window & { Wardesk?: Api };
// A page that includes the script twice gets one button.
if (script instanceof HTMLScriptElement && !page.Wardesk) {
  if (document.body) page.Wardesk = start(script);
  else document.addEventListener("DOMContentLoaded", () => (page.Wardesk ??= start(script)));
}
