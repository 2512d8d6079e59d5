/** Team keys and what is sealed to them: pure functions of values; the ring that holds keys is in `team-ring`. */
import { type Bytes, b64u, concat, fromB64u, utf8 } from "./bytes";
import { sign, verify } from "./ed25519";
import { open, seal } from "./hpke";
import type { DeviceStatement, Trust } from "./statements";

export interface TeamKey {
  team: string;
  generation: number;
  public_key: string;
  device: string;
  /** Seconds since the epoch. */
  at: number;
  signature: string;
  /** The maker's device statement. */
  statement: string;
}

export interface SealedHistoryKey {
  epoch: number;
  generation: number;
  team: string;
  sealed: string;
}

export interface SealedNoteKey {
  number: number;
  generation: number;
  team: string;
  sealed: string;
}

export class TeamKeyRefused extends Error {
  constructor(readonly why: "maker" | "signature" | "form") {
    super(`team key refused: ${why}`);
  }
}

const SHARE_INFO = "wardesk-team-key-v1";
const HISTORY_INFO = "wardesk-history-key-v1";
const NOTE_INFO = "wardesk-note-key-v1";

function signedBytes(team: string, generation: number, publicKey: string, at: number): Bytes {
  return concat(utf8("wardesk-team-key-v1"), new Uint8Array(1), utf8(`${team}|${generation}|${publicKey}|${at}`));
}

export async function signTeamKey(seed: Uint8Array, team: string, generation: number, publicKey: Uint8Array, at: number): Promise<string> {
  return b64u(await sign(seed, signedBytes(team, generation, b64u(publicKey), at)));
}

/** Everyone who is going to seal to a team key checks it first; answers the public key. */
export async function checkTeamKey(trust: Trust, key: TeamKey, team: string): Promise<Bytes> {
  if (key.team !== team || !Number.isSafeInteger(key.generation) || !Number.isSafeInteger(key.at)) throw new TeamKeyRefused("form");
  let maker: DeviceStatement;
  try {
    maker = await trust.device(key.statement, null);
  } catch {
    throw new TeamKeyRefused("maker");
  }
  // The statement sent along is the maker's current one; it may be newer than the key, never older than its end.
  if (maker.kind !== "staff" || maker.device !== key.device || !maker.teams.includes(team) || key.at >= maker.exp) throw new TeamKeyRefused("maker");
  const valid = await verify(fromB64u(maker.mls_key), signedBytes(team, key.generation, key.public_key, key.at), fromB64u(key.signature));
  if (!valid) throw new TeamKeyRefused("signature");
  return fromB64u(key.public_key);
}

export async function sealShare(hpkeKey: Uint8Array, privateKey: Uint8Array, team: string, generation: number, device: string): Promise<string> {
  return b64u(await seal(hpkeKey, privateKey, SHARE_INFO, `${team}|${generation}|${device}`));
}

export async function openShare(devicePrivateKey: Uint8Array, sealed: string, team: string, generation: number, device: string): Promise<Bytes> {
  return open(devicePrivateKey, fromB64u(sealed), SHARE_INFO, `${team}|${generation}|${device}`);
}

export async function sealHistoryKey(teamKey: Uint8Array, historyKey: Uint8Array, conversation: string, epoch: number): Promise<string> {
  return b64u(await seal(teamKey, historyKey, HISTORY_INFO, `${conversation}|${epoch}`));
}

export async function openHistoryKey(teamPrivateKey: Uint8Array, sealed: string, conversation: string, epoch: number): Promise<Bytes> {
  return open(teamPrivateKey, fromB64u(sealed), HISTORY_INFO, `${conversation}|${epoch}`);
}

export async function sealNoteKey(teamKey: Uint8Array, noteKey: Uint8Array, conversation: string, number: number): Promise<string> {
  return b64u(await seal(teamKey, noteKey, NOTE_INFO, `${conversation}|${number}`));
}

export async function openNoteKey(teamPrivateKey: Uint8Array, sealed: string, conversation: string, number: number): Promise<Bytes> {
  return open(teamPrivateKey, fromB64u(sealed), NOTE_INFO, `${conversation}|${number}`);
}
