import { useState } from "react";
import { Button, Skeleton, TextInput, UnstyledButton } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import type { FactorAdded, FactorKind } from "@wardesk/api";
import { useApi } from "../app/context";
import { browserName } from "../channels/browser";
import { t } from "../i18n";
import { MessageIcon, PasskeyIcon, PhoneIcon } from "../ui/icons";
import { Note, ProblemNote } from "../ui/Note";
import { CopyValue } from "../ui/small";
import { CodeInput } from "./CodeInput";
import { makePasskey, passkeysWork } from "@wardesk/crypto/passkey";
import { AddNumber } from "./TextMessage";
import { useWait, waitWords, WaitNote } from "./wait";
import styles from "./Column.module.css";

type Added = (kind: FactorKind, answer: FactorAdded) => void;

/** The choice between an authenticator app, a passkey and, where they are sent, text messages, and the way through each; or through a passkey, if one is due. */
export function AddFactor({ onAdded, only }: { onAdded: Added; only?: "passkey" }) {
  const [kind, setKind] = useState<"totp" | "passkey" | "sms" | null>(null);
  const api = useApi();
  const offer = useQuery({ queryKey: ["factors", "offer"], queryFn: () => api.factors.list(), enabled: !only }).data?.text_messages;
  if (only) return passkeysWork() ? <AddPasskey onAdded={onAdded} /> : <Note tone="amber" title={t("factors.no-passkeys")}>{t("factors.no-passkeys-text")}</Note>;
  if (!kind) {
    return (
      <div className={styles.choices}>
        {passkeysWork() && (
          <UnstyledButton className={styles.choice} onClick={() => setKind("passkey")}>
            <PasskeyIcon size={22} stroke={1.5} aria-hidden />
            <span>
              <b>{t("factor.passkey")}</b>
              <small>{t("enrol.passkey-why")}</small>
            </span>
          </UnstyledButton>
        )}
        <UnstyledButton className={styles.choice} onClick={() => setKind("totp")}>
          <PhoneIcon size={22} stroke={1.5} aria-hidden />
          <span>
            <b>{t("factor.totp")}</b>
            <small>{t("enrol.totp-why")}</small>
          </span>
        </UnstyledButton>
        {offer === "open" && (
          <UnstyledButton className={styles.choice} onClick={() => setKind("sms")}>
            <MessageIcon size={22} stroke={1.5} aria-hidden />
            <span>
              <b>{t("factor.sms")}</b>
              <small>{t("enrol.sms-why")}</small>
            </span>
          </UnstyledButton>
        )}
        {offer === "stronger-first" && <p className={styles.lead}>{t("text.stronger-first")}</p>}
        {offer === "two-numbers" && <p className={styles.lead}>{t("text.two-numbers")}</p>}
      </div>
    );
  }
  return (
    <>
      {kind === "totp" ? <AddTotp onAdded={onAdded} /> : kind === "passkey" ? <AddPasskey onAdded={onAdded} /> : <AddNumber onAdded={onAdded} />}
      <UnstyledButton className={styles.way} onClick={() => setKind(null)}>
        {t("factor.other")}
      </UnstyledButton>
    </>
  );
}

function AddTotp({ onAdded }: { onAdded: Added }) {
  const api = useApi();
  const [code, setCode] = useState("");
  const start = useMutation({ mutationFn: () => api.factors.startTotp() });
  const [asked, setAsked] = useState(false);
  if (!asked) {
    setAsked(true);
    queueMicrotask(() => start.mutate());
  }
  const confirm = useMutation({
    mutationFn: () => api.factors.confirmTotp(start.data!.id, code.replace(/\s/g, "")),
    onSuccess: (answer) => onAdded("totp", answer),
  });
  const wait = useWait(confirm.error);
  if (start.error) return <ProblemNote error={start.error} action={<Button size="xs" variant="default" onClick={() => start.mutate()}>{t("try-again")}</Button>} />;
  if (!start.data) return <Skeleton height={172} />;
  return (
    <form
      className={styles.stack}
      onSubmit={(event) => {
        event.preventDefault();
        confirm.mutate();
      }}
    >
      <div className={styles.qr}>
        <img src={`data:image/svg+xml;utf8,${encodeURIComponent(start.data.qr_svg)}`} alt={t("totp.qr-alt")} />
        <div>
          <p>{t("totp.scan")}</p>
          <p>{t("totp.type")}</p>
          <p>
            <span className={styles.secret}>{grouped(start.data.secret)}</span> <CopyValue value={start.data.secret} label={t("totp.copy")} />
          </p>
        </div>
      </div>
      <CodeInput kind="totp" value={code} onChange={setCode} label={t("totp.confirm-code")} />
      <WaitNote error={confirm.error} wait={wait} unauthenticated={t("factor.totp-wrong")} />
      <Button type="submit" loading={confirm.isPending} disabled={wait > 0}>
        {wait > 0 ? waitWords(wait) : t("totp.confirm")}
      </Button>
    </form>
  );
}

const grouped = (secret: string) => secret.match(/.{1,4}/g)?.join(" ") ?? secret;

function AddPasskey({ onAdded }: { onAdded: Added }) {
  const api = useApi();
  const [name, setName] = useState(() => browserName(navigator.userAgent));
  const make = useMutation({
    mutationFn: async () => {
      const { ceremony, options } = await api.factors.passkeyOptions();
      return api.factors.addPasskey(ceremony, name.trim(), await makePasskey(options));
    },
    onSuccess: (answer) => onAdded("passkey", answer),
  });
  return (
    <form
      className={styles.stack}
      onSubmit={(event) => {
        event.preventDefault();
        make.mutate();
      }}
    >
      <TextInput label={t("passkey.name")} description={t("passkey.name-hint")} required maxLength={60} value={name} onChange={(event) => setName(event.target.value)} />
      <ProblemNote error={make.error} />
      <Button type="submit" loading={make.isPending} leftSection={<PasskeyIcon size={18} />}>
        {t("passkey.make")}
      </Button>
    </form>
  );
}
