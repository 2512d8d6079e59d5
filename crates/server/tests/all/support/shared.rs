use serde_json::{Value, json};
use wd_client::{
    StaffClient,
    engine::{FolderKey, SealedEntry},
};
use wd_kernel::{SeededEntropy, TeamId, VaultEntryId, VaultFolderId, b64u};

/// A folder of the team vault, as a device that has its key uses it.
pub struct Shared {
    pub id: VaultFolderId,
    pub key: FolderKey,
    pub key_version: i64,
    pub chance: SeededEntropy,
    entries: u64,
}

impl Shared {
    /// Makes a folder: of a team, or of this person alone.
    pub async fn new(maker: &mut StaffClient, team: Option<TeamId>, name: &str) -> Self {
        let chance = SeededEntropy::new(41);
        let device = maker.device().unwrap();
        let id: VaultFolderId = device.id().to_string().replace("dev_", "fol_").parse().unwrap();
        let key = FolderKey::generate(id, 1, &chance);
        let body = json!({
            "id": id, "team": team, "team_role": "change", "members": [],
            "name": b64u::encode(key.seal_name(name, &chance).unwrap()),
            "key": signed_key(maker, &key, &[]),
        });
        maker.post("/api/v1/team-vault/folders", &body).await.unwrap();
        Self {
            id,
            key,
            key_version: 1,
            chance,
            entries: 0,
        }
    }

    /// Adds an entry.
    pub async fn add(&mut self, by: &mut StaffClient, list: &Value, secret: &Value) -> VaultEntryId {
        self.entries += 1;
        let entry: VaultEntryId = format!("ent_{:032x}", self.entries).parse().unwrap();
        let sealed = self.key.seal_entry(entry, 1, (list, secret), &self.chance).unwrap();
        let SealedEntry { wrapped, list, secret } = sealed;
        let body = json!({"key_version": self.key_version, "entries": [{
            "id": entry, "wrapped": b64u::encode(wrapped), "list": b64u::encode(list),
            "secret": b64u::encode(secret), "due_on": null,
        }]});
        let path = format!("/api/v1/team-vault/folders/{}/entries", self.id);
        by.post(&path, &body).await.unwrap();
        entry
    }

    /// Asks for an entry's secret and opens it.
    pub async fn open(&self, by: &mut StaffClient, entry: VaultEntryId) -> Value {
        let device = by.device().unwrap().id();
        let path = format!("/api/v1/team-vault/entries/{entry}/open");
        let opened = by
            .post(&path, &json!({"device": device, "version": null}))
            .await
            .unwrap();
        let bytes = |name: &str| b64u::decode(opened[name].as_str().unwrap()).unwrap();
        let version = opened["version"].as_i64().unwrap();
        let parts = (bytes("wrapped"), bytes("secret"));
        self.key.open_secret(entry, version, (&parts.0, &parts.1)).unwrap()
    }
}

/// A key as its maker's device signs and shares it: with itself, and with the devices of these statements.
pub fn signed_key(maker: &StaffClient, key: &FolderKey, others: &[&str]) -> Value {
    let device = maker.device().unwrap();
    let at = time_of(device.statement_jws());
    let share = |statement: &wd_client::engine::DeviceStatement| {
        json!({
            "device": statement.device, "sealed": b64u::encode(key.share(statement).unwrap()),
        })
    };
    let mut shares = vec![share(device.statement())];
    shares.extend(others.iter().map(|jws| share(&payload(jws))));
    json!({
        "commitment": key.commitment(), "device": device.id(), "at": at,
        "signature": b64u::encode(key.sign(device.keys(), at)), "shares": shares,
    })
}

/// When a statement was signed: the server's clock, near enough.
fn time_of(jws: &str) -> i64 {
    payload(jws).iat
}

/// What a statement says. A test trusts its own server.
fn payload(jws: &str) -> wd_client::engine::DeviceStatement {
    serde_json::from_slice(&b64u::decode(jws.split('.').nth(1).unwrap()).unwrap()).unwrap()
}
