import { useState } from "react";
import { Button, Modal, MultiSelect, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { StaffInvited, Team } from "@wardesk/api";
import { useApi } from "../app/context";
import { fieldProblem } from "../app/problems";
import { onMinute, t } from "../i18n";
import { Note, ProblemNote } from "../ui/Note";
import { Buttons, CopyValue } from "../ui/small";
import { roleChoices } from "./roles";
import styles from "./StaffPage.module.css";

export function InviteDialog({ open, teams, onClose }: { open: boolean; teams: Team[]; onClose: () => void }) {
  return (
    <Modal opened={open} onClose={onClose} title={t("staff.invite")} closeOnClickOutside={false}>
      <Form teams={teams} onClose={onClose} />
    </Modal>
  );
}

/** The link of an invitation: shown once. */
export function NewLink({ invited, onClose }: { invited: StaffInvited; onClose: () => void }) {
  const url = new URL(invited.invitation_url, location.origin).href;
  return (
    <div className={styles.form}>
      <p>{t("invite.link", { name: invited.staff.name })}</p>
      <div className={styles.link}>
        <span className="mono">{url}</span>
        <CopyValue value={url} label={t("invite.copy")} />
      </div>
      {invited.works_from && <Note tone="amber">{t("invite.from", { when: onMinute(invited.works_from) })}</Note>}
      <Note tone="amber">{t("invite.once")}</Note>
      <Buttons>
        <Button onClick={onClose}>{t("done")}</Button>
      </Buttons>
    </div>
  );
}

function Form({ teams, onClose }: { teams: Team[]; onClose: () => void }) {
  const api = useApi();
  const queries = useQueryClient();
  const [person, setPerson] = useState({ name: "", login: "", roles: ["agent"], teams: teams.length === 1 ? [teams[0]!.id] : ([] as string[]) });
  const invite = useMutation({
    mutationFn: () => api.staff.invite({ ...person, name: person.name.trim(), login: person.login.trim() }),
    onSuccess: () => void queries.invalidateQueries({ queryKey: ["staff"] }),
    gcTime: 0,
  });
  if (invite.data) return <NewLink invited={invite.data} onClose={onClose} />;
  const named = ["name", "login", "roles", "teams"].some((field) => fieldProblem(invite.error, field));
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        invite.mutate();
      }}
    >
      <TextInput label={t("staff.name")} description={t("invite.name-hint")} required maxLength={100} data-autofocus autoComplete="off" value={person.name} error={fieldProblem(invite.error, "name")} onChange={(event) => setPerson({ ...person, name: event.target.value })} />
      <TextInput label={t("sign-in.login")} description={t("invite.login-hint")} required maxLength={100} autoComplete="off" autoCapitalize="none" spellCheck={false} value={person.login} error={fieldProblem(invite.error, "login")} onChange={(event) => setPerson({ ...person, login: event.target.value })} />
      <MultiSelect label={t("staff.roles")} description={t("invite.roles-hint")} data={roleChoices([])} value={person.roles} error={fieldProblem(invite.error, "roles")} onChange={(roles) => setPerson({ ...person, roles })} />
      <MultiSelect label={t("staff.teams")} description={t("invite.teams-hint")} data={teams.map((team) => ({ value: team.id, label: team.name }))} value={person.teams} error={fieldProblem(invite.error, "teams")} onChange={(chosen) => setPerson({ ...person, teams: chosen })} />
      {!named && <ProblemNote error={invite.error} />}
      <Buttons>
        <Button variant="default" onClick={onClose}>
          {t("cancel")}
        </Button>
        <Button type="submit" loading={invite.isPending} disabled={!person.name.trim() || !person.login.trim()}>
          {t("invite.make")}
        </Button>
      </Buttons>
    </form>
  );
}
