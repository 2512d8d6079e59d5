import { t, tn } from "../i18n";
import { Note } from "../ui/Note";

/** Says that a secret stands in the list of breached ones. It never stops anybody: some portals leave no choice. */
export function BreachedNote({ times }: { times: number | null }) {
  return times ? <Note tone="red" title={tn("vault.breached", times)}>{t("vault.breached-text")}</Note> : null;
}
