import { useState } from "react";
import { Button, PasswordInput, Select, Skeleton, Switch, TagsInput, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { GroupMapping, ProviderSettings, SingleSignOnSettings } from "@wardesk/api";
import { roleChoices } from "../access/roles";
import { useApi, useMay } from "../app/context";
import { fieldProblem } from "../app/problems";
import { t } from "../i18n";
import { PlusIcon } from "../ui/icons";
import { Note, ProblemNote } from "../ui/Note";
import { Card, CopyValue, Page, PageHead } from "../ui/small";
import { say } from "../ui/toasts";
import { Trial } from "./Trial";
import settingsStyles from "../organisation/SettingsPage.module.css";
import styles from "./SingleSignOnPage.module.css";

const NEW: ProviderSettings = {
  enabled: false, name: "", issuer: "", client_id: "", scopes: ["profile"], second_factor_acr: [], second_factor_amr: [], phishing_resistant_acr: [], phishing_resistant_amr: [],
  groups_claim: null, create: false, groups: [],
};

/** How staff sign in through the company's provider. */
export function SingleSignOnPage() {
  const api = useApi();
  const { data, error } = useQuery({ queryKey: ["single-sign-on"], queryFn: () => api.singleSignOn.get() });
  return (
    <Page>
      <PageHead title={t("sso.title")} lead={t("sso.lead")} />
      <ProblemNote error={error} />
      {!data && !error && <Skeleton height={240} />}
      {data && (
        <>
          {!data.settings && <Note title={t("sso.empty")}>{t("sso.empty-text")}</Note>}
          <Card title={t("sso.redirect")} lead={t("sso.redirect-lead")}>
            <p className={styles.redirect}><code>{data.redirect_uri}</code> <CopyValue value={data.redirect_uri} label={t("copy")} /></p>
          </Card>
          <Form key={data.version} found={data} />
        </>
      )}
    </Page>
  );
}

function Form({ found }: { found: SingleSignOnSettings }) {
  const api = useApi();
  const queries = useQueryClient();
  const mayChange = useMay()("single_sign_on.change");
  const [wanted, setWanted] = useState(found.settings ?? NEW);
  const [secret, setSecret] = useState("");
  const change = (part: Partial<ProviderSettings>) => setWanted({ ...wanted, ...part });
  const save = useMutation({
    mutationFn: () => api.singleSignOn.change({ settings: wanted, client_secret: secret || null, version: found.version }),
    onSuccess: (changed) => {
      queries.setQueryData(["single-sign-on"], changed);
      void queries.invalidateQueries({ queryKey: ["provider-account"] });
      say(t("saved"));
    },
  });
  const changed = secret !== "" || JSON.stringify(wanted) !== JSON.stringify(found.settings ?? NEW);
  const wrong = (field: keyof ProviderSettings) => fieldProblem(save.error, field);
  const secretGoes = found.has_secret && found.settings?.issuer !== wanted.issuer;
  return (
    <form className={settingsStyles.form} onSubmit={(event) => (event.preventDefault(), save.mutate())}>
      <fieldset className={settingsStyles.all} disabled={!mayChange}>
        <Card title={t("sso.provider")} lead={t("sso.provider-lead")}>
          <div className={settingsStyles.stack}>
            <Switch label={t("sso.enabled")} description={t("sso.enabled-hint")} checked={wanted.enabled} onChange={(event) => change({ enabled: event.target.checked })} />
            <TextInput label={t("sso.name")} description={t("sso.name-hint")} required value={wanted.name} error={wrong("name")} onChange={(event) => change({ name: event.target.value })} />
            <TextInput label={t("sso.issuer")} description={t("sso.issuer-hint")} placeholder="https://id.example.org" required spellCheck={false} autoComplete="off" value={wanted.issuer} error={wrong("issuer")} onChange={(event) => change({ issuer: event.target.value })} />
            <TextInput label={t("sso.client-id")} required spellCheck={false} autoComplete="off" value={wanted.client_id} error={wrong("client_id")} onChange={(event) => change({ client_id: event.target.value })} />
            <PasswordInput label={t("sso.secret")} description={t(secretGoes ? "sso.secret-goes" : found.has_secret ? "sso.secret-kept" : "sso.secret-none")} autoComplete="off" value={secret} onChange={(event) => setSecret(event.target.value)} visibilityToggleButtonProps={{ "aria-label": t("password.show") }} />
            <TagsInput label={t("sso.scopes")} description={t("sso.scopes-hint")} value={wanted.scopes} error={wrong("scopes")} onChange={(scopes) => change({ scopes })} />
            {mayChange && <Trial issuer={wanted.issuer} scopes={wanted.scopes} />}
          </div>
        </Card>
        <Card title={t("sso.second-factor")} lead={t("sso.second-factor-lead")}>
          <div className={settingsStyles.stack}>
            <TagsInput label={t("sso.acr")} description={t("sso.acr-hint")} value={wanted.second_factor_acr} error={wrong("second_factor_acr")} onChange={(second_factor_acr) => change({ second_factor_acr })} />
            <TagsInput label={t("sso.amr")} description={t("sso.amr-hint")} placeholder="hwk" value={wanted.second_factor_amr} error={wrong("second_factor_amr")} onChange={(second_factor_amr) => change({ second_factor_amr })} />
          </div>
        </Card>
        <Card title={t("sso.strong")} lead={t("sso.strong-lead")}>
          <div className={settingsStyles.stack}>
            <TagsInput label={t("sso.strong-acr")} description={t("sso.strong-acr-hint")} placeholder="phr" value={wanted.phishing_resistant_acr} error={wrong("phishing_resistant_acr")} onChange={(phishing_resistant_acr) => change({ phishing_resistant_acr })} />
            <TagsInput label={t("sso.strong-amr")} description={t("sso.strong-amr-hint")} value={wanted.phishing_resistant_amr} error={wrong("phishing_resistant_amr")} onChange={(phishing_resistant_amr) => change({ phishing_resistant_amr })} />
          </div>
        </Card>
        <Card title={t("sso.people")} lead={t("sso.people-lead")}>
          <Switch label={t("sso.create")} description={t("sso.create-hint")} checked={wanted.create} onChange={(event) => change({ create: event.target.checked })} />
        </Card>
        <Groups wanted={wanted} change={change} wrong={wrong} mayChange={mayChange} />
      </fieldset>
      <ProblemNote error={save.error} />
      {mayChange && (
        <div className={settingsStyles.bar} data-changed={changed}>
          <span>{changed ? t("settings.unsaved") : ""}</span>
          <Button variant="default" disabled={!changed} onClick={() => (setWanted(found.settings ?? NEW), setSecret(""))}>{t("settings.undo")}</Button>
          <Button type="submit" disabled={!changed} loading={save.isPending}>{t("save")}</Button>
        </div>
      )}
    </form>
  );
}

interface GroupsProps {
  wanted: ProviderSettings;
  change: (part: Partial<ProviderSettings>) => void;
  wrong: (field: keyof ProviderSettings) => string | null;
  mayChange: boolean;
}

function Groups({ wanted, change, wrong, mayChange }: GroupsProps) {
  const api = useApi();
  const teams = useQuery({ queryKey: ["teams"], queryFn: () => api.staff.teams() });
  const choices = teams.data?.items.map((team) => ({ value: team.id, label: team.name })) ?? [];
  const group = (index: number, part: Partial<GroupMapping>) => change({ groups: wanted.groups.map((one, at) => (at === index ? { ...one, ...part } : one)) });
  const administers = wanted.groups.some((one) => one.role === "administrator");
  return (
    <Card
      title={t("sso.groups")} lead={t("sso.groups-lead")}
      aside={mayChange && <Button variant="default" leftSection={<PlusIcon size={16} />} onClick={() => change({ groups: [...wanted.groups, { group: "", role: null, team: null }] })}>{t("sso.add-group")}</Button>}
    >
      <div className={settingsStyles.stack}>
        <TextInput label={t("sso.groups-claim")} description={t("sso.groups-claim-hint")} placeholder="groups" value={wanted.groups_claim ?? ""} error={wrong("groups_claim")} onChange={(event) => change({ groups_claim: event.target.value || null })} />
        {wanted.groups.length === 0 && <p className={settingsStyles.none}>{t("sso.no-groups")}</p>}
        {wanted.groups.map((one, index) => (
          <fieldset key={index} className={settingsStyles.key}>
            <legend className="sr">{one.group || t("sso.new-group")}</legend>
            <TextInput label={t("sso.group")} required value={one.group} onChange={(event) => group(index, { group: event.target.value })} />
            <Select label={t("sso.role")} placeholder={t("sso.no-role")} clearable data={roleChoices(one.role ? [one.role] : [])} value={one.role ?? null} onChange={(role) => group(index, { role })} />
            <Select label={t("sso.team")} placeholder={t("sso.no-team")} clearable data={choices} value={one.team ?? null} onChange={(team) => group(index, { team })} />
            {mayChange && <Button size="xs" variant="default" onClick={() => change({ groups: wanted.groups.filter((_, at) => at !== index) })}>{t("remove")}</Button>}
          </fieldset>
        ))}
        {wrong("groups") && <p className={settingsStyles.bad}>{wrong("groups")}</p>}
        {administers && <Note tone="amber">{t("sso.administers")}</Note>}
      </div>
    </Card>
  );
}
