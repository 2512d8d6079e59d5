/** What a screen may ask of the team vault. Folder keys stay behind it. */
/** What a whole folder is opened for. */
export type VaultPurpose = "check" | "export";

export type VaultRole = "use" | "change" | "share";

/** What the list of a folder shows of an entry. */
export interface ListPart {
  title: string;
  login: string;
  url: string;
}

/** What each opening asks the server for. */
export interface SecretPart {
  secret: string;
  notes: string;
}

export interface VaultFolder {
  id: string;
  team: string | null;
  teamRole: VaultRole;
  /** What this person may do in it. */
  role: VaultRole;
  /** Null while this device has not got the key. */
  name: string | null;
  /** `refused`: what the server handed out does not check. */
  state: "open" | "waiting" | "refused";
  /** Somebody left who has the key: nothing new is taken before a member with the right to change looks at it. */
  rekey: boolean;
  moving: boolean;
  entries: number;
  due: number;
  rotate: number;
  members: { staff: string; name: string; role: VaultRole; named: boolean }[];
}

export interface VaultEntry {
  id: string;
  version: number;
  /** Null when it does not open. */
  list: ListPart | null;
  /** Days since the epoch. */
  dueOn: number | null;
  /** Somebody knows the secret who left. */
  rotate: boolean;
  changedBy: string;
  changedAt: string;
  lastUsedBy: string | null;
  lastUsedAt: string | null;
}

export interface EntryParts {
  list: ListPart;
  secret: SecretPart;
  dueOn: number | null;
}

export interface EntryChange extends EntryParts {
  /** The version to be written: one more than the newest. */
  version: number;
  newSecret: boolean;
}

export interface FolderWish {
  name: string;
  team: string | null;
  teamRole: VaultRole;
  members: { staff: string; role: VaultRole }[];
}

export interface EntryHistory {
  versions: { version: number; staff: string; at: string }[];
  uses: { staff: string; device: string; version: number; at: string }[];
}

export interface TeamVault {
  folders(): Promise<VaultFolder[]>;
  /** The new folder's id. */
  makeFolder(wish: FolderWish): Promise<string>;
  removeFolder(folder: string): Promise<void>;
  setMembers(folder: string, teamRole: VaultRole, members: FolderWish["members"]): Promise<void>;
  entries(folder: string): Promise<VaultEntry[]>;
  add(folder: string, entries: EntryParts[]): Promise<void>;
  change(folder: string, entry: string, change: EntryChange): Promise<void>;
  /** The newest version, or an earlier one. The server writes down that this device asked. */
  open(folder: string, entry: string, version: number | null): Promise<{ version: number; list: ListPart; secret: SecretPart }>;
  /** Lets this device open every entry of a folder for a quarter of an hour. Security hears of it. */
  openAll(folder: string, purpose: VaultPurpose): Promise<void>;
  history(entry: string): Promise<EntryHistory>;
  remove(entry: string): Promise<void>;
}

/** The names by which the tab that owns the keys is asked. */
export const VAULT_METHODS = ["folders", "makeFolder", "removeFolder", "setMembers", "entries", "add", "change", "open", "openAll", "history", "remove"] as const satisfies readonly (keyof TeamVault)[];
