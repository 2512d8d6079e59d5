//! Who may call what: every operation of the OpenAPI document, tried as everybody, against a reviewed table.

use std::collections::BTreeMap;

use reqwest::{Method, header};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::support::{Operation, Raw, golden, operations};

const ROLES: [&str; 5] = ["agent", "team-lead", "security-officer", "auditor", "administrator"];

/// What answers somebody who shows nothing. Whatever else answers them is a fault, whatever the table says.
const OPEN: [&str; 17] = [
    "well_known_organisation",
    "session",
    "sign_out",
    "sign_in_password",
    "sign_in_provider",
    "begin_sign_in_at_provider",
    "finish_at_provider",
    "sign_in_passkey",
    "sign_in_passkey_options",
    "open_invitation",
    "accept_invitation",
    "check_password",
    "password_rules",
    "get_widget_organisation",
    "visit",
    "identify",
    "sign_out_widget",
];

/// These end the session that asks, so they come last.
const LAST: [&str; 2] = ["sign_out", "sign_out_widget"];

on_both_databases! {
    async fn every_operation_answers_whom_the_table_names_and_nobody_else(app) {
        let mut desk = app.desk().await;
        let mut ada = desk.agent(&app, "ada").await;
        let mut visitor = app.visitor().await;
        let conversation = visitor.open("hello").await.unwrap();
        ada.take(conversation).await.unwrap();
        let document = serde_json::to_value(app.app.openapi()).unwrap();
        let mut operations = operations(&document);
        operations.sort_by_key(|operation| (LAST.contains(&operation.id.as_str()), operation.id.clone()));
        // Real ids where a made-up one would say 404 to everybody.
        for operation in &mut operations {
            let made_up = |prefix: &str| format!("{prefix}_0123456789ab7def8123456789abcdef");
            operation.path = operation.path
                .replace(&made_up("cnv"), &conversation.to_string())
                .replace(&made_up("cus"), &visitor.customer().to_string())
                .replace(&made_up("tea"), &desk.team.to_string());
        }

        let mut answers: BTreeMap<&str, Vec<u16>> = BTreeMap::new();
        let (mut columns, mut leaks) = (Vec::new(), Vec::new());
        let mut staff = BTreeMap::new();
        for role in ROLES {
            staff.insert(role, app.known_staff(&mut desk, &format!("the-{role}"), &[role]).await);
        }
        let link = desk.invite("half", &["administrator"], &[desk.team]).await;
        let callers = [
            ("nobody", app.nobody()),
            ("pending", app.pending("the-administrator").await),
            ("enrolling", app.enrolling(&link).await),
            ("customer", app.raw_visitor().await.0),
        ];
        for (name, caller) in callers {
            columns.push(name);
            for operation in &operations {
                let status = try_as(&caller, operation).await;
                let open = OPEN.contains(&operation.id.as_str()) || name == "customer" && operation.path.starts_with("/api/v1/widget/") || name != "nobody" && name != "customer";
                if !open && ![401, 403, 404].contains(&status) {
                    leaks.push(format!("{} answers {name} with {status}", operation.id));
                }
                answers.entry(&operation.id).or_default().push(status);
            }
        }
        for role in ROLES {
            columns.push(role);
            let mut person = staff.remove(role).unwrap();
            // One of those before may have signed everybody out.
            person.come_back(&app).await;
            for operation in &operations {
                answers.entry(&operation.id).or_default().push(try_as(&person.raw, operation).await);
            }
        }
        assert!(leaks.is_empty(), "{leaks:#?}");
        golden("endpoints.txt", &table(&columns, &answers));
    }
}

/// Answers that tell nothing about the body.
const REFUSED: [u16; 4] = [401, 403, 404, 429];

on_both_databases! {
    async fn nobody_is_refused_before_the_body_is_read(app) {
        let document = serde_json::to_value(app.app.openapi()).unwrap();
        let (customer, _) = app.raw_visitor().await;
        let mut desk = app.desk().await;
        let officer = app.known_staff(&mut desk, "olga", &["administrator"]).await.raw;
        let mut heard = Vec::new();
        for operation in operations(&document) {
            if OPEN.contains(&operation.id.as_str()) && operation.id != "sign_out_widget" {
                continue;
            }
            // The other half of the interface knows neither of these two.
            let stranger = if operation.path.starts_with("/api/v1/widget/") { &officer } else { &customer };
            for (who, caller) in [("nobody", &app.nobody()), ("a stranger", stranger)] {
                for (kind, body) in [
                    ("application/json", &b"{"[..]),
                    ("application/json", b"{\"unknown\":1}"),
                    ("application/json", b"{\"text\":\"\\u0000\"}"),
                    ("application/json", b"\xff\xfe"),
                    ("text/plain", b"{}"),
                    ("text/csv", b"\xff"),
                    ("application/json", &[b' '; 10_000]),
                ] {
                    let request = caller.request(operation.method.clone(), &operation.path).header(header::CONTENT_TYPE, kind).body(body.to_vec());
                    let answer = caller.send(request).await;
                    if !REFUSED.contains(&answer.status) {
                        heard.push(format!("{} answers {who} with {} to {kind} of {} bytes", operation.id, answer.status, body.len()));
                    }
                }
                if !matches!(operation.method, Method::GET) {
                    // A body that never comes does not keep anybody waiting either.
                    let status = status_without_the_body(&app.base, &operation).await;
                    assert!(REFUSED.contains(&status), "{} waits for the body and says {status}", operation.id);
                }
            }
        }
        assert!(heard.is_empty(), "{heard:#?}");
    }
}

/// Announces a body, sends none of it, and reads the answer's status.
async fn status_without_the_body(base: &str, operation: &Operation) -> u16 {
    let host = base.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).await.unwrap();
    let head = format!(
        "{} {} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n",
        operation.method, operation.path
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut start = [0; 12];
    stream.read_exact(&mut start).await.unwrap();
    std::str::from_utf8(&start[9..]).unwrap().parse().unwrap()
}

/// Sends the operation in good form; the answer's status.
async fn try_as(caller: &Raw, operation: &Operation) -> u16 {
    let request = caller.request(operation.method.clone(), &operation.path);
    let request = match &operation.body {
        Some(body) => request.json(body),
        None if operation.csv => request.header(header::CONTENT_TYPE, "text/csv").body("name\nAda\n"),
        None => request.header(header::CONTENT_TYPE, "application/json"),
    };
    let answer = caller.send(request).await;
    assert!(answer.status < 500, "{}: {answer:?}", operation.id);
    answer.status
}

fn table(columns: &[&str], answers: &BTreeMap<&str, Vec<u16>>) -> String {
    let mut text = String::from(
        "# Who may call what. `yes`: not refused for who asks. 401: not signed in, or not far enough (also a wrong\n\
         # password or token). 403: the right is missing. 404: there is nothing, or the caller may not know.\n\
         # 429: too many wrong passwords or codes before this one.\n",
    );
    text += &line("operation", columns.iter().map(|column| (*column).to_owned()));
    for (operation, statuses) in answers {
        let shown = statuses.iter().map(|status| match status {
            401 | 403 | 404 | 429 => status.to_string(),
            _ => "yes".to_owned(),
        });
        text += &line(operation, shown);
    }
    text
}

fn line(first: &str, cells: impl Iterator<Item = String>) -> String {
    let text = cells.fold(format!("{first:<31}"), |text, cell| text + &format!("{cell:<18}"));
    format!("{}\n", text.trim_end())
}
