//! Messages of real groups through the interface, with sockets delivering: how many, how fast, at what price.

mod bare;
mod load;
mod people;

use crate::{
    database::Database,
    desk::Desk,
    measure::{count, median, quantile},
    process::Process,
    table::{Amount, Table},
};
use load::Load;
use people::People;

/// Rounds with as much as goes through.
const ROUNDS: usize = 3;
/// What each member says in a round.
const EACH: usize = 2;
/// The share of the highest rate at which delivery is timed: at the highest, one times the queue.
const CALM: f64 = 0.5;

pub async fn run(teams: usize, of_team: usize) -> anyhow::Result<Table> {
    let conversations = teams * of_team;
    let mut table = Table::new(format!(
        "messages ({conversations} conversations of a customer and 2 of {} staff; medians of {ROUNDS})",
        teams * 2
    ));
    for database in Database::all("messages").await? {
        on(&database, teams, of_team, &mut table).await?;
        database.drop().await?;
    }
    table.remark("accepted: from the first request to the last answer that says it is kept");
    table.remark("delivered: from the first request to the last delivery at the socket of a member");
    table.remark(
        "the bare limit writes the same rows without Wardesk: one transaction for each message, or 64 messages in one",
    );
    table.remark(
        "clients and PostgreSQL share the machine with the server; only the server's own processor time is counted",
    );
    Ok(table)
}

/// What the write path gives without the fan-out.
struct Unheard {
    rate: f64,
    price: f64,
}

async fn accepted(process: &Process, people: &mut People, database: &Database) -> anyhow::Result<Unheard> {
    let mut load = Load::unheard(process)?;
    let (mut rates, mut prices) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let texts = people.compose(EACH)?;
        let before = process.processor()?;
        let run = load.as_fast_as_it_goes(texts).await?;
        prices.push((process.processor()? - before) / count(run.sent) * 1000.0);
        rates.push(count(run.sent) / run.accepted_after);
        eprintln!(
            "{}: nobody listening, round {}: {:.0}/s accepted",
            database.name(),
            round + 1,
            count(run.sent) / run.accepted_after
        );
    }
    load.disconnect().await;
    Ok(Unheard {
        rate: median(&mut rates),
        price: median(&mut prices),
    })
}

async fn on(database: &Database, teams: usize, of_team: usize, table: &mut Table) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let process = Process::start(folder.path(), database).await?;
    let mut desk = Desk::open(&process).await?;
    eprintln!("{}: making {} groups", database.name(), teams * of_team);
    let mut people = People::gather(&process, &mut desk, teams, of_team).await?;
    let unheard = accepted(&process, &mut people, database).await?;
    let mut load = Load::connect(&process, &mut people).await?;
    let resident = process.resident()?;

    let (mut rates, mut accepted, mut prices, mut missed) = (Vec::new(), Vec::new(), Vec::new(), 0);
    let mut busy = Vec::new();
    for round in 0..ROUNDS {
        let texts = people.compose(EACH)?;
        let before = process.processor()?;
        let run = load.as_fast_as_it_goes(texts).await?;
        prices.push((process.processor()? - before) / count(run.sent) * 1000.0);
        rates.push(count(run.sent) / run.took);
        accepted.push(count(run.sent) / run.accepted_after);
        missed += run.missed;
        busy.extend(run.delays);
        eprintln!(
            "{}: round {}: {:.0}/s",
            database.name(),
            round + 1,
            count(run.sent) / run.took
        );
    }
    let rate = median(&mut rates);
    let mut calm = load.at_a_rate(people.compose(EACH)?, rate * CALM).await?;
    missed += calm.missed;
    let checked = people.check().await?;
    load.disconnect().await;
    let data = process.data();
    process.stop().await?;
    let bare = bare::measure(database, &data).await?;

    let name = database.name();
    let mut beside =
        |what: &str, amount, label: &str, limit| table.beside(format!("{name}: {what}"), amount, label, limit);
    let [one, batched] = [bare.one, bare.batched].map(Amount::PerSecond);
    let unheard_rate = Amount::PerSecond(unheard.rate);
    beside(
        "messages accepted, nobody listening",
        unheard_rate,
        "bare, one by one",
        one,
    );
    beside(
        "messages accepted, nobody listening",
        unheard_rate,
        "bare, 64 a commit",
        batched,
    );
    let accepted = Amount::PerSecond(median(&mut accepted));
    beside("messages accepted, all listening", accepted, "bare, one by one", one);
    beside("messages delivered", Amount::PerSecond(rate), "bare, one by one", one);
    beside(
        "messages delivered",
        Amount::PerSecond(rate),
        "bare, 64 a commit",
        batched,
    );
    let calm_limit = Amount::Seconds(bare.commit);
    let at = |share| format!("delivery at {:.0} /s, {share}", rate * CALM);
    for (share, text) in [(0.5, "p50"), (0.99, "p99")] {
        let delay = Amount::Seconds(quantile(&mut calm.delays, share));
        beside(&at(text), delay, "one bare commit", calm_limit);
    }
    table.alone(
        format!("{name}: delivery at the highest rate, p50"),
        Amount::Seconds(quantile(&mut busy, 0.5)),
    );
    table.alone(
        format!("{name}: processor time for 1,000 messages accepted, nobody listening"),
        Amount::Processor(unheard.price),
    );
    table.alone(
        format!("{name}: processor time for 1,000 messages delivered"),
        Amount::Processor(median(&mut prices)),
    );
    table.alone(
        format!("{name}: resident memory with all sockets"),
        Amount::Bytes(resident),
    );
    table.remark(format!(
        "{name}: {checked} messages sent, all in the log and opened by their customers; of {} deliveries {missed} did not come by socket",
        checked * load::OTHERS
    ));
    Ok(())
}
