import { useNavigate } from "@tanstack/react-router";
import { t } from "../i18n";
import { useCommands } from "../keyboard/commands";

/** The key and the command that go from a conversation to its customer's record. */
export function OpenRecord({ customer }: { customer: string }) {
  const navigate = useNavigate();
  useCommands([{ id: "customer:record", title: t("customer.open-record"), section: "palette.do", key: "c", run: () => void navigate({ to: "/customers/$customer", params: { customer } }) }]);
  return null;
}
