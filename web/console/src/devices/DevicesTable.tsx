import { useState } from "react";
import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { Device } from "@wardesk/api";
import { useApi, useMay, useMe } from "../app/context";
import { t, tn } from "../i18n";
import { useStaffStatus } from "../messenger/MessengerProvider";
import { DataTable, type Column } from "../ui/DataTable";
import { DeviceIcon } from "../ui/icons";
import { ProblemNote } from "../ui/Note";
import { Ago, Confirm, Empty, Tag } from "../ui/small";
import { say, sayProblem } from "../ui/toasts";

/** Devices of one person, or of everybody the viewer may see. */
export function DevicesTable({ staff, names }: { staff?: string; names?: Map<string, string> }) {
  const api = useApi();
  const me = useMe();
  const may = useMay();
  const queries = useQueryClient();
  const here = useStaffStatus()?.device;
  const [revoking, setRevoking] = useState<Device | null>(null);
  const devices = useQuery({ queryKey: ["devices", staff ?? "all"], queryFn: () => api.devices.list(staff) });
  const revoke = useMutation({
    mutationFn: (device: Device) => api.devices.revoke(device.id),
    onSuccess: () => (setRevoking(null), say(t("devices.revoked-done")), void queries.invalidateQueries({ queryKey: ["devices"] })),
    onError: sayProblem,
  });
  const columns: Column<Device>[] = [
    {
      key: "name", header: t("devices.name"), head: true, sort: (device) => device.name,
      cell: (device) => (
        <span>
          {device.name} {device.id === here && <Tag tone="good">{t("devices.this-one")}</Tag>}
        </span>
      ),
    },
    ...(names ? [{ key: "staff", header: t("devices.staff"), sort: (device: Device) => names.get(device.staff) ?? device.staff, cell: (device: Device) => names.get(device.staff) ?? device.staff }] : []),
    { key: "seen", header: t("devices.seen"), sort: (device) => device.last_seen_at ?? "", cell: (device) => (device.last_seen_at ? <Ago time={device.last_seen_at} /> : t("never")) },
    { key: "state", header: t("devices.state"), sort: stateOf, cell: (device) => <State device={device} /> },
    {
      key: "actions", header: "", align: "end",
      cell: (device) =>
        !device.revoked_at && (device.staff === me.id || may("device.revoke")) ? (
          <Button size="compact-xs" variant="default" aria-label={t("devices.revoke-named", { name: device.name })} onClick={() => setRevoking(device)}>
            {t("devices.revoke")}
          </Button>
        ) : null,
    },
  ];
  if (devices.error) return <ProblemNote error={devices.error} />;
  if (devices.data?.items.length === 0) return <Empty icon={<DeviceIcon size={24} />} title={t("devices.empty")} text={t("devices.empty-text")} />;
  return (
    <>
      <DataTable name="devices" label={t("area.devices")} columns={columns} rows={devices.data?.items} id={(device) => device.id} />
      <Confirm
        open={revoking !== null} title={t("devices.revoke-title", { name: revoking?.name ?? "" })} text={t(revoking?.id === here ? "devices.revoke-here" : "devices.revoke-text")} action={t("devices.revoke")}
        busy={revoke.isPending} onClose={() => setRevoking(null)} onConfirm={() => revoking && revoke.mutate(revoking)}
      />
    </>
  );
}

function stateOf(device: Device): "revoked" | "expired" | "few" | "good" {
  if (device.revoked_at) return "revoked";
  if (Date.parse(device.statement_expires_at) < Date.now()) return "expired";
  return device.key_packages <= 5 ? "few" : "good";
}

function State({ device }: { device: Device }) {
  const state = stateOf(device);
  if (state === "revoked") return <Tag tone="red">{t("devices.revoked")}</Tag>;
  if (state === "expired") return <Tag tone="amber">{t("devices.expired")}</Tag>;
  if (state === "few") return <Tag tone="amber">{tn("devices.few-keys", device.key_packages)}</Tag>;
  return <span>{t("devices.good")}</span>;
}
