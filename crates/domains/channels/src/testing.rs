//! People and devices with an MLS engine, for tests: what a client does, without a network.
#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a test cannot go on without its world"
)]

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use openmls::prelude::{
    BasicCredential, Capabilities, Credential, CredentialWithKey, ExtensionType, GroupId, KeyPackage,
    LeafNodeParameters, Lifetime, MIXED_PLAINTEXT_WIRE_FORMAT_POLICY, MlsGroup, MlsGroupCreateConfig,
    MlsGroupJoinConfig, MlsMessageBodyIn, MlsMessageIn, MlsMessageOut, OpenMlsProvider as _, ProcessedMessageContent,
    ProtocolMessage, ProtocolVersion, SignatureScheme, StagedWelcome, tls_codec::Deserialize as _,
};
use openmls_rust_crypto::OpenMlsRustCrypto;
use openmls_traits::signatures::{Signer, SignerError};
use wd_crypto::jws::SigningKey;
use wd_db::{Db, Tx};
use wd_kernel::{
    Actor, ConversationId, Ctx, CustomerId, Decide, DeviceId, Duration, HandClock, Scope, SeededEntropy, SessionId,
    StaffActor, StaffId, TeamId, Timestamp, World, b64u,
};

use crate::{
    Bytes, Channels, ChannelsError, Commit, DeviceShare, DeviceStatement, FirstLetter, NewConversation, NewDevice,
    NewTeamKey, OfferedKeyPackage, PublicKey, Record, RecordHeader, RecordType, SealedHistoryKey, ShownNames,
    Signature, TeamsOf, mls::SUITE,
};

/// Allows everything but what was taken away.
#[derive(Default)]
pub struct Rights(Mutex<HashSet<&'static str>>);

impl Rights {
    /// Takes a right away from everybody.
    pub fn take_away(&self, permission: &'static str) {
        self.0.lock().unwrap().insert(permission);
    }
}

impl Decide for Rights {
    fn allows(&self, _: &Actor, permission: &'static str, _: Scope) -> bool {
        !self.0.lock().unwrap().contains(permission)
    }
}

/// Everybody is called Ada and is in one team.
pub struct People(pub TeamId);

#[async_trait]
impl TeamsOf for People {
    async fn teams(&self, _: &mut Tx, _: StaffId) -> Result<Vec<TeamId>, ChannelsError> {
        Ok(vec![self.0])
    }
}

#[async_trait]
impl ShownNames for People {
    async fn staff(&self, _: &mut Tx, _: StaffId) -> Result<Option<String>, ChannelsError> {
        Ok(Some("Ada".into()))
    }
    async fn customer(&self, _: &mut Tx, _: CustomerId) -> Result<Option<String>, ChannelsError> {
        Ok(None)
    }
}

/// An organisation with a key, a team, and a clock that is moved by hand.
pub struct Organisation {
    /// The delivery service.
    pub channels: Channels,
    /// The clock; it starts at the present, because openmls looks at the machine's clock.
    pub clock: Arc<HandClock>,
    /// The rights.
    pub rights: Arc<Rights>,
    /// The team.
    pub team: TeamId,
    world: World,
}

impl Organisation {
    /// On a migrated database.
    pub async fn new(db: &Db) -> Self {
        let vault = wd_vault::testing::vault(db).await;
        let clock = Arc::new(HandClock::at(TestDevice::present()));
        let rights = Arc::new(Rights::default());
        let world = World {
            clock: clock.clone(),
            entropy: Arc::new(SeededEntropy::new(11)),
            decide: rights.clone(),
        };
        let team: TeamId = world.ctx(Actor::Nobody).id();
        let people = Arc::new(People(team));
        let channels = Channels::new(db.clone(), vault, people.clone(), people);
        channels
            .ensure_organisation_key(&world.ctx(Actor::System("test")))
            .await
            .unwrap();
        Self {
            channels,
            clock,
            rights,
            team,
            world,
        }
    }

    /// The system.
    pub fn system(&self) -> Ctx {
        self.world.ctx(Actor::System("test"))
    }

    /// A new staff member with a fresh second factor.
    pub fn staff(&self) -> Ctx {
        let id: StaffId = self.system().id();
        let session: SessionId = self.system().id();
        let stepped_up_until = Some(self.system().now() + Duration::from_secs(1_000_000_000));
        self.world.ctx(Actor::Staff(Arc::new(StaffActor {
            id,
            session,
            roles: vec![],
            teams: vec![self.team],
            stepped_up_until,
        })))
    }

    /// A new customer.
    pub fn customer(&self) -> Ctx {
        let id: CustomerId = self.system().id();
        self.world.ctx(Actor::Customer { id, device: None })
    }

    /// A new device of somebody.
    pub async fn device(&self, ctx: &Ctx) -> TestDevice {
        TestDevice::enrol(&self.channels, ctx, self.team).await
    }

    /// The first team key, made by a device and shared with it.
    pub async fn team_key(&self, device: &TestDevice, generation: i64) -> Result<(), ChannelsError> {
        let (public_key, at) = ([9; 32], device.ctx.now().seconds());
        let text = format!("{}|{generation}|{}|{at}", self.team, b64u::encode(public_key));
        let signature = device.sign(&[b"wardesk-team-key-v1\0".as_slice(), text.as_bytes()].concat());
        let shares = vec![DeviceShare {
            device: device.id,
            sealed: Bytes(vec![0; 80]),
        }];
        let new = NewTeamKey {
            generation,
            public_key: PublicKey(public_key),
            device: device.id,
            at,
            signature: Signature(signature.try_into().unwrap()),
            shares,
        };
        self.channels.add_team_key(&device.ctx, self.team, &new).await
    }
}

struct Key(SigningKey);

impl Signer for Key {
    fn sign(&self, payload: &[u8]) -> Result<Vec<u8>, SignerError> {
        Ok(self.0.sign_raw(payload))
    }
    fn signature_scheme(&self) -> SignatureScheme {
        SignatureScheme::ED25519
    }
}

/// A device with its keys and, once it is in one, a group.
pub struct TestDevice {
    /// Its id.
    pub id: DeviceId,
    /// Its statement; a test may put another one here.
    pub statement: String,
    /// Its owner.
    pub ctx: Ctx,
    /// Its group.
    pub group: Option<MlsGroup>,
    key: Key,
    provider: OpenMlsRustCrypto,
    team: TeamId,
}

impl TestDevice {
    async fn enrol(channels: &Channels, ctx: &Ctx, team: TeamId) -> Self {
        let key = SigningKey::from_seed(&ctx.random()).unwrap();
        let hpke_key: [u8; 32] = ctx.random();
        let proof = key.sign_raw(&[b"wardesk-device-v1\0".as_slice(), &key.public(), &hpke_key].concat());
        let new = NewDevice {
            name: "browser".into(),
            mls_key: PublicKey(key.public()),
            hpke_key: PublicKey(hpke_key),
            proof: Signature(proof.try_into().unwrap()),
        };
        let enrolled = channels.enrol(ctx, new, "test").await.unwrap();
        Self {
            id: enrolled.id,
            statement: enrolled.statement,
            ctx: ctx.clone(),
            group: None,
            key: Key(key),
            provider: OpenMlsRustCrypto::default(),
            team,
        }
    }

    /// A device that no service knows, with any text for its statement.
    pub fn unknown(ctx: &Ctx, team: TeamId, statement: &str) -> Self {
        Self {
            id: ctx.id(),
            statement: statement.into(),
            ctx: ctx.clone(),
            group: None,
            key: Key(SigningKey::from_seed(&ctx.random()).unwrap()),
            provider: OpenMlsRustCrypto::default(),
            team,
        }
    }

    /// The present, as openmls sees it: it looks at the machine's clock.
    pub fn present() -> Timestamp {
        Timestamp::from_seconds(i64::try_from(Lifetime::default().not_before()).unwrap() + 3600)
    }

    /// Signs as the device.
    pub fn sign(&self, bytes: &[u8]) -> Vec<u8> {
        self.key.0.sign_raw(bytes)
    }

    /// What the statement says.
    pub fn says(&self) -> DeviceStatement {
        let payload = self.statement.split('.').nth(1).unwrap();
        serde_json::from_slice(&b64u::decode(payload).unwrap()).unwrap()
    }

    /// A new client id.
    pub fn client_id(&self) -> String {
        b64u::encode(self.ctx.random::<16>())
    }

    fn credential(&self) -> CredentialWithKey {
        let credential: Credential = BasicCredential::new(self.statement.clone().into_bytes()).into();
        CredentialWithKey {
            credential,
            signature_key: self.key.0.public().to_vec().into(),
        }
    }

    fn config() -> MlsGroupJoinConfig {
        MlsGroupJoinConfig::builder()
            .wire_format_policy(MIXED_PLAINTEXT_WIRE_FORMAT_POLICY)
            .use_ratchet_tree_extension(true)
            .max_past_epochs(4)
            .padding_size(256)
            .build()
    }

    /// A key package that lives so many days.
    pub fn key_package(&self, days: u64, last_resort: bool) -> Bytes {
        let mut builder = KeyPackage::builder().key_package_lifetime(Lifetime::new(days * 24 * 3600));
        if last_resort {
            let capabilities = Capabilities::new(None, None, Some(&[ExtensionType::LastResort]), None, None);
            builder = builder.mark_as_last_resort().leaf_node_capabilities(capabilities);
        }
        let bundle = builder
            .build(SUITE, &self.provider, &self.key, self.credential())
            .unwrap();
        Bytes(MlsMessageOut::from(bundle.key_package().clone()).to_bytes().unwrap())
    }

    /// Makes a group alone, and what opens the conversation with a letter.
    pub fn open(&mut self) -> NewConversation {
        let conversation: ConversationId = self.ctx.id();
        let config = MlsGroupCreateConfig::builder()
            .ciphersuite(SUITE)
            .wire_format_policy(MIXED_PLAINTEXT_WIRE_FORMAT_POLICY)
            .use_ratchet_tree_extension(true)
            .max_past_epochs(4)
            .padding_size(256)
            .build();
        let id = GroupId::from_slice(conversation.to_string().as_bytes());
        let group = MlsGroup::new_with_group_id(&self.provider, &self.key, &config, id, self.credential()).unwrap();
        let info = group
            .export_group_info(self.provider.crypto(), &self.key, true)
            .unwrap();
        self.group = Some(group);
        let client_id = self.client_id();
        let record = self.record(RecordType::Letter, conversation, &client_id, 0);
        NewConversation {
            conversation,
            device: self.id,
            group_info: Bytes(info.to_bytes().unwrap()),
            history_key: self.history_key(0),
            first: Some(FirstLetter { client_id, record }),
        }
    }

    /// A sealed history key; what is in it only clients see.
    pub fn history_key(&self, epoch: i64) -> SealedHistoryKey {
        SealedHistoryKey {
            epoch,
            generation: 1,
            team: self.team,
            sealed: Bytes(vec![1; 80]),
        }
    }

    /// A signed record; what is in it only clients see.
    pub fn record(&self, typ: RecordType, conversation: ConversationId, id: &str, key: i64) -> Record {
        let header = RecordHeader {
            v: 1,
            typ,
            conversation,
            id: id.to_owned(),
            device: self.id,
            key,
            at: self.ctx.now().millis(),
        };
        let header = serde_json::to_vec(&header).unwrap();
        let (nonce, ciphertext) = (vec![0; 12], vec![7; 64]);
        let signature = self.sign(&[b"wardesk-record-v1\0".as_slice(), &header, &nonce, &ciphertext].concat());
        Record {
            header: Bytes(header),
            nonce: Bytes(nonce),
            ciphertext: Bytes(ciphertext),
            signature: Bytes(signature),
        }
    }

    /// Enters by external commit.
    pub fn join(&mut self, group_info: &Bytes, grants: &[String]) -> Commit {
        let MlsMessageBodyIn::GroupInfo(info) = read(&group_info.0) else {
            panic!("a GroupInfo")
        };
        let epoch = i64::try_from(info.epoch().as_u64()).unwrap();
        let (group, bundle) = MlsGroup::external_commit_builder()
            .with_config(Self::config())
            .with_aad(aad(grants))
            .build_group(&self.provider, info, self.credential())
            .unwrap()
            .load_psks(self.provider.storage())
            .unwrap()
            .create_group_info(true)
            .use_ratchet_tree_extension(true)
            .build(self.provider.rand(), self.provider.crypto(), &self.key, |_| true)
            .unwrap()
            .finalize(&self.provider)
            .unwrap();
        self.group = Some(group);
        let info = self.group_info();
        let commit = bundle.commit().to_bytes().unwrap();
        Commit {
            client_id: self.client_id(),
            epoch,
            commit: Bytes(commit),
            group_info: info,
            welcome: None,
            history_key: Some(self.history_key(epoch + 1)),
        }
    }

    /// Commits a change and goes on as if it were accepted.
    pub fn change(&mut self, add: &[OfferedKeyPackage], remove: &[DeviceId], grants: &[String]) -> Commit {
        let commit = self.stage(add, remove, grants);
        self.group
            .as_mut()
            .unwrap()
            .merge_pending_commit(&self.provider)
            .unwrap();
        commit
    }

    /// Commits a change and stays where it was, as if it were refused.
    pub fn propose(&mut self, add: &[OfferedKeyPackage], remove: &[DeviceId], grants: &[String]) -> Commit {
        let commit = self.stage(add, remove, grants);
        let group = self.group.as_mut().unwrap();
        group.clear_pending_commit(self.provider.storage()).unwrap();
        commit
    }

    fn stage(&mut self, add: &[OfferedKeyPackage], remove: &[DeviceId], grants: &[String]) -> Commit {
        let epoch = self.epoch();
        let credential = self.credential();
        let packages: Vec<KeyPackage> = add.iter().map(|offered| package(&offered.key_package.0)).collect();
        let leaves: Vec<_> = remove.iter().map(|device| self.leaf(*device)).collect();
        let group = self.group.as_mut().unwrap();
        group.set_aad(aad(grants));
        let bundle = group
            .commit_builder()
            .consume_proposal_store(false)
            .propose_adds(packages)
            .propose_removals(leaves)
            .force_self_update(true)
            .leaf_node_parameters(
                LeafNodeParameters::builder()
                    .with_credential_with_key(credential)
                    .build(),
            )
            .load_psks(self.provider.storage())
            .unwrap()
            .create_group_info(true)
            .use_ratchet_tree_extension(true)
            .build(self.provider.rand(), self.provider.crypto(), &self.key, |_| true)
            .unwrap()
            .stage_commit(&self.provider)
            .unwrap();
        let info = MlsMessageOut::from(bundle.group_info().unwrap().clone());
        let commit = bundle.commit().to_bytes().unwrap();
        let welcome = bundle
            .to_welcome_msg()
            .map(|welcome| Bytes(welcome.to_bytes().unwrap()));
        let history_key = (!add.is_empty() || !remove.is_empty()).then(|| self.history_key(epoch + 1));
        Commit {
            client_id: self.client_id(),
            epoch,
            commit: Bytes(commit),
            group_info: Bytes(info.to_bytes().unwrap()),
            welcome,
            history_key,
        }
    }

    /// The GroupInfo of the present epoch.
    pub fn group_info(&self) -> Bytes {
        let info = self
            .group
            .as_ref()
            .unwrap()
            .export_group_info(self.provider.crypto(), &self.key, true)
            .unwrap();
        Bytes(info.to_bytes().unwrap())
    }

    /// The present epoch.
    pub fn epoch(&self) -> i64 {
        i64::try_from(self.group.as_ref().unwrap().epoch().as_u64()).unwrap()
    }

    fn leaf(&self, device: DeviceId) -> openmls::prelude::LeafNodeIndex {
        let names = |member: &openmls::prelude::Member| {
            let basic = BasicCredential::try_from(member.credential.clone()).unwrap();
            let payload = std::str::from_utf8(basic.identity())
                .unwrap()
                .split('.')
                .nth(1)
                .unwrap()
                .to_owned();
            serde_json::from_slice::<DeviceStatement>(&b64u::decode(payload).unwrap())
                .unwrap()
                .device
                == device
        };
        self.group.as_ref().unwrap().members().find(names).unwrap().index
    }

    /// Enters by welcome.
    pub fn welcomed(&mut self, welcome: &Bytes) {
        let MlsMessageBodyIn::Welcome(welcome) = read(&welcome.0) else {
            panic!("a Welcome")
        };
        let staged = StagedWelcome::build_from_welcome(&self.provider, &Self::config(), welcome)
            .unwrap()
            .build()
            .unwrap();
        self.group = Some(staged.into_group(&self.provider).unwrap());
    }

    /// Takes over another's commit.
    pub fn follow(&mut self, commit: &Bytes) {
        let group = self.group.as_mut().unwrap();
        let processed = group.process_message(&self.provider, protocol(&commit.0)).unwrap();
        let ProcessedMessageContent::StagedCommitMessage(staged) = processed.into_content() else {
            panic!("a commit")
        };
        group.merge_staged_commit(&self.provider, *staged).unwrap();
    }

    /// Encrypts a message; its client id, the message and the archive copy.
    pub fn message(&mut self, conversation: ConversationId, text: &str) -> (String, Bytes, Record) {
        let (client_id, epoch) = (self.client_id(), self.epoch());
        let mls = self
            .group
            .as_mut()
            .unwrap()
            .create_message(&self.provider, &self.key, text.as_bytes())
            .unwrap();
        let record = self.record(RecordType::Archive, conversation, &client_id, epoch);
        (client_id, Bytes(mls.to_bytes().unwrap()), record)
    }

    /// Decrypts another's message.
    pub fn read(&mut self, mls: &Bytes) -> String {
        let processed = self
            .group
            .as_mut()
            .unwrap()
            .process_message(&self.provider, protocol(&mls.0))
            .unwrap();
        let ProcessedMessageContent::ApplicationMessage(message) = processed.into_content() else {
            panic!("a message")
        };
        String::from_utf8(message.into_bytes()).unwrap()
    }
}

fn aad(grants: &[String]) -> Vec<u8> {
    crate::model::AuthenticatedData::of(grants)
}

fn read(bytes: &[u8]) -> MlsMessageBodyIn {
    MlsMessageIn::tls_deserialize_exact(bytes).unwrap().extract()
}

fn protocol(bytes: &[u8]) -> ProtocolMessage {
    MlsMessageIn::tls_deserialize_exact(bytes)
        .unwrap()
        .try_into_protocol_message()
        .unwrap()
}

fn package(bytes: &[u8]) -> KeyPackage {
    let MlsMessageBodyIn::KeyPackage(package) = read(bytes) else {
        panic!("a KeyPackage")
    };
    package
        .validate(OpenMlsRustCrypto::default().crypto(), ProtocolVersion::Mls10)
        .unwrap()
}
