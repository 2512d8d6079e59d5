use std::net::IpAddr;

use wd_config::Sms;
use wd_db::both_databases;
use wd_kernel::Duration;

use super::{Node, SCHEMA, code, http::Server, settings};
use crate::{Sent, SmsAlarm, SmsAlarmKind, SmsState, SmsStopped, Text, Trouble, queue::NOTICES_PER_DAY};

impl Node {
    async fn alarms(&self) -> Vec<SmsAlarm> {
        let mut tx = self.db.snapshot().await.unwrap();
        self.texts.alarms(&mut tx, &self.ctx).await.unwrap()
    }

    /// What the audit log says of alarms.
    async fn audited(&self) -> Vec<String> {
        let mut tx = self.db.snapshot().await.unwrap();
        let action = "text-message.alarm";
        let rows = wd_db::sql!(
            tx,
            fetch_all as (String,),
            "SELECT details FROM audit_entry WHERE action = $1 ORDER BY id",
            action
        );
        rows.await.unwrap().into_iter().map(|(details,)| details).collect()
    }
}

/// Limits that only the one under test reaches.
fn wide(server: &Server) -> Sms {
    Sms {
        cost: 80,
        spend_per_hour: 1_000_000,
        spend_per_day: 1_000_000,
        address_per_hour: 1000,
        address_per_day: 1000,
        ..settings(vec![server.twilio("main")])
    }
}

/// Numbers of different blocks.
fn number(at: usize) -> String {
    format!("+49151{:05}000", 10_000 + at)
}

both_databases! { SCHEMA;
    async fn messages_go_to_the_countries_that_are_named_and_to_no_other(test) {
        let server = Server::answering([]).await;
        let node = Node::start(&test.db, vec![server.twilio("main")]).await;
        for number in ["+4915123456789", "+12025550143"] {
            assert!(matches!(node.send(code(number)).await, Sent::Queued(_)), "{number}");
        }
        for number in ["+33612345678", "+18765551234", "+88213456789", "+48123456789"] {
            // Of the same instant, which one is newer is chance.
            node.advance(1);
            assert_eq!(node.send(code(number)).await, Sent::Refused(Trouble::Country), "{number}");
        }
        let refused = node.list().await.remove(0);
        assert_eq!((refused.state, refused.country.as_str()), (SmsState::Refused, "48"));
        assert_eq!(node.sealed().await.len(), 2, "of what is refused nothing is kept");
    }

    async fn a_number_has_no_more_than_its_share_of_an_hour_and_a_day(test) {
        let server = Server::answering([]).await;
        let node = Node::with(&test.db, Some(wide(&server))).await;
        let number = "+4915123456789";
        for hour in 0..2 {
            for _ in 0..5 {
                assert!(matches!(node.send(code(number)).await, Sent::Queued(_)), "{hour}");
            }
            assert_eq!(node.send(code("+49 151 234 567 89")).await, Sent::Refused(Trouble::NumberLimit));
            assert!(matches!(node.send(code(&self::number(hour))).await, Sent::Queued(_)), "another one's count is another");
            node.advance(3600);
        }
        assert_eq!(node.send(code(number)).await, Sent::Refused(Trouble::NumberLimit), "the day has ten");
        node.advance(22 * 3600);
        assert!(matches!(node.send(code(number)).await, Sent::Queued(_)));
    }

    async fn codes_use_up_no_notices_and_notices_have_an_end_of_their_own(test) {
        let server = Server::answering([]).await;
        let node = Node::with(&test.db, Some(wide(&server))).await;
        let number = "+4915123456789";
        let notice = |kind| Text::new(number.parse().unwrap(), kind, "Wardesk: new factors", Duration::from_secs(600)).unwrap().notice();
        for _ in 0..2 {
            for _ in 0..5 {
                assert!(matches!(node.send(code(number)).await, Sent::Queued(_)));
            }
            node.advance(3600);
        }
        assert_eq!(node.send(code(number)).await, Sent::Refused(Trouble::NumberLimit), "the day of codes is used up");
        for at in 0..NOTICES_PER_DAY {
            assert!(matches!(node.send(notice("recovery")).await, Sent::Queued(_)), "{at}");
        }
        assert_eq!(node.send(notice("recovery")).await, Sent::Refused(Trouble::NumberLimit));
        assert!(matches!(node.send(notice("other")).await, Sent::Queued(_)), "kinds are counted apart");
        node.advance(24 * 3600);
        assert!(matches!(node.send(notice("recovery")).await, Sent::Queued(_)));
    }

    async fn a_notice_counts_among_what_a_number_had_when_a_code_is_asked_for(test) {
        let server = Server::answering([]).await;
        let node = Node::with(&test.db, Some(wide(&server))).await;
        for _ in 0..5 {
            assert!(matches!(node.send(code("+4915123456789").notice()).await, Sent::Queued(_)));
        }
        assert_eq!(node.send(code("+4915123456789")).await, Sent::Refused(Trouble::NumberLimit));
    }

    async fn countries_blocks_and_money_are_limits_for_notices_too(test) {
        let server = Server::answering([]).await;
        let node = Node::with(&test.db, Some(Sms { spend_per_hour: 640, ..wide(&server) })).await;
        assert_eq!(node.send(code("+33612345678").notice()).await, Sent::Refused(Trouble::Country));
        for at in 0..6 {
            assert!(matches!(node.send(code(&format!("+49151234567{at:02}"))).await, Sent::Queued(_)));
        }
        node.advance(121);
        assert_eq!(node.send(code("+4915123456706").notice()).await, Sent::Refused(Trouble::Pumping));
        for at in 0..2 {
            assert!(matches!(node.send(code(&self::number(at)).notice()).await, Sent::Queued(_)));
        }
        assert_eq!(node.send(code(&self::number(2)).notice()).await, Sent::Refused(Trouble::SpendLimit));
    }

    async fn an_address_cannot_ask_for_many_numbers_by_fresh_sessions(test) {
        let server = Server::answering([]).await;
        let node = Node::with(&test.db, Some(Sms { address_per_hour: 10, address_per_day: 30, ..wide(&server) })).await;
        let from = |text: &str| Some(text.parse::<IpAddr>().unwrap());
        for at in 0..10 {
            assert!(matches!(node.send(code(&number(at)).asked_from(from("2001:db8::1"))).await, Sent::Queued(_)));
        }
        let neighbour = from("2001:db8:0:0:ffff::2");
        assert_eq!(node.send(code(&number(10)).asked_from(neighbour)).await, Sent::Refused(Trouble::AddressLimit));
        assert!(matches!(node.send(code(&number(10)).asked_from(from("2001:db8:0:1::1"))).await, Sent::Queued(_)));
        assert!(matches!(node.send(code(&number(11)).asked_from(from("192.0.2.1"))).await, Sent::Queued(_)));
    }

    async fn what_may_be_spent_is_an_end_and_is_reported_once(test) {
        let server = Server::answering([]).await;
        let node = Node::with(&test.db, Some(Sms { cost: 80, spend_per_hour: 250, spend_per_day: 320, ..wide(&server) })).await;
        for at in 0..3 {
            assert!(matches!(node.send(code(&number(at))).await, Sent::Queued(_)));
        }
        assert_eq!(node.send(code(&number(3))).await, Sent::Refused(Trouble::SpendLimit));
        assert_eq!(node.send(code(&number(4))).await, Sent::Refused(Trouble::SpendLimit));
        assert_eq!(node.events().await, ["sms.spend-limit-reached"]);
        node.advance(3600);
        assert!(matches!(node.send(code(&number(5))).await, Sent::Queued(_)));
        assert_eq!(node.send(code(&number(6))).await, Sent::Refused(Trouble::SpendLimit), "the day");
        assert_eq!(node.events().await.len(), 2);
        let mut tx = test.db.snapshot().await.unwrap();
        let spend = node.texts.spend(&mut tx, &node.ctx).await.unwrap().unwrap();
        assert_eq!((spend.hour, spend.day), (80, 320));
    }

    async fn customers_use_up_their_share_and_staff_still_get_their_codes(test) {
        let server = Server::answering([]).await;
        let limits = Sms { cost: 80, spend_per_hour: 480, spend_per_day: 640, customers_share: 50, ..wide(&server) };
        let node = Node::with(&test.db, Some(limits)).await;
        let to_customer = |at: usize| code(&number(at)).for_customer();
        for at in 0..3 {
            assert!(matches!(node.send(to_customer(at)).await, Sent::Queued(_)));
        }
        assert_eq!(node.send(to_customer(3)).await, Sent::Refused(Trouble::SpendLimit));
        assert_eq!(node.send(to_customer(4)).await, Sent::Refused(Trouble::SpendLimit));
        assert_eq!(node.events().await, ["sms.spend-limit-reached"], "told once");
        for at in 5..8 {
            assert!(matches!(node.send(code(&number(at))).await, Sent::Queued(_)), "staff have the rest");
        }
        assert_eq!(node.send(code(&number(8))).await, Sent::Refused(Trouble::SpendLimit), "what all may spend is an end for all");
        node.advance(3600);
        assert!(matches!(node.send(to_customer(9)).await, Sent::Queued(_)));
        assert_eq!(node.send(to_customer(10)).await, Sent::Refused(Trouble::SpendLimit), "their share of the day");
        let mut tx = test.db.snapshot().await.unwrap();
        let spend = node.texts.spend(&mut tx, &node.ctx).await.unwrap().unwrap();
        assert_eq!((spend.customers_hour, spend.customers_day), (80, 320));
        assert_eq!((spend.customers_hour_limit, spend.customers_day_limit), (240, 320));
    }

    async fn what_customers_ask_for_does_not_count_for_a_colleague_of_the_same_number_or_network(test) {
        let server = Server::answering([]).await;
        let limits = Sms { number_per_hour: 2, address_per_hour: 3, customers_share: 100, ..wide(&server) };
        let node = Node::with(&test.db, Some(limits)).await;
        let from = Some("192.0.2.1".parse::<IpAddr>().unwrap());
        for _ in 0..2 {
            assert!(matches!(node.send(code(&number(1)).asked_from(from).for_customer()).await, Sent::Queued(_)));
        }
        assert_eq!(node.send(code(&number(1)).for_customer()).await, Sent::Refused(Trouble::NumberLimit));
        assert!(matches!(node.send(code(&number(2)).asked_from(from).for_customer()).await, Sent::Queued(_)));
        assert_eq!(node.send(code(&number(3)).asked_from(from).for_customer()).await, Sent::Refused(Trouble::AddressLimit));
        assert!(matches!(node.send(code(&number(1)).asked_from(from)).await, Sent::Queued(_)));
    }

    async fn who_counts_at_the_same_time_does_not_spend_more(test) {
        let server = Server::answering([]).await;
        let node = Node::with(&test.db, Some(Sms { cost: 80, spend_per_hour: 240, ..wide(&server) })).await;
        let sent = futures::future::join_all((0..12).map(|at| node.send(code(&self::number(at)).asked_from(None)))).await;
        assert_eq!(sent.iter().filter(|sent| matches!(sent, Sent::Queued(_))).count(), 3, "{sent:?}");
    }

    async fn many_numbers_of_a_block_whose_codes_nobody_uses_are_blocked_and_reported(test) {
        let server = Server::answering([]).await;
        let node = Node::with(&test.db, Some(wide(&server))).await;
        let of_block = |at: usize| code(&format!("+49151234567{at:02}"));
        for at in 0..6 {
            assert!(matches!(node.send(of_block(at)).await, Sent::Queued(_)));
        }
        node.advance(121);
        assert_eq!(node.send(of_block(6)).await, Sent::Refused(Trouble::Pumping));
        assert_eq!(node.send(of_block(7)).await, Sent::Refused(Trouble::Pumping));
        assert!(matches!(node.send(code(&number(1))).await, Sent::Queued(_)), "other blocks go on");
        assert!(matches!(node.send(of_block(9).for_customer()).await, Sent::Queued(_)), "customers are counted apart");
        assert_eq!(node.events().await, ["sms.pumping-suspected"]);
        node.advance(3601);
        assert!(matches!(node.send(of_block(8)).await, Sent::Queued(_)));
    }

    async fn an_alarm_is_shown_for_a_week_and_stands_in_the_audit_log_without_a_number(test) {
        let server = Server::answering([]).await;
        let node = Node::with(&test.db, Some(wide(&server))).await;
        let of_block = |at: usize| code(&format!("+49151234567{at:02}"));
        for at in 0..6 {
            node.send(of_block(at)).await;
        }
        node.advance(121);
        for at in 6..9 {
            assert_eq!(node.send(of_block(at)).await, Sent::Refused(Trouble::Pumping));
        }
        let now = node.ctx.now();
        let [alarm] = node.alarms().await.try_into().unwrap();
        assert_eq!((alarm.kind, alarm.stopped, alarm.at), (SmsAlarmKind::PumpedBlock, SmsStopped::BlockOfStaff, now));
        assert_eq!((alarm.country.as_deref(), alarm.stopped_until), (Some("49"), Some(now + Duration::from_secs(3600))));
        assert_eq!((alarm.numbers, alarm.messages, alarm.used, alarm.spent), (Some(6), Some(6), Some(0), None));
        let [audited] = node.audited().await.try_into().unwrap();
        assert!(audited.contains("pumped-block") && !audited.contains("234567"), "{audited}");
        node.advance(7 * 24 * 3600);
        assert!(node.alarms().await.is_empty());
        node.advance(83 * 24 * 3600);
        node.texts.sweep(&node.ctx).await.unwrap();
        let mut tx = test.db.snapshot().await.unwrap();
        let kept = wd_db::sql!(tx, fetch_one as (i64,), "SELECT COUNT(*) FROM sms_alarm_raised");
        assert_eq!(kept.await.unwrap().0, 0);
    }

    async fn alarms_say_what_they_stopped_newest_first(test) {
        let server = Server::answering([]).await;
        let limits = Sms { cost: 80, spend_per_hour: 3200, spend_per_day: 6400, customers_share: 5, ..wide(&server) };
        let node = Node::with(&test.db, Some(limits)).await;
        for at in 0..3 {
            node.send(code(&number(at)).for_customer()).await;
        }
        for at in 3..31 {
            node.send(code(&number(at))).await;
        }
        node.advance(121);
        for at in 31..43 {
            node.send(code(&number(at))).await;
            node.advance(1);
        }
        let alarms = node.alarms().await;
        let told: Vec<_> = alarms.iter().map(|alarm| (alarm.kind, alarm.stopped, alarm.spent)).collect();
        assert_eq!(told, [
            (SmsAlarmKind::SpentHour, SmsStopped::Everybody, Some(3200)),
            (SmsAlarmKind::PumpedCountry, SmsStopped::Nothing, None),
            (SmsAlarmKind::SpentHour, SmsStopped::Customers, Some(160)),
        ]);
        assert_eq!(node.audited().await.len(), 3);
        assert_eq!(node.events().await.len(), 3, "each alarm is told");
    }

    async fn colleagues_with_numbers_of_one_block_are_no_pumping(test) {
        let server = Server::answering([]).await;
        let node = Node::with(&test.db, Some(wide(&server))).await;
        for at in 0..20 {
            let Sent::Queued(id) = node.send(code(&format!("+49151234567{at:02}"))).await else {
                panic!("the number {at} was refused");
            };
            node.advance(30);
            // Every other one uses the code.
            if at % 2 == 0 {
                let mut tx = test.db.begin().await.unwrap();
                node.texts.verified(&mut tx, &node.ctx, id).await.unwrap();
                tx.commit().await.unwrap();
            }
        }
        assert!(node.events().await.is_empty());
    }

    async fn many_messages_to_a_country_whose_codes_nobody_uses_are_reported(test) {
        let server = Server::answering([]).await;
        let node = Node::with(&test.db, Some(wide(&server))).await;
        for at in 0..30 {
            node.send(code(&number(at))).await;
        }
        node.advance(121);
        for at in 30..33 {
            assert!(matches!(node.send(code(&number(at))).await, Sent::Queued(_)), "the country stays open");
        }
        assert_eq!(node.events().await, ["sms.pumping-suspected"]);
    }
}
