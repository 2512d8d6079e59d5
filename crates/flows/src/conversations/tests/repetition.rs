use std::{
    future::Future,
    pin::{Pin, pin},
};

use wd_db::testing::TestDb;

use super::{ALL, Scene};

/// Lets it go on for as long as it does not wait for the database.
async fn goes_on<F: Future>(mut future: Pin<&mut F>) -> Option<F::Output> {
    for _ in 0..200 {
        tokio::select! {
            biased;
            output = &mut future => return Some(output),
            () = tokio::task::yield_now() => {}
        }
    }
    None
}

#[tokio::test]
async fn a_repetition_is_not_answered_before_what_it_repeats_is_durable() {
    let s = Scene::waiting(TestDb::sqlite(ALL).await).await;
    // Time stands still while a blocking task runs, so the shared commit waits for the last one however long it takes.
    let (time_goes_on, stands_still) = std::sync::mpsc::channel::<()>();
    let still = tokio::task::spawn_blocking(move || stands_still.recv());
    tokio::time::pause();
    let client_id = s.customer.client_id();
    let busy = s.db.db.begin().await.unwrap();
    // All three wait for the writer in this order, and share its commit: the last one holds it up.
    let mut first = pin!(s.letter_of(&client_id));
    let mut again = pin!(s.letter_of(&client_id));
    let mut last = pin!(s.db.db.begin());
    assert!(goes_on(first.as_mut()).await.is_none());
    assert!(goes_on(again.as_mut()).await.is_none());
    assert!(goes_on(last.as_mut()).await.is_none());
    drop(busy);
    let last = loop {
        assert!(goes_on(first.as_mut()).await.is_none(), "told before the commit");
        assert!(goes_on(again.as_mut()).await.is_none(), "told before the commit");
        if let Some(last) = goes_on(last.as_mut()).await {
            break last.unwrap();
        }
    };
    assert!(goes_on(again.as_mut()).await.is_none(), "told before the commit");
    drop(last);
    tokio::time::resume();
    assert_eq!(first.await.unwrap(), again.await.unwrap());
    drop(time_goes_on);
    still.await.unwrap().unwrap_err();
}
