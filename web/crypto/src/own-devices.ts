/** The customer's devices as the server tells them, and what this one remembers about the others. */
import type { Api } from "./api";
import type { OwnDevice } from "./messenger";
import type { Store } from "./store";

interface Served {
  id: string;
  user_agent: string;
  created_at: string;
  last_seen_at: string;
}

export class OwnDevices {
  /** May read what was written before they came: this customer said so here. By their keys, because an id is no key. */
  readonly allowed = new Set<string>();
  /** What this browser was before its data was deleted: nothing comes from there any more. */
  readonly lost = new Set<string>();
  private served: Served[] = [];

  constructor(private readonly api: Api) {}

  async restore(store: Store): Promise<void> {
    for (const device of (await store.get<string[]>("device", "allowed-keys")) ?? []) this.allowed.add(device);
    for (const device of (await store.get<string[]>("device", "lost")) ?? []) this.lost.add(device);
  }

  async allow(store: Store, keys: string): Promise<void> {
    this.allowed.add(keys);
    await store.write([{ table: "device", key: "allowed-keys", value: [...this.allowed] }]);
  }

  async lose(store: Store, device: string): Promise<void> {
    this.lost.add(device);
    await store.write([{ table: "device", key: "lost", value: [...this.lost] }]);
  }

  /** Answers whether the server counts this device among the customer's. */
  async refresh(self: string | null): Promise<boolean> {
    this.served = (await this.api.get<{ items: Served[] }>("/api/v1/widget/devices")).items;
    return self !== null && this.served.some(({ id }) => id === self);
  }

  async remove(device: string): Promise<void> {
    await this.api.delete(`/api/v1/widget/devices/${device}`);
    this.served = this.served.filter(({ id }) => id !== device);
  }

  forget(): void {
    this.allowed.clear();
    this.lost.clear();
    this.served = [];
  }

  list(self: string | null): OwnDevice[] {
    return this.served.map(({ id, user_agent, created_at, last_seen_at }) => ({
      id,
      userAgent: user_agent,
      addedAt: created_at,
      seenAt: last_seen_at,
      self: id === self,
      lost: this.lost.has(id),
    }));
  }
}
