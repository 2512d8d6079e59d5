import { useState } from "react";
import { Button, Modal } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useMe } from "../app/context";
import { AddFactor } from "../identity/AddFactor";
import { RecoveryCodes } from "../identity/RecoveryCodes";
import { useSession } from "../identity/session";
import { onMinute, t } from "../i18n";
import { Note } from "../ui/Note";
import { say } from "../ui/toasts";
import { Why } from "./Why";
import { makesThatCount } from "./words";
import styles from "./FactorPolicy.module.css";

/** In every open session of somebody who is asked for a factor: by when, and the way to it. */
export function DueBanner() {
  const me = useMe();
  const session = useSession();
  const queries = useQueryClient();
  const [adding, setAdding] = useState(false);
  const [codes, setCodes] = useState<string[] | null>(null);
  const [keptOnly, setKeptOnly] = useState(false);
  const due = session.data?.enrolment_due;
  const makes = makesThatCount(due);
  const any = due?.strength === "any";
  const add = t(any ? "factors.add-any" : "factors.add");
  const again = () => Promise.all([queries.invalidateQueries({ queryKey: ["session"] }), queries.invalidateQueries({ queryKey: ["factors"] })]);
  return (
    <>
      {due && (
        <div className={styles.banner}>
          <Note tone="amber" title={t(makes ? "factors.banner-attested" : any ? "factors.banner-any" : "factors.banner", { at: onMinute(due.due_at) })} action={<Button size="xs" onClick={() => setAdding(true)}>{add}</Button>}>
            {makes ? `${makes} ${t("factors.banner-attested-text")}` : t(any ? "factors.banner-any-text" : "factors.banner-text")}
          </Note>
        </div>
      )}
      <Modal opened={adding} onClose={() => (setAdding(false), setKeptOnly(false))} title={add}>
        <div className={styles.form}>
          {keptOnly && <Note tone="amber" title={t("factors.kept-only")}>{t("factors.kept-only-text")}</Note>}
          {makes && <p>{makes}</p>}
          {!any && <Why />}
          <AddFactor
            only={any ? undefined : "passkey"}
            onAdded={(_kind, answer) => {
              const counts = !answer.session.enrolment_due;
              setKeptOnly(!counts);
              setAdding(!counts);
              setCodes(answer.recovery_codes);
              if (counts) say(t(any ? "factors.added-any" : "factors.added"));
              void again();
            }}
          />
        </div>
      </Modal>
      <Modal opened={codes !== null} onClose={() => setCodes(null)} title={t("factor.recovery")} closeOnClickOutside={false}>
        {codes && <RecoveryCodes codes={codes} login={me.login} onSaved={() => setCodes(null)} />}
      </Modal>
    </>
  );
}
