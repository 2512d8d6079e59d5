//! This device's membership in a group: a thin, strict layer over openmls. Knows nothing of logs and letters.

use openmls::credentials::BasicCredential;
use openmls::prelude::{
    CommitMessageBundle, Credential, GroupId, KeyPackage, LeafNodeIndex, LeafNodeParameters, MlsGroup,
    MlsMessageBodyIn, MlsMessageIn, MlsMessageOut, OpenMlsProvider, ProcessedMessageContent, Proposal, ProtocolMessage,
    Sender, StagedCommit, StagedWelcome, tls_codec::DeserializeBytes as _,
};
use openmls_rust_crypto::OpenMlsRustCrypto;
use wd_kernel::{ConversationId, Timestamp};

use super::{Device, EngineError, PublicKey, RecordKey, Refusal, error::mls, number, storage, suite};

const HISTORY_LABEL: &str = "wardesk-history";

/// A leaf of the tree: what it claims, unchecked.
pub(super) struct Leaf {
    pub(super) index: u32,
    pub(super) statement: String,
    pub(super) key: PublicKey,
}

/// What a commit does, as openmls read it.
pub(super) struct CommitView {
    /// Index of the committer; none for an external commit.
    pub(super) sender: Option<u32>,
    pub(super) added: Vec<Leaf>,
    pub(super) removed: Vec<u32>,
    /// The committer's new leaf.
    pub(super) path: Option<Leaf>,
    /// It does something the protocol has no room for.
    pub(super) foreign: bool,
    pub(super) authenticated_data: Vec<u8>,
}

/// What a commit of this device puts on the wire.
pub(super) struct CommitBytes {
    pub(super) commit: Vec<u8>,
    pub(super) welcome: Option<Vec<u8>>,
    pub(super) group_info: Vec<u8>,
    /// The history key of the epoch it begins.
    pub(super) history_key: RecordKey,
}

/// A message of the group, decrypted.
pub(super) struct Opened {
    /// The statement in the author's leaf.
    pub(super) statement: String,
    pub(super) plaintext: Vec<u8>,
}

pub(super) struct Member {
    provider: OpenMlsRustCrypto,
    group: MlsGroup,
}

impl Member {
    pub(super) fn create(device: &Device, conversation: ConversationId, now: Timestamp) -> Result<Self, EngineError> {
        let provider = OpenMlsRustCrypto::default();
        let group = MlsGroup::new_with_group_id(
            &provider,
            device.keys(),
            &suite::create_config(now),
            group_id(conversation),
            device.credential(),
        )
        .map_err(mls("create a group"))?;
        Ok(Self { provider, group })
    }

    /// Enters by external commit; a leaf with this device's signature key is replaced. `check` sees the leaves first.
    pub(super) fn join(
        device: &Device,
        conversation: ConversationId,
        group_info: &[u8],
        authenticated_data: Vec<u8>,
        check: impl FnOnce(&[Leaf]) -> Result<(), Refusal>,
    ) -> Result<(Self, CommitBytes), EngineError> {
        let MlsMessageBodyIn::GroupInfo(info) = message(group_info)?.extract() else {
            return Err(Refusal::Form.into());
        };
        if info.group_id() != &group_id(conversation) || info.ciphersuite() != suite::SUITE {
            return Err(Refusal::Form.into());
        }
        let provider = OpenMlsRustCrypto::default();
        let builder = MlsGroup::external_commit_builder()
            .with_config(suite::join_config())
            .with_aad(authenticated_data)
            // Whether a leaf counted when it entered is what its statement and the log's times say.
            .skip_lifetime_validation()
            .build_group(&provider, info, device.credential())
            .map_err(mls("read the group"))?;
        let (group, bundle) = builder
            .load_psks(provider.storage())
            .map_err(mls("join the group"))?
            .create_group_info(true)
            .use_ratchet_tree_extension(true)
            .build(provider.rand(), provider.crypto(), device.keys(), |_| true)
            .map_err(mls("join the group"))?
            .finalize(&provider)
            .map_err(mls("join the group"))?;
        let member = Self { provider, group };
        let own = member.group.own_leaf_index().u32();
        let others: Vec<_> = member.leaves()?.into_iter().filter(|leaf| leaf.index != own).collect();
        check(&others)?;
        let history_key = member.history_key(conversation)?;
        let bytes = CommitBytes::new(&bundle, history_key)?;
        Ok((member, bytes))
    }

    /// Enters by welcome; uses up one of the device's key packages. `check` sees all leaves first.
    pub(super) fn welcomed(
        device: &Device,
        conversation: ConversationId,
        welcome: &[u8],
        check: impl FnOnce(&[Leaf]) -> Result<(), Refusal>,
    ) -> Result<Self, EngineError> {
        let MlsMessageBodyIn::Welcome(welcome) = message(welcome)?.extract() else {
            return Err(Refusal::Form.into());
        };
        let provider = storage::copy(&device.packages);
        let group = StagedWelcome::build_from_welcome(&provider, &suite::join_config(), welcome)
            .map_err(mls("read a welcome"))?
            .skip_lifetime_validation()
            .build()
            .map_err(mls("check a welcome"))?
            .into_group(&provider)
            .map_err(mls("join by welcome"))?;
        let member = Self { provider, group };
        if member.group.group_id() != &group_id(conversation) {
            return Err(Refusal::Form.into());
        }
        check(&member.leaves()?)?;
        storage::part(&device.packages, &member.provider);
        Ok(member)
    }

    /// Prepares a commit; it stays pending until [`accept`](Self::accept) or [`drop_pending`](Self::drop_pending).
    pub(super) fn stage(
        &mut self,
        device: &Device,
        conversation: ConversationId,
        add: Vec<KeyPackage>,
        remove: &[u32],
        authenticated_data: Vec<u8>,
    ) -> Result<CommitBytes, EngineError> {
        self.group.set_aad(authenticated_data);
        let leaf = LeafNodeParameters::builder()
            .with_credential_with_key(device.credential())
            .build();
        let bundle = self
            .group
            .commit_builder()
            .consume_proposal_store(false)
            .propose_adds(add)
            .propose_removals(remove.iter().map(|index| LeafNodeIndex::new(*index)))
            // Every commit renews the committer's keys; a commit without a path would heal nothing.
            .force_self_update(true)
            .leaf_node_parameters(leaf)
            .load_psks(self.provider.storage())
            .map_err(mls("make a commit"))?
            .create_group_info(true)
            .use_ratchet_tree_extension(true)
            .build(self.provider.rand(), self.provider.crypto(), device.keys(), |_| true)
            .map_err(mls("make a commit"))?
            .stage_commit(&self.provider)
            .map_err(mls("make a commit"))?;
        let pending = self.group.pending_commit().ok_or(EngineError::CommitPending)?;
        let key = pending
            .export_secret(
                self.provider.crypto(),
                HISTORY_LABEL,
                conversation.to_string().as_bytes(),
                32,
            )
            .map_err(mls("export the history key"))?;
        CommitBytes::new(&bundle, record_key(key)?)
    }

    /// The server took the pending commit.
    pub(super) fn accept(&mut self) -> Result<(), EngineError> {
        self.group
            .merge_pending_commit(&self.provider)
            .map_err(mls("take over an own commit"))
    }

    /// Another commit won: back to the state before the own one.
    pub(super) fn drop_pending(&mut self) -> Result<(), EngineError> {
        self.group
            .clear_pending_commit(self.provider.storage())
            .map_err(mls("drop an own commit"))
    }

    /// Takes over another's commit, if `check` agrees. Answers whether this device is still in the group.
    pub(super) fn process_commit<T>(
        &mut self,
        bytes: &[u8],
        check: impl FnOnce(&CommitView, &[Leaf]) -> Result<T, Refusal>,
    ) -> Result<(T, bool), EngineError> {
        let processed = self
            .group
            .process_message(&self.provider, protocol(bytes)?)
            .map_err(mls("read a commit"))?;
        let sender = match processed.sender() {
            Sender::Member(index) => Some(index.u32()),
            Sender::NewMemberCommit => None,
            _ => return Err(Refusal::Form.into()),
        };
        let authenticated_data = processed.aad().to_vec();
        let ProcessedMessageContent::StagedCommitMessage(staged) = processed.into_content() else {
            return Err(Refusal::Form.into());
        };
        let view = CommitView::new(sender, authenticated_data, &staged)?;
        let verdict = check(&view, &self.leaves()?)?;
        self.group
            .merge_staged_commit(&self.provider, *staged)
            .map_err(mls("take over a commit"))?;
        Ok((verdict, self.group.is_active()))
    }

    pub(super) fn encrypt(&mut self, device: &Device, plaintext: &[u8]) -> Result<Vec<u8>, EngineError> {
        self.group
            .create_message(&self.provider, device.keys(), plaintext)
            .map_err(mls("encrypt a message"))?
            .to_bytes()
            .map_err(mls("write a message"))
    }

    pub(super) fn decrypt(&mut self, bytes: &[u8]) -> Result<Opened, EngineError> {
        let processed = self
            .group
            .process_message(&self.provider, protocol(bytes)?)
            .map_err(mls("decrypt a message"))?;
        let Sender::Member(_) = processed.sender() else {
            return Err(Refusal::Form.into());
        };
        // The author may have left since: the credential is the one of the message's epoch, checked when it entered.
        let statement = identity(processed.credential())?;
        let ProcessedMessageContent::ApplicationMessage(message) = processed.into_content() else {
            return Err(Refusal::Form.into());
        };
        Ok(Opened {
            statement,
            plaintext: message.into_bytes(),
        })
    }

    pub(super) fn epoch(&self) -> u64 {
        self.group.epoch().as_u64()
    }

    pub(super) fn own_leaf(&self) -> u32 {
        self.group.own_leaf_index().u32()
    }

    pub(super) fn leaves(&self) -> Result<Vec<Leaf>, Refusal> {
        let leaf =
            |member: openmls::prelude::Member| Leaf::new(member.index.u32(), &member.credential, &member.signature_key);
        self.group.members().map(leaf).collect()
    }

    pub(super) fn history_key(&self, conversation: ConversationId) -> Result<RecordKey, EngineError> {
        let context = conversation.to_string();
        let key = self
            .group
            .export_secret(self.provider.crypto(), HISTORY_LABEL, context.as_bytes(), 32)
            .map_err(mls("export the history key"))?;
        record_key(key)
    }

    pub(super) fn group_info(&self, device: &Device) -> Result<Vec<u8>, EngineError> {
        self.group
            .export_group_info(self.provider.crypto(), device.keys(), true)
            .map_err(mls("export the group"))?
            .to_bytes()
            .map_err(mls("write the group"))
    }

    pub(super) fn number(&self) -> Result<String, EngineError> {
        number::conversation_number(self.group.epoch_authenticator().as_slice())
    }

    pub(super) fn save(&self) -> storage::Dump {
        storage::dump(&self.provider)
    }

    pub(super) fn load(conversation: ConversationId, saved: &storage::Dump) -> Result<Self, EngineError> {
        let provider = storage::restore(saved);
        let group = MlsGroup::load(provider.storage(), &group_id(conversation))
            .map_err(mls("load a group"))?
            .ok_or(EngineError::State)?;
        Ok(Self { provider, group })
    }
}

impl Leaf {
    fn new(index: u32, credential: &Credential, key: &[u8]) -> Result<Self, Refusal> {
        Ok(Self {
            index,
            statement: identity(credential)?,
            key: public_key(key)?,
        })
    }
}

impl CommitView {
    fn new(sender: Option<u32>, authenticated_data: Vec<u8>, staged: &StagedCommit) -> Result<Self, Refusal> {
        let mut view = Self {
            sender,
            added: Vec::new(),
            removed: Vec::new(),
            path: None,
            foreign: false,
            authenticated_data,
        };
        for queued in staged.queued_proposals() {
            match queued.proposal() {
                Proposal::Add(add) => {
                    let leaf = add.key_package().leaf_node();
                    view.added
                        .push(Leaf::new(0, leaf.credential(), leaf.signature_key().as_slice())?);
                }
                Proposal::Remove(remove) => view.removed.push(remove.removed().u32()),
                Proposal::ExternalInit(_) if sender.is_none() => {}
                _ => view.foreign = true,
            }
        }
        if let Some(leaf) = staged.update_path_leaf_node() {
            view.path = Some(Leaf::new(0, leaf.credential(), leaf.signature_key().as_slice())?);
        }
        Ok(view)
    }
}

impl CommitBytes {
    fn new(bundle: &CommitMessageBundle, history_key: RecordKey) -> Result<Self, EngineError> {
        let info = bundle
            .group_info()
            .cloned()
            .ok_or(EngineError::Crypto("a commit without its GroupInfo"))?;
        Ok(Self {
            commit: bundle.commit().to_bytes().map_err(mls("write a commit"))?,
            welcome: bundle
                .to_welcome_msg()
                .map(|w| w.to_bytes())
                .transpose()
                .map_err(mls("write a welcome"))?,
            group_info: MlsMessageOut::from(info).to_bytes().map_err(mls("write the group"))?,
            history_key,
        })
    }
}

fn message(bytes: &[u8]) -> Result<MlsMessageIn, EngineError> {
    MlsMessageIn::tls_deserialize_exact_bytes(bytes).map_err(mls("read an MLS message"))
}

fn protocol(bytes: &[u8]) -> Result<ProtocolMessage, EngineError> {
    message(bytes)?
        .try_into_protocol_message()
        .map_err(mls("read an MLS message"))
}

fn group_id(conversation: ConversationId) -> GroupId {
    GroupId::from_slice(conversation.to_string().as_bytes())
}

fn identity(credential: &Credential) -> Result<String, Refusal> {
    let basic = BasicCredential::try_from(credential.clone()).map_err(|_| Refusal::Statement)?;
    String::from_utf8(basic.identity().to_vec()).map_err(|_| Refusal::Statement)
}

fn public_key(bytes: &[u8]) -> Result<PublicKey, Refusal> {
    bytes.try_into().map(PublicKey).map_err(|_| Refusal::Form)
}

fn record_key(bytes: Vec<u8>) -> Result<RecordKey, EngineError> {
    bytes
        .try_into()
        .map(RecordKey::new)
        .map_err(|_| EngineError::Crypto("export the history key"))
}
