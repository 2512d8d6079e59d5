use wd_db::both_databases;
use wd_kernel::PageQuery;

use super::{
    CODE, Node, SCHEMA, code,
    http::{Server, taken},
};
use crate::{Sent, SmsState, Trouble, Worked};

both_databases! { SCHEMA;
    async fn a_code_of_a_change_that_did_not_happen_is_not_sent(test) {
        let server = Server::answering([]).await;
        let node = Node::start(&test.db, vec![server.twilio("main")]).await;
        let mut tx = test.db.begin().await.unwrap();
        node.texts.send(&mut tx, &node.ctx, code("+4915123456789")).await.unwrap();
        drop(tx);
        assert_eq!(node.work().await, Worked::Nothing);
        assert!(node.list().await.is_empty());
    }

    async fn without_settings_nothing_is_sent_or_kept(test) {
        let node = Node::with(&test.db, None).await;
        assert_eq!(node.send(code("+4915123456789")).await, Sent::NotSetUp);
        assert!(node.list().await.is_empty());
        assert_eq!(node.work().await, Worked::Nothing);
    }

    async fn what_waits_lies_sealed_and_is_erased_when_it_is_sent(test) {
        let server = Server::answering([taken("SM1")]).await;
        let node = Node::start(&test.db, vec![server.twilio("main")]).await;
        node.send(code("+4915123456789")).await;
        let [sealed] = node.sealed().await.try_into().unwrap();
        for clear in ["15123456789", "123456", "desk.example.org", CODE] {
            assert!(!sealed.windows(clear.len()).any(|part| part == clear.as_bytes()), "{clear}");
        }
        assert_eq!(node.work().await, Worked::Sent);
        assert!(node.sealed().await.is_empty());
        let message = node.only().await;
        assert_eq!((message.state, message.country.as_str(), message.driver.as_deref()), (SmsState::Sent, "49", Some("main")));
        let shown = serde_json::to_string(&message).unwrap();
        assert!(!shown.contains("15123456789") && !shown.contains("123456\""), "{shown}");
    }

    async fn a_code_is_never_sent_after_its_life(test) {
        let server = Server::answering([taken("SM1"), taken("SM2")]).await;
        let node = Node::start(&test.db, vec![server.twilio("main")]).await;
        node.send(code("+4915123456789")).await;
        node.advance(600);
        assert_eq!(node.work().await, Worked::Nothing);
        assert_eq!(node.only().await.state, SmsState::Waiting);
        node.texts.sweep(&node.ctx).await.unwrap();
        let message = node.only().await;
        assert_eq!((message.state, message.trouble), (SmsState::Expired, Some(Trouble::TooLate)));
        assert!(node.sealed().await.is_empty());
        assert!(server.asked().is_empty());
    }

    async fn a_code_whose_life_ends_while_somebody_holds_it_is_not_sent(test) {
        let server = Server::answering([taken("SM1")]).await;
        let node = Node::start(&test.db, vec![server.twilio("main")]).await;
        node.send(code("+4915123456789")).await;
        let (message, states) = node.texts.claim(&node.ctx).await.unwrap().unwrap();
        node.advance(600);
        let setup = node.texts.0.setup.as_ref().unwrap();
        let answers = node.texts.hand_over(&node.ctx, setup, &message, &states).await;
        assert_eq!(node.texts.settle(&node.ctx, &message, answers).await.unwrap(), Worked::PutOff);
        assert!(server.asked().is_empty());
        assert_eq!(node.work().await, Worked::Nothing);
    }

    async fn of_two_nodes_one_takes_a_message(test) {
        let server = Server::answering([taken("SM1"), taken("SM2")]).await;
        let one = Node::start(&test.db, vec![server.twilio("main")]).await;
        let two = Node::start(&test.db, vec![server.twilio("main")]).await;
        one.send(code("+4915123456789")).await;
        let (a, b) = tokio::join!(one.work(), two.work());
        assert!(matches!((a, b), (Worked::Sent, Worked::Nothing) | (Worked::Nothing, Worked::Sent)), "{a:?} {b:?}");
        assert_eq!(server.asked().len(), 1);
    }

    async fn who_lost_the_lease_writes_nothing_down(test) {
        let server = Server::answering([taken("SM1"), taken("SM2")]).await;
        let node = Node::start(&test.db, vec![server.twilio("main")]).await;
        node.send(code("+4915123456789")).await;
        let (message, states) = node.texts.claim(&node.ctx).await.unwrap().unwrap();
        node.advance(61);
        assert_eq!(node.work().await, Worked::Sent, "the lease ran out");
        let setup = node.texts.0.setup.as_ref().unwrap();
        let answers = node.texts.hand_over(&node.ctx, setup, &message, &states).await;
        node.texts.settle(&node.ctx, &message, answers).await.unwrap();
        let mut tx = test.db.snapshot().await.unwrap();
        let (reference,) = wd_db::sql!(tx, fetch_one as (String,), "SELECT reference FROM sms_message").await.unwrap();
        assert_eq!(reference, "SM1");
    }

    async fn a_message_whose_content_does_not_open_is_given_up(test) {
        let server = Server::answering([taken("SM1")]).await;
        let node = Node::start(&test.db, vec![server.twilio("main")]).await;
        node.send(code("+4915123456789")).await;
        let mut tx = test.db.begin().await.unwrap();
        wd_db::sql!(tx, execute, "UPDATE sms_message SET sealed = $1", vec![0_u8; 64]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(node.work().await, Worked::Failed);
        assert_eq!(node.only().await.trouble, Some(Trouble::Unreadable));
        assert!(server.asked().is_empty());
    }

    async fn who_got_messages_is_forgotten_after_the_day_that_counts(test) {
        let server = Server::answering([taken("SM1")]).await;
        let node = Node::start(&test.db, vec![server.twilio("main")]).await;
        node.send(code("+4915123456789").asked_from(Some([192, 0, 2, 1].into()))).await;
        node.work().await;
        let known = async || {
            let mut tx = test.db.snapshot().await.unwrap();
            let rows = wd_db::sql!(tx, fetch_one as (i64,), "SELECT COUNT(*) FROM sms_message WHERE number IS NOT NULL OR number_block IS NOT NULL OR address IS NOT NULL");
            rows.await.unwrap().0
        };
        node.advance(24 * 60 * 60 - 1);
        node.texts.sweep(&node.ctx).await.unwrap();
        assert_eq!(known().await, 1);
        node.advance(1);
        node.texts.sweep(&node.ctx).await.unwrap();
        assert_eq!(known().await, 0);
        node.advance(90 * 24 * 60 * 60);
        node.texts.sweep(&node.ctx).await.unwrap();
        assert!(node.list().await.is_empty());
        let mut tx = test.db.snapshot().await.unwrap();
        assert!(node.texts.figures(&mut tx, wd_kernel::Timestamp::from_seconds(0)).await.unwrap().is_empty());
    }

    async fn the_list_is_newest_first_and_comes_in_pages(test) {
        let server = Server::answering([]).await;
        let node = Node::start(&test.db, vec![server.twilio("main")]).await;
        for number in ["+4915123456701", "+12025550143", "+4915123456702"] {
            node.send(code(number)).await;
            node.advance(1);
        }
        let mut tx = test.db.snapshot().await.unwrap();
        let query = PageQuery { after: None, limit: Some(2) };
        let first = node.texts.list(&mut tx, &query).await.unwrap();
        let countries = |items: &[crate::SmsMessage]| items.iter().map(|message| message.country.clone()).collect::<Vec<_>>();
        assert_eq!(countries(&first.items), ["49", "1"]);
        let query = PageQuery { after: first.next, limit: Some(2) };
        let second = node.texts.list(&mut tx, &query).await.unwrap();
        assert_eq!((countries(&second.items), second.next), (vec!["49".to_owned()], None));
    }
}
