import { useState } from "react";
import { Button, Select, Skeleton, Switch, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { DirectoryMapping, DirectorySettings, ProvisioningOverview } from "@wardesk/api";
import { roleName } from "../access/roles";
import { useApi, useMay } from "../app/context";
import { fieldProblem } from "../app/problems";
import { t } from "../i18n";
import { PlusIcon } from "../ui/icons";
import { Note, ProblemNote } from "../ui/Note";
import { Card, CopyValue, Page, PageHead } from "../ui/small";
import { say } from "../ui/toasts";
import { People } from "./People";
import { Requests } from "./Requests";
import { Tokens } from "./Tokens";
import settingsStyles from "../organisation/SettingsPage.module.css";
import styles from "./ProvisioningPage.module.css";

/** How the company's directory brings staff and switches them off. */
export function ProvisioningPage() {
  const api = useApi();
  const { data, error } = useQuery({ queryKey: ["provisioning"], queryFn: () => api.provisioning.get() });
  return (
    <Page>
      <PageHead title={t("directory.title")} lead={t("directory.lead")} />
      <ProblemNote error={error} />
      {!data && !error && <Skeleton height={240} />}
      {data && (
        <>
          {data.version === 0 && data.tokens.length === 0 && <Note title={t("directory.empty")}>{t("directory.empty-text")}</Note>}
          <Card title={t("directory.address")} lead={t("directory.address-lead")}>
            <p className={styles.line}><code>{data.base_url}</code> <CopyValue value={data.base_url} label={t("copy")} /></p>
          </Card>
          <Tokens tokens={data.tokens} most={data.most_tokens} />
          <Form key={data.version} found={data} />
          <People count={data.people} />
          <Requests />
        </>
      )}
    </Page>
  );
}

function Form({ found }: { found: ProvisioningOverview }) {
  const api = useApi();
  const queries = useQueryClient();
  const mayChange = useMay()("provisioning.change");
  const [wanted, setWanted] = useState(found.settings);
  const change = (part: Partial<DirectorySettings>) => setWanted({ ...wanted, ...part });
  const save = useMutation({
    mutationFn: () => api.provisioning.change({ settings: wanted, version: found.version }),
    onSuccess: (changed) => {
      queries.setQueryData(["provisioning"], changed);
      say(t("saved"));
    },
  });
  const changed = JSON.stringify(wanted) !== JSON.stringify(found.settings);
  return (
    <form className={settingsStyles.form} onSubmit={(event) => (event.preventDefault(), save.mutate())}>
      <fieldset className={settingsStyles.all} disabled={!mayChange}>
        <Card title={t("directory.behaviour")} lead={t("directory.behaviour-lead")}>
          <div className={settingsStyles.stack}>
            <Switch label={t("directory.enabled")} description={t("directory.enabled-hint")} checked={wanted.enabled} onChange={(event) => change({ enabled: event.target.checked })} />
            <Switch label={t("directory.privileged")} description={t("directory.privileged-hint")} checked={wanted.switches_off_privileged} onChange={(event) => change({ switches_off_privileged: event.target.checked })} />
            <Switch label={t("directory.subject")} description={t("directory.subject-hint")} checked={wanted.external_id_is_subject} onChange={(event) => change({ external_id_is_subject: event.target.checked })} />
          </div>
        </Card>
        <Groups found={found} wanted={wanted} change={change} wrong={fieldProblem(save.error, "groups")} mayChange={mayChange} />
      </fieldset>
      <ProblemNote error={save.error} />
      {mayChange && (
        <div className={settingsStyles.bar} data-changed={changed}>
          <span>{changed ? t("settings.unsaved") : ""}</span>
          <Button variant="default" disabled={!changed} onClick={() => setWanted(found.settings)}>{t("settings.undo")}</Button>
          <Button type="submit" disabled={!changed} loading={save.isPending}>{t("save")}</Button>
        </div>
      )}
    </form>
  );
}

interface GroupsProps {
  found: ProvisioningOverview;
  wanted: DirectorySettings;
  change: (part: Partial<DirectorySettings>) => void;
  wrong: string | null;
  mayChange: boolean;
}

function Groups({ found, wanted, change, wrong, mayChange }: GroupsProps) {
  const api = useApi();
  const teams = useQuery({ queryKey: ["teams"], queryFn: () => api.staff.teams() });
  const choices = teams.data?.items.map((team) => ({ value: team.id, label: team.name })) ?? [];
  const roles = found.roles.map((role) => ({ value: role.name, label: roleName(role.name) }));
  const group = (index: number, part: Partial<DirectoryMapping>) => change({ groups: wanted.groups.map((one, at) => (at === index ? { ...one, ...part } : one)) });
  const sent = found.groups.map((one) => t("directory.members", { name: one.name, n: one.members })).join(", ");
  return (
    <Card
      title={t("directory.groups")} lead={t("directory.groups-lead")}
      aside={mayChange && <Button variant="default" leftSection={<PlusIcon size={16} />} onClick={() => change({ groups: [...wanted.groups, { group: "", role: null, team: null }] })}>{t("directory.add-group")}</Button>}
    >
      <div className={settingsStyles.stack}>
        {sent && <p className={settingsStyles.none}>{t("directory.known-groups", { groups: sent })}</p>}
        {wanted.groups.length === 0 && <p className={settingsStyles.none}>{t("directory.no-groups")}</p>}
        {wanted.groups.map((one, index) => (
          <fieldset key={index} className={settingsStyles.key}>
            <legend className="sr">{one.group || t("directory.new-group")}</legend>
            <TextInput label={t("directory.group")} required value={one.group} onChange={(event) => group(index, { group: event.target.value })} />
            <Select label={t("directory.role")} placeholder={t("directory.no-role")} clearable data={roles} value={one.role ?? null} onChange={(role) => group(index, { role })} />
            <Select label={t("directory.team")} placeholder={t("directory.no-team")} clearable data={choices} value={one.team ?? null} onChange={(team) => group(index, { team })} />
            {mayChange && <Button size="xs" variant="default" onClick={() => change({ groups: wanted.groups.filter((_, at) => at !== index) })}>{t("remove")}</Button>}
          </fieldset>
        ))}
        {wrong && <p className={settingsStyles.bad}>{wrong}</p>}
      </div>
    </Card>
  );
}
