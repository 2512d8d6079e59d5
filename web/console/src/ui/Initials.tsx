import styles from "./Initials.module.css";

/** The first letters of a name, so that a row is found again at a glance. */
export function Initials({ name, size = 24, online }: { name: string; size?: 20 | 24 | 32 | 40; online?: boolean }) {
  const words = name.trim().split(/\s+/);
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => [...(word ?? "")][0] ?? "").join("").toUpperCase();
  return (
    <span className={styles.circle} data-size={size} data-online={online} aria-hidden>
      {letters || "·"}
    </span>
  );
}
