import type { BlindScanRunView } from "@wardesk/api";
import { tn } from "../i18n";

/** How many seconds a scan goes on at the speed so far; `null`: that is not known. */
export function secondsLeft(run: Pick<BlindScanRunView, "entries" | "entries_done" | "entries_per_second">): number | null {
  if (!run.entries_per_second) return null;
  return Math.max(0, run.entries - run.entries_done) / run.entries_per_second;
}

/** A time that reads well: seconds below a minute, whole minutes above, hours from two on. */
export function span(seconds: number): string {
  if (seconds < 60) return tn("scan.seconds", Math.max(1, Math.ceil(seconds)));
  if (seconds < 7200) return tn("scan.minutes", Math.ceil(seconds / 60));
  return tn("scan.hours", Math.ceil(seconds / 3600));
}
