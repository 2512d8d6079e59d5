use wd_config::SmsDriver;
use wd_db::both_databases;
use wd_kernel::{Duration, Timestamp};

use super::{
    CODE, Node, SCHEMA, code,
    http::{Server, taken},
    peer::{Line, number, place, received, smpp, until},
    secret,
};
use crate::{SmsState, Text, Trouble, Worked};

async fn with_receipt(node: &Node) {
    until(async || {
        node.texts.take_receipts(&node.ctx).await.unwrap();
        node.only().await.receipt_at.is_some()
    })
    .await;
}

both_databases! { SCHEMA;
    async fn a_code_goes_by_smpp_and_its_receipt_comes_back(test) {
        let node = Node::start(&test.db, vec![smpp("carrier", &place(), 10)]).await;
        let to = number("100");
        node.send(code(&to)).await;
        assert_eq!(node.work().await, Worked::Sent);
        let [kept] = received(&to).try_into().unwrap();
        let hex: String = CODE.bytes().map(|byte| if byte == b'@' { "00".into() } else { format!("{byte:02x}") }).collect();
        assert_eq!((kept.from.as_str(), kept.text.as_str()), ("Wardesk", hex.as_str()), "in the alphabet of GSM");
        assert!(kept.coding.contains("SMSC_DEFAULT_ALPHABET"), "{kept:?}");
        assert!(kept.validity.contains("10") && kept.validity != "None", "{kept:?}");
        with_receipt(&node).await;
        assert_eq!(node.only().await.state, SmsState::Delivered);
        let mut tx = test.db.snapshot().await.unwrap();
        let [figure] = node.texts.figures(&mut tx, Timestamp::from_seconds(0)).await.unwrap().try_into().unwrap();
        assert_eq!((figure.taken, figure.delivered, figure.late, figure.cost), (1, 1, 0, 80));
        let (reference,) = wd_db::sql!(tx, fetch_one as (String,), "SELECT reference FROM sms_message").await.unwrap();
        assert_eq!(reference, kept.name);
    }

    async fn other_characters_go_as_ucs2(test) {
        let node = Node::start(&test.db, vec![smpp("carrier", &place(), 10)]).await;
        let to = number("101");
        node.send(Text::new(to.parse().unwrap(), "code", "Kód 123456 ž", Duration::from_secs(600)).unwrap()).await;
        assert_eq!(node.work().await, Worked::Sent);
        let [kept] = received(&to).try_into().unwrap();
        assert!(kept.coding.contains("UCS2"), "{kept:?}");
        assert!(kept.text.ends_with("0020017e"), "{kept:?}");
    }

    async fn a_receipt_that_it_did_not_arrive_is_kept_too(test) {
        let node = Node::start(&test.db, vec![smpp("carrier", &place(), 10)]).await;
        node.send(code(&number("003"))).await;
        assert_eq!(node.work().await, Worked::Sent);
        with_receipt(&node).await;
        assert_eq!(node.only().await.state, SmsState::Undelivered);
    }

    async fn a_throttled_server_rests_for_some_seconds_and_the_next_one_is_asked(test) {
        let second = Server::answering([taken("SM1")]).await;
        let node = Node::start(&test.db, vec![smpp("carrier", &place(), 10), second.twilio("second")]).await;
        node.send(code(&number("001"))).await;
        assert_eq!(node.work().await, Worked::Sent);
        assert_eq!(node.only().await.driver.as_deref(), Some("second"));
        let mut tx = test.db.snapshot().await.unwrap();
        let [carrier, _] = node.texts.drivers(&mut tx, &node.ctx).await.unwrap().try_into().unwrap();
        assert_eq!((carrier.failures, carrier.trouble), (0, Some(Trouble::Throttled)), "that is no failure");
        assert_eq!(carrier.rests_until, Some(node.ctx.now() + Duration::from_secs(5)));
    }

    async fn a_number_that_all_refuse_is_given_up_at_once(test) {
        let node = Node::start(&test.db, vec![smpp("carrier", &place(), 10)]).await;
        node.send(code(&number("002"))).await;
        assert_eq!(node.work().await, Worked::Failed);
        let message = node.only().await;
        assert_eq!((message.state, message.trouble), (SmsState::Failed, Some(Trouble::Refused)));
        assert!(node.sealed().await.is_empty());
    }

    async fn a_wrong_password_is_the_trouble_of_the_server_and_the_message_waits(test) {
        let SmsDriver::Smpp(mut settings) = smpp("carrier", &place(), 10) else { unreachable!() };
        settings.password = secret("secret-2");
        let node = Node::start(&test.db, vec![SmsDriver::Smpp(settings)]).await;
        node.send(code(&number("102"))).await;
        assert_eq!(node.work().await, Worked::PutOff);
        assert_eq!(node.only().await.trouble, Some(Trouble::Login));
    }

    async fn after_the_server_died_the_connection_is_made_again(test) {
        let line = Line::to(place()).await;
        let second = Server::answering([taken("SM1")]).await;
        let node = Node::start(&test.db, vec![smpp("carrier", &line.place, 10), second.twilio("second")]).await;
        let sent_by = async || node.list().await.remove(0).driver.unwrap();
        node.send(code(&number("103"))).await;
        assert_eq!(node.work().await, Worked::Sent);
        assert_eq!(sent_by().await, "carrier");
        line.cut();
        node.advance(1);
        node.send(code(&number("104"))).await;
        assert_eq!(node.work().await, Worked::Sent);
        assert_eq!(sent_by().await, "second", "meanwhile the other one delivers");
        line.mend();
        until(async || {
            node.advance(1);
            node.send(code(&number("105"))).await;
            second.then(taken("SM2"));
            node.work().await;
            sent_by().await == "carrier"
        }).await;
    }

    async fn no_more_messages_wait_for_an_answer_than_the_window_holds(test) {
        let node = Node::start(&test.db, vec![smpp("carrier", &place(), 3)]).await;
        let to = number("005").parse().unwrap();
        let setup = node.texts.0.setup.as_ref().unwrap();
        let parcel = crate::driver::Parcel { to: &to, text: CODE, life: Duration::from_secs(600) };
        let all = futures::future::join_all((0..9).map(|_| setup.drivers[0].submit(&parcel))).await;
        assert!(all.iter().all(Result::is_ok), "{all:?}");
        let most = received(to.expose()).iter().map(|kept| kept.waiting).max();
        assert_eq!(most, Some(3));
    }
}
