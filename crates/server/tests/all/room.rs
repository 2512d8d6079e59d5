//! What happens when the disk is full: SQLite itself says so here, through the limit of its pages.

use wd_client::{ClientError, View};
use wd_db::testing::{no_room, room};

use crate::support::{On, TestApp, texts};

/// More than fits into what is left in the pages that are there.
const LONG: usize = 8_000;

#[tokio::test]
async fn without_room_who_writes_is_told_reading_goes_on_and_with_room_everything_does() {
    let app = TestApp::start(On::Sqlite).await;
    let mut desk = app.desk().await;
    let mut ada = desk.agent(&app, "ada").await;
    let mut visitor = app.visitor().await;
    let id = visitor.open("hello").await.unwrap();
    ada.take(id).await.unwrap();
    visitor.sync(id).await.unwrap();

    no_room(&app.app.db).await;
    let mut expected = vec!["hello".to_owned()];
    let refused = loop {
        let text = format!("{} {}", expected.len(), "x".repeat(LONG));
        expected.push(text.clone());
        match ada.send(id, &text).await {
            Ok(_) => assert!(expected.len() < 100, "there is room without end"),
            Err(ClientError::Problem(problem)) => break problem,
            Err(other) => panic!("not an answer of the server: {other:?}"),
        }
    };
    assert_eq!((refused.code.as_str(), refused.status), ("storage-full", 507));
    assert!(refused.detail.is_none(), "nothing of the database is told");

    // Reading goes on, and nothing half-written is read.
    let kept = &expected[..expected.len() - 1];
    visitor.sync(id).await.unwrap();
    assert_eq!(texts(visitor.view(id).unwrap()), kept);
    ada.read(id).await.unwrap();
    assert!(
        ada.inbox(View::Mine, None)
            .await
            .unwrap()
            .items
            .iter()
            .any(|row| row.id == id)
    );
    let log = ada
        .get(&format!("/api/v1/conversations/{id}/log?after=0&limit=200"))
        .await
        .unwrap();
    let last = log["items"].as_array().unwrap().last().unwrap()["seq"].clone();
    assert_eq!(log["head"], last, "no number was used up");

    // Much later every session would be noted as seen; that this cannot be stored keeps nobody out.
    app.next_codes();
    ada.inbox(View::Mine, None).await.unwrap();

    // With room again, what waited goes out once, without a new start.
    room(&app.app.db).await;
    ada.flush(id).await.unwrap();
    visitor.sync(id).await.unwrap();
    assert_eq!(texts(visitor.view(id).unwrap()), expected);
    let answer = visitor.send(id, "arrived").await;
    answer.unwrap();
    ada.read(id).await.unwrap();
    expected.push("arrived".into());
    assert_eq!(texts(ada.view(id).unwrap()), expected);
    app.stop().await;
}

#[tokio::test]
async fn without_room_who_signs_out_is_out_or_is_told_that_they_are_not() {
    let app = TestApp::start(On::Sqlite).await;
    let mut desk = app.desk().await;
    let ada = desk.agent(&app, "ada").await;
    no_room(&app.app.db).await;
    match ada.sign_out().await {
        Ok(()) => {}
        Err(error) => assert!(error.is(&["storage-full"]), "{error:?}"),
    }
    app.stop().await;
}
