//! Who gets a conversation, and what the customer never gets.

use reqwest::Method;
use serde_json::{Value, json};
use wd_client::View;

use crate::support::texts;

on_both_databases! {
    async fn of_two_agents_who_take_at_the_same_moment_one_has_it_and_the_other_is_told(app) {
        let mut desk = app.desk().await;
        let mut ada = desk.agent(&app, "ada").await;
        let mut ben = desk.agent(&app, "ben").await;
        ada.tend_team_keys().await.unwrap();
        ben.tend_team_keys().await.unwrap();
        let mut visitor = app.visitor().await;
        for round in 0..4 {
            let letter = format!("letter {round}");
            let id = visitor.open(&letter).await.unwrap();
            let (adas, bens) = tokio::join!(ada.take(id), ben.take(id));
            let (winner, lost) = match (adas, bens) {
                (Ok(()), Err(lost)) => (&mut ada, lost),
                (Err(lost), Ok(())) => (&mut ben, lost),
                both => panic!("one of them, not {both:?}"),
            };
            assert!(lost.is(&["already-taken"]), "{lost:?}");
            let mine = winner.inbox(View::Mine, None).await.unwrap().items;
            assert!(mine.iter().any(|row| row.id == id));
            winner.send(id, "I am here").await.unwrap();
            visitor.sync(id).await.unwrap();
            assert_eq!(texts(visitor.view(id).unwrap()), [letter.as_str(), "I am here"]);
            let staff = visitor.view(id).unwrap().people().into_iter().filter(|who| who.subject.starts_with("stf_")).count();
            assert_eq!(staff, 1, "whoever lost is not in the group");
        }
    }

    async fn all_devices_of_an_agent_are_let_in_and_read_the_same(app) {
        let mut desk = app.desk().await;
        let mut ada = desk.agent(&app, "ada").await;
        let mut visitor = app.visitor().await;
        let link = desk.invite("lea", &["team-lead"], &[desk.team]).await;
        let (mut office, secret, _) = app.accept(&link).await;
        office.enrol("office", 5).await.unwrap();
        ada.tend_team_keys().await.unwrap();
        app.next_codes();
        let mut home = wd_client::StaffClient::sign_in(app.server(), app.around(), "lea", crate::support::PASSWORD, &secret).await.unwrap();
        app.next_codes();
        home.enrol("home", 5).await.unwrap();
        ada.tend_team_keys().await.unwrap();
        office.tend_team_keys().await.unwrap();
        home.tend_team_keys().await.unwrap();

        let id = visitor.open("hello").await.unwrap();
        office.take(id).await.unwrap();
        office.send(id, "from the office").await.unwrap();
        home.read(id).await.unwrap();
        assert_eq!(texts(home.view(id).unwrap()), ["hello", "from the office"]);
        home.send(id, "from home").await.unwrap();
        visitor.sync(id).await.unwrap();
        office.read(id).await.unwrap();
        for view in [home.view(id), office.view(id), visitor.view(id)] {
            assert_eq!(texts(view.unwrap()), ["hello", "from the office", "from home"]);
        }
        assert_eq!(home.view(id).unwrap().number().unwrap(), visitor.view(id).unwrap().number().unwrap());
    }

    async fn an_internal_note_is_in_nothing_that_the_customer_can_fetch(app) {
        let mut desk = app.desk().await;
        let mut ada = desk.agent(&app, "ada").await;
        let mut visitor = app.visitor().await;
        let id = visitor.open("hello").await.unwrap();
        ada.take(id).await.unwrap();
        let before = everything(&visitor, id).await;
        ada.note(id, "he asked the same last week").await.unwrap();
        let notes = ada.get(&format!("/api/v1/conversations/{id}/notes?after=0")).await.unwrap();
        let ciphertext = notes["items"][0]["record"]["ciphertext"].as_str().unwrap();
        let after = everything(&visitor, id).await;
        assert_eq!(before, after, "a note changes nothing that the customer sees");
        assert!(!after.to_string().contains(ciphertext));
        // The paths themselves are closed to the customer, and there are none for notes on the widget's half.
        let (stranger, _) = app.raw_visitor().await;
        for route in ["notes?after=0", "note-keys", "history-keys"] {
            for half in ["/api/v1/conversations", "/api/v1/widget/conversations"] {
                let error = visitor.get(&format!("{half}/{id}/{route}")).await.unwrap_err();
                assert!(error.is(&["unauthenticated", "forbidden", "not-found"]), "{half} {route}: {error:?}");
                let answer = stranger.ask(Method::GET, &format!("{half}/{id}/{route}"), None).await;
                assert!([401, 403, 404].contains(&answer.status), "{half} {route}: {answer:?}");
            }
        }
    }
}

/// All that a customer's device can read of a conversation.
async fn everything(visitor: &wd_client::CustomerClient, id: wd_kernel::ConversationId) -> Value {
    let root = "/api/v1/widget/conversations";
    let mut all = json!([visitor.get(root).await.unwrap()]);
    for route in ["log?after=0&limit=200", "group", "receipts"] {
        all.as_array_mut()
            .unwrap()
            .push(visitor.get(&format!("{root}/{id}/{route}")).await.unwrap());
    }
    all
}
