import { readFile, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { b64u, fromB64u } from "../src/bytes";
import { open } from "../src/hpke";
import { checkRecord, openRecord } from "../src/records";
import { Trust } from "../src/statements";
import { openFolderKey, openList, openName, openPrevious, openSecret } from "../src/team-vault";
import { decide } from "./rule-vectors";
import { type Vectors, makeVectors } from "./vectors";

const file = new URL("../vectors.json", import.meta.url);

describe("the shared vectors", () => {
  it("are what this implementation makes", async () => {
    // WRITE_VECTORS=1 makes the file anew after a deliberate change of the protocol.
    if (process.env["WRITE_VECTORS"]) await writeFile(file, `${JSON.stringify(await makeVectors(), null, 2)}\n`);
    const kept = JSON.parse(await readFile(file, "utf8")) as Vectors;
    const { private_key, public_key, sealed } = kept.hpke;
    expect(await makeVectors({ private_key, public_key, sealed }, kept.team_vault.sealed)).toEqual(kept);
  });

  it("of the rule for commits are decided as they say", async () => {
    const { organisation, commit_rule } = JSON.parse(await readFile(file, "utf8")) as Vectors;
    const trust = await Trust.of([{ kid: organisation.kid, public_key: organisation.public_key }]);
    expect(commit_rule.cases.length).toBeGreaterThanOrEqual(15);
    for (const one of commit_rule.cases) expect(await decide(trust, commit_rule.conversation, one), one.name).toBe(one.expected);
  });

  it("of the team vault open in their place only", async () => {
    const { organisation, statement, team_vault: vault } = JSON.parse(await readFile(file, "utf8")) as Vectors;
    const trust = await Trust.of([{ kid: organisation.kid, public_key: organisation.public_key }]);
    const { device } = await trust.device(statement.jws, statement.valid_at);
    const { folder, entry, version, sealed } = vault;
    const signed = { version: 1, commitment: vault.commitment, device, at: vault.at, signature: vault.signature, statement: statement.jws };
    const first = await openFolderKey(trust, signed, folder, { device, privateKey: fromB64u(sealed.private_key) }, sealed.share);
    expect(b64u(first.key)).toBe(vault.keys[0]);
    const second = { folder, version: 2, key: fromB64u(vault.keys[1]!) };
    expect(await openName(first, sealed.name)).toBe(vault.name);
    expect(await openPrevious(second, sealed.previous)).toEqual(first);
    expect(await openList(first, entry, version, sealed)).toEqual(vault.list);
    expect(await openSecret(second, entry, version, { ...sealed, wrapped: sealed.moved })).toEqual(vault.secret);
  });

  it("open and check", async () => {
    const { organisation, statement, grant, record, hpke } = JSON.parse(await readFile(file, "utf8")) as Vectors;
    const trust = await Trust.of([{ kid: organisation.kid, public_key: organisation.public_key }]);
    const device = await trust.device(statement.jws, statement.valid_at);
    expect((await trust.grant(grant.jws, grant.valid_at)).act).toBe("join");
    const header = JSON.parse(Buffer.from(record.record.header, "base64url").toString()) as { conversation: string; id: string; device: string };
    await checkRecord(record.record, fromB64u(device.mls_key), { typ: "letter", conversation: header.conversation, id: header.id, device: header.device });
    expect(await openRecord(record.record, fromB64u(record.key))).toBe(record.body);
    expect(b64u(await open(fromB64u(hpke.private_key), fromB64u(hpke.sealed), hpke.info, hpke.aad))).toBe(hpke.plaintext);
  });
});
