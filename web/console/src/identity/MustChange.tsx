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

/** Password and second factor were right, but the password must be changed before anything else. */
export function MustChange({ due }: { due: PasswordDue }) {
  const api = useApi();
  const take = useTakeSession();
  const signOut = useSignOut();
  const [present, setPresent] = useState("");
  const [next, setNext] = useState("");
  const check = usePasswordCheck(next);
  const change = useMutation({
    mutationFn: () => api.session.changePassword(present, next),
    onSuccess: (session) => {
      take(session);
      say(t("security.password-set"));
    },
    gcTime: 0,
  });
  const wait = useWait(change.error);
  const named = ["present", "new"].some((field) => fieldProblem(change.error, field));
  return (
    <Column
      title={t("must-change.title")}
      lead={t("must-change.lead")}
      footer={
        <div className={styles.stack}>
          <HelpWay text={t("must-change.stuck")} />
          <UnstyledButton className={styles.way} onClick={() => signOut.mutate()}>
            {t("sign-out")}
          </UnstyledButton>
        </div>
      }
    >
      {due.reason && <Note tone="amber">{t(`must-change.${due.reason}`)}</Note>}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          change.mutate();
        }}
      >
        <input type="text" name="username" autoComplete="username" value={due.login} readOnly hidden />
        <PasswordInput
          label={t("security.present")} name="current-password" autoComplete="current-password" required autoFocus value={present} error={fieldProblem(change.error, "present")}
          onChange={(event) => setPresent(event.target.value)} visibilityToggleButtonProps={{ "aria-label": t("password.show") }}
        />
        <NewPassword label={t("security.new")} value={next} onChange={setNext} check={check} error={fieldProblem(change.error, "new")} />
        {!named && <WaitNote error={change.error} wait={wait} unauthenticated={t("must-change.over")} />}
        <Button type="submit" fullWidth loading={change.isPending} disabled={!present || !mayBeTried(next, check) || wait > 0}>
          {wait > 0 ? t("wait", { seconds: wait }) : t("security.set-password")}
        </Button>
      </form>
    </Column>
  );
}
