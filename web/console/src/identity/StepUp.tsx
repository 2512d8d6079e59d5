import { useState, useSyncExternalStore } from "react";
import { Button, Modal } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useApi } from "../app/context";
import { stepUp } from "../app/signals";
import { t } from "../i18n";
import { PasskeyIcon } from "../ui/icons";
import { Note } from "../ui/Note";
import { StepUpAtProvider } from "../single-sign-on/StepUpAtProvider";
import { CodeInput } from "./CodeInput";
import { askPasskey } from "@wardesk/crypto/passkey";
import { useTakeSession } from "./session";
import { useWait, waitWords, WaitNote } from "./wait";
import styles from "./Column.module.css";

/** Stands ready for every refusal `step-up-required`; what was refused is sent again afterwards. */
export function StepUp() {
  const open = useSyncExternalStore(stepUp.on, stepUp.open);
  return (
    <Modal opened={open} onClose={stepUp.declined} title={t("step-up.title")} size={400} zIndex={300}>
      <StepUpForm />
    </Modal>
  );
}

function StepUpForm() {
  const api = useApi();
  const take = useTakeSession();
  const [code, setCode] = useState("");
  const factors = useQuery({ queryKey: ["factors"], queryFn: () => api.factors.list() });
  const kinds = factors.data?.items.filter((factor) => !factor.disabled_at).map((factor) => factor.kind) ?? [];
  const totp = kinds.includes("totp") || !factors.data;
  const done = {
    onSuccess: (session: Parameters<typeof take>[0]) => {
      void take(session);
      stepUp.shown();
    },
  };
  const byCode = useMutation({ mutationFn: () => api.session.stepUpTotp(code.replace(/\s/g, "")), ...done });
  const byPasskey = useMutation({
    mutationFn: async () => {
      const { ceremony, options } = await api.session.stepUpPasskeyOptions();
      return api.session.stepUpPasskey(ceremony, await askPasskey(options));
    },
    ...done,
  });
  const wait = useWait(byCode.error);
  const passkeyWait = useWait(byPasskey.error);
  return (
    <div className={styles.stack}>
      <p>{t("step-up.why")}</p>
      {totp && (
        <form
          className={styles.stack}
          onSubmit={(event) => {
            event.preventDefault();
            byCode.mutate();
          }}
        >
          <CodeInput kind="totp" value={code} onChange={setCode} />
          <WaitNote error={byCode.error} wait={wait} unauthenticated={t("factor.totp-wrong")} />
          <Button type="submit" loading={byCode.isPending} disabled={wait > 0}>
            {wait > 0 ? t("wait", { seconds: wait }) : t("step-up.confirm")}
          </Button>
        </form>
      )}
      {kinds.includes("passkey") && (
        <Button variant={totp ? "default" : "filled"} leftSection={<PasskeyIcon size={18} />} loading={byPasskey.isPending} disabled={passkeyWait > 0} onClick={() => byPasskey.mutate()}>
          {passkeyWait > 0 ? waitWords(passkeyWait) : t("step-up.passkey")}
        </Button>
      )}
      <WaitNote error={byPasskey.error} wait={passkeyWait} unauthenticated={t("sign-in.passkey-wrong")} />
      {factors.data && !kinds.includes("totp") && !kinds.includes("passkey") && (kinds.includes("sms") ? <Note tone="amber" title={t("text.no-step-up")}>{t("text.no-step-up-text")}</Note> : <StepUpAtProvider />)}
    </div>
  );
}
