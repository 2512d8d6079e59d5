use std::{
    collections::BTreeSet,
    future::Future,
    pin::{Pin, pin},
    sync::Arc,
};

use tokio::task::yield_now;
use wd_kernel::{Entropy as _, SeededEntropy};

use crate::{
    Db, DbError, Tx, sql,
    testing::{TestDb, no_room, room},
};

async fn fresh() -> TestDb {
    let test = TestDb::sqlite(&[]).await;
    let mut tx = test.db.begin().await.unwrap();
    tx.execute("CREATE TABLE parent (id INTEGER PRIMARY KEY) STRICT", vec![])
        .await
        .unwrap();
    tx.execute(
        "CREATE TABLE mark (place INTEGER PRIMARY KEY AUTOINCREMENT, writer INTEGER NOT NULL, n INTEGER NOT NULL,
                            parent INTEGER REFERENCES parent (id), pad TEXT, UNIQUE (writer, n)) STRICT",
        vec![],
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    test
}

async fn mark(tx: &mut Tx, writer: i64, n: i64) -> Result<(), DbError> {
    sql!(tx, execute, "INSERT INTO mark (writer, n) VALUES ($1, $2)", writer, n)
        .await
        .map(drop)
}

/// What stands there, in the order in which it was written.
async fn marks(db: &Db) -> Vec<(i64, i64)> {
    let mut tx = db.snapshot().await.unwrap();
    sql!(tx, fetch_all as (i64, i64), "SELECT writer, n FROM mark ORDER BY place")
        .await
        .unwrap()
}

/// Lets it go on until it waits for something.
async fn begin_to<F: Future>(mut future: Pin<&mut F>) {
    for _ in 0..20 {
        tokio::select! {
            biased;
            _ = &mut future => panic!("it did not have to wait"),
            () = yield_now() => {}
        }
    }
}

#[tokio::test]
async fn nobody_sees_it_and_nobody_is_told_before_the_shared_commit() {
    let test = fresh().await;
    let mut first = test.db.begin().await.unwrap();
    mark(&mut first, 1, 1).await.unwrap();
    let mut second = pin!(test.db.begin());
    begin_to(second.as_mut()).await;
    let mut told = pin!(first.commit());
    begin_to(told.as_mut()).await;
    let mut second = second.await.unwrap();
    mark(&mut second, 2, 1).await.unwrap();
    begin_to(told.as_mut()).await;
    assert_eq!(marks(&test.db).await, vec![], "the commit waits for the second one");
    second.commit().await.unwrap();
    told.await.unwrap();
    assert_eq!(marks(&test.db).await, vec![(1, 1), (2, 1)]);
}

#[tokio::test]
async fn who_takes_long_keeps_nobody_waiting_for_the_commit() {
    let test = fresh().await;
    let mut first = test.db.begin().await.unwrap();
    mark(&mut first, 1, 1).await.unwrap();
    let mut long = pin!(test.db.begin_long());
    begin_to(long.as_mut()).await;
    first.commit().await.unwrap();
    assert_eq!(marks(&test.db).await, vec![(1, 1)]);
    let mut long = long.await.unwrap();
    let mut third = pin!(test.db.begin());
    begin_to(third.as_mut()).await;
    mark(&mut long, 2, 1).await.unwrap();
    long.commit().await.unwrap();
    assert_eq!(marks(&test.db).await, vec![(1, 1), (2, 1)]);
    third.await.unwrap();
}

#[tokio::test]
async fn who_is_dropped_takes_nothing_of_the_others_with_it() {
    let test = fresh().await;
    let mut first = test.db.begin().await.unwrap();
    mark(&mut first, 1, 1).await.unwrap();
    let mut waiting: Vec<_> = (2..=5).map(|_| Box::pin(test.db.begin())).collect();
    for one in &mut waiting {
        begin_to(one.as_mut()).await;
    }
    let mut told = vec![Box::pin(first.commit())];
    begin_to(told[0].as_mut()).await;
    for (writer, one) in (2..).zip(waiting) {
        let mut tx = one.await.unwrap();
        mark(&mut tx, writer, 1).await.unwrap();
        if writer == 3 {
            told.push(Box::pin(tx.commit()));
            begin_to(told[1].as_mut()).await;
        } else if writer == 5 {
            tx.commit().await.unwrap();
        }
    }
    for one in told {
        one.await.unwrap();
    }
    assert_eq!(marks(&test.db).await, vec![(1, 1), (3, 1), (5, 1)]);
}

#[tokio::test]
async fn dropped_while_it_waits_for_its_turn_it_is_skipped() {
    let test = fresh().await;
    let mut first = test.db.begin().await.unwrap();
    mark(&mut first, 1, 1).await.unwrap();
    let mut never = Box::pin(test.db.begin());
    begin_to(never.as_mut()).await;
    let mut given = Box::pin(test.db.begin());
    begin_to(given.as_mut()).await;
    drop(never);
    let mut told = pin!(first.commit());
    begin_to(told.as_mut()).await;
    // It has its turn by now, and never learns of it.
    drop(given);
    told.await.unwrap();
    let mut next = test.db.begin().await.unwrap();
    mark(&mut next, 2, 1).await.unwrap();
    next.commit().await.unwrap();
    assert_eq!(marks(&test.db).await, vec![(1, 1), (2, 1)]);
}

#[tokio::test]
async fn dropped_in_a_statement_it_did_nothing() {
    let test = fresh().await;
    let mut tx = test.db.begin().await.unwrap();
    {
        let mut many = pin!(sql!(
            tx,
            execute,
            "WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 200000) INSERT INTO mark (writer, n) SELECT $1, n FROM c",
            1_i64
        ));
        tokio::select! {
            biased;
            _ = &mut many => panic!("so many rows take a while"),
            () = yield_now() => {}
        }
    }
    drop(tx);
    let mut next = test.db.begin().await.unwrap();
    mark(&mut next, 2, 1).await.unwrap();
    next.commit().await.unwrap();
    assert_eq!(marks(&test.db).await, vec![(2, 1)]);
}

#[tokio::test]
async fn dropped_in_the_commit_it_is_durable_all_the_same() {
    let test = fresh().await;
    let mut tx = test.db.begin().await.unwrap();
    mark(&mut tx, 1, 1).await.unwrap();
    let mut told = Box::pin(tx.commit());
    begin_to(told.as_mut()).await;
    drop(told);
    // Whoever comes next finds it.
    let mut next = test.db.begin().await.unwrap();
    let (n,) = sql!(next, fetch_one as (i64,), "SELECT COUNT(*) FROM mark")
        .await
        .unwrap();
    assert_eq!(n, 1);
    drop(next);
    assert_eq!(marks(&test.db).await, vec![(1, 1)]);
}

#[tokio::test]
async fn dropped_before_the_commit_began_it_did_nothing() {
    let test = fresh().await;
    let mut tx = test.db.begin().await.unwrap();
    mark(&mut tx, 1, 1).await.unwrap();
    drop(tx.commit());
    let next = test.db.begin().await.unwrap();
    next.commit().await.unwrap();
    assert_eq!(marks(&test.db).await, vec![]);
}

#[tokio::test]
async fn when_the_shared_commit_fails_everybody_in_it_is_told_and_nothing_is_there() {
    let test = fresh().await;
    let mut first = test.db.begin().await.unwrap();
    mark(&mut first, 1, 1).await.unwrap();
    let mut second = pin!(test.db.begin());
    begin_to(second.as_mut()).await;
    let mut told = pin!(first.commit());
    begin_to(told.as_mut()).await;
    let mut second = second.await.unwrap();
    second.execute("PRAGMA defer_foreign_keys = ON", vec![]).await.unwrap();
    sql!(
        second,
        execute,
        "INSERT INTO mark (writer, n, parent) VALUES (2, 1, 99)"
    )
    .await
    .unwrap();
    for answer in [second.commit().await, told.await] {
        let Err(DbError::Group(cause)) = answer else {
            panic!("the reference does not hold: {answer:?}")
        };
        assert!(matches!(*cause, DbError::Reference));
    }
    assert_eq!(marks(&test.db).await, vec![]);
    let mut next = test.db.begin().await.unwrap();
    mark(&mut next, 3, 1).await.unwrap();
    next.commit().await.unwrap();
    assert_eq!(marks(&test.db).await, vec![(3, 1)]);
}

#[tokio::test]
async fn a_refused_row_leaves_the_transaction_as_it_was() {
    let test = fresh().await;
    let mut tx = test.db.begin().await.unwrap();
    mark(&mut tx, 1, 1).await.unwrap();
    assert!(matches!(mark(&mut tx, 1, 1).await, Err(DbError::Unique)));
    mark(&mut tx, 1, 2).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(marks(&test.db).await, vec![(1, 1), (1, 2)]);
}

/// Fills what is there; the statement that finds no room fails.
async fn fill(tx: &mut Tx, writer: i64) -> Result<(), DbError> {
    sql!(
        tx,
        execute,
        "INSERT INTO mark (writer, n, pad) VALUES ($1, 1, hex(randomblob(100000)))",
        writer
    )
    .await
    .map(drop)
}

#[tokio::test]
async fn without_room_nothing_is_kept_and_with_room_all_works_again() {
    let test = fresh().await;
    let mut before = test.db.begin().await.unwrap();
    mark(&mut before, 1, 1).await.unwrap();
    before.commit().await.unwrap();
    no_room(&test.db).await;

    let mut tx = test.db.begin().await.unwrap();
    mark(&mut tx, 2, 1).await.unwrap();
    assert!(matches!(fill(&mut tx, 3).await, Err(DbError::Full)));
    // SQLite has rolled back by itself here; this would otherwise be durable at once.
    assert!(matches!(mark(&mut tx, 4, 1).await, Err(DbError::Broken)));
    assert!(matches!(tx.commit().await, Err(DbError::Broken)));
    assert_eq!(marks(&test.db).await, vec![(1, 1)], "reading goes on");

    room(&test.db).await;
    let mut after = test.db.begin().await.unwrap();
    fill(&mut after, 5).await.unwrap();
    after.commit().await.unwrap();
    assert_eq!(marks(&test.db).await, vec![(1, 1), (5, 1)]);
}

#[tokio::test]
async fn without_room_for_one_the_others_of_its_group_are_not_told_that_they_are_durable() {
    let test = fresh().await;
    no_room(&test.db).await;
    let mut first = test.db.begin().await.unwrap();
    mark(&mut first, 1, 1).await.unwrap();
    let mut second = pin!(test.db.begin());
    begin_to(second.as_mut()).await;
    let mut told = pin!(first.commit());
    begin_to(told.as_mut()).await;
    let mut second = second.await.unwrap();
    assert!(matches!(fill(&mut second, 2).await, Err(DbError::Full)));
    drop(second);
    // SQLite took the whole group back by itself, and all of it is told the reason.
    assert!(matches!(told.await, Err(DbError::Full)));
    assert_eq!(marks(&test.db).await, vec![]);
    room(&test.db).await;
    let mut next = test.db.begin().await.unwrap();
    fill(&mut next, 3).await.unwrap();
    next.commit().await.unwrap();
}

#[tokio::test]
async fn a_closed_database_takes_nothing_and_says_so() {
    let test = fresh().await;
    let mut tx = test.db.begin().await.unwrap();
    mark(&mut tx, 1, 1).await.unwrap();
    let mut closing = pin!(test.db.close());
    begin_to(closing.as_mut()).await;
    tx.commit().await.unwrap();
    closing.await;
    assert!(matches!(test.db.begin().await, Err(DbError::Closed)));
}

/// What a writer knows about what it did.
#[derive(Default)]
struct Known {
    acknowledged: BTreeSet<(i64, i64)>,
    dropped: BTreeSet<(i64, i64)>,
}

/// Writes one mark after the other, and gives up at random places.
async fn write_and_give_up(db: Db, writer: i64, chance: Arc<SeededEntropy>) -> Known {
    let mut known = Known::default();
    for n in 0..60 {
        let mut byte = [0_u8; 2];
        chance.fill(&mut byte);
        let polls = usize::from(byte[1] % 8);
        match byte[0] % 8 {
            // In `begin`, after some polls.
            0 => {
                give_up(db.begin(), polls).await;
            }
            // In the statement, after some polls; then the transaction is dropped.
            1 => {
                let mut tx = db.begin().await.unwrap();
                give_up(mark(&mut tx, writer, n), polls).await;
                known.dropped.insert((writer, n));
            }
            // Before the commit.
            2 => {
                let mut tx = db.begin().await.unwrap();
                mark(&mut tx, writer, n).await.unwrap();
                known.dropped.insert((writer, n));
            }
            // In the commit: who does not wait does not know.
            3 => {
                let mut tx = db.begin().await.unwrap();
                mark(&mut tx, writer, n).await.unwrap();
                if let Some(done) = give_up(tx.commit(), polls).await {
                    done.unwrap();
                    known.acknowledged.insert((writer, n));
                }
            }
            _ => {
                let mut tx = db.begin().await.unwrap();
                mark(&mut tx, writer, n).await.unwrap();
                tx.commit().await.unwrap();
                known.acknowledged.insert((writer, n));
                // What is acknowledged is there for everybody from now on.
                let mut tx = db.snapshot().await.unwrap();
                let (there,) = sql!(
                    tx,
                    fetch_one as (i64,),
                    "SELECT COUNT(*) FROM mark WHERE writer = $1 AND n = $2",
                    writer,
                    n
                )
                .await
                .unwrap();
                assert_eq!(there, 1);
            }
        }
    }
    known
}

/// Polls so often, then drops it.
async fn give_up<F: Future>(future: F, polls: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    for _ in 0..polls {
        tokio::select! {
            biased;
            done = &mut future => return Some(done),
            () = yield_now() => {}
        }
    }
    None
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_gives_up_anywhere_nothing_acknowledged_is_lost_and_nothing_dropped_is_there() {
    let test = fresh().await;
    let chance = Arc::new(SeededEntropy::new(7));
    let writers: Vec<_> = (0..24)
        .map(|writer| tokio::spawn(write_and_give_up(test.db.clone(), writer, Arc::clone(&chance))))
        .collect();
    let mut all = Known::default();
    for writer in writers {
        let known = writer.await.unwrap();
        all.acknowledged.extend(known.acknowledged);
        all.dropped.extend(known.dropped);
    }
    // Commits that nobody waited for are through when the next turn ends.
    test.db.begin().await.unwrap().commit().await.unwrap();

    let there = marks(&test.db).await;
    let set: BTreeSet<_> = there.iter().copied().collect();
    assert!(
        all.acknowledged.len() > 300 && all.dropped.len() > 100,
        "it shows something"
    );
    assert_eq!(all.acknowledged.difference(&set).count(), 0, "acknowledged and lost");
    assert_eq!(all.dropped.intersection(&set).count(), 0, "dropped and there");
    for writer in 0..24 {
        let own: Vec<_> = there
            .iter()
            .filter(|(who, _)| *who == writer)
            .map(|(_, n)| *n)
            .collect();
        assert!(own.is_sorted(), "writer {writer} wrote in order");
    }
}
