//! The tables of this domain.

use wd_db::{DbError, Tx, record, sql};
use wd_kernel::{CeremonyId, StaffId, Timestamp};

record! {
    /// The provider, as it lies in the database.
    #[derive(Debug, Clone)]
    pub struct ProviderRow {
        pub settings: String,
        pub client_secret: Option<Vec<u8>>,
        pub version: i64,
    }
}

record! {
    /// Whose an account at a provider is.
    #[derive(Debug, Clone)]
    pub struct AccountRow {
        pub staff: StaffId,
        pub bound_at: Timestamp,
        pub last_used_at: Option<Timestamp>,
    }
}

pub async fn provider(tx: &mut Tx) -> Result<Option<ProviderRow>, DbError> {
    sql!(
        tx,
        fetch_optional as ProviderRow,
        "SELECT settings, client_secret, version FROM sign_in_provider WHERE id = 1"
    )
    .await
}

/// Writes the settings if they are still of this version; 0 where there are none yet.
pub async fn put_provider(
    tx: &mut Tx,
    settings: &str,
    client_secret: Option<Vec<u8>>,
    version: i64,
) -> Result<bool, DbError> {
    if version == 0 {
        let made = sql!(
            tx,
            execute,
            "INSERT INTO sign_in_provider (id, settings, client_secret, version) VALUES (1, $1, $2, 1) ON CONFLICT (id) DO NOTHING",
            settings,
            client_secret
        )
        .await?;
        return Ok(made == 1);
    }
    let changed = sql!(
        tx,
        execute,
        "UPDATE sign_in_provider SET settings = $1, client_secret = $2, version = version + 1 WHERE id = 1 AND version = $3",
        settings,
        client_secret,
        version
    )
    .await?;
    Ok(changed == 1)
}

pub async fn account(tx: &mut Tx, issuer: &str, subject: &str) -> Result<Option<AccountRow>, DbError> {
    sql!(
        tx,
        fetch_optional as AccountRow,
        "SELECT staff, bound_at, last_used_at FROM provider_account WHERE issuer = $1 AND subject = $2",
        issuer,
        subject
    )
    .await
}

pub async fn account_of(tx: &mut Tx, issuer: &str, staff: StaffId) -> Result<Option<AccountRow>, DbError> {
    sql!(
        tx,
        fetch_optional as AccountRow,
        "SELECT staff, bound_at, last_used_at FROM provider_account WHERE issuer = $1 AND staff = $2",
        issuer,
        staff
    )
    .await
}

/// Binds an account; false when it, or the person, is bound already.
pub async fn bind(tx: &mut Tx, issuer: &str, subject: &str, staff: StaffId, now: Timestamp) -> Result<bool, DbError> {
    let made = sql!(
        tx,
        execute,
        "INSERT INTO provider_account (issuer, subject, staff, bound_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        issuer,
        subject,
        staff,
        now
    )
    .await?;
    Ok(made == 1)
}

pub async fn used(tx: &mut Tx, issuer: &str, subject: &str, now: Timestamp) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "UPDATE provider_account SET last_used_at = $1 WHERE issuer = $2 AND subject = $3",
        now,
        issuer,
        subject
    )
    .await
    .map(drop)
}

/// Unbinds all accounts of a person; how many there were.
pub async fn unbind(tx: &mut Tx, staff: StaffId, since: Option<Timestamp>) -> Result<u64, DbError> {
    sql!(
        tx,
        execute,
        "DELETE FROM provider_account WHERE staff = $1 AND bound_at >= $2",
        staff,
        since.unwrap_or(Timestamp::from_micros(0))
    )
    .await
}

/// Spends an attempt; false when it was spent before.
pub async fn spend(tx: &mut Tx, id: CeremonyId, expires_at: Timestamp) -> Result<bool, DbError> {
    let first = sql!(
        tx,
        execute,
        "INSERT INTO spent_sign_in (id, expires_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING",
        id,
        expires_at
    )
    .await?;
    Ok(first == 1)
}

pub async fn forget_expired(tx: &mut Tx, now: Timestamp) -> Result<(), DbError> {
    sql!(tx, execute, "DELETE FROM spent_sign_in WHERE expires_at <= $1", now)
        .await
        .map(drop)
}
