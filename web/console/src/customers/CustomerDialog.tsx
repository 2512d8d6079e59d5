import { useState } from "react";
import { Button, Modal, TagsInput, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { Customer, CustomerChange, NewCustomer } from "@wardesk/api";
import { useApi } from "../app/context";
import { codeOf, fieldProblem } from "../app/problems";
import { t } from "../i18n";
import { Note, ProblemNote } from "../ui/Note";
import { Buttons } from "../ui/small";
import styles from "./Customers.module.css";

const SEALED = ["mail", "phone", "address", "external_id", "notes"] as const;
type Sealed = (typeof SEALED)[number];

interface Props {
  open: boolean;
  /** Absent: a new one. */
  customer?: Customer;
  onClose: () => void;
  onSaved: (customer: Customer) => void;
}

export function CustomerDialog({ open, customer, onClose, onSaved }: Props) {
  return (
    <Modal opened={open} onClose={onClose} title={t(customer ? "customer.edit" : "customers.new")} size={560}>
      <Form key={customer?.version} customer={customer} onClose={onClose} onSaved={onSaved} />
    </Modal>
  );
}

function Form({ customer, onClose, onSaved }: Omit<Props, "open" | "customer"> & { customer: Customer | undefined }) {
  const api = useApi();
  const queries = useQueryClient();
  const [name, setName] = useState(customer?.name ?? "");
  const [tags, setTags] = useState(customer?.tags ?? []);
  // A field that is not here keeps its value; clear values are not shown for editing.
  const [sealed, setSealed] = useState<Partial<Record<Sealed, string>>>({});
  const save = useMutation({
    mutationFn: () => (customer ? api.customers.change(customer.id, change(customer, name, tags, sealed)) : api.customers.create(created(name, tags, sealed))),
    onSuccess: (saved) => {
      queries.setQueryData(["customer", saved.id], saved);
      void queries.invalidateQueries({ queryKey: ["customers"] });
      onClose();
      onSaved(saved);
    },
  });
  const stale = codeOf(save.error) === "stale-version";
  const reload = () => void queries.invalidateQueries({ queryKey: ["customer", customer?.id] }).then(() => save.reset());
  const field = (one: Sealed) => {
    const hint = hintOf(customer, one);
    if (customer && sealed[one] === undefined) {
      const locked = maskOf(customer, one) === null;
      return (
        <div key={one} className={styles.keep}>
          <div>
            <b>{t(`field.${one}`)}</b>
            <span>{locked ? t("class.hidden") : (hint ?? t("class.empty"))}</span>
          </div>
          {!locked && (
            <Button size="compact-xs" variant="default" aria-label={t("customer.replace-named", { name: t(`field.${one}`) })} onClick={() => setSealed({ ...sealed, [one]: "" })}>
              {t(hint ? "customer.replace" : "customer.add")}
            </Button>
          )}
        </div>
      );
    }
    const props = {
      label: t(`field.${one}`), description: customer && hint ? t("customer.clears") : undefined, value: sealed[one] ?? "", autoComplete: "off",
      error: fieldProblem(save.error, one), onChange: (event: { target: { value: string } }) => setSealed({ ...sealed, [one]: event.target.value }),
    };
    return one === "notes" || one === "address" ? <Textarea key={one} autosize minRows={2} {...props} /> : <TextInput key={one} type={one === "mail" ? "email" : one === "phone" ? "tel" : "text"} {...props} />;
  };
  return (
    <form
      className={styles.form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <TextInput label={t("customers.name")} required maxLength={200} data-autofocus value={name} error={fieldProblem(save.error, "name")} onChange={(event) => setName(event.target.value)} />
      <div className={styles.two}>{SEALED.slice(0, 4).map(field)}</div>
      {field("notes")}
      <TagsInput label={t("customer.tags")} description={t("customer.tags-hint")} value={tags} onChange={setTags} error={fieldProblem(save.error, "tags")} />
      {stale ? (
        <Note tone="amber" title={t("customer.stale")} action={<Button size="xs" variant="default" onClick={reload}>{t("customer.load-newest")}</Button>}>
          {t("customer.stale-text")}
        </Note>
      ) : (
        <ProblemNote error={save.error} />
      )}
      <Buttons>
        <Button variant="default" onClick={onClose}>
          {t("cancel")}
        </Button>
        <Button type="submit" loading={save.isPending} disabled={!name.trim() || stale}>
          {t(customer ? "save" : "customers.create")}
        </Button>
      </Buttons>
    </form>
  );
}

function maskOf(customer: Customer, field: Sealed) {
  if (field === "notes") return customer.notes;
  return field === "external_id" ? customer.identifiers : customer.contact;
}

function hintOf(customer: Customer | undefined, field: Sealed): string | undefined {
  return customer && maskOf(customer, field)?.hints[field];
}

function change(customer: Customer, name: string, tags: string[], sealed: Partial<Record<Sealed, string>>): CustomerChange {
  const cleared = Object.fromEntries(Object.entries(sealed).map(([field, value]) => [field, value.trim() || null]));
  return { version: customer.version, ...(name.trim() === customer.name ? {} : { name: name.trim() }), tags, ...cleared };
}

function created(name: string, tags: string[], sealed: Partial<Record<Sealed, string>>): NewCustomer {
  return { name: name.trim(), tags, ...Object.fromEntries(Object.entries(sealed).filter(([, value]) => value.trim()).map(([field, value]) => [field, value.trim()])) };
}
