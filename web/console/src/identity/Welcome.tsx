import { useState } from "react";
import { Button, Skeleton, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useApi } from "../app/context";
import { codeOf, fieldProblem } from "../app/problems";
import { onMinute, t } from "../i18n";
import { Note, ProblemNote } from "../ui/Note";
import { Column } from "./Column";
import { HelpWay } from "./HelpWay";
import { NewPassword } from "./NewPassword";
import { mayBeTried, usePasswordCheck } from "./PasswordMeter";
import { useTakeSession } from "./session";
import styles from "./Column.module.css";

/** From the invitation to a password. The token stays in the fragment and goes to the server in a body only. */
export function Welcome() {
  const { token } = useParams({ strict: false }) as { token: string };
  const api = useApi();
  const take = useTakeSession();
  const navigate = useNavigate();
  const [password, setPassword] = useState("");
  const invitation = useQuery({ queryKey: ["invitation", token], queryFn: () => api.session.openInvitation(token), retry: false, staleTime: Infinity });
  const login = invitation.data?.login;
  const check = usePasswordCheck(password, token);
  const accept = useMutation({
    mutationFn: () => api.session.acceptInvitation(token, password),
    onSuccess: (session) => {
      void take(session);
      void navigate({ to: "/", replace: true });
    },
  });

  if (invitation.error) {
    const early = opensLater(invitation.error, invitation.errorUpdatedAt);
    const spent = ["not-found", "conflict", "bad-request", "invalid-fields"].includes(codeOf(invitation.error) ?? "");
    return (
      <Column title={t(early ? "welcome.early" : "welcome.invalid")}>
        {early ? <Note tone="amber">{t("welcome.early-text", { when: early })}</Note> : spent ? <Note tone="amber">{t("welcome.invalid-text")}</Note> : <ProblemNote error={invitation.error} />}
        <div className={styles.row}>
          {!spent && <Button onClick={() => void invitation.refetch()}>{t("try-again")}</Button>}
          <Button variant="default" component={Link} {...{ to: "/" }}>
            {t("welcome.to-sign-in")}
          </Button>
        </div>
      </Column>
    );
  }
  if (!invitation.data) {
    return (
      <Column title={t("welcome.title")}>
        <Skeleton height={36} />
        <Skeleton height={36} />
      </Column>
    );
  }
  return (
    <Column title={t("welcome.hello", { name: invitation.data.name })} lead={t("welcome.lead", { organisation: invitation.data.organisation })} footer={<HelpWay text={t("welcome.stuck")} />}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          accept.mutate();
        }}
      >
        <TextInput label={t("sign-in.login")} description={t("welcome.login-hint")} autoComplete="username" readOnly value={login} />
        <NewPassword label={t("welcome.password")} value={password} onChange={setPassword} check={check} error={fieldProblem(accept.error, "password")} autoFocus invitation={token} />
        {!fieldProblem(accept.error, "password") && <ProblemNote error={accept.error} />}
        <Button type="submit" fullWidth loading={accept.isPending} disabled={!mayBeTried(password, check)}>
          {t("welcome.set")}
        </Button>
      </form>
    </Column>
  );
}

/** When a link that does not work yet will; null for any other error. */
function opensLater(error: unknown, at: number): string | null {
  const { code, retryAfter } = (error ?? {}) as { code?: string; retryAfter?: number | null };
  return code === "conflict" && retryAfter ? onMinute(new Date(at + retryAfter * 1000).toISOString()) : null;
}
