import { useElementSize } from "@mantine/hooks";
import { t } from "../i18n";
import styles from "./Plot.module.css";

export interface Series {
  name: string;
  tone: "accent" | "ink" | "red";
  /** One value for each time; `null` where there is none. */
  values: (number | null)[];
}

interface Props {
  title: string;
  /** When each value was, as the interface writes times; in order. */
  times: string[];
  series: Series[];
  /** The line the values should reach, and what it means. */
  goal?: { value: number; name: string };
}

/** Before it is known how wide the place is. */
const WIDTH = 640;
const HEIGHT = 220;
const LEFT = 44;
const BOTTOM = 24;
const TOP = 10;
const RIGHT = 8;
const DASHES = { accent: undefined, ink: "6 4", red: "2 3" } as const;

/**
 * Numbers over time as lines, with the goal drawn in; whoever cannot see it reads the same numbers as a table. Drawn as
 * wide as its place is, so that its words are of one size everywhere.
 */
export function Plot({ title, times, series, goal }: Props) {
  const place = useElementSize();
  const width = place.width || WIDTH;
  const seen = series.flatMap((one) => one.values).filter((value) => value !== null);
  const top = roundUp(Math.max(1, goal?.value ?? 0, ...seen));
  const moments = times.map((time) => Date.parse(time));
  const [first = 0, last = 0] = [moments[0], moments.at(-1)];
  const x = (moment: number) => LEFT + (last === first ? 0.5 : (moment - first) / (last - first)) * (width - LEFT - RIGHT);
  const y = (value: number) => TOP + (1 - value / top) * (HEIGHT - TOP - BOTTOM);
  const day = (moment: number) => new Date(moment).toLocaleDateString(undefined, { day: "numeric", month: "short", timeZone: "UTC" });
  return (
    <figure className={styles.plot} ref={place.ref}>
      <figcaption className={styles.legend}>
        {series.map((one) => (
          <span key={one.name} data-tone={one.tone}>
            <svg width="22" height="8" aria-hidden><line x1="0" x2="22" y1="4" y2="4" strokeDasharray={DASHES[one.tone]} /></svg> {one.name}
          </span>
        ))}
        {goal && <span data-tone="goal"><svg width="22" height="8" aria-hidden><line x1="0" x2="22" y1="4" y2="4" /></svg> {goal.name}</span>}
      </figcaption>
      <svg viewBox={`0 0 ${width} ${HEIGHT}`} className={styles.picture} role="img" aria-label={title}>
        {[0, top / 2, top].map((value) => (
          <g key={value}>
            <line className={styles.grid} x1={LEFT} x2={width - RIGHT} y1={y(value)} y2={y(value)} />
            <text x={LEFT - 8} y={y(value) + 4} textAnchor="end">{value.toLocaleString()}</text>
          </g>
        ))}
        {goal && <line className={styles.goal} x1={LEFT} x2={width - RIGHT} y1={y(goal.value)} y2={y(goal.value)} />}
        {series.map((one) => (
          <g key={one.name} data-tone={one.tone}>
            {runs(one.values).map((run) => (
              <polyline key={run[0]} fill="none" strokeDasharray={DASHES[one.tone]} points={run.map((n) => `${x(moments[n] ?? 0)},${y(one.values[n] ?? 0)}`).join(" ")} />
            ))}
            {runs(one.values).filter((run) => run.length === 1).map(([n = 0]) => <circle key={n} cx={x(moments[n] ?? 0)} cy={y(one.values[n] ?? 0)} r="3" />)}
          </g>
        ))}
        {times.length > 0 && <text x={last === first ? x(first) : LEFT} y={HEIGHT - 6} textAnchor={last === first ? "middle" : "start"}>{day(first)}</text>}
        {last !== first && <text x={width - RIGHT} y={HEIGHT - 6} textAnchor="end">{day(last)}</text>}
      </svg>
      <div className="sr">
        <table>
          <caption>{title}</caption>
          <thead>
            <tr>
              <th scope="col">{t("plot.day")}</th>
              {series.map((one) => <th key={one.name} scope="col">{one.name}</th>)}
            </tr>
          </thead>
          <tbody>
            {times.map((time, n) => (
              <tr key={time}>
                <th scope="row">{time.slice(0, 10)}</th>
                {series.map((one) => <td key={one.name}>{one.values[n] ?? t("plot.none")}</td>)}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </figure>
  );
}

/** The next number that halves well: 1, 2, 4, 6, 8, 10, 20, 40 … */
function roundUp(value: number): number {
  const size = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 4, 6, 8, 10].map((step) => step * size).find((step) => step >= value) ?? value;
}

/** The places of values that follow each other without a hole. */
function runs(values: (number | null)[]): number[][] {
  const all: number[][] = [];
  values.forEach((value, n) => {
    if (value === null) return;
    const open = all.at(-1);
    if (open?.at(-1) === n - 1) open.push(n);
    else all.push([n]);
  });
  return all;
}
