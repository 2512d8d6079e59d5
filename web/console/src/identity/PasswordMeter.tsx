import { useState } from "react";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import type { PasswordCheck } from "@wardesk/api";
import { useApi } from "../app/context";
import { t, tOr } from "../i18n";
import styles from "./Column.module.css";

/** The server's judgement, asked when the typing rests. Never kept. Who is not signed in shows the invitation. */
export function usePasswordCheck(password: string, invitation?: string) {
  const api = useApi();
  const [rested] = useDebouncedValue(password, 300);
  const query = useQuery({
    queryKey: ["password-check", rested],
    queryFn: () => api.session.checkPassword(rested, invitation),
    enabled: rested.length > 0,
    gcTime: 0,
  });
  // What was judged must be what stands in the field.
  const data = rested === password ? query.data : undefined;
  const [before, setBefore] = useState<PasswordCheck>();
  const last = password ? (data ?? before) : undefined;
  if (last !== before) setBefore(last);
  return { data, error: query.error, last };
}

interface Check {
  data: PasswordCheck | undefined;
  error: Error | null;
  /** What was judged last, of what is in the field now or was a moment ago. */
  last: PasswordCheck | undefined;
}

/** Whether the password may be sent. When there is no judgement to be had, the server still judges what is sent. */
export function mayBeTried(password: string, check: Check): boolean {
  return password.length > 0 && (check.data ? check.data.acceptable : !!check.error);
}

export function PasswordMeter({ password, check }: { password: string; check: Check }) {
  if (!password) return null;
  // While somebody types on, the last judgement stays as it is, dimmed: nothing flickers, and as no word of it changes, a screen reader says nothing at each key.
  const waits = !check.data && !check.error;
  const data = waits ? check.last : check.data;
  const tone = !data?.acceptable ? "red" : data.score < 3 ? "amber" : "good";
  return (
    <div aria-live="polite" aria-busy={waits} className={styles.judged} data-waits={waits}>
      <div className={styles.meter} data-tone={tone} aria-hidden>
        {[1, 2, 3, 4].map((step) => (
          <i key={step} data-on={data ? step <= Math.max(1, data.score) : false} />
        ))}
      </div>
      {data && (
        <p>
          {data.acceptable ? tOr(`strength.${data.score}`, "") : t("strength.refused")} {t("strength.lasts", { time: data.lasts })}
        </p>
      )}
      {data && <Hints lines={[...data.reasons, ...(data.weakness ? [data.weakness] : []), ...data.suggestions]} />}
      {!data && check.error && <p>{t("strength.unknown")}</p>}
    </div>
  );
}

function Hints({ lines }: { lines: string[] }) {
  if (lines.length === 0) return null;
  return (
    <ul className={styles.hints}>
      {lines.map((line) => (
        <li key={line}>{line}</li>
      ))}
    </ul>
  );
}
