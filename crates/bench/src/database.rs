//! Where a measured server keeps its data.

use std::{
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use anyhow::Context as _;
use wd_db::Db;

/// The schemas that were made and not dropped yet: address and name.
static LEFT: Mutex<Vec<(String, String)>> = Mutex::new(Vec::new());

fn left() -> MutexGuard<'static, Vec<(String, String)>> {
    LEFT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Drops the schemas of measurements that did not come to their end.
pub async fn drop_what_is_left() -> anyhow::Result<()> {
    let all = std::mem::take(&mut *left());
    for (address, schema) in all {
        drop_schema(&address, &schema).await?;
    }
    Ok(())
}

async fn drop_schema(address: &str, schema: &str) -> anyhow::Result<()> {
    let admin = Db::postgres(address, None).await?;
    let mut tx = admin.begin().await?;
    tx.execute(format!("DROP SCHEMA IF EXISTS {schema} CASCADE").leak(), vec![])
        .await?;
    tx.commit().await?;
    admin.close().await;
    Ok(())
}

/// A database that nobody else uses.
#[derive(Debug, Clone)]
pub enum Database {
    /// In the data folder.
    Sqlite,
    /// A schema of its own at this address.
    Postgres {
        /// Where.
        address: String,
        /// Which schema.
        schema: String,
        /// What the server says of its durability.
        fsync: String,
    },
}

impl Database {
    /// SQLite, and PostgreSQL if `WARDESK_TEST_POSTGRES` names one.
    pub async fn all(purpose: &str) -> anyhow::Result<Vec<Self>> {
        let mut all = vec![Self::Sqlite];
        if let Ok(address) = std::env::var("WARDESK_TEST_POSTGRES") {
            all.push(Self::postgres(address, purpose).await?);
        }
        Ok(all)
    }

    async fn postgres(address: String, purpose: &str) -> anyhow::Result<Self> {
        let schema = format!("bench_{purpose}_{}", std::process::id());
        let admin = Db::postgres(&address, None)
            .await
            .context("PostgreSQL does not answer")?;
        left().push((address.clone(), schema.clone()));
        let mut tx = admin.begin().await?;
        tx.execute(format!("CREATE SCHEMA {schema}").leak(), vec![]).await?;
        let (fsync,) = tx
            .fetch_one::<(String,)>("SELECT current_setting('fsync')", vec![])
            .await?;
        tx.commit().await?;
        admin.close().await;
        Ok(Self::Postgres { address, schema, fsync })
    }

    /// What people call it.
    pub fn name(&self) -> String {
        match self {
            Self::Sqlite => "SQLite".into(),
            Self::Postgres { fsync, .. } => format!("PostgreSQL (fsync {fsync})"),
        }
    }

    /// Opens it beside the server.
    pub async fn open(&self, folder: &Path) -> anyhow::Result<Db> {
        Ok(match self {
            Self::Sqlite => Db::sqlite(folder).await?,
            Self::Postgres { address, schema, .. } => Db::postgres(address, Some(schema)).await?,
        })
    }

    /// Removes what lies outside of the data folder.
    pub async fn drop(&self) -> anyhow::Result<()> {
        if let Self::Postgres { address, schema, .. } = self {
            drop_schema(address, schema).await?;
            left().retain(|(_, left)| left != schema);
        }
        Ok(())
    }
}
