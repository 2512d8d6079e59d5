//! From the start of the process to "ready", and what it holds in memory then.

use std::time::Duration;

use crate::{
    database::Database,
    measure::{median, seconds},
    process::Process,
    table::{Amount, Table},
};

const ROUNDS: usize = 7;
/// Idle means: nothing was asked for so long.
const IDLE: Duration = Duration::from_secs(2);

pub async fn run() -> anyhow::Result<Table> {
    let mut table = Table::new(format!("start (medians of {ROUNDS})"));
    for database in Database::all("start").await? {
        let (mut first, mut later, mut memory) = (Vec::new(), Vec::new(), Vec::new());
        let folder = tempfile::tempdir()?;
        for round in 0..=ROUNDS {
            let process = Process::start(folder.path(), &database).await?;
            let after = seconds(process.ready_after);
            if round == 0 {
                first.push(after);
            } else {
                later.push(after);
                tokio::time::sleep(IDLE).await;
                memory.push(process.resident()?);
            }
            process.stop().await?;
        }
        database.drop().await?;
        let name = database.name();
        let target = Amount::Seconds(0.3);
        table.beside(
            format!("{name}: first start, makes schema and keys (once)"),
            Amount::Seconds(median(&mut first)),
            "target",
            target,
        );
        table.beside(
            format!("{name}: start to /readyz"),
            Amount::Seconds(median(&mut later)),
            "target",
            target,
        );
        table.beside(
            format!("{name}: resident memory, idle"),
            Amount::Bytes(median(&mut memory)),
            "target",
            Amount::Bytes(50e6),
        );
    }
    Ok(table)
}
