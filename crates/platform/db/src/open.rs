use std::{path::Path, str::FromStr, sync::Arc, time::Duration};

use sqlx::{
    Connection as _, PgPool, SqlitePool,
    postgres::{PgConnectOptions, PgListener, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::{
    DbError, Migrations, Seal, Tx,
    announce::{CHANNEL, Wake},
    migrate,
    seal::Sealer,
    tx::Inner,
    writer::Writer,
};

/// How many prepared statements a connection keeps: more than the program has.
const STATEMENTS: usize = 1_024;
/// A connection of the pool that was used within this time is taken to be alive.
const FRESH: Duration = Duration::from_secs(5);

/// An opened database. Clones share the connections.
#[derive(Clone)]
pub struct Db {
    kind: Kind,
    wake: Wake,
    sealer: Sealer,
}

#[derive(Clone)]
enum Kind {
    /// One writer, since SQLite has one anyway, and readers beside it.
    Sqlite {
        writer: Writer,
        readers: SqlitePool,
    },
    Postgres(PgPool),
}

/// Being the one node that does a thing; ends when dropped.
pub struct Leadership {
    // Held, not read: the session's advisory lock lives as long as the connection.
    _connection: Option<sqlx::pool::PoolConnection<sqlx::Postgres>>,
}

impl Db {
    /// Opens (and makes, if it is not there) the SQLite database `wardesk.db` in a folder.
    pub async fn sqlite(folder: &Path) -> Result<Self, DbError> {
        std::fs::create_dir_all(folder).map_err(DbError::Folder)?;
        let options = SqliteConnectOptions::new()
            .filename(folder.join("wardesk.db"))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // Acknowledged means durable: every commit reaches the disk.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(10))
            .pragma("secure_delete", "ON")
            .pragma("trusted_schema", "OFF")
            .statement_cache_capacity(STATEMENTS);
        let wake = Wake::default();
        let writer = Writer::open(options.clone(), wake.clone()).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(8)
            .idle_timeout(None)
            .max_lifetime(None)
            // A file in this process does not go away between two questions.
            .test_before_acquire(false)
            .connect_with(options.pragma("query_only", "ON"))
            .await?;
        Ok(Self {
            kind: Kind::Sqlite { writer, readers },
            wake,
            sealer: Sealer::default(),
        })
    }

    /// Opens a PostgreSQL database by its address. The search path, if given, names the schema to live in.
    pub async fn postgres(address: &str, schema: Option<&str>) -> Result<Self, DbError> {
        let mut options = PgConnectOptions::from_str(address).map_err(|_| DbError::Address)?;
        if let Some(schema) = schema {
            options = options.options([("search_path", schema)]);
        }
        options = options.statement_cache_capacity(STATEMENTS);
        let pool = PgPoolOptions::new()
            .max_connections(16)
            .acquire_timeout(Duration::from_secs(15))
            .test_before_acquire(false)
            .before_acquire(|connection, about| {
                Box::pin(async move {
                    // Asking each time would be a round trip for nothing; a server that was started again is noticed.
                    Ok(about.idle_for < FRESH || connection.ping().await.is_ok())
                })
            })
            .connect_with(options)
            .await?;
        Ok(Self {
            wake: Wake::with_other_nodes(pool.clone()),
            kind: Kind::Postgres(pool),
            sealer: Sealer::default(),
        })
    }

    /// Brings the schema up to date. Several nodes may do it at once; one does the work.
    pub async fn migrate(&self, all: &[Migrations]) -> Result<(), DbError> {
        migrate::run(self, all).await
    }

    /// Lends the database what seals values; the first one counts.
    pub fn seal_with(&self, sealer: Arc<dyn Seal>) {
        drop(self.sealer.set(sealer));
    }

    /// Begins to write. On SQLite this waits for the writer's turn, and transactions that wait share a commit. What it sees
    /// may wait for that commit still, so who gives a good answer commits first, also when nothing was changed.
    pub async fn begin(&self) -> Result<Tx, DbError> {
        self.begin_as(false).await
    }

    /// Begins to write something that takes long: nobody who has finished waits for this to end before it is durable.
    pub async fn begin_long(&self) -> Result<Tx, DbError> {
        self.begin_as(true).await
    }

    async fn begin_as(&self, alone: bool) -> Result<Tx, DbError> {
        let inner = match &self.kind {
            Kind::Sqlite { writer, .. } => Inner::Writing(writer.begin(alone).await?),
            Kind::Postgres(pool) => Inner::Postgres(pool.begin().await?),
        };
        Ok(self.tx(inner))
    }

    /// Begins to read: one state of the database for as long as it lives. Writing fails.
    pub async fn snapshot(&self) -> Result<Tx, DbError> {
        let inner = match &self.kind {
            Kind::Sqlite { readers, .. } => Inner::Reading(readers.begin().await?),
            Kind::Postgres(pool) => Inner::Postgres(
                pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                    .await?,
            ),
        };
        Ok(self.tx(inner))
    }

    /// Begins to look: only SELECT, and each statement sees what is committed when it begins. It saves the two round trips
    /// of a transaction where one statement tells all, or a newer answer to the second one is welcome.
    pub async fn look(&self) -> Result<Tx, DbError> {
        let inner = match &self.kind {
            Kind::Sqlite { readers, .. } => Inner::Looking(readers.acquire().await?),
            Kind::Postgres(pool) => Inner::LookingPostgres(pool.acquire().await?),
        };
        Ok(self.tx(inner))
    }

    fn tx(&self, inner: Inner) -> Tx {
        Tx::new(inner, self.wake.clone(), self.sealer.clone())
    }

    /// Waits until somebody emitted an event or `at_most` has passed.
    pub async fn emitted(&self, at_most: Duration) {
        self.wake.wait(at_most).await;
    }

    /// Wakes this process when another node emits. Runs until the connection ends; call it again then.
    pub async fn hear_other_nodes(&self) -> Result<(), DbError> {
        let Kind::Postgres(pool) = &self.kind else {
            return std::future::pending().await;
        };
        let mut listener = PgListener::connect_with(pool).await?;
        listener.listen(CHANNEL).await?;
        loop {
            listener.recv().await?;
            self.wake.heard();
        }
    }

    /// Becomes the one node that does a thing, if nobody else is. SQLite has one node.
    pub async fn try_lead(&self, what: &str) -> Result<Option<Leadership>, DbError> {
        let Kind::Postgres(pool) = &self.kind else {
            return Ok(Some(Leadership { _connection: None }));
        };
        // Not given back to the pool: the lock must die with the connection, not be inherited.
        let mut connection = pool.acquire().await?;
        connection.close_on_drop();
        let (led,): (bool,) =
            sqlx::query_as("SELECT pg_try_advisory_lock(hashtextextended(current_schema() || '/' || $1, 0))")
                .bind(what)
                .fetch_one(&mut *connection)
                .await?;
        Ok(led.then_some(Leadership {
            _connection: Some(connection),
        }))
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), DbError> {
        let mut tx = self.snapshot().await?;
        tx.fetch_one::<(i64,)>("SELECT CAST(1 AS BIGINT)", vec![]).await?;
        Ok(())
    }

    /// Closes the connections after what is running has ended.
    pub async fn close(&self) {
        match &self.kind {
            Kind::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Kind::Postgres(pool) => pool.close().await,
        }
    }

    /// `sqlite` or `postgres`, for people.
    pub const fn engine(&self) -> &'static str {
        match self.kind {
            Kind::Sqlite { .. } => "sqlite",
            Kind::Postgres(_) => "postgres",
        }
    }

    pub(crate) const fn is_postgres(&self) -> bool {
        matches!(self.kind, Kind::Postgres(_))
    }

    /// Asks the database to prepare a statement, to find mistakes without running it.
    pub async fn prepare(&self, sql: &'static str) -> Result<(), DbError> {
        use sqlx::{Executor, SqlSafeStr};
        match &self.kind {
            Kind::Sqlite { readers, .. } => readers.acquire().await?.prepare(sql.into_sql_str()).await.map(drop)?,
            Kind::Postgres(pool) => pool.acquire().await?.prepare(sql.into_sql_str()).await.map(drop)?,
        }
        Ok(())
    }
}
