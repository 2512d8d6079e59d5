//! Opening the inbox of a desk with a hundred thousand conversations, and reading a long log.

mod fill;

use std::fmt::Write as _;

use anyhow::{Context as _, ensure};
use reqwest::header::HeaderMap;
use serde::Deserialize;
use serde_json::{Value, json};
use wd_kernel::ConversationId;

use crate::{
    database::Database,
    desk::{Desk, customer},
    measure::{now, quantile, seconds},
    process::Process,
    table::{Amount, Table},
};

const TIMES: usize = 300;
/// How far somebody scrolls.
const PAGES: usize = 6;
const LOG: usize = 5_000;
const LOG_ROUNDS: usize = 4;
const TARGET: Amount = Amount::Seconds(0.05);

pub async fn run(conversations: usize, hold: bool, only: &str) -> anyhow::Result<Table> {
    let mut table = Table::new(format!(
        "inbox ({conversations} conversations, a log of {LOG} items; {TIMES} requests each on one connection)"
    ));
    let mut first = true;
    for database in Database::all("inbox").await? {
        if database.name().to_lowercase().starts_with(only) {
            on(&database, conversations, hold && first, &mut table).await?;
            first = false;
        }
        database.drop().await?;
    }
    Ok(table)
}

async fn on(database: &Database, conversations: usize, hold: bool, table: &mut Table) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let process = Process::start(folder.path(), database).await?;
    let mut desk = Desk::open(&process).await?;
    let team = desk.first_team().await?;
    let mut staff = desk.staff(&[team, team]).await?.into_iter();
    let (mut lead, mut other) = (staff.next().context("no lead")?, staff.next().context("no other")?);
    lead.enrol("bench", 5).await?;
    other.enrol("bench", 5).await?;
    lead.tend_team_keys().await?;
    desk.lead_to(team).await?;
    // One real conversation, whose rows the others are made after.
    let mut visitor = customer(&process.server()?, 0).await?;
    let id = visitor.open("Hello, is anybody there?").await?;
    lead.take(id).await?;
    lead.add_colleague(id, other.me().id).await?;
    lead.send(id, "Good morning. The parcel was left with a neighbour on Tuesday.")
        .await?;
    let data = process.data();
    process.stop().await?;
    eprintln!("{}: writing {conversations} conversations", database.name());
    let long = fill::fill(database, &data, id, [lead.me().id, other.me().id], conversations, LOG).await?;
    let (name, value) = lead.session_header().context("not signed in")?;
    let header = format!("{name}: {}", value.as_str());
    let session = HeaderMap::from_iter([(name, value.parse()?)]);
    // Started anew: nothing is in its caches but what it reads itself.
    let process = Process::start(folder.path(), database).await?;
    let asker = Asker {
        client: reqwest::Client::builder().default_headers(session).build()?,
        base: process.base(),
    };
    measure(&asker, &database.name(), long, conversations, table).await?;
    if hold {
        eprintln!(
            "{}: {} until Ctrl-C, with the header {header}",
            database.name(),
            process.base()
        );
        tokio::signal::ctrl_c().await?;
    }
    process.stop().await
}

async fn measure(
    asker: &Asker,
    name: &str,
    long: ConversationId,
    customers: usize,
    table: &mut Table,
) -> anyhow::Result<()> {
    let mut health = asker.often("/healthz", TIMES * 3).await?;
    let health = Amount::Seconds(quantile(&mut health, 0.5));
    let mut row = |what: &str, times: &mut Vec<f64>| {
        let [middle, slow] = [0.5, 0.99].map(|share| Amount::Seconds(quantile(times, share)));
        table.beside(format!("{name}: {what}, p50"), middle, "/healthz, p50", health);
        table.beside(format!("{name}: {what}, p99"), slow, "target", TARGET);
    };
    for view in ["waiting", "mine", "all", "closed"] {
        let first = format!("/api/v1/conversations?view={view}&limit=50");
        row(
            &format!("view {view}, first page"),
            &mut asker.often(&first, TIMES).await?,
        );
        row(&format!("view {view}, scrolled"), &mut asker.scroll(&first).await?);
    }
    row("counts", &mut asker.often("/api/v1/conversations/counts", TIMES).await?);
    let opened = format!("/api/v1/conversations/{long}");
    row("one conversation", &mut asker.often(&opened, TIMES).await?);
    let log = format!("{opened}/log?limit=50&after=");
    row("log, its first 50", &mut asker.often(&format!("{log}0"), TIMES).await?);
    row(
        "log, its last 50",
        &mut asker.often(&format!("{log}{}", LOG - 50), TIMES).await?,
    );
    row("log, pages of 200 items", &mut asker.log(long).await?);
    let list = "/api/v1/customers?limit=50";
    row("customers, first page", &mut asker.often(list, TIMES).await?);
    row("customers, scrolled", &mut asker.scroll(list).await?);
    row("customer by mail", &mut asker.search(customers).await?);
    Ok(())
}

/// Asks over one kept connection, one question after the other.
struct Asker {
    client: reqwest::Client,
    base: String,
}

#[derive(Deserialize)]
struct List {
    next: Option<String>,
}

#[derive(Deserialize)]
struct LogPage {
    next_after: i64,
    head: i64,
}

impl Asker {
    async fn ask(&self, path: &str) -> anyhow::Result<(f64, Vec<u8>)> {
        let began = now();
        let answer = self.client.get(format!("{}{path}", self.base)).send().await?;
        let status = answer.status();
        let bytes = answer.bytes().await?;
        let took = seconds(began.elapsed());
        ensure!(status.is_success(), "{path}: {}", String::from_utf8_lossy(&bytes));
        Ok((took, bytes.to_vec()))
    }

    /// Searches for one customer after the other by their mail address.
    async fn search(&self, customers: usize) -> anyhow::Result<Vec<f64>> {
        let mut all = Vec::with_capacity(TIMES);
        for time in 0..TIMES {
            let body = json!({ "kind": "mail", "value": fill::mail_of(time * 331 % customers) });
            let request = self.client.post(format!("{}/api/v1/customers/search", self.base));
            let began = now();
            let answer = request.json(&body).send().await?.error_for_status()?;
            let found: Value = answer.json().await?;
            all.push(seconds(began.elapsed()));
            ensure!(found.pointer("/items/0/id").is_some(), "a customer is not found");
        }
        Ok(all)
    }

    async fn often(&self, path: &str, times: usize) -> anyhow::Result<Vec<f64>> {
        let mut all = Vec::with_capacity(times);
        for _ in 0..times {
            all.push(self.ask(path).await?.0);
        }
        Ok(all)
    }

    /// The pages after the first, again and again.
    async fn scroll(&self, first: &str) -> anyhow::Result<Vec<f64>> {
        let mut all = Vec::with_capacity(TIMES);
        while all.len() < TIMES {
            let mut path = first.to_owned();
            for page in 0..PAGES {
                let (took, bytes) = self.ask(&path).await?;
                if page > 0 {
                    all.push(took);
                }
                let Some(next) = serde_json::from_slice::<List>(&bytes)?.next else {
                    break;
                };
                path.clear();
                write!(path, "{first}&after={next}")?;
            }
            if all.is_empty() {
                // One page is all there is.
                return self.often(first, TIMES).await;
            }
        }
        Ok(all)
    }

    /// The whole log, page by page.
    async fn log(&self, id: ConversationId) -> anyhow::Result<Vec<f64>> {
        let mut all = Vec::new();
        for _ in 0..LOG_ROUNDS {
            let mut after = 0;
            loop {
                let path = format!("/api/v1/conversations/{id}/log?after={after}&limit=200");
                let (took, bytes) = self.ask(&path).await?;
                all.push(took);
                let page: LogPage = serde_json::from_slice(&bytes)?;
                after = page.next_after;
                if after >= page.head {
                    break;
                }
            }
        }
        Ok(all)
    }
}
