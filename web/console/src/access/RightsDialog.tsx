import { useState } from "react";
import { Button, Modal, MultiSelect, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { Staff, Team } from "@wardesk/api";
import { useApi } from "../app/context";
import { t } from "../i18n";
import { ProblemNote } from "../ui/Note";
import { Buttons } from "../ui/small";
import { say } from "../ui/toasts";
import { roleChoices } from "./roles";
import styles from "./StaffPage.module.css";

/** Which roles somebody holds, or in which teams they are. */
export function RightsDialog({ staff, what, teams, onClose }: { staff: Staff; what: "roles" | "teams"; teams: Team[]; onClose: () => void }) {
  const api = useApi();
  const queries = useQueryClient();
  const [chosen, setChosen] = useState(staff[what]);
  const [name, setName] = useState("");
  const save = useMutation({
    mutationFn: () => (what === "roles" ? api.staff.setRoles(staff.id, chosen) : api.staff.setTeams(staff.id, chosen)),
    onSuccess: () => (onClose(), say(t("saved")), void queries.invalidateQueries({ queryKey: ["staff"] })),
  });
  const create = useMutation({
    mutationFn: () => api.staff.createTeam(name.trim()),
    onSuccess: async (team) => {
      setName("");
      await queries.invalidateQueries({ queryKey: ["teams"] });
      setChosen((before) => [...before, team.id]);
    },
  });
  const data = what === "roles" ? roleChoices(staff.roles) : teams.map((team) => ({ value: team.id, label: team.name }));
  return (
    <Modal opened onClose={onClose} title={t(`rights.${what}`, { name: staff.name })}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <MultiSelect label={t(`staff.${what}`)} description={t(`rights.${what}-hint`)} data={data} value={chosen} onChange={setChosen} />
        {what === "teams" && (
          <div className={styles.filters}>
            <TextInput className={styles.find} aria-label={t("rights.new-team")} placeholder={t("rights.new-team")} maxLength={80} value={name} onChange={(event) => setName(event.target.value)} />
            <Button variant="default" disabled={!name.trim()} loading={create.isPending} onClick={() => create.mutate()}>
              {t("rights.make-team")}
            </Button>
          </div>
        )}
        <ProblemNote error={create.error ?? save.error} />
        <Buttons>
          <Button variant="default" onClick={onClose}>
            {t("cancel")}
          </Button>
          <Button type="submit" loading={save.isPending}>
            {t("save")}
          </Button>
        </Buttons>
      </form>
    </Modal>
  );
}
