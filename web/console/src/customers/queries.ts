import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useApi } from "../app/context";

export function useCustomer(id: string) {
  const api = useApi();
  return useQuery({ queryKey: ["customer", id], queryFn: () => api.customers.get(id) });
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
