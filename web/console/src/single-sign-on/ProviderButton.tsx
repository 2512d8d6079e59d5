import { Button } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useApi } from "../app/context";
import { t } from "../i18n";
import { Note, ProblemNote } from "../ui/Note";
import { KeyIcon } from "../ui/icons";
import { leaveFor, troubleAtProvider } from "./returning";

/** The way in through the company's provider; nothing where there is none. */
export function ProviderButton() {
  const api = useApi();
  const provider = useQuery({ queryKey: ["session", "provider"], queryFn: () => api.singleSignOn.provider(), staleTime: 60_000, retry: false });
  const begin = useMutation({ mutationFn: () => api.singleSignOn.begin(), onSuccess: ({ url }) => leaveFor(url) });
  const trouble = troubleAtProvider();
  const name = provider.data?.name;
  if (!name) return null;
  return (
    <>
      {trouble && !begin.error && <Note tone="red">{trouble}</Note>}
      <ProblemNote error={begin.error} />
      <Button variant="default" fullWidth leftSection={<KeyIcon size={18} stroke={1.6} />} loading={begin.isPending || begin.isSuccess} onClick={() => begin.mutate()}>
        {t("sso.sign-in", { name })}
      </Button>
    </>
  );
}
