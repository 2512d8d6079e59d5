import { useEffect, useState } from "react";
import { Button, TextInput, UnstyledButton } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import type { FactorAdded, SessionState, SmsCode, SmsEnrolment } from "@wardesk/api";
import { useApi } from "../app/context";
import { t } from "../i18n";
import { ProblemNote } from "../ui/Note";
import { CodeInput } from "./CodeInput";
import { useWait, waitWords, WaitNote } from "./wait";
import styles from "./Column.module.css";

/** A number, then the code that came there. */
export function AddNumber({ onAdded }: { onAdded: (kind: "sms", answer: FactorAdded) => void }) {
  const api = useApi();
  const [number, setNumber] = useState("");
  const [begun, setBegun] = useState<SmsEnrolment | null>(null);
  const start = useMutation({ mutationFn: () => api.factors.startSms(number.trim()), onSuccess: setBegun });
  const wait = useWait(start.error);
  if (begun) {
    return (
      <SmsCodeForm
        sent={begun.sent} again={() => start.mutate()} sending={start.isPending} trouble={start.error} action={t("totp.confirm")}
        show={(code) => api.factors.confirmSms(begun.id, code)} onShown={(answer) => onAdded("sms", answer)}
        onBack={() => setBegun(null)}
      />
    );
  }
  return (
    <form
      className={styles.stack}
      onSubmit={(event) => {
        event.preventDefault();
        start.mutate();
      }}
    >
      <p className={styles.lead}>{t("text.weak")}</p>
      <TextInput
        label={t("text.number")} description={t("text.number-hint")} type="tel" inputMode="tel" autoComplete="tel" maxLength={32} required autoFocus data-autofocus
        value={number} onChange={(event) => setNumber(event.target.value)}
      />
      <ProblemNote error={start.error} />
      <Button type="submit" loading={start.isPending} disabled={wait > 0}>
        {wait > 0 ? waitWords(wait) : t("text.send")}
      </Button>
    </form>
  );
}

/** The second step of a sign-in. A message costs money, so it is sent when it is asked for. */
export function TextMessageStep({ remember, onShown }: { remember: boolean; onShown: (session: SessionState) => void }) {
  const api = useApi();
  const [sent, setSent] = useState<SmsCode | null>(null);
  const send = useMutation({ mutationFn: () => api.session.sendSms(), onSuccess: setSent });
  const wait = useWait(send.error);
  if (sent) {
    return <SmsCodeForm sent={sent} again={() => send.mutate()} sending={send.isPending} trouble={send.error} action={t("sign-in.enter")} show={(code) => api.session.sms(code, remember)} onShown={onShown} />;
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        send.mutate();
      }}
    >
      <p className={styles.lead}>{t("text.ask")}</p>
      <ProblemNote error={send.error} />
      <Button type="submit" fullWidth autoFocus data-autofocus loading={send.isPending} disabled={wait > 0}>
        {wait > 0 ? waitWords(wait) : t("text.send")}
      </Button>
    </form>
  );
}

interface Form<T> {
  sent: SmsCode;
  again: () => void;
  sending: boolean;
  trouble: unknown;
  action: string;
  show: (code: string) => Promise<T>;
  onShown: (answer: T) => void;
  onBack?: () => void;
}

function SmsCodeForm<T>({ sent, again, sending, trouble, action, show, onShown, onBack }: Form<T>) {
  const [code, setCode] = useState("");
  const enter = useMutation({ mutationFn: (code: string) => show(code.replace(/\s/g, "")), onSuccess: onShown });
  const wait = useWait(enter.error);
  // A new code has a new wait, also when it is as long as the one before.
  const next = useWait(trouble ?? waiting(sent));
  useCodeFromMessage(setCode, sent);
  return (
    <form
      className={styles.stack}
      onSubmit={(event) => {
        event.preventDefault();
        enter.mutate(code);
      }}
    >
      <p className={styles.lead} role="status">{t("text.sent", { number: sent.number })}</p>
      <CodeInput kind="sms" value={code} onChange={setCode} />
      <WaitNote error={enter.error} wait={wait} unauthenticated={t("factor.sms-wrong")} />
      <Button type="submit" fullWidth loading={enter.isPending} disabled={wait > 0}>
        {wait > 0 ? waitWords(wait) : action}
      </Button>
      <ProblemNote error={trouble} />
      <UnstyledButton className={styles.way} type="button" disabled={next > 0 || sending} onClick={again}>
        {next > 0 ? t("text.again-in", { seconds: next }) : t("text.again")}
      </UnstyledButton>
      {onBack && (
        <UnstyledButton className={styles.way} type="button" onClick={onBack}>
          {t("text.other-number")}
        </UnstyledButton>
      )}
    </form>
  );
}

const waits = new WeakMap<SmsCode, { retryAfter: number }>();

/** The wait until the next code, in the form in which refusals have one; the same for the same code. */
function waiting(sent: SmsCode): { retryAfter: number } {
  const known = waits.get(sent) ?? { retryAfter: sent.again_in };
  waits.set(sent, known);
  return known;
}

/** Fills in the code when the browser reads it from a message that is bound to this page (WebOTP). */
function useCodeFromMessage(fill: (code: string) => void, sent: SmsCode) {
  useEffect(() => {
    if (!("OTPCredential" in window)) return;
    const stop = new AbortController();
    const wish = { otp: { transport: ["sms"] }, signal: stop.signal } as CredentialRequestOptions;
    navigator.credentials.get(wish).then(
      (found) => {
        const code = (found as { code?: string } | null)?.code;
        if (code) fill(code);
      },
      () => undefined, // Declined, or too late: the field is there.
    );
    return () => stop.abort();
  }, [fill, sent]);
}
