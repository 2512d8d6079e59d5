use sqlx::{
    PgConnection, Postgres, Sqlite, SqliteConnection, Transaction, pool::PoolConnection, postgres::PgArguments,
    query::Query, sqlite::SqliteArguments,
};

use crate::{Bound, DbError, FromRow, Row, Seal, announce::Wake, seal::Sealer, writer::Turn};

/// A transaction. Nothing happens outside of one; dropping it rolls back.
pub struct Tx {
    inner: Inner,
    wake: Wake,
    sealer: Sealer,
    /// What was emitted and is not written yet.
    pub(crate) emitted: Vec<[Bound; 4]>,
    /// A statement failed in a way that may have ended the transaction.
    broken: bool,
}

pub(crate) enum Inner {
    /// SQLite's writer, lent.
    Writing(Turn),
    /// One of SQLite's readers.
    Reading(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
    /// No transaction: each statement for itself.
    Looking(PoolConnection<Sqlite>),
    LookingPostgres(PoolConnection<Postgres>),
}

/// The connection a statement goes to.
enum On<'a> {
    Sqlite(&'a mut SqliteConnection),
    Postgres(&'a mut PgConnection),
}

impl Tx {
    pub(crate) const fn new(inner: Inner, wake: Wake, sealer: Sealer) -> Self {
        Self {
            inner,
            wake,
            sealer,
            emitted: Vec::new(),
            broken: false,
        }
    }

    /// Makes everything since the beginning durable, all of it. Who stops waiting does not know which.
    pub async fn commit(mut self) -> Result<(), DbError> {
        let emitted = self.write_emitted().await?;
        if self.broken {
            return Err(DbError::Broken);
        }
        match self.inner {
            // The writer wakes the relay itself, also when nobody waits here any more.
            Inner::Writing(turn) => return turn.commit(emitted).await,
            Inner::Reading(tx) => tx.commit().await?,
            Inner::Postgres(tx) => tx.commit().await?,
            Inner::Looking(_) | Inner::LookingPostgres(_) => {}
        }
        if emitted {
            self.wake.wake();
        }
        Ok(())
    }

    /// What seals values, if the vault is open.
    pub fn sealer(&self) -> Option<&dyn Seal> {
        self.sealer.get().map(AsRef::as_ref)
    }

    /// Runs a statement; the number of rows it changed. Call it through [`sql!`](crate::sql).
    pub async fn execute(&mut self, sql: &'static str, binds: Vec<Bound>) -> Result<u64, DbError> {
        let changed = match self.on(sql)? {
            On::Sqlite(on) => bind_sqlite(sql, binds)
                .execute(on)
                .await
                .map(|done| done.rows_affected()),
            On::Postgres(on) => bind_postgres(sql, binds)
                .execute(on)
                .await
                .map(|done| done.rows_affected()),
        };
        self.noted(changed)
    }

    /// All rows. Call it through [`sql!`](crate::sql).
    pub async fn fetch_all<T: FromRow>(&mut self, sql: &'static str, binds: Vec<Bound>) -> Result<Vec<T>, DbError> {
        let rows = match self.on(sql)? {
            On::Sqlite(on) => bind_sqlite(sql, binds)
                .fetch_all(on)
                .await
                .map(|rows| rows.into_iter().map(Row::Sqlite).collect()),
            On::Postgres(on) => bind_postgres(sql, binds)
                .fetch_all(on)
                .await
                .map(|rows| rows.into_iter().map(Row::Postgres).collect()),
        };
        let rows: Vec<Row> = self.noted(rows)?;
        rows.iter().map(T::from_row).collect()
    }

    /// The row, if there is one. Call it through [`sql!`](crate::sql).
    pub async fn fetch_optional<T: FromRow>(
        &mut self,
        sql: &'static str,
        binds: Vec<Bound>,
    ) -> Result<Option<T>, DbError> {
        let row = match self.on(sql)? {
            On::Sqlite(on) => bind_sqlite(sql, binds)
                .fetch_optional(on)
                .await
                .map(|row| row.map(Row::Sqlite)),
            On::Postgres(on) => bind_postgres(sql, binds)
                .fetch_optional(on)
                .await
                .map(|row| row.map(Row::Postgres)),
        };
        self.noted(row)?.as_ref().map(T::from_row).transpose()
    }

    /// The row that must be there. Call it through [`sql!`](crate::sql).
    pub async fn fetch_one<T: FromRow>(&mut self, sql: &'static str, binds: Vec<Bound>) -> Result<T, DbError> {
        self.fetch_optional(sql, binds)
            .await?
            .ok_or(DbError::Sql(sqlx::Error::RowNotFound))
    }

    /// Runs several statements that are written as one text; for migrations.
    pub(crate) async fn run_script(&mut self, sql: &'static str) -> Result<(), DbError> {
        let ran = match self.on(sql)? {
            On::Sqlite(on) => sqlx::raw_sql(sql).execute(on).await.map(drop),
            On::Postgres(on) => sqlx::raw_sql(sql).execute(on).await.map(drop),
        };
        self.noted(ran)
    }

    fn on(&mut self, sql: &str) -> Result<On<'_>, DbError> {
        if self.broken {
            return Err(DbError::Broken);
        }
        Ok(match &mut self.inner {
            Inner::Writing(turn) => On::Sqlite(turn.connection()?),
            Inner::Reading(tx) => On::Sqlite(tx),
            Inner::Postgres(tx) => On::Postgres(tx),
            Inner::Looking(_) | Inner::LookingPostgres(_) if !sql.starts_with("SELECT ") => {
                return Err(DbError::Looking);
            }
            Inner::Looking(connection) => On::Sqlite(connection),
            Inner::LookingPostgres(connection) => On::Postgres(connection),
        })
    }

    /// After a fault SQLite may have rolled back by itself, and what came then would be durable without a commit. So a
    /// transaction with a fault takes nothing more. A refused row is no fault.
    fn noted<T>(&mut self, result: Result<T, sqlx::Error>) -> Result<T, DbError> {
        let result = result.map_err(DbError::from);
        self.broken = result.as_ref().is_err_and(|error| !error.is_refusal());
        if let (Err(DbError::Full), Inner::Writing(turn)) = (&result, &mut self.inner) {
            turn.found_no_room();
        }
        result
    }
}

fn bind_sqlite(sql: &'static str, binds: Vec<Bound>) -> Query<'static, Sqlite, SqliteArguments> {
    binds.into_iter().fold(sqlx::query(sql), |query, bound| match bound {
        Bound::Int(value) => query.bind(value),
        Bound::Bool(value) => query.bind(value),
        Bound::Text(value) => query.bind(value),
        Bound::Bytes(value) => query.bind(value),
        Bound::Uuid(value) => query.bind(value),
    })
}

fn bind_postgres(sql: &'static str, binds: Vec<Bound>) -> Query<'static, Postgres, PgArguments> {
    binds.into_iter().fold(sqlx::query(sql), |query, bound| match bound {
        Bound::Int(value) => query.bind(value),
        Bound::Bool(value) => query.bind(value),
        Bound::Text(value) => query.bind(value),
        Bound::Bytes(value) => query.bind(value),
        Bound::Uuid(value) => query.bind(value),
    })
}
