use wd_db::{DbError, Tx, record, sql};
use wd_kernel::{ConversationId, DeviceId, StaffId, TeamId, Timestamp};

use crate::{Bytes, SealedNoteKey};

record! {
    pub(crate) struct NoteRow {
        pub(crate) seq: i64,
        pub(crate) device: DeviceId,
        pub(crate) jws: String,
        pub(crate) staff: StaffId,
        pub(crate) at: Timestamp,
        pub(crate) record: String,
    }
}

/// A note to store.
pub(crate) struct NewNote {
    pub(crate) client_id: String,
    pub(crate) device: DeviceId,
    pub(crate) statement: i64,
    pub(crate) staff: StaffId,
    pub(crate) at: Timestamp,
    pub(crate) record: String,
}

pub(crate) async fn append(tx: &mut Tx, conversation: ConversationId, note: NewNote) -> Result<i64, DbError> {
    let (seq,) = sql!(
        tx,
        fetch_one as (i64,),
        "UPDATE mls_group SET note_head = note_head + 1 WHERE conversation = $1 RETURNING note_head",
        conversation
    )
    .await?;
    sql!(
        tx,
        execute,
        "INSERT INTO note (conversation, seq, client_id, device, statement, staff, at, record) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        conversation,
        seq,
        note.client_id,
        note.device,
        note.statement,
        note.staff,
        note.at,
        note.record
    )
    .await?;
    Ok(seq)
}

/// A note that was sent before.
pub(crate) async fn answer(
    tx: &mut Tx,
    conversation: ConversationId,
    client_id: &str,
) -> Result<Option<(i64, Timestamp, DeviceId)>, DbError> {
    type Answer = (i64, Timestamp, DeviceId);
    sql!(
        tx,
        fetch_optional as Answer,
        "SELECT seq, at, device FROM note WHERE conversation = $1 AND client_id = $2",
        conversation,
        client_id
    )
    .await
}

pub(crate) async fn after(
    tx: &mut Tx,
    conversation: ConversationId,
    after: i64,
    limit: i64,
) -> Result<Vec<NoteRow>, DbError> {
    sql!(
        tx,
        fetch_all as NoteRow,
        "SELECT n.seq, n.device, s.jws, n.staff, n.at, n.record FROM note n JOIN device_statement s ON s.device = n.device AND s.number = n.statement
         WHERE n.conversation = $1 AND n.seq > $2 ORDER BY n.seq LIMIT $3",
        conversation,
        after,
        limit
    )
    .await
}

/// Adds a note key. `false` if the number is taken.
pub(crate) async fn add_key(tx: &mut Tx, conversation: ConversationId, key: &SealedNoteKey) -> Result<bool, DbError> {
    let rows = sql!(
        tx,
        execute,
        "INSERT INTO note_key (conversation, number, generation, team, sealed) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (conversation, number) DO NOTHING",
        conversation,
        key.number,
        key.generation,
        key.team,
        key.sealed.0
    )
    .await?;
    Ok(rows == 1)
}

pub(crate) async fn keys(tx: &mut Tx, conversation: ConversationId) -> Result<Vec<SealedNoteKey>, DbError> {
    type KeyRow = (i64, i64, TeamId, Vec<u8>);
    let rows = sql!(
        tx,
        fetch_all as KeyRow,
        "SELECT number, generation, team, sealed FROM note_key WHERE conversation = $1 ORDER BY number",
        conversation
    )
    .await?;
    Ok(rows
        .into_iter()
        .map(|(number, generation, team, sealed)| SealedNoteKey {
            number,
            generation,
            team,
            sealed: Bytes(sealed),
        })
        .collect())
}
