//! What the page polls: accounts, codes, and what to search for.

use std::{
    collections::HashMap,
    sync::{PoisonError, atomic::Ordering},
};

use axum::extract::State;
use serde::Serialize;
use wd_db::{DbError, sql};
use wd_kernel::Timestamp;
use wd_web::{ApiResult, Json};

use super::Demo;
use crate::demo::{
    ORGANISATION,
    codes::{self, ShownCode},
    installation::Installation,
};

/// The people whose accounts the page shows.
const SHOWN: [&str; 3] = ["mia", "tomas", "aiko"];

#[derive(Serialize)]
pub(super) struct Shown {
    organisation: &'static str,
    /// What the set-up is at; none when everything is there.
    setting_up: Option<String>,
    team: Vec<Member>,
    /// Whether the scripted colleague listens.
    robin: bool,
    canaries: Vec<Canary>,
    /// A command for a terminal.
    command: Option<String>,
}

#[derive(Serialize)]
struct Member {
    login: String,
    name: String,
    password: String,
    /// None when the person has another authenticator by now.
    code: Option<ShownCode>,
}

/// A word that stands in one message.
#[derive(Serialize)]
struct Canary {
    word: String,
    whose: &'static str,
}

pub(super) async fn state(State(demo): State<Demo>) -> ApiResult<Json<Shown>> {
    let installation = demo
        .0
        .installation
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    let Some(installation) = installation else {
        return Ok(Json(Shown {
            organisation: ORGANISATION,
            setting_up: Some(demo.0.told.get().unwrap_or_else(|| "Starting".into())),
            team: Vec::new(),
            robin: false,
            canaries: Vec::new(),
            command: None,
        }));
    };
    let used = used_steps(&demo).await?;
    let now = demo.0.world.clock.now();
    let kingfisher = installation.canary("KINGFISHER");
    Ok(Json(Shown {
        organisation: ORGANISATION,
        setting_up: demo.0.told.get(),
        team: SHOWN
            .iter()
            .filter_map(|login| member(&installation, login, &used, now))
            .collect(),
        robin: demo.0.robin.load(Ordering::Relaxed),
        command: Some(command(&kingfisher, &demo.0.folder.display().to_string())),
        canaries: vec![
            Canary {
                word: kingfisher,
                whose: "Ines Bauer’s first letter",
            },
            Canary {
                word: installation.canary("SANDPIPER"),
                whose: "Lucía Fernández’s first letter",
            },
        ],
    }))
}

fn member(installation: &Installation, login: &str, used: &HashMap<String, i64>, now: Timestamp) -> Option<Member> {
    let account = installation.account(login)?;
    let code = used
        .get(login)
        .and_then(|last| codes::shown(&account.totp_secret, *last, now));
    Some(Member {
        login: account.login.clone(),
        name: account.name.clone(),
        password: account.password.clone(),
        code,
    })
}

/// For each login the last step the server took of the authenticator that the demo set up: each person's first.
async fn used_steps(demo: &Demo) -> Result<HashMap<String, i64>, DbError> {
    let mut tx = demo.0.db.snapshot().await?;
    let rows = sql!(
        tx,
        fetch_all as (String, i64),
        "SELECT s.login, f.last_step FROM staff s JOIN factor f ON f.staff = s.id \
         WHERE f.kind = 'totp' AND f.confirmed_at IS NOT NULL ORDER BY f.created_at DESC"
    )
    .await?;
    Ok(rows.into_iter().collect())
}

/// The folder in single quotes, so that a shell takes it as it is.
fn command(word: &str, folder: &str) -> String {
    let quoted = folder.replace('\'', r"'\''");
    format!("grep -c -a '{word}' '{quoted}'/wardesk.db*")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_with_a_quote_does_not_break_the_command() {
        assert_eq!(
            command("KING-1", "o'neil/demo"),
            r"grep -c -a 'KING-1' 'o'\''neil/demo'/wardesk.db*"
        );
    }
}
