//! Fresh databases for tests: SQLite in a folder of its own, PostgreSQL in a schema of its own.

use tempfile::TempDir;

use crate::{Db, Migrations};

/// A database that goes away with the test.
pub struct TestDb {
    /// The database.
    pub db: Db,
    folder: TempDir,
}

#[expect(clippy::expect_used, reason = "a test cannot go on without its database")]
impl TestDb {
    /// An empty SQLite database with this schema.
    ///
    /// # Panics
    /// When it cannot be made.
    pub async fn sqlite(migrations: &[Migrations]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let db = Db::sqlite(folder.path()).await.expect("SQLite opens");
        db.migrate(migrations).await.expect("the schema applies");
        Self { db, folder }
    }

    /// An empty schema on the PostgreSQL that `cargo xtask test` brings.
    ///
    /// # Panics
    /// When `WARDESK_TEST_POSTGRES` does not name a server that answers.
    pub async fn postgres(migrations: &[Migrations]) -> Self {
        let address = std::env::var("WARDESK_TEST_POSTGRES").expect("WARDESK_TEST_POSTGRES is set by cargo xtask test");
        let folder = tempfile::tempdir().expect("a temporary folder");
        let schema = schema_of(&folder);
        let admin = Db::postgres(&address, None).await.expect("PostgreSQL answers");
        let script: &'static str = format!("CREATE SCHEMA {schema}").leak();
        let mut tx = admin.begin().await.expect("a transaction");
        tx.execute(script, vec![]).await.expect("a schema");
        tx.commit().await.expect("a schema");
        admin.close().await;
        let db = Db::postgres(&address, Some(&schema)).await.expect("PostgreSQL answers");
        db.migrate(migrations).await.expect("the schema applies");
        Self { db, folder }
    }

    /// A folder that lives as long as the database.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }
}

/// The name of a folder that nobody else has, as the name of a schema. Numbers of processes come back within a long run.
fn schema_of(folder: &TempDir) -> String {
    let hex = folder
        .path()
        .file_name()
        .unwrap_or_default()
        .as_encoded_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"));
    format!("t{}", hex.collect::<String>())
}

/// Leaves no room: of a SQLite database no more pages may be made than there are.
///
/// # Panics
/// When it is not SQLite, or cannot be reached.
pub async fn no_room(db: &Db) {
    limit_pages(db, "PRAGMA max_page_count = 1").await;
}

/// Makes room again.
///
/// # Panics
/// When it is not SQLite, or cannot be reached.
pub async fn room(db: &Db) {
    limit_pages(db, "PRAGMA max_page_count = 4294967294").await;
}

#[expect(clippy::expect_used, reason = "a test cannot go on without it")]
async fn limit_pages(db: &Db, pragma: &'static str) {
    assert_eq!(db.engine(), "sqlite", "only SQLite has such a limit");
    // Counts for the connection, so it must be the writer's; SQLite raises it to what is there.
    let mut tx = db.begin_long().await.expect("a turn");
    tx.fetch_one::<(i64,)>(pragma, vec![]).await.expect("a limit");
    tx.commit().await.expect("a commit");
}

/// Runs a test on both databases: `both_databases!(MIGRATIONS, async fn sentence(test: TestDb) { … })`.
#[macro_export]
macro_rules! both_databases {
    ($migrations:expr; $($(#[$meta:meta])* async fn $name:ident($db:ident) $body:block)+) => {$(
        $(#[$meta])*
        async fn $name($db: $crate::testing::TestDb) $body

        mod $name {
            use super::*;
            #[tokio::test]
            async fn on_sqlite() {
                $name($crate::testing::TestDb::sqlite($migrations).await).await;
            }
            #[tokio::test]
            async fn on_postgres() {
                $name($crate::testing::TestDb::postgres($migrations).await).await;
            }
        }
    )+};
}
