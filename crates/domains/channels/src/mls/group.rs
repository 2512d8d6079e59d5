use std::collections::HashMap;

use openmls::prelude::{
    BasicCredential, Ciphersuite, Credential, GroupId, KeyPackage, LeafNode, LeafNodeIndex, MlsMessageBodyIn,
    ProcessedMessageContent, Proposal, ProposalStore, ProtocolMessage, PublicGroup, Sender, StagedCommit,
};
use openmls_rust_crypto::{MemoryStorage, RustCrypto};
use wd_kernel::{ConversationId, Timestamp};

use super::{MAX_AUTHENTICATED_DATA, MAX_HANDSHAKE, group_info, key_package, parse};
use crate::ChannelsError;

/// The one cipher suite of conversations.
pub(crate) const SUITE: Ciphersuite = Ciphersuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519;

/// A leaf: the statement in its credential and its signature key. Nothing of it is checked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Leaf {
    pub(crate) statement: String,
    pub(crate) mls_key: Vec<u8>,
}

/// Who made a commit.
pub(crate) enum Committer {
    /// A member, with the leaf it had, and the one it has afterwards if the commit has a path.
    Member { before: Leaf, after: Option<Leaf> },
    /// Somebody who enters by it.
    External(Leaf),
}

/// What a commit does to a group.
pub(crate) struct Change {
    pub(crate) committer: Committer,
    pub(crate) added: Vec<Leaf>,
    pub(crate) removed: Vec<Leaf>,
    pub(crate) authenticated_data: Vec<u8>,
}

/// A commit that MLS has nothing against. Grants and roles are the caller's to check.
pub(crate) struct CheckedCommit {
    pub(crate) change: Change,
    staged: Box<StagedCommit>,
    sender: Option<LeafNodeIndex>,
}

impl Change {
    /// Whether a device comes in or goes out by it.
    pub(crate) fn needs_leave(&self) -> bool {
        matches!(self.committer, Committer::External(_)) || !self.added.is_empty() || !self.removed.is_empty()
    }
}

/// The public side of a conversation's group.
pub(crate) struct TrackedGroup {
    group: PublicGroup,
    storage: MemoryStorage,
}

impl TrackedGroup {
    /// A new group from its creator's GroupInfo.
    pub(crate) fn create(conversation: ConversationId, group_info: &[u8]) -> Result<Self, ChannelsError> {
        let tracked = Self::rebuild(group_info)?;
        let context = tracked.group.group_context();
        if context.group_id().as_slice() != conversation.to_string().as_bytes() || tracked.group.ciphersuite() != SUITE
        {
            return Err(ChannelsError::InvalidMls("the GroupInfo is of another group"));
        }
        if context.epoch().as_u64() != 0 || tracked.group.members().count() != 1 {
            return Err(ChannelsError::InvalidMls(
                "a conversation begins with its customer's device alone",
            ));
        }
        group_info::check(group_info, &tracked.group, LeafNodeIndex::new(0))?;
        Ok(tracked)
    }

    /// The group as it was stored. The GroupInfo is the way back if the stored form is of another version of openmls;
    /// it is the second choice because it would measure old leaves' lifetimes by today.
    pub(crate) fn load(conversation: ConversationId, state: &[u8], group_info: &[u8]) -> Result<Self, ChannelsError> {
        let stored = read_storage(state).and_then(|storage| {
            let id = GroupId::from_slice(conversation.to_string().as_bytes());
            PublicGroup::load(&storage, &id)
                .ok()
                .flatten()
                .map(|group| Self { group, storage })
        });
        stored.map_or_else(
            || Self::rebuild(group_info).map_err(|_| ChannelsError::Stored("a group")),
            Ok,
        )
    }

    fn rebuild(group_info: &[u8]) -> Result<Self, ChannelsError> {
        let uploaded = group_info::read(group_info)?;
        let storage = MemoryStorage::default();
        let (group, _) = PublicGroup::from_external(
            &RustCrypto::default(),
            &storage,
            uploaded.tree,
            uploaded.info,
            ProposalStore::new(),
        )
        .map_err(|_| ChannelsError::InvalidMls("the GroupInfo does not check"))?;
        Ok(Self { group, storage })
    }

    /// The form to store.
    pub(crate) fn state(&self) -> Result<Vec<u8>, ChannelsError> {
        write_storage(&self.storage).ok_or(ChannelsError::Stored("a group"))
    }

    /// The members' leaves.
    pub(crate) fn leaves(&self) -> Result<Vec<Leaf>, ChannelsError> {
        self.group
            .members()
            .map(|member| {
                Ok(Leaf {
                    statement: identity(&member.credential)?,
                    mls_key: member.signature_key,
                })
            })
            .collect()
    }

    /// Reads a commit of the present epoch and checks it by MLS's rules and by the kinds of proposals we take.
    pub(crate) fn check(&self, commit: &[u8], now: Timestamp) -> Result<CheckedCommit, ChannelsError> {
        let MlsMessageBodyIn::PublicMessage(message) = parse(commit, MAX_HANDSHAKE)? else {
            return Err(ChannelsError::InvalidMls("a commit is a PublicMessage"));
        };
        let message = ProtocolMessage::from(message);
        if message.group_id() != self.group.group_id() {
            return Err(ChannelsError::InvalidMls("the commit is for another group"));
        }
        if message.epoch() != self.group.group_context().epoch() {
            return Err(ChannelsError::EpochConflict);
        }
        let processed = self
            .group
            .process_message(&RustCrypto::default(), message)
            .map_err(|_| ChannelsError::InvalidMls("the commit does not check"))?;
        let sender = processed.sender().clone();
        let authenticated_data = processed.aad().to_vec();
        if authenticated_data.len() > MAX_AUTHENTICATED_DATA {
            return Err(ChannelsError::TooLarge);
        }
        let ProcessedMessageContent::StagedCommitMessage(staged) = processed.into_content() else {
            return Err(ChannelsError::InvalidMls("not a commit"));
        };
        let (added, removed) = self.changes(&staged, now)?;
        let path = staged.update_path_leaf_node().map(leaf).transpose()?;
        let (committer, sender) = match sender {
            Sender::Member(index) => {
                let before = self
                    .group
                    .leaf(index)
                    .ok_or(ChannelsError::InvalidMls("the committer is no member"))?;
                (
                    Committer::Member {
                        before: leaf(before)?,
                        after: path,
                    },
                    Some(index),
                )
            }
            Sender::NewMemberCommit => (
                Committer::External(path.ok_or(ChannelsError::InvalidMls("an external commit has a path"))?),
                None,
            ),
            _ => return Err(ChannelsError::InvalidMls("only members and those who enter commit")),
        };
        Ok(CheckedCommit {
            change: Change {
                committer,
                added,
                removed,
                authenticated_data,
            },
            staged,
            sender,
        })
    }

    fn changes(&self, staged: &StagedCommit, now: Timestamp) -> Result<(Vec<Leaf>, Vec<Leaf>), ChannelsError> {
        let (mut added, mut removed) = (Vec::new(), Vec::new());
        for queued in staged.queued_proposals() {
            match queued.proposal() {
                Proposal::Add(add) => added.push(entering(add.key_package(), now)?),
                Proposal::Remove(remove) => {
                    let gone = self
                        .group
                        .leaf(remove.removed())
                        .ok_or(ChannelsError::InvalidMls("who is removed is no member"))?;
                    removed.push(leaf(gone)?);
                }
                Proposal::ExternalInit(_) => {}
                _ => {
                    return Err(ChannelsError::InvalidMls(
                        "a commit adds, removes and updates, nothing else",
                    ));
                }
            }
        }
        Ok((added, removed))
    }

    /// Goes on to the epoch the commit begins and compares the uploaded GroupInfo with it.
    pub(crate) fn merge(&mut self, commit: CheckedCommit, group_info: &[u8]) -> Result<(), ChannelsError> {
        let failed = |_| ChannelsError::InvalidMls("the commit cannot be merged");
        let before: HashMap<u32, Vec<u8>> = self
            .group
            .members()
            .map(|member| (member.index.u32(), member.encryption_key))
            .collect();
        let entering = match &commit.change.committer {
            Committer::External(leaf) => Some(leaf.mls_key.clone()),
            Committer::Member { .. } => None,
        };
        self.group.merge_commit(&self.storage, *commit.staged).map_err(failed)?;
        let committer = match (commit.sender, entering) {
            (Some(index), _) => Some(index),
            (None, key) => self
                .group
                .members()
                .find(|member| {
                    Some(&member.signature_key) == key.as_ref()
                        && before.get(&member.index.u32()) != Some(&member.encryption_key)
                })
                .map(|member| member.index),
        };
        group_info::check(
            group_info,
            &self.group,
            committer.ok_or(ChannelsError::InvalidMls("the committer is no member"))?,
        )
    }
}

fn entering(package: &KeyPackage, now: Timestamp) -> Result<Leaf, ChannelsError> {
    key_package::check_lifetime(package, now)?;
    leaf(package.leaf_node())
}

fn leaf(node: &LeafNode) -> Result<Leaf, ChannelsError> {
    Ok(Leaf {
        statement: identity(node.credential())?,
        mls_key: node.signature_key().as_slice().to_vec(),
    })
}

/// The statement in a Basic credential.
fn identity(credential: &Credential) -> Result<String, ChannelsError> {
    let basic = BasicCredential::try_from(credential.clone())
        .map_err(|_| ChannelsError::InvalidMls("a leaf has a Basic credential"))?;
    String::from_utf8(basic.identity().to_vec())
        .map_err(|_| ChannelsError::InvalidMls("a credential is a device statement"))
}

impl Leaf {
    pub(crate) fn of_package(package: &KeyPackage) -> Result<Self, ChannelsError> {
        leaf(package.leaf_node())
    }
}

/// Key and value of each entry, each with its length in front.
fn write_storage(storage: &MemoryStorage) -> Option<Vec<u8>> {
    let values = storage.values.read().ok()?;
    let mut entries: Vec<_> = values.iter().collect();
    entries.sort();
    let mut out = Vec::new();
    for part in entries.into_iter().flat_map(|(key, value)| [key, value]) {
        out.extend_from_slice(&u32::try_from(part.len()).ok()?.to_be_bytes());
        out.extend_from_slice(part);
    }
    Some(out)
}

fn read_storage(mut bytes: &[u8]) -> Option<MemoryStorage> {
    let storage = MemoryStorage::default();
    let mut part = || {
        let (length, rest) = bytes.split_first_chunk::<4>()?;
        let (part, rest) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
        bytes = rest;
        Some(part.to_vec())
    };
    {
        let mut values = storage.values.write().ok()?;
        while let Some(key) = part() {
            values.insert(key, part()?);
        }
    }
    if bytes.is_empty() { Some(storage) } else { None }
}
