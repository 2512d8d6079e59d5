/** The pool of key packages with which colleagues add this device while it is away. */
import type { Api } from "./api";
import { b64u, hex, sha256 } from "./bytes";
import type { Identity } from "./log";
import type { MlsEngine, OwnKeyPackage } from "./mls-engine";
import type { Store } from "./store";

const POOL = 20;
const REFILL_BELOW = 5;
const RENEW_LAST_RESORT_BEFORE_SECONDS = 7 * 86_400;
/** A welcome may still be on its way for a while after a package ran out. */
const KEEP_EXPIRED_SECONDS = 14 * 86_400;

export async function tendKeyPackages(parts: { api: Api; store: Store; engine: MlsEngine; me: Identity; now: number; available: number | null }): Promise<void> {
  const { api, store, engine, me, now, available } = parts;
  const seconds = Math.floor(now / 1000);
  const rows = await store.list<OwnKeyPackage>("key-packages", "");
  const expired = rows.filter(({ value }) => value.notAfter + KEEP_EXPIRED_SECONDS < seconds);
  if (expired.length > 0) await store.write(expired.map(({ key }) => ({ table: "key-packages" as const, key, remove: true as const })));

  const fresh = rows.filter(({ value }) => value.notAfter > seconds);
  const lastResort = fresh.find(({ value }) => value.lastResort && value.notAfter - RENEW_LAST_RESORT_BEFORE_SECONDS > seconds);
  const pool = available ?? fresh.filter(({ value }) => !value.lastResort).length;
  const wanted = pool < REFILL_BELOW ? POOL - pool : 0;
  if (wanted === 0 && lastResort) return;

  const made: OwnKeyPackage[] = [];
  for (let i = 0; i < wanted; i++) made.push(await engine.keyPackage(me.mls, me.statement, now, false));
  const last = lastResort ? null : await engine.keyPackage(me.mls, me.statement, now, true);
  const all = last ? [...made, last] : made;
  // Private halves first: a package that is out there and cannot be opened would lock this device out of a group.
  await store.write(
    await Promise.all(all.map(async (value) => ({ table: "key-packages" as const, key: hex(await sha256(value.publicBytes)), value }))),
  );
  await api.post(`/api/v1/devices/${me.device}/key-packages`, {
    key_packages: made.map(({ publicBytes }) => b64u(publicBytes)),
    ...(last ? { last_resort: b64u(last.publicBytes) } : {}),
  });
}
