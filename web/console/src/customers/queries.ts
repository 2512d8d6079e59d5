import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useApi, useMay } from "../app/context";

export function useCustomer(id: string) {
  const api = useApi();
  return useQuery({ queryKey: ["customer", id], queryFn: () => api.customers.get(id) });
}

/** The conversations of a customer that this person may see, the newest first. */
export function useCustomerConversations(id: string) {
  const api = useApi();
  return useInfiniteQuery({
    queryKey: ["conversations", "customer", id],
    queryFn: ({ pageParam }) => api.customers.conversations(id, { after: pageParam, limit: 20 }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    enabled: useMay()("conversation.read"),
  });
}

/** Who looked at sealed details, for readers of the audit log alone. */
export function useReveals(id: string) {
  const api = useApi();
  return useQuery({ queryKey: ["audit", "reveals", id], queryFn: () => api.audit.list({ action: "customer.revealed", target: id }, { limit: 10 }), enabled: useMay()("audit.read") });
}

export function useCustomerList() {
  const api = useApi();
  return useInfiniteQuery({
    queryKey: ["customers"],
    queryFn: ({ pageParam }) => api.customers.list({ after: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
}
