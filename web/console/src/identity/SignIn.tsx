import { useEffect, useState } from "react";
import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import type { SessionState } from "@wardesk/api";
import { useApi } from "../app/context";
import { t } from "../i18n";
import { PasskeyIcon } from "../ui/icons";
import { ProviderButton } from "../single-sign-on/ProviderButton";
import { Column } from "./Column";
import { FactorStep } from "./FactorStep";
import { askPasskey, conditionalWorks, passkeysWork } from "@wardesk/crypto/passkey";
import { useTakeSession } from "./session";
import { useWait, waitWords, WaitNote } from "./wait";
import { HelpWay } from "./HelpWay";
import styles from "./Column.module.css";

/** Name first; the passkey offer stands in the name field; the password is for those who need it. */
export function SignIn({ session }: { session: SessionState }) {
  if (session.state === "second-factor") return <FactorStep factors={session.factors} disabled={session.disabled} rememberDays={session.remember_days} />;
  return <NameAndPassword />;
}

function NameAndPassword() {
  const api = useApi();
  const take = useTakeSession();
  const [login, setLogin] = useState("");
  const [password, setPassword] = useState("");
  const [asksPassword, setAsksPassword] = useState(false);
  const enter = useMutation({ mutationFn: () => api.session.password(login.trim(), password), onSuccess: take });
  const show = async (conditional?: AbortSignal) => {
    const { ceremony, options } = await api.session.passkeyOptions();
    return api.session.passkey(ceremony, await askPasskey(options, conditional));
  };
  const passkey = useMutation({ mutationFn: () => show(), onSuccess: take });
  const offered = useMutation({ mutationFn: show, onSuccess: take });
  useConditionalPasskey(offered.mutateAsync, !passkey.isPending);
  const wait = useWait(enter.error);
  const passkeyWait = useWait(passkey.error);

  return (
    <Column title={t("sign-in.title")} lead={t("sign-in.lead")} footer={<HelpWay text={t("sign-in.stuck")} />}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (asksPassword) enter.mutate();
          else setAsksPassword(true);
        }}
      >
        <TextInput label={t("sign-in.login")} name="login" autoComplete="username webauthn" autoCapitalize="none" spellCheck={false} required autoFocus value={login} onChange={(event) => setLogin(event.target.value)} />
        {asksPassword && (
          <PasswordInput label={t("sign-in.password")} name="password" autoComplete="current-password" required autoFocus value={password} onChange={(event) => setPassword(event.target.value)} visibilityToggleButtonProps={{ "aria-label": t("password.show") }} />
        )}
        <WaitNote error={enter.error} wait={wait} unauthenticated={t("sign-in.wrong")} />
        <Button type="submit" fullWidth loading={enter.isPending} disabled={wait > 0}>
          {wait > 0 ? t("wait", { seconds: wait }) : t(asksPassword ? "sign-in.enter" : "continue")}
        </Button>
      </form>
      <ProviderButton />
      {passkeysWork() && (
        <>
          <p className={styles.or}>{t("or")}</p>
          <Button variant="default" fullWidth leftSection={<PasskeyIcon size={18} stroke={1.6} />} loading={passkey.isPending} disabled={passkeyWait > 0} onClick={() => passkey.mutate()}>
            {passkeyWait > 0 ? waitWords(passkeyWait) : t("sign-in.passkey")}
          </Button>
          <WaitNote error={passkey.error} wait={passkeyWait} unauthenticated={t("sign-in.passkey-wrong")} />
        </>
      )}
    </Column>
  );
}

/** Offers passkeys in the name field's own list, without a dialog. A page may ask once at a time: the offer ends where a dialog is wanted. */
function useConditionalPasskey(ask: (signal: AbortSignal) => Promise<unknown>, wanted: boolean) {
  useEffect(() => {
    if (!wanted) return;
    const stop = new AbortController();
    void conditionalWorks().then((works) => {
      if (works && !stop.signal.aborted) ask(stop.signal).catch(() => undefined);
    });
    return () => stop.abort();
  }, [ask, wanted]);
}
