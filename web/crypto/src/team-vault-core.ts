/** The team vault of a staff device: its folders' keys, and entries sealed and opened with them. */
import { type Api, worthRetrying } from "./api";
import { fromB64u } from "./bytes";
import type { Identity } from "./log";
import { MessengerError } from "./messenger";
import type { Trust } from "./statements";
import type { Store } from "./store";
import {
  type FolderKey,
  type FolderMemory,
  type SignedFolderKey,
  VaultRefused,
  newFolderKey,
  openFolderKey,
  openList,
  openName,
  openPrevious,
  openSecret,
  remember,
  sealEntry,
  sealFolderKey,
  sealName,
  sealPrevious,
  signFolderKey,
  takeOver,
} from "./team-vault";
import type { EntryChange, EntryHistory, EntryParts, FolderWish, ListPart, SecretPart, VaultEntry, VaultFolder, VaultPurpose, VaultRole } from "./team-vault-face";

interface DeviceOf {
  device: string;
  staff: string;
  statement: string;
}

interface FolderAnswer {
  id: string;
  team: string | null;
  team_role: VaultRole;
  role: VaultRole;
  key: SignedFolderKey;
  share: string | null;
  previous: string | null;
  name: string;
  rekey: boolean;
  unmoved: number;
  entries: number;
  due: number;
  rotate: number;
  members: { staff: string; name: string; role: VaultRole; named: boolean }[];
  waiting: DeviceOf[];
  devices: DeviceOf[];
}

interface EntryAnswer {
  id: string;
  version: number;
  key_version: number;
  wrapped: string;
  list: string;
  due_on: number | null;
  rotate: boolean;
  changed_by: string;
  changed_at: string;
  last_used_by: string | null;
  last_used_at: string | null;
}

interface OpenedAnswer {
  version: number;
  key_version: number;
  wrapped: string;
  list: string;
  secret: string;
}

interface Held {
  answer: FolderAnswer;
  key: FolderKey;
  previous: FolderKey | null;
  name: string;
}

export interface TeamVaultParts {
  api: Api;
  store: Store;
  trust: Trust;
  me: Identity;
  now(): number;
}

const FOLDERS = "/api/v1/team-vault/folders";
const ENTRIES = "/api/v1/team-vault/entries";
const PAGE = 200;
const BATCH = 50;
/** Characters of sealed parts in one request. */
const MAX_BODY = 300_000;
/** So often a share of one key is discarded: if the fault is in this device, colleagues do not seal for ever. */
const DISCARDS = 3;

export class TeamVaultCore {
  private readonly held = new Map<string, Held>();
  /** How often a share of a key was discarded. */
  private readonly discarded = new Map<string, number>();
  private queue: Promise<unknown> = Promise.resolve();

  constructor(private readonly parts: TeamVaultParts) {}

  /** All folders. On the way colleagues' devices get keys they lack, and folders that somebody left get a new one. */
  folders(): Promise<VaultFolder[]> {
    return this.inTurn(async () => {
      const { items } = await this.parts.api.get<{ items: FolderAnswer[] }>(`${FOLDERS}?device=${this.parts.me.device}`);
      const shown: VaultFolder[] = [];
      for (const item of items) shown.push(await this.look(item));
      return shown.sort((a, b) => (a.name ?? "").localeCompare(b.name ?? ""));
    });
  }

  makeFolder(wish: FolderWish, id: string): Promise<string> {
    return this.inTurn(async () => {
      const { api, me } = this.parts;
      const key = newFolderKey(id, 1);
      // The others get the key at the next look, when the server has said who is in it.
      const own = [{ device: me.device, staff: me.subject, statement: me.statement }];
      const body = { id, team: wish.team, team_role: wish.teamRole, members: wish.members, name: await sealName(key, wish.name), key: await this.signed(key, own) };
      await this.hold(await api.post<FolderAnswer>(FOLDERS, body));
      return id;
    });
  }

  async entries(folder: string): Promise<VaultEntry[]> {
    const held = await this.ofFolder(folder);
    const found: EntryAnswer[] = [];
    let after: string | null = null;
    do {
      const page: { items: EntryAnswer[]; next: string | null } = await this.parts.api.get(`${FOLDERS}/${folder}/entries?limit=${PAGE}${after === null ? "" : `&after=${after}`}`);
      found.push(...page.items);
      after = page.next;
    } while (after !== null);
    await this.keepMemory(folder, held.key.version, found);
    return Promise.all(found.map((entry) => shownEntry(held, entry)));
  }

  /** Adds entries, as many in a request as a body may hold. */
  async add(folder: string, all: (EntryParts & { id: string })[]): Promise<void> {
    const { key } = await this.ofFolder(folder);
    let batch: object[] = [];
    let size = 0;
    const send = async () => {
      if (batch.length > 0) await this.parts.api.post(`${FOLDERS}/${folder}/entries`, { key_version: key.version, entries: batch });
      [batch, size] = [[], 0];
    };
    for (const { id, list, secret, dueOn } of all) {
      const sealed = await sealEntry(key, id, 1, list, secret);
      const length = sealed.list.length + sealed.secret.length;
      if (batch.length === BATCH || size + length > MAX_BODY) await send();
      batch.push({ id, ...sealed, due_on: dueOn });
      size += length;
    }
    await send();
  }

  async change(folder: string, entry: string, change: EntryChange): Promise<void> {
    const { key } = await this.ofFolder(folder);
    const { list, secret, dueOn, version, newSecret } = change;
    const sealed = await sealEntry(key, entry, version, list, secret);
    await this.parts.api.put(`${ENTRIES}/${entry}`, { version, key_version: key.version, ...sealed, due_on: dueOn, new_secret: newSecret });
  }

  /** Opens the secret of an entry. The server writes down that this device asked. */
  async open(folder: string, entry: string, version: number | null): Promise<{ version: number; list: ListPart; secret: SecretPart }> {
    const held = await this.ofFolder(folder);
    const opened = await this.parts.api.post<OpenedAnswer>(`${ENTRIES}/${entry}/open`, { device: this.parts.me.device, version });
    if (version !== null && opened.version !== version) throw new VaultRefused("rolled-back");
    if (version === null) await this.keepMemory(folder, held.key.version, [{ id: entry, version: opened.version }]);
    const key = keyOf(held, opened.key_version);
    return {
      version: opened.version,
      list: (await openList(key, entry, opened.version, opened)) as ListPart,
      secret: (await openSecret(key, entry, opened.version, opened)) as SecretPart,
    };
  }

  async openAll(folder: string, purpose: VaultPurpose): Promise<void> {
    await this.parts.api.post(`${FOLDERS}/${folder}/open`, { device: this.parts.me.device, purpose });
  }

  history(entry: string): Promise<EntryHistory> {
    return this.parts.api.get(`${ENTRIES}/${entry}/history`);
  }

  remove(entry: string): Promise<void> {
    return this.parts.api.delete(`${ENTRIES}/${entry}`);
  }

  async removeFolder(folder: string): Promise<void> {
    await this.parts.api.delete(`${FOLDERS}/${folder}`);
    this.held.delete(folder);
  }

  async setMembers(folder: string, teamRole: VaultRole, members: FolderWish["members"]): Promise<void> {
    await this.parts.api.put(`${FOLDERS}/${folder}/members`, { team_role: teamRole, members });
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.queue.then(work);
    this.queue = turn.catch(() => undefined);
    return turn;
  }

  private async ofFolder(folder: string): Promise<Held> {
    if (!this.held.has(folder)) await this.folders();
    const held = this.held.get(folder);
    if (!held) throw new MessengerError("no-key", "This device has not got the folder's key yet.");
    return held;
  }

  private async look(answer: FolderAnswer): Promise<VaultFolder> {
    let held: Held | null = null;
    let refused = false;
    try {
      held = await this.hold(answer);
      if (held) held = await this.tend(held);
    } catch (error) {
      if (!(error instanceof VaultRefused)) {
        if (worthRetrying(error)) throw error;
      } else {
        refused = true;
        this.held.delete(answer.id);
      }
    }
    const { id, team, team_role, role, rekey, unmoved, entries, due, rotate, members } = held?.answer ?? answer;
    const shown = refused ? null : held;
    return { id, team, teamRole: team_role, role, name: shown?.name ?? null, state: refused ? "refused" : shown ? "open" : "waiting", rekey, moving: unmoved > 0, entries, due, rotate, members };
  }

  /** Takes this device's share of a folder's newest key, if it has one. */
  private async hold(answer: FolderAnswer): Promise<Held | null> {
    if (answer.share === null) {
      this.held.delete(answer.id);
      return null;
    }
    const { me, trust } = this.parts;
    const key = await openFolderKey(trust, answer.key, answer.id, { device: me.device, privateKey: me.hpke.privateKey }, answer.share).catch(async (error: unknown) => {
      await this.discard(answer, error);
      throw error;
    });
    await this.keepMemory(answer.id, key.version, []);
    const previous = answer.previous === null ? null : await openPrevious(key, answer.previous);
    const held = { answer, key, previous, name: await openName(key, answer.name) };
    this.held.set(answer.id, held);
    return held;
  }

  /** Says that a share is not the key that its maker signed: a colleague sealed something else. Another one seals it anew. */
  private async discard({ id, key }: FolderAnswer, error: unknown): Promise<void> {
    if (!(error instanceof VaultRefused) || (error.why !== "ciphertext" && error.why !== "commitment")) return;
    const place = `${id}|${key.version}`;
    const before = this.discarded.get(place) ?? 0;
    if (before === DISCARDS) return;
    this.discarded.set(place, before + 1);
    await this.parts.api.delete(`${FOLDERS}/${id}/shares/${this.parts.me.device}`).catch((refused: unknown) => {
      // Nobody else has the key, or the server is out of reach: the share is refused here all the same.
      if (!(refused instanceof MessengerError)) throw refused;
    });
  }

  /** What any member's device does for the others: a new key when somebody left, entries moved to it, keys handed on. */
  private async tend(held: Held): Promise<Held> {
    let now = held;
    try {
      if (now.answer.role !== "use") {
        now = await this.move(now);
        if (now.answer.rekey) now = await this.move(await this.rekey(now));
      }
      await this.serveWaiting(now);
    } catch (error) {
      // Another member's device may have been faster; the next look shows what came of it.
      if (!(error instanceof MessengerError)) throw error;
    }
    return this.held.get(held.answer.id) ?? now;
  }

  private async rekey(held: Held): Promise<Held> {
    const { answer, key, name } = held;
    const next = newFolderKey(answer.id, key.version + 1);
    // Only for devices of people whom the screen shows as members.
    const devices = answer.devices.filter(({ staff }) => answer.members.some((member) => member.staff === staff));
    const body = { version: next.version, key: await this.signed(next, devices), previous: await sealPrevious(next, key), name: await sealName(next, name) };
    const after = await this.parts.api.post<FolderAnswer>(`${FOLDERS}/${answer.id}/keys`, body);
    return (await this.hold(after)) ?? held;
  }

  private async move(held: Held): Promise<Held> {
    if (held.answer.unmoved === 0 || !held.previous) return held;
    const { key, previous } = held;
    const path = `${FOLDERS}/${held.answer.id}/moves`;
    for (;;) {
      const { items } = await this.parts.api.get<{ items: { entry: string; version: number; wrapped: string }[] }>(path);
      if (items.length === 0) break;
      const moved = await Promise.all(items.map(async ({ entry, version, wrapped }) => ({ entry, version, wrapped: await takeOver(key, previous, entry, version, wrapped) })));
      await this.parts.api.post(path, { key_version: key.version, items: moved });
    }
    const after = { ...held, previous: null, answer: { ...held.answer, unmoved: 0, previous: null } };
    this.held.set(held.answer.id, after);
    return after;
  }

  private async serveWaiting({ answer, key }: Held): Promise<void> {
    const shares = await this.sharesFor(key, answer.waiting.filter(({ staff }) => answer.members.some((member) => member.staff === staff)));
    if (shares.length > 0) await this.parts.api.post(`${FOLDERS}/${answer.id}/shares`, { version: key.version, device: this.parts.me.device, shares });
  }

  private async signed(key: FolderKey, devices: DeviceOf[]) {
    const { me, now } = this.parts;
    const at = Math.floor(now() / 1000);
    return { ...(await signFolderKey(me.mls.seed, key, at)), device: me.device, at, shares: await this.sharesFor(key, devices) };
  }

  /** The key for each device whose statement says today that it is this colleague's. */
  private async sharesFor(key: FolderKey, devices: DeviceOf[]): Promise<{ device: string; sealed: string }[]> {
    const at = Math.floor(this.parts.now() / 1000);
    const shares: { device: string; sealed: string }[] = [];
    for (const { device, staff, statement } of devices) {
      const checked = await this.parts.trust.device(statement, at).catch(() => null);
      if (checked?.kind === "staff" && checked.device === device && checked.sub === staff) shares.push({ device, sealed: await sealFolderKey(fromB64u(checked.hpke_key), key, device) });
    }
    return shares;
  }

  /** Refuses what is older than this device saw before, and keeps what is newer. */
  private async keepMemory(folder: string, key: number, entries: { id: string; version: number }[]): Promise<void> {
    const known = (await this.parts.store.get<FolderMemory>("team-vault", folder)) ?? null;
    const after = remember(known, key, entries);
    if (JSON.stringify(after) !== JSON.stringify(known)) await this.parts.store.write([{ table: "team-vault", key: folder, value: after }]);
  }
}

function keyOf({ key, previous }: Held, version: number): FolderKey {
  if (version === key.version) return key;
  if (previous && version === previous.version) return previous;
  throw new VaultRefused("form");
}

/** An entry that does not open stands in the list as such: left out it would not be missed. */
async function shownEntry(held: Held, entry: EntryAnswer): Promise<VaultEntry> {
  const list = await Promise.resolve()
    .then(() => openList(keyOf(held, entry.key_version), entry.id, entry.version, entry))
    .catch(() => null);
  return {
    id: entry.id,
    version: entry.version,
    list: list as ListPart | null,
    dueOn: entry.due_on,
    rotate: entry.rotate,
    changedBy: entry.changed_by,
    changedAt: entry.changed_at,
    lastUsedBy: entry.last_used_by,
    lastUsedAt: entry.last_used_at,
  };
}
