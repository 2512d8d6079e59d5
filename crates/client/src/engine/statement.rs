//! What the organisation key vouches for: device statements and grants (JWS, RFC 7515, EdDSA).

use std::time::Duration;

use serde::{Deserialize, Serialize};
use wd_crypto::jws;
use wd_kernel::{ConversationId, DeviceId, TeamId, Timestamp};

use super::{PublicKey, Refusal};

/// `typ` of a device statement.
pub const DEVICE_TYPE: &str = "wardesk-device+jws";
/// `typ` of a grant.
pub const GRANT_TYPE: &str = "wardesk-grant+jws";
/// Nodes' clocks differ: what was signed a moment ago may lie a moment ahead.
const SKEW: Duration = Duration::from_mins(1);

/// Whose device it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A staff member's (`sub` is `stf_…`).
    Staff,
    /// A customer's (`sub` is `cus_…`).
    Customer,
}

/// The organisation's word about a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceStatement {
    /// The organisation.
    pub iss: String,
    /// Whose device: `stf_…` or `cus_…`.
    pub sub: String,
    /// Staff or customer.
    pub kind: Kind,
    /// The shown name; none for an anonymous visitor.
    pub name: Option<String>,
    /// The device.
    pub device: DeviceId,
    /// Its Ed25519 signature key, also the key of its MLS leaf.
    pub mls_key: PublicKey,
    /// Its X25519 key for HPKE.
    pub hpke_key: PublicKey,
    /// The teams a staff device may hold keys of.
    pub teams: Vec<TeamId>,
    /// Seconds since the epoch.
    pub iat: i64,
    /// Seconds since the epoch.
    pub exp: i64,
}

/// What a grant lets a commit do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Act {
    /// Enter by external commit.
    Join,
    /// Be added.
    Add,
    /// Be removed.
    Remove,
}

/// The organisation's leave to change a conversation's members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The organisation.
    pub iss: String,
    /// Who enters or leaves: `stf_…` or `cus_…`.
    pub sub: String,
    /// Staff or customer.
    pub kind: Kind,
    /// What may be done.
    pub act: Act,
    /// In which conversation.
    pub conversation: ConversationId,
    /// With which devices.
    pub devices: Vec<DeviceId>,
    /// `agent`, `colleague` or `customer`.
    #[serde(rename = "as")]
    pub role: String,
    /// Why.
    pub reason: String,
    /// Who gave leave: `stf_…` or `system`.
    pub by: String,
    /// Whether the earlier history may be read.
    pub history: bool,
    /// Seconds since the epoch.
    pub iat: i64,
    /// Seconds since the epoch.
    pub exp: i64,
}

/// The organisation's keys as this device trusts them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trust {
    issuer: Option<String>,
    keys: Vec<PublicKey>,
}

impl Trust {
    /// Trusts these keys.
    pub fn new(keys: impl IntoIterator<Item = [u8; 32]>) -> Self {
        Self {
            issuer: None,
            keys: keys.into_iter().map(PublicKey).collect(),
        }
    }

    /// From now on only statements of this organisation count.
    pub fn pin_issuer(&mut self, issuer: &str) {
        self.issuer = Some(issuer.to_owned());
    }

    /// The keys.
    pub fn keys(&self) -> impl Iterator<Item = &[u8; 32]> {
        self.keys.iter().map(|key| &key.0)
    }

    /// Checks a device statement: signature, type, organisation, form, and that it was valid at `at`.
    pub fn device(&self, text: &str, at: Timestamp) -> Result<DeviceStatement, Refusal> {
        let statement = self.device_of_any_time(text)?;
        if valid(statement.iat, statement.exp, at) {
            Ok(statement)
        } else {
            Err(Refusal::Statement)
        }
    }

    /// Checks a device statement but for its time.
    pub fn device_of_any_time(&self, text: &str) -> Result<DeviceStatement, Refusal> {
        let statement: DeviceStatement = jws::verify(text, DEVICE_TYPE, &self.raw()).map_err(|_| Refusal::Statement)?;
        let prefix = match statement.kind {
            Kind::Staff => "stf_",
            Kind::Customer => "cus_",
        };
        if self.foreign(&statement.iss) || !statement.sub.starts_with(prefix) {
            return Err(Refusal::Statement);
        }
        Ok(statement)
    }

    /// Checks a grant for a conversation: signature, type, organisation, and that it was valid at `at`.
    pub fn grant(&self, text: &str, conversation: ConversationId, at: Timestamp) -> Result<Grant, Refusal> {
        let grant: Grant = jws::verify(text, GRANT_TYPE, &self.raw()).map_err(|_| Refusal::Grant)?;
        if self.foreign(&grant.iss) || grant.conversation != conversation || !valid(grant.iat, grant.exp, at) {
            return Err(Refusal::Grant);
        }
        Ok(grant)
    }

    /// Takes over served keys: at the first contact all of them, later only those a known key has signed.
    pub fn extend(&mut self, served: &[OrganisationKey]) {
        let first_contact = self.keys.is_empty();
        for key in served {
            let signed = || {
                let message = [b"wardesk-organisation-key-v1\0".as_slice(), &key.public_key.0].concat();
                let by = |known: &PublicKey, signature: &str| {
                    wd_kernel::b64u::decode(signature).is_some_and(|s| jws::verify_raw(&known.0, &message, &s).is_ok())
                };
                key.signed_by_previous
                    .as_ref()
                    .is_some_and(|s| self.keys.iter().any(|known| by(known, s)))
            };
            if !self.keys.contains(&key.public_key) && (first_contact || signed()) {
                self.keys.push(key.public_key);
            }
        }
    }

    fn foreign(&self, iss: &str) -> bool {
        self.issuer.as_ref().is_some_and(|issuer| issuer != iss)
    }

    fn raw(&self) -> Vec<[u8; 32]> {
        self.keys.iter().map(|key| key.0).collect()
    }
}

/// A key as the server publishes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganisationKey {
    /// Its name: the first 16 bytes of its SHA-256, hex.
    pub kid: String,
    /// The raw Ed25519 key.
    pub public_key: PublicKey,
    /// The key before it vouches for it.
    #[serde(default)]
    pub signed_by_previous: Option<String>,
}

fn valid(iat: i64, exp: i64, at: Timestamp) -> bool {
    (at + SKEW).seconds() >= iat && at.seconds() < exp
}
