/**
 * Changes of members. The commit, the state it leads to and its history key are on disk before the server is asked;
 * the old state stays until the log shows who won the epoch.
 */
import { worthRetrying } from "./api";
import { b64u, fromB64u, newClientId, utf8 } from "./bytes";
import { authenticatedData, leafCheck } from "./commit-rule";
import type { Conversation } from "./conversation";
import type { Staged } from "./log";
import { type Group, epochOf, leavesOf, ownLeafIndex, saveGroup } from "./mls-engine";
import { hasStranger } from "./log-step";
import { MessengerError } from "./messenger";
import { sealHistoryKey } from "./team-keys";

export type Change =
  /** Enter by external commit: taking a waiting conversation, or joining one. */
  | { act: "take" | "join"; reason?: string }
  | { act: "assign" | "add" | "remove"; staff: string }
  /** The other devices of this person, or this one beside them. */
  | { act: "own-device" }
  /** A customer's further device, or one that lost its state. */
  | { act: "enter" };

interface GrantsAnswer {
  grants: string[];
  key_packages: { device: string; statement: string; key_package: string }[];
  remove: string[];
}

interface GroupAnswer {
  epoch: number;
  group_info: string;
}

const MAX_TRIES = 5;
const GRANT_LIFE_MS = 9 * 60_000;

/** Runs inside the conversation's turn. */
export async function change(conversation: Conversation, wanted: Change): Promise<void> {
  await conversation.catchUp();
  for (let attempt = 1; ; attempt++) {
    // Who is to leave is out before anybody is let in: who is in already cannot come back.
    if (conversation.member && !isToLeave(conversation)) await commitRemovals(conversation);
    const staged = await plan(conversation, wanted);
    if (staged === null) return;
    await conversation.keep({ ...conversation.saved, staged });
    try {
      if (await submitStaged(conversation)) return;
    } catch (error) {
      // A commit that may still arrive is not given up; the next look at the log decides.
      if (!worthRetrying(error) && conversation.saved.staged !== null) await conversation.keep({ ...conversation.saved, staged: null });
      throw error;
    }
    if (attempt >= MAX_TRIES) throw new MessengerError("epoch-conflict", "Others changed the conversation at the same time.");
  }
}

/** Sends the staged commit (again), after the log was read. True: it is in the log. False: another one won, decide again. */
export async function submitStaged(conversation: Conversation): Promise<boolean> {
  const staged = conversation.saved.staged;
  if (staged === null) return false;
  const { api } = conversation.around;
  if (conversation.around.now() - staged.at > GRANT_LIFE_MS) {
    // Its grants have run out, so the server would not take it; the log was read and does not have it.
    await conversation.keep({ ...conversation.saved, staged: null });
    return false;
  }
  try {
    await api.post(staged.path, staged.body);
  } catch (error) {
    if (!(error instanceof MessengerError) || worthRetrying(error)) throw error;
    await conversation.keep({ ...conversation.saved, staged: null });
    if (error.code !== "epoch-conflict") throw error;
    await conversation.readLog();
    return false;
  }
  await conversation.readLog();
  return conversation.saved.staged === null;
}

/** The server asked that this device be removed, which it cannot commit itself. */
export function isToLeave(conversation: Conversation): boolean {
  return conversation.saved.removals.some(({ devices }) => devices.includes(conversation.around.me.device));
}

/** While the server asks for a removal nobody can send: whoever wants to, commits it first. */
export async function commitRemovals(conversation: Conversation): Promise<void> {
  for (let attempt = 1; attempt <= MAX_TRIES && conversation.saved.removals.length > 0; attempt++) {
    const group = memberGroup(conversation);
    const { removals, members } = conversation.saved;
    const devices = new Set(removals.flatMap((removal) => removal.devices));
    if (isToLeave(conversation)) throw new MessengerError("removal-pending", "This device is about to leave the conversation.");
    const remove = await leafIndexes(conversation, group, devices);
    if (remove.length === 0) {
      await conversation.keep({ ...conversation.saved, removals: removals.filter((removal) => removal.devices.some((device) => device in members)) });
      return;
    }
    const staged = await stage(conversation, group, { add: [], remove, grants: removals.map((removal) => removal.grant), path: "commits", extra: {} });
    await conversation.keep({ ...conversation.saved, staged });
    await submitStaged(conversation);
  }
}

/**
 * A fresh leaf key, so that what was stolen before does not read what comes after; with it the newest statement goes
 * into the leaf. Who loses the race tries again as long as `due` says so.
 */
export async function renewLeaf(conversation: Conversation, due: () => boolean): Promise<void> {
  for (let attempt = 1; attempt <= MAX_TRIES && conversation.member && due(); attempt++) {
    const staged = await stage(conversation, memberGroup(conversation), { add: [], remove: [], grants: [], path: "commits", extra: {} });
    await conversation.keep({ ...conversation.saved, staged });
    await submitStaged(conversation);
  }
}

async function plan(conversation: Conversation, wanted: Change): Promise<Staged | null> {
  const { api, me, path } = conversation.around;
  if (wanted.act === "enter") {
    if (conversation.member) return null;
    const answer = await api.post<GrantsAnswer>(`${path}/${conversation.id}/grants`, { device: me.device });
    return enter(conversation, "join", answer.grants);
  }
  const request = {
    act: wanted.act,
    device: me.device,
    ...("staff" in wanted ? { staff: wanted.staff } : {}),
    ...("reason" in wanted && wanted.reason !== undefined ? { reason: wanted.reason } : {}),
  };
  const entering = wanted.act === "take" || wanted.act === "join";
  const answer = await api.post<GrantsAnswer>(`${path}/${conversation.id}/grants`, request);
  if (entering) return enter(conversation, wanted.act, answer.grants);
  if (wanted.act === "own-device" && !conversation.member) return answer.grants.length === 0 ? null : enter(conversation, "join", answer.grants);

  const group = memberGroup(conversation);
  const remove = await leafIndexes(conversation, group, new Set(answer.remove));
  const present = new Set(Object.keys(conversation.saved.members));
  const newcomers = answer.key_packages.filter(({ device }) => !present.has(device));
  if (remove.length === 0 && newcomers.length === 0) {
    if (wanted.act === "own-device") return null;
    if (wanted.act !== "assign") throw new MessengerError("no-device", "This colleague has no device that can join.");
  }
  for (const { device, statement } of newcomers) {
    const checked = await conversation.around.trust.device(statement, Math.floor(conversation.around.now() / 1000)).catch(() => null);
    if (!checked || checked.device !== device) throw new MessengerError("statement", "A device's statement does not check.");
  }
  return stage(conversation, group, {
    add: newcomers.map(({ key_package }) => fromB64u(key_package)),
    remove,
    grants: answer.grants,
    path: wanted.act === "assign" ? "assign" : "commits",
    extra: wanted.act === "assign" ? { staff: wanted.staff } : {},
  });
}

async function enter(conversation: Conversation, act: "take" | "join", grants: string[]): Promise<Staged> {
  const { api, engine, me, path, trust } = conversation.around;
  if (!(await letsMeIn(conversation, grants))) throw new MessengerError("grant", "The server's leave to enter is for something else.");
  const { group_info } = await api.get<GroupAnswer>(`${path}/${conversation.id}/group`);
  const info = fromB64u(group_info);
  const peeked = engine.peekGroupInfo(info);
  if (peeked.conversation !== conversation.id) throw new MessengerError("invalid-mls", "The group belongs to another conversation.");
  const now = conversation.around.now();
  const entered = (device: string) => conversation.saved.members[device]?.entered ?? null;
  const check = leafCheck(trust, entered, Math.floor(now / 1000));
  const joined = await engine.joinExternal(info, me.mls, me.statement, now, utf8(authenticatedData(grants)), check).catch(() => {
    throw new MessengerError("invalid-mls", "The conversation's group does not check.");
  });
  if (await hasStranger(trust, conversation.saved, joined.group, me.device)) throw new MessengerError("invalid-mls", "Somebody is in the group whom the log does not know.");
  return finish(conversation, joined.group, peeked.epoch, joined.commit, null, act === "take" ? "take" : "commits", {});
}

/** A leave that names something else would only shut this device out at everybody else's. */
async function letsMeIn(conversation: Conversation, grants: string[]): Promise<boolean> {
  const { me, now, trust } = conversation.around;
  for (const jws of grants) {
    const grant = await trust.grant(jws, Math.floor(now() / 1000)).catch(() => null);
    if (grant?.act === "join" && grant.conversation === conversation.id && grant.sub === me.subject && grant.devices.includes(me.device)) return true;
  }
  return false;
}

async function stage(
  conversation: Conversation,
  group: Group,
  what: { add: Uint8Array[]; remove: number[]; grants: string[]; path: string; extra: object },
): Promise<Staged> {
  const { engine, me, trust } = conversation.around;
  const now = Math.floor(conversation.around.now() / 1000);
  const check = leafCheck(trust, (device) => conversation.saved.members[device]?.entered ?? null, now);
  const made = await engine.commit(group, what, utf8(authenticatedData(what.grants)), check, me.statement);
  return finish(conversation, made.group, epochOf(group), made.commit, made.welcome, what.path, what.extra);
}

async function finish(
  conversation: Conversation,
  group: Group,
  epoch: number,
  commit: Uint8Array,
  welcome: Uint8Array | null,
  path: string,
  extra: object,
): Promise<Staged> {
  const { engine, now, teamKey } = conversation.around;
  const team = conversation.saved.team;
  if (team === null) throw new MessengerError("internal", "The conversation has no team.");
  const historyKey = await engine.historyKey(group);
  const to = await teamKey(team);
  const clientId = newClientId();
  const body = {
    client_id: clientId,
    epoch,
    commit: b64u(commit),
    group_info: b64u(await engine.groupInfo(group)),
    ...(welcome === null ? {} : { welcome: b64u(welcome) }),
    history_key: { epoch: epoch + 1, generation: to.generation, team, sealed: await sealHistoryKey(to.publicKey, historyKey, conversation.id, epoch + 1) },
    ...extra,
  };
  return { clientId, epoch, path: `${conversation.around.path}/${conversation.id}/${path}`, body, group: saveGroup(group), historyKey, at: now() };
}

/** Where these devices sit; never this device, because nobody can commit its own removal. */
async function leafIndexes(conversation: Conversation, group: Group, devices: Set<string>): Promise<number[]> {
  const own = ownLeafIndex(group);
  const indexes: number[] = [];
  for (const leaf of leavesOf(group)) {
    const { device } = await conversation.around.trust.device(leaf.statement, null);
    if (leaf.index !== own && devices.has(device)) indexes.push(leaf.index);
  }
  return indexes;
}

function memberGroup(conversation: Conversation): Group {
  if (conversation.group === null || !conversation.member) throw new MessengerError("not-member", "This device is not in the conversation.");
  return conversation.group;
}
