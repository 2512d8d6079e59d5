//! The interface of customers: what is answered to whom, and what the audit log keeps of it.

use reqwest::Method;
use serde_json::json;

use crate::support::Tape;

const UNKNOWN: &str = "/api/v1/customers/cus_0123456789ab7def8123456789abcdef";

on_both_databases! {
    async fn the_interface_of_customers_answers_and_audits_as_it_was_reviewed(app) {
        let mut desk = app.desk().await;
        let lead = app.known_staff(&mut desk, "lea", &["team-lead"]).await;
        let agent = app.known_staff(&mut desk, "ada", &["agent"]).await;
        let auditor = app.known_staff(&mut desk, "otto", &["auditor"]).await;
        let nobody = app.nobody();
        let (lead, agent, auditor, nobody) = (("lead", &lead.raw), ("agent", &agent.raw), ("auditor", &auditor.raw), ("nobody", &nobody));
        let list = "/api/v1/customers";
        let mut tape = Tape::begin(&app).await;

        for who in [nobody, auditor] {
            tape.get(who, list).await;
            tape.ask(who, Method::POST, list, Some(json!({ "name": "Jonas Keller" }))).await;
        }
        let record = json!({ "name": "Jonas Keller", "mail": "jonas.keller@example.org", "phone": "+49 30 23125 017", "external_id": "C-1001", "notes": "Calls back.", "tags": ["regular"] });
        let made = tape.ask(lead, Method::POST, list, Some(record)).await;
        tape.ask(lead, Method::POST, list, Some(json!({ "name": "Somebody Else", "external_id": "C-1001" }))).await;
        tape.ask(lead, Method::POST, list, Some(json!({ "name": " ", "mail": "nowhere", "phone": "12" }))).await;
        tape.ask(lead, Method::POST, list, Some(json!({ "name": "Ada", "verified": true }))).await;
        tape.get(agent, list).await;
        tape.get(agent, "/api/v1/customers?after=nonsense").await;

        let one = format!("{list}/{}", made["id"].as_str().unwrap());
        for who in [nobody, auditor, agent, lead] {
            tape.get(who, &one).await;
        }
        tape.get(agent, UNKNOWN).await;
        tape.get(agent, "/api/v1/customers/everybody").await;

        tape.ask(agent, Method::PATCH, &one, Some(json!({ "version": 1, "mail": "jonas@example.org" }))).await;
        tape.ask(agent, Method::PATCH, &one, Some(json!({ "version": 1, "mail": "j@example.org" }))).await;
        tape.ask(agent, Method::PATCH, &one, Some(json!({ "version": 2, "notes": null }))).await;
        tape.ask(lead, Method::PATCH, &one, Some(json!({ "version": 2, "name": null, "mail": "@" }))).await;
        tape.ask(lead, Method::PATCH, UNKNOWN, Some(json!({ "version": 1 }))).await;

        let reveal = format!("{one}/reveal");
        tape.ask(agent, Method::POST, &reveal, Some(json!({ "class": "contact", "reason": "Address for the parcel" }))).await;
        tape.ask(agent, Method::POST, &reveal, Some(json!({ "class": "notes" }))).await;
        tape.ask(nobody, Method::POST, &reveal, Some(json!({ "class": "contact" }))).await;
        tape.ask(lead, Method::POST, &format!("{UNKNOWN}/reveal"), Some(json!({ "class": "notes" }))).await;

        let search = "/api/v1/customers/search";
        tape.ask(agent, Method::POST, search, Some(json!({ "kind": "mail", "value": "Jonas@Example.org" }))).await;
        tape.ask(agent, Method::POST, search, Some(json!({ "kind": "mail", "value": "jonas" }))).await;
        tape.ask(auditor, Method::POST, search, Some(json!({ "kind": "mail", "value": "jonas@example.org" }))).await;

        tape.get(agent, &format!("{one}/conversations")).await;
        tape.get(auditor, &format!("{one}/conversations")).await;
        tape.ask(lead, Method::POST, "/api/v1/customers/imports", Some(json!({}))).await;
        tape.ask(agent, Method::POST, "/api/v1/customers/imports", Some(json!({}))).await;
        tape.end("customers");
    }

    async fn the_widgets_door_answers_and_audits_as_it_was_reviewed(app) {
        let mut desk = app.desk().await;
        let agent = app.known_staff(&mut desk, "ada", &["agent"]).await;
        let nobody = app.nobody();
        let (agent, nobody) = (("agent", &agent.raw), ("nobody", &nobody));
        let mut tape = Tape::begin(&app).await;
        tape.ask(nobody, Method::POST, "/api/v1/widget/visitors", Some(json!({ "name": "me" }))).await;
        tape.ask(nobody, Method::POST, "/api/v1/widget/visitors", Some(json!({}))).await;
        tape.ask(nobody, Method::POST, "/api/v1/widget/identities", Some(json!({ "identity_token": "a.b.c" }))).await;
        let (visitor, _) = app.raw_visitor().await;
        tape.did("somebody opens the widget").await;
        let visitor = ("visitor", &visitor);
        tape.get(agent, "/api/v1/widget/conversations").await;
        tape.get(visitor, "/api/v1/widget/conversations").await;
        tape.ask(visitor, Method::DELETE, "/api/v1/widget/session", None).await;
        tape.get(visitor, "/api/v1/widget/conversations").await;
        tape.ask(nobody, Method::DELETE, "/api/v1/widget/session", None).await;
        tape.end("widget-door");
    }
}
