import { useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { t } from "../i18n";
import { focusSearch, openHelp, useCommands } from "../keyboard/commands";
import { useSignOut } from "../identity/session";
import type { Area } from "./areas";

/** What one can do from everywhere. */
export function FrameCommands({ areas }: { areas: Area[] }) {
  const navigate = useNavigate();
  const signOut = useSignOut();
  const { setColorScheme } = useMantineColorScheme();
  const dark = useComputedColorScheme("light") === "dark";
  useCommands([
    ...areas.map((area) => ({ id: `go:${area.to}`, title: t("command.go", { where: t(area.name) }), section: "palette.go" as const, run: () => void navigate({ to: area.to }) })),
    { id: "go:security", title: t("command.go", { where: t("area.security") }), section: "palette.go", run: () => void navigate({ to: "/security" }) },
    { id: "search", title: t("command.search"), section: "palette.do", key: "/", run: focusSearch },
    { id: "help", title: t("help.title"), section: "palette.do", key: "?", run: openHelp },
    { id: "theme", title: t(dark ? "theme.light" : "theme.dark"), section: "palette.do", run: () => setColorScheme(dark ? "light" : "dark") },
    { id: "sign-out", title: t("sign-out"), section: "palette.do", run: () => signOut.mutate() },
  ]);
  return null;
}
