use wd_db::{DbError, Tx, record, sql};
use wd_kernel::{StaffId, Timestamp};

record! {
    /// Whether passwords may be tested without sign-in.
    #[derive(Debug, Clone, Copy)]
    pub struct OptionRow {
        pub version: i64,
        pub enabled: i64,
    }
}

record! {
    /// Who decided it and why.
    #[derive(Debug, Clone)]
    pub struct DecisionRow {
        pub version: i64,
        pub enabled: i64,
        pub reason: Option<String>,
        pub decided_by: Option<StaffId>,
        pub decided_at: Timestamp,
    }
}

record! {
    /// The index of a password, and whose.
    #[derive(Debug)]
    pub struct IndexRow {
        pub staff: StaffId,
        pub sealed: Vec<u8>,
        pub password_set_at: Option<Timestamp>,
    }
}

record! {
    /// A scan of a corpus, from its first page to its last.
    #[derive(Debug, Clone)]
    pub struct RunRow {
        pub corpus: Vec<u8>,
        /// Passwords whose index is of an earlier generation are tested: theirs were there when it began.
        pub generation: i64,
        pub pages: i64,
        /// All before it were read.
        pub next_page: i64,
        pub entries: i64,
        pub entries_done: i64,
        /// How long reading took in all.
        pub busy_micros: i64,
        pub tested: i64,
        pub found: i64,
        pub started_at: Timestamp,
        pub finished_at: Option<Timestamp>,
        /// Until when a node has it.
        pub lease_until: Option<Timestamp>,
        /// Which time it was taken up; whoever took it up before has lost it.
        pub claims: i64,
    }
}

/// Whether it may be done.
pub async fn option(tx: &mut Tx) -> Result<OptionRow, DbError> {
    sql!(
        tx,
        fetch_one as OptionRow,
        "SELECT version, enabled FROM blind_scan WHERE one = 1"
    )
    .await
}

/// Switches it over the version that was read; false when somebody was faster. Whoever wants to write an index waits for
/// the end of the transaction.
pub async fn switch(tx: &mut Tx, read: i64, enabled: bool) -> Result<bool, DbError> {
    let written = sql!(
        tx,
        execute,
        "UPDATE blind_scan SET version = version + 1, enabled = $1 WHERE one = 1 AND version = $2",
        i64::from(enabled),
        read
    )
    .await?;
    Ok(written == 1)
}

/// Keeps who decided so, when and why.
pub async fn record(tx: &mut Tx, row: &DecisionRow) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO blind_scan_decision (version, enabled, reason, decided_by, decided_at) VALUES ($1, $2, $3, $4, $5)",
        row.version,
        row.enabled,
        row.reason.as_deref(),
        row.decided_by,
        row.decided_at
    )
    .await
    .map(drop)
}

/// The decision that holds.
pub async fn decision(tx: &mut Tx, version: i64) -> Result<Option<DecisionRow>, DbError> {
    sql!(
        tx,
        fetch_optional as DecisionRow,
        "SELECT version, enabled, reason, decided_by, decided_at FROM blind_scan_decision WHERE version = $1",
        version
    )
    .await
}

/// Keeps it from being switched off until the end of the transaction; the generation. `None`: it is off.
pub async fn hold_on(tx: &mut Tx) -> Result<Option<i64>, DbError> {
    let row = sql!(
        tx,
        fetch_optional as (i64,),
        "UPDATE blind_scan SET generation = generation WHERE one = 1 AND enabled = 1 RETURNING generation"
    )
    .await?;
    Ok(row.map(|(generation,)| generation))
}

/// The same, with a new generation: all indexes that are there are older.
pub async fn next_generation(tx: &mut Tx) -> Result<Option<i64>, DbError> {
    let row = sql!(
        tx,
        fetch_optional as (i64,),
        "UPDATE blind_scan SET generation = generation + 1 WHERE one = 1 AND enabled = 1 RETURNING generation"
    )
    .await?;
    Ok(row.map(|(generation,)| generation))
}

/// The index of somebody's password, sealed.
pub async fn index_of(tx: &mut Tx, staff: StaffId) -> Result<Option<Vec<u8>>, DbError> {
    let row = sql!(
        tx,
        fetch_optional as (Vec<u8>,),
        "SELECT sealed FROM password_index WHERE staff = $1",
        staff
    )
    .await?;
    Ok(row.map(|(sealed,)| sealed))
}

pub async fn put_index(tx: &mut Tx, staff: StaffId, sealed: &[u8], generation: i64) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO password_index (staff, sealed, generation) VALUES ($1, $2, $3)
         ON CONFLICT (staff) DO UPDATE SET sealed = excluded.sealed, generation = excluded.generation",
        staff,
        sealed,
        generation
    )
    .await
    .map(drop)
}

pub async fn forget_index(tx: &mut Tx, staff: StaffId) -> Result<(), DbError> {
    sql!(tx, execute, "DELETE FROM password_index WHERE staff = $1", staff)
        .await
        .map(drop)
}

/// Deletes the indexes of all, and scans that have not ended; how many indexes there were.
pub async fn forget_all(tx: &mut Tx) -> Result<u64, DbError> {
    let gone = sql!(tx, execute, "DELETE FROM password_index").await?;
    sql!(tx, execute, "DELETE FROM blind_scan_run WHERE finished_at IS NULL").await?;
    Ok(gone)
}

/// How many who can sign in have an index.
pub async fn indexed(tx: &mut Tx) -> Result<i64, DbError> {
    let (count,) = sql!(
        tx,
        fetch_one as (i64,),
        "SELECT COUNT(*) FROM password_index i JOIN staff s ON s.id = i.staff WHERE s.state = 'active'"
    )
    .await?;
    Ok(count)
}

/// The indexes of before a generation, of those who have not left and whose password is in no known breach.
pub async fn before(tx: &mut Tx, generation: i64) -> Result<Vec<IndexRow>, DbError> {
    sql!(
        tx,
        fetch_all as IndexRow,
        "SELECT i.staff, i.sealed, s.password_set_at FROM password_index i JOIN staff s ON s.id = i.staff
         WHERE i.generation < $1 AND s.state <> 'disabled' AND s.password_breached_at IS NULL ORDER BY i.staff",
        generation
    )
    .await
}

/// Whether somebody has an index whose password this corpus has not seen.
pub async fn is_unseen(tx: &mut Tx, corpus: &[u8]) -> Result<bool, DbError> {
    let row = sql!(
        tx,
        fetch_optional as (StaffId,),
        "SELECT i.staff FROM password_index i JOIN staff s ON s.id = i.staff
         WHERE s.state <> 'disabled' AND s.password_breached_at IS NULL
           AND (s.password_checked_with IS NULL OR s.password_checked_with <> $1) LIMIT 1",
        corpus
    )
    .await?;
    Ok(row.is_some())
}

/// Whether a corpus that was made later was in use somewhere.
pub async fn is_outdated(tx: &mut Tx, made_at: i64) -> Result<bool, DbError> {
    let row = sql!(
        tx,
        fetch_optional as (i64,),
        "SELECT made_at FROM breach_corpus WHERE made_at > $1 LIMIT 1",
        made_at
    )
    .await?;
    Ok(row.is_some())
}

/// The scan of a corpus.
pub async fn run(tx: &mut Tx, corpus: &[u8]) -> Result<Option<RunRow>, DbError> {
    sql!(
        tx,
        fetch_optional as RunRow,
        "SELECT corpus, generation, pages, next_page, entries, entries_done, busy_micros, tested, found, started_at,
           finished_at, lease_until, claims FROM blind_scan_run WHERE corpus = $1",
        corpus
    )
    .await
}

/// The scan that began last.
pub async fn latest_run(tx: &mut Tx) -> Result<Option<RunRow>, DbError> {
    sql!(
        tx,
        fetch_optional as RunRow,
        "SELECT corpus, generation, pages, next_page, entries, entries_done, busy_micros, tested, found, started_at,
           finished_at, lease_until, claims FROM blind_scan_run ORDER BY started_at DESC, corpus LIMIT 1"
    )
    .await
}

/// Begins a scan, which nobody has taken up. One of another corpus that has not ended is given up; one of this corpus
/// that has ended is forgotten.
pub async fn begin(tx: &mut Tx, row: &RunRow) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "DELETE FROM blind_scan_run WHERE finished_at IS NULL AND corpus <> $1",
        row.corpus.as_slice()
    )
    .await?;
    sql!(
        tx,
        execute,
        "INSERT INTO blind_scan_run (corpus, generation, pages, next_page, entries, entries_done, busy_micros, tested,
           found, started_at, claims) VALUES ($1, $2, $3, 0, $4, 0, 0, $5, 0, $6, 0)
         ON CONFLICT (corpus) DO UPDATE SET generation = excluded.generation, pages = excluded.pages, next_page = 0,
           entries = excluded.entries, entries_done = 0, busy_micros = 0, tested = excluded.tested, found = 0,
           started_at = excluded.started_at, finished_at = NULL, lease_until = NULL
         WHERE blind_scan_run.finished_at IS NOT NULL",
        row.corpus.as_slice(),
        row.generation,
        row.pages,
        row.entries,
        row.tested,
        row.started_at
    )
    .await
    .map(drop)
}

/// Takes a scan up that has not ended and that nobody has.
pub async fn claim(tx: &mut Tx, corpus: &[u8], now: Timestamp, until: Timestamp) -> Result<Option<RunRow>, DbError> {
    sql!(
        tx,
        fetch_optional as RunRow,
        "UPDATE blind_scan_run SET lease_until = $3, claims = claims + 1
         WHERE corpus = $1 AND finished_at IS NULL AND (lease_until IS NULL OR lease_until <= $2)
         RETURNING corpus, generation, pages, next_page, entries, entries_done, busy_micros, tested, found, started_at,
           finished_at, lease_until, claims",
        corpus,
        now,
        until
    )
    .await
}

/// Writes down how far it is and gives it back; false when it was lost to somebody else, or is no more.
pub async fn advance(tx: &mut Tx, row: &RunRow) -> Result<bool, DbError> {
    let written = sql!(
        tx,
        execute,
        "UPDATE blind_scan_run SET next_page = $3, entries_done = $4, busy_micros = $5, found = $6, finished_at = $7,
           lease_until = NULL WHERE corpus = $1 AND claims = $2 AND generation = $8 AND finished_at IS NULL",
        row.corpus.as_slice(),
        row.claims,
        row.next_page,
        row.entries_done,
        row.busy_micros,
        row.found,
        row.finished_at,
        row.generation
    )
    .await?;
    Ok(written == 1)
}

/// The passwords that were tested from the first page to the last were seen by the corpus now. Those that were set
/// meanwhile were looked up then.
pub async fn mark_seen(tx: &mut Tx, row: &RunRow, now: Timestamp) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "UPDATE staff SET password_checked_with = $1, password_checked_at = $2
         WHERE state <> 'disabled' AND password_hash IS NOT NULL AND password_breached_at IS NULL
           AND COALESCE(password_set_at, 0) <= $3 AND id IN (SELECT staff FROM password_index WHERE generation < $4)",
        row.corpus.as_slice(),
        now,
        row.started_at,
        row.generation
    )
    .await
    .map(drop)
}
