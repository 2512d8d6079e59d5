//! The program itself: processes that are killed, and several of them on one database.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod breach;
mod crash;
mod node;
mod people;
mod two_nodes;

use wd_kernel::Duration;

/// Within this each test is done, or hangs.
const PATIENCE: Duration = Duration::from_secs(30);

async fn in_time(test: impl Future<Output = ()>) {
    tokio::time::timeout(PATIENCE, test)
        .await
        .expect("the test is done within half a minute");
}
