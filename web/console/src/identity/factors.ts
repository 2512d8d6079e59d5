import { KeyIcon, MessageIcon, PasskeyIcon, PhoneIcon } from "../ui/icons";

export const FACTOR_ICONS = { totp: PhoneIcon, passkey: PasskeyIcon, recovery: KeyIcon, sms: MessageIcon };
