import { Button, Skeleton } from "@mantine/core";
import type { SignInReview } from "@wardesk/api";
import { exactly, t, tOr } from "../i18n";
import { Note, ProblemNote } from "../ui/Note";
import { Ago, Card, Tag } from "../ui/small";
import { useAnswer, useReviews } from "./reviews";
import { isOpen, placeOf, reasonsOf } from "./words";
import rows from "../identity/SecurityPage.module.css";
import styles from "./WasThisYou.module.css";

/** Above every screen, until it is answered: somebody signed in, and it is not sure that it was the owner. */
export function WasThisYou() {
  const reviews = useReviews();
  const open = reviews.data?.items.filter(isOpen) ?? [];
  const [first] = open;
  if (!first) return null;
  return (
    <div className={styles.banner}>
      <Note tone="amber" title={t(first.decision === "refuse" ? "sign-in-risk.was-it-you-refused" : "sign-in-risk.was-it-you")}>
        {exactly(first.at)} · {placeOf(first)}. {reasonsOf(first)} {t("sign-in-risk.no-means")}
        {open.length > 1 && ` ${t("sign-in-risk.more", { n: open.length - 1 })}`}
        <Answers of={first} />
      </Note>
    </div>
  );
}

function Answers({ of }: { of: SignInReview }) {
  const answer = useAnswer();
  const is = (said: "me" | "not-me") => answer.isPending && answer.variables.answer === said;
  return (
    <span className={styles.answers}>
      {of.can_confirm && <Button size="xs" variant="default" disabled={answer.isPending} loading={is("me")} onClick={() => answer.mutate({ review: of.id, answer: "me" })}>{t("sign-in-risk.me")}</Button>}
      <Button size="xs" color="red.8" disabled={answer.isPending} loading={is("not-me")} onClick={() => answer.mutate({ review: of.id, answer: "not-me" })}>{t("sign-in-risk.not-me")}</Button>
    </span>
  );
}

/** All of the last 90 days, among "My security". */
export function UnusualSignIns() {
  const reviews = useReviews();
  const items = reviews.data?.items;
  return (
    <Card title={t("sign-in-risk.unusual")} lead={t("sign-in-risk.unusual-lead")}>
      <ProblemNote error={reviews.error} />
      {!items && !reviews.error && <Skeleton height={48} />}
      {items?.length === 0 && <p>{t("sign-in-risk.none")}</p>}
      <ul className={rows.rows}>
        {items?.map((review) => (
          <li key={review.id} className={styles.row}>
            <span className={rows.what}>
              <b>
                {placeOf(review)} {review.decision === "refuse" && <Tag tone="amber">{t("security.refused")}</Tag>}
                {review.answer && <Tag tone={review.answer === "me" ? "good" : "amber"}>{t(review.answer === "me" ? "sign-in-risk.was-me" : "sign-in-risk.was-not-me")}</Tag>}
              </b>
              <small>
                <Ago time={review.at} /> · {tOr(`history.by.${review.by}`, review.by)} · {reasonsOf(review)}
                {!review.answer && review.current && ` ${t("sign-in-risk.current")}`}
                {!review.answer && !review.current && !review.can_confirm && ` ${t("sign-in-risk.in-question")}`}
              </small>
            </span>
            {isOpen(review) && <Answers of={review} />}
          </li>
        ))}
      </ul>
    </Card>
  );
}
