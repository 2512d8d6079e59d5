import { useState } from "react";
import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useApi } from "../app/context";
import { t, tn } from "../i18n";
import { Confirm } from "../ui/small";
import { say, sayProblem } from "../ui/toasts";

/** For when nobody knows any more whose session is whose: everybody shows both factors again, but the one who asks. */
export function SignOutEverybody() {
  const api = useApi();
  const [asking, setAsking] = useState(false);
  const signOut = useMutation({
    mutationFn: () => api.staff.signOutEverybody(),
    onSuccess: ({ people }) => (setAsking(false), say(tn("staff.everybody-signed-out", people))),
    onError: sayProblem,
  });
  return (
    <>
      <Button variant="default" onClick={() => setAsking(true)}>
        {t("staff.sign-out-everybody")}
      </Button>
      <Confirm
        open={asking} title={t("staff.sign-out-everybody-title")} text={t("staff.sign-out-everybody-text")} action={t("staff.sign-out-everybody-do")}
        busy={signOut.isPending} onClose={() => setAsking(false)} onConfirm={() => signOut.mutate()}
      />
    </>
  );
}
