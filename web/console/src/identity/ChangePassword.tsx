import { useState } from "react";
import { Button, PasswordInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useApi, useMe } from "../app/context";
import { fieldProblem } from "../app/problems";
import { t } from "../i18n";
import { Note, ProblemNote } from "../ui/Note";
import { Buttons, Card } from "../ui/small";
import { say } from "../ui/toasts";
import { NewPassword } from "./NewPassword";
import { mayBeTried, usePasswordCheck } from "./PasswordMeter";
import { useTakeSession } from "./session";
import styles from "./SecurityPage.module.css";

export function ChangePassword() {
  const api = useApi();
  const [open, setOpen] = useState(false);
  const factors = useQuery({ queryKey: ["factors"], queryFn: () => api.factors.list() });
  return (
    <Card
      title={t("security.password")} lead={t("security.password-lead")}
      aside={!open && <Button variant="default" onClick={() => setOpen(true)}>{t("security.change-password")}</Button>}
    >
      {factors.data?.password_disabled_at && <Note tone="amber">{t("security.password-stopped")}</Note>}
      {open && <Form onClose={() => setOpen(false)} />}
    </Card>
  );
}

function Form({ onClose }: { onClose: () => void }) {
  const api = useApi();
  const me = useMe();
  const take = useTakeSession();
  const queries = useQueryClient();
  const [present, setPresent] = useState("");
  const [next, setNext] = useState("");
  const check = usePasswordCheck(next);
  const change = useMutation({
    mutationFn: () => api.session.changePassword(present, next),
    onSuccess: (session) => {
      void take(session);
      say(t("security.password-set"));
      for (const key of ["factors", "sessions", "security-history"]) void queries.invalidateQueries({ queryKey: [key] });
      onClose();
    },
    gcTime: 0,
  });
  const named = ["present", "new"].some((field) => fieldProblem(change.error, field));
  return (
    <form
      className={styles.stack}
      onSubmit={(event) => {
        event.preventDefault();
        change.mutate();
      }}
    >
      <input type="text" name="username" autoComplete="username" value={me.login} readOnly hidden />
      <PasswordInput
        label={t("security.present")} name="current-password" autoComplete="current-password" required autoFocus value={present} error={fieldProblem(change.error, "present")}
        onChange={(event) => setPresent(event.target.value)} visibilityToggleButtonProps={{ "aria-label": t("password.show") }}
      />
      <NewPassword label={t("security.new")} value={next} onChange={setNext} check={check} error={fieldProblem(change.error, "new")} />
      {!named && <ProblemNote error={change.error} />}
      <Buttons>
        <Button variant="default" onClick={onClose}>
          {t("cancel")}
        </Button>
        <Button type="submit" loading={change.isPending} disabled={!present || !mayBeTried(next, check)}>
          {t("security.set-password")}
        </Button>
      </Buttons>
    </form>
  );
}
