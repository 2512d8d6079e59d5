import { useState } from "react";
import { Button, Modal, MultiSelect } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { Staff, Team } from "@wardesk/api";
import { useApi } from "../app/context";
import { fieldProblem } from "../app/problems";
import { t } from "../i18n";
import { ProblemNote } from "../ui/Note";
import { Buttons } from "../ui/small";
import { NewLink } from "./InviteDialog";
import { roleChoices } from "./roles";
import styles from "./StaffPage.module.css";

/** Somebody comes back: a new link, new roles, nothing of before. */
export function EnableDialog({ staff, teams, onClose }: { staff: Staff; teams: Team[]; onClose: () => void }) {
  const api = useApi();
  const queries = useQueryClient();
  const [roles, setRoles] = useState<string[]>(["agent"]);
  const [chosen, setChosen] = useState<string[]>(teams.length === 1 ? [teams[0]!.id] : []);
  const enable = useMutation({
    mutationFn: () => api.staff.enable(staff.id, roles, chosen),
    onSuccess: () => void queries.invalidateQueries({ queryKey: ["staff"] }),
    gcTime: 0,
  });
  const named = ["roles", "teams"].some((field) => fieldProblem(enable.error, field));
  return (
    <Modal opened onClose={onClose} title={t("staff.enable-title", { name: staff.name })} closeOnClickOutside={false}>
      {enable.data ? (
        <NewLink invited={enable.data} onClose={onClose} />
      ) : (
        <form
          className={styles.form}
          onSubmit={(event) => {
            event.preventDefault();
            enable.mutate();
          }}
        >
          <p>{t("staff.enable-text")}</p>
          <MultiSelect label={t("staff.roles")} description={t("invite.roles-hint")} data={roleChoices([])} value={roles} error={fieldProblem(enable.error, "roles")} onChange={setRoles} data-autofocus />
          <MultiSelect label={t("staff.teams")} description={t("invite.teams-hint")} data={teams.map((team) => ({ value: team.id, label: team.name }))} value={chosen} error={fieldProblem(enable.error, "teams")} onChange={setChosen} />
          {!named && <ProblemNote error={enable.error} />}
          <Buttons>
            <Button variant="default" onClick={onClose}>
              {t("cancel")}
            </Button>
            <Button type="submit" loading={enable.isPending}>
              {t("staff.enable")}
            </Button>
          </Buttons>
        </form>
      )}
    </Modal>
  );
}
