import { useEffect, useState } from "react";
import { Button, Modal } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { SessionLife } from "@wardesk/api";
import { useApi } from "../app/context";
import { t, tn } from "../i18n";
import { Note } from "../ui/Note";
import { Buttons } from "../ui/small";
import { sayProblem } from "../ui/toasts";
import { useSession, useSignOut, useTakeSession } from "./session";
import styles from "./Column.module.css";

/** So long before its end people are warned, in seconds. */
const WARN = 120;
/** The session is looked at so often, and so often while the end is near: it may be used in another window. In milliseconds. */
const LOOK = 60_000;
const LOOK_NEAR = 10_000;

/** Says that the session is about to end, while something can be done about it; and looks at it until it has ended. */
export function SessionEnd() {
  const queries = useQueryClient();
  const [near, setNear] = useState(false);
  const session = useSession({ refetchInterval: near ? LOOK_NEAR : LOOK, refetchIntervalInBackground: true });
  const life = session.data?.life ?? null;
  const left = useLeft(life, session.dataUpdatedAt);
  const unused = left !== null && left.idle <= WARN;
  useEffect(() => setNear(unused), [unused]);
  const over = left !== null && left.idle <= 0;
  useEffect(() => {
    if (over) void queries.invalidateQueries({ queryKey: ["session"] });
  }, [over, queries]);
  if (!left || !unused || over) return null;
  // Whatever is done, it ends: there is nothing to ask.
  if (left.all <= left.idle) {
    return (
      <div className={styles.ending}>
        <Note tone="amber" title={t("session-end.all", { left: leftWords(left.all) })}>{t("session-end.all-text")}</Note>
      </div>
    );
  }
  return <Unused left={left.idle} />;
}

function Unused({ left }: { left: number }) {
  const api = useApi();
  const take = useTakeSession();
  const signOut = useSignOut();
  const stay = useMutation({ mutationFn: () => api.session.state(), onSuccess: take, onError: sayProblem });
  return (
    <Modal opened onClose={() => stay.mutate()} title={t("session-end.unused", { left: leftWords(left) })} size="sm" zIndex={400}>
      <div className={styles.stack}>
        <p>{t("session-end.unused-text")}</p>
        <Buttons>
          <Button variant="default" loading={signOut.isPending} onClick={() => signOut.mutate()}>{t("session-end.sign-out")}</Button>
          <Button data-autofocus loading={stay.isPending} onClick={() => stay.mutate()}>{t("session-end.stay")}</Button>
        </Buttons>
      </div>
    </Modal>
  );
}

/** Seconds until the session ends without use and in all, by the server's clock; second by second when it is near. */
function useLeft(life: SessionLife | null, heardAt: number): { idle: number; all: number } | null {
  const [now, setNow] = useState(Date.now);
  const past = (Math.max(now, heardAt) - heardAt) / 1000;
  const left = life && { idle: seconds(life.now, life.idle_until) - past, all: seconds(life.now, life.ends_at) - past };
  const wait = left && (left.idle > WARN ? (left.idle - WARN) * 1000 : 1000);
  useEffect(() => {
    if (wait === null) return;
    const timer = setTimeout(() => setNow(Date.now()), wait);
    return () => clearTimeout(timer);
  }, [wait, now]);
  return left;
}

const seconds = (from: string, until: string) => (Date.parse(until) - Date.parse(from)) / 1000;

/** "2 minutes", and at the end "40 seconds": by tens, so that a screen reader is not told every second. */
const leftWords = (left: number) => (left > 60 ? tn("session-end.minutes", Math.ceil(left / 60)) : tn("session-end.seconds", Math.max(10, Math.ceil(left / 10) * 10)));
