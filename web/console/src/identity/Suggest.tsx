import { useState } from "react";
import { Button, Textarea } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { characters, NO_DEMAND, passphrase, type Demand, type Suggestion } from "../generator";
import { t } from "../i18n";
import { Note } from "../ui/Note";
import styles from "./Suggest.module.css";

const KINDS = ["passphrase", "password"] as const;
type Kind = (typeof KINDS)[number];

/** Offers a passphrase or a password made in this browser, in clear, so that one can read and learn it, of a form that is accepted where it is for. Nothing of it leaves the page before it is used. */
export function Suggest({ onUse, demand }: { onUse: (text: string) => void; demand?: () => Promise<Demand> }) {
  const make = useMutation<Suggestion, Error, Kind>({
    mutationFn: async (kind) => {
      const asked = (await demand?.()) ?? NO_DEMAND;
      return kind === "passphrase" ? passphrase(asked) : characters(asked);
    },
    gcTime: 0,
  });
  const [used, setUsed] = useState(false);
  const made = make.data;
  const another = (kind: Kind) => {
    setUsed(false);
    make.mutate(kind);
  };
  return (
    <div className={styles.suggest}>
      <div className={styles.row}>
        {KINDS.map((kind) => (
          <Button key={kind} variant="subtle" size="compact-sm" loading={make.isPending && make.variables === kind} onClick={() => another(kind)}>
            {t(`suggest.${kind}`)}
          </Button>
        ))}
      </div>
      {make.error && <Note tone="amber">{t("suggest.failed")}</Note>}
      {made && (
        <>
          <Textarea
            label={t("suggest.label")} description={t(`suggest.bits-${make.variables!}`, { count: made.count, of: made.of.toLocaleString("en"), bits: made.bits.toFixed(1) })}
            value={made.text} readOnly rows={Math.ceil(made.text.length / 36)} autoComplete="off" spellCheck={false} data-1p-ignore data-lpignore="true" classNames={{ input: styles.text }} onFocus={(event) => event.currentTarget.select()}
          />
          <div className={styles.row}>
            <Button variant="default" size="compact-sm" onClick={() => (onUse(made.text), setUsed(true))}>
              {t("suggest.use")}
            </Button>
            <Button variant="subtle" size="compact-sm" onClick={() => another(make.variables!)}>
              {t("suggest.another")}
            </Button>
          </div>
          <p role="status" className={used ? styles.used : "sr"}>
            {t(used ? "suggest.used" : "suggest.made")}
          </p>
        </>
      )}
    </div>
  );
}
