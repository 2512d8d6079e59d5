import { useState, useSyncExternalStore } from "react";
import { Button, Modal, NumberInput, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { DirectoryToken } from "@wardesk/api";
import { useApi, useMay } from "../app/context";
import { fieldProblem } from "../app/problems";
import { stepUp } from "../app/signals";
import { onDate, t } from "../i18n";
import { PlusIcon } from "../ui/icons";
import { ProblemNote } from "../ui/Note";
import { Ago, Buttons, Card, Confirm, CopyValue, Tag, useNow } from "../ui/small";
import { say } from "../ui/toasts";
import styles from "./ProvisioningPage.module.css";

/** From then on the list says that the next token is due. */
const SOON = 14 * 86_400_000;

export function Tokens({ tokens, most }: { tokens: DirectoryToken[]; most: number }) {
  const now = useNow();
  const mayChange = useMay()("provisioning.change");
  const [making, setMaking] = useState(false);
  const [revoked, setRevoked] = useState<DirectoryToken | null>(null);
  const full = tokens.filter((token) => Date.parse(token.expires_at) > now).length >= most;
  return (
    <Card
      title={t("directory.tokens")} lead={t("directory.tokens-lead")}
      aside={mayChange && <Button variant="default" disabled={full} leftSection={<PlusIcon size={16} />} onClick={() => setMaking(true)}>{t("directory.make")}</Button>}
    >
      {full && <p className={styles.none}>{t("directory.full", { n: most })}</p>}
      {tokens.length === 0 && <p className={styles.none}>{t("directory.no-tokens")}</p>}
      <ul className={styles.list}>
        {tokens.map((token) => (
          <li key={token.id}>
            <span className={styles.name}>
              <b>{token.name}</b>
              <small>
                {t("directory.made-at")} <Ago time={token.created_at} /> · {t("directory.until")} <span className="num">{onDate(token.expires_at)}</span> · {t("directory.used")} {token.last_used_at ? <Ago time={token.last_used_at} /> : t("directory.never")}
              </small>
            </span>
            <Ends at={Date.parse(token.expires_at)} now={now} />
            {mayChange && <Button size="xs" variant="default" aria-label={t("directory.revoke-named", { name: token.name })} onClick={() => setRevoked(token)}>{t("directory.revoke")}</Button>}
          </li>
        ))}
      </ul>
      {making && <Make onClose={() => setMaking(false)} />}
      {revoked && <Revoke token={revoked} onClose={() => setRevoked(null)} />}
    </Card>
  );
}

function Ends({ at, now }: { at: number; now: number }) {
  if (at <= now) return <Tag tone="red">{t("directory.expired")}</Tag>;
  return at - now < SOON ? <Tag tone="amber">{t("directory.ends-soon")}</Tag> : null;
}

/** Makes a token, and shows it this once. */
function Make({ onClose }: { onClose: () => void }) {
  const api = useApi();
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [days, setDays] = useState<number | string>(180);
  // One dialog at a time: this one steps back while the second factor is asked for.
  const proving = useSyncExternalStore(stepUp.on, stepUp.open);
  const make = useMutation({
    mutationFn: () => api.provisioning.makeToken(name.trim(), Number(days)),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["provisioning"] }),
  });
  const secret = make.data?.secret;
  return (
    <Modal opened={!proving} onClose={onClose} closeOnClickOutside={!secret} title={t(secret ? "directory.made" : "directory.make")} size="md">
      {secret ? (
        <div className={styles.stack}>
          <p className={styles.none}>{t("directory.made-text")}</p>
          <p className={styles.secret}><code aria-label={t("directory.secret")}>{secret}</code> <CopyValue value={secret} label={t("copy")} /></p>
          <Buttons><Button onClick={onClose}>{t("directory.copied-it")}</Button></Buttons>
        </div>
      ) : (
        <form className={styles.stack} onSubmit={(event) => (event.preventDefault(), make.mutate())}>
          <TextInput label={t("directory.token-name")} description={t("directory.token-name-hint")} required data-autofocus value={name} error={fieldProblem(make.error, "name")} onChange={(event) => setName(event.target.value)} />
          <NumberInput label={t("directory.token-days")} description={t("directory.token-days-hint")} required min={1} max={365} allowDecimal={false} value={days} error={fieldProblem(make.error, "days")} onChange={setDays} />
          <ProblemNote error={make.error} />
          <Buttons>
            <Button variant="default" onClick={onClose}>{t("cancel")}</Button>
            <Button type="submit" loading={make.isPending}>{t("directory.make")}</Button>
          </Buttons>
        </form>
      )}
    </Modal>
  );
}

function Revoke({ token, onClose }: { token: DirectoryToken; onClose: () => void }) {
  const api = useApi();
  const queries = useQueryClient();
  const revoke = useMutation({
    mutationFn: () => api.provisioning.revokeToken(token.id),
    onSuccess: () => (say(t("directory.revoked")), onClose()),
    onSettled: () => queries.invalidateQueries({ queryKey: ["provisioning"] }),
  });
  return (
    <Confirm open title={t("directory.revoke-title", { name: token.name })} text={t("directory.revoke-text")} action={t("directory.revoke")} busy={revoke.isPending} onConfirm={() => revoke.mutate()} onClose={onClose}>
      <ProblemNote error={revoke.error} />
    </Confirm>
  );
}
