import { MessengerError, type EntryHistory, type EntryParts, type FolderWish, type SecretPart, type TeamVault, type VaultEntry, type VaultFolder, type VaultPurpose, type VaultRole } from "@wardesk/crypto/messenger";
import * as data from "./data";

const NAMES = new Map(data.COLLEAGUES.map((one) => [one.id, one.name]));
const member = (staff: string, role: VaultRole, named: boolean) => ({ staff, name: NAMES.get(staff) ?? "?", role, named });
const [MIA, TOMAS, INGRID] = [data.ME.id, data.id("stf", 2), data.id("stf", 3)];
const TODAY = Math.floor(Date.now() / 86_400_000);

/** A vault without encryption, for looking at the screens and for tests. */
export class FakeVault implements TeamVault {
  readonly calls: { act: keyof TeamVault; args: unknown[] }[] = [];
  /** Set: the next act is refused with this code. */
  refuse: string | null = null;
  all: VaultFolder[];
  readonly inside = new Map<string, VaultEntry[]>();
  readonly secrets = new Map<string, SecretPart[]>();
  uses: EntryHistory["uses"] = [{ staff: TOMAS, device: data.id("dev", 7), version: 1, at: data.before(200) }];

  constructor(rich: boolean) {
    const base = { team: data.TEAMS[0]!.id, teamRole: "change" as const, rekey: false, moving: false, entries: 0, due: 0, rotate: 0 };
    const people = [member(MIA, "share", false), member(TOMAS, "change", false), member(INGRID, "use", true)];
    this.all = rich
      ? [
          { ...base, id: data.id("fol", 1), role: "share", name: "Carriers", state: "open", entries: 3, due: 1, rotate: 1, members: people },
          { ...base, id: data.id("fol", 2), role: "use", name: null, state: "waiting", entries: 4, members: people },
          { ...base, id: data.id("fol", 3), role: "change", name: "Suppliers of the warehouse in the north, and their portals", state: "open", rekey: true, members: people },
        ]
      : [];
    const entry = (n: number, title: string, login: string, change: Partial<VaultEntry> = {}): VaultEntry => ({ id: data.id("ent", n), version: 2, list: { title, login, url: `https://portal-${n}.example/` }, dueOn: null, rotate: false, changedBy: TOMAS, changedAt: data.before(4000), lastUsedBy: TOMAS, lastUsedAt: data.before(200), ...change });
    this.inside.set(data.id("fol", 1), [entry(1, "Parcel portal", "northwind-desk", { rotate: true }), entry(2, "Depot list", "depot-7", { dueOn: TODAY - 2 }), entry(3, "Label printer", "", { dueOn: TODAY + 80, lastUsedBy: null, lastUsedAt: null })]);
    for (const n of [1, 2, 3]) this.secrets.set(data.id("ent", n), [{ secret: "old-secret", notes: "" }, { secret: "heron-basalt-mitten-1", notes: "Ask the depot for a new card\nwhen this one ends." }]);
  }

  folders = () => this.act("folders", [], () => [...this.all]);
  entries = (folder: string) => this.act("entries", [folder], () => [...(this.inside.get(folder) ?? [])]);
  history = (entry: string) => this.act("history", [entry], () => ({ versions: (this.secrets.get(entry) ?? []).map((_, n) => ({ version: n + 1, staff: TOMAS, at: data.before(9000 - n) })).reverse(), uses: this.uses }));
  open = (folder: string, entry: string, version: number | null) =>
    this.act("open", [folder, entry, version], () => {
      const found = this.inside.get(folder)!.find((one) => one.id === entry)!;
      const which = version ?? found.version;
      return { version: which, list: found.list!, secret: this.secrets.get(entry)![which - 1]! };
    });
  openAll = (folder: string, purpose: VaultPurpose) => this.act("openAll", [folder, purpose], () => undefined);
  makeFolder = (wish: FolderWish) =>
    this.act("makeFolder", [wish], () => {
      const id = data.id("fol", 90 + this.all.length);
      const members = [member(MIA, "share", wish.team === null), ...wish.members.map(({ staff, role }) => member(staff, role, true))];
      this.all = [...this.all, { id, team: wish.team, teamRole: wish.teamRole, role: "share", name: wish.name, state: "open", rekey: false, moving: false, entries: 0, due: 0, rotate: 0, members }];
      return id;
    });
  removeFolder = (folder: string) => this.act("removeFolder", [folder], () => void (this.all = this.all.filter((one) => one.id !== folder)));
  setMembers = (folder: string, teamRole: VaultRole, members: FolderWish["members"]) => this.act("setMembers", [folder, teamRole, members], () => undefined);
  add = (folder: string, entries: EntryParts[]) =>
    this.act("add", [folder, entries], () => {
      const before = this.inside.get(folder) ?? [];
      const made = entries.map(({ list, secret, dueOn }, n): VaultEntry => {
        const id = data.id("ent", 50 + before.length + n);
        this.secrets.set(id, [secret]);
        return { id, version: 1, list, dueOn, rotate: false, changedBy: MIA, changedAt: data.before(0), lastUsedBy: null, lastUsedAt: null };
      });
      this.inside.set(folder, [...before, ...made]);
    });
  change = (folder: string, entry: string, change: EntryParts & { version: number; newSecret: boolean }) =>
    this.act("change", [folder, entry, change], () => {
      this.inside.set(folder, this.inside.get(folder)!.map((one) => (one.id === entry ? { ...one, list: change.list, dueOn: change.dueOn, version: change.version, rotate: one.rotate && !change.newSecret } : one)));
      this.secrets.get(entry)!.push(change.secret);
    });
  remove = (entry: string) => this.act("remove", [entry], () => this.inside.forEach((rows, folder) => this.inside.set(folder, rows.filter((one) => one.id !== entry))));

  private async act<T>(act: keyof TeamVault, args: unknown[], run: () => T): Promise<T> {
    this.calls.push({ act, args });
    const code = this.refuse;
    this.refuse = null;
    if (code) throw new MessengerError(code, code);
    return run();
  }
}
