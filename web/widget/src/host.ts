/** The page around the frame: only its window is listened to, and nothing secret is told to it. */
import { type ToFrame, type ToHost, isMessage } from "./messages";

export interface Host {
  tell(message: ToHost): void;
}

export function connectHost(on: (message: ToFrame) => void): Host {
  const framed = window.parent !== window;
  addEventListener("message", (event: MessageEvent) => {
    // Which pages may frame this one at all is the server's `frame-ancestors`.
    if (!framed || event.source !== window.parent || !isMessage(event.data)) return;
    on(event.data as ToFrame);
  });
  return {
    tell(message) {
      // The page's origin is not known here, and what is told (ready, close, a number) is no secret.
      if (framed) window.parent.postMessage(message, "*");
    },
  };
}
