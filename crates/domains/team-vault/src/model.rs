//! Roles, limits, and what is signed. Pure.

use serde::{Deserialize, Serialize};
use wd_crypto::jws;
use wd_db::DbError;
use wd_kernel::{Bytes, PublicKey, Signature, Timestamp, VaultFolderId, b64u};

use crate::TeamVaultError;

/// The most entries of a folder.
pub(crate) const MAX_ENTRIES: i64 = 10_000;
/// The most entries one request adds, and the most keys one request moves.
pub(crate) const MAX_BATCH: usize = 100;
/// The most people named in a folder.
pub(crate) const MAX_MEMBERS: usize = 200;
/// How many versions of an entry are kept.
pub(crate) const KEPT_VERSIONS: i64 = 10;
/// The largest sealed entry, list part and secret part together, in bytes.
const MAX_ENTRY: usize = 64 * 1024;
/// The largest list part, in bytes: it is read with each look at the folder.
const MAX_LIST: usize = 8 * 1024;
/// The largest sealed name of a folder, in bytes.
const MAX_NAME: usize = 1024;
/// Nonce and tag of AES-256-GCM.
const OVERHEAD: usize = 12 + 16;
/// A key of 32 bytes under AES-256-GCM.
const WRAPPED: usize = OVERHEAD + 32;
/// A key of 32 bytes under HPKE: enc, key, tag.
const SHARE: usize = 32 + 32 + 16;
/// How far the maker's clock may be off, in seconds.
const MAX_SKEW: i64 = 600;
const SIGNED: &[u8] = b"wardesk-team-vault-key-v1\0";
/// A day beyond which a due date is a mistake (the year 3000).
const LAST_DAY: i64 = 376_200;

/// What somebody may do in a folder. Each includes the ones before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = VaultRole)]
pub enum Role {
    /// Reads and opens entries.
    Use,
    /// Also adds, changes and deletes entries, and re-keys the folder.
    Change,
    /// Also says who is in the folder, and deletes it.
    Share,
}

impl Role {
    /// The word in the database.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Use => "use",
            Self::Change => "change",
            Self::Share => "share",
        }
    }

    /// From the word in the database.
    pub(crate) fn stored(text: &str) -> Result<Self, DbError> {
        [Self::Use, Self::Change, Self::Share]
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| DbError::Schema("a role of the team vault that is none".into()))
    }
}

/// What the maker of a folder key signs.
pub(crate) fn signed(folder: VaultFolderId, version: i64, commitment: &PublicKey, at: i64) -> Vec<u8> {
    [
        SIGNED,
        format!("{folder}|{version}|{}|{at}", b64u::encode(commitment.0)).as_bytes(),
    ]
    .concat()
}

/// Checks what the maker signed, and that its clock is not far off.
pub(crate) fn check_key(
    folder: VaultFolderId,
    version: i64,
    (commitment, at, signature): (&PublicKey, i64, &Signature),
    maker: &PublicKey,
    now: Timestamp,
) -> Result<(), TeamVaultError> {
    // Wide numbers, as the time is whatever the client says.
    if (i128::from(now.seconds()) - i128::from(at)).abs() > i128::from(MAX_SKEW) {
        return Err(TeamVaultError::invalid("at", "The clock of the device is off."));
    }
    jws::verify_raw(&maker.0, &signed(folder, version, commitment, at), &signature.0)
        .map_err(|_| TeamVaultError::invalid("signature", "It does not check."))
}

/// A sealed share of a folder key.
pub(crate) fn check_share(sealed: &Bytes) -> Result<(), TeamVaultError> {
    exact("shares", sealed, SHARE)
}

/// A key under another one.
pub(crate) fn check_wrapped(field: &'static str, wrapped: &Bytes) -> Result<(), TeamVaultError> {
    exact(field, wrapped, WRAPPED)
}

/// The sealed name of a folder.
pub(crate) const fn check_name(name: &Bytes) -> Result<(), TeamVaultError> {
    sealed("name", name, MAX_NAME)
}

/// Both parts of a sealed entry.
pub(crate) fn check_parts(list: &Bytes, secret: &Bytes) -> Result<(), TeamVaultError> {
    sealed("list", list, MAX_LIST)?;
    sealed("secret", secret, MAX_ENTRY.saturating_sub(list.0.len()))
}

/// A due date, in days since the epoch.
pub(crate) const fn check_day(due_on: Option<i64>) -> Result<(), TeamVaultError> {
    match due_on {
        Some(day) if day < 0 || day > LAST_DAY => Err(TeamVaultError::invalid("due_on", "This is no day.")),
        _ => Ok(()),
    }
}

/// The day on which the secret after a new one is due. A new secret answers the day that was set before, and would be
/// wanted again at once if that day stayed.
pub(crate) const fn check_next_day(due_on: Option<i64>, today: i64) -> Result<(), TeamVaultError> {
    match due_on {
        Some(day) if day <= today => Err(TeamVaultError::invalid(
            "due_on",
            "This day has come. Choose a later one for the new secret, or none.",
        )),
        _ => Ok(()),
    }
}

/// The day of an instant, in UTC.
pub(crate) const fn day(at: Timestamp) -> i64 {
    at.seconds().div_euclid(86_400)
}

fn exact(field: &'static str, bytes: &Bytes, length: usize) -> Result<(), TeamVaultError> {
    if bytes.0.len() == length {
        return Ok(());
    }
    Err(TeamVaultError::invalid(
        field,
        "It does not have the length of a sealed key.",
    ))
}

const fn sealed(field: &'static str, bytes: &Bytes, most: usize) -> Result<(), TeamVaultError> {
    let length = bytes.0.as_slice().len();
    if length > most {
        return Err(TeamVaultError::TooLarge);
    }
    if length <= OVERHEAD {
        return Err(TeamVaultError::invalid(field, "It is too short to be sealed."));
    }
    Ok(())
}
