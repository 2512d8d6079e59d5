import { useEffect, useLayoutEffect, useMemo, useRef } from "react";
import { Skeleton } from "@mantine/core";
import type { ConversationView } from "@wardesk/crypto/messenger";
import { useProof } from "../customer-proof/queries";
import { proofLines } from "../customer-proof/words";
import { useColleagues } from "../desk/queries";
import { dayName, t } from "../i18n";
import { nameOf } from "./words";
import { FlowLine, type FlowLineOf } from "./FlowLine";
import styles from "./Flow.module.css";

/** The lines, oldest first; stays at the end while one is at the end. */
export function Flow({ view, conversation }: { view: ConversationView | null; conversation: string }) {
  const box = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const lines = useLines(view, conversation);
  const count = lines.length;
  useLayoutEffect(() => {
    if (box.current && atEnd.current) box.current.scrollTop = box.current.scrollHeight;
  }, [count, view?.typing.length]);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const scroll = () => void (atEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < 60);
    // The composer grows, pictures of states come late: the end stays the end.
    const watch = new ResizeObserver(() => atEnd.current && (element.scrollTop = element.scrollHeight));
    watch.observe(element);
    element.addEventListener("scroll", scroll, { passive: true });
    return () => {
      watch.disconnect();
      element.removeEventListener("scroll", scroll);
    };
  }, []);
  return (
    <div ref={box} className={styles.flow} tabIndex={0} role="log" aria-label={t("flow.label")} aria-busy={!view?.loaded}>
      {!view?.loaded && (
        <div className={styles.loading}>
          <Skeleton height={44} width="46%" />
          <Skeleton height={64} width="58%" />
          <Skeleton height={44} width="40%" ml="auto" />
        </div>
      )}
      {view?.loaded && count === 0 && <p className={styles.none}>{t("flow.none")}</p>}
      {view?.loaded &&
        lines.map((line, index) => {
          const before = lines[index - 1];
          const newDay = !before || day(before) !== day(line);
          return (
            <div key={line.id}>
              {newDay && (
                <p className={styles.day}>
                  <span>{dayName(line.at)}</span>
                </p>
              )}
              <FlowLine line={line} conversation={conversation} follows={!newDay && sameSpeaker(before, line)} />
            </div>
          );
        })}
      {view && view.typing.length > 0 && (
        <p className={styles.typing} role="status">
          <i /> <i /> <i /> {t("flow.typing", { names: view.typing.map(nameOf).join(", ") })}
        </p>
      )}
    </div>
  );
}

/** The lines of the log, and between them what was asked and proved, which the log does not hold. */
function useLines(view: ConversationView | null, conversation: string): FlowLineOf[] {
  const proofs = useProof(conversation);
  const colleagues = useColleagues();
  return useMemo(() => {
    const lines: FlowLineOf[] = [...(view?.lines ?? [])];
    const nameOf = (staff: string) => colleagues.data?.items.find((one) => one.id === staff)?.name ?? t("person.somebody");
    for (const line of proofs.data ? proofLines(proofs.data, nameOf) : []) {
      const before = lines.findLastIndex((other) => Date.parse(other.at) <= Date.parse(line.at));
      lines.splice(before + 1, 0, line);
    }
    return lines;
  }, [view, proofs.data, colleagues.data]);
}

const day = (line: FlowLineOf) => new Date(line.at).toDateString();

function sameSpeaker(a: FlowLineOf | undefined, b: FlowLineOf): boolean {
  if (a?.kind !== b.kind || (b.kind !== "text" && b.kind !== "note")) return false;
  return a.kind === b.kind && a.from.subject === b.from.subject && Date.parse(b.at) - Date.parse(a.at) < 5 * 60_000;
}
