import { useQuery } from "@tanstack/react-query";
import { useApi } from "../app/context";
import { t } from "../i18n";
import { Page, PageHead } from "../ui/small";
import { DevicesTable } from "./DevicesTable";

export function DevicesPage() {
  const api = useApi();
  const colleagues = useQuery({ queryKey: ["colleagues"], queryFn: () => api.staff.colleagues() });
  const names = new Map(colleagues.data?.items.map((colleague) => [colleague.id, colleague.name]));
  return (
    <Page wide>
      <PageHead title={t("area.devices")} lead={t("devices.lead")} />
      <DevicesTable names={names} />
    </Page>
  );
}
