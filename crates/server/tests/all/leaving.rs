//! Devices that are revoked and people who leave.

use reqwest::Method;
use serde_json::json;
use wd_client::{Frame, StaffClient, View};

use crate::support::{PASSWORD, TestApp, frame, texts};

on_both_databases! {
    async fn somebody_who_is_disabled_is_out_at_once_and_their_device_leaves_the_group_by_the_next_commit(app) {
        let mut desk = app.desk().await;
        let mut ada = desk.agent(&app, "ada").await;
        let mut ben = desk.agent(&app, "ben").await;
        ada.tend_team_keys().await.unwrap();
        ben.tend_team_keys().await.unwrap();
        let mut visitor = app.visitor().await;
        let id = visitor.open("hello").await.unwrap();
        ada.take(id).await.unwrap();
        ada.send(id, "good morning").await.unwrap();
        visitor.sync(id).await.unwrap();
        let mut bens = ben.socket();
        frame(&mut bens, "ready", |frame| (frame == Frame::Ready).then_some(())).await;
        let mut socket = ada.socket();
        frame(&mut socket, "ready", |frame| (frame == Frame::Ready).then_some(())).await;

        let path = format!("/api/v1/staff/{}/disable", ada.me().id);
        desk.administrator.post(&path, &json!({})).await.unwrap();
        frame(&mut socket, "the end", |frame| (frame == Frame::Ended).then_some(())).await;
        let session = ada.get("/api/v1/session").await.unwrap();
        assert_eq!(session["state"], "signed-out");
        assert!(ada.read(id).await.unwrap_err().is(&["unauthenticated"]));
        let again = StaffClient::sign_in(app.server(), app.around(), "ada", PASSWORD, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").await;
        assert!(again.is_err_and(|error| error.is(&["unauthenticated"])));

        // The case waits, and the group holds the device until somebody commits.
        let row = ben.inbox(View::Waiting, None).await.unwrap().items.remove(0);
        assert_eq!((row.id, row.removal_pending, row.assignee), (id, true, None));
        visitor.sync(id).await.unwrap();
        assert!(!visitor.view(id).unwrap().removals().is_empty());
        visitor.send(id, "are you still there?").await.unwrap();
        assert!(visitor.view(id).unwrap().removals().is_empty());
        let inside = visitor.view(id).unwrap().people();
        assert!(inside.iter().all(|person| person.subject == visitor.customer().to_string()), "{inside:?}");
        assert!(!ben.inbox(View::Waiting, None).await.unwrap().items[0].removal_pending);

        // Somebody of the team makes a key that the device which is out does not have; they were told that it is due.
        frame(&mut bens, "the team's key is stale", |frame| matches!(frame, Frame::TeamKey { .. }).then_some(())).await;
        ben.tend_team_keys().await.unwrap();
        ben.take(id).await.unwrap();
        assert_eq!(texts(ben.view(id).unwrap()), ["hello", "good morning", "are you still there?"]);
    }

    async fn a_revoked_device_reads_nothing_that_is_written_later(app) {
        let mut desk = app.desk().await;
        let mut ada = desk.agent(&app, "ada").await;
        let mut ben = desk.agent(&app, "ben").await;
        ada.tend_team_keys().await.unwrap();
        ben.tend_team_keys().await.unwrap();
        let mut visitor = app.visitor().await;
        let id = visitor.open("hello").await.unwrap();
        ada.take(id).await.unwrap();
        ada.add_colleague(id, ben.me().id).await.unwrap();
        ben.read(id).await.unwrap();
        visitor.sync(id).await.unwrap();
        let device = ada.device().unwrap().id();
        let old_generation = team_key(&visitor).await;

        // The officer's own hand, with the right to revoke.
        let mut officer = app.known_staff(&mut desk, "olga", &["security-officer"]).await;
        officer.step_up(&app).await;
        let answer = officer.raw.ask(Method::DELETE, &format!("/api/v1/devices/{device}"), None).await;
        assert_eq!(answer.status, 204, "{answer:?}");

        // Nobody can write before the device is out.
        ben.read(id).await.unwrap();
        assert!(!ben.view(id).unwrap().removals().is_empty());
        ben.tend_team_keys().await.unwrap();
        ben.send(id, "ada lost her laptop").await.unwrap();
        assert!(ben.view(id).unwrap().people().iter().all(|person| person.device != device));
        // What the revoked device still fetches it cannot open.
        drop(ada.read(id).await);
        assert!(!texts(ada.view(id).unwrap()).contains(&"ada lost her laptop".to_owned()));
        visitor.sync(id).await.unwrap();
        assert_eq!(texts(visitor.view(id).unwrap()), ["hello", "ada lost her laptop"]);
        // What is written from now on is sealed to a key that the revoked device does not have.
        assert!(team_key(&visitor).await > old_generation);
    }

    async fn a_customer_who_signs_out_is_out(app) {
        let visitor = app.visitor().await;
        let mut socket = visitor.socket();
        frame(&mut socket, "ready", |frame| (frame == Frame::Ready).then_some(())).await;
        visitor.sign_out().await.unwrap();
        frame(&mut socket, "the end", |frame| (frame == Frame::Ended).then_some(())).await;
        let (raw, _) = app.raw_visitor().await;
        assert_eq!(raw.ask(Method::DELETE, "/api/v1/widget/session", None).await.status, 204);
        assert_eq!(raw.get("/api/v1/widget/conversations").await.status, 401);
    }

    async fn a_security_officer_disables_an_agent_and_no_administrator(app) {
        let mut desk = app.desk().await;
        let mut ada = desk.agent(&app, "ada").await;
        ada.tend_team_keys().await.unwrap();
        let mut visitor = app.visitor().await;
        let id = visitor.open("hello").await.unwrap();
        ada.take(id).await.unwrap();
        // There is another administrator: it is not the last one that is protected here.
        app.known_staff(&mut desk, "alma", &["administrator"]).await;
        let mut officer = app.known_staff(&mut desk, "olga", &["security-officer"]).await;
        officer.step_up(&app).await;
        let disable = |staff: wd_kernel::StaffId| format!("/api/v1/staff/{staff}/disable");

        let answer = officer.raw.post(&disable(ada.me().id), &json!({})).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!((&answer.body["state"], &answer.body["roles"]), (&json!("disabled"), &json!([])));
        assert_eq!(ada.get("/api/v1/session").await.unwrap()["state"], "signed-out");

        let refused = officer.raw.post(&disable(desk.administrator.me().id), &json!({})).await;
        assert_eq!((refused.status, refused.code()), (403, "forbidden"), "{refused:?}");
        assert_eq!(desk.administrator.get("/api/v1/session").await.unwrap()["state"], "signed-in");
    }
}

async fn team_key(visitor: &wd_client::CustomerClient) -> u64 {
    visitor.get("/api/v1/widget/team-key").await.unwrap()["generation"]
        .as_u64()
        .unwrap()
}

/// A session that ended by the clock is gone like one that was ended by hand.
#[tokio::test]
async fn a_session_that_was_not_used_for_half_a_day_is_gone() {
    let app = TestApp::start(crate::support::On::Sqlite).await;
    let desk = app.desk().await;
    app.clock.advance(wd_kernel::Duration::from_hours(13));
    let error = desk.administrator.get("/api/v1/staff").await.unwrap_err();
    assert!(error.is(&["unauthenticated"]), "{error:?}");
    app.stop().await;
}
