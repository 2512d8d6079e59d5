use wd_db::{DbError, Tx, record, sql};
use wd_kernel::Timestamp;

record! {
    pub(crate) struct OrganisationKeyRow {
        pub(crate) number: i64,
        pub(crate) kid: String,
        pub(crate) public_key: [u8; 32],
        pub(crate) seed: Vec<u8>,
        pub(crate) since: Timestamp,
        pub(crate) signed_by_previous: Option<Vec<u8>>,
    }
}

/// All keys, the newest first.
pub(crate) async fn keys(tx: &mut Tx) -> Result<Vec<OrganisationKeyRow>, DbError> {
    sql!(
        tx,
        fetch_all as OrganisationKeyRow,
        "SELECT number, kid, public_key, seed, since, signed_by_previous FROM organisation_key ORDER BY number DESC"
    )
    .await
}

/// Adds a key, unless another node was faster.
pub(crate) async fn insert(tx: &mut Tx, key: &OrganisationKeyRow) -> Result<bool, DbError> {
    let rows = sql!(
        tx,
        execute,
        "INSERT INTO organisation_key (number, kid, public_key, seed, since, signed_by_previous) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (number) DO NOTHING",
        key.number,
        key.kid,
        key.public_key,
        key.seed,
        key.since,
        key.signed_by_previous
    )
    .await?;
    Ok(rows == 1)
}
