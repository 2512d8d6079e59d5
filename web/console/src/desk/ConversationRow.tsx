import { Tooltip } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { Conversation, ConversationsView, Me } from "@wardesk/api";
import { shownName } from "../customers/name";
import { useMe } from "../app/context";
import { ago, exactly, lasting, t } from "../i18n";
import { usePreview } from "../messenger/MessengerProvider";
import { LockIcon } from "../ui/icons";
import { useNow, Verified } from "../ui/small";
import styles from "./Inbox.module.css";

/** After this a wait is drawn in amber. */
const LONG_WAIT = 10 * 60_000;

interface Props {
  row: Conversation;
  view: ConversationsView;
  chosen: boolean;
  teams: boolean;
  /** Which row of the whole list it is: others may not be drawn. */
  place: number;
  /** How many there are; -1 while nobody knows. */
  of: number;
}

/** Who of the others works on it, and for which team. */
export function metaOf(row: Conversation, me: Me, teams: boolean): string {
  const team = teams ? me.teams.find((one) => one.id === row.team)?.name : undefined;
  return [row.assignee && row.assignee.id !== me.id ? row.assignee.name : undefined, team].filter(Boolean).join(" · ");
}

export function ConversationRow({ row, view, chosen, teams, place, of }: Props) {
  const now = useNow();
  const me = useMe();
  const preview = usePreview(row.id);
  const unread = row.last_from === "customer" && row.seq > row.read_seq && row.state !== "closed";
  const waits = row.state !== "closed" && row.waiting_since;
  const meta = metaOf(row, me, teams);
  return (
    <li className={styles.item} aria-posinset={place} aria-setsize={of}>
      <Link to="/inbox/$view/$conversation" params={{ view, conversation: row.id }} className={styles.row} data-unread={unread} aria-current={chosen ? "true" : undefined}>
        <span className={styles.dot} data-unread={unread}>{unread && <span className="sr">{t("inbox.new")}</span>}</span>
        <span className={styles.name}>
          <b>{shownName(row.customer)}</b>
          {row.customer.verified && <Verified verified />}
        </span>
        {waits ? (
          <Tooltip label={t("inbox.waits-since", { time: exactly(waits) })}>
            <time dateTime={waits} className={`${styles.when} num`} data-long={now - Date.parse(waits) > LONG_WAIT}>
              {lasting(waits, now)}
            </time>
          </Tooltip>
        ) : (
          <time dateTime={row.last_activity_at} className={`${styles.when} num`}>{ago(row.last_activity_at, now)}</time>
        )}
        <span className={styles.preview}>
          {preview ? (
            <>
              {preview.from === "staff" && <i>{t("inbox.from-staff")} </i>}
              {preview.body}
            </>
          ) : (
            <>
              <LockIcon size={12} aria-hidden /> {t("inbox.encrypted")}
            </>
          )}
        </span>
        {meta && <span className={styles.meta}>{meta}</span>}
      </Link>
    </li>
  );
}
