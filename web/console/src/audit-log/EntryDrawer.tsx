import { Button, Drawer, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useApi } from "../app/context";
import { exactly, t, tOr } from "../i18n";
import { Note, ProblemNote } from "../ui/Note";
import { CopyValue, Fact, Tag } from "../ui/small";
import { actorName } from "./AuditPage";
import type { FilterName } from "./filter";
import styles from "./AuditPage.module.css";

/** One entry with everything that proves it. */
export function EntryDrawer({ id, names, onClose, onFilter }: { id: string | null; names: Map<string, string>; onClose: () => void; onFilter: (name: FilterName, value: string) => void }) {
  const api = useApi();
  const { data, error } = useQuery({ queryKey: ["audit-entry", id], queryFn: () => api.audit.get(id!), enabled: id !== null, staleTime: Infinity });
  return (
    <Drawer opened={id !== null} onClose={onClose} position="right" size={480} title={data ? tOr(`action.${data.action}`, data.action) : t("audit.entry")} closeButtonProps={{ "aria-label": t("close") }}>
      <ProblemNote error={error} />
      {!data && !error && <Skeleton height={240} />}
      {data && (
        <div className={styles.drawer}>
          {data.intact === false && <Note tone="red" title={t("audit.broken")}>{t("audit.broken-text")}</Note>}
          <dl>
            <Fact name={t("audit.action")}><span className="mono">{data.action}</span></Fact>
            <Fact name={t("audit.outcome")}>{data.outcome === "refused" ? <Tag tone="amber">{t("audit.refused")}</Tag> : t("audit.done")}</Fact>
            <Fact name={t("audit.at")}>{exactly(data.at)}</Fact>
            <Fact name={t("audit.actor")}>{actorName(data, names)} <span className="mono">{data.actor.id}</span></Fact>
            <Fact name={t("audit.target")}>{data.target ? <span className="mono">{data.target.id}</span> : "–"}</Fact>
            <Fact name={t("audit.seq")}><span className="num">{data.seq}</span></Fact>
            {Object.entries(data.details).map(([name, value]) => (
              <Fact key={name} name={name}>{typeof value === "string" ? value : JSON.stringify(value)}</Fact>
            ))}
          </dl>
          <div className={styles.acts}>
            <Button size="xs" variant="default" onClick={() => onFilter("action", data.action)}>{t("audit.same-action")}</Button>
            <Button size="xs" variant="default" onClick={() => onFilter("actor", data.actor.id)}>{t("audit.same-actor")}</Button>
            {data.target && <Button size="xs" variant="default" onClick={() => onFilter("target", data.target!.id)}>{t("audit.same-target")}</Button>}
          </div>
          <section>
            <h3>{t("audit.proof")}</h3>
            <p className={styles.lead}>{t("audit.proof-lead")}</p>
            <dl>
              <Fact name={t("audit.hash")}><span className="mono">{data.hash}</span> <CopyValue value={data.hash} label={t("copy")} /></Fact>
              <Fact name={t("audit.intact")}>{t(data.intact ? "audit.intact-yes" : "audit.intact-no")}</Fact>
            </dl>
            <h3>{t("audit.canonical")}</h3>
            <pre className={`${styles.bytes} mono`} tabIndex={0}>{readable(data.canonical)}</pre>
          </section>
        </div>
      )}
    </Drawer>
  );
}

/** Text where the bytes are text; what is not printable shows as a middle dot. */
function readable(base64url: string): string {
  const binary = atob(base64url.replace(/-/g, "+").replace(/_/g, "/"));
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  return new TextDecoder().decode(bytes).replace(/[\p{Cc}\uFFFD]/gu, "·");
}
