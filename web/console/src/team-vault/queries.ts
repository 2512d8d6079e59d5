import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { TeamVault } from "@wardesk/crypto/messenger";
import { withStepUp } from "../app/signals";
import { useColleagues } from "../desk/queries";
import { t } from "../i18n";
import { useMessenger, useStaffStatus } from "../messenger/MessengerProvider";

const OPEN = ["ready", "other-tab", "waiting-for-key"];
/** Each look hands keys on and re-keys folders that somebody left, so it is taken often. */
const LOOK_EVERY = 30_000;

/** The vault, or null while this browser has no keys that are open. */
export function useVault(): TeamVault | null {
  const messenger = useMessenger();
  const status = useStaffStatus();
  return messenger && status && OPEN.includes(status.state) ? messenger.vault : null;
}

export function useFolders() {
  const vault = useVault();
  return useQuery({ queryKey: ["vault"], queryFn: () => vault!.folders(), enabled: vault !== null, refetchInterval: LOOK_EVERY });
}

export function useEntries(folder: string, enabled: boolean) {
  const vault = useVault();
  return useQuery({ queryKey: ["vault", folder], queryFn: () => vault!.entries(folder), enabled: enabled && vault !== null });
}

export function useHistory(entry: string) {
  const vault = useVault();
  return useQuery({ queryKey: ["vault-history", entry], queryFn: () => vault!.history(entry), enabled: vault !== null });
}

/** An act on the vault; everything shown of it is asked again, whatever came of it. */
export function useVaultAct<T, R>(act: (vault: TeamVault, value: T) => Promise<R>, onDone: (result: R) => void = () => undefined) {
  const vault = useVault();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (value: T) => withStepUp(() => act(vault!, value)),
    onSuccess: onDone,
    onSettled: () => Promise.all([queries.invalidateQueries({ queryKey: ["vault"] }), queries.invalidateQueries({ queryKey: ["vault-history"] })]).then(() => undefined),
    gcTime: 0,
  });
}

/** The name of a colleague by their id. */
export function useNames(): (staff: string) => string {
  const colleagues = useColleagues();
  return (staff) => colleagues.data?.items.find((one) => one.id === staff)?.name ?? t("vault.somebody");
}
