import type { ReactNode } from "react";
import { Skeleton } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { shownName } from "./name";
import { useMay } from "../app/context";
import { t, tn } from "../i18n";
import { Initials } from "../ui/Initials";
import { ProblemNote } from "../ui/Note";
import { Ago, Tag } from "../ui/small";
import { Identity } from "./Identity";
import { MaskedClass } from "./MaskedClass";
import { useCustomer } from "./queries";
import { RecentActivity } from "./RecentActivity";
import styles from "./CustomerPanel.module.css";

/** The customer beside the conversation; `proof` is what they proved in it. */
export function CustomerPanel({ id, proof }: { id: string; proof: ReactNode }) {
  const { data, error } = useCustomer(id);
  const mayConversations = useMay()("conversation.read");
  if (error && !data) return <ProblemNote error={error} />;
  if (!data) return <div className={styles.panel}><Skeleton height={40} /><Skeleton height={90} /><Skeleton height={60} /></div>;
  return (
    <div className={styles.panel}>
      <header className={styles.who}>
        <Initials name={data.name ?? ""} size={40} />
        <div>
          <h2>{shownName(data)}</h2>
          <p>
            <Identity customer={data} />
          </p>
          {data.kind !== "visitor" && <p>{t(`kind.${data.kind}`)}</p>}
        </div>
      </header>
      {!data.verified && <p className={styles.hint}>{t("customer.unverified-hint")}</p>}
      {proof}
      {mayConversations && data.conversations > 0 && (
        <Link className={styles.figure} to="/customers/$customer" params={{ customer: id }}>
          {tn("customer.conversations", data.conversations)}
        </Link>
      )}
      {mayConversations && data.conversations === 0 && <p className={styles.none}>{t("customer.conversations-none")}</p>}
      <MaskedClass customer={id} dataClass="contact" masked={data.contact} />
      <MaskedClass customer={id} dataClass="identifiers" masked={data.identifiers} />
      <MaskedClass customer={id} dataClass="notes" masked={data.notes} />
      {data.tags.length > 0 && (
        <section className={styles.class} aria-label={t("customer.tags")}>
          <h3>{t("customer.tags")}</h3>
          <div className={styles.tags}>
            {data.tags.map((tag) => (
              <Tag key={tag}>{tag}</Tag>
            ))}
          </div>
        </section>
      )}
      <section className={styles.class} aria-label={t("activity.title")}>
        <h3>{t("activity.title")}</h3>
        <RecentActivity customer={id} />
      </section>
      <footer className={styles.foot}>
        <span>
          {t("customer.known")} <Ago time={data.created_at} />
        </span>
        <span>
          <Link to="/customers/$customer" params={{ customer: id }}>
            {t("customer.open")}
          </Link>{" "}
          <kbd aria-hidden>c</kbd>
        </span>
      </footer>
    </div>
  );
}
