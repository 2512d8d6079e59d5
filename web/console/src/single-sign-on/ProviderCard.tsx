import { useState } from "react";
import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useApi } from "../app/context";
import { t } from "../i18n";
import { ProblemNote } from "../ui/Note";
import { Ago, Card, Confirm } from "../ui/small";
import { say, sayProblem } from "../ui/toasts";
import { leaveFor } from "./returning";

/** One's own account at the provider: bound by its owner, never by a name. Nothing where there is no provider. */
export function ProviderCard() {
  const api = useApi();
  const queries = useQueryClient();
  const [unbinding, setUnbinding] = useState(false);
  const account = useQuery({ queryKey: ["provider-account"], queryFn: () => api.singleSignOn.account() });
  const bind = useMutation({ mutationFn: () => api.singleSignOn.beginBinding(), onSuccess: ({ url }) => leaveFor(url), onError: sayProblem });
  const unbind = useMutation({
    mutationFn: () => api.singleSignOn.unbind(),
    onSuccess: () => (setUnbinding(false), say(t("sso.unbound")), void queries.invalidateQueries({ queryKey: ["provider-account"] })),
    onError: sayProblem,
  });
  const { provider: name = null, bound_at = null, last_used_at = null } = account.data ?? {};
  if (account.error) return <ProblemNote error={account.error} />;
  if (!name) return null;
  return (
    <Card
      title={t("sso.account", { name })} lead={t(bound_at ? "sso.account-bound" : "sso.account-none", { name })}
      aside={
        bound_at ? <Button variant="default" onClick={() => setUnbinding(true)}>{t("sso.unbind")}</Button> : <Button variant="default" loading={bind.isPending || bind.isSuccess} onClick={() => bind.mutate()}>{t("sso.bind")}</Button>
      }
    >
      {bound_at && <p>{t("sso.since")} <Ago time={bound_at} />{last_used_at && <> · {t("sso.last-used")} <Ago time={last_used_at} /></>}</p>}
      <Confirm open={unbinding} title={t("sso.unbind-title", { name })} text={t("sso.unbind-text", { name })} action={t("sso.unbind")} busy={unbind.isPending} onConfirm={() => unbind.mutate()} onClose={() => setUnbinding(false)} />
    </Card>
  );
}
