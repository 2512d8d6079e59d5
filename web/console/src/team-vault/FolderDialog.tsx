import { useState } from "react";
import { Button, Modal, Select, TextInput } from "@mantine/core";
import { useMay, useMe } from "../app/context";
import type { FolderWish, VaultRole } from "@wardesk/crypto/messenger";
import { t } from "../i18n";
import { ProblemNote } from "../ui/Note";
import { Buttons } from "../ui/small";
import { Named, roleChoices } from "./Named";
import { useVaultAct } from "./queries";
import styles from "./Vault.module.css";

/** A new folder: for a team, or for people one names. */
export function FolderDialog({ onClose, onMade }: { onClose: () => void; onMade: (id: string) => void }) {
  const me = useMe();
  const manages = useMay()("team_vault.manage");
  const teams = manages ? me.teams : [];
  const [wish, setWish] = useState<FolderWish>({ name: "", team: teams[0]?.id ?? null, teamRole: "change", members: [] });
  const make = useVaultAct((vault, value: FolderWish) => vault.makeFolder(value), onMade);
  return (
    <Modal opened onClose={onClose} title={t("vault.new-folder")} closeOnClickOutside={false}>
      <form
        className={styles.stack}
        onSubmit={(event) => {
          event.preventDefault();
          make.mutate({ ...wish, name: wish.name.trim() });
        }}
      >
        <TextInput label={t("vault.folder-name")} description={t("vault.folder-name-hint")} required maxLength={100} data-autofocus autoComplete="off" value={wish.name} onChange={(event) => setWish({ ...wish, name: event.target.value })} />
        {teams.length > 0 && (
          <Select label={t("vault.for-team")} description={t("vault.for-team-hint")} clearable placeholder={t("vault.no-team")} data={teams.map((team) => ({ value: team.id, label: team.name }))} value={wish.team} onChange={(team) => setWish({ ...wish, team })} />
        )}
        {wish.team && <Select label={t("vault.team-role")} allowDeselect={false} data={roleChoices()} value={wish.teamRole} onChange={(role) => setWish({ ...wish, teamRole: role as VaultRole })} />}
        <Named members={wish.members} without={[me.id]} onChange={(members) => setWish({ ...wish, members })} />
        <ProblemNote error={make.error} />
        <Buttons>
          <Button variant="default" onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" loading={make.isPending} disabled={!wish.name.trim()}>{t("vault.make-folder")}</Button>
        </Buttons>
      </form>
    </Modal>
  );
}
