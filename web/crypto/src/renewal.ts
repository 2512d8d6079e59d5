/** When the organisation's word about a device has to be renewed, here and in its leaves. */
import { fromB64u, fromUtf8 } from "./bytes";

const DAY_MS = 86_400_000;
/** Of 7 days for staff, of 30 for customers. */
const BEFORE_MS = { staff: 2 * DAY_MS, customer: 5 * DAY_MS };

/** Milliseconds. Only to know when to renew; nothing is believed on its word. */
export function endOf(statement: string): number {
  try {
    const { exp } = JSON.parse(fromUtf8(fromB64u(statement.split(".")[1] ?? ""))) as { exp?: unknown };
    return typeof exp === "number" ? exp * 1000 : 0;
  } catch {
    return 0;
  }
}

export function endsSoon(statement: string, role: "staff" | "customer", now: number): boolean {
  return endOf(statement) - now < BEFORE_MS[role];
}
