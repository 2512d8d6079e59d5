import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useApi } from "../app/context";
import { t } from "../i18n";
import { Note, ProblemNote } from "../ui/Note";
import { Tag } from "../ui/small";
import styles from "./SingleSignOnPage.module.css";

const TONES = { good: "good", warning: "amber", problem: "red" } as const;

/** Asks the provider who it is, before anybody must sign in through it. */
export function Trial({ issuer, scopes }: { issuer: string; scopes: string[] }) {
  const api = useApi();
  const look = useMutation({ mutationFn: () => api.singleSignOn.tryIt(issuer, scopes) });
  return (
    <>
      <Button className={styles.try} variant="default" disabled={issuer.trim() === ""} loading={look.isPending} onClick={() => look.mutate()}>{t("sso.try")}</Button>
      <ProblemNote error={look.error} />
      {look.data && (
        <Note tone={look.data.usable ? "plain" : "red"} title={t(look.data.usable ? "sso.usable" : "sso.unusable")}>
          <ul className={styles.findings}>
            {look.data.findings.map((finding) => (
              <li key={finding.text}>
                <Tag tone={TONES[finding.level]}>{t(`sso.level.${finding.level}`)}</Tag> <span>{finding.text}</span>
              </li>
            ))}
          </ul>
        </Note>
      )}
    </>
  );
}
