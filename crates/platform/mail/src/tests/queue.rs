use wd_db::both_databases;
use wd_kernel::PageQuery;

use super::{
    Node, notice,
    peer::{address, received, starttls},
};
use crate::{MIGRATIONS, Mail, OutgoingState, OutgoingSummary, Sent, TooMany, Trouble, Worked, queue::AN_HOUR};

const SCHEMA: &[wd_db::Migrations] = &[wd_vault::MIGRATIONS, MIGRATIONS];

/// What it says, when a recipient had too many.
const TOO_MANY: TooMany = TooMany::Collapse {
    kind: "more",
    subject: "More notices",
    text: "There were more notices than are sent one by one.",
};

both_databases! { SCHEMA;
    async fn a_mail_about_a_change_that_did_not_happen_is_not_sent(test) {
        let node = Node::start(&test.db, Some(starttls())).await;
        let to = address("undone");
        let mut tx = test.db.begin().await.unwrap();
        node.outgoing.send(&mut tx, &node.ctx, notice(&to)).await.unwrap();
        drop(tx);
        assert_eq!(node.work().await, Worked::Nothing);
        assert!(node.list().await.is_empty());
    }

    async fn what_waits_lies_sealed(test) {
        let node = Node::start(&test.db, Some(starttls())).await;
        let to = address("sealed");
        node.send(notice(&to)).await;
        let [sealed] = node.sealed().await.try_into().unwrap();
        for clear in [to.expose(), "Mia", "disabled", "example.org"] {
            assert!(!sealed.windows(clear.len()).any(|part| part == clear.as_bytes()), "{clear}");
        }
        let id = node.only().await.id;
        assert!(node.outgoing.0.open(id, Some(&sealed)).is_some());
        let other = node.ctx.id();
        assert!(node.outgoing.0.open(other, Some(&sealed)).is_none(), "it belongs to its row");
    }

    async fn without_a_server_it_is_written_down_that_there_would_have_been_a_mail(test) {
        let node = Node::start(&test.db, None).await;
        assert_eq!(node.send(notice(&address("none"))).await, Sent::NotSetUp);
        let mail = node.only().await;
        assert_eq!((mail.state, mail.kind.as_str(), mail.next_at), (OutgoingState::NotSent, "notice", None));
        assert!(node.sealed().await.is_empty());
        assert_eq!(node.work().await, Worked::Nothing);
        let later = Node::start(&test.db, Some(starttls())).await;
        assert_eq!(later.work().await, Worked::Nothing, "a server that comes later does not get it");
    }

    async fn a_recipient_has_no_more_than_twenty_an_hour(test) {
        let node = Node::start(&test.db, Some(starttls())).await;
        let (to, other) = (address("many"), address("few"));
        for _ in 0..AN_HOUR {
            assert!(matches!(node.send(notice(&to)).await, Sent::Queued(_)));
        }
        let shouted = to.expose().to_uppercase().parse().unwrap();
        assert_eq!(node.send(notice(&shouted)).await, Sent::Dropped);
        assert!(matches!(node.send(notice(&other)).await, Sent::Queued(_)), "another one's count is another");
        node.advance(60);
        assert!(matches!(node.send(notice(&to)).await, Sent::Queued(_)));
        let mut tx = test.db.snapshot().await.unwrap();
        let summary = node.outgoing.summary(&mut tx).await.unwrap();
        let expected = OutgoingSummary { waiting: AN_HOUR + 2, dropped: 1, ..OutgoingSummary::default() };
        assert_eq!(summary, expected);
    }

    async fn notices_that_may_not_be_dropped_become_one(test) {
        let node = Node::start(&test.db, Some(starttls())).await;
        let to = address("contact");
        for _ in 0..AN_HOUR {
            node.send(notice(&to).or(TOO_MANY)).await;
        }
        for _ in 0..3 {
            assert_eq!(node.send(notice(&to).or(TOO_MANY)).await, Sent::Collapsed);
        }
        while node.work().await == Worked::Delivered {}
        assert_eq!(received(&to).len(), 20, "the one for many waits for more");
        let gathered = node.list().await.into_iter().find(|mail| mail.stands_for > 0).unwrap();
        assert_eq!((gathered.kind.as_str(), gathered.stands_for), ("more", 3));
        node.advance(10);
        assert_eq!(node.work().await, Worked::Delivered);
        let all = received(&to);
        let last = all.iter().find(|kept| kept.mail.contains("Subject: More notices\r\n")).unwrap();
        assert!(last.mail.ends_with("\r\n\r\nNumber of them: 3\r\n"), "{}", last.mail);
        assert_eq!(node.send(notice(&to).or(TOO_MANY)).await, Sent::Collapsed, "a new one begins");
        assert_eq!(node.list().await[0].stands_for, 1);
    }

    async fn what_nobody_delivered_in_time_is_given_up_and_forgotten_in_the_end(test) {
        let node = Node::start(&test.db, Some(starttls())).await;
        node.send(notice(&address("late"))).await;
        // The server was taken out of the settings.
        let without = Node::start(&test.db, None).await;
        without.clock.advance(node.ctx.now().since(without.ctx.now()));
        without.advance(25 * 60 - 1);
        without.outgoing.sweep(&without.ctx).await.unwrap();
        assert_eq!(without.only().await.state, OutgoingState::Waiting);
        without.advance(1);
        node.advance(25 * 60);
        assert_eq!(node.work().await, Worked::Nothing, "too late to begin with it");
        without.outgoing.sweep(&without.ctx).await.unwrap();
        let mail = without.only().await;
        assert_eq!((mail.state, mail.trouble), (OutgoingState::Failed, Some(Trouble::TooLate)));
        assert!(without.sealed().await.is_empty());
        without.advance(90 * 24 * 60);
        without.outgoing.sweep(&without.ctx).await.unwrap();
        assert!(without.list().await.is_empty());
    }

    async fn whom_a_mail_went_to_is_forgotten_after_the_hour_that_counts(test) {
        let node = Node::start(&test.db, Some(starttls())).await;
        node.send(notice(&address("index"))).await;
        node.work().await;
        let known = async || {
            let mut tx = test.db.snapshot().await.unwrap();
            let rows = wd_db::sql!(tx, fetch_one as (i64,), "SELECT COUNT(*) FROM mail_outgoing WHERE recipient IS NOT NULL");
            rows.await.unwrap().0
        };
        node.outgoing.sweep(&node.ctx).await.unwrap();
        assert_eq!(known().await, 1);
        node.advance(60);
        node.outgoing.sweep(&node.ctx).await.unwrap();
        assert_eq!(known().await, 0);
    }

    async fn a_mail_whose_content_does_not_open_is_given_up(test) {
        let node = Node::start(&test.db, Some(starttls())).await;
        let to = address("broken");
        node.send(notice(&to)).await;
        let mut tx = test.db.begin().await.unwrap();
        let broken = node.vault.seal(node.ctx.entropy(), "mail_outgoing", "sealed", &[0; 16], b"{}").unwrap();
        wd_db::sql!(tx, execute, "UPDATE mail_outgoing SET sealed = $1", broken).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(node.work().await, Worked::Failed);
        assert_eq!(node.only().await.trouble, Some(Trouble::Unreadable));
        assert!(received(&to).is_empty());
    }

    async fn the_list_is_newest_first_and_comes_in_pages(test) {
        let node = Node::start(&test.db, None).await;
        for kind in ["one", "two", "three"] {
            node.send(Mail::new(address("page"), kind, "Subject", "Text").unwrap()).await;
            node.advance(1);
        }
        let mut tx = test.db.snapshot().await.unwrap();
        let query = PageQuery { after: None, limit: Some(2) };
        let first = node.outgoing.list(&mut tx, &query).await.unwrap();
        let kinds = |items: &[crate::OutgoingMail]| items.iter().map(|mail| mail.kind.clone()).collect::<Vec<_>>();
        assert_eq!(kinds(&first.items), ["three", "two"]);
        let query = PageQuery { after: first.next, limit: Some(2) };
        let second = node.outgoing.list(&mut tx, &query).await.unwrap();
        assert_eq!((kinds(&second.items), second.next), (vec!["one".to_owned()], None));
    }
}
