//! Kannel, with somebody behind it who writes down what the network would get.

use std::path::PathBuf;

use wd_config::{SmsDriver, SmsHttp, SmsMethod};
use wd_db::both_databases;
use wd_kernel::Duration;

use super::{
    CODE, Node, SCHEMA, code,
    peer::{number, until},
    secret,
    ways::reset,
};
use crate::{Text, Trouble, Worked};

fn folder() -> PathBuf {
    std::env::var("WARDESK_TEST_KANNEL")
        .expect("WARDESK_TEST_KANNEL is set by cargo xtask test")
        .into()
}

fn kannel(method: SmsMethod, password: &str) -> SmsDriver {
    let place = std::fs::read_to_string(folder().join("data/sendsms")).unwrap();
    let in_headers = method == SmsMethod::Headers;
    let name = |name: &str| {
        if in_headers {
            format!("X-Kannel-{name}")
        } else {
            name.to_lowercase()
        }
    };
    let mut parameters = vec![
        ("Username", "wardesk"),
        ("From", "Wardesk"),
        ("To", "{number}"),
        ("Coding", "{coding}"),
        ("Validity", "{minutes}"),
    ];
    if !in_headers {
        parameters.extend([("Text", "{text}"), ("Charset", "UTF-8")]);
    }
    SmsDriver::Http(SmsHttp {
        name: "kannel".into(),
        url: format!("http://{place}/cgi-bin/sendsms"),
        method,
        parameters: parameters
            .into_iter()
            .map(|(key, value)| (name(key), value.into()))
            .collect(),
        secrets: [(name("Password"), secret(password))].into(),
        authorization: None,
        success: Some("0: Accepted".into()),
        ca: None,
    })
}

/// What came for a number, each as `CODING TEXT`. A text of two lines comes as two messages, the second without a number.
fn received(number: &str) -> Vec<String> {
    let log = std::fs::read_to_string(folder().join("log")).unwrap();
    let mut messages = Vec::new();
    let lines = log
        .lines()
        .filter_map(|line| line.split_once("Got message ")?.1.split_once(": <"));
    let mut ours = false;
    for (_, message) in lines {
        let message = message.trim_end_matches('>');
        if let Some(rest) = message.strip_prefix("Wardesk ") {
            let text = rest.strip_prefix(number).map(str::trim_start);
            ours = text.is_some();
            messages.extend(text.map(str::to_owned));
        } else if ours && let Some(last) = messages.last_mut() {
            *last = format!("{last}\n{message}");
        }
    }
    messages
}

/// How fakesmsc writes the bytes of UCS-2 (UTF-16, big endian).
fn written(text: &str) -> String {
    let bytes = text.encode_utf16().flat_map(u16::to_be_bytes);
    bytes
        .map(|byte| match byte {
            b' ' => "+".to_owned(),
            byte if byte.is_ascii_alphanumeric() || byte == b'~' => char::from(byte).to_string(),
            byte => format!("%{byte:02x}"),
        })
        .collect()
}

both_databases! { SCHEMA;
    async fn a_code_goes_by_kannel_with_the_line_that_binds_it_to_our_pages(test) {
        for method in [SmsMethod::Headers, SmsMethod::Get] {
            let node = Node::start(&test.db, vec![kannel(method, "secret-2")]).await;
            let to = number("200");
            node.send(code(&to)).await;
            assert_eq!(node.work().await, Worked::Sent, "{method:?}");
            let whole = format!("text {CODE}");
            until(async || received(&to) == [whole.as_str()]).await;
            reset(&test.db).await;
        }
    }

    async fn other_characters_go_to_kannel_as_ucs2(test) {
        for method in [SmsMethod::Headers, SmsMethod::Get] {
            let node = Node::start(&test.db, vec![kannel(method, "secret-2")]).await;
            let to = number("201");
            let text = "Kód 123456 ž 漢";
            node.send(Text::new(to.parse().unwrap(), "code", text, Duration::from_secs(600)).unwrap()).await;
            assert_eq!(node.work().await, Worked::Sent, "{method:?}");
            let whole = format!("ucs-2 {}", written(text));
            until(async || received(&to).iter().any(|one| one.eq_ignore_ascii_case(&whole))).await;
            reset(&test.db).await;
        }
    }

    async fn a_password_that_kannel_does_not_take_is_the_trouble_of_the_driver(test) {
        for method in [SmsMethod::Headers, SmsMethod::Get] {
            let node = Node::start(&test.db, vec![kannel(method, "secret-4")]).await;
            let to = number("202");
            node.send(code(&to)).await;
            assert_eq!(node.work().await, Worked::PutOff, "{method:?}");
            assert_eq!(node.only().await.trouble, Some(Trouble::Login));
            assert!(received(&to).is_empty());
            reset(&test.db).await;
        }
    }
}
