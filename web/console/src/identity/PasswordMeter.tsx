import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery, type UseQueryResult } from "@tanstack/react-query";
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
    placeholderData: keepPreviousData,
  });
  // What was judged must be what stands in the field.
  return rested === password && !query.isPlaceholderData ? query : { ...query, data: undefined };
}

export function PasswordMeter({ password, check }: { password: string; check: Pick<UseQueryResult<PasswordCheck>, "data" | "error"> }) {
  if (!password) return null;
  const { data } = check;
  const tone = !data?.acceptable ? "red" : data.score < 3 ? "amber" : "good";
  return (
    <div aria-live="polite">
      <div className={styles.meter} data-tone={tone} aria-hidden>
        {[1, 2, 3, 4].map((step) => (
          <i key={step} data-on={data ? step <= Math.max(1, data.score) : false} />
        ))}
      </div>
      {data && <p>{data.acceptable ? tOr(`strength.${data.score}`, "") : t("strength.refused")}</p>}
      {data && data.reasons.length + data.suggestions.length > 0 && (
        <ul className={styles.hints}>
          {[...data.reasons, ...data.suggestions].map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      )}
      {!data && check.error && <p>{t("strength.unknown")}</p>}
    </div>
  );
}
