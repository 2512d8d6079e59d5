import { ActionIcon, Menu, Tooltip, UnstyledButton, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useMe } from "./context";
import type { Area } from "./areas";
import { t, tOr } from "../i18n";
import { openHelp, openPalette } from "../keyboard/commands";
import { useSignOut } from "../identity/session";
import { Initials } from "../ui/Initials";
import { DownIcon, KeyboardIcon, MoonIcon, SearchIcon, ShieldIcon, SignOutIcon, SunIcon } from "../ui/icons";
import styles from "./Frame.module.css";

const apple = /Mac|iPhone|iPad/.test(navigator.userAgent);

export function TopBar({ area }: { area: Area | undefined }) {
  const { view } = useParams({ strict: false }) as { view?: string };
  const { setColorScheme } = useMantineColorScheme();
  const dark = useComputedColorScheme("light") === "dark";
  return (
    <section className={styles.top} aria-label={t("frame.top")}>
      <div className={styles.crumbs}>
        <b>{area ? t(area.name) : t("area.security")}</b>
        {view && (
          <>
            <span aria-hidden>›</span>
            <span>{tOr(`view.${view}`, view)}</span>
          </>
        )}
      </div>
      <UnstyledButton className={styles.find} onClick={openPalette} aria-label={t("palette.open")}>
        <SearchIcon size={15} aria-hidden />
        <span>{t("palette.open")}</span>
        <kbd>{apple ? "⌘K" : "Ctrl K"}</kbd>
      </UnstyledButton>
      <Tooltip label={t(dark ? "theme.light" : "theme.dark")}>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t(dark ? "theme.light" : "theme.dark")} onClick={() => setColorScheme(dark ? "light" : "dark")}>
          {dark ? <SunIcon size={18} stroke={1.6} /> : <MoonIcon size={18} stroke={1.6} />}
        </ActionIcon>
      </Tooltip>
      <PersonMenu />
    </section>
  );
}

function PersonMenu() {
  const me = useMe();
  const signOut = useSignOut();
  const navigate = useNavigate();
  return (
    <Menu position="bottom-end" width={220}>
      <Menu.Target>
        <UnstyledButton className={styles.person} aria-label={t("person.menu", { name: me.name })}>
          <Initials name={me.name} />
          <span className={styles.personName}>{me.name}</span>
          <DownIcon size={14} aria-hidden />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{me.login}</Menu.Label>
        <Menu.Item leftSection={<ShieldIcon size={16} />} onClick={() => void navigate({ to: "/security" })}>
          {t("area.security")}
        </Menu.Item>
        <Menu.Item leftSection={<KeyboardIcon size={16} />} onClick={openHelp}>
          {t("help.title")}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<SignOutIcon size={16} />} onClick={() => signOut.mutate()}>
          {t("sign-out")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
