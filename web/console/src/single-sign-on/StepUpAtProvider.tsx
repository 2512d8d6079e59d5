import { Button } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useApi } from "../app/context";
import { t } from "../i18n";
import { ProblemNote } from "../ui/Note";
import { leaveFor } from "./returning";

/** Who has no factor here shows at the provider again who they are. */
export function StepUpAtProvider() {
  const api = useApi();
  const account = useQuery({ queryKey: ["provider-account"], queryFn: () => api.singleSignOn.account() });
  const begin = useMutation({ mutationFn: () => api.singleSignOn.beginStepUp(), onSuccess: ({ url }) => leaveFor(url) });
  if (!account.data?.provider || !account.data.bound_at) return <p>{t("step-up.none")}</p>;
  return (
    <>
      <p>{t("sso.step-up-why")}</p>
      <ProblemNote error={begin.error} />
      <Button loading={begin.isPending || begin.isSuccess} onClick={() => begin.mutate()}>{t("sso.step-up", { name: account.data.provider })}</Button>
    </>
  );
}
