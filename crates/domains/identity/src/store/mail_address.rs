use wd_db::{DbError, Tx, record, sql};
use wd_kernel::{StaffId, Timestamp};

record! {
    /// A person's mail address, and the one they say they have.
    #[derive(Debug, Clone)]
    pub struct MailAddressRow {
        pub address: Option<Vec<u8>>,
        pub proved_at: Option<Timestamp>,
        pub claimed: Option<Vec<u8>>,
        pub code_hash: Option<Vec<u8>>,
        pub code_expires_at: Option<Timestamp>,
        pub tries: i64,
        pub codes_sent: i64,
        pub codes_since: Timestamp,
    }
}

pub async fn of(tx: &mut Tx, staff: StaffId) -> Result<Option<MailAddressRow>, DbError> {
    sql!(
        tx,
        fetch_optional as MailAddressRow,
        "SELECT address, proved_at, claimed, code_hash, code_expires_at, tries, codes_sent, codes_since FROM mail_address WHERE staff = $1",
        staff
    )
    .await
}

/// Who has an address that was proved.
pub async fn proved(tx: &mut Tx) -> Result<Vec<StaffId>, DbError> {
    let rows = sql!(
        tx,
        fetch_all as (StaffId,),
        "SELECT staff FROM mail_address WHERE address IS NOT NULL"
    )
    .await?;
    Ok(rows.into_iter().map(|(staff,)| staff).collect())
}

/// An address that somebody says is theirs.
pub struct Claim<'a> {
    pub staff: StaffId,
    pub claimed: &'a [u8],
    pub code_hash: &'a [u8],
    pub expires_at: Timestamp,
    pub codes_sent: i64,
    pub codes_since: Timestamp,
}

/// Keeps the claim; an earlier one is forgotten with its code.
pub async fn claim(tx: &mut Tx, claim: &Claim<'_>) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO mail_address (staff, claimed, code_hash, code_expires_at, tries, codes_sent, codes_since)
         VALUES ($1, $2, $3, $4, 0, $5, $6)
         ON CONFLICT (staff) DO UPDATE SET claimed = $2, code_hash = $3, code_expires_at = $4, tries = 0, codes_sent = $5, codes_since = $6",
        claim.staff,
        claim.claimed,
        claim.code_hash,
        claim.expires_at,
        claim.codes_sent,
        claim.codes_since
    )
    .await
    .map(drop)
}

/// Counts a code that was tried.
pub async fn count_try(tx: &mut Tx, staff: StaffId) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "UPDATE mail_address SET tries = tries + 1 WHERE staff = $1",
        staff
    )
    .await
    .map(drop)
}

/// Sets the address, or none, and forgets what was claimed.
pub async fn set(
    tx: &mut Tx,
    staff: StaffId,
    address: Option<Vec<u8>>,
    proved_at: Option<Timestamp>,
) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "UPDATE mail_address SET address = $1, proved_at = $2, claimed = NULL, code_hash = NULL, code_expires_at = NULL WHERE staff = $3",
        address,
        proved_at,
        staff
    )
    .await
    .map(drop)
}

/// Forgets an address that was proved since then.
pub async fn forget_since(tx: &mut Tx, staff: StaffId, since: Timestamp) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "DELETE FROM mail_address WHERE staff = $1 AND proved_at > $2",
        staff,
        since
    )
    .await
    .map(drop)
}
