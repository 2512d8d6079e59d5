import { Button } from "@mantine/core";
import { codeOf } from "../app/problems";
import { useWait, waitWords } from "../identity/wait";
import { t, tn } from "../i18n";
import { Note } from "../ui/Note";
import { whyUnchecked, type Look } from "./breaches";

/** Says that a secret stands in the list of breached ones, or could not be looked up. It never stops anybody: some portals leave no choice. */
export function BreachedNote({ look }: { look: Look | null }) {
  if (!look) return null;
  if ("error" in look) return <Unchecked look={look} />;
  return look.times > 0 ? <Note tone="red" title={tn("vault.breached", look.times)}>{t("vault.breached-text")}</Note> : null;
}

/** Without a list another try finds none either. */
function Unchecked({ look: { error, asking, again } }: { look: Extract<Look, { error: unknown }> }) {
  const wait = useWait(error);
  if (codeOf(error) === "not-found") return <Note title={t("vault.unchecked")}>{whyUnchecked(error)}</Note>;
  const action = <Button variant="default" size="xs" loading={asking} disabled={wait > 0} onClick={again}>{wait > 0 ? waitWords(wait) : t("try-again")}</Button>;
  return <Note tone="amber" title={t("vault.unchecked")} action={action}>{whyUnchecked(error)}</Note>;
}
