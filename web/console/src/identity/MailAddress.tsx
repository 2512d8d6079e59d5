import { useState } from "react";
import { Button, Skeleton, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useApi } from "../app/context";
import { fieldProblem } from "../app/problems";
import { exactly, t } from "../i18n";
import { Note, ProblemNote } from "../ui/Note";
import { Buttons, Card, Tag } from "../ui/small";
import { say, sayProblem } from "../ui/toasts";
import styles from "./SecurityPage.module.css";

/** One's own mail address: Wardesk tells it what happens to the account. It opens nothing. */
export function MailAddress() {
  const api = useApi();
  const queries = useQueryClient();
  const [changing, setChanging] = useState(false);
  const own = useQuery({ queryKey: ["mail-address"], queryFn: () => api.mailAddress.show() });
  const again = () => queries.invalidateQueries({ queryKey: ["mail-address"] });
  const forget = useMutation({ mutationFn: () => api.mailAddress.forget(), onSuccess: () => (say(t("mail-address.forgotten")), void again()), onError: sayProblem });
  const { address, claimed, code_until, available } = own.data ?? {};
  const offer = own.data && available && !changing && (
    <Button variant="default" onClick={() => setChanging(true)}>
      {t(address ? "mail-address.change" : "mail-address.add")}
    </Button>
  );
  return (
    <Card title={t("mail-address.title")} lead={t("mail-address.lead")} aside={offer}>
      <div className={styles.stack}>
        <ProblemNote error={own.error} />
        {!own.data && !own.error && <Skeleton height={36} />}
        {own.data && !available && <Note>{t("mail-address.no-server")}</Note>}
        {own.data && available && !address && !claimed && !changing && <Note>{t("mail-address.none")}</Note>}
        {address && (
          <ul className={styles.rows}>
            <li>
              <span className={styles.what}>
                <b>
                  {address} <Tag tone="good">{t("mail-address.proved")}</Tag>
                </b>
              </span>
              <Button size="xs" variant="default" loading={forget.isPending} onClick={() => forget.mutate()}>
                {t("remove")}
              </Button>
            </li>
          </ul>
        )}
        {claimed && code_until && !changing && <Code address={claimed} until={code_until} onProved={() => (say(t("mail-address.set")), void again())} />}
        {changing && <Claim onClose={() => setChanging(false)} onSent={() => again().then(() => setChanging(false))} />}
      </div>
    </Card>
  );
}

function Claim({ onSent, onClose }: { onSent: () => void; onClose: () => void }) {
  const api = useApi();
  const [address, setAddress] = useState("");
  const claim = useMutation({ mutationFn: () => api.mailAddress.claim(address.trim()), onSuccess: onSent });
  const wrong = fieldProblem(claim.error, "address");
  return (
    <form
      className={styles.stack}
      onSubmit={(event) => {
        event.preventDefault();
        claim.mutate();
      }}
    >
      <TextInput type="email" label={t("mail-address.label")} description={t("mail-address.hint")} autoComplete="email" required autoFocus value={address} error={wrong} onChange={(event) => setAddress(event.target.value)} />
      {!wrong && <ProblemNote error={claim.error} />}
      <Buttons>
        <Button variant="default" onClick={onClose}>
          {t("cancel")}
        </Button>
        <Button type="submit" loading={claim.isPending} disabled={!address.trim()}>
          {t("mail-address.send")}
        </Button>
      </Buttons>
    </form>
  );
}

function Code({ address, until, onProved }: { address: string; until: string; onProved: () => void }) {
  const api = useApi();
  const [code, setCode] = useState("");
  const prove = useMutation({ mutationFn: () => api.mailAddress.prove(code.replace(/\s/g, "")), onSuccess: onProved, gcTime: 0 });
  const wrong = fieldProblem(prove.error, "code");
  return (
    <form
      className={styles.stack}
      onSubmit={(event) => {
        event.preventDefault();
        prove.mutate();
      }}
    >
      <TextInput
        label={t("mail-address.code")} description={t("mail-address.code-hint", { address, until: exactly(until) })} inputMode="numeric" autoComplete="one-time-code" maxLength={9} required value={code} error={wrong}
        onChange={(event) => setCode(event.target.value)}
      />
      {!wrong && <ProblemNote error={prove.error} />}
      <Buttons>
        <Button type="submit" loading={prove.isPending} disabled={code.replace(/\s/g, "").length !== 6}>
          {t("mail-address.prove")}
        </Button>
      </Buttons>
    </form>
  );
}
