use wd_db::{DbError, Tx, record, sql};
use wd_kernel::{CeremonyId, ConversationId, CustomerId, CustomerPasskeyId, ProofRequestId, Timestamp};

use crate::model::Asking;

record! {
    #[derive(Debug)]
    pub(super) struct PasskeyRow {
        pub(super) id: CustomerPasskeyId,
        pub(super) customer: CustomerId,
        pub(super) name: Vec<u8>,
        pub(super) data: Vec<u8>,
        pub(super) created_at: Timestamp,
        pub(super) counts_from: Timestamp,
        pub(super) last_used_at: Option<Timestamp>,
        pub(super) stopped_at: Option<Timestamp>,
    }
}

impl PasskeyRow {
    /// Whether something is proved by it now.
    pub(super) fn counts(&self, now: Timestamp) -> bool {
        self.stopped_at.is_none() && self.counts_from <= now
    }
}

pub(super) async fn insert(tx: &mut Tx, row: &PasskeyRow, credential_hash: [u8; 32]) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO customer_passkey (id, customer, name, data, credential_hash, counter, created_at, counts_from)
         VALUES ($1, $2, $3, $4, $5, 0, $6, $7)",
        row.id,
        row.customer,
        row.name,
        row.data,
        credential_hash,
        row.created_at,
        row.counts_from
    )
    .await?;
    Ok(())
}

/// The passkeys of a customer, the oldest first.
pub(super) async fn of_customer(tx: &mut Tx, customer: CustomerId) -> Result<Vec<PasskeyRow>, DbError> {
    sql!(
        tx,
        fetch_all as PasskeyRow,
        "SELECT id, customer, name, data, created_at, counts_from, last_used_at, stopped_at
         FROM customer_passkey WHERE customer = $1 ORDER BY created_at, id",
        customer
    )
    .await
}

pub(super) async fn by_credential(tx: &mut Tx, credential_hash: [u8; 32]) -> Result<Option<PasskeyRow>, DbError> {
    sql!(
        tx,
        fetch_optional as PasskeyRow,
        "SELECT id, customer, name, data, created_at, counts_from, last_used_at, stopped_at
         FROM customer_passkey WHERE credential_hash = $1",
        credential_hash
    )
    .await
}

pub(super) async fn delete(tx: &mut Tx, customer: CustomerId, id: CustomerPasskeyId) -> Result<bool, DbError> {
    let deleted = sql!(
        tx,
        execute,
        "DELETE FROM customer_passkey WHERE id = $1 AND customer = $2",
        id,
        customer
    )
    .await?;
    Ok(deleted == 1)
}

/// Takes a counter that grew, or stays zero for good. `false`: it did neither.
pub(super) async fn accept_counter(
    tx: &mut Tx,
    id: CustomerPasskeyId,
    counter: i64,
    data: &[u8],
    now: Timestamp,
) -> Result<bool, DbError> {
    let accepted = sql!(
        tx,
        execute,
        "UPDATE customer_passkey SET counter = $2, data = $3, last_used_at = $4
         WHERE id = $1 AND stopped_at IS NULL AND (counter < $2 OR (counter = 0 AND $2 = 0))",
        id,
        counter,
        data,
        now
    )
    .await?;
    Ok(accepted == 1)
}

pub(super) async fn stop(tx: &mut Tx, id: CustomerPasskeyId, at: Timestamp) -> Result<bool, DbError> {
    let stopped = sql!(
        tx,
        execute,
        "UPDATE customer_passkey SET stopped_at = $2 WHERE id = $1 AND stopped_at IS NULL",
        id,
        at
    )
    .await?;
    Ok(stopped == 1)
}

/// Ends the proofs that a passkey gave, and answers in which conversations.
pub(super) async fn end_proofs_by(
    tx: &mut Tx,
    id: CustomerPasskeyId,
    at: Timestamp,
) -> Result<Vec<ConversationId>, DbError> {
    let rows = sql!(
        tx,
        fetch_all as (ConversationId,),
        "UPDATE proof_request SET valid_until = $2 WHERE passkey = $1 AND state = 'proved' AND valid_until > $2
         RETURNING conversation",
        id,
        at
    )
    .await?;
    Ok(rows.into_iter().map(|(conversation,)| conversation).collect())
}

/// Notes who asks for a passkey, and until when the question counts. `false`: there is nothing to answer, or not for
/// who asks.
pub(super) async fn begin(
    tx: &mut Tx,
    id: ProofRequestId,
    asking: &Asking,
    now: Timestamp,
    question_ends_at: Timestamp,
) -> Result<bool, DbError> {
    let begun = sql!(
        tx,
        execute,
        "UPDATE proof_request SET device = $2, session = $3, code_ends_at = $5
         WHERE id = $1 AND channel = 'passkey' AND state = 'asked' AND ends_at > $4 AND tries < $6
           AND (device IS NULL OR (device = $2 AND session = $3))",
        id,
        asking.device,
        asking.session,
        now,
        question_ends_at,
        crate::model::TRIES
    )
    .await?;
    Ok(begun == 1)
}

/// Counts a try, and answers how many there were with it. `None`: there is nothing to try.
pub(super) async fn count_try(
    tx: &mut Tx,
    id: ProofRequestId,
    asking: &Asking,
    now: Timestamp,
) -> Result<Option<i64>, DbError> {
    let row = sql!(
        tx,
        fetch_optional as (i64,),
        "UPDATE proof_request SET tries = tries + 1
         WHERE id = $1 AND channel = 'passkey' AND state = 'asked' AND ends_at > $4 AND code_ends_at > $4 AND tries < $5
           AND device = $2 AND session = $3
         RETURNING tries",
        id,
        asking.device,
        asking.session,
        now,
        crate::model::TRIES
    )
    .await?;
    Ok(row.map(|(tries,)| tries))
}

/// Spends a question: `false` when it was answered before.
pub(super) async fn spend(tx: &mut Tx, id: CeremonyId, expires_at: Timestamp) -> Result<bool, DbError> {
    let spent = sql!(
        tx,
        execute,
        "INSERT INTO spent_passkey_question (id, expires_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING",
        id,
        expires_at
    )
    .await?;
    Ok(spent == 1)
}

/// Forgets what has expired, and would be refused for that.
pub(super) async fn forget_expired(tx: &mut Tx, now: Timestamp) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "DELETE FROM spent_passkey_question WHERE expires_at <= $1",
        now
    )
    .await?;
    Ok(())
}
