import { useApi, useMay } from "../app/context";
import { useQuery } from "@tanstack/react-query";
import { AskDialog } from "./AskDialog";
import { useProof } from "./queries";

/** The dialog with what it needs: the ways, and the masked addresses where one may see them. */
export function Asking({ conversation, customer, open, onClose }: { conversation: string; customer: string; open: boolean; onClose: () => void }) {
  const api = useApi();
  const may = useMay();
  const proof = useProof(conversation);
  const record = useQuery({ queryKey: ["customer", customer], queryFn: () => api.customers.get(customer), enabled: open && may("customer.read") });
  return <AskDialog conversation={conversation} ways={proof.data?.ways ?? []} contact={record.data?.contact ?? null} open={open} onClose={onClose} />;
}
