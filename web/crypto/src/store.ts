/**
 * What a device keeps: rows in IndexedDB whose values are encrypted under a key that the browser alone cannot make
 * (staff: half of it comes from the server after sign-in). A row's place is bound to its value.
 */
import { type Bytes, b64u, fromB64u, fromUtf8, own, randomBytes, utf8 } from "./bytes";

export type Table = "device" | "conversations" | "lines" | "outbox" | "notes" | "team-keys" | "key-packages" | "pinned" | "team-vault";

export type Change = { table: Table; key: string; value: unknown } | { table: Table; key: string; remove: true };

export interface Store {
  get<T>(table: Table, key: string): Promise<T | undefined>;
  /** Rows whose key begins with `prefix`, in the order of their keys. */
  list<T>(table: Table, prefix: string): Promise<{ key: string; value: T }[]>;
  /** All or nothing. */
  write(changes: Change[]): Promise<void>;
}

export class StoreDamaged extends Error {}

/** Another tab has opened the database to write: nothing of this one's counts any more, and nothing was changed. */
export class Superseded extends Error {}

const ROWS = "rows";
const PLAIN = "plain";
const LOCAL_KEY = "local-key";
const WRITER = "writer";

/**
 * The database itself: encrypted rows, and the few plain facts needed before unlocking. Whoever opens it last is the
 * one that writes: it takes the next number, and every write looks in its own transaction whether its number is still
 * the newest. So what the newest one has read is not changed behind its back, whatever still runs elsewhere.
 */
export class Vault {
  /** Another tab took over; called before the write that noticed it fails. */
  onSuperseded: (() => void) | null = null;
  /** Counts the wipes: what was opened before one must not write after it. */
  private age = 0;

  private constructor(
    private readonly db: IDBDatabase,
    private readonly writer: number,
  ) {}

  static async open(name: string, factory: IDBFactory = indexedDB): Promise<Vault> {
    const request = factory.open(name, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(ROWS);
      request.result.createObjectStore(PLAIN);
    };
    const db = await answer(request);
    // Another tab that wants to upgrade or delete must not wait for this one.
    db.onversionchange = () => db.close();
    const tx = db.transaction(PLAIN, "readwrite", { durability: "strict" });
    const plain = tx.objectStore(PLAIN);
    let writer = 1;
    const newest: IDBRequest<number | undefined> = plain.get(WRITER);
    newest.onsuccess = () => plain.put((writer = (newest.result ?? 0) + 1), WRITER);
    await done(tx);
    return new Vault(db, writer);
  }

  plain<T>(key: string): Promise<T | undefined> {
    return answer(this.db.transaction(PLAIN).objectStore(PLAIN).get(key));
  }

  setPlain(key: string, value: unknown): Promise<void> {
    return this.change((_rows, plain) => plain.put(value, key));
  }

  /** Forgets everything this device knew, its keys included. */
  wipe(): Promise<void> {
    this.age++;
    return this.change((rows, plain) => {
      rows.clear();
      plain.clear();
      plain.put(this.writer, WRITER);
    });
  }

  close(): void {
    this.db.close();
  }

  /** Opens the rows with both halves; `unlockSecret` is empty where only the local half protects (widget). */
  async unlock(unlockSecret: Uint8Array): Promise<Store> {
    let local = await this.plain<CryptoKey>(LOCAL_KEY);
    if (!local) {
      const fresh = await crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256", length: 256 }, false, ["sign"]);
      await this.setPlain(LOCAL_KEY, fresh);
      local = fresh;
    }
    const material = await crypto.subtle.sign("HMAC", local, own(concatLabel(unlockSecret)));
    const key = await crypto.subtle.importKey("raw", material, "AES-GCM", false, ["encrypt", "decrypt"]);
    const { age } = this;
    return new EncryptedRows(this.db, key, async (work) => {
      if (this.age !== age) throw new StoreDamaged("the store was wiped");
      await this.change(work);
    });
  }

  /** Every write but the number itself: one transaction, in which this one is still the newest, or nothing. */
  private async change(work: Work): Promise<void> {
    const tx = this.db.transaction([ROWS, PLAIN], "readwrite", { durability: "strict" });
    const [rows, plain] = [tx.objectStore(ROWS), tx.objectStore(PLAIN)];
    let superseded = false;
    const newest: IDBRequest<number | undefined> = plain.get(WRITER);
    newest.onsuccess = () => {
      superseded = newest.result !== this.writer;
      if (superseded) tx.abort();
      else work(rows, plain);
    };
    try {
      await done(tx);
    } catch (error) {
      if (!superseded) throw error;
      this.onSuperseded?.();
      throw new Superseded("another tab has taken over");
    }
  }
}

type Work = (rows: IDBObjectStore, plain: IDBObjectStore) => void;

class EncryptedRows implements Store {
  constructor(
    private readonly db: IDBDatabase,
    private readonly key: CryptoKey,
    private readonly change: (work: Work) => Promise<void>,
  ) {}

  async get<T>(table: Table, key: string): Promise<T | undefined> {
    const place = `${table}/${key}`;
    const row = await answer<Uint8Array | undefined>(this.db.transaction(ROWS).objectStore(ROWS).get(place));
    return row === undefined ? undefined : this.decrypt<T>(place, row);
  }

  async list<T>(table: Table, prefix: string): Promise<{ key: string; value: T }[]> {
    const from = `${table}/${prefix}`;
    const range = IDBKeyRange.bound(from, `${from}\uffff`);
    const store = this.db.transaction(ROWS).objectStore(ROWS);
    const [keys, rows] = await Promise.all([answer(store.getAllKeys(range)), answer<Uint8Array[]>(store.getAll(range))]);
    return Promise.all(
      keys.map(async (place, i) => ({ key: String(place).slice(table.length + 1), value: await this.decrypt<T>(String(place), rows[i]!) })),
    );
  }

  async write(changes: Change[]): Promise<void> {
    // Encryption first: an IndexedDB transaction ends as soon as something else is awaited.
    const rows = await Promise.all(
      changes.map(async (change) => {
        const place = `${change.table}/${change.key}`;
        return { place, row: "remove" in change ? null : await this.encrypt(place, change.value) };
      }),
    );
    await this.change((store) => {
      for (const { place, row } of rows) {
        if (row === null) store.delete(place);
        else store.put(row, place);
      }
    });
  }

  private async encrypt(place: string, value: unknown): Promise<Bytes> {
    const nonce = randomBytes(12);
    const parameters = { name: "AES-GCM", iv: nonce, additionalData: utf8(place) };
    const sealed = new Uint8Array(await crypto.subtle.encrypt(parameters, this.key, utf8(toText(value))));
    const row = new Uint8Array(12 + sealed.length);
    row.set(nonce);
    row.set(sealed, 12);
    return row;
  }

  private async decrypt<T>(place: string, row: Uint8Array): Promise<T> {
    try {
      const parameters = { name: "AES-GCM", iv: own(row.slice(0, 12)), additionalData: utf8(place) };
      return fromText<T>(fromUtf8(new Uint8Array(await crypto.subtle.decrypt(parameters, this.key, own(row.slice(12))))));
    } catch {
      throw new StoreDamaged(`row ${place.split("/")[0]} does not open`);
    }
  }
}

/** JSON in which byte arrays survive. */
function toText(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => (item instanceof Uint8Array ? { $bytes: b64u(item) } : item));
}

function fromText<T>(text: string): T {
  return JSON.parse(text, (_key, item: unknown) =>
    item !== null && typeof item === "object" && "$bytes" in item ? fromB64u(String(item.$bytes)) : item,
  ) as T;
}

function concatLabel(secret: Uint8Array): Uint8Array {
  const label = utf8("wardesk-store-v1\0");
  const whole = new Uint8Array(label.length + secret.length);
  whole.set(label);
  whole.set(secret, label.length);
  return whole;
}

function answer<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("IndexedDB refused"));
  });
}

function done(tx: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    tx.oncomplete = () => resolve();
    tx.onabort = () => reject(tx.error ?? new Error("IndexedDB transaction aborted"));
    tx.onerror = () => reject(tx.error ?? new Error("IndexedDB refused"));
  });
}
