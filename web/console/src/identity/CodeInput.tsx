import { TextInput } from "@mantine/core";
import { t } from "../i18n";

/** A field for a code, which browsers fill from messages and password managers. */
export function CodeInput({ kind, value, onChange, label }: { kind: "totp" | "recovery" | "sms"; value: string; onChange: (value: string) => void; label?: string }) {
  return (
    <TextInput
      label={label ?? t(`factor.${kind}-code`)}
      description={t(`factor.${kind}-hint`)}
      autoComplete="one-time-code"
      inputMode={kind === "recovery" ? "text" : "numeric"}
      autoCapitalize="none"
      spellCheck={false}
      maxLength={kind === "recovery" ? 64 : 7}
      required
      autoFocus
      data-autofocus
      value={value}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}
