import { useCallback, useLayoutEffect, useRef, useState } from "react";

/** Rows above and below what is seen, so that a quick scroll meets no gap. */
const BEYOND = 12;
/** Drawn before anything was measured. */
const AT_FIRST = 30;

/**
 * Of a long list of rows that are all `rem` high, those near what is seen; the rest is empty room of the same height.
 * The list scrolls in its parent.
 */
export function useVisibleRows(count: number, rem: number) {
  const list = useRef<HTMLUListElement>(null);
  const [range, setRange] = useState({ first: 0, last: AT_FIRST });
  const height = rem * rootSize();

  useLayoutEffect(() => {
    const scroller = list.current?.parentElement;
    if (!scroller) return;
    const look = () => {
      const above = scroller.getBoundingClientRect().top - (list.current?.getBoundingClientRect().top ?? 0);
      const first = Math.max(0, Math.floor(above / height) - BEYOND);
      const last = Math.max(0, Math.ceil((above + scroller.clientHeight) / height)) + BEYOND;
      setRange((now) => (now.first === first && now.last === last ? now : { first, last }));
    };
    look();
    const resized = new ResizeObserver(look);
    resized.observe(scroller);
    scroller.addEventListener("scroll", look, { passive: true });
    return () => {
      resized.disconnect();
      scroller.removeEventListener("scroll", look);
    };
  }, [height, count]);

  /** Scrolls just so far that the row is seen. */
  const show = useCallback(
    (row: number) => {
      const scroller = list.current?.parentElement;
      if (!scroller || !list.current || row < 0) return;
      const top = list.current.getBoundingClientRect().top - scroller.getBoundingClientRect().top + row * height;
      if (top < 0) scroller.scrollTop += top;
      else if (top + height > scroller.clientHeight) scroller.scrollTop += top + height - scroller.clientHeight;
    },
    [height],
  );

  const first = Math.min(range.first, count);
  const last = Math.min(range.last, count);
  return { list, first, last, show, room: { paddingBlockStart: first * height, paddingBlockEnd: (count - last) * height } };
}

function rootSize(): number {
  return Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
}
