import { PasswordInput } from "@mantine/core";
import { t } from "../i18n";
import { PasswordMeter, type usePasswordCheck } from "./PasswordMeter";
import { Suggest } from "./Suggest";

interface Props {
  label: string;
  value: string;
  onChange: (password: string) => void;
  check: ReturnType<typeof usePasswordCheck>;
  error?: string | null;
  autoFocus?: boolean;
}

/** The field for a password to be: what it is worth, and suggestions. */
export function NewPassword({ label, value, onChange, check, error, autoFocus = false }: Props) {
  return (
    <div>
      <PasswordInput
        label={label} description={t("welcome.password-hint")} name="new-password" autoComplete="new-password" required autoFocus={autoFocus} value={value} error={error}
        onChange={(event) => onChange(event.target.value)} visibilityToggleButtonProps={{ "aria-label": t("password.show") }} {...{ passwordrules: "minlength: 15; maxlength: 128;" }}
      />
      <PasswordMeter password={value} check={check} />
      <Suggest onUse={onChange} />
    </div>
  );
}
