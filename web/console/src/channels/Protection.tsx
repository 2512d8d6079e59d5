import type { Conversation } from "@wardesk/api";
import type { ConversationView } from "@wardesk/crypto/messenger";
import { shownName } from "../customers/name";
import { clockTime, exactly, t } from "../i18n";
import { useMessenger } from "../messenger/MessengerProvider";
import { CopyValue, Verified } from "../ui/small";
import { eventWords } from "./words";
import styles from "./ConversationPane.module.css";

/** What protects this conversation, and how both sides check it. */
export function Protection({ conversation, view }: { conversation: Conversation; view: ConversationView | null }) {
  const fingerprint = useMessenger()?.fingerprint() ?? null;
  const events = view?.lines.filter((line) => line.kind === "event") ?? [];
  return (
    <div>
      <section className={styles.section}>
        <h2>{t("protection.number")}</h2>
        {view?.number ? (
          <>
            <p>{t("protection.number-how", { name: shownName(conversation.customer) })}</p>
            <div className={styles.number}>
              {view.number.trim().split(/\s+/).map((group, index) => (
                <span key={index}>{group}</span>
              ))}
            </div>
          </>
        ) : (
          <p>{t("protection.no-number")}</p>
        )}
      </section>
      {fingerprint && (
        <section className={styles.section}>
          <h2>{t("protection.fingerprint")}</h2>
          <span className="mono">{fingerprint}</span> <CopyValue value={fingerprint} label={t("copy")} />
        </section>
      )}
      {view && view.members.length > 0 && (
        <section className={styles.section}>
          <h2>{t("protection.devices")}</h2>
          <ul className={styles.members}>
            {view.members.map((person) => (
              <li key={person.device}>
                <Verified verified={person.verified} />
                <span>{person.name ?? t("person.visitor")}</span>
                <small title={person.device}>{person.device.slice(-6)}</small>
              </li>
            ))}
          </ul>
        </section>
      )}
      {events.length > 0 && (
        <section className={styles.section}>
          <h2>{t("protection.timeline")}</h2>
          <ol className={styles.timeline}>
            {events.map((line) => (
              <li key={line.id}>
                <time dateTime={line.at} title={exactly(line.at)} className="num">
                  {clockTime(line.at)}
                </time>
                {eventWords(line)}
              </li>
            ))}
          </ol>
        </section>
      )}
    </div>
  );
}
