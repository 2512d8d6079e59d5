import { exactly, t } from "../i18n";
import styles from "./HourBars.module.css";

export interface Series {
  name: string;
  tone: "plain" | "accent" | "amber" | "red";
  /** One for each hour, the oldest first. */
  values: number[];
}

const HOUR = 3_600_000;
/** Of the height of 100, so that little is not taken for nothing. */
const LEAST = 2;

/** The begin of each of the last `count` hours, the present one last. */
export function hoursUntil(now: number, count: number): number[] {
  const last = Math.floor(now / HOUR) * HOUR;
  return Array.from({ length: count }, (_, at) => last - (count - 1 - at) * HOUR);
}

/** Numbers over hours as bars, one part on the other, with the line that is not to be crossed. */
export function HourBars({ label, hours, series, limit, show = String }: { label: string; hours: number[]; series: Series[]; limit?: number; show?: (value: number) => string }) {
  const totals = hours.map((_, at) => series.reduce((sum, one) => sum + (one.values[at] ?? 0), 0));
  const most = Math.max(...totals);
  const top = Math.max(most, (limit ?? 0) * 1.25, 1);
  const sum = (one: Series) => show(one.values.reduce((all, value) => all + value, 0));
  const words = [label, ...series.map((one) => `${one.name}: ${sum(one)}`), t("plot.most", { most: show(most) })].join(". ");
  return (
    <figure className={styles.plot}>
      <div className={styles.label} aria-hidden>{label}</div>
      <div className={styles.ground}>
        <svg viewBox={`0 0 ${hours.length * 10} 100`} preserveAspectRatio="none" role="img" aria-label={words}>
          {hours.map((hour, at) => (
            <Bar key={hour} at={at} hour={hour} parts={series.map((one) => ({ tone: one.tone, name: one.name, value: one.values[at] ?? 0 }))} top={top} show={show} />
          ))}
        </svg>
        {limit !== undefined && (
          <div className={styles.limit} style={{ insetBlockEnd: `${(limit / top) * 100}%` }}>
            <span>{t("plot.limit", { limit: show(limit) })}</span>
          </div>
        )}
      </div>
      <div className={styles.ends} aria-hidden>
        <span>{exactly(new Date(hours[0] ?? 0).toISOString())}</span>
        <span>{t("plot.now")}</span>
      </div>
      <figcaption>
        {series.map((one) => (
          <span key={one.name} className={styles.name} data-tone={one.tone}>
            {one.name} <b className="num">{sum(one)}</b>
          </span>
        ))}
      </figcaption>
    </figure>
  );
}

function Bar({ at, hour, parts, top, show }: { at: number; hour: number; parts: { tone: Series["tone"]; name: string; value: number }[]; top: number; show: (value: number) => string }) {
  const there = parts.filter((part) => part.value > 0);
  const heights = there.map((part) => Math.max((part.value / top) * 100, LEAST));
  return (
    <g>
      <title>{[exactly(new Date(hour).toISOString()), ...there.map((part) => `${part.name}: ${show(part.value)}`)].join("\n")}</title>
      <rect x={at * 10} y={0} width={10} height={100} fill="transparent" />
      {there.map((part, index) => {
        const below = heights.slice(0, index).reduce((all, height) => all + height, 0);
        return <rect key={part.name} className={styles.bar} data-tone={part.tone} x={at * 10 + 1} y={100 - below - (heights[index] ?? 0)} width={8} height={heights[index]} />;
      })}
    </g>
  );
}
