import { Button } from "@mantine/core";
import { useApi } from "../app/context";
import { exactly, t } from "../i18n";
import { Note, ProblemNote } from "../ui/Note";
import { say } from "../ui/toasts";
import { useOwnAct, useOwnCase } from "./queries";
import styles from "./Recovery.module.css";

/** In every open session: somebody says that this person lost all factors. One press stops it. */
export function RecoveryBanner() {
  const api = useApi();
  const own = useOwnCase();
  const stop = useOwnAct(() => api.recovery.withdraw(true).then((after) => (say(t("lost.stopped")), after)));
  const open = own.data?.case;
  if (!open || !["requested", "approved", "waiting", "ready"].includes(open.state)) return null;
  return (
    <div className={styles.banner}>
      <Note
        tone="amber"
        title={t("lost.banner")}
        action={
          <Button size="xs" color="red.8" loading={stop.isPending} onClick={() => stop.mutate()}>
            {t("lost.not-me")}
          </Button>
        }
      >
        {open.state === "waiting" && open.ready_at && `${t("lost.banner-waiting", { at: exactly(open.ready_at) })} `}
        {open.state === "ready" && `${t("lost.banner-ready")} `}
        {t("lost.banner-text")}
      </Note>
      <ProblemNote error={stop.error} />
    </div>
  );
}
