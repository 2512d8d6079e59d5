//! The interface of conversations: what is answered to whom, and what the audit log keeps of it.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::Tape;

const UNKNOWN: &str = "cnv_0123456789ab7def8123456789abcdef";

on_both_databases! {
    async fn the_staff_s_interface_of_conversations_answers_and_audits_as_it_was_reviewed(app) {
        let mut desk = app.desk().await;
        let returns = desk.make_team("Returns").await;
        let mut ada = desk.agent(&app, "ada").await;
        let ben = desk.agent(&app, "ben").await;
        let ron = desk.somebody(&app, "ron", &["team-lead"], &[returns]).await;
        let auditor = desk.somebody(&app, "otto", &["auditor"], &[]).await;
        let mut visitor = app.visitor().await;
        let id = visitor.open("hello").await.unwrap();
        let (raw_ada, raw_ben, raw_ron, raw_auditor, nobody) = (app.as_staff(&ada), app.as_staff(&ben), app.as_staff(&ron), app.as_staff(&auditor), app.nobody());
        let (agent, second, elsewhere, auditor, nobody) = (("agent", &raw_ada), ("second agent", &raw_ben), ("lead of another team", &raw_ron), ("auditor", &raw_auditor), ("nobody", &nobody));
        let root = "/api/v1/conversations";
        let one = format!("{root}/{id}");
        let mut tape = Tape::begin(&app).await;

        for who in [nobody, auditor, elsewhere, agent] {
            tape.get(who, root).await;
            tape.get(who, &format!("{root}/counts")).await;
            tape.get(who, &one).await;
        }
        tape.get(agent, &format!("{root}?after=nonsense")).await;
        tape.get(agent, &format!("{root}?view=everything")).await;
        tape.get(agent, &format!("{root}/{UNKNOWN}")).await;
        tape.get(agent, &format!("/api/v1/customers/{}/conversations", visitor.customer())).await;
        tape.get(elsewhere, &format!("/api/v1/customers/{}/conversations", visitor.customer())).await;

        tape.ask(agent, Method::POST, &format!("{one}/take"), Some(garbage())).await;
        tape.ask(elsewhere, Method::POST, &format!("{one}/take"), Some(garbage())).await;
        tape.ask(agent, Method::POST, &format!("{one}/release"), None).await;
        ada.take(id).await.unwrap();
        tape.did("the agent takes the conversation").await;
        tape.ask(second, Method::POST, &format!("{one}/take"), Some(garbage())).await;
        tape.ask(agent, Method::POST, &format!("{one}/grants"), Some(json!({ "act": "assign", "device": ada.device().unwrap().id(), "staff": ron.me().id }))).await;
        tape.ask(agent, Method::POST, &format!("{one}/leave"), None).await;

        for who in [nobody, auditor, elsewhere, agent] {
            tape.get(who, &format!("{one}/log?after=0&limit=2")).await;
        }
        tape.get(agent, &format!("{root}/{UNKNOWN}/log?after=0")).await;
        tape.get(elsewhere, &format!("{one}/receipts")).await;
        tape.ask(agent, Method::POST, &format!("{one}/receipts"), Some(json!({ "delivered": 2, "read": 2 }))).await;
        tape.get(agent, &format!("{one}/receipts")).await;
        tape.ask(agent, Method::POST, &format!("{one}/messages"), Some(message())).await;
        tape.ask(elsewhere, Method::POST, &format!("{one}/messages"), Some(message())).await;
        tape.get(auditor, &format!("{one}/notes?after=0")).await;
        tape.get(second, &format!("{one}/notes?after=0")).await;

        tape.ask(second, Method::POST, &format!("{one}/close"), None).await;
        tape.ask(agent, Method::POST, &format!("{one}/close"), None).await;
        tape.ask(agent, Method::POST, &format!("{one}/close"), None).await;
        tape.ask(agent, Method::POST, &format!("{one}/messages"), Some(message())).await;
        tape.ask(agent, Method::POST, &format!("{one}/reopen"), None).await;
        tape.ask(agent, Method::POST, &format!("{one}/reopen"), None).await;
        tape.ask(agent, Method::POST, &format!("{one}/release"), None).await;
        tape.get(agent, &format!("{root}/counts")).await;
        tape.end("conversations-staff");
    }

    async fn the_widget_s_interface_of_conversations_answers_and_audits_as_it_was_reviewed(app) {
        let mut desk = app.desk().await;
        let mut ada = desk.agent(&app, "ada").await;
        ada.tend_team_keys().await.unwrap();
        let mut client = app.visitor().await;
        let (customer, stranger, staff, nobody) = (app.as_customer(&client), app.visitor().await, app.as_staff(&ada), app.nobody());
        let stranger = app.as_customer(&stranger);
        let (customer, stranger, staff, nobody) = (("customer", &customer), ("stranger", &stranger), ("agent", &staff), ("nobody", &nobody));
        let root = "/api/v1/widget/conversations";
        let mut tape = Tape::begin(&app).await;

        for who in [nobody, staff, customer] {
            tape.get(who, root).await;
            tape.get(who, "/api/v1/widget/team-key").await;
        }
        tape.ask(customer, Method::POST, root, Some(json!({ "id": UNKNOWN }))).await;
        let id = client.open("hello").await.unwrap();
        tape.did("the customer opens a conversation").await;
        let one = format!("{root}/{id}");
        tape.get(customer, root).await;
        for who in [nobody, staff, stranger, customer] {
            tape.get(who, &format!("{one}/log?after=0&limit=2")).await;
            tape.get(who, &format!("{one}/receipts")).await;
        }
        tape.get(customer, &format!("{root}/{UNKNOWN}/group")).await;
        tape.ask(customer, Method::POST, &format!("{one}/messages"), Some(message())).await;
        tape.ask(stranger, Method::POST, &format!("{one}/messages"), Some(message())).await;
        tape.ask(customer, Method::POST, &format!("{one}/commits"), Some(garbage())).await;
        tape.ask(customer, Method::POST, &format!("{one}/receipts"), Some(json!({ "delivered": 2, "read": 2 }))).await;
        ada.take(id).await.unwrap();
        tape.did("an agent takes the conversation").await;
        let letter = json!({ "client_id": message()["client_id"], "record": message()["record"] });
        tape.ask(customer, Method::POST, &format!("{one}/letters"), Some(letter)).await;
        tape.ask(customer, Method::POST, &format!("{one}/grants"), Some(json!({ "device": "dev_0123456789ab7def8123456789abcdef" }))).await;
        tape.end("conversations-widget");
    }
}

/// A commit in good form that no MLS client made.
fn garbage() -> Value {
    json!({ "client_id": "AAAAAAAAAAAAAAAAAAAAAA", "epoch": 1, "commit": "AAAA", "group_info": "AAAA" })
}

/// A message in good form that nobody encrypted.
fn message() -> Value {
    let record = json!({ "header": "e30", "nonce": "AAAAAAAAAAAAAAAA", "ciphertext": "AAAA", "signature": "AAAA" });
    json!({ "client_id": "BAAAAAAAAAAAAAAAAAAAAA", "mls": "AAAA", "record": record })
}
