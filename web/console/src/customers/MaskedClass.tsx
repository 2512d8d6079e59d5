import { useEffect, useState } from "react";
import { ActionIcon, Button, Popover, TextInput, Tooltip } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import type { DataClass, Masked } from "@wardesk/api";
import { useApi } from "../app/context";
import { fieldProblem } from "../app/problems";
import { t, tOr } from "../i18n";
import { EyeIcon, EyeOffIcon } from "../ui/icons";
import { ProblemNote } from "../ui/Note";
import { CopyValue } from "../ui/small";
import styles from "./CustomerPanel.module.css";

/** How long clear values stay on the screen. */
const SHOWN_FOR = 60_000;

/** One data class of a customer: masked, revealed on request for a minute, and then masked again. */
export function MaskedClass({ customer, dataClass, masked }: { customer: string; dataClass: DataClass; masked: Masked | null }) {
  const api = useApi();
  const [asks, setAsks] = useState(false);
  const [reason, setReason] = useState("");
  // The clear values live in the mutation alone: no cache, gone with the reset.
  const reveal = useMutation({ mutationFn: () => api.customers.reveal(customer, dataClass, reason.trim() || undefined), gcTime: 0, onSuccess: () => setAsks(false) });
  const { data, reset } = reveal;
  useEffect(() => {
    if (!data) return;
    const timer = setTimeout(() => (reset(), setReason("")), SHOWN_FOR);
    return () => clearTimeout(timer);
  }, [data, reset]);

  const name = t(`class.${dataClass}`);
  const fields = Object.entries(data?.fields ?? masked?.hints ?? {});
  return (
    <section className={styles.class} aria-label={name}>
      <div className={styles.classHead}>
        <h3>{name}</h3>
        {masked && fields.length > 0 && (
          <Popover opened={asks} onChange={setAsks} width={270} position="bottom-end" shadow="md" trapFocus returnFocus>
            <Popover.Target>
              <Tooltip label={data ? t("reveal.hide") : t("reveal.show")} disabled={asks}>
                <ActionIcon variant="subtle" color="gray" aria-label={t(data ? "reveal.hide-named" : "reveal.show-named", { name })} onClick={() => (data ? reset() : setAsks(!asks))}>
                  {data ? <EyeOffIcon size={17} stroke={1.6} /> : <EyeIcon size={17} stroke={1.6} />}
                </ActionIcon>
              </Tooltip>
            </Popover.Target>
            <Popover.Dropdown aria-label={t("reveal.show-named", { name })}>
              <form
                className={styles.ask}
                onSubmit={(event) => {
                  event.preventDefault();
                  reveal.mutate();
                }}
              >
                <p>{t("reveal.what")}</p>
                <TextInput label={t("reveal.reason")} placeholder={t("reveal.reason-hint")} maxLength={200} value={reason} error={fieldProblem(reveal.error, "reason")} onChange={(event) => setReason(event.target.value)} />
                {!fieldProblem(reveal.error, "reason") && <ProblemNote error={reveal.error} />}
                <Button type="submit" size="xs" loading={reveal.isPending}>
                  {t("reveal.do")}
                </Button>
              </form>
            </Popover.Dropdown>
          </Popover>
        )}
      </div>
      {!masked && <p className={styles.none}>{t("class.no-right", { right: t(`right.customer.read_${dataClass}`) })}</p>}
      {masked && fields.length === 0 && <p className={styles.none}>{t("class.empty")}</p>}
      <dl className={styles.fields}>
        {fields.map(([field, value]) => (
          <div key={field}>
            <dt>{tOr(`field.${field}`, field)}</dt>
            <dd data-clear={Boolean(data)}>
              {value}
              {data && <CopyValue value={value} label={t("copy")} />}
            </dd>
          </div>
        ))}
      </dl>
      {data && (
        <p className={styles.shown} role="status">
          {t("reveal.shown")}
        </p>
      )}
    </section>
  );
}
