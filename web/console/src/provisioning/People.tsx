import { useState, useSyncExternalStore } from "react";
import { Button, Modal } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { WaitingPerson } from "@wardesk/api";
import { useApi, useMay } from "../app/context";
import { stepUp } from "../app/signals";
import { onMinute, t, tn } from "../i18n";
import { Note, ProblemNote } from "../ui/Note";
import { Buttons, Card, Confirm, CopyValue } from "../ui/small";
import { say } from "../ui/toasts";
import styles from "./ProvisioningPage.module.css";

/** For whom the directory answers, and who of them waits for a link. */
export function People({ count }: { count: number }) {
  const api = useApi();
  const mayChange = useMay()("provisioning.change");
  const { data, error } = useQuery({ queryKey: ["provisioning", "waiting"], queryFn: () => api.provisioning.waiting() });
  const [adopting, setAdopting] = useState(false);
  const [linked, setLinked] = useState<WaitingPerson | null>(null);
  const waiting = data?.items ?? [];
  return (
    <>
      <Card
        title={t("directory.people")} lead={tn("directory.people-count", count)}
        aside={mayChange && <Button variant="default" onClick={() => setAdopting(true)}>{t("directory.adopt")}</Button>}
      >
        <ProblemNote error={error} />
      </Card>
      {waiting.length > 0 && (
        <Card title={t("directory.waiting")} lead={t("directory.waiting-lead")}>
          <ul className={styles.list}>
            {waiting.map((person) => (
              <li key={person.id}>
                <span className={styles.name}><b>{person.name}</b><small>{person.login}</small></span>
                {mayChange && <Button size="xs" variant="default" aria-label={t("directory.link-named", { name: person.name })} onClick={() => setLinked(person)}>{t("directory.link")}</Button>}
              </li>
            ))}
          </ul>
        </Card>
      )}
      {adopting && <Adopt onClose={() => setAdopting(false)} />}
      {linked && <MakeLink person={linked} onClose={() => setLinked(null)} />}
    </>
  );
}

function Adopt({ onClose }: { onClose: () => void }) {
  const api = useApi();
  const queries = useQueryClient();
  const adopt = useMutation({
    mutationFn: () => api.provisioning.adopt(),
    onSuccess: ({ adopted }) => (say(t("directory.adopted", { n: adopted })), onClose()),
    onSettled: () => queries.invalidateQueries({ queryKey: ["provisioning"] }),
  });
  return (
    <Confirm open title={t("directory.adopt-title")} text={t("directory.adopt-text")} action={t("directory.adopt")} busy={adopt.isPending} onConfirm={() => adopt.mutate()} onClose={onClose}>
      <ProblemNote error={adopt.error} />
    </Confirm>
  );
}

/** Makes a link, and shows it this once. */
function MakeLink({ person, onClose }: { person: WaitingPerson; onClose: () => void }) {
  const api = useApi();
  // One dialog at a time: this one steps back while the second factor is asked for.
  const proving = useSyncExternalStore(stepUp.on, stepUp.open);
  const make = useMutation({ mutationFn: () => api.provisioning.link(person.id) });
  const url = make.data?.invitation_url;
  const from = make.data?.works_from;
  return (
    <Modal opened={!proving} onClose={onClose} closeOnClickOutside={!url} title={t("directory.link-title", { name: person.name })} size="md">
      <div className={styles.stack}>
        <p className={styles.none}>{t("directory.link-text")}</p>
        {url && <p className={styles.secret}><code>{url}</code> <CopyValue value={url} label={t("copy")} /></p>}
        {from && <Note tone="amber">{t("invite.from", { when: onMinute(from) })}</Note>}
        <ProblemNote error={make.error} />
        <Buttons>
          <Button variant="default" onClick={onClose}>{t(url ? "close" : "cancel")}</Button>
          {!url && <Button data-autofocus loading={make.isPending} onClick={() => make.mutate()}>{t("directory.link")}</Button>}
        </Buttons>
      </div>
    </Modal>
  );
}
