import type { ListPart, SecretPart } from "@wardesk/crypto/messenger";

export interface OpenedEntry {
  id: string;
  list: ListPart;
  secret: SecretPart;
}

/** Entries in the unencrypted form of Bitwarden, which other programs read and the import here too. */
export function toBitwarden(folder: string, entries: OpenedEntry[]): string {
  const folderId = "1";
  const items = entries.map(({ list, secret }, at) => ({
    id: String(at + 1),
    folderId,
    type: 1,
    name: list.title,
    notes: secret.notes || null,
    favorite: false,
    login: { username: list.login || null, password: secret.secret, uris: list.url ? [{ match: null, uri: list.url }] : [], totp: null },
  }));
  return JSON.stringify({ encrypted: false, folders: [{ id: folderId, name: folder }], items }, null, 2);
}

/** A name for the file that every system takes. */
export function fileName(folder: string, day: string): string {
  const plain = folder.normalize("NFKD").replace(/\p{M}+/gu, "").replace(/[^A-Za-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 40).toLowerCase();
  return `wardesk-vault-${plain || "folder"}-${day}.json`;
}
