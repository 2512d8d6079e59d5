import type { ReactNode } from "react";
import styles from "./Column.module.css";

/** One column of 360 px: sign-in, welcome, enrolment. */
export function Column({ title, lead, children, footer, wide = false }: { title?: string; lead?: string; children: ReactNode; footer?: ReactNode; wide?: boolean }) {
  const Tag = title ? "main" : "div";
  return (
    <div className={styles.page}>
      <Tag className={styles.column} data-wide={wide}>
        <p className={styles.brand}>
          <img src={`${import.meta.env.BASE_URL}mark.svg`} alt="" width={26} height={26} />
          <span>Wardesk</span>
        </p>
        {title && (
          <div>
            <h1>{title}</h1>
            {lead && <p className={styles.lead}>{lead}</p>}
          </div>
        )}
        {children}
        {footer && <div className={styles.footer}>{footer}</div>}
      </Tag>
    </div>
  );
}
