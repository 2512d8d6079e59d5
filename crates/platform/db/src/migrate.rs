use tracing::info;

use crate::{Db, DbError, Tx, sql};

/// The migrations of one crate, in order. Made by [`migrations!`](crate::migrations).
#[derive(Debug, Clone, Copy)]
pub struct Migrations {
    /// The crate's name without prefix.
    pub domain: &'static str,
    /// Name and script for SQLite.
    pub sqlite: &'static [(&'static str, &'static str)],
    /// Name and script for PostgreSQL.
    pub postgres: &'static [(&'static str, &'static str)],
}

const OWN: Migrations = crate::migrations!("db": "0001_outbox");

pub(crate) async fn run(db: &Db, all: &[Migrations]) -> Result<(), DbError> {
    let mut tx = db.begin_long().await?;
    if db.is_postgres() {
        // Several nodes may start at once; the lock ends with the transaction.
        tx.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '/migrate', 0))",
            vec![],
        )
        .await?;
    }
    tx.execute("CREATE TABLE IF NOT EXISTS schema_migration (domain TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (domain, name))", vec![]).await?;
    for migrations in std::iter::once(&OWN).chain(all) {
        apply(&mut tx, migrations, db.is_postgres()).await?;
    }
    tx.commit().await
}

async fn apply(tx: &mut Tx, migrations: &Migrations, postgres: bool) -> Result<(), DbError> {
    let scripts = if postgres {
        migrations.postgres
    } else {
        migrations.sqlite
    };
    let applied: Vec<(String,)> = sql!(
        tx,
        fetch_all as (String,),
        "SELECT name FROM schema_migration WHERE domain = $1 ORDER BY name",
        migrations.domain
    )
    .await?;
    for (name,) in &applied {
        if !scripts.iter().any(|(known, _)| known == name) {
            return Err(DbError::Schema(format!(
                "{}/{name} was applied by a newer program",
                migrations.domain
            )));
        }
    }
    for (name, script) in scripts
        .iter()
        .filter(|(name, _)| !applied.iter().any(|(done,)| done == name))
    {
        tx.run_script(script).await?;
        sql!(
            tx,
            execute,
            "INSERT INTO schema_migration (domain, name) VALUES ($1, $2)",
            migrations.domain,
            *name
        )
        .await?;
        info!(domain = migrations.domain, name, "schema migrated");
    }
    Ok(())
}
