import { t } from "../i18n";
import styles from "./FactorPolicy.module.css";

/** In plain words: what adding a passkey does, and why it protects the person too. */
export function Why() {
  return (
    <ul className={styles.why} aria-label={t("factors.why")}>
      <li>{t("factors.why-1")}</li>
      <li>{t("factors.why-2")}</li>
      <li>{t("factors.why-3")}</li>
    </ul>
  );
}
