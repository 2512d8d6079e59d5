use std::{
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
};

use serde::Deserialize;
use wd_config::{Mail, MailSecurity, Secret};
use wd_kernel::SecretString;

use crate::MailAddress;

pub(super) const PASSWORD: &str = "a password of the test";

/// A mail as the server kept it.
#[derive(Debug, Deserialize)]
pub(super) struct Kept {
    pub(super) port: String,
    pub(super) from: String,
    pub(super) to: Vec<String>,
    pub(super) login: bool,
    pub(super) tls: bool,
    pub(super) hello: String,
    pub(super) mail: String,
}

impl Kept {
    pub(super) fn message_id(&self) -> &str {
        self.mail
            .split("\r\n")
            .find_map(|line| line.strip_prefix("Message-ID: "))
            .unwrap()
    }
}

fn folder() -> PathBuf {
    std::env::var("WARDESK_TEST_SMTP")
        .expect("WARDESK_TEST_SMTP is set by cargo xtask test")
        .into()
}

/// HOST:PORT of the server's listener `starttls`, `tls` or `plain`.
pub(super) fn place(listener: &str) -> String {
    std::fs::read_to_string(folder().join(listener)).unwrap()
}

/// The settings for a listener at a place.
pub(super) fn settings(server: &str, security: MailSecurity) -> Mail {
    let with_login = security != MailSecurity::None;
    Mail {
        from: "wardesk@example.org".into(),
        server: server.into(),
        security,
        user: with_login.then(|| "wardesk".into()),
        password: with_login.then(|| Secret::Value(SecretString::new(PASSWORD))),
        ca: with_login.then(|| folder().join("authority.pem")),
    }
}

pub(super) fn starttls() -> Mail {
    settings(&place("starttls"), MailSecurity::Starttls)
}

/// An address that no other test uses. What it begins with may mean something to the server.
pub(super) fn address(begin: &str) -> MailAddress {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    format!("{begin}-{}-{number}@example.org", std::process::id())
        .parse()
        .unwrap()
}

/// What the server took for somebody.
pub(super) fn received(to: &MailAddress) -> Vec<Kept> {
    let mut kept = Vec::new();
    for entry in std::fs::read_dir(folder().join("mails")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "json") {
            let mail: Kept = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
            if mail.to == [to.expose()] {
                kept.push(mail);
            }
        }
    }
    kept
}
