/** Who may change a conversation's members: every commit is measured against the grants it carries. */
import { b64u, fromUtf8 } from "./bytes";
import type { Leaf, LeafCheck, LeafClaim, ParsedCommit } from "./mls-engine";
import { CLOCK_SKEW_SECONDS, type DeviceStatement, type Grant, type Trust } from "./statements";

export class CommitRefused extends Error {
  constructor(readonly why: "form" | "statement" | "grant") {
    super(`commit refused: ${why}`);
  }
}

export interface CommitVerdict {
  joined: { jws: string; statement: DeviceStatement; grant: Grant }[];
  removed: string[];
  removedGrant: Grant | null;
  /** A member that put a newer statement of its own into its leaf. */
  renewed: { jws: string; statement: DeviceStatement } | null;
}

export interface CommitContext {
  trust: Trust;
  conversation: string;
  /** Members before the commit. */
  leaves: Leaf[];
  /** Seconds: when the commit's log item was written. */
  at: number;
  /** Open `removal` items: whom they name, by which grant, and when they were written. */
  openRemovals: { devices: string[]; grant: string; at: number }[];
  /** Seconds at which the members came in: none of them is taken out by a grant from before. */
  entered: { [device: string]: number };
  /** Seconds at which devices went out: none of them comes back by a grant from before. */
  left: { [device: string]: number };
}

export function authenticatedData(grants: string[]): string {
  return JSON.stringify({ v: 1, grants });
}

export async function checkCommit(parsed: ParsedCommit, context: CommitContext): Promise<CommitVerdict> {
  const { trust, conversation, leaves, at } = context;
  if (parsed.conversation !== conversation || parsed.foreign.length > 0) throw new CommitRefused("form");
  const grants = await readGrants(parsed, context);

  const removedLeaves = parsed.removed.map((index) => {
    const leaf = leaves.find((candidate) => candidate.index === index);
    if (!leaf) throw new CommitRefused("form");
    return leaf;
  });

  const joined: CommitVerdict["joined"] = [];
  const enter = async ({ statement: jws, signatureKey }: LeafClaim, act: "join" | "add") => {
    let statement: DeviceStatement;
    try {
      statement = await trust.device(jws, at);
    } catch {
      throw new CommitRefused("statement");
    }
    const grant = grants.find((g) => g.grant.act === act && lets(g.grant, statement))?.grant;
    if (!grant || staleFor(grant, statement.device, context)) throw new CommitRefused("grant");
    if (b64u(signatureKey) !== statement.mls_key) throw new CommitRefused("statement");
    joined.push({ jws, statement, grant });
    return statement;
  };

  if (parsed.sender === null) {
    if (parsed.path === null || parsed.added.length > 0) throw new CommitRefused("form");
    const newcomer = await enter(parsed.path, "join");
    for (const leaf of removedLeaves) {
      // Only the newcomer's own old leaf: its signature key must be the one the newcomer's statement names.
      if (b64u(leaf.signatureKey) !== newcomer.mls_key) throw new CommitRefused("grant");
    }
    return { joined, removed: [], removedGrant: null, renewed: null };
  }

  const sender = leaves.find((leaf) => leaf.index === parsed.sender);
  if (!sender) throw new CommitRefused("form");
  let renewed: CommitVerdict["renewed"] = null;
  const { path } = parsed;
  if (path !== null && b64u(path.signatureKey) !== b64u(sender.signatureKey)) throw new CommitRefused("statement");
  if (path !== null && path.statement !== sender.statement) {
    // A renewed statement of the same device may take the place of the old one.
    const [before, after] = await Promise.all([trust.device(sender.statement, null), trust.device(path.statement, at)]).catch(() => {
      throw new CommitRefused("statement");
    });
    if (before.device !== after.device || before.mls_key !== after.mls_key || before.sub !== after.sub || after.mls_key !== b64u(path.signatureKey)) throw new CommitRefused("statement");
    renewed = { jws: path.statement, statement: after };
  }
  for (const leaf of parsed.added) await enter(leaf, "add");
  const removed: string[] = [];
  let removedGrant: Grant | null = null;
  for (const leaf of removedLeaves) {
    const { device } = await trust.device(leaf.statement, null).catch(() => {
      throw new CommitRefused("statement");
    });
    const given = grants.find((one) => takesOut(one, device, context.entered));
    if (!given) throw new CommitRefused("grant");
    removed.push(device);
    removedGrant ??= given.grant;
  }
  return { joined, removed, removedGrant, renewed };
}

/** A grant that a commit carries, and the open removal that carries it too. */
export interface Given {
  grant: Grant;
  open: { devices: string[] } | undefined;
}

/** Whether a grant is about this person's device. */
export function lets(grant: Grant, { device, sub, kind }: DeviceStatement): boolean {
  return grant.devices.includes(device) && grant.sub === sub && grant.kind === kind;
}

/** Whether a grant was given before the device went out, or was asked to. */
export function staleFor(grant: Grant, device: string, { left, openRemovals }: Pick<CommitContext, "left" | "openRemovals">): boolean {
  const asked = openRemovals.filter(({ devices }) => devices.includes(device)).map(({ at }) => at);
  return [left[device] ?? -Infinity, ...asked].some((at) => grant.iat < at);
}

/**
 * Who came in again is not taken out by a grant from before. An open removal names who came in before it, whatever the
 * clocks say.
 */
export function takesOut({ grant, open }: Given, device: string, entered: CommitContext["entered"]): boolean {
  const counts = open === undefined ? grant.iat >= (entered[device] ?? -Infinity) : open.devices.includes(device);
  return grant.act === "remove" && grant.devices.includes(device) && counts;
}

/**
 * The check for leaves: a statement about exactly this signature key that was valid when the leaf entered, or came
 * later by renewal of the leaf.
 */
export function leafCheck(trust: Trust, entered: (device: string) => number | null, now: number): LeafCheck {
  return async (jws, signatureKey) => {
    const statement = await trust.device(jws, null);
    const from = entered(statement.device) ?? now;
    return statement.mls_key === b64u(signatureKey) && statement.exp > from && statement.iat <= now + CLOCK_SKEW_SECONDS;
  };
}

async function readGrants(parsed: ParsedCommit, context: CommitContext): Promise<Given[]> {
  let data: { v?: unknown; grants?: unknown };
  let text: string;
  try {
    text = fromUtf8(parsed.authenticatedData);
    data = JSON.parse(text) as typeof data;
  } catch {
    throw new CommitRefused("form");
  }
  if (data === null || typeof data !== "object" || data.v !== 1 || !Array.isArray(data.grants)) throw new CommitRefused("form");
  // There is one way to write each list, and each grant is in it once.
  if (authenticatedData(data.grants as string[]) !== text || new Set(data.grants).size !== data.grants.length) throw new CommitRefused("form");
  const grants: Given[] = [];
  for (const jws of data.grants as unknown[]) {
    if (typeof jws !== "string") throw new CommitRefused("form");
    grants.push(await readGrant(jws, context));
  }
  return grants;
}

/** A grant that an open removal carries counts as of that item, however late it is committed. */
export async function readGrant(jws: string, { trust, conversation, at, openRemovals }: Omit<CommitContext, "leaves">): Promise<Given> {
  const open = openRemovals.find((removal) => removal.grant === jws);
  const grant = await trust.grant(jws, open?.at ?? at).catch(() => {
    throw new CommitRefused("grant");
  });
  if (grant.conversation !== conversation || (open && grant.act !== "remove")) throw new CommitRefused("grant");
  return { grant, open };
}
