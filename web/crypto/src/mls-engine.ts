/**
 * The only file that knows ts-mls. Groups are immutable values: every step answers a new one, the old one stays
 * usable, which is how a lost race is undone. All MLS bytes in and out are framed as MLSMessage (RFC 9420 §6).
 */
import {
  type CiphersuiteImpl,
  type ClientConfig,
  type ClientState,
  type KeyPackage,
  type LeafNode,
  type MLSMessage,
  type PrivateKeyPackage,
  type Proposal,
  createApplicationMessage,
  createCommit,
  createGroup,
  createGroupInfoWithExternalPubAndRatchetTree,
  decodeGroupState,
  decodeMlsMessage,
  defaultCryptoProvider,
  defaultKeyPackageEqualityConfig,
  emptyPskIndex,
  encodeGroupState,
  encodeMlsMessage,
  generateKeyPackageWithKey,
  getCiphersuiteFromName,
  getCiphersuiteImpl,
  joinGroup,
  joinGroupExternal,
  mlsExporter,
  processPrivateMessage,
  processPublicMessage,
  zeroOutUint8Array,
} from "ts-mls";
import { ratchetTreeFromExtension } from "ts-mls/groupInfo.js";
import { decryptSenderData } from "ts-mls/privateMessage.js";
import { type Bytes, concat, fromUtf8, own, utf8 } from "./bytes";
import type { SignatureKey } from "./ed25519";

const SUITE = "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519";
const LAST_RESORT_EXTENSION = 0x000a;
const KEY_PACKAGE_DAYS = 28;

declare const grouped: unique symbol;
/** A group's state; opaque outside of this file. */
export type Group = { readonly [grouped]: true };

/** Whether a leaf may stand: the credential's bytes and the leaf's signature key. */
export type LeafCheck = (statement: string, signatureKey: Uint8Array) => Promise<boolean>;

export interface Leaf {
  index: number;
  statement: string;
  signatureKey: Bytes;
}

/** What a leaf says of itself, unchecked. */
export interface LeafClaim {
  statement: string;
  signatureKey: Bytes;
}

export interface ParsedCommit {
  epoch: number;
  conversation: string;
  /** The committing member's leaf index; null when it joins by this commit. */
  sender: number | null;
  /** The update path's leaf; null without a path. */
  path: LeafClaim | null;
  added: LeafClaim[];
  removed: number[];
  /** Proposals this protocol has no use for. */
  foreign: string[];
  authenticatedData: Bytes;
}

export interface OwnKeyPackage {
  publicBytes: Bytes;
  lastResort: boolean;
  initPrivateKey: Bytes;
  hpkePrivateKey: Bytes;
  notAfter: number;
}

export class MlsRefused extends Error {}

export class MlsEngine {
  private constructor(
    private readonly suite: CiphersuiteImpl,
    private readonly infoSuite: CiphersuiteImpl,
    private readonly joinSuite: CiphersuiteImpl,
  ) {}

  static async start(): Promise<MlsEngine> {
    const suite = await getCiphersuiteImpl(getCiphersuiteFromName(SUITE), defaultCryptoProvider);
    const { hpke } = suite;
    // ts-mls 1.6.4 reads and writes the external_pub extension without the length that RFC 9420 §12.4.3.2 puts in front.
    const infoSuite: CiphersuiteImpl = {
      ...suite,
      hpke: { ...hpke, exportPublicKey: async (key) => withLength(await hpke.exportPublicKey(key)) },
    };
    const joinSuite: CiphersuiteImpl = {
      ...suite,
      hpke: { ...hpke, importPublicKey: (key) => hpke.importPublicKey(withoutLength(key)) },
    };
    return new MlsEngine(suite, infoSuite, joinSuite);
  }

  async createGroup(conversation: string, key: SignatureKey, statement: string, now: number): Promise<Group> {
    const { publicPackage, privatePackage } = await this.makePackage(key, statement, now, false);
    return wrap(await createGroup(utf8(conversation), publicPackage, privatePackage, [], this.suite, config(acceptNone)));
  }

  async keyPackage(key: SignatureKey, statement: string, now: number, lastResort: boolean): Promise<OwnKeyPackage> {
    const { publicPackage, privatePackage, notAfter } = await this.makePackage(key, statement, now, lastResort);
    return {
      publicBytes: encode({ version: "mls10", wireformat: "mls_key_package", keyPackage: publicPackage }),
      lastResort,
      initPrivateKey: own(privatePackage.initPrivateKey),
      hpkePrivateKey: own(privatePackage.hpkePrivateKey),
      notAfter,
    };
  }

  /** The GroupInfo others join with: external public key and ratchet tree inside. */
  async groupInfo(group: Group): Promise<Bytes> {
    const groupInfo = await createGroupInfoWithExternalPubAndRatchetTree(open(group), [], this.infoSuite);
    return encode({ version: "mls10", wireformat: "mls_group_info", groupInfo });
  }

  /** Answers the conversation and epoch a GroupInfo speaks of, before anything is joined. */
  peekGroupInfo(bytes: Uint8Array): { conversation: string; epoch: number } {
    const message = decode(bytes, "mls_group_info");
    return { conversation: fromUtf8(message.groupInfo.groupContext.groupId), epoch: Number(message.groupInfo.groupContext.epoch) };
  }

  async joinExternal(
    groupInfo: Uint8Array,
    key: SignatureKey,
    statement: string,
    now: number,
    authenticatedData: Uint8Array,
    check: LeafCheck,
  ): Promise<{ commit: Bytes; group: Group }> {
    const { publicPackage, privatePackage } = await this.makePackage(key, statement, now, false);
    const info = decode(groupInfo, "mls_group_info").groupInfo;
    // A device whose store was lost may still have its old leaf: it is replaced in the same commit.
    const resync = ratchetLeaves(ratchetTreeFromExtension(info) ?? []).some((leaf) => defaultKeyPackageEqualityConfig.compareKeyPackageToLeafNode(publicPackage, leaf.node));
    const joined = await joinGroupExternal(info, publicPackage, privatePackage, resync, this.joinSuite, undefined, config(check), authenticatedData);
    const commit = encode({ version: "mls10", wireformat: "mls_public_message", publicMessage: joined.publicMessage });
    return { commit, group: wrap(joined.newState) };
  }

  async joinWelcome(welcome: Uint8Array, mine: OwnKeyPackage, key: SignatureKey, check: LeafCheck): Promise<Group> {
    const message = decode(welcome, "mls_welcome");
    const { keyPackage } = decode(mine.publicBytes, "mls_key_package");
    const secrets = { initPrivateKey: mine.initPrivateKey, hpkePrivateKey: mine.hpkePrivateKey, signaturePrivateKey: key.seed };
    return wrap(await joinGroup(message.welcome, keyPackage, secrets, emptyPskIndex, this.suite, undefined, undefined, config(check)));
  }

  /**
   * One commit that adds key packages, removes leaves, or (with neither) renews the committer's own leaf. A commit that
   * renews the leaf puts `statement` in it.
   */
  async commit(
    group: Group,
    change: { add: Uint8Array[]; remove: number[] },
    authenticatedData: Uint8Array,
    check: LeafCheck,
    statement: string,
  ): Promise<{ commit: Bytes; welcome: Bytes | null; group: Group }> {
    const extraProposals: Proposal[] = [
      ...change.remove.map((removed): Proposal => ({ proposalType: "remove", remove: { removed } })),
      ...change.add.map((bytes): Proposal => {
        const { keyPackage } = decode(bytes, "mls_key_package");
        checkLifetime(keyPackage);
        return { proposalType: "add", add: { keyPackage } };
      }),
    ];
    // Only a commit with a path brings a new leaf; one that merely adds has none (RFC 9420 §12.4).
    const renews = change.remove.length > 0 || change.add.length === 0;
    const state = renews ? withOwnStatement(open(group, check), statement) : open(group, check);
    const result = await createCommit(
      { state, cipherSuite: this.suite },
      { wireAsPublicMessage: true, ratchetTreeExtension: true, extraProposals, authenticatedData },
    );
    return {
      commit: encode(result.commit),
      welcome: result.welcome ? encode({ version: "mls10", wireformat: "mls_welcome", welcome: result.welcome }) : null,
      group: wrap(result.newState),
    };
  }

  parseCommit(bytes: Uint8Array): ParsedCommit {
    const { content } = decode(bytes, "mls_public_message").publicMessage;
    if (content.contentType !== "commit") throw new MlsRefused("not a commit");
    if (content.sender.senderType !== "member" && content.sender.senderType !== "new_member_commit") throw new MlsRefused("foreign sender");
    const parsed: ParsedCommit = {
      epoch: Number(content.epoch),
      conversation: fromUtf8(content.groupId),
      sender: content.sender.senderType === "member" ? content.sender.leafIndex : null,
      path: content.commit.path ? claimOf(content.commit.path.leafNode) : null,
      added: [],
      removed: [],
      foreign: [],
      authenticatedData: own(content.authenticatedData),
    };
    for (const item of content.commit.proposals) {
      if (item.proposalOrRefType !== "proposal") parsed.foreign.push("reference");
      else if (item.proposal.proposalType === "add") parsed.added.push(claimOf((item.proposal as { add: { keyPackage: KeyPackage } }).add.keyPackage.leafNode));
      else if (item.proposal.proposalType === "remove") parsed.removed.push((item.proposal as { remove: { removed: number } }).remove.removed);
      else if (item.proposal.proposalType !== "external_init" || parsed.sender !== null) parsed.foreign.push(String(item.proposal.proposalType));
    }
    return parsed;
  }

  /** The caller has checked the grants. Answers null when this commit removed this device. */
  async processCommit(group: Group, bytes: Uint8Array, check: LeafCheck): Promise<Group | null> {
    const { publicMessage } = decode(bytes, "mls_public_message");
    const state = open(group, check);
    if (!equal(publicMessage.content.groupId, state.groupContext.groupId)) throw new MlsRefused("another group");
    const result = await processPublicMessage(state, publicMessage, emptyPskIndex, this.suite);
    return result.newState.groupActiveState.kind === "removedFromGroup" ? null : wrap(result.newState);
  }

  async encrypt(group: Group, plaintext: Uint8Array): Promise<{ message: Bytes; group: Group; consumed: Uint8Array[] }> {
    const result = await createApplicationMessage(open(group), plaintext, this.suite);
    const message = encode({ version: "mls10", wireformat: "mls_private_message", privateMessage: result.privateMessage });
    return { message, group: wrap(result.newState), consumed: result.consumed };
  }

  async decrypt(group: Group, bytes: Uint8Array): Promise<{ plaintext: Bytes; sender: Leaf; group: Group; consumed: Uint8Array[] }> {
    const { privateMessage } = decode(bytes, "mls_private_message");
    const state = open(group);
    if (!equal(privateMessage.groupId, state.groupContext.groupId)) throw new MlsRefused("another group");
    const past = state.historicalReceiverData.get(privateMessage.epoch);
    const of = privateMessage.epoch === state.groupContext.epoch
      ? { secret: state.keySchedule.senderDataSecret, tree: state.ratchetTree }
      : past && { secret: past.senderDataSecret, tree: past.ratchetTree };
    if (!of) throw new MlsRefused("no keys of this epoch");
    const senderData = await decryptSenderData(privateMessage, of.secret, this.suite);
    const sender = ratchetLeaves(of.tree).find((leaf) => leaf.index === senderData?.leafIndex);
    if (!sender) throw new MlsRefused("no such sender");
    const result = await processPrivateMessage(state, privateMessage, emptyPskIndex, this.suite);
    if (result.kind !== "applicationMessage") throw new MlsRefused("not an application message");
    return { plaintext: own(result.message), sender, group: wrap(result.newState), consumed: result.consumed };
  }

  /** HK(e): the key under which this epoch's letters and archive copies stand. */
  async historyKey(group: Group): Promise<Bytes> {
    const state = open(group);
    return own(await mlsExporter(state.keySchedule.exporterSecret, "wardesk-history", state.groupContext.groupId, 32, this.suite));
  }

  private async makePackage(key: SignatureKey, statement: string, now: number, lastResort: boolean): Promise<{ publicPackage: KeyPackage; privatePackage: PrivateKeyPackage; notAfter: number }> {
    const extensions = lastResort ? [{ extensionType: LAST_RESORT_EXTENSION, extensionData: new Uint8Array() }] : [];
    // An hour of grace backwards: the peer's clock may be behind.
    const seconds = Math.floor(now / 1000);
    const notAfter = seconds + KEY_PACKAGE_DAYS * 86_400;
    const made = await generateKeyPackageWithKey(
      { credentialType: "basic", identity: utf8(statement) },
      { versions: ["mls10"], ciphersuites: [SUITE], extensions: lastResort ? [LAST_RESORT_EXTENSION] : [], proposals: [], credentials: ["basic"] },
      { notBefore: BigInt(seconds - 3600), notAfter: BigInt(notAfter) },
      extensions,
      { signKey: key.seed, publicKey: key.publicKey },
      this.suite,
    );
    return { ...made, notAfter };
  }
}

export function epochOf(group: Group): number {
  return Number(open(group).groupContext.epoch);
}

export function authenticatorOf(group: Group): Bytes {
  return own(open(group).keySchedule.epochAuthenticator);
}

export function leavesOf(group: Group): Leaf[] {
  return ratchetLeaves(open(group).ratchetTree);
}

export function ownLeafIndex(group: Group): number {
  return open(group).privatePath.leafIndex;
}

/** The statement in this device's own leaf. */
export function ownStatementOf(group: Group): string {
  const own = ownLeafIndex(group);
  return leavesOf(group).find((leaf) => leaf.index === own)?.statement ?? "";
}

export function saveGroup(group: Group): Bytes {
  return own(encodeGroupState(open(group)));
}

export function restoreGroup(bytes: Uint8Array): Group {
  const decoded = decodeGroupState(bytes, 0);
  if (!decoded) throw new MlsRefused("saved group does not decode");
  return wrap({ ...decoded[0], clientConfig: config(acceptNone) });
}

/** Overwrites keys that were used up. Only after the state that no longer needs them is on disk. */
export function forget(consumed: Uint8Array[]): void {
  for (const bytes of consumed) zeroOutUint8Array(bytes);
}

// A state that nobody re-armed with a check must not let a leaf in.
const acceptNone: LeafCheck = async () => false;

function config(check: LeafCheck): ClientConfig {
  return {
    keyRetentionConfig: { retainKeysForGenerations: 10, retainKeysForEpochs: 4, maximumForwardRatchetSteps: 2000 },
    lifetimeConfig: { maximumTotalLifetime: BigInt(30 * 86_400), validateLifetimeOnReceive: false },
    keyPackageEqualityConfig: defaultKeyPackageEqualityConfig,
    paddingConfig: { kind: "padUntilLength", padUntilLength: 256 },
    authService: {
      async validateCredential(credential, signatureKey) {
        if (credential.credentialType !== "basic") return false;
        try {
          return await check(fromUtf8((credential as { identity: Uint8Array }).identity), signatureKey);
        } catch {
          return false;
        }
      },
    },
  };
}

function checkLifetime(keyPackage: KeyPackage): void {
  const leaf = keyPackage.leafNode;
  if (leaf.leafNodeSource !== "key_package") throw new MlsRefused("not a key package leaf");
  if (leaf.lifetime.notAfter - leaf.lifetime.notBefore > BigInt(31 * 86_400)) throw new MlsRefused("key package lives too long");
}

function wrap(state: ClientState): Group {
  return state as unknown as Group;
}

function open(group: Group, check: LeafCheck = acceptNone): ClientState {
  return { ...(group as unknown as ClientState), clientConfig: config(check) };
}

/**
 * ts-mls 1.6.4 has no way to change a leaf's credential: it copies the one in its tree into the new leaf of the path.
 * So that one is replaced in a copy of the state. Everything the commit proves of the old epoch (context, tree hash,
 * transcript) is kept beside the tree and stays as it was, and no parent hash covers the committer's own old leaf.
 */
function withOwnStatement(state: ClientState, statement: string): ClientState {
  const at = state.privatePath.leafIndex * 2;
  const node = state.ratchetTree[at];
  if (node?.nodeType !== "leaf" || statementOf(node.leaf) === statement) return state;
  const ratchetTree = state.ratchetTree.slice();
  ratchetTree[at] = { nodeType: "leaf", leaf: { ...node.leaf, credential: { credentialType: "basic", identity: utf8(statement) } } };
  return { ...state, ratchetTree };
}

function encode(message: MLSMessage): Bytes {
  return own(encodeMlsMessage(message));
}

function decode<W extends MLSMessage["wireformat"]>(bytes: Uint8Array, wireformat: W): Extract<MLSMessage, { wireformat: W }> {
  let decoded: [MLSMessage, number] | undefined;
  try {
    decoded = decodeMlsMessage(bytes, 0);
  } catch {
    throw new MlsRefused("not MLS");
  }
  if (!decoded || decoded[1] !== bytes.length) throw new MlsRefused("not MLS");
  const message = decoded[0];
  if (message.wireformat !== wireformat) throw new MlsRefused(`expected ${wireformat}`);
  return message as Extract<MLSMessage, { wireformat: W }>;
}

function statementOf(leaf: LeafNode): string {
  if (leaf.credential.credentialType !== "basic") throw new MlsRefused("not a basic credential");
  return fromUtf8((leaf.credential as { identity: Uint8Array }).identity);
}

function claimOf(leaf: LeafNode): LeafClaim {
  return { statement: statementOf(leaf), signatureKey: own(leaf.signaturePublicKey) };
}

type Tree = ClientState["ratchetTree"];

function ratchetLeaves(tree: Tree): (Leaf & { node: LeafNode })[] {
  return tree.flatMap((node, at) =>
    node?.nodeType === "leaf"
      ? [{ index: at / 2, statement: statementOf(node.leaf), signatureKey: own(node.leaf.signaturePublicKey), node: node.leaf }]
      : [],
  );
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function withLength(key: Uint8Array): Bytes {
  return key.length === 32 ? concat(new Uint8Array([32]), key) : own(key);
}

function withoutLength(key: Uint8Array): Bytes {
  return key.length === 33 && key[0] === 32 ? own(key.slice(1)) : own(key);
}
