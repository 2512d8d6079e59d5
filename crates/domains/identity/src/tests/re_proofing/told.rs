//! What the owner is told by text message, and when.

use wd_sms::Trouble;

use super::*;
use crate::SmsError;

both_databases! { SCHEMA;
    async fn the_owner_is_told_by_text_message_what_matters_and_the_old_number_hears_the_end(test) {
        let office = Office::texting(&test.db).await;
        let desk = &office.desk;
        let id = office.waiting().await;
        let asked = office.texts(id, ReProofingStep::Requested).await.unwrap();
        assert!(asked.starts_with("Wardesk: somebody with your password asks") && asked.contains("This was not me"), "{asked}");
        assert_eq!(office.texts(id, ReProofingStep::Verified).await, None, "nothing follows from that yet");
        let approved = office.texts(id, ReProofingStep::Waiting).await.unwrap();
        assert!(approved.contains("can be set up from 2027-01-16"), "{approved}");
        desk.wait(DAY);
        assert!(office.texts(id, ReProofingStep::Ready).await.unwrap().contains("can be set up now"));
        let enrol = office.uses().await.unwrap().token;
        assert!(office.texts(id, ReProofingStep::Used).await.unwrap().contains("Call security at once"));
        let before = desk.texts().await.len();
        office.sets_up(&enrol).await;
        let (to, text) = desk.texts().await.pop().unwrap();
        assert_eq!((desk.texts().await.len(), to), (before + 1, NUMBER.replace(' ', "")));
        assert!(text.contains("the old ones do not work any more"), "{text}");
        assert!(office.texts(id, ReProofingStep::Ready).await.is_none(), "that number is not hers any more");
    }

    async fn a_limit_of_text_messages_holds_up_no_recovery(test) {
        let office = Office::texting(&test.db).await;
        let id = office.waiting().await;
        office.desk.wait(DAY);
        let enrol = office.uses().await.unwrap().token;
        for _ in 0..10 {
            assert!(office.texts(id, ReProofingStep::Ready).await.is_some());
        }
        assert_eq!(office.texts(id, ReProofingStep::Used).await, None, "ten notices a day go to a number");
        let refused = "SELECT COUNT(*) FROM sms_message WHERE state = 'refused' AND kind = 're-proofing'";
        assert_eq!(office.desk.count(refused).await, 1);
        assert_eq!(office.sets_up(&enrol).await.state.state, SignInState::SignedIn);
        assert_eq!(office.desk.count(refused).await, 2);
    }

    async fn codes_that_whoever_has_the_password_asks_for_silence_no_notice(test) {
        let office = Office::texting(&test.db).await;
        let desk = &office.desk;
        // Until then nobody signs in with the number.
        desk.wait(DAY);
        for _ in 0..2 {
            for wait in [0, 30, 60, 120, 240] {
                desk.wait(wait);
                let pending = desk.pending("grace").await;
                desk.send(&pending).await.unwrap();
            }
            desk.wait(3600);
        }
        let pending = desk.pending("grace").await;
        assert!(matches!(desk.send(&pending).await, Err(SmsError::Limit(Trouble::NumberLimit))), "the day of the number is used up");
        let id = office.asks().await.unwrap().case.unwrap().id;
        let told = office.texts(id, ReProofingStep::Requested).await;
        assert!(told.is_some_and(|text| text.contains("This was not me")));
    }

    async fn without_text_messages_nothing_is_texted(test) {
        let office = Office::open(&test.db).await;
        let id = office.waiting().await;
        assert_eq!(office.texts(id, ReProofingStep::Waiting).await, None);
    }

    async fn who_has_no_number_gets_no_text_message(test) {
        let office = Office::at(texting(&test.db).await).await;
        let id = office.waiting().await;
        assert_eq!(office.texts(id, ReProofingStep::Waiting).await, None);
    }

    async fn that_the_wait_is_over_is_told_once_by_time_alone(test) {
        let office = Office::open(&test.db).await;
        let (desk, moved) = (&office.desk, "identity.re-proofing-moved");
        office.waiting().await;
        desk.identity.sweep(&desk.admin()).await.unwrap();
        // Requested, verified, waiting.
        assert_eq!((desk.events(moved).await, desk.entries("re-proofing.ready", "done").await), (3, 0));
        desk.wait(DAY);
        for _ in 0..2 {
            desk.identity.sweep(&desk.admin()).await.unwrap();
            assert_eq!((desk.events(moved).await, desk.entries("re-proofing.ready", "done").await), (4, 1));
        }
        // The wait of another case is told again.
        let session = office.factor_of_grace().await.unwrap().token;
        desk.identity.withdraw_re_proofing(&desk.nobody(), Some(&session), false).await.unwrap();
        let id = office.asks().await.unwrap().case.unwrap().id;
        let (olga, ada) = (desk.full("olga", &office.olga).await, desk.full("ada", &office.ada).await);
        desk.identity.verify_re_proofing(&desk.acting(&olga).await, id, &answers()).await.unwrap();
        desk.identity.approve_re_proofing(&desk.acting(&ada).await, id).await.unwrap();
        desk.wait(DAY);
        desk.identity.sweep(&desk.admin()).await.unwrap();
        assert_eq!(desk.entries("re-proofing.ready", "done").await, 2);
        // Nobody used it, and it is over.
        desk.wait(DAY);
        desk.identity.sweep(&desk.admin()).await.unwrap();
        assert_eq!(desk.entries("re-proofing.ready", "done").await, 2);
    }
}
