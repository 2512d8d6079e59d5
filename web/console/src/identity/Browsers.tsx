import { useState } from "react";
import { Button, Skeleton } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { KnownBrowser } from "@wardesk/api";
import { useApi } from "../app/context";
import { browserName } from "../channels/browser";
import { onMinute, t } from "../i18n";
import { countryName } from "../sign-in-risk/words";
import { ProblemNote } from "../ui/Note";
import { Ago, Card, Confirm, Tag } from "../ui/small";
import { say, sayProblem } from "../ui/toasts";
import styles from "./SecurityPage.module.css";

/** Where one is known, and where the password alone is enough. */
export function Browsers() {
  const api = useApi();
  const queries = useQueryClient();
  const [all, setAll] = useState(false);
  const browsers = useQuery({ queryKey: ["browsers"], queryFn: () => api.session.browsers() });
  const done = () => (setAll(false), say(t("browsers.forgotten")), void queries.invalidateQueries({ queryKey: ["browsers"] }));
  const forget = useMutation({ mutationFn: (one: KnownBrowser) => api.session.forgetBrowser(one.id), onSuccess: done, onError: sayProblem });
  const forgetAll = useMutation({ mutationFn: () => api.session.forgetBrowsers(), onSuccess: done, onError: sayProblem });
  const items = browsers.data?.items;
  return (
    <Card title={t("browsers.title")} lead={t("browsers.lead")} aside={items && items.length > 0 && <Button variant="default" onClick={() => setAll(true)}>{t("browsers.forget-all")}</Button>}>
      <ProblemNote error={browsers.error} />
      {!items && !browsers.error && <Skeleton height={48} />}
      {items?.length === 0 && <p>{t("browsers.none")}</p>}
      <ul className={styles.rows}>
        {items?.map((one) => (
          <li key={one.id}>
            <span className={styles.what}>
              <b>
                {browserName(one.user_agent)} {one.current && <Tag tone="good">{t("security.this-one")}</Tag>} {one.remembered_until && <Tag tone="amber">{t("browsers.remembered")}</Tag>}
              </b>
              <small>
                {t("security.used")} <Ago time={one.used_at} /> · {t("browsers.since")} <Ago time={one.created_at} />
              </small>
              {one.network && <small>{[one.network, countryName(one.country)].filter(Boolean).join(" · ")}</small>}
              {one.remembered_until && <small>{t("browsers.until", { at: onMinute(one.remembered_until) })}</small>}
            </span>
            <Button size="xs" variant="default" aria-label={t("browsers.forget-named", { name: browserName(one.user_agent) })} loading={forget.isPending && forget.variables.id === one.id} onClick={() => forget.mutate(one)}>
              {t("browsers.forget")}
            </Button>
          </li>
        ))}
      </ul>
      <Confirm open={all} title={t("browsers.all-title")} text={t("browsers.all-text")} action={t("browsers.forget-all")} busy={forgetAll.isPending} onClose={() => setAll(false)} onConfirm={() => forgetAll.mutate()} />
    </Card>
  );
}
