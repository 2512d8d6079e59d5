import { useState } from "react";
import { Button, PasswordInput, UnstyledButton } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import type { PasswordDue } from "@wardesk/api";
import { useApi } from "../app/context";
import { fieldProblem } from "../app/problems";
import { t } from "../i18n";
import { Note } from "../ui/Note";
import { say } from "../ui/toasts";
import { Column } from "./Column";
import { HelpWay } from "./HelpWay";
import { NewPassword } from "./NewPassword";
import { mayBeTried, usePasswordCheck } from "./PasswordMeter";
import { useSignOut, useTakeSession } from "./session";
import { useWait, WaitNote } from "./wait";
import styles from "./Column.module.css";

/** What was shown was right, but the password must be changed before anything else. Whoever showed a passkey is not asked for a present one that anybody may know. */
export function MustChange({ due }: { due: PasswordDue }) {
  const api = useApi();
  const take = useTakeSession();
  const signOut = useSignOut();
  const [present, setPresent] = useState("");
  const [next, setNext] = useState("");
  const check = usePasswordCheck(next);
  const change = useMutation({
    mutationFn: () => api.session.changePassword(due.asks_present ? present : undefined, next),
    onSuccess: (session) => {
      void take(session);
      say(t("security.password-set"));
    },
    gcTime: 0,
  });
  const wait = useWait(change.error);
  const named = [...(due.asks_present ? ["present"] : []), "new"].some((field) => fieldProblem(change.error, field));
  return (
    <Column
      title={t("must-change.title")}
      lead={t("must-change.lead")}
      footer={
        <div className={styles.stack}>
          {due.asks_present && <HelpWay text={t("must-change.stuck")} />}
          <UnstyledButton className={styles.way} onClick={() => signOut.mutate()}>
            {t("sign-out")}
          </UnstyledButton>
        </div>
      }
    >
      {due.reason && <Note tone="amber">{t(`must-change.${due.reason}`)}</Note>}
      {!due.asks_present && <Note>{t("must-change.passkey")}</Note>}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          change.mutate();
        }}
      >
        <input type="text" name="username" autoComplete="username" value={due.login} readOnly hidden />
        {due.asks_present && (
          <PasswordInput
            label={t("security.present")} name="current-password" autoComplete="current-password" required autoFocus value={present} error={fieldProblem(change.error, "present")}
            onChange={(event) => setPresent(event.target.value)} visibilityToggleButtonProps={{ "aria-label": t("password.show") }}
          />
        )}
        <NewPassword label={t("security.new")} value={next} onChange={setNext} check={check} error={fieldProblem(change.error, "new")} autoFocus={!due.asks_present} />
        {!named && <WaitNote error={change.error} wait={wait} unauthenticated={t("must-change.over")} />}
        <Button type="submit" fullWidth loading={change.isPending} disabled={(due.asks_present && !present) || !mayBeTried(next, check) || wait > 0}>
          {wait > 0 ? t("wait", { seconds: wait }) : t("security.set-password")}
        </Button>
      </form>
    </Column>
  );
}
