import type { ReactNode } from "react";
import { Link, useLocation } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import { t, tn } from "../i18n";
import { DeviceBanner, DeviceGate } from "../channels/DeviceGate";
import { HelpOverlay } from "../keyboard/HelpOverlay";
import { Palette } from "../keyboard/Palette";
import { SessionEnd } from "../identity/SessionEnd";
import { DueBanner } from "../coverage/DueBanner";
import { WasThisYou } from "../sign-in-risk/WasThisYou";
import { RecoveryBanner } from "../recovery/Banner";
import { useConversationCounts } from "../desk/queries";
import { useApi, useMay } from "./context";
import { areaOf, useAreas } from "./areas";
import { FrameCommands } from "./FrameCommands";
import { TopBar } from "./TopBar";
import styles from "./Frame.module.css";

export function Frame({ children }: { children: ReactNode }) {
  const areas = useAreas();
  const { pathname } = useLocation();
  const api = useApi();
  const may = useMay();
  const current = areaOf(areas, pathname);
  const desk = may("conversation.read", "conversation.take");
  const counts = useConversationCounts(desk);
  useQuery({ queryKey: ["colleagues"], queryFn: () => api.staff.colleagues(), enabled: desk });
  const unread = counts.data?.mine_unread ?? 0;
  return (
    <div className={styles.frame}>
      <a className="skip" href="#main" onClick={(event) => (event.preventDefault(), document.getElementById("main")?.focus())}>
        {t("frame.skip")}
      </a>
      <nav className={styles.rail} aria-label={t("frame.areas")}>
        <span className={styles.mark} aria-hidden>
          <img src={`${import.meta.env.BASE_URL}mark.svg`} alt="" width={30} height={30} />
        </span>
        {areas.map((area) => (
          <Link key={area.to} to={area.to} className={styles.area} aria-current={area === current ? "page" : undefined}>
            <area.icon size={20} stroke={1.6} />
            <span>{t(area.name)}</span>
            {area.name === "area.inbox" && unread > 0 && (
              <span className={styles.unread}>
                {unread}
                <span className="sr"> {tn("inbox.unread", unread)}</span>
              </span>
            )}
          </Link>
        ))}
      </nav>
      <TopBar area={current} />
      <main id="main" className={styles.main} tabIndex={-1}>
        <SessionEnd />
        <RecoveryBanner />
        <WasThisYou />
        <DueBanner />
        <DeviceBanner />
        <DeviceGate asks={current?.name === "area.inbox" || current?.name === "area.vault"}>{children}</DeviceGate>
      </main>
      <FrameCommands areas={areas} />
      <Palette />
      <HelpOverlay />
    </div>
  );
}
