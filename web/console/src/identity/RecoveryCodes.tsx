import { useState } from "react";
import { Button, Checkbox, CopyButton } from "@mantine/core";
import { t } from "../i18n";
import { CheckIcon, CopyIcon, DownloadIcon, PrintIcon } from "../ui/icons";
import { saveFile } from "../ui/save";
import styles from "./Column.module.css";

/** Shown once. Goes on only when the person says they are kept. */
export function RecoveryCodes({ codes, login, onSaved }: { codes: string[]; login: string; onSaved: () => void }) {
  const [kept, setKept] = useState(false);
  const sheet = [t("codes.sheet-title", { login }), t("codes.sheet-lead"), "", ...codes, ""].join("\n");
  return (
    <div className={styles.stack}>
      <ul className={styles.codes} aria-label={t("codes.label")}>
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div className={`${styles.row} no-print`}>
        <CopyButton value={codes.join("\n")}>
          {({ copied, copy }) => (
            <Button variant="default" leftSection={copied ? <CheckIcon size={16} /> : <CopyIcon size={16} />} onClick={copy}>
              {t(copied ? "copied" : "copy")}
            </Button>
          )}
        </CopyButton>
        <Button variant="default" leftSection={<DownloadIcon size={16} />} onClick={() => saveFile(new Blob([sheet], { type: "text/plain" }), "wardesk-recovery-codes.txt")}>
          {t("download")}
        </Button>
        <Button variant="default" leftSection={<PrintIcon size={16} />} onClick={() => window.print()}>
          {t("print")}
        </Button>
      </div>
      <Checkbox label={t("codes.kept")} checked={kept} onChange={(event) => setKept(event.target.checked)} />
      <Button disabled={!kept} onClick={onSaved}>
        {t("continue")}
      </Button>
    </div>
  );
}
