/** Test code: values that both implementations must produce or open, from fixed keys. */
import { b64u, utf8 } from "../src/bytes";
import { sign, signatureKeyFromSeed } from "../src/ed25519";
import { generateSealingKey, seal } from "../src/hpke";
import { conversationNumber, fingerprint } from "../src/number";
import { makeRecord, recordHash } from "../src/records";
import { signTeamKey } from "../src/team-keys";
import { proofBytes } from "../src/device";
import { commitmentOf, newFolderKey, sealEntry, sealFolderKey, sealName, sealPrevious, signFolderKey, takeOver } from "../src/team-vault";
import { Authority } from "./authority";
import { makeRuleVectors } from "./rule-vectors";

const fill = (byte: number, length = 32) => new Uint8Array(length).fill(byte);
const CONVERSATION = `cnv_${"0".repeat(31)}1`;
const DEVICE = `dev_${"0".repeat(31)}2`;
const TEAM = `tea_${"0".repeat(31)}3`;
const IAT = 1_790_000_000;

const FOLDER = `fol_${"0".repeat(31)}5`;
const ENTRY = `ent_${"0".repeat(31)}6`;
const CLEAR = { list: { title: "Paketdienst Müller" }, secret: { password: "höchst geheim" } };

/** A folder before and after a re-key. Everything sealed has a random nonce. */
async function sealVault() {
  const pair = await generateSealingKey();
  const [first, second] = [1, 2].map((version) => ({ ...newFolderKey(FOLDER, version), key: fill(10 + version) })) as [ReturnType<typeof newFolderKey>, ReturnType<typeof newFolderKey>];
  const entry = await sealEntry(first, ENTRY, 3, CLEAR.list, CLEAR.secret);
  return {
    private_key: b64u(pair.privateKey),
    public_key: b64u(pair.publicKey),
    share: await sealFolderKey(pair.publicKey, first, DEVICE),
    name: await sealName(first, "Carriers"),
    previous: await sealPrevious(second, first),
    ...entry,
    moved: await takeOver(second, first, ENTRY, 3, entry.wrapped),
  };
}

export type SealedVault = Awaited<ReturnType<typeof sealVault>>;

/** `sealing` and `vault` are kept from the file, because sealing is not deterministic. */
export async function makeVectors(sealing?: { private_key: string; public_key: string; sealed: string }, vault?: SealedVault) {
  const authority = await Authority.create(fill(1));
  const device = await signatureKeyFromSeed(fill(2));
  const statement = await authority.device({
    sub: `stf_${"0".repeat(31)}4`,
    kind: "staff",
    name: "Mia Ä.",
    device: DEVICE,
    mls_key: b64u(device.publicKey),
    hpke_key: b64u(fill(9)),
    teams: [TEAM],
    iat: IAT,
    exp: IAT + 604_800,
  });
  const grant = await authority.grant({
    sub: `stf_${"0".repeat(31)}4`,
    kind: "staff",
    act: "join",
    conversation: CONVERSATION,
    devices: [DEVICE],
    as: "agent",
    reason: "taken",
    by: "system",
    history: true,
    iat: IAT,
    exp: IAT + 600,
  });
  const body = "Grüße — it says delivered, but …";
  const header = { typ: "letter" as const, conversation: CONVERSATION, id: b64u(fill(7, 16)), device: DEVICE, key: 0, at: IAT * 1000 };
  const record = await makeRecord(header, body, fill(3), device.seed, fill(4, 12));
  const info = "wardesk-history-key-v1";
  const aad = `${CONVERSATION}|0`;
  const fresh = async () => {
    const pair = await generateSealingKey();
    return { private_key: b64u(pair.privateKey), public_key: b64u(pair.publicKey), sealed: b64u(await seal(pair.publicKey, fill(3), info, aad)) };
  };
  const authenticator = fill(5);
  return {
    about: "Values both implementations of docs/PROTOCOL.md must agree on. Binary is base64url without padding.",
    organisation: { seed: b64u(fill(1)), public_key: b64u(authority.key.publicKey), kid: authority.kid, fingerprint: await fingerprint(authority.key.publicKey) },
    device: { seed: b64u(device.seed), public_key: b64u(device.publicKey), hpke_key: b64u(fill(9)), proof: b64u(await sign(device.seed, proofBytes(device.publicKey, fill(9)))) },
    statement: { jws: statement, valid_at: IAT + 1 },
    grant: { jws: grant, valid_at: IAT + 1 },
    record: { key: b64u(fill(3)), body, record, hash: b64u(await recordHash(record)) },
    hpke: { info, aad, plaintext: b64u(fill(3)), ...(sealing ?? (await fresh())) },
    team_key: { team: TEAM, generation: 1, public_key: b64u(fill(6)), at: IAT, signature: await signTeamKey(device.seed, TEAM, 1, fill(6), IAT) },
    team_vault: {
      folder: FOLDER,
      entry: ENTRY,
      version: 3,
      keys: [b64u(fill(11)), b64u(fill(12))],
      commitment: b64u(await commitmentOf({ folder: FOLDER, version: 1, key: fill(11) })),
      at: IAT,
      signature: (await signFolderKey(device.seed, { folder: FOLDER, version: 1, key: fill(11) }, IAT)).signature,
      name: "Carriers",
      ...CLEAR,
      sealed: vault ?? (await sealVault()),
    },
    number: { epoch_authenticator: b64u(authenticator), number: await conversationNumber(authenticator) },
    commit_rule: await makeRuleVectors(authority, IAT + 90),
    base64url: { utf8: "Wärdesk?>", encoded: b64u(utf8("Wärdesk?>")) },
  };
}

export type Vectors = Awaited<ReturnType<typeof makeVectors>>;
