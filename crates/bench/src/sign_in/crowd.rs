//! Many who try to sign in at the same moment, while others work.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use anyhow::{Context as _, ensure};
use futures::{
    StreamExt as _, TryStreamExt as _,
    future::{join, try_join, try_join_all},
    stream,
};
use reqwest::{Client, header::RETRY_AFTER};
use serde_json::json;
use wd_client::StaffClient;

use crate::{
    desk::{AT_ONCE, house},
    measure::{median, now, quantile, seconds},
    process::Process,
    table::{Amount, Table},
};

/// Fewer than an address may fail with before it has to wait.
const CLIENTS_OF_AN_ADDRESS: usize = 8;
/// Between two requests of somebody who works.
const PACE: Duration = Duration::from_millis(10);
/// Between two looks at the memory.
const LOOK: Duration = Duration::from_millis(10);
/// How those who work may feel it.
const TARGET: f64 = 0.05;

/// What happened to one of them.
struct Outcome {
    /// Until they had their answer, in seconds.
    took: f64,
    /// How often they were told to come back.
    sent_away: usize,
}

pub async fn measure(
    table: &mut Table,
    name: &str,
    process: &Process,
    staff: &[StaffClient],
    clients: usize,
) -> anyhow::Result<()> {
    let base = process.base();
    // Everybody is connected before the first asks, as after a power cut the proxies are.
    let crowd: Vec<Client> = stream::iter(0..clients)
        .map(|number| connected(&base, number))
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    let before = process.resident()?;
    let over = AtomicBool::new(false);
    let come = async {
        let outcomes = try_join_all(
            crowd
                .iter()
                .enumerate()
                .map(|(number, client)| refused(&base, number, client)),
        )
        .await;
        over.store(true, Ordering::Relaxed);
        outcomes
    };
    let work = try_join_all(staff.iter().map(|person| works(person, &over)));
    let (both, highest) = join(try_join(come, work), memory(process, &over)).await;
    let (outcomes, answers) = both?;
    let mut answers: Vec<f64> = answers.into_iter().flatten().collect();
    let mut took: Vec<f64> = outcomes.iter().map(|outcome| outcome.took).collect();
    let sent_away: usize = outcomes.iter().map(|outcome| outcome.sent_away).sum();

    table.beside(
        format!("{name}: others' requests while they come, p99"),
        Amount::Seconds(quantile(&mut answers, 0.99)),
        "target",
        Amount::Seconds(TARGET),
    );
    table.beside(
        format!("{name}: highest memory while they come"),
        Amount::Bytes(highest?),
        "before",
        Amount::Bytes(before),
    );
    table.beside(
        format!("{name}: until the last of them was judged"),
        Amount::Seconds(quantile(&mut took, 1.0)),
        "half of them",
        Amount::Seconds(median(&mut took)),
    );
    table.remark(format!(
        "{name}: {clients} wrong passwords at once, all judged in the end; told to come back {sent_away} times, each time with Retry-After; {} requests of others meanwhile",
        answers.len()
    ));
    Ok(())
}

async fn connected(base: &str, number: usize) -> anyhow::Result<Client> {
    let client = Client::builder()
        .local_address(std::net::IpAddr::from(house(number / CLIENTS_OF_AN_ADDRESS)?))
        .build()?;
    let answer = client.get(format!("{base}/healthz")).send().await?;
    answer.error_for_status()?.bytes().await?;
    Ok(client)
}

/// Asks with a wrong password until it is judged; waits as long as it is told.
async fn refused(base: &str, number: usize, client: &Client) -> anyhow::Result<Outcome> {
    let began = now();
    let mut sent_away = 0;
    loop {
        let request = client
            .post(format!("{base}/api/v1/session/password"))
            .json(&json!({ "login": format!("nobody{number}"), "password": "a wrong password" }));
        let answer = request.send().await.context("asking to sign in")?;
        let status = answer.status().as_u16();
        let wait = answer.headers().get(RETRY_AFTER).cloned();
        answer.bytes().await?;
        if status == 401 {
            return Ok(Outcome {
                took: seconds(began.elapsed()),
                sent_away,
            });
        }
        ensure!(matches!(status, 429 | 503), "a wrong password was answered {status}");
        let wait = wait.with_context(|| format!("{status} without Retry-After"))?;
        tokio::time::sleep(Duration::from_secs(wait.to_str()?.parse()?)).await;
        sent_away += 1;
    }
}

/// Goes on working until all of them were judged; how long each request took, in seconds.
async fn works(person: &StaffClient, over: &AtomicBool) -> anyhow::Result<Vec<f64>> {
    let mut took = Vec::new();
    while !over.load(Ordering::Relaxed) {
        let began = now();
        person.get("/api/v1/teams").await?;
        took.push(seconds(began.elapsed()));
        tokio::time::sleep(PACE).await;
    }
    Ok(took)
}

/// The highest resident memory seen, in bytes.
async fn memory(process: &Process, over: &AtomicBool) -> anyhow::Result<f64> {
    let mut highest = process.resident()?;
    while !over.load(Ordering::Relaxed) {
        tokio::time::sleep(LOOK).await;
        highest = highest.max(process.resident()?);
    }
    Ok(highest)
}
