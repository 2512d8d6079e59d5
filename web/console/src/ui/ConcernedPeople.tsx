import type { Concerned } from "@wardesk/api";
import { t, tn } from "../i18n";
import styles from "./ConcernedPeople.module.css";

/** Whom a change would concern, by name, to open under the sentence that says how many. Nothing for who may not see names. */
export function ConcernedPeople({ concerned }: { concerned: Concerned | null | undefined }) {
  if (!concerned || concerned.total === 0) return null;
  const more = concerned.total - concerned.people.length;
  return (
    <details className={styles.people}>
      <summary>{tn("concerned.who", concerned.total)}</summary>
      <ul aria-label={t("concerned.list")}>
        {concerned.people.map((person) => (
          <li key={person.id}>
            <span>{person.name}</span>
            <small>{t(`concerned.${person.what}`)}</small>
          </li>
        ))}
        {more > 0 && <li>{tn("concerned.more", more)}</li>}
      </ul>
    </details>
  );
}
