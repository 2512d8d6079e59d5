use wd_db::{DbError, Tx, record, sql};
use wd_kernel::{ConversationId, CustomerId, CustomerPasskeyId, DeviceId, ProofRequestId, SmsId, StaffId, Timestamp};

use crate::model::{Asking, Channel, Proof, Request, State};

record! {
    struct RequestRow {
        id: ProofRequestId,
        conversation: ConversationId,
        customer: CustomerId,
        asked_by: StaffId,
        channel: String,
        state: String,
        asked_at: Timestamp,
        ends_at: Timestamp,
        device: Option<DeviceId>,
        session: Option<Vec<u8>>,
        codes: i64,
        tries: i64,
        code_ends_at: Option<Timestamp>,
        message: Option<SmsId>,
        proved_at: Option<Timestamp>,
        failed_at: Option<Timestamp>,
    }
}

record! {
    /// The code that a new one takes the place of, and how many were stopped by a limit so far.
    pub(crate) struct BeforeRow {
        pub(crate) code: Option<Vec<u8>>,
        pub(crate) code_ends_at: Option<Timestamp>,
        pub(crate) message: Option<SmsId>,
        pub(crate) refused: i64,
    }
}

record! {
    struct ProofRow {
        channel: String,
        device: DeviceId,
        session: Vec<u8>,
        proved_at: Timestamp,
        valid_until: Timestamp,
    }
}

fn asking(device: Option<DeviceId>, session: Option<Vec<u8>>) -> Option<Asking> {
    Some(Asking {
        device: device?,
        session: session?,
    })
}

fn channel(text: &str) -> Result<Channel, DbError> {
    Channel::parse(text).ok_or(DbError::Column {
        column: "channel".into(),
    })
}

impl TryFrom<RequestRow> for Request {
    type Error = DbError;
    fn try_from(row: RequestRow) -> Result<Self, DbError> {
        Ok(Self {
            channel: channel(&row.channel)?,
            state: State::parse(&row.state).ok_or(DbError::Column { column: "state".into() })?,
            begun_by: asking(row.device, row.session),
            id: row.id,
            conversation: row.conversation,
            customer: row.customer,
            asked_by: row.asked_by,
            asked_at: row.asked_at,
            ends_at: row.ends_at,
            codes: row.codes,
            tries: row.tries,
            code_ends_at: row.code_ends_at,
            message: row.message,
            proved_at: row.proved_at,
            failed_at: row.failed_at,
        })
    }
}

/// Lets one transaction at a time count and ask, so that no limit is passed by asking at once.
pub(crate) async fn gate(tx: &mut Tx) -> Result<(), DbError> {
    sql!(tx, execute, "UPDATE proof_gate SET passed = passed + 1 WHERE id = 1").await?;
    Ok(())
}

pub(crate) async fn insert(tx: &mut Tx, request: &Request) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO proof_request (id, conversation, customer, asked_by, channel, state, asked_at, ends_at, codes, tries)
         VALUES ($1, $2, $3, $4, $5, 'asked', $6, $7, 0, 0)",
        request.id,
        request.conversation,
        request.customer,
        request.asked_by,
        request.channel.as_str(),
        request.asked_at,
        request.ends_at
    )
    .await?;
    Ok(())
}

/// Ends what waits in a conversation, because a newer request comes.
pub(crate) async fn replace(tx: &mut Tx, conversation: ConversationId) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "UPDATE proof_request SET state = 'replaced', code = NULL WHERE conversation = $1 AND state = 'asked'",
        conversation
    )
    .await?;
    Ok(())
}

/// How many requests there were in a conversation, and when the first of them was.
pub(crate) async fn of_conversation_since(
    tx: &mut Tx,
    conversation: ConversationId,
    since: Timestamp,
) -> Result<(i64, Option<Timestamp>), DbError> {
    sql!(
        tx,
        fetch_one as (i64, Option<Timestamp>),
        "SELECT COUNT(*), MIN(asked_at) FROM proof_request WHERE conversation = $1 AND asked_at > $2",
        conversation,
        since
    )
    .await
}

/// The same of a customer.
pub(crate) async fn of_customer_since(
    tx: &mut Tx,
    customer: CustomerId,
    since: Timestamp,
) -> Result<(i64, Option<Timestamp>), DbError> {
    sql!(
        tx,
        fetch_one as (i64, Option<Timestamp>),
        "SELECT COUNT(*), MIN(asked_at) FROM proof_request WHERE customer = $1 AND asked_at > $2",
        customer,
        since
    )
    .await
}

/// The same of the organisation.
pub(crate) async fn of_all_since(tx: &mut Tx, since: Timestamp) -> Result<(i64, Option<Timestamp>), DbError> {
    sql!(
        tx,
        fetch_one as (i64, Option<Timestamp>),
        "SELECT COUNT(*), MIN(asked_at) FROM proof_request WHERE asked_at > $1",
        since
    )
    .await
}

/// How many answers of a customer were wrong, in all requests that were made after a time.
pub(crate) async fn wrong_since(tx: &mut Tx, customer: CustomerId, since: Timestamp) -> Result<i64, DbError> {
    let (wrong,) = sql!(
        tx,
        fetch_one as (i64,),
        "SELECT CAST(COALESCE(SUM(CASE WHEN state = 'proved' THEN tries - 1 ELSE tries END), 0) AS BIGINT)
         FROM proof_request WHERE customer = $1 AND asked_at > $2",
        customer,
        since
    )
    .await?;
    Ok(wrong)
}

/// The newest request of a conversation.
pub(crate) async fn latest(tx: &mut Tx, conversation: ConversationId) -> Result<Option<Request>, DbError> {
    sql!(
        tx,
        fetch_optional as RequestRow,
        "SELECT id, conversation, customer, asked_by, channel, state, asked_at, ends_at, device, session, codes, tries, code_ends_at, message, proved_at, failed_at
         FROM proof_request WHERE conversation = $1 ORDER BY asked_at DESC, id DESC LIMIT 1",
        conversation
    )
    .await?
    .map(Request::try_from)
    .transpose()
}

/// The newest requests of a conversation, the newest first.
pub(crate) async fn newest(tx: &mut Tx, conversation: ConversationId, most: i64) -> Result<Vec<Request>, DbError> {
    sql!(
        tx,
        fetch_all as RequestRow,
        "SELECT id, conversation, customer, asked_by, channel, state, asked_at, ends_at, device, session, codes, tries, code_ends_at, message, proved_at, failed_at
         FROM proof_request WHERE conversation = $1 ORDER BY asked_at DESC, id DESC LIMIT $2",
        conversation,
        most
    )
    .await?
    .into_iter()
    .map(Request::try_from)
    .collect()
}

/// Keeps a new code in the place of the one before. `false`: no more, or not for who asks.
pub(crate) async fn set_code(
    tx: &mut Tx,
    id: ProofRequestId,
    asking: &Asking,
    code: &[u8],
    now: Timestamp,
    code_ends_at: Timestamp,
) -> Result<bool, DbError> {
    let set = sql!(
        tx,
        execute,
        "UPDATE proof_request SET code = $4, code_ends_at = $6, codes = codes + 1, device = $2, session = $3, message = NULL
         WHERE id = $1 AND channel <> 'passkey' AND state = 'asked' AND ends_at > $5 AND codes < $7 AND tries < $8
           AND (device IS NULL OR (device = $2 AND session = $3))",
        id,
        asking.device,
        asking.session,
        code,
        now,
        code_ends_at,
        crate::model::CODES,
        crate::model::TRIES
    )
    .await?;
    Ok(set == 1)
}

/// Notes the text message that the newest code goes out in.
pub(crate) async fn set_message(tx: &mut Tx, id: ProofRequestId, message: SmsId) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "UPDATE proof_request SET message = $2 WHERE id = $1",
        id,
        message
    )
    .await?;
    Ok(())
}

pub(crate) async fn before(tx: &mut Tx, id: ProofRequestId) -> Result<BeforeRow, DbError> {
    sql!(
        tx,
        fetch_one as BeforeRow,
        "SELECT code, code_ends_at, message, refused FROM proof_request WHERE id = $1",
        id
    )
    .await
}

/// Takes the newest code back, which was not sent: the one before counts again.
pub(crate) async fn not_sent(tx: &mut Tx, id: ProofRequestId, before: &BeforeRow) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "UPDATE proof_request SET code = $2, code_ends_at = $3, message = $4, codes = codes - 1, refused = refused + 1 WHERE id = $1",
        id,
        before.code.clone(),
        before.code_ends_at,
        before.message
    )
    .await?;
    Ok(())
}

/// Counts a try, and answers how many there were with it, and the code's hash. `None`: there is nothing to try.
pub(crate) async fn count_try(
    tx: &mut Tx,
    id: ProofRequestId,
    asking: &Asking,
    now: Timestamp,
) -> Result<Option<(i64, Vec<u8>)>, DbError> {
    sql!(
        tx,
        fetch_optional as (i64, Vec<u8>),
        "UPDATE proof_request SET tries = tries + 1
         WHERE id = $1 AND state = 'asked' AND ends_at > $4 AND code IS NOT NULL AND code_ends_at > $4 AND tries < $5
           AND device = $2 AND session = $3
         RETURNING tries, code",
        id,
        asking.device,
        asking.session,
        now,
        crate::model::TRIES
    )
    .await
}

pub(crate) async fn failed(tx: &mut Tx, id: ProofRequestId, at: Timestamp) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "UPDATE proof_request SET state = 'failed', code = NULL, failed_at = $2 WHERE id = $1",
        id,
        at
    )
    .await?;
    Ok(())
}

pub(crate) async fn proved(
    tx: &mut Tx,
    id: ProofRequestId,
    at: Timestamp,
    valid_until: Timestamp,
    passkey: Option<CustomerPasskeyId>,
) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "UPDATE proof_request SET state = 'proved', code = NULL, proved_at = $2, valid_until = $3, passkey = $4 WHERE id = $1",
        id,
        at,
        valid_until,
        passkey
    )
    .await?;
    Ok(())
}

/// The newest proof that counts by its time.
pub(crate) async fn proof(tx: &mut Tx, conversation: ConversationId, now: Timestamp) -> Result<Option<Proof>, DbError> {
    let row = sql!(
        tx,
        fetch_optional as ProofRow,
        "SELECT channel, device, session, proved_at, valid_until FROM proof_request
         WHERE conversation = $1 AND state = 'proved' AND valid_until > $2 ORDER BY proved_at DESC, id DESC LIMIT 1",
        conversation,
        now
    )
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Proof {
        channel: channel(&row.channel)?,
        given_by: Asking {
            device: row.device,
            session: row.session,
        },
        proved_at: row.proved_at,
        valid_until: row.valid_until,
    }))
}

/// The conversations in which this device and session gave a proof that counts by its time.
pub(crate) async fn proved_by(
    tx: &mut Tx,
    customer: CustomerId,
    asking: &Asking,
    now: Timestamp,
) -> Result<Vec<ConversationId>, DbError> {
    let rows = sql!(
        tx,
        fetch_all as (ConversationId,),
        "SELECT DISTINCT conversation FROM proof_request
         WHERE customer = $1 AND device = $2 AND session = $3 AND state = 'proved' AND valid_until > $4",
        customer,
        asking.device,
        asking.session,
        now
    )
    .await?;
    Ok(rows.into_iter().map(|(conversation,)| conversation).collect())
}
