use wd_config::SmsMethod;
use wd_db::both_databases;
use wd_kernel::Timestamp;

use super::{
    Node, SCHEMA, code,
    http::{Answer, Server, message, taken},
};
use crate::{SmsState, Trouble, Worked};

const TO: &str = "+4915123456789";

/// One message to a driver that answers so.
async fn tried(db: &wd_db::Db, answer: Answer) -> (Worked, Option<Trouble>, Server) {
    let server = Server::answering([answer]).await;
    let node = Node::start(db, vec![server.twilio("main")]).await;
    node.send(code(TO)).await;
    let worked = node.work().await;
    (worked, node.list().await.remove(0).trouble, server)
}

fn refused() -> Answer {
    Answer::Of("400 Bad Request", "{\"code\": 21211}".into())
}

/// A node whose first driver failed three times and rests, whose second one refuses what comes next, and one message.
async fn one_rests_and_one_refuses(db: &wd_db::Db) -> (Node, Server, Server) {
    let resting = Server::answering([]).await;
    let refusing = Server::answering([taken("SM1"), taken("SM2"), taken("SM3"), refused()]).await;
    let node = Node::start(db, vec![resting.twilio("resting"), refusing.twilio("refusing")]).await;
    for at in 0..3 {
        node.send(code(&format!("+4915{at:03}456789"))).await;
        assert_eq!(node.work().await, Worked::Sent);
    }
    node.send(code(TO)).await;
    (node, resting, refusing)
}

both_databases! { SCHEMA;
    async fn twilio_gets_its_form_and_is_asked_how_it_went(test) {
        let server = Server::answering([taken("SM1"), message("SM1", "sent"), message("SM1", "delivered")]).await;
        let node = Node::start(&test.db, vec![server.twilio("main")]).await;
        node.send(code(TO)).await;
        assert_eq!(node.work().await, Worked::Sent);
        assert!(!node.texts.ask(&node.ctx).await.unwrap(), "not at once");
        node.advance(5);
        assert!(node.texts.ask(&node.ctx).await.unwrap());
        assert_eq!(node.only().await.state, SmsState::Sent);
        assert!(!node.texts.ask(&node.ctx).await.unwrap());
        node.advance(5);
        assert!(node.texts.ask(&node.ctx).await.unwrap());
        assert_eq!(node.only().await.state, SmsState::Delivered);
        node.advance(3600);
        assert!(!node.texts.ask(&node.ctx).await.unwrap(), "that was the answer");
        let [submit, question, _] = server.asked().try_into().unwrap();
        assert!(submit.starts_with("POST /2010-04-01/Accounts/AC0001/Messages.json HTTP/1.1\r\n"), "{submit}");
        assert!(submit.contains("\r\nauthorization: Basic QUMwMDAxOmEgdG9rZW4gb2YgdGhlIHRlc3Q=\r\n"), "{submit}");
        let form = "To=%2B4915123456789&From=Wardesk&Body=Wardesk+code+123456%0A%40desk.example.org+%23123456&ValidityPeriod=600";
        assert!(submit.ends_with(form), "{submit}");
        assert!(question.starts_with("GET /2010-04-01/Accounts/AC0001/Messages/SM1.json HTTP/1.1\r\n"), "{question}");
    }

    async fn a_receipt_after_a_minute_is_late(test) {
        let server = Server::answering([taken("SM1"), message("SM1", "undelivered")]).await;
        let node = Node::start(&test.db, vec![server.twilio("main")]).await;
        node.send(code(TO)).await;
        node.work().await;
        node.advance(61);
        node.texts.ask(&node.ctx).await.unwrap();
        let mut tx = test.db.snapshot().await.unwrap();
        let [figure] = node.texts.figures(&mut tx, Timestamp::from_seconds(0)).await.unwrap().try_into().unwrap();
        assert_eq!((figure.taken, figure.undelivered, figure.delivered, figure.late), (1, 1, 0, 1));
    }

    async fn a_driver_that_knows_nothing_is_not_asked_for_ever(test) {
        let server = Server::answering([taken("SM1")]).await;
        let node = Node::start(&test.db, vec![server.twilio("main")]).await;
        node.send(code(TO)).await;
        node.work().await;
        let mut questions = 0;
        for _ in 0..24 * 60 {
            node.advance(60);
            questions += usize::from(node.texts.ask(&node.ctx).await.unwrap());
        }
        assert!((3..15).contains(&questions), "{questions}");
    }

    async fn any_interface_of_http_takes_parameters_its_way(test) {
        for (method, begin, end) in [
            (SmsMethod::Form, "POST /send HTTP/1.1", "from=Wardesk&password=a+secret+%26+more&text=Wardesk+code+123456%0A%40desk.example.org+%23123456&to=%2B4915123456789"),
            (SmsMethod::Json, "POST /send HTTP/1.1", "{\"from\":\"Wardesk\",\"password\":\"a secret & more\",\"text\":\"Wardesk code 123456\\n@desk.example.org #123456\",\"to\":\"+4915123456789\"}"),
            (SmsMethod::Get, "GET /send?from=Wardesk&password=a+secret+%26+more&text=Wardesk+code+123456%0A%40desk.example.org+%23123456&to=%2B4915123456789 HTTP/1.1", ""),
        ] {
            let server = Server::answering([Answer::Of("202 Accepted", "0: Accepted for delivery".into())]).await;
            let node = Node::start(&test.db, vec![server.form("main", method)]).await;
            node.send(code(TO)).await;
            assert_eq!(node.work().await, Worked::Sent);
            let [asked] = server.asked().try_into().unwrap();
            assert!(asked.starts_with(begin) && asked.ends_with(end), "{asked}");
            assert!(asked.contains("\r\nauthorization: Bearer a-token\r\n"), "{asked}");
            reset(&test.db).await;
        }
    }

    async fn an_interface_of_headers_gets_the_text_as_the_body(test) {
        let server = Server::answering([Answer::Of("202 Accepted", "0: Accepted for delivery".into())]).await;
        let wd_config::SmsDriver::Http(mut settings) = server.form("main", SmsMethod::Headers) else { unreachable!() };
        settings.parameters = [("X-To", "{number}"), ("X-Coding", "{coding}"), ("X-Minutes", "{minutes}")]
            .map(|(name, value)| (name.into(), value.into()))
            .into();
        let node = Node::start(&test.db, vec![wd_config::SmsDriver::Http(settings)]).await;
        node.send(code(TO)).await;
        assert_eq!(node.work().await, Worked::Sent);
        let [asked] = server.asked().try_into().unwrap();
        assert!(asked.starts_with("POST /send HTTP/1.1\r\n"), "{asked}");
        for header in ["content-type: text/plain; charset=UTF-8", "x-to: +4915123456789", "x-coding: 0", "x-minutes: 10", "password: a secret & more"] {
            assert!(asked.contains(&format!("\r\n{header}\r\n")), "{header} in {asked}");
        }
        assert!(asked.ends_with("\r\n\r\nWardesk code 123456\n@desk.example.org #123456"), "{asked}");
    }

    async fn an_answer_that_does_not_say_success_is_none(test) {
        let server = Server::answering([Answer::Of("200 OK", "3: Malformed number, 0: Accepted".into())]).await;
        let node = Node::start(&test.db, vec![server.form("main", SmsMethod::Form)]).await;
        node.send(code(TO)).await;
        assert_eq!(node.work().await, Worked::Failed);
    }

    async fn a_driver_that_redirects_is_not_followed(test) {
        let elsewhere = Server::answering([taken("SM1")]).await;
        for status in ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
            let head: &'static str = format!("{status}\r\nLocation: {}/steal", elsewhere.url).leak();
            let (worked, trouble, server) = tried(&test.db, Answer::Of(head, String::new())).await;
            assert_eq!((worked, trouble), (Worked::PutOff, Some(Trouble::Answer)), "{status}");
            assert_eq!(server.asked().len(), 1);
            reset(&test.db).await;
        }
        assert!(elsewhere.asked().is_empty());
    }

    async fn hostile_and_broken_answers_are_troubles_and_nothing_else(test) {
        for (answer, worked, trouble) in [
            (Answer::Endless, Worked::PutOff, Trouble::Answer),
            (Answer::Cut, Worked::PutOff, Trouble::Unreachable),
            (Answer::Of("201 Created", "a".repeat(70_000)), Worked::PutOff, Trouble::Answer),
            (Answer::Of("201 Created", "[".repeat(60_000)), Worked::PutOff, Trouble::Answer),
            (Answer::Of("201 Created", "{\"sid\": 7}".into()), Worked::PutOff, Trouble::Answer),
            (Answer::Of("200 OK", "<html>captive portal</html>".into()), Worked::PutOff, Trouble::Answer),
            (Answer::Of("401 Unauthorized", String::new()), Worked::PutOff, Trouble::Login),
            (Answer::Of("404 Not Found", String::new()), Worked::PutOff, Trouble::Answer),
            (Answer::Of("429 Too Many Requests", String::new()), Worked::PutOff, Trouble::Throttled),
            (Answer::Of("503 Service Unavailable", String::new()), Worked::PutOff, Trouble::OutOfOrder),
            (Answer::Of("400 Bad Request", "{\"code\": 21211, \"message\": \"+4915123456789\"}".into()), Worked::Failed, Trouble::Refused),
        ] {
            let (was, because, _) = tried(&test.db, answer).await;
            assert_eq!((was, because), (worked, Some(trouble)));
            reset(&test.db).await;
        }
    }

    async fn a_name_that_could_be_a_path_is_not_kept(test) {
        let server = Server::answering([taken("../../x\\n")]).await;
        let node = Node::start(&test.db, vec![server.twilio("main")]).await;
        node.send(code(TO)).await;
        assert_eq!(node.work().await, Worked::Sent);
        node.advance(10);
        assert!(!node.texts.ask(&node.ctx).await.unwrap());
    }

    async fn a_driver_that_falls_silent_costs_seconds_and_the_next_one_delivers(test) {
        let (silent, second) = (Server::answering([Answer::Silence]).await, Server::answering([taken("SM1")]).await);
        let node = Node::start(&test.db, vec![silent.twilio("first"), second.twilio("second")]).await;
        node.send(code(TO)).await;
        assert_eq!(node.work().await, Worked::Sent);
        assert_eq!(node.only().await.driver.as_deref(), Some("second"));
    }

    async fn a_driver_that_fails_three_times_rests_and_is_tried_again(test) {
        let first = Server::answering([]).await;
        let second = Server::answering((0..9).map(|_| taken("SM1"))).await;
        let node = Node::start(&test.db, vec![first.twilio("first"), second.twilio("second")]).await;
        let next = async |at: u32| {
            node.send(code(&format!("+4915{at:03}456789"))).await;
            assert_eq!(node.work().await, Worked::Sent);
        };
        for at in 0..5 {
            next(at).await;
        }
        assert_eq!(first.asked().len(), 3, "then it rests");
        node.advance(30);
        next(5).await;
        assert_eq!(first.asked().len(), 4, "one more try");
        node.advance(59);
        next(6).await;
        assert_eq!(first.asked().len(), 4, "it rests longer");
        node.advance(1);
        first.then(taken("SM2"));
        next(7).await;
        first.then(taken("SM3"));
        next(8).await;
        assert_eq!(first.asked().len(), 6, "it delivers again");
        let mut tx = test.db.snapshot().await.unwrap();
        let [state, _] = node.texts.drivers(&mut tx, &node.ctx).await.unwrap().try_into().unwrap();
        assert_eq!((state.failures, state.rests_until, state.trouble), (0, None, None));
    }

    async fn what_one_driver_refused_waits_for_the_one_that_rests_and_is_taken_by_it(test) {
        let (node, resting, refusing) = one_rests_and_one_refuses(&test.db).await;
        assert_eq!(node.work().await, Worked::PutOff);
        let waiting = async || node.list().await.into_iter().find(|message| message.state == SmsState::Waiting).unwrap();
        assert_eq!(waiting().await.trouble, Some(Trouble::AllRest), "somebody may take it yet");
        assert_eq!((resting.asked().len(), refusing.asked().len()), (3, 4));
        node.advance(2);
        assert_eq!(node.work().await, Worked::PutOff);
        assert_eq!(refusing.asked().len(), 4, "who refused it is not asked again");
        node.advance(28);
        resting.then(taken("SM9"));
        assert_eq!(node.work().await, Worked::Sent);
        assert_eq!((resting.asked().len(), refusing.asked().len()), (4, 4));
        assert!(node.sealed().await.is_empty());
    }

    async fn what_all_drivers_refused_is_given_up_also_one_after_the_other(test) {
        let (node, resting, _) = one_rests_and_one_refuses(&test.db).await;
        assert_eq!(node.work().await, Worked::PutOff);
        node.advance(30);
        resting.then(refused());
        assert_eq!(node.work().await, Worked::Failed);
        let failed = node.list().await.into_iter().find(|message| message.state == SmsState::Failed).unwrap();
        assert_eq!(failed.trouble, Some(Trouble::Refused));
        assert!(node.sealed().await.is_empty());
    }

    async fn what_was_refused_and_waits_is_not_sent_after_its_life(test) {
        let (node, resting, refusing) = one_rests_and_one_refuses(&test.db).await;
        assert_eq!(node.work().await, Worked::PutOff);
        node.advance(600);
        resting.then(taken("SM9"));
        assert_eq!(node.work().await, Worked::Nothing);
        node.texts.sweep(&node.ctx).await.unwrap();
        assert!(node.list().await.iter().any(|message| message.state == SmsState::Expired));
        assert_eq!((resting.asked().len(), refusing.asked().len()), (3, 4));
    }

    async fn who_refused_a_message_is_not_asked_again_while_another_one_is_out_of_reach(test) {
        let (first, second) = (Server::answering([refused()]).await, Server::answering([]).await);
        let node = Node::start(&test.db, vec![first.twilio("first"), second.twilio("second")]).await;
        node.send(code(TO)).await;
        assert_eq!(node.work().await, Worked::PutOff);
        node.advance(2);
        second.then(taken("SM1"));
        assert_eq!(node.work().await, Worked::Sent);
        assert_eq!((first.asked().len(), second.asked().len()), (1, 2));
    }

    async fn when_all_rest_the_message_waits(test) {
        let server = Server::answering([]).await;
        let node = Node::start(&test.db, vec![server.twilio("main")]).await;
        node.send(code(TO)).await;
        for wait in [2, 5, 10] {
            assert_eq!(node.work().await, Worked::PutOff);
            node.advance(wait);
        }
        assert_eq!(node.work().await, Worked::PutOff);
        assert_eq!(node.only().await.trouble, Some(Trouble::AllRest));
        assert_eq!(server.asked().len(), 3);
        server.then(taken("SM1"));
        node.advance(30);
        assert_eq!(node.work().await, Worked::Sent);
    }
}

/// Forgets all of before, so that no limit is in the way.
pub(super) async fn reset(db: &wd_db::Db) {
    let mut tx = db.begin().await.unwrap();
    wd_db::sql!(tx, execute, "DELETE FROM sms_message").await.unwrap();
    wd_db::sql!(tx, execute, "DELETE FROM sms_driver").await.unwrap();
    tx.commit().await.unwrap();
}
