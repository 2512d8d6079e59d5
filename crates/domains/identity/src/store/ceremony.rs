use wd_db::{DbError, Tx, record, sql};
use wd_kernel::{CeremonyId, SessionId, Timestamp};

use crate::model::CeremonyPurpose;

record! {
    /// A WebAuthn ceremony that was just taken out. `state` is sealed.
    pub struct CeremonyRow {
        pub purpose: CeremonyPurpose,
        pub session: Option<SessionId>,
        pub state: Vec<u8>,
        pub expires_at: Timestamp,
    }
}

pub async fn insert(
    tx: &mut Tx,
    id: CeremonyId,
    purpose: CeremonyPurpose,
    session: Option<SessionId>,
    state: &[u8],
    expires_at: Timestamp,
) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO ceremony (id, purpose, session, state, expires_at) VALUES ($1, $2, $3, $4, $5)",
        id,
        purpose,
        session,
        state,
        expires_at
    )
    .await
    .map(drop)
}

/// Takes a ceremony out: a second call finds nothing.
pub async fn take(tx: &mut Tx, id: CeremonyId, now: Timestamp) -> Result<Option<CeremonyRow>, DbError> {
    let row = sql!(
        tx,
        fetch_optional as CeremonyRow,
        "DELETE FROM ceremony WHERE id = $1 RETURNING purpose, session, state, expires_at",
        id
    )
    .await?;
    Ok(row.filter(|row: &CeremonyRow| row.expires_at > now))
}

pub async fn forget_expired(tx: &mut Tx, now: Timestamp) -> Result<u64, DbError> {
    sql!(tx, execute, "DELETE FROM ceremony WHERE expires_at <= $1", now).await
}

/// How many there are that nobody's session asked for.
pub async fn under_way_of_nobody(tx: &mut Tx) -> Result<i64, DbError> {
    let (count,) = sql!(
        tx,
        fetch_one as (i64,),
        "SELECT COUNT(*) FROM ceremony WHERE session IS NULL"
    )
    .await?;
    Ok(count)
}
