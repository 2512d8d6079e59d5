import { useState } from "react";
import { Button, Modal, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { Factor } from "@wardesk/api";
import { useApi } from "../app/context";
import { fieldProblem } from "../app/problems";
import { t } from "../i18n";
import { Buttons } from "../ui/small";
import { ProblemNote } from "../ui/Note";
import { say } from "../ui/toasts";
import styles from "./SecurityPage.module.css";

/** Another name for a factor of one's own. */
export function RenameFactor({ factor, onClose }: { factor: Factor; onClose: () => void }) {
  const api = useApi();
  const queries = useQueryClient();
  const [name, setName] = useState(factor.name);
  const rename = useMutation({
    mutationFn: () => api.factors.rename(factor.id, name.trim()),
    onSuccess: () => (say(t("security.renamed")), void queries.invalidateQueries({ queryKey: ["factors"] }), onClose()),
  });
  const wrong = fieldProblem(rename.error, "name");
  return (
    <Modal opened onClose={onClose} title={t("security.rename-title")}>
      <form className={styles.stack} onSubmit={(event) => (event.preventDefault(), rename.mutate())}>
        <TextInput label={t("security.rename-label")} description={t("security.rename-hint")} maxLength={128} required data-autofocus value={name} error={wrong} onChange={(event) => setName(event.currentTarget.value)} />
        {!wrong && <ProblemNote error={rename.error} />}
        <Buttons>
          <Button variant="default" onClick={onClose}>
            {t("cancel")}
          </Button>
          <Button type="submit" loading={rename.isPending} disabled={name.trim() === ""}>
            {t("security.rename")}
          </Button>
        </Buttons>
      </form>
    </Modal>
  );
}
