import { Modal } from "@mantine/core";
import { t, type TextKey } from "../i18n";
import { useOpenedBy } from "./commands";
import styles from "./HelpOverlay.module.css";

const MAP: [TextKey, [string, TextKey][]][] = [
  ["help.everywhere", [["Ctrl K / ⌘ K", "help.palette"], ["/", "help.search"], ["?", "help.help"], ["Esc", "help.close"]]],
  ["help.list", [["j", "help.next"], ["k", "help.previous"]]],
  ["help.conversation", [["t", "help.take"], ["a", "help.assign"], ["r", "help.reply"], ["n", "help.note"], ["c", "help.customer"], ["e", "help.end"], ["Enter", "help.send"], ["Shift Enter", "help.newline"]]],
];

export function HelpOverlay() {
  const [open, close] = useOpenedBy("help");
  return (
    <Modal opened={open} onClose={close} title={t("help.title")} size={620}>
      <div className={styles.columns}>
        {MAP.map(([section, keys]) => (
          <section key={section}>
            <h3>{t(section)}</h3>
            <dl>
              {keys.map(([key, what]) => (
                <div key={key} className={styles.row}>
                  <dt>{t(what)}</dt>
                  <dd>
                    <kbd>{key}</kbd>
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Modal>
  );
}
