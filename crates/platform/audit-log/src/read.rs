use crate::entry::PERSONAL;
use serde::Serialize;
use serde_json::Value;
use wd_db::{DbError, Tx, record, sql};
use wd_kernel::{AuditId, Id as _, Page, PageQuery, Timestamp, b64u};

/// Which entries are wanted. Every field that is given must match.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// The actor's id, or `system`'s part.
    pub actor: Option<String>,
    /// The action's exact name.
    pub action: Option<String>,
    /// The target's id.
    pub target: Option<String>,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub to: Option<Timestamp>,
}

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct AuditActor {
    /// `staff`, `customer`, `system` or `nobody`.
    pub kind: String,
    /// The id; empty for nobody.
    pub id: String,
}

/// What it was done to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct AuditTarget {
    /// The id's prefix.
    pub kind: String,
    /// The id.
    pub id: String,
}

/// An entry as a list shows it.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct AuditEntry {
    /// Its id.
    pub id: AuditId,
    /// Its place in the log.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub actor: AuditActor,
    /// What.
    pub action: String,
    /// To what.
    pub target: Option<AuditTarget>,
    /// `done` or `refused`.
    pub outcome: String,
    /// Facts; personal values where they have not been erased.
    #[schema(value_type = Object)]
    pub details: Value,
    /// SHA-256 of the canonical bytes, hex.
    pub hash: String,
}

/// An entry with the bytes that are hashed.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct AuditEntryDetail {
    /// The entry.
    #[serde(flatten)]
    pub entry: AuditEntry,
    /// The canonical bytes, base64url: they hold commitments instead of personal values.
    pub canonical: String,
    /// Whether the hash of the canonical bytes is the stored hash.
    pub intact: bool,
}

record! {
    struct EntryRow {
        id: AuditId,
        seq: i64,
        at: Timestamp,
        actor_kind: String,
        actor: String,
        action: String,
        target_kind: Option<String>,
        target: Option<String>,
        outcome: String,
        details: String,
        canonical: Vec<u8>,
        hash: Vec<u8>,
    }
}

/// A page of the log, newest first.
pub async fn list(tx: &mut Tx, filter: &AuditFilter, page: &PageQuery) -> Result<Page<AuditEntry>, DbError> {
    let before = page.after.as_deref().and_then(|cursor| cursor.parse::<i64>().ok());
    let rows = sql!(
        tx,
        fetch_all as EntryRow,
        "SELECT id, seq, at, actor_kind, actor, action, target_kind, target, outcome, details, canonical, hash FROM audit_entry
         WHERE (seq < $1 OR $1 IS NULL) AND (actor = $2 OR $2 IS NULL) AND (action = $3 OR $3 IS NULL) AND (target = $4 OR $4 IS NULL)
           AND (at >= $5 OR $5 IS NULL) AND (at < $6 OR $6 IS NULL)
         ORDER BY seq DESC LIMIT $7",
        before,
        filter.actor,
        filter.action,
        filter.target,
        filter.from,
        filter.to,
        page.limit() + 1
    )
    .await?;
    let mut entries = Vec::with_capacity(rows.len());
    for row in rows {
        entries.push(entry(tx, row).await?.entry);
    }
    Ok(Page::cut(entries, page.limit(), |entry| entry.seq.to_string()))
}

/// A page of what somebody did or had done to them, newest first, of these actions only.
pub async fn about(tx: &mut Tx, who: &str, actions: &[&str], page: &PageQuery) -> Result<Page<AuditEntry>, DbError> {
    let before = page.after.as_deref().and_then(|cursor| cursor.parse::<i64>().ok());
    let actions = format!(",{},", actions.join(","));
    let rows = sql!(
        tx,
        fetch_all as EntryRow,
        "SELECT id, seq, at, actor_kind, actor, action, target_kind, target, outcome, details, canonical, hash FROM audit_entry
         WHERE (seq < $1 OR $1 IS NULL) AND (actor = $2 OR target = $2) AND $3 LIKE '%,' || action || ',%'
         ORDER BY seq DESC LIMIT $4",
        before,
        who,
        actions,
        page.limit() + 1
    )
    .await?;
    let mut entries = Vec::with_capacity(rows.len());
    for row in rows {
        entries.push(entry(tx, row).await?.entry);
    }
    Ok(Page::cut(entries, page.limit(), |entry| entry.seq.to_string()))
}

/// The latest entry about this target with this action.
pub async fn latest(tx: &mut Tx, target: &str, action: &str) -> Result<Option<AuditEntry>, DbError> {
    let row = sql!(
        tx,
        fetch_optional as EntryRow,
        "SELECT id, seq, at, actor_kind, actor, action, target_kind, target, outcome, details, canonical, hash FROM audit_entry
         WHERE target = $1 AND action = $2 ORDER BY seq DESC LIMIT 1",
        target,
        action
    )
    .await?;
    match row {
        Some(row) => Ok(Some(entry(tx, row).await?.entry)),
        None => Ok(None),
    }
}

/// One entry, with its canonical bytes.
pub async fn find(tx: &mut Tx, id: AuditId) -> Result<Option<AuditEntryDetail>, DbError> {
    let row = sql!(
        tx,
        fetch_optional as EntryRow,
        "SELECT id, seq, at, actor_kind, actor, action, target_kind, target, outcome, details, canonical, hash FROM audit_entry WHERE id = $1",
        id
    )
    .await?;
    match row {
        Some(row) => entry(tx, row).await.map(Some),
        None => Ok(None),
    }
}

async fn entry(tx: &mut Tx, row: EntryRow) -> Result<AuditEntryDetail, DbError> {
    let mut details: Value = serde_json::from_str(&row.details).map_err(DbError::Event)?;
    let personal = sql!(
        tx,
        fetch_all as (String, Vec<u8>),
        "SELECT name, value FROM audit_personal WHERE entry = $1",
        row.id
    )
    .await?;
    if let (Value::Object(fields), Some(sealer)) = (&mut details, tx.sealer()) {
        for (name, sealed) in personal {
            // What does not open any more stays what the canonical bytes say: a commitment.
            if let Some(clear) = sealer.open(PERSONAL, &name, row.id.uuid().as_bytes(), &sealed) {
                fields.insert(name, Value::String(String::from_utf8_lossy(&clear).into_owned()));
            }
        }
    }
    let intact = wd_crypto::sha256(&row.canonical).as_slice() == row.hash.as_slice();
    Ok(AuditEntryDetail {
        entry: AuditEntry {
            id: row.id,
            seq: row.seq,
            at: row.at,
            actor: AuditActor {
                kind: row.actor_kind,
                id: row.actor,
            },
            action: row.action,
            target: row
                .target_kind
                .zip(row.target)
                .map(|(kind, id)| AuditTarget { kind, id }),
            outcome: row.outcome,
            details,
            hash: row
                .hash
                .iter()
                .fold(String::new(), |text, byte| text + &format!("{byte:02x}")),
        },
        canonical: b64u::encode(&row.canonical),
        intact,
    })
}
