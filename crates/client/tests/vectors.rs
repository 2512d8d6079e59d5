//! The values that both implementations of the protocol must agree on, as the TypeScript one wrote them.

use serde::Deserialize;
use wd_client::engine::{
    Bytes, DeviceKeys, FolderKey, PublicKey, Record, RecordKey, RecordType, SealingKey, TeamKey, Trust,
    conversation_number, fingerprint,
};
use wd_crypto::jws;
use wd_kernel::{Entropy, SeededEntropy, TeamId, Timestamp, VaultEntryId, VaultFolderId, b64u};

#[derive(Deserialize)]
struct Vectors {
    organisation: OrganisationVector,
    device: DeviceVector,
    statement: StatementVector,
    grant: StatementVector,
    record: RecordVector,
    hpke: HpkeVector,
    team_key: TeamKeyVector,
    team_vault: VaultVector,
    number: NumberVector,
    base64url: Base64Vector,
}

#[derive(Deserialize)]
struct OrganisationVector {
    seed: PublicKey,
    public_key: PublicKey,
    kid: String,
    fingerprint: String,
}

#[derive(Deserialize)]
struct DeviceVector {
    seed: PublicKey,
    public_key: PublicKey,
    hpke_key: PublicKey,
    proof: Bytes,
}

#[derive(Deserialize)]
struct StatementVector {
    jws: String,
    valid_at: i64,
}

#[derive(Deserialize)]
struct RecordVector {
    key: PublicKey,
    body: String,
    record: Record,
    hash: Bytes,
}

#[derive(Deserialize)]
struct HpkeVector {
    info: String,
    aad: String,
    plaintext: Bytes,
    private_key: PublicKey,
    public_key: PublicKey,
    sealed: Bytes,
}

#[derive(Deserialize)]
struct TeamKeyVector {
    team: TeamId,
    generation: u64,
    public_key: PublicKey,
    at: i64,
    signature: Bytes,
}

#[derive(Deserialize)]
struct VaultVector {
    folder: VaultFolderId,
    entry: VaultEntryId,
    version: i64,
    commitment: PublicKey,
    at: i64,
    signature: Bytes,
    name: String,
    list: serde_json::Value,
    secret: serde_json::Value,
    sealed: SealedVault,
}

#[derive(Deserialize)]
struct SealedVault {
    private_key: Bytes,
    public_key: PublicKey,
    share: Bytes,
    name: Bytes,
    wrapped: Bytes,
    list: Bytes,
    secret: Bytes,
}

#[derive(Deserialize)]
struct NumberVector {
    epoch_authenticator: Bytes,
    number: String,
}

#[derive(Deserialize)]
struct Base64Vector {
    utf8: String,
    encoded: String,
}

/// Chance that always gives the vector's nonce.
struct Nonce(Vec<u8>);

impl Entropy for Nonce {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.copy_from_slice(&self.0);
    }
}

#[expect(clippy::unwrap_used, reason = "without the vectors there is nothing to test")]
fn vectors() -> Vectors {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../web/crypto/vectors.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[expect(clippy::unwrap_used, reason = "without keys there is nothing to test")]
fn keys(vectors: &Vectors) -> DeviceKeys {
    DeviceKeys::from_parts(
        &vectors.device.seed.0,
        SealingKey::generate(&SeededEntropy::new(1)).unwrap(),
    )
    .unwrap()
}

fn trust(vectors: &Vectors) -> Trust {
    Trust::new([vectors.organisation.public_key.0])
}

#[test]
fn the_organisation_has_the_same_name_and_fingerprint() {
    let organisation = vectors().organisation;
    assert_eq!(
        jws::SigningKey::from_seed(&organisation.seed.0).unwrap().public(),
        organisation.public_key.0
    );
    assert_eq!(jws::key_id(&organisation.public_key.0), organisation.kid);
    assert_eq!(fingerprint(&organisation.public_key.0), organisation.fingerprint);
}

#[test]
fn a_device_proves_its_keys_with_the_same_signature() {
    let vectors = vectors();
    let keys = keys(&vectors);
    assert_eq!(keys.mls_key(), vectors.device.public_key);
    let proof = [
        b"wardesk-device-v1\0".as_slice(),
        &vectors.device.public_key.0,
        &vectors.device.hpke_key.0,
    ]
    .concat();
    assert_eq!(keys.sign(&proof), vectors.device.proof.0);
}

#[test]
fn statement_and_grant_of_the_other_side_check() {
    let vectors = vectors();
    let at = Timestamp::from_seconds(vectors.statement.valid_at);
    let statement = trust(&vectors).device(&vectors.statement.jws, at).unwrap();
    assert_eq!(
        (statement.mls_key, statement.hpke_key),
        (vectors.device.public_key, vectors.device.hpke_key)
    );
    let conversation = vectors.record.record.header().unwrap().conversation;
    let at = Timestamp::from_seconds(vectors.grant.valid_at);
    let grant = trust(&vectors).grant(&vectors.grant.jws, conversation, at).unwrap();
    assert_eq!(grant.devices, [statement.device]);
}

#[test]
fn a_record_comes_out_of_the_same_values_to_the_byte() {
    let vectors = vectors();
    let RecordVector {
        key,
        body,
        record,
        hash,
    } = &vectors.record;
    let key = RecordKey::new(key.0);
    let header = record.header().unwrap();
    let signer = vectors.device.public_key;
    record
        .check(
            &signer,
            RecordType::Letter,
            header.conversation,
            &header.id,
            header.device,
        )
        .unwrap();
    assert_eq!(&record.open(&key).unwrap(), body);
    assert_eq!(record.hash().to_vec(), hash.0);
    let ours = Record::seal(&header, body, &key, &keys(&vectors), &Nonce(record.nonce.0.clone())).unwrap();
    assert_eq!(&ours, record);
}

#[test]
fn what_the_other_side_sealed_opens() {
    let HpkeVector {
        info,
        aad,
        plaintext,
        private_key,
        public_key,
        sealed,
    } = vectors().hpke;
    let pair = SealingKey::from_halves(&private_key.0, public_key).unwrap();
    assert_eq!(
        pair.open(info.as_bytes(), aad.as_bytes(), &sealed.0).unwrap().to_vec(),
        plaintext.0
    );
}

#[test]
fn a_team_key_of_the_other_side_checks() {
    let vectors = vectors();
    let device = trust(&vectors)
        .device_of_any_time(&vectors.statement.jws)
        .unwrap()
        .device;
    let TeamKeyVector {
        team,
        generation,
        public_key,
        at,
        signature,
    } = &vectors.team_key;
    let statement = vectors.statement.jws.clone();
    let (public_key, signature) = (*public_key, signature.clone());
    let key = TeamKey {
        team: *team,
        generation: *generation,
        public_key,
        device,
        at: *at,
        signature,
        statement,
    };
    assert_eq!(key.check(&trust(&vectors)), Ok(()));
}

#[test]
fn the_conversation_number_is_the_same() {
    let NumberVector {
        epoch_authenticator,
        number,
    } = vectors().number;
    assert_eq!(conversation_number(&epoch_authenticator.0).unwrap(), number);
}

#[test]
fn binary_is_written_the_same_way() {
    let Base64Vector { utf8, encoded } = vectors().base64url;
    assert_eq!(b64u::encode(utf8), encoded);
}

#[test]
fn a_folder_of_the_team_vault_opens_that_the_other_side_sealed() {
    let vectors = vectors();
    let (vault, sealed) = (&vectors.team_vault, &vectors.team_vault.sealed);
    let maker = trust(&vectors).device_of_any_time(&vectors.statement.jws).unwrap();
    let own = SealingKey::from_halves(&sealed.private_key.0, sealed.public_key).unwrap();
    let made = (&vault.commitment, vault.at, vault.signature.0.as_slice());
    let key = FolderKey::open_share((vault.folder, 1), (maker.device, &own), &sealed.share.0, &maker, made).unwrap();
    assert_eq!(key.commitment(), vault.commitment);
    assert_eq!(key.sign(&keys(&vectors), vault.at), vault.signature.0);
    assert_eq!(key.open_name(&sealed.name.0).unwrap(), vault.name);
    let list: serde_json::Value = key
        .open_list(vault.entry, vault.version, (&sealed.wrapped.0, &sealed.list.0))
        .unwrap();
    let secret: serde_json::Value = key
        .open_secret(vault.entry, vault.version, (&sealed.wrapped.0, &sealed.secret.0))
        .unwrap();
    assert_eq!((&list, &secret), (&vault.list, &vault.secret));
    let forged = (&PublicKey([1; 32]), vault.at, vault.signature.0.as_slice());
    assert!(FolderKey::open_share((vault.folder, 1), (maker.device, &own), &sealed.share.0, &maker, forged).is_err());
}
