import { CloseButton, Select } from "@mantine/core";
import type { FolderWish, VaultRole } from "@wardesk/crypto/messenger";
import { useColleagues } from "../desk/queries";
import { t } from "../i18n";
import { useNames } from "./queries";
import styles from "./Vault.module.css";

const ROLES: VaultRole[] = ["use", "change", "share"];
export const roleChoices = () => ROLES.map((value) => ({ value, label: t(`vault.role.${value}`) }));

type Members = FolderWish["members"];

/** People who are named in a folder, each with what they may do. */
export function Named({ members, without, onChange }: { members: Members; without: string[]; onChange: (members: Members) => void }) {
  const colleagues = useColleagues();
  const names = useNames();
  const taken = new Set([...without, ...members.map((member) => member.staff)]);
  const free = colleagues.data?.items.filter((one) => !taken.has(one.id)).map((one) => ({ value: one.id, label: one.name })) ?? [];
  return (
    <fieldset className={styles.named}>
      <legend>{t("vault.named")}</legend>
      {members.map((member) => (
        <div key={member.staff} className={styles.member}>
          <span>{names(member.staff)}</span>
          <Select aria-label={t("vault.role-of", { name: names(member.staff) })} size="xs" allowDeselect={false} data={roleChoices()} value={member.role} onChange={(role) => onChange(members.map((one) => (one === member ? { ...one, role: role as VaultRole } : one)))} />
          <CloseButton aria-label={t("vault.take-out", { name: names(member.staff) })} onClick={() => onChange(members.filter((one) => one !== member))} />
        </div>
      ))}
      <Select
        key={members.length} aria-label={t("vault.add-person")} placeholder={t("vault.add-person")} searchable nothingFoundMessage={t("picker.none")} data={free} value={null}
        onChange={(staff) => staff && onChange([...members, { staff, role: "use" }])}
      />
    </fieldset>
  );
}
