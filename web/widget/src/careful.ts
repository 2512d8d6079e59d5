/** What a customer should think about twice before sending: card numbers and passwords. */

export type Warning = "card" | "password" | "code";

/** `codeExpected`: a code was sent that belongs in its own field, not in a message. */
export function warningFor(text: string, codeExpected = false): Warning | null {
  if (hasCardNumber(text)) return "card";
  if (codeExpected && /(?<!\d)\d{3}[ -]?\d{3}(?!\d)/.test(text)) return "code";
  return hasPassword(text) ? "password" : null;
}

/** 13 to 19 digits, also in groups, that pass the Luhn check and begin as cards do. */
export function hasCardNumber(text: string): boolean {
  for (const match of text.matchAll(/(?<![\d-])\d(?:[ -]?\d){12,18}(?![\d])/g)) {
    const digits = match[0].replace(/[ -]/g, "");
    if (/^[2-6]/.test(digits) && luhn(digits)) return true;
  }
  return false;
}

function luhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    let digit = Number(digits[digits.length - 1 - i]);
    if (i % 2 === 1) digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
    sum += digit;
  }
  return sum % 10 === 0;
}

const ANNOUNCED = /\b(?:password|passwort|passcode|kennwort|pin|cvc|cvv|mot de passe|contraseña)\b\s*(?:is|ist|est|es|=|:)\s*\S{3,}/i;

/** "my password is …", or a message that is nothing but one mixed word such as people use as a password. */
function hasPassword(text: string): boolean {
  if (ANNOUNCED.test(text)) return true;
  const word = text.trim();
  if (/\s/.test(word) || word.length < 8 || word.length > 40 || /^(?:https?:|www\.)|@|^[A-Z]{1,4}-?\d+$/i.test(word)) return false;
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z0-9]/].filter((kind) => kind.test(word)).length;
  return kinds === 4;
}
