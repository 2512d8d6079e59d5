//! Two do something at the same moment.

use std::collections::BTreeSet;

use crate::support::texts;

on_both_databases! {
    async fn what_a_customer_writes_while_an_agent_takes_arrives_once_as_letter_or_message(app) {
        let mut desk = app.desk().await;
        let mut ada = desk.agent(&app, "ada").await;
        let mut visitor = app.visitor().await;
        for round in 0..4 {
            let id = visitor.open("first").await.unwrap();
            let writes = async {
                visitor.send(id, "second").await.unwrap();
                visitor.send(id, "third").await.unwrap();
            };
            let (taken, ()) = tokio::join!(ada.take(id), writes);
            taken.unwrap();
            ada.send(id, "fourth").await.unwrap();
            visitor.sync(id).await.unwrap();
            ada.read(id).await.unwrap();
            for view in [ada.view(id), visitor.view(id)] {
                assert_eq!(texts(view.unwrap()), ["first", "second", "third", "fourth"], "round {round}");
            }
        }
    }

    async fn of_two_commits_for_one_epoch_the_later_is_made_anew(app) {
        let mut desk = app.desk().await;
        let mut ada = desk.agent(&app, "ada").await;
        let mut visitor = app.visitor().await;
        let id = visitor.open("hello").await.unwrap();
        ada.take(id).await.unwrap();
        visitor.sync(id).await.unwrap();
        let before = visitor.view(id).unwrap().epoch().unwrap();
        for _ in 0..4 {
            let (adas, theirs) = tokio::join!(ada.update(id), visitor.update(id));
            adas.unwrap();
            theirs.unwrap();
        }
        ada.send(id, "still here?").await.unwrap();
        visitor.sync(id).await.unwrap();
        assert_eq!(visitor.view(id).unwrap().epoch(), Some(before + 8));
        assert_eq!(texts(visitor.view(id).unwrap()), ["hello", "still here?"]);
        assert_eq!(ada.view(id).unwrap().number().unwrap(), visitor.view(id).unwrap().number().unwrap());
    }

    async fn everybody_who_writes_at_once_while_a_conversation_changes_hands_is_read_by_everybody(app) {
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
        let to = ben.me().id;
        let (assigned, by_ben, by_visitor) = tokio::join!(
            ada.assign(id, to),
            async { for n in 0..3 { ben.send(id, &format!("ben {n}")).await.unwrap(); } },
            async { for n in 0..3 { visitor.send(id, &format!("customer {n}")).await.unwrap(); } },
        );
        assigned.unwrap();
        let ((), ()) = (by_ben, by_visitor);
        visitor.send(id, "done").await.unwrap();
        ben.read(id).await.unwrap();
        let seen = texts(visitor.view(id).unwrap());
        assert_eq!(texts(ben.view(id).unwrap()), seen);
        assert_eq!(seen.len(), 8);
        assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), 8, "{seen:?}");
        let staff: BTreeSet<_> = visitor.view(id).unwrap().people().into_iter().map(|who| who.subject).filter(|who| who.starts_with("stf_")).collect();
        assert_eq!(staff, BTreeSet::from([to.to_string()]));
    }
}
