use sqlx::{Postgres, Sqlite, Transaction, postgres::PgArguments, query::Query, sqlite::SqliteArguments};

use crate::{Bound, DbError, FromRow, Row, Seal, open::Wake, seal::Sealer};

/// A transaction. Nothing happens outside of one; dropping it rolls back.
pub struct Tx {
    pub(crate) inner: Inner,
    pub(crate) wake: Wake,
    pub(crate) emitted: bool,
    pub(crate) sealer: Sealer,
}

pub(crate) enum Inner {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Tx {
    /// Makes everything since the beginning durable, all of it.
    pub async fn commit(mut self) -> Result<(), DbError> {
        if self.emitted
            && let Inner::Postgres(tx) = &mut self.inner
        {
            sqlx::query("SELECT pg_notify('wardesk_outbox', '')")
                .execute(&mut **tx)
                .await?;
        }
        match self.inner {
            Inner::Sqlite(tx) => tx.commit().await?,
            Inner::Postgres(tx) => tx.commit().await?,
        }
        if self.emitted {
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
        Ok(match &mut self.inner {
            Inner::Sqlite(tx) => bind_sqlite(sql, binds).execute(&mut **tx).await?.rows_affected(),
            Inner::Postgres(tx) => bind_postgres(sql, binds).execute(&mut **tx).await?.rows_affected(),
        })
    }

    /// All rows. Call it through [`sql!`](crate::sql).
    pub async fn fetch_all<T: FromRow>(&mut self, sql: &'static str, binds: Vec<Bound>) -> Result<Vec<T>, DbError> {
        let rows: Vec<Row> = match &mut self.inner {
            Inner::Sqlite(tx) => bind_sqlite(sql, binds)
                .fetch_all(&mut **tx)
                .await?
                .into_iter()
                .map(Row::Sqlite)
                .collect(),
            Inner::Postgres(tx) => bind_postgres(sql, binds)
                .fetch_all(&mut **tx)
                .await?
                .into_iter()
                .map(Row::Postgres)
                .collect(),
        };
        rows.iter().map(T::from_row).collect()
    }

    /// The row, if there is one. Call it through [`sql!`](crate::sql).
    pub async fn fetch_optional<T: FromRow>(
        &mut self,
        sql: &'static str,
        binds: Vec<Bound>,
    ) -> Result<Option<T>, DbError> {
        let row = match &mut self.inner {
            Inner::Sqlite(tx) => bind_sqlite(sql, binds)
                .fetch_optional(&mut **tx)
                .await?
                .map(Row::Sqlite),
            Inner::Postgres(tx) => bind_postgres(sql, binds)
                .fetch_optional(&mut **tx)
                .await?
                .map(Row::Postgres),
        };
        row.as_ref().map(T::from_row).transpose()
    }

    /// The row that must be there. Call it through [`sql!`](crate::sql).
    pub async fn fetch_one<T: FromRow>(&mut self, sql: &'static str, binds: Vec<Bound>) -> Result<T, DbError> {
        self.fetch_optional(sql, binds)
            .await?
            .ok_or(DbError::Sql(sqlx::Error::RowNotFound))
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
