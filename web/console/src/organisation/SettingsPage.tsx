import { useState } from "react";
import { Button, CopyButton, Group, Skeleton, Switch, TagsInput, Textarea, TextInput } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { IdentityKey, Organisation, OrganisationSettings } from "@wardesk/api";
import { useApi, useMay } from "../app/context";
import { fieldProblem } from "../app/problems";
import { t } from "../i18n";
import { CheckIcon, CopyIcon, KeyIcon, MailIcon, PhoneIcon, PlusIcon, PrintIcon, StaffIcon } from "../ui/icons";
import { ProblemNote } from "../ui/Note";
import { Card, CopyValue, Page, PageHead } from "../ui/small";
import { say } from "../ui/toasts";
import styles from "./SettingsPage.module.css";

export function SettingsPage() {
  const api = useApi();
  const { data, error } = useQuery({ queryKey: ["organisation"], queryFn: () => api.organisation.get() });
  return (
    <Page>
      <PageHead title={t("area.settings")} lead={data ? t("settings.lead", { name: data.name }) : ""} />
      <ProblemNote error={error} />
      {!data && !error && <Skeleton height={240} />}
      {data && (
        <>
          <Fingerprint organisation={data} />
          <Snippet organisation={data} />
          <Passwords />
          <ToBreachedPasswords />
          <Factors />
          <ToSessions />
          <ToSingleSignOn />
          <ToDirectory />
          <Form key={JSON.stringify(data.settings)} settings={data.settings} />
        </>
      )}
    </Page>
  );
}

function Fingerprint({ organisation }: { organisation: Organisation }) {
  return (
    <Card title={t("settings.fingerprint")} lead={t("settings.fingerprint-lead")} aside={<Button variant="default" className="no-print" leftSection={<PrintIcon size={16} />} onClick={() => window.print()}>{t("print")}</Button>}>
      <div className={styles.sheet}>
        <b>{organisation.name}</b>
        <p className={styles.fingerprint}>
          {organisation.fingerprint} <span className="no-print"><CopyValue value={organisation.fingerprint} label={t("copy")} /></span>
        </p>
        <p>{t("settings.fingerprint-how")}</p>
      </div>
    </Card>
  );
}

function Passwords() {
  const may = useMay();
  if (!may("password_policy.read")) return null;
  return <Card title={t("policy.title")} lead={t("policy.to-lead")} aside={<Button component={Link} to="/settings/passwords" variant="default">{t("policy.to")}</Button>}>{null}</Card>;
}

function ToBreachedPasswords() {
  const may = useMay();
  if (!may("breached_passwords.read")) return null;
  return <Card title={t("breach.title")} lead={t("breach.to-lead")} aside={<Button component={Link} to="/settings/breached-passwords" variant="default">{t("breach.to")}</Button>}>{null}</Card>;
}

function Factors() {
  const may = useMay();
  if (!may("factor_policy.read")) return null;
  return <Card title={t("factors.card")} lead={t("coverage.to-lead")} aside={<FactorScreens />}>{null}</Card>;
}

function ToSessions() {
  const may = useMay();
  if (!may("factor_policy.read")) return null;
  return <Card title={t("sessions.title")} lead={t("sessions.to-lead")} aside={<Button component={Link} to="/settings/sessions" variant="default">{t("sessions.to")}</Button>}>{null}</Card>;
}

function ToSingleSignOn() {
  const may = useMay();
  if (!may("single_sign_on.read")) return null;
  return <Card title={t("sso.title")} lead={t("sso.card-lead")} aside={<Button component={Link} to="/settings/single-sign-on" variant="default" leftSection={<KeyIcon size={16} />}>{t("sso.to")}</Button>}>{null}</Card>;
}

function ToDirectory() {
  const may = useMay();
  if (!may("provisioning.read")) return null;
  return <Card title={t("directory.title")} lead={t("directory.card-lead")} aside={<Button component={Link} to="/settings/provisioning" variant="default" leftSection={<StaffIcon size={16} />}>{t("directory.to")}</Button>}>{null}</Card>;
}

function Snippet({ organisation }: { organisation: Organisation }) {
  return (
    <Card
      title={t("settings.widget")} lead={t("settings.widget-lead")}
      aside={
        <CopyButton value={organisation.widget_snippet}>
          {({ copied, copy }) => <Button variant="default" leftSection={copied ? <CheckIcon size={16} /> : <CopyIcon size={16} />} onClick={copy}>{t(copied ? "copied" : "copy")}</Button>}
        </CopyButton>
      }
    >
      <pre className={`${styles.code} mono`} tabIndex={0}>{organisation.widget_snippet}</pre>
    </Card>
  );
}

function Form({ settings }: { settings: OrganisationSettings }) {
  const api = useApi();
  const queries = useQueryClient();
  const [wanted, setWanted] = useState(settings);
  const save = useMutation({
    mutationFn: () => api.organisation.change(wanted),
    onSuccess: (changed) => (queries.setQueryData(["organisation"], changed), say(t("saved"))),
  });
  const may = useMay();
  const mayChange = may("settings.change");
  const changed = JSON.stringify(wanted) !== JSON.stringify(settings);
  const key = (index: number, change: Partial<IdentityKey>) => setWanted({ ...wanted, identity_keys: wanted.identity_keys.map((one, at) => (at === index ? { ...one, ...change } : one)) });
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <fieldset className={styles.all} disabled={!mayChange}>
        <Card title={t("settings.conversations")}>
          <div className={styles.stack}>
            <Switch label={t("settings.typing")} description={t("settings.typing-hint")} checked={wanted.typing} onChange={(event) => setWanted({ ...wanted, typing: event.target.checked })} />
            <Switch label={t("settings.presence")} description={t("settings.presence-hint")} checked={wanted.presence} onChange={(event) => setWanted({ ...wanted, presence: event.target.checked })} />
            <TagsInput label={t("settings.origins")} description={t("settings.origins-hint")} placeholder="https://shop.example.org" value={wanted.widget_origins} error={fieldProblem(save.error, "widget_origins")} onChange={(widget_origins) => setWanted({ ...wanted, widget_origins })} />
          </div>
        </Card>
        <Card title={t("settings.security")} lead={t("settings.security-lead")} aside={may("outgoing.read") && <Outgoing />}>
          <TextInput type="email" label={t("settings.contact")} description={t("settings.contact-hint")} placeholder="security@example.org" autoComplete="off" value={wanted.security_contact ?? ""} error={fieldProblem(save.error, "security_contact")} onChange={(event) => setWanted({ ...wanted, security_contact: event.target.value })} />
        </Card>
        <Card
          title={t("settings.keys")} lead={t("settings.keys-lead")}
          aside={<Button variant="default" leftSection={<PlusIcon size={16} />} onClick={() => setWanted({ ...wanted, identity_keys: [...wanted.identity_keys, { kid: "", alg: "ES256", pem: "" }] })}>{t("settings.add-key")}</Button>}
        >
          {wanted.identity_keys.length === 0 && <p className={styles.none}>{t("settings.no-keys")}</p>}
          {wanted.identity_keys.map((one, index) => (
            <fieldset key={index} className={styles.key}>
              <legend className="sr">{one.kid || t("settings.new-key")}</legend>
              <TextInput label={t("settings.kid")} required value={one.kid} onChange={(event) => key(index, { kid: event.target.value })} />
              <TextInput label={t("settings.alg")} required value={one.alg} onChange={(event) => key(index, { alg: event.target.value })} />
              <Textarea className={styles.pem} classNames={{ input: "mono" }} label={t("settings.pem")} required autosize minRows={3} maxRows={8} spellCheck={false} value={one.pem} onChange={(event) => key(index, { pem: event.target.value })} />
              <Button size="xs" variant="default" onClick={() => setWanted({ ...wanted, identity_keys: wanted.identity_keys.filter((_, at) => at !== index) })}>{t("remove")}</Button>
            </fieldset>
          ))}
          {fieldProblem(save.error, "identity_keys") && <p className={styles.bad}>{fieldProblem(save.error, "identity_keys")}</p>}
        </Card>
      </fieldset>
      <ProblemNote error={save.error} />
      {mayChange && (
        <div className={styles.bar} data-changed={changed}>
          <span>{changed ? t("settings.unsaved") : ""}</span>
          <Button variant="default" disabled={!changed} onClick={() => setWanted(settings)}>{t("settings.undo")}</Button>
          <Button type="submit" disabled={!changed} loading={save.isPending}>{t("save")}</Button>
        </div>
      )}
    </form>
  );
}

/** To who has which factors, and to what roles need. */
function FactorScreens() {
  return (
    <Group gap={8}>
      <Button component={Link} to="/settings/coverage" variant="default">{t("coverage.to")}</Button>
      <Button component={Link} to="/settings/factors" variant="default">{t("factors.to")}</Button>
      <Button component={Link} to="/settings/sign-in-risk" variant="default">{t("sign-in-risk.to")}</Button>
    </Group>
  );
}

/** To what goes out. */
function Outgoing() {
  return (
    <Group gap={8}>
      <Button component={Link} to="/settings/mail" variant="default" leftSection={<MailIcon size={16} />}>{t("settings.to-mail")}</Button>
      <Button component={Link} to="/settings/sms" variant="default" leftSection={<PhoneIcon size={16} />}>{t("settings.to-sms")}</Button>
    </Group>
  );
}
