/** Somebody counts as there for so long after the latest key, click, touch or turn of the wheel, in milliseconds. */
const THERE_FOR = 60_000;

let latest = Date.now();

/** Notices from now on when somebody does something. */
export function watchAttention(page: Window): void {
  const note = () => void (latest = Date.now());
  for (const kind of ["keydown", "pointerdown", "touchstart", "wheel"]) page.addEventListener(kind, note, { capture: true, passive: true });
}

/** Whether somebody is there. An open console at an unattended screen must not keep its session alive. */
export const attended = (): boolean => Date.now() - latest < THERE_FOR;
