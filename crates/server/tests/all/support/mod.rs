//! A node for tests, and what drives it.

mod app;
mod golden;
mod log;
mod people;
pub mod provider;
mod raw;
mod sample;
mod search;
mod shared;
mod tape;
mod wait;

pub use app::{On, TestApp};
pub use golden::golden;
pub use log::Log;
pub use people::{Desk, PASSWORD, texts};
pub use raw::{Answer, KnownStaff, Raw, Shown};
pub use sample::{Operation, operations};
pub use search::{Needle, everything_stored};
pub use shared::{Shared, signed_key};
pub use tape::Tape;
pub use wait::{frame, until};

/// Runs a test on a fresh node with SQLite and on a fresh node with PostgreSQL:
/// `on_both_databases! { async fn a_sentence(app) { … } }`.
macro_rules! on_both_databases {
    ($($(#[$meta:meta])* async fn $name:ident($app:ident) $body:block)+) => {$(
        $(#[$meta])*
        async fn $name($app: $crate::support::TestApp) {
            $body
            $app.stop().await;
        }

        mod $name {
            use super::*;
            #[tokio::test]
            async fn on_sqlite() {
                $name($crate::support::TestApp::start($crate::support::On::Sqlite).await).await;
            }
            #[tokio::test]
            async fn on_postgres() {
                $name($crate::support::TestApp::start($crate::support::On::Postgres).await).await;
            }
        }
    )+};
}
