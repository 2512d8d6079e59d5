import type { ComponentType } from "react";
import type { TextKey } from "../i18n";
import { CustomersIcon, DeviceIcon, InboxIcon, KeyIcon, LogIcon, SettingsIcon, ShieldIcon, StaffIcon } from "../ui/icons";
import { useMay, type Permission } from "./context";

export interface Area {
  to: string;
  name: TextKey;
  icon: ComponentType<{ size?: number; stroke?: number }>;
  rights: Permission[];
}

const AREAS: Area[] = [
  { to: "/inbox/waiting", name: "area.inbox", icon: InboxIcon, rights: ["conversation.read", "conversation.take"] },
  { to: "/customers", name: "area.customers", icon: CustomersIcon, rights: ["customer.read"] },
  { to: "/vault", name: "area.vault", icon: KeyIcon, rights: ["team_vault.use"] },
  { to: "/staff", name: "area.staff", icon: StaffIcon, rights: ["staff.read"] },
  { to: "/recovery", name: "area.recovery", icon: ShieldIcon, rights: ["staff.verify_caller"] },
  { to: "/devices", name: "area.devices", icon: DeviceIcon, rights: ["device.revoke"] },
  { to: "/audit", name: "area.audit", icon: LogIcon, rights: ["audit.read"] },
  { to: "/settings", name: "area.settings", icon: SettingsIcon, rights: ["settings.read"] },
];

/** The areas the person has rights in; the others are not drawn. */
export function useAreas(): Area[] {
  const may = useMay();
  return AREAS.filter((area) => may(...area.rights));
}

/** The area an address belongs to. */
export function areaOf(areas: Area[], pathname: string): Area | undefined {
  return areas.find((area) => pathname.split("/")[1] === area.to.split("/")[1]);
}
