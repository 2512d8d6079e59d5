import { Skeleton } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useMay, useMe } from "../app/context";
import { useColleagues } from "../desk/queries";
import { t } from "../i18n";
import { ProblemNote } from "../ui/Note";
import { Ago } from "../ui/small";
import { happenings, viewOf } from "./activity";
import { useCustomerConversations, useReveals } from "./queries";
import styles from "./CustomerPanel.module.css";

const SHOWN = 6;

/** The last things that happened, as far as this person may know of them. */
export function RecentActivity({ customer }: { customer: string }) {
  const me = useMe();
  const mayConversations = useMay()("conversation.read");
  const conversations = useCustomerConversations(customer);
  const reveals = useReveals(customer);
  const colleagues = useColleagues();
  if (conversations.error && !conversations.data) return <ProblemNote error={conversations.error} />;
  if (mayConversations && !conversations.data) return <Skeleton height={44} />;
  const nameOf = (staff: string) => colleagues.data?.items.find((one) => one.id === staff)?.name ?? t("person.somebody");
  const all = happenings(conversations.data?.pages[0]?.items ?? [], reveals.data?.items ?? [], nameOf).slice(0, SHOWN);
  if (all.length === 0) return <p className={styles.none}>{t("activity.none")}</p>;
  return (
    <ul className={styles.activity}>
      {all.map((one) => (
        <li key={one.key}>
          {one.conversation ? (
            <Link to="/inbox/$view/$conversation" params={{ view: viewOf(one.conversation, me.id), conversation: one.conversation.id }}>
              {one.text}
            </Link>
          ) : (
            <span>{one.text}</span>
          )}
          <Ago time={one.at} />
        </li>
      ))}
    </ul>
  );
}
