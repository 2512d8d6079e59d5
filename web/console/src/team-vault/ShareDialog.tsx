import { useState, useSyncExternalStore } from "react";
import { Button, Modal, Select } from "@mantine/core";
import type { VaultFolder, VaultRole } from "@wardesk/crypto/messenger";
import { stepUp } from "../app/signals";
import { t } from "../i18n";
import { Note, ProblemNote } from "../ui/Note";
import { Buttons } from "../ui/small";
import { say } from "../ui/toasts";
import { Named, roleChoices } from "./Named";
import { useVaultAct } from "./queries";
import styles from "./Vault.module.css";

/** Who is in a folder. Whoever is taken out loses the next key. */
export function ShareDialog({ folder, onClose }: { folder: VaultFolder; onClose: () => void }) {
  const named = folder.members.filter((member) => member.named).map(({ staff, role }) => ({ staff, role }));
  const [teamRole, setTeamRole] = useState<VaultRole>(folder.teamRole);
  const [members, setMembers] = useState(named);
  const proving = useSyncExternalStore(stepUp.on, stepUp.open);
  const save = useVaultAct((vault, wish: { teamRole: VaultRole; members: typeof members }) => vault.setMembers(folder.id, wish.teamRole, wish.members), () => (onClose(), say(t("vault.shared"))));
  const leaves = named.some((before) => !members.some((member) => member.staff === before.staff));
  const byTeam = folder.members.filter((member) => !member.named);
  const nobody = folder.team === null && !members.some((member) => member.role === "share");
  return (
    <Modal opened={!proving} onClose={onClose} title={t("vault.share-title", { name: folder.name ?? "" })} closeOnClickOutside={false}>
      <form
        className={styles.stack}
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate({ teamRole, members });
        }}
      >
        {folder.team && (
          <>
            <Select label={t("vault.team-role")} description={byTeam.length > 0 ? t("vault.by-team", { names: byTeam.map((member) => member.name).join(", ") }) : undefined} allowDeselect={false} data={roleChoices()} value={teamRole} onChange={(role) => setTeamRole(role as VaultRole)} />
          </>
        )}
        <Named members={members} without={[]} onChange={setMembers} />
        {leaves && <Note tone="amber" title={t("vault.leaves")}>{t("vault.leaves-text")}</Note>}
        {nobody && <Note tone="amber">{t("vault.nobody-shares")}</Note>}
        <ProblemNote error={save.error} />
        <Buttons>
          <Button variant="default" onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" loading={save.isPending} disabled={nobody}>{t("vault.share-action")}</Button>
        </Buttons>
      </form>
    </Modal>
  );
}
