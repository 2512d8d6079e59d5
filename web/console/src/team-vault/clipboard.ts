import { t } from "../i18n";
import { say } from "../ui/toasts";

const KEPT_MS = 30_000;
let ending: ReturnType<typeof setTimeout> | null = null;

/** Copies a secret and empties the clipboard after 30 seconds, unless something else was copied on this page since. */
export async function copySecret(text: string): Promise<void> {
  await navigator.clipboard.writeText(text);
  say(t("vault.copied"));
  if (ending !== null) clearTimeout(ending);
  ending = setTimeout(() => void empty(), KEPT_MS);
  document.addEventListener("copy", leave, { once: true });
}

/** What the person copied in the meantime is theirs. */
function leave() {
  if (ending !== null) clearTimeout(ending);
  ending = null;
  window.removeEventListener("focus", empty);
}

/** A browser lets a page write only while it is looked at: otherwise it is done when the person comes back. */
async function empty() {
  ending = null;
  try {
    await navigator.clipboard.writeText("");
    document.removeEventListener("copy", leave);
  } catch {
    window.addEventListener("focus", empty, { once: true });
  }
}
