/** What a conversation needs from around it; staff and customer bring different ones. */
import type { Api } from "./api";
import type { Bytes } from "./bytes";
import type { Identity } from "./log";
import type { MlsEngine } from "./mls-engine";
import type { Trust } from "./statements";
import type { Store } from "./store";

export interface Surroundings {
  role: "staff" | "customer";
  engine: MlsEngine;
  trust: Trust;
  store: Store;
  api: Api;
  me: Identity;
  /** `/api/v1/conversations` or `/api/v1/widget/conversations`. */
  path: string;
  now(): number;
  /** The team's current key, checked; MessengerError `no-team-key` when the team has none yet. */
  teamKey(team: string): Promise<{ generation: number; publicKey: Bytes }>;
  /** The customer's other devices, by their keys, that may read what was before they came; none for staff, who have the team's keys. */
  allowed(): Set<string>;
  /** The customer's devices that are known to be gone: nothing will come from them. */
  lost(): Set<string>;
  /** Milliseconds to wait before a commit that others may make as well: different ones, so that not all do at once. */
  soon(): number;
  /** History keys this device may and can open; none for customers, who have their own. */
  historyKeys(conversation: string): Promise<{ [epoch: number]: Bytes }>;
}
