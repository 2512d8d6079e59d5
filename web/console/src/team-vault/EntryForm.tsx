import { useState } from "react";
import { Button, Modal, PasswordInput, Skeleton, Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { EntryParts, ListPart, VaultEntry, VaultFolder } from "@wardesk/crypto/messenger";
import { t } from "../i18n";
import { Suggest } from "../identity/Suggest";
import { ProblemNote } from "../ui/Note";
import { Buttons } from "../ui/small";
import { say } from "../ui/toasts";
import { BreachedNote } from "./BreachedNote";
import { useBreached } from "./breaches";
import { fromField, toField, today } from "./days";
import { useVault, useVaultAct } from "./queries";
import styles from "./Vault.module.css";

const NOTHING: EntryParts = { list: { title: "", login: "", url: "" }, secret: { secret: "", notes: "" }, dueOn: null };

export function NewEntry({ folder, onClose }: { folder: VaultFolder; onClose: () => void }) {
  const add = useVaultAct((vault, parts: EntryParts) => vault.add(folder.id, [parts]), () => (onClose(), say(t("vault.added"))));
  return (
    <Modal opened onClose={onClose} title={t("vault.add-title", { folder: folder.name ?? "" })} closeOnClickOutside={false}>
      <Form start={NOTHING} error={add.error} busy={add.isPending} action={t("vault.add-action")} onSave={(parts) => add.mutate(parts)} onClose={onClose} />
    </Modal>
  );
}

/** Changing begins with opening: the whole entry is sealed anew as the next version. */
export function ChangeEntry({ folder, entry, list, onClose }: { folder: VaultFolder; entry: VaultEntry; list: ListPart; onClose: () => void }) {
  const vault = useVault();
  const present = useQuery({ queryKey: ["vault-change", entry.id, entry.version], queryFn: () => vault!.open(folder.id, entry.id, entry.version), enabled: vault !== null, gcTime: 0, staleTime: Infinity, retry: false });
  const change = useVaultAct(
    (given, parts: EntryParts) => given.change(folder.id, entry.id, { ...parts, version: entry.version + 1, newSecret: parts.secret.secret !== present.data?.secret.secret }),
    () => (onClose(), say(t("vault.changed-done"))),
  );
  return (
    <Modal opened onClose={onClose} title={t("vault.change-title", { name: list.title })} closeOnClickOutside={false}>
      <ProblemNote error={present.error} />
      {present.isPending && <Skeleton height={220} />}
      {present.data && <Form start={{ list: present.data.list, secret: present.data.secret, dueOn: entry.dueOn }} was={present.data.secret.secret} error={change.error} busy={change.isPending} action={t("vault.change-action")} onSave={(parts) => change.mutate(parts)} onClose={onClose} />}
    </Modal>
  );
}

interface Props {
  start: EntryParts;
  /** The secret until now, of an entry that is changed. */
  was?: string;
  error: unknown;
  busy: boolean;
  action: string;
  onSave: (parts: EntryParts) => void;
  onClose: () => void;
}

function Form({ start, was, error, busy, action, onSave, onClose }: Props) {
  const [{ list, secret, dueOn }, setParts] = useState(start);
  const breached = useBreached(secret.secret);
  // The day that has come is answered by a new secret; kept, it would ask for another one at once.
  const past = was !== undefined && secret.secret !== was && dueOn !== null && dueOn <= today();
  const inList = (part: Partial<ListPart>) => setParts((now) => ({ ...now, list: { ...now.list, ...part } }));
  const inSecret = (part: Partial<EntryParts["secret"]>) => setParts((now) => ({ ...now, secret: { ...now.secret, ...part } }));
  return (
    <form
      className={styles.stack}
      onSubmit={(event) => {
        event.preventDefault();
        onSave({ list: { title: list.title.trim(), login: list.login.trim(), url: list.url.trim() }, secret, dueOn });
      }}
    >
      <TextInput label={t("vault.title")} required maxLength={200} data-autofocus autoComplete="off" value={list.title} onChange={(event) => inList({ title: event.target.value })} />
      <TextInput label={t("vault.login")} maxLength={300} autoComplete="off" autoCapitalize="none" spellCheck={false} value={list.login} onChange={(event) => inList({ login: event.target.value })} />
      <div>
        <PasswordInput
          label={t("vault.secret")} required maxLength={2000} autoComplete="off" data-1p-ignore data-lpignore="true" value={secret.secret} visibilityToggleButtonProps={{ "aria-label": t("password.show") }}
          onChange={(event) => inSecret({ secret: event.target.value })}
        />
        <BreachedNote look={breached} />
        <Suggest onUse={(text) => inSecret({ secret: text })} />
      </div>
      <TextInput label={t("vault.url")} type="text" inputMode="url" maxLength={1000} autoComplete="off" value={list.url} onChange={(event) => inList({ url: event.target.value })} />
      <Textarea label={t("vault.notes")} description={t("vault.notes-hint")} autosize minRows={2} maxRows={8} maxLength={10_000} value={secret.notes} onChange={(event) => inSecret({ notes: event.target.value })} />
      <TextInput label={t("vault.due")} description={t("vault.due-hint")} type="date" error={past && t("vault.due-past")} value={toField(dueOn)} onChange={(event) => setParts((now) => ({ ...now, dueOn: fromField(event.target.value) }))} />
      <ProblemNote error={error} />
      <Buttons>
        <Button variant="default" onClick={onClose}>{t("cancel")}</Button>
        <Button type="submit" loading={busy} disabled={!list.title.trim() || !secret.secret || past}>{action}</Button>
      </Buttons>
    </form>
  );
}
