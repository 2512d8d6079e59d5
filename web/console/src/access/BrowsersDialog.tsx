import { Button, Modal, Skeleton } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { KnownBrowser, Staff } from "@wardesk/api";
import { useApi, useMe } from "../app/context";
import { browserName } from "../channels/browser";
import { onMinute, t, tn } from "../i18n";
import { ProblemNote } from "../ui/Note";
import { Ago, Buttons, Tag } from "../ui/small";
import { say, sayProblem } from "../ui/toasts";
import styles from "./StaffPage.module.css";

/** Where a colleague is known, for who may look after stolen computers. */
export function BrowsersDialog({ staff, onClose }: { staff: Staff; onClose: () => void }) {
  const api = useApi();
  const me = useMe();
  const queries = useQueryClient();
  const browsers = useQuery({ queryKey: ["staff-browsers", staff.id], queryFn: () => api.staff.browsers(staff.id) });
  const signOut = useMutation({
    mutationFn: () => api.staff.signOut(staff.id),
    onSuccess: ({ sessions }) => (say(tn("staff.signed-out", sessions, { name: staff.name })), void queries.invalidateQueries({ queryKey: ["staff-browsers", staff.id] }), onClose()),
    onError: sayProblem,
  });
  const forget = useMutation({
    mutationFn: (one: KnownBrowser) => api.staff.forgetBrowser(staff.id, one.id),
    onSuccess: ({ sessions }) => (say(tn("staff.browser-forgotten", sessions, { name: staff.name })), void queries.invalidateQueries({ queryKey: ["staff-browsers", staff.id] })),
    onError: sayProblem,
  });
  const items = browsers.data?.items;
  return (
    <Modal opened onClose={onClose} title={t("staff.browsers-title", { name: staff.name })}>
      <div className={styles.form}>
        <ProblemNote error={browsers.error} />
        {!items && !browsers.error && <Skeleton height={48} />}
        {items?.length === 0 && <p>{t("staff.browsers-none", { name: staff.name })}</p>}
        <ul className={styles.browsers}>
          {items?.map((one) => (
            <li key={one.id}>
              <b>
                {browserName(one.user_agent)} {one.remembered_until && <Tag tone="amber">{t("browsers.remembered")}</Tag>}
              </b>
              <small>
                {t("security.used")} <Ago time={one.used_at} /> · {t("browsers.since")} <Ago time={one.created_at} />
              </small>
              {one.remembered_until && <small>{t("browsers.until", { at: onMinute(one.remembered_until) })}</small>}
              {staff.id !== me.id && (
                <Button size="xs" variant="default" aria-label={t("browsers.forget-named", { name: browserName(one.user_agent) })} loading={forget.isPending && forget.variables.id === one.id} onClick={() => forget.mutate(one)}>
                  {t("browsers.forget")}
                </Button>
              )}
            </li>
          ))}
        </ul>
        {staff.id !== me.id && items && items.length > 0 && <p>{t("staff.browser-forget-text")}</p>}
        {staff.id !== me.id && <p>{t("staff.sign-out-text")}</p>}
        <Buttons>
          <Button variant="default" onClick={onClose}>
            {t("close")}
          </Button>
          {staff.id !== me.id && (
            <Button color="red.8" loading={signOut.isPending} onClick={() => signOut.mutate()}>
              {t("staff.sign-out")}
            </Button>
          )}
        </Buttons>
      </div>
    </Modal>
  );
}
