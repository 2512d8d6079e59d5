import { createContext, useContext, useEffect, useState, useSyncExternalStore, type ReactNode } from "react";
import { useQueryClient } from "@tanstack/react-query";
import type { ConversationView, StaffMessenger, StaffStatus } from "@wardesk/crypto/messenger";
import { signedOut } from "../app/signals";

/** Loads and opens the conversation engine for a person. Lazily: the sign-in needs none of it. */
export type OpenMessenger = (staff: string) => Promise<StaffMessenger & { close?(): void }>;

interface Opened {
  messenger: StaffMessenger | null;
  failed: unknown;
}

const MessengerContext = createContext<Opened>({ messenger: null, failed: null });

export function MessengerProvider({ open, staff, children }: { open: OpenMessenger; staff: string; children: ReactNode }) {
  const [opened, setOpened] = useState<Opened>({ messenger: null, failed: null });
  const queries = useQueryClient();

  useEffect(() => {
    let here = true;
    let close: (() => void) | undefined;
    open(staff).then(
      (messenger) => {
        close = () => messenger.close?.();
        if (here) setOpened({ messenger, failed: null });
        else close();
      },
      (failed: unknown) => here && setOpened({ messenger: null, failed }),
    );
    return () => {
      here = false;
      close?.();
    };
  }, [open, staff]);

  const { messenger } = opened;
  useEffect(() => {
    if (!messenger) return;
    const ways = [
      messenger.onInboxChange((conversation) => {
        void queries.invalidateQueries({ queryKey: ["conversations"] });
        void queries.invalidateQueries({ queryKey: ["conversation", conversation] });
        // Who gives a conversation away ends what they asked for in it.
        void queries.invalidateQueries({ queryKey: ["proof", conversation] });
      }),
      messenger.onProofChange((conversation) => void queries.invalidateQueries({ queryKey: conversation === null ? ["proof"] : ["proof", conversation] })),
      messenger.onPresence(() => void queries.invalidateQueries({ queryKey: ["colleagues"] })),
      messenger.onEnded(() => signedOut.emit()),
    ];
    return () => ways.forEach((out) => out());
  }, [messenger, queries]);

  return <MessengerContext value={opened}>{children}</MessengerContext>;
}

/** The engine, or null while it is loading. */
export function useMessenger(): StaffMessenger | null {
  return useContext(MessengerContext).messenger;
}

/** Why the engine could not be loaded. */
export function useMessengerFailure(): unknown {
  return useContext(MessengerContext).failed;
}

const nothing = () => () => undefined;

export function useStaffStatus(): StaffStatus | null {
  const messenger = useMessenger();
  return useSyncExternalStore(messenger ? (listener) => messenger.subscribe(listener) : nothing, () => messenger?.status() ?? null);
}

/** Follows a conversation while the component is there. */
export function useConversationView(conversation: string): ConversationView | null {
  const messenger = useMessenger();
  const subscribe = useStable(messenger, conversation, (engine, listener) => engine.follow(conversation, listener));
  return useSyncExternalStore(subscribe, () => messenger?.view(conversation) ?? null);
}

export function usePreview(conversation: string) {
  const messenger = useMessenger();
  const subscribe = useStable(messenger, "", (engine, listener) => engine.subscribe(listener));
  return useSyncExternalStore(subscribe, () => messenger?.preview(conversation) ?? null);
}

/** A subscription that changes only with what it is for; otherwise every render would follow anew. */
function useStable(messenger: StaffMessenger | null, key: string, follow: (engine: StaffMessenger, listener: () => void) => () => void) {
  const make = () => (messenger ? (listener: () => void) => follow(messenger, listener) : nothing);
  const [held, setHeld] = useState(() => ({ messenger, key, subscribe: make() }));
  if (held.messenger === messenger && held.key === key) return held.subscribe;
  const next = { messenger, key, subscribe: make() };
  setHeld(next);
  return next.subscribe;
}
