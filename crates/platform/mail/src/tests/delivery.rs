use wd_config::{MailSecurity, Secret};
use wd_db::both_databases;
use wd_kernel::{Actor, SecretString};

use super::{
    Node, notice,
    peer::{PASSWORD, address, place, received, settings, starttls},
    tap::Tap,
};
use crate::{MIGRATIONS, OutgoingState, Trouble, Worked, work::LEASE};

const SCHEMA: &[wd_db::Migrations] = &[wd_vault::MIGRATIONS, MIGRATIONS];

both_databases! { SCHEMA;
    async fn a_mail_goes_out_over_starttls_with_a_login_and_nothing_of_it_stays(test) {
        let node = Node::start(&test.db, Some(starttls())).await;
        let to = address("starttls");
        node.send(notice(&to)).await;
        assert_eq!(node.work().await, Worked::Delivered);
        let [kept] = received(&to).try_into().unwrap();
        assert_eq!((kept.port.as_str(), kept.tls, kept.login), ("starttls", true, true));
        assert_eq!((kept.from.as_str(), kept.hello.as_str()), ("wardesk@example.org", "desk.example.org"));
        assert!(kept.mail.contains("Subject: Mia was disabled\r\n"), "{}", kept.mail);
        assert!(kept.mail.ends_with("Who: Mia\r\nBy: Robin\r\n"), "{}", kept.mail);
        assert_eq!(node.only().await.state, OutgoingState::Delivered);
        assert!(node.sealed().await.is_empty());
        assert_eq!(node.work().await, Worked::Nothing);
    }

    async fn a_permanent_refusal_ends_it_at_once(test) {
        let node = Node::start(&test.db, Some(starttls())).await;
        node.send(notice(&address("gone"))).await;
        assert_eq!(node.work().await, Worked::Failed);
        let mail = node.only().await;
        assert_eq!((mail.state, mail.attempts), (OutgoingState::Failed, 1));
        assert_eq!((mail.trouble, mail.reply), (Some(Trouble::Refused), Some(550)));
        assert!(node.sealed().await.is_empty());
    }

    async fn what_is_refused_for_now_is_tried_for_a_day_and_then_given_up(test) {
        let node = Node::start(&test.db, Some(starttls())).await;
        node.send(notice(&address("later"))).await;
        let begun = node.ctx.now();
        let mut worked = node.work().await;
        while worked == Worked::PutOff(false) {
            let mail = node.only().await;
            assert_eq!((mail.trouble, mail.reply), (Some(Trouble::Deferred), Some(451)));
            assert_eq!(node.work().await, Worked::Nothing, "nothing is tried before it is due");
            node.clock.advance(mail.next_at.unwrap().since(node.ctx.now()));
            worked = node.work().await;
        }
        assert_eq!(worked, Worked::Failed);
        let mail = node.only().await;
        assert_eq!(mail.ended_at.unwrap().since(begun).as_secs(), 24 * 60 * 60);
        assert_eq!((mail.state, mail.attempts), (OutgoingState::Failed, 19));
        assert!(node.sealed().await.is_empty());
    }

    async fn a_server_that_was_away_gets_the_mail_when_it_is_back(test) {
        let tap = Tap::before(place("starttls")).await;
        let node = Node::start(&test.db, Some(settings(&tap.place, MailSecurity::Starttls))).await;
        let to = address("away");
        node.send(notice(&to)).await;
        tap.cut(true);
        assert_eq!(node.work().await, Worked::PutOff(true));
        assert_eq!(node.only().await.trouble, Some(Trouble::Unreachable));
        tap.cut(false);
        assert_eq!(node.work().await, Worked::Nothing);
        node.advance(1);
        assert_eq!(node.work().await, Worked::Delivered);
        assert_eq!(received(&to).len(), 1);
    }

    async fn who_dies_after_the_server_took_it_sends_it_again_with_the_same_id(test) {
        let node = Node::start(&test.db, Some(starttls())).await;
        let to = address("twice");
        node.send(notice(&to)).await;
        let claimed = node.outgoing.claim(&node.ctx).await.unwrap().unwrap();
        let server = node.outgoing.0.server.as_ref().unwrap();
        assert_eq!(node.outgoing.hand_over(server, &claimed).await, Ok(()));
        // It dies here: nothing was written down.
        assert_eq!(node.work().await, Worked::Nothing, "the lease still holds");
        node.clock.advance(LEASE);
        assert_eq!(node.work().await, Worked::Delivered);
        let [first, second] = received(&to).try_into().unwrap();
        assert_eq!(first.message_id(), second.message_id());
        assert_eq!(first.mail, second.mail);
    }

    async fn of_two_nodes_one_sends(test) {
        let (one, other) = (
            Node::start(&test.db, Some(starttls())).await,
            Node::start(&test.db, Some(starttls())).await,
        );
        let to = address("nodes");
        one.send(notice(&to)).await;
        let (first, second) = tokio::join!(one.work(), other.work());
        let delivered = [first, second].iter().filter(|worked| **worked == Worked::Delivered).count();
        let nothing = [first, second].iter().filter(|worked| **worked == Worked::Nothing).count();
        assert_eq!((delivered, nothing), (1, 1));
        assert_eq!(received(&to).len(), 1);
    }

    async fn who_lost_the_lease_changes_nothing_any_more(test) {
        let node = Node::start(&test.db, Some(starttls())).await;
        node.send(notice(&address("lease"))).await;
        let slow = node.outgoing.claim(&node.ctx).await.unwrap().unwrap();
        node.clock.advance(LEASE);
        let fast = node.outgoing.claim(&node.ctx).await.unwrap().unwrap();
        let refused = crate::server::Failure::of(Trouble::Refused);
        node.outgoing.settle(&node.ctx, &slow, Err(refused)).await.unwrap();
        assert_eq!(node.only().await.state, OutgoingState::Waiting);
        node.outgoing.settle(&node.ctx, &fast, Ok(())).await.unwrap();
        assert_eq!(node.only().await.state, OutgoingState::Delivered);
    }
}

async fn sqlite() -> wd_db::testing::TestDb {
    wd_db::testing::TestDb::sqlite(SCHEMA).await
}

#[tokio::test]
async fn a_mail_goes_out_over_tls_from_the_first_byte() {
    let test = sqlite().await;
    let node = Node::start(&test.db, Some(settings(&place("tls"), MailSecurity::Tls))).await;
    let to = address("tls");
    node.send(notice(&to)).await;
    assert_eq!(node.work().await, Worked::Delivered);
    let [kept] = received(&to).try_into().unwrap();
    assert_eq!((kept.port.as_str(), kept.tls, kept.login), ("tls", true, true));
}

#[tokio::test]
async fn a_server_on_this_machine_takes_mail_in_clear() {
    let test = sqlite().await;
    let node = Node::start(&test.db, Some(settings(&place("plain"), MailSecurity::None))).await;
    let to = address("plain");
    node.send(notice(&to)).await;
    assert_eq!(node.work().await, Worked::Delivered);
    assert_eq!(received(&to).len(), 1);
}

/// Nothing that only the right server may know was said on the line.
fn nothing_was_given_away(tap: &Tap, to: &crate::MailAddress) {
    let said = tap.said();
    assert!(!said.is_empty(), "the tap heard nothing at all");
    for secret in [
        "AUTH",
        "MAIL FROM",
        "RCPT",
        "DATA",
        "Mia",
        PASSWORD,
        to.expose(),
        "wardesk@",
    ] {
        assert!(!said.contains(secret), "{secret} in {said:?}");
    }
}

#[tokio::test]
async fn a_server_with_a_certificate_of_a_strange_authority_learns_nothing() {
    for (listener, security) in [("starttls", MailSecurity::Starttls), ("tls", MailSecurity::Tls)] {
        let test = sqlite().await;
        let tap = Tap::before(place(listener)).await;
        let mut settings = settings(&tap.place, security);
        settings.ca = None;
        let node = Node::start(&test.db, Some(settings)).await;
        let to = address("strange");
        node.send(notice(&to)).await;
        assert_eq!(node.work().await, Worked::PutOff(true));
        assert_eq!(node.only().await.trouble, Some(Trouble::Tls), "{listener}");
        assert!(received(&to).is_empty());
        nothing_was_given_away(&tap, &to);
    }
}

#[tokio::test]
async fn a_certificate_for_another_name_does_not_count() {
    for (listener, security) in [("starttls", MailSecurity::Starttls), ("tls", MailSecurity::Tls)] {
        let test = sqlite().await;
        let tap = Tap::before(place(listener)).await;
        let node = Node::start(
            &test.db,
            Some(settings(&tap.place.replace("localhost", "127.0.0.1"), security)),
        )
        .await;
        let to = address("name");
        node.send(notice(&to)).await;
        assert_eq!(node.work().await, Worked::PutOff(true));
        assert_eq!(node.only().await.trouble, Some(Trouble::Tls), "{listener}");
        nothing_was_given_away(&tap, &to);
    }
}

#[tokio::test]
async fn who_takes_the_offer_of_starttls_away_learns_nothing() {
    let test = sqlite().await;
    let tap = Tap::without_starttls(place("starttls")).await;
    let node = Node::start(&test.db, Some(settings(&tap.place, MailSecurity::Starttls))).await;
    let to = address("stripped");
    node.send(notice(&to)).await;
    assert_eq!(node.work().await, Worked::PutOff(true));
    assert_eq!(node.only().await.trouble, Some(Trouble::Tls));
    nothing_was_given_away(&tap, &to);
}

#[tokio::test]
async fn a_password_that_does_not_count_is_no_fault_of_the_mail() {
    let test = sqlite().await;
    let mut settings = starttls();
    settings.password = Some(Secret::Value(SecretString::new("another password")));
    let node = Node::start(&test.db, Some(settings)).await;
    let to = address("login");
    node.send(notice(&to)).await;
    assert_eq!(node.work().await, Worked::PutOff(true));
    let mail = node.only().await;
    assert_eq!(
        (mail.state, mail.trouble, mail.reply),
        (OutgoingState::Waiting, Some(Trouble::Login), Some(535))
    );
    assert!(received(&to).is_empty());
    assert_eq!(node.ctx.actor, Actor::System("test"));
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_a_server_that_cannot_be_reached() {
    // Held and never listened on, so that nobody else gets it meanwhile.
    let held = tokio::net::TcpSocket::new_v4().unwrap();
    held.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let place = held.local_addr().unwrap().to_string();
    for security in [MailSecurity::Starttls, MailSecurity::Tls, MailSecurity::None] {
        let test = sqlite().await;
        let node = Node::start(&test.db, Some(settings(&place, security))).await;
        node.send(notice(&address("nobody"))).await;
        assert_eq!(node.work().await, Worked::PutOff(true));
        assert_eq!(node.only().await.trouble, Some(Trouble::Unreachable));
    }
}

#[tokio::test]
async fn settings_that_cannot_be_used_are_refused_at_start() {
    let test = sqlite().await;
    let vault = wd_vault::testing::vault(&test.db).await;
    let open = |change: fn(&mut wd_config::Mail)| {
        let mut settings = starttls();
        change(&mut settings);
        crate::Outgoing::open(test.db.clone(), vault.clone(), Some(&settings), "desk.example.org").err()
    };
    assert!(matches!(
        open(|s| s.from = "nobody".into()),
        Some(crate::ServerError::From)
    ));
    assert!(matches!(
        open(|s| s.ca = Some("Cargo.toml".into())),
        Some(crate::ServerError::Authority)
    ));
    assert!(matches!(
        open(|s| s.ca = Some("nowhere.pem".into())),
        Some(crate::ServerError::Settings(_))
    ));
    assert!(matches!(
        open(|s| s.server = "nowhere".into()),
        Some(crate::ServerError::Settings(_))
    ));
    assert!(open(|_| {}).is_none());
}
