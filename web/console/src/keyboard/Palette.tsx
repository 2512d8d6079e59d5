import { useState } from "react";
import { Modal } from "@mantine/core";
import { t } from "../i18n";
import { SearchIcon } from "../ui/icons";
import { useAllCommands, useOpenedBy, type Command } from "./commands";
import styles from "./Palette.module.css";

const SECTIONS = ["palette.do", "palette.go", "palette.conversations", "palette.customers"] as const;

export function Palette() {
  const [open, close] = useOpenedBy("palette");
  return (
    <Modal.Root opened={open} onClose={close} lockScroll={false} padding={0} size={560} centered={false} yOffset="12dvh">
      <Modal.Overlay />
      <Modal.Content aria-label={t("palette.open")}>
        <Chooser close={close} />
      </Modal.Content>
    </Modal.Root>
  );
}

function Chooser({ close }: { close: () => void }) {
  const commands = useAllCommands();
  const [wanted, setWanted] = useState("");
  const [at, setAt] = useState(0);
  const found = SECTIONS.flatMap((section) => commands.filter((command) => command.section === section && !command.keyOnly && matches(command, wanted)));
  const current = Math.min(at, found.length - 1);
  const run = (command: Command | undefined) => {
    if (!command) return;
    close();
    // After the dialog gave the focus back, so that the command may move it.
    setTimeout(command.run, 0);
  };
  const press = (event: React.KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      setAt((current + step + found.length) % Math.max(1, found.length));
    } else if (event.key === "Enter" && !event.nativeEvent.isComposing) run(found[current]);
  };
  return (
    <>
      <div className={styles.field}>
        <SearchIcon size={17} aria-hidden />
        <input
          data-autofocus role="combobox" aria-expanded aria-controls="palette-list" aria-label={t("palette.open")} autoComplete="off"
          aria-activedescendant={found[current] ? `palette-${current}` : undefined}
          placeholder={t("palette.open")} value={wanted} onChange={(event) => (setWanted(event.target.value), setAt(0))} onKeyDown={press}
        />
      </div>
      <div id="palette-list" role="listbox" aria-label={t("palette.results")} className={styles.list}>
        {found.map((command, index) => (
          <div key={command.id} role="presentation">
            {command.section !== found[index - 1]?.section && (
              <p className={styles.section} role="presentation">
                {t(command.section)}
              </p>
            )}
            <div
              id={`palette-${index}`} role="option" aria-selected={index === current} className={styles.option}
              ref={(element) => void (index === current && element?.scrollIntoView?.({ block: "nearest" }))}
              onMouseMove={() => setAt(index)} onClick={() => run(command)}
            >
              <span>{command.title}</span>
              {command.key && <kbd>{command.key}</kbd>}
            </div>
          </div>
        ))}
      </div>
      {found.length === 0 && <p className={styles.none}>{t("palette.none", { text: wanted })}</p>}
    </>
  );
}

function matches(command: Command, wanted: string): boolean {
  const title = command.title.toLowerCase();
  return wanted.toLowerCase().split(/\s+/).every((word) => title.includes(word));
}
