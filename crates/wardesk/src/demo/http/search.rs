//! Looking for a text in everything the server keeps.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use wd_kernel::Problem;
use wd_web::{ApiResult, Failure, Json};

use super::{Demo, encodings};

/// Shorter texts occur by chance.
const SHORTEST: usize = 4;
const LONGEST: usize = 200;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    text: String,
}

#[derive(Serialize)]
pub(super) struct Found {
    /// How often each form occurs in all files.
    forms: Vec<FormFound>,
    /// Every file that was read.
    files: Vec<FileFound>,
    bytes: u64,
}

#[derive(Serialize)]
struct FormFound {
    form: &'static str,
    count: usize,
}

#[derive(Serialize)]
struct FileFound {
    name: String,
    bytes: u64,
    count: usize,
}

pub(super) async fn search(State(demo): State<Demo>, Json(wanted): Json<Wanted>) -> ApiResult<Json<Found>> {
    let text = wanted.text.trim().to_owned();
    if !(SHORTEST..=LONGEST).contains(&text.len()) {
        let why = "Type 4 to 200 characters: shorter texts occur anywhere by chance.";
        return Err(Problem::invalid("text", why).into());
    }
    let found = tokio::task::spawn_blocking(move || look(&demo, &text)).await;
    let found = found.map_err(|error| Failure::fault(&error))?;
    Ok(Json(found.map_err(|error| Failure::fault(&error))?))
}

fn look(demo: &Demo, text: &str) -> std::io::Result<Found> {
    let forms = encodings::forms(text);
    let spellings: Vec<Vec<Vec<u8>>> = forms.iter().map(|form| form.spellings.clone()).collect();
    let files = demo.0.files.search(&spellings)?;
    let total = |n: usize| files.iter().filter_map(|file| file.counts.get(n)).sum();
    Ok(Found {
        bytes: files.iter().map(|file| file.bytes).sum(),
        forms: forms
            .iter()
            .enumerate()
            .map(|(n, form)| FormFound {
                form: form.name,
                count: total(n),
            })
            .collect(),
        files: files
            .into_iter()
            .map(|file| FileFound {
                count: file.counts.iter().sum(),
                name: file.name,
                bytes: file.bytes,
            })
            .collect(),
    })
}
