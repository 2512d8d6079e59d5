import { PasswordInput } from "@mantine/core";
import { t } from "../i18n";
import { rulesOf, usePasswordRules } from "./demand";
import { PasswordMeter, type usePasswordCheck } from "./PasswordMeter";
import { Suggest } from "./Suggest";

interface Props {
  label: string;
  value: string;
  onChange: (password: string) => void;
  check: ReturnType<typeof usePasswordCheck>;
  error?: string | null;
  autoFocus?: boolean;
  /** Of who is not signed in. */
  invitation?: string;
}

/** The field for a password to be: what it is worth, and suggestions. */
export function NewPassword({ label, value, onChange, check, error, autoFocus = false, invitation }: Props) {
  const { rules, demand } = usePasswordRules(invitation);
  return (
    <div>
      <PasswordInput
        label={label} description={t("welcome.password-hint")} name="new-password" autoComplete="new-password" required autoFocus={autoFocus} value={value} error={error}
        onChange={(event) => onChange(event.target.value)} visibilityToggleButtonProps={{ "aria-label": t("password.show") }} {...{ passwordrules: rulesOf(rules) }}
      />
      <PasswordMeter password={value} check={check} />
      <Suggest onUse={onChange} demand={demand} />
    </div>
  );
}
