import { useState } from "react";
import { Button, Checkbox, UnstyledButton } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import type { FactorKind } from "@wardesk/api";
import { useApi } from "../app/context";
import { t, tn } from "../i18n";
import { LostFactors } from "../recovery/LostFactors";
import { Note } from "../ui/Note";
import { CodeInput } from "./CodeInput";
import { Column } from "./Column";
import { HelpWay } from "./HelpWay";
import { askPasskey } from "@wardesk/crypto/passkey";
import { useSignOut, useTakeSession } from "./session";
import { TextMessageStep } from "./TextMessage";
import { useWait, waitWords, WaitNote } from "./wait";
import { FACTOR_ICONS } from "./factors";
import styles from "./Column.module.css";

const LAST = "wardesk.last-factor";

/** The person's own factors as equal choices, the last used first. */
export function FactorStep({ factors, disabled, rememberDays }: { factors: FactorKind[]; disabled: FactorKind[]; rememberDays: number }) {
  const [chosen, setChosen] = useState<FactorKind | null>(() => (factors.length === 1 ? factors[0]! : null));
  const [lost, setLost] = useState(false);
  const [remember, setRemember] = useState(false);
  const signOut = useSignOut();
  const last = localStorage.getItem(LAST);
  const ordered = [...factors].sort((a, b) => rank(a, last) - rank(b, last));
  if (lost) return <LostFactors onBack={() => setLost(false)} />;
  return (
    <Column
      title={t("factor.title")}
      lead={t("factor.lead")}
      footer={
        <div className={styles.stack}>
          <HelpWay text={t("factor.stuck")} />
          <UnstyledButton className={styles.way} onClick={() => setLost(true)}>
            {t("lost.entry")}
          </UnstyledButton>
          <UnstyledButton className={styles.way} onClick={() => signOut.mutate()}>
            {t("factor.other-person")}
          </UnstyledButton>
        </div>
      }
    >
      {disabled.length > 0 && (
        <Note tone={factors.length > 0 ? "amber" : "red"} title={t("factor.disabled", { kinds: disabled.map((kind) => t(`factor.${kind}`)).join(", ") })}>
          {t("factor.disabled-why")} {t(factors.length > 0 ? "factor.disabled-others" : "factor.disabled-all")}
        </Note>
      )}
      {chosen ? (
        <>
          <FactorForm kind={chosen} remember={remember} />
          {rememberDays > 0 && chosen !== "recovery" && (
            <Checkbox label={tn("remember.this", rememberDays)} description={t("remember.hint")} checked={remember} onChange={(event) => setRemember(event.currentTarget.checked)} />
          )}
          {factors.length > 1 && (
            <UnstyledButton className={styles.way} onClick={() => setChosen(null)}>
              {t("factor.other")}
            </UnstyledButton>
          )}
        </>
      ) : (
        <div className={styles.choices}>
          {ordered.map((kind) => {
            const Icon = FACTOR_ICONS[kind];
            return (
              <UnstyledButton key={kind} className={styles.choice} onClick={() => setChosen(kind)}>
                <Icon size={22} stroke={1.5} aria-hidden />
                <span>
                  <b>{t(`factor.${kind}`)}</b>
                  <small>{t(`factor.${kind}-hint`)}</small>
                </span>
              </UnstyledButton>
            );
          })}
        </div>
      )}
    </Column>
  );
}

function rank(kind: FactorKind, last: string | null): number {
  return kind === last ? -1 : ["passkey", "totp", "sms", "recovery"].indexOf(kind);
}

function FactorForm({ kind, remember }: { kind: FactorKind; remember: boolean }) {
  const take = useTakeSession();
  if (kind !== "sms") return <OtherForm kind={kind} remember={remember} />;
  return (
    <TextMessageStep
      remember={remember}
      onShown={(session) => {
        localStorage.setItem(LAST, kind);
        void take(session);
      }}
    />
  );
}

function OtherForm({ kind, remember }: { kind: Exclude<FactorKind, "sms">; remember: boolean }) {
  const api = useApi();
  const take = useTakeSession();
  const [code, setCode] = useState("");
  const show = useMutation({
    mutationFn: async () => {
      if (kind === "totp") return api.session.totp(code.replace(/\s/g, ""), remember);
      if (kind === "recovery") return api.session.recoveryCode(code.trim());
      const { ceremony, options } = await api.session.passkeyOptions();
      return api.session.passkey(ceremony, await askPasskey(options), remember);
    },
    onSuccess: (session) => {
      if (kind !== "recovery") localStorage.setItem(LAST, kind);
      void take(session);
    },
  });
  const wait = useWait(show.error);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        show.mutate();
      }}
    >
      {kind !== "passkey" && <CodeInput kind={kind} value={code} onChange={setCode} />}
      <WaitNote error={show.error} wait={wait} unauthenticated={t(`factor.${kind}-wrong`)} />
      <Button type="submit" fullWidth loading={show.isPending} disabled={wait > 0}>
        {wait > 0 ? waitWords(wait) : t(kind === "passkey" ? "sign-in.passkey" : "sign-in.enter")}
      </Button>
    </form>
  );
}
