/** Sending one text: encrypted once, on disk before the network, the same bytes on every try. */
import { worthRetrying } from "./api";
import { b64u, utf8 } from "./bytes";
import { change, commitRemovals, renewLeaf } from "./changing";
import type { Conversation } from "./conversation";
import type { Appended, OutboxRow, StoredLine } from "./log";
import { epochOf, forget, saveGroup } from "./mls-engine";
import { MessengerError } from "./messenger";
import { makeRecord, recordHash } from "./records";

/** Refusals after which the text is prepared anew, because the conversation is in another state than thought. */
const PREPARE_ANEW = new Set(["taken", "not-taken", "removal-pending", "epoch-conflict", "invalid-mls", "conflict"]);
const MAX_TRIES = 5;
const RENEW_AFTER_MS = 7 * 86_400_000;

/** Runs inside the conversation's turn. Throws what is worth another try later, or what failed for good. */
export async function sendRow(conversation: Conversation, first: OutboxRow): Promise<void> {
  let row = first;
  for (let attempt = 1; ; attempt++) {
    if (conversation.saved.staged !== null) await conversation.catchUp();
    if (row.prepared === null) row = await prepare(conversation, row);
    const { route, payload } = row.prepared!;
    try {
      const answer = await conversation.around.api.post<Appended>(`${conversation.around.path}/${conversation.id}/${route}`, payload);
      const item = answer.items[0];
      if (item) await conversation.arrived(row, lineOf(conversation, row, item));
      return;
    } catch (error) {
      if (!(error instanceof MessengerError) || !PREPARE_ANEW.has(error.code) || attempt >= MAX_TRIES) throw error;
      await conversation.catchUp();
      const current = conversation.outbox.get(row.id);
      // The log had it: an earlier try had arrived after all.
      if (!current) return;
      row = { ...current, prepared: null };
    }
  }
}

async function prepare(conversation: Conversation, row: OutboxRow): Promise<OutboxRow> {
  const { around } = conversation;
  // A customer's further device writes as soon as it is in.
  if (around.role === "customer" && conversation.outside) await change(conversation, { act: "enter" });
  if (!conversation.member || conversation.group === null) throw new MessengerError("not-member", "This device is not in the conversation.");
  if (conversation.saved.removals.length > 0) await commitRemovals(conversation);
  const due = () => conversation.leafIsDue || (conversation.staffed && around.now() - conversation.saved.renewedAt > RENEW_AFTER_MS);
  await renewLeaf(conversation, due).catch((error: unknown) => {
    // The text can go without a fresh leaf; a renewal that is refused comes again with the next one.
    if (!(error instanceof MessengerError) || worthRetrying(error)) throw error;
  });
  const group = conversation.group;
  if (!conversation.member || group === null) throw new MessengerError("not-member", "This device is not in the conversation.");

  const epoch = epochOf(group);
  const historyKey = conversation.saved.historyKeys[epoch];
  if (!historyKey) throw new MessengerError("internal", "The key of the current epoch is missing.");
  const head = { conversation: conversation.id, id: row.id, device: around.me.device, key: epoch, at: row.at };

  if (around.role === "customer" && !conversation.staffed) {
    const record = await makeRecord({ typ: "letter", ...head }, row.body, historyKey, around.me.mls.seed);
    const prepared: OutboxRow = { ...row, prepared: { route: "letters", payload: { client_id: row.id, record } } };
    await conversation.write([], [prepared]);
    return prepared;
  }
  const record = await makeRecord({ typ: "archive", ...head }, row.body, historyKey, around.me.mls.seed);
  const plaintext = { v: 1, id: row.id, kind: "text", body: row.body, archive: b64u(await recordHash(record)) };
  const sealed = await around.engine.encrypt(group, utf8(JSON.stringify(plaintext)));
  const prepared: OutboxRow = { ...row, prepared: { route: "messages", payload: { client_id: row.id, mls: b64u(sealed.message), record } } };
  // The ratchet's step and the bytes made with it: together or not at all.
  await conversation.write([{ saved: { ...conversation.saved, group: saveGroup(sealed.group) }, group: sealed.group }], [prepared]);
  forget(sealed.consumed);
  return prepared;
}

function lineOf(conversation: Conversation, row: OutboxRow, item: { seq: number; at: string }): StoredLine {
  const { me, role } = conversation.around;
  const from = { device: me.device, subject: me.subject, kind: role, name: me.name, verified: true };
  return { kind: "text", id: row.id, seq: item.seq, from, at: item.at, body: row.body };
}
