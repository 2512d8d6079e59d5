//! Looks for secrets in everything that a node leaves behind.

use std::path::Path;

use base64::{
    Engine as _,
    prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD},
};
use memchr::memmem;
use wd_db::{Bound, Db};

use super::TestApp;

/// Something to look for, in every form in which it could lie about.
pub struct Needle {
    pub name: String,
    forms: Vec<(&'static str, Vec<u8>)>,
}

impl Needle {
    pub fn new(name: &str, secret: impl AsRef<[u8]>) -> Self {
        let secret = secret.as_ref();
        assert!(secret.len() >= 8, "{name} is too short to be found only where it is");
        let mut forms = Vec::new();
        for plain in [
            secret.to_vec(),
            secret.to_ascii_lowercase(),
            secret.to_ascii_uppercase(),
        ] {
            forms.push(("hex", hex::encode(&plain).into_bytes()));
            forms.push(("upper-case hex", hex::encode_upper(&plain).into_bytes()));
            for offset in 0..3 {
                forms.push(("base64", base64_inside(&BASE64_STANDARD_NO_PAD, &plain, offset)));
                forms.push(("base64url", base64_inside(&BASE64_URL_SAFE_NO_PAD, &plain, offset)));
            }
            forms.push(("plain", plain));
        }
        forms.sort();
        forms.dedup();
        Self {
            name: name.to_owned(),
            forms,
        }
    }

    /// In which forms it is there.
    pub fn find(&self, hay: &[u8]) -> Vec<&'static str> {
        self.forms
            .iter()
            .filter(|(_, form)| memmem::find(hay, form).is_some())
            .map(|(name, _)| *name)
            .collect()
    }
}

/// The characters that do not depend on what stands before and after, when the secret begins at `offset` modulo 3.
fn base64_inside(engine: &impl base64::Engine, secret: &[u8], offset: usize) -> Vec<u8> {
    let padded = [&[0, 0][..offset], secret].concat();
    let text = engine.encode(&padded).into_bytes();
    text[(offset * 8).div_ceil(6)..padded.len() * 8 / 6].to_vec()
}

/// Everything that a node keeps: name and bytes of each file, and on PostgreSQL of each table.
pub async fn everything_stored(app: &TestApp) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    files(app.folder(), &mut all);
    if app.app.db.engine() == "postgres" {
        tables(&app.app.db, &mut all).await;
    }
    all
}

fn files(folder: &Path, all: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, all);
        } else {
            all.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
}

/// Every value of every column, bytes as they are and everything else as text.
async fn tables(db: &Db, all: &mut Vec<(String, Vec<u8>)>) {
    let mut tx = db.snapshot().await.unwrap();
    let columns: Vec<(String, String, String)> = tx
        .fetch_all(
            "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT), CAST(data_type AS TEXT)
             FROM information_schema.columns WHERE table_schema = current_schema() ORDER BY 1, 2",
            Vec::<Bound>::new(),
        )
        .await
        .unwrap();
    assert!(columns.len() > 50, "the tables were not found");
    for (table, column, kind) in columns {
        let value = if kind == "bytea" {
            format!("\"{column}\"")
        } else {
            format!("convert_to(CAST(\"{column}\" AS TEXT), 'UTF8')")
        };
        let sql = format!("SELECT {value} FROM \"{table}\" WHERE \"{column}\" IS NOT NULL").leak();
        let rows: Vec<(Vec<u8>,)> = tx.fetch_all(sql, Vec::new()).await.unwrap();
        let bytes = rows
            .into_iter()
            .flat_map(|(mut bytes,)| {
                bytes.push(0);
                bytes
            })
            .collect();
        all.push((format!("{table}.{column}"), bytes));
    }
}

#[test]
fn a_secret_is_found_in_every_form_wherever_it_begins() {
    let needle = Needle::new("a secret", "Blue-Whale-42");
    assert!(needle.find(b"nothing of it, not even blue whale").is_empty());
    assert_eq!(needle.find(b"..Blue-Whale-42.."), ["plain"]);
    assert_eq!(needle.find(b"..blue-whale-42.."), ["plain"]);
    assert_eq!(needle.find(hex::encode("..Blue-Whale-42..").as_bytes()), ["hex"]);
    for before in ["", "x", "xx", "xxx"] {
        let text = BASE64_STANDARD_NO_PAD.encode(format!("{before}Blue-Whale-42 and more"));
        assert!(needle.find(text.as_bytes()).contains(&"base64"), "{before}");
    }
}
