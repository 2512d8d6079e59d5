import { Button, Skeleton } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { Conversation } from "@wardesk/api";
import { useMay, useMe } from "../app/context";
import { t } from "../i18n";
import { ProblemNote } from "../ui/Note";
import { Ago, Card, Tag } from "../ui/small";
import { viewOf } from "./activity";
import { useCustomerConversations } from "./queries";
import styles from "./Customers.module.css";

/** The conversations of a customer in their record; each opens in the inbox. */
export function CustomerConversations({ customer, count }: { customer: string; count: number }) {
  const me = useMe();
  const may = useMay()("conversation.read");
  const list = useCustomerConversations(customer);
  const rows = list.data?.pages.flatMap((page) => page.items);
  return (
    <Card title={t("customers.conversations")} lead={t("customer.conversations-lead")} aside={may && <span className={`${styles.count} num`}>{count.toLocaleString("en")}</span>}>
      {!may && <p className={styles.teach}>{t("class.no-right", { right: t("right.conversation.read") })}</p>}
      <ProblemNote error={rows ? null : list.error} action={<Button size="xs" variant="default" onClick={() => void list.refetch()}>{t("try-again")}</Button>} />
      {may && !rows && !list.error && <Skeleton height={64} />}
      {rows?.length === 0 && <p className={styles.teach}>{t("customer.no-conversations")}</p>}
      {rows && rows.length > 0 && (
        <ul className={styles.conversations} aria-label={t("customers.conversations")}>
          {rows.map((row) => (
            <li key={row.id}>
              <Link to="/inbox/$view/$conversation" params={{ view: viewOf(row, me.id), conversation: row.id }}>
                <Tag tone={row.state === "waiting" ? "amber" : row.state === "open" ? "good" : "plain"}>{t(`case.${row.state}`)}</Tag>
                <span className={styles.with}>{withWhom(row)}</span>
              </Link>
              <Ago time={row.last_activity_at} />
            </li>
          ))}
        </ul>
      )}
      {list.hasNextPage && (
        <Button variant="subtle" size="xs" mt="xs" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          {t("more")}
        </Button>
      )}
    </Card>
  );
}

function withWhom(row: Conversation): string {
  const names = [row.assignee, ...row.colleagues].flatMap((person) => (person ? [person.name] : []));
  return names.length > 0 ? t("conversation.with", { names: names.join(", ") }) : t("conversation.nobody");
}
