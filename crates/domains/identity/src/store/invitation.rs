use wd_db::{DbError, Tx, record, sql};
use wd_kernel::{InvitationId, StaffId, Timestamp};

use crate::model::{Purpose, StaffState};

record! {
    /// A link that still works, or will.
    pub struct InvitationRow {
        pub id: InvitationId,
        pub staff: StaffId,
        pub purpose: Purpose,
        pub starts_at: Timestamp,
    }
}

impl InvitationRow {
    /// Whether it is for somebody in this state. A link to join is worth nothing once the account is set up: it would
    /// set another password.
    pub fn opens(&self, state: StaffState) -> bool {
        match self.purpose {
            Purpose::Join => state == StaffState::Invited,
            Purpose::Recover => state != StaffState::Disabled,
        }
    }
}

pub struct NewInvitation {
    pub id: InvitationId,
    pub staff: StaffId,
    pub token_hash: [u8; 32],
    pub purpose: Purpose,
    pub created_at: Timestamp,
    /// It does not work before.
    pub starts_at: Timestamp,
    pub expires_at: Timestamp,
}

pub async fn insert(tx: &mut Tx, new: &NewInvitation) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO invitation (id, staff, token_hash, purpose, created_at, starts_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        new.id,
        new.staff,
        new.token_hash,
        new.purpose,
        new.created_at,
        new.starts_at,
        new.expires_at
    )
    .await
    .map(drop)
}

/// The link, if it was neither used nor has expired. It may not work yet.
pub async fn open(tx: &mut Tx, token_hash: [u8; 32], now: Timestamp) -> Result<Option<InvitationRow>, DbError> {
    sql!(
        tx,
        fetch_optional as InvitationRow,
        "SELECT id, staff, purpose, starts_at FROM invitation WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2",
        token_hash,
        now
    )
    .await
}

/// Uses the link; false when somebody was faster or it has expired.
pub async fn take(tx: &mut Tx, id: InvitationId, now: Timestamp) -> Result<bool, DbError> {
    let taken = sql!(
        tx,
        execute,
        "UPDATE invitation SET used_at = $1 WHERE id = $2 AND used_at IS NULL AND expires_at > $1",
        now,
        id
    )
    .await?;
    Ok(taken == 1)
}

/// The latest time before which a link of this person does not work, used and useless ones included.
pub async fn latest_start(tx: &mut Tx, staff: StaffId) -> Result<Option<Timestamp>, DbError> {
    let row = sql!(
        tx,
        fetch_optional as (Timestamp,),
        "SELECT starts_at FROM invitation WHERE staff = $1 ORDER BY starts_at DESC LIMIT 1",
        staff
    )
    .await?;
    Ok(row.map(|(starts_at,)| starts_at))
}

/// Makes all links of a person useless.
pub async fn void_all(tx: &mut Tx, staff: StaffId, now: Timestamp) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "UPDATE invitation SET used_at = $1 WHERE staff = $2 AND used_at IS NULL",
        now,
        staff
    )
    .await
    .map(drop)
}

pub async fn forget_expired(tx: &mut Tx, before: Timestamp) -> Result<u64, DbError> {
    sql!(tx, execute, "DELETE FROM invitation WHERE expires_at < $1", before).await
}
