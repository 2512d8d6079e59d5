use wd_db::{DbError, Tx, in_chunks, record, sql};
use wd_kernel::{CustomerId, Timestamp};

record! {
    /// A row: personal columns are envelopes.
    pub(crate) struct CustomerRow {
        pub(crate) id: CustomerId,
        pub(crate) version: i64,
        pub(crate) kind: String,
        pub(crate) verified: bool,
        pub(crate) name: Option<Vec<u8>>,
        pub(crate) mail: Option<Vec<u8>>,
        pub(crate) phone: Option<Vec<u8>>,
        pub(crate) address: Option<Vec<u8>>,
        pub(crate) external_id: Option<Vec<u8>>,
        pub(crate) notes: Option<Vec<u8>>,
        pub(crate) tags: Option<Vec<u8>>,
        pub(crate) created_at: Timestamp,
        pub(crate) updated_at: Timestamp,
        pub(crate) verified_at: Option<Timestamp>,
    }
}

/// The three blind indexes of a record.
#[derive(Default)]
pub(crate) struct Indexes {
    pub(crate) mail: Option<Vec<u8>>,
    pub(crate) phone: Option<Vec<u8>>,
    pub(crate) external_id: Option<Vec<u8>>,
}

pub(crate) async fn insert(tx: &mut Tx, row: &CustomerRow, indexes: &Indexes) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO customer (id, version, kind, verified, name, mail, phone, address, external_id, notes, tags, mail_index, phone_index, external_index, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        row.id,
        row.version,
        row.kind,
        row.verified,
        row.name,
        row.mail,
        row.phone,
        row.address,
        row.external_id,
        row.notes,
        row.tags,
        indexes.mail,
        indexes.phone,
        indexes.external_id,
        row.created_at,
        row.updated_at
    )
    .await?;
    Ok(())
}

/// Writes the row if it is still at the version before; `false` if somebody was faster.
pub(crate) async fn update(tx: &mut Tx, row: &CustomerRow, indexes: &Indexes) -> Result<bool, DbError> {
    let changed = sql!(
        tx,
        execute,
        "UPDATE customer SET version = $2, kind = $3, verified = $4, name = $5, mail = $6, phone = $7, address = $8, external_id = $9, notes = $10, tags = $11,
                mail_index = $12, phone_index = $13, external_index = $14, updated_at = $15
         WHERE id = $1 AND version = $2 - 1",
        row.id,
        row.version,
        row.kind,
        row.verified,
        row.name,
        row.mail,
        row.phone,
        row.address,
        row.external_id,
        row.notes,
        row.tags,
        indexes.mail,
        indexes.phone,
        indexes.external_id,
        row.updated_at
    )
    .await?;
    Ok(changed == 1)
}

/// Notes that the company's site vouched for the customer just now. The record itself stays at its version.
pub(crate) async fn vouched(tx: &mut Tx, id: CustomerId, at: Timestamp) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "UPDATE customer SET verified_at = $2 WHERE id = $1",
        id,
        at
    )
    .await?;
    Ok(())
}

pub(crate) async fn find(tx: &mut Tx, id: CustomerId) -> Result<Option<CustomerRow>, DbError> {
    sql!(
        tx,
        fetch_optional as CustomerRow,
        "SELECT id, version, kind, verified, name, mail, phone, address, external_id, notes, tags, created_at, updated_at, verified_at FROM customer WHERE id = $1",
        id
    )
    .await
}

record! {
    /// As much of a row as a list of other things shows.
    pub(crate) struct NameRow {
        pub(crate) id: CustomerId,
        pub(crate) verified: bool,
        pub(crate) name: Option<Vec<u8>>,
    }
}

const NAMES_OF_MANY: &str = "SELECT id, verified, name FROM customer
         WHERE id IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25)";

/// The names of many at once.
pub(crate) async fn names(tx: &mut Tx, ids: &[CustomerId]) -> Result<Vec<NameRow>, DbError> {
    let mut rows = Vec::with_capacity(ids.len());
    for binds in in_chunks(ids) {
        rows.extend(tx.fetch_all::<NameRow>(NAMES_OF_MANY, binds).await?);
    }
    Ok(rows)
}

/// Newest first. Ids are ordered by the time they were made.
pub(crate) async fn page(tx: &mut Tx, before: CustomerId, limit: i64) -> Result<Vec<CustomerRow>, DbError> {
    sql!(
        tx,
        fetch_all as CustomerRow,
        "SELECT id, version, kind, verified, name, mail, phone, address, external_id, notes, tags, created_at, updated_at, verified_at FROM customer
         WHERE id < $1 ORDER BY id DESC LIMIT $2",
        before,
        limit
    )
    .await
}

pub(crate) async fn by_mail(tx: &mut Tx, index: &[u8]) -> Result<Vec<CustomerRow>, DbError> {
    sql!(
        tx,
        fetch_all as CustomerRow,
        "SELECT id, version, kind, verified, name, mail, phone, address, external_id, notes, tags, created_at, updated_at, verified_at FROM customer WHERE mail_index = $1 ORDER BY id LIMIT 50",
        index
    )
    .await
}

pub(crate) async fn by_phone(tx: &mut Tx, index: &[u8]) -> Result<Vec<CustomerRow>, DbError> {
    sql!(
        tx,
        fetch_all as CustomerRow,
        "SELECT id, version, kind, verified, name, mail, phone, address, external_id, notes, tags, created_at, updated_at, verified_at FROM customer WHERE phone_index = $1 ORDER BY id LIMIT 50",
        index
    )
    .await
}

pub(crate) async fn by_external_id(tx: &mut Tx, index: &[u8]) -> Result<Vec<CustomerRow>, DbError> {
    sql!(
        tx,
        fetch_all as CustomerRow,
        "SELECT id, version, kind, verified, name, mail, phone, address, external_id, notes, tags, created_at, updated_at, verified_at FROM customer WHERE external_index = $1 ORDER BY id LIMIT 50",
        index
    )
    .await
}

/// Notes that the mail address is another one since now.
pub(crate) async fn mail_changed(tx: &mut Tx, id: CustomerId, at: Timestamp) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "UPDATE customer SET mail_changed_at = $2 WHERE id = $1",
        id,
        at
    )
    .await?;
    Ok(())
}

/// When the mail address last changed.
pub(crate) async fn mail_changed_at(tx: &mut Tx, id: CustomerId) -> Result<Option<Timestamp>, DbError> {
    let row = sql!(
        tx,
        fetch_optional as (Option<Timestamp>,),
        "SELECT mail_changed_at FROM customer WHERE id = $1",
        id
    )
    .await?;
    Ok(row.and_then(|(at,)| at))
}

/// Notes that the telephone number is another one since now.
pub(crate) async fn phone_changed(tx: &mut Tx, id: CustomerId, at: Timestamp) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "UPDATE customer SET phone_changed_at = $2 WHERE id = $1",
        id,
        at
    )
    .await?;
    Ok(())
}

/// When the telephone number last changed.
pub(crate) async fn phone_changed_at(tx: &mut Tx, id: CustomerId) -> Result<Option<Timestamp>, DbError> {
    let row = sql!(
        tx,
        fetch_optional as (Option<Timestamp>,),
        "SELECT phone_changed_at FROM customer WHERE id = $1",
        id
    )
    .await?;
    Ok(row.and_then(|(at,)| at))
}
