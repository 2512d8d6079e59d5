//! What a person does at the interface, written down for a snapshot: request, status, body, and the entries that it left
//! in the audit log. Ids are numbered as they come, and times, bytes and cursors are left out, so that the same story
//! always reads the same, on both databases.

use std::{collections::BTreeMap, fmt::Write as _};

use reqwest::Method;
use serde_json::{Value, json};
use wd_audit_log::{AuditEntry, AuditFilter};
use wd_client::{CustomerClient, StaffClient};
use wd_kernel::PageQuery;

use super::{Raw, Shown, TestApp};

/// Id prefixes are as long.
const KIND: usize = 3;
const HEX: usize = 32;
/// Longer words without a space are keys, ciphertext or tokens.
const LONGEST_WORD: usize = 40;

/// A story, as it is told so far.
pub struct Tape<'a> {
    app: &'a TestApp,
    told: String,
    ids: BTreeMap<String, String>,
    heard: i64,
}

impl<'a> Tape<'a> {
    /// Begins; what is in the audit log already is not part of the story.
    pub async fn begin(app: &'a TestApp) -> Self {
        let mut tape = Self {
            app,
            told: String::new(),
            ids: BTreeMap::new(),
            heard: 0,
        };
        tape.entries().await;
        tape
    }

    /// Sends a request and writes down what came of it; the answer's body.
    pub async fn ask(&mut self, who: (&str, &Raw), method: Method, path: &str, body: Option<Value>) -> Value {
        let (name, raw) = who;
        let answer = raw.ask(method.clone(), path, body.as_ref()).await;
        let path = self.text(path);
        let _ = writeln!(self.told, "{name}: {method} {path}");
        if let Some(body) = &body {
            let sent = self.shown(body);
            let _ = writeln!(self.told, "  sends {sent}");
        }
        let got = if answer.body == Value::String(String::new()) {
            String::new()
        } else {
            self.shown(&answer.body)
        };
        let _ = writeln!(self.told, "{}", format!("  {} {got}", answer.status).trim_end());
        self.audited().await;
        answer.body
    }

    /// The same without a body.
    pub async fn get(&mut self, who: (&str, &Raw), path: &str) -> Value {
        self.ask(who, Method::GET, path, None).await
    }

    /// Writes down what a client did by itself, and what that left in the audit log.
    pub async fn did(&mut self, what: &str) {
        let _ = writeln!(self.told, "{what}");
        self.audited().await;
    }

    async fn audited(&mut self) {
        for entry in self.entries().await {
            let line = json!({
                "actor": entry.actor, "action": entry.action, "target": entry.target, "outcome": entry.outcome,
                "details": entry.details,
            });
            let line = self.redacted(&line).to_string();
            let _ = writeln!(self.told, "  audit {line}");
        }
        self.told.push('\n');
    }

    async fn entries(&mut self) -> Vec<AuditEntry> {
        let mut tx = self.app.app.db.snapshot().await.unwrap();
        let page = PageQuery {
            limit: Some(200),
            ..PageQuery::default()
        };
        let page = wd_audit_log::list(&mut tx, &AuditFilter::default(), &page)
            .await
            .unwrap();
        let mut new: Vec<AuditEntry> = page.items.into_iter().filter(|entry| entry.seq > self.heard).collect();
        new.reverse();
        self.heard = new.last().map_or(self.heard, |entry| entry.seq);
        new
    }

    /// The value, a line for each field, further in than the story.
    fn shown(&mut self, value: &Value) -> String {
        serde_json::to_string_pretty(&self.redacted(value))
            .unwrap()
            .replace('\n', "\n  ")
    }

    fn redacted(&mut self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(text)),
            Value::Array(items) => items.iter().map(|item| self.redacted(item)).collect(),
            Value::Object(fields) => {
                let fields = fields.iter().map(|(name, value)| {
                    let value = match (name.as_str(), value) {
                        ("request_id", _) => json!("<request>"),
                        ("next", Value::String(_)) => json!("<cursor>"),
                        // The moment at which a client made a key, by its own clock.
                        ("at", Value::Number(_)) => json!("<seconds>"),
                        ("nonce" | "client_id", Value::String(_)) => json!("<bytes>"),
                        _ => self.redacted(value),
                    };
                    (name.clone(), value)
                });
                Value::Object(fields.collect())
            }
            other => other.clone(),
        }
    }

    fn text(&mut self, text: &str) -> String {
        if text.len() >= 20 && text.ends_with('Z') && wd_kernel::Timestamp::parse(text).is_some() {
            return "<time>".into();
        }
        let mut shown = String::new();
        let mut rest = text;
        while let Some((before, id, after)) = next_id(rest) {
            shown.push_str(before);
            let number = 1 + self.ids.keys().filter(|known| known.starts_with(&id[..KIND])).count();
            let name = self.ids.entry(id.to_owned());
            shown.push_str(name.or_insert_with(|| format!("{}_{number}", &id[..KIND])));
            rest = after;
        }
        shown.push_str(rest);
        if shown.len() > LONGEST_WORD && shown.chars().all(|c| c.is_ascii_alphanumeric() || "-_.=".contains(c)) {
            return "<bytes>".into();
        }
        shown
    }

    /// Compares the story with the one that was read and committed.
    pub fn end(self, name: &str) {
        insta::with_settings!({ snapshot_path => "../../snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(name, self.told);
        });
    }
}

/// What comes before the first id, the id, and what comes after it.
fn next_id(text: &str) -> Option<(&str, &str, &str)> {
    (0..text.len()).find_map(|at| {
        let id = text.get(at..at + KIND + 1 + HEX)?;
        let (kind, hex) = id.split_once('_')?;
        let is_id = kind.len() == KIND
            && kind.bytes().all(|b| b.is_ascii_lowercase())
            && hex.bytes().all(|b| b.is_ascii_hexdigit());
        is_id.then(|| (&text[..at], id, &text[at + id.len()..]))
    })
}

impl TestApp {
    /// A sender with the session of somebody who has a device.
    pub fn as_staff(&self, client: &StaffClient) -> Raw {
        let (_, value) = client.session_header().unwrap();
        let (_, cookie) = value.split_once('=').unwrap();
        self.showing(Shown::Cookie(cookie.to_owned()))
    }

    /// A sender with the token of a customer who has a device.
    pub fn as_customer(&self, client: &CustomerClient) -> Raw {
        let (_, value) = client.session_header().unwrap();
        let token = value.strip_prefix("Bearer ").unwrap();
        self.showing(Shown::Bearer(token.to_owned()))
    }

    fn showing(&self, shown: Shown) -> Raw {
        let mut raw = self.nobody();
        raw.shown = shown;
        raw
    }
}

#[test]
fn an_id_is_found_wherever_it_stands() {
    let id = "cus_0123456789abcdef0123456789abcdef";
    assert_eq!(next_id(id), Some(("", id, "")));
    assert_eq!(next_id(&format!("/a/{id}/b")), Some(("/a/", id, "/b")));
    assert_eq!(next_id("cus_0123"), None);
    assert_eq!(next_id("/api/v1/customers/é"), None);
}
