import { t } from "../i18n";

/** What a customer is called on screens: their name, or for a visitor who has not said one, the end of their id. */
export function shownName(customer: { id: string; name: string | null }): string {
  return customer.name || `${t("person.visitor")} ${customer.id.slice(-4)}`;
}
