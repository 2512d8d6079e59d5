//! What lies in the database: how much of what, and two samples as they are.

use axum::extract::State;
use serde::Serialize;
use wd_db::{DbError, Tx, sql};
use wd_web::{ApiResult, Json};

use super::Demo;

/// How much of a sample is shown.
const SAMPLE: usize = 128;
/// What the larger tables hold, in words.
const ABOUT: [(&str, &str); 14] = [
    (
        "log_item",
        "Messages and changes of who is in a conversation. Text is encrypted end to end; no key is here.",
    ),
    (
        "mls_group",
        "Public state of the encrypted groups: who is in, not what is said.",
    ),
    (
        "history_key",
        "Keys of conversations, sealed to the team’s devices. The server cannot open them.",
    ),
    ("team_key_share", "The team’s keys, sealed to one device each."),
    ("key_package", "Public keys with which a device can be let in."),
    (
        "device_statement",
        "Signed statements about whose device is whose, with the names of staff.",
    ),
    ("note", "Internal notes, encrypted to the team."),
    (
        "customer",
        "Customers. Every field is sealed under a key of that one customer.",
    ),
    (
        "vault_subject_key",
        "One key per customer, sealed. Shredding it erases the customer.",
    ),
    (
        "audit_entry",
        "Who did what, each entry with its hash. No message and no personal data.",
    ),
    ("audit_personal", "Names that the audit log refers to, erasable."),
    ("outbox", "Events on their way to other parts: ids and facts only."),
    (
        "staff",
        "Names and logins of staff, in clear; passwords as Argon2id hashes, sealed.",
    ),
    ("session", "Sessions, as hashes of their tokens."),
];

#[derive(Serialize)]
pub(super) struct View {
    tables: Vec<Table>,
    samples: Vec<Sample>,
}

#[derive(Serialize)]
struct Table {
    name: String,
    rows: i64,
    bytes: i64,
    about: Option<&'static str>,
}

#[derive(Serialize)]
struct Sample {
    title: &'static str,
    column: &'static str,
    /// Where in the value the sample begins.
    offset: usize,
    /// The whole value's length in bytes.
    length: usize,
    hex: String,
}

pub(super) async fn view(State(demo): State<Demo>) -> ApiResult<Json<View>> {
    let mut tx = demo.0.db.snapshot().await?;
    Ok(Json(View {
        tables: tables(&mut tx).await?,
        samples: samples(&mut tx).await?,
    }))
}

/// Rows and bytes of content by table, the largest first, by SQLite's own book-keeping of pages.
async fn tables(tx: &mut Tx) -> Result<Vec<Table>, DbError> {
    let rows = sql!(
        tx,
        fetch_all as (String, i64, i64),
        "SELECT d.name, SUM(CASE WHEN d.pagetype = 'leaf' THEN d.ncell ELSE 0 END), SUM(d.payload) \
         FROM dbstat d JOIN sqlite_schema s ON s.name = d.name AND s.type = 'table' \
         WHERE d.name NOT LIKE 'sqlite%' GROUP BY d.name ORDER BY SUM(d.payload) DESC, d.name"
    )
    .await?;
    let about = |name: &str| ABOUT.iter().find(|(table, _)| *table == name).map(|(_, text)| *text);
    Ok(rows
        .into_iter()
        .map(|(name, rows, bytes)| Table {
            about: about(&name),
            name,
            rows,
            bytes,
        })
        .collect())
}

async fn samples(tx: &mut Tx) -> Result<Vec<Sample>, DbError> {
    let item = sql!(
        tx,
        fetch_optional as (String,),
        "SELECT body FROM log_item WHERE kind IN ('letter', 'message') ORDER BY at DESC, seq DESC LIMIT 1"
    )
    .await?;
    let name = sql!(
        tx,
        fetch_optional as (Vec<u8>,),
        "SELECT name FROM customer WHERE name IS NOT NULL ORDER BY updated_at DESC, id DESC LIMIT 1"
    )
    .await?;
    let mut samples = Vec::new();
    if let Some((body,)) = item {
        let offset = body.find("\"ciphertext\"").unwrap_or(0);
        samples.push(sample("The newest message", "log_item.body", body.as_bytes(), offset));
    }
    if let Some((name,)) = name {
        samples.push(sample("A customer’s name", "customer.name", &name, 0));
    }
    Ok(samples)
}

fn sample(title: &'static str, column: &'static str, value: &[u8], offset: usize) -> Sample {
    let shown: Vec<u8> = value.iter().skip(offset).take(SAMPLE).copied().collect();
    Sample {
        title,
        column,
        offset,
        length: value.len(),
        hex: hex::encode(shown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_begins_where_the_ciphertext_does_and_is_not_long() {
        let value = [vec![b'a'; 10], vec![b'b'; 500]].concat();
        let shown = sample("t", "c", &value, 10);
        assert_eq!((shown.offset, shown.length, shown.hex.len()), (10, 510, SAMPLE * 2));
        assert!(shown.hex.starts_with("6262"));
    }
}
