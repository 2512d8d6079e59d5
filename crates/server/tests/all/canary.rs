//! Secrets are planted everywhere, a day's work is done, and then they are looked for in all that was written.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use reqwest::{Method, header};
use serde_json::json;
use wd_client::Codes;

use crate::support::{Desk, Log, Needle, PASSWORD, Raw, Shared, Shown, TestApp, everything_stored, until};

/// What customers are and say. Each is long enough to be found only where it really is.
const FIELDS: [(&str, &str); 7] = [
    ("name", "Zephyrine Quokkasdottir"),
    ("mail", "zephyrine.quokka@example.org"),
    ("phone", "+493012345678990"),
    ("address", "Kiebitzweg 4711, 01234 Finsterwalde-Nord"),
    ("external_id", "KUNDE-88-KRANICH-17"),
    ("notes", "prefers to be called before ten, limps a little"),
    ("tag", "tag-nachtigall-vip"),
];
const IMPORTED: &str = "name,mail,phone,address,external_id,notes,tags\n\
    Ottokar Wiedehopf,ottokar.wiedehopf@example.org,+493098765432110,Elsterpfad 9 in Krumbeck,KUNDE-99-WIEDEHOPF,owes us a letter since spring,tag-import-elster\n\
    Rejected Rohrdommel,not-a-mail-rohrdommel,,,,,\n";
const LETTER: &str = "my heating smells of burnt toast since tuesday";
const MESSAGE: &str = "a technician with a red toolbox comes at nine";
const REPLY: &str = "the door code is otter otter nine seven";
const NOTE: &str = "second toast complaint in that street, tell the chief";
const CONTACT: &str = "kranich.wache@security.example.org";
const FOLDER: &str = "Carriers and their seven portals";
const ENTRY: &str = "Parcel portal of the Wachtelkoenig line";
const SHARED_LOGIN: &str = "rohrsaenger-service-desk";
const SHARED_SECRET: &str = "Zaunkoenig!Girlitz!4417";
const WRONG_PASSWORD: &str = "this was my other password 1999";

on_both_databases! {
    async fn nothing_secret_is_in_the_database_in_a_file_or_in_a_log(app) {
        Log::start();
        let mut desk = app.desk().await;
        let controls = plant_controls(&mut desk).await;
        let mut needles = vec![
            Needle::new("a password", PASSWORD),
            Needle::new("a wrong password", WRONG_PASSWORD),
            Needle::new("a letter", LETTER),
            Needle::new("a message", MESSAGE),
            Needle::new("a reply", REPLY),
            Needle::new("a note", NOTE),
            Needle::new("the security contact", CONTACT),
            Needle::new("a folder's name", FOLDER),
            Needle::new("a shared entry's title", ENTRY),
            Needle::new("a shared log-in", SHARED_LOGIN),
            Needle::new("a shared secret", SHARED_SECRET),
        ];
        plant_customers(&app, &mut desk, &mut needles).await;
        plant_secrets_of_staff(&app, &mut desk, &mut needles).await;
        talk(&app, &mut desk).await;
        share_a_secret(&app, &mut desk).await;

        let mut stored = everything_stored(&app).await;
        stored.push(("the log".into(), Log::read()));
        // The search finds what is there, in each form.
        for (control, form) in &controls {
            let found = stored.iter().any(|(_, bytes)| control.find(bytes).contains(form));
            assert!(found, "{} was planted as {form} and not found", control.name);
        }
        let mut leaks = Vec::new();
        for (place, bytes) in &stored {
            for needle in &needles {
                for form in needle.find(bytes) {
                    leaks.push(format!("{} in {place}, as {form}", needle.name));
                }
            }
        }
        assert!(leaks.is_empty(), "{leaks:#?}");
    }
}

/// Values that are kept in clear, and one in the log: proof that the search can find something.
async fn plant_controls(desk: &mut Desk) -> Vec<(Needle, &'static str)> {
    let (plain, hexed, encoded, logged) = (
        "control-albatross",
        "control-bluebird!",
        "control-cormorant",
        "control-dunnock-1",
    );
    desk.make_team(plain).await;
    desk.make_team(&hex::encode(hexed)).await;
    desk.make_team(&BASE64_STANDARD.encode(format!("?{encoded}"))).await;
    tracing::debug!(target: "wd_canary", "{logged}");
    vec![
        (Needle::new("the plain control", plain), "plain"),
        (Needle::new("the hex control", hexed), "hex"),
        (Needle::new("the base64 control", encoded), "base64"),
        (Needle::new("the control in the log", logged), "plain"),
    ]
}

async fn plant_customers(app: &TestApp, desk: &mut Desk, needles: &mut Vec<Needle>) {
    let lead = app.known_staff(desk, "leonore", &["team-lead"]).await;
    let value = |wanted: &str| FIELDS.iter().find(|(name, _)| *name == wanted).unwrap().1;
    let body = json!({
        "name": value("name"), "mail": value("mail"), "phone": value("phone"), "address": value("address"),
        "external_id": value("external_id"), "notes": value("notes"), "tags": [value("tag")],
    });
    let made = lead.raw.post("/api/v1/customers", &body).await;
    assert_eq!(made.status, 201, "{made:?}");
    let path = format!("/api/v1/customers/{}", made.body["id"].as_str().unwrap());
    let changed = lead
        .raw
        .ask(
            Method::PATCH,
            &path,
            Some(&json!({ "version": made.body["version"], "notes": value("notes") })),
        )
        .await;
    assert_eq!(changed.status, 200, "{changed:?}");
    for class in ["contact", "identifiers", "notes"] {
        let revealed = lead
            .raw
            .post(&format!("{path}/reveal"), &json!({ "class": class }))
            .await;
        assert_eq!(revealed.status, 200, "{revealed:?}");
    }
    for kind in ["mail", "phone", "external_id"] {
        let found = lead
            .raw
            .post(
                "/api/v1/customers/search",
                &json!({ "kind": kind, "value": value(kind) }),
            )
            .await;
        assert_eq!(found.body["items"].as_array().unwrap().len(), 1, "{kind}: {found:?}");
    }
    let import = lead
        .raw
        .request(Method::POST, "/api/v1/customers/imports")
        .header(header::CONTENT_TYPE, "text/csv")
        .body(IMPORTED);
    let import = lead.raw.send(import).await;
    assert_eq!(import.status, 202, "{import:?}");
    let path = format!("/api/v1/customers/imports/{}", import.body["id"].as_str().unwrap());
    let done = until("the import is done", async || {
        let now = lead.raw.get(&path).await.body;
        (now["state"] == "done").then_some(now)
    })
    .await;
    assert_eq!((&done["imported"], &done["rejected"]), (&json!(1), &json!(1)), "{done}");
    needles.extend(
        FIELDS
            .iter()
            .map(|(name, value)| Needle::new(&format!("a customer's {name}"), value.trim_start_matches('+'))),
    );
    let cells = IMPORTED
        .lines()
        .skip(1)
        .flat_map(|line| line.split(','))
        .filter(|cell| !cell.is_empty());
    needles.extend(cells.map(|cell| Needle::new(&format!("the imported {cell:?}"), cell.trim_start_matches('+'))));
}

async fn plant_secrets_of_staff(app: &TestApp, desk: &mut Desk, needles: &mut Vec<Needle>) {
    let settings = json!({ "typing": true, "presence": true, "widget_origins": [], "identity_keys": [], "security_contact": CONTACT });
    desk.administrator.step_up().await.unwrap();
    desk.administrator
        .put("/api/v1/organisation/settings", &settings)
        .await
        .unwrap();
    let link = desk.invite("unaccepted", &["agent"], &[desk.team]).await;
    needles.push(Needle::new(
        "an invitation's token",
        link.split_once("#/welcome/").unwrap().1,
    ));
    let mut person = app.known_staff(desk, "sibylle", &["agent"]).await;
    person.step_up(app).await;
    needles.push(Needle::new("a secret of one-time codes", &person.totp_secret));
    assert!(Codes::new(&person.totp_secret).is_ok());
    for code in &person.recovery_codes {
        needles.push(Needle::new("a recovery code", code));
        needles.push(Needle::new("a recovery code's letters", code.replace('-', "")));
    }
    // A code is used and a password is wrong.
    let used = app.pending(&person.login).await;
    let answer = used
        .post(
            "/api/v1/session/recovery-code",
            &json!({ "code": person.recovery_codes[0] }),
        )
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let wrong = app
        .nobody()
        .post(
            "/api/v1/session/password",
            &json!({ "login": person.login, "password": WRONG_PASSWORD }),
        )
        .await;
    assert_eq!(wrong.status, 401, "{wrong:?}");
    let (visitor, _) = app.raw_visitor().await;
    for (name, raw) in [
        ("a session's cookie", &person.raw),
        ("a half session's cookie", &used),
        ("a widget's token", &visitor),
    ] {
        needles.push(Needle::new(name, token(raw)));
    }
}

fn token(raw: &Raw) -> &str {
    match &raw.shown {
        Shown::Cookie(value) | Shown::Bearer(value) => value,
        Shown::Nothing => panic!("it shows nothing"),
    }
}

async fn talk(app: &TestApp, desk: &mut Desk) {
    let mut ada = desk.agent(app, "ada").await;
    let mut visitor = app.visitor().await;
    let id = visitor.open(LETTER).await.unwrap();
    ada.take(id).await.unwrap();
    ada.send(id, MESSAGE).await.unwrap();
    visitor.sync(id).await.unwrap();
    visitor.send(id, REPLY).await.unwrap();
    ada.note(id, NOTE).await.unwrap();
    ada.read(id).await.unwrap();
    ada.close(id).await.unwrap();
}

async fn share_a_secret(app: &TestApp, desk: &mut Desk) {
    let mut lena = desk.agent(app, "lena").await;
    let mut vault = Shared::new(&mut lena, None, FOLDER).await;
    let entry = vault
        .add(
            &mut lena,
            &json!({"title": ENTRY, "login": SHARED_LOGIN}),
            &json!({"secret": SHARED_SECRET}),
        )
        .await;
    assert_eq!(vault.open(&mut lena, entry).await["secret"], SHARED_SECRET);
}
