mod afar;

use std::{collections::HashMap, net::IpAddr, sync::Arc};

use async_trait::async_trait;
use wd_crypto::token_hash;
use wd_db::{DbError, Tx, both_databases, sql};
use wd_geoip::{Country, Geography, Location, Spot};
use wd_kernel::{Ctx, SecretString, SignInReviewId, StaffId};

use super::{Desk, PASSWORD, Person, SCHEMA, authenticator::Authenticator, client, desk, passkeys::enrol, secret};
use crate::{
    ChangeReason, Client, FactorKind, Identity, ReviewError, RiskAnswer, RiskDecision, RiskPolicyError, RiskSignal,
    SignInAdvisers, SignInError, SignInState, SignedIn,
};

const HOME: [u8; 4] = [192, 0, 2, 1];
const HOME_LATER: [u8; 4] = [192, 0, 77, 9];
const TRAIN: [u8; 4] = [198, 51, 100, 7];
const ABROAD: [u8; 4] = [203, 0, 113, 9];

/// Where these addresses are.
struct Atlas(HashMap<IpAddr, Location>);

impl Geography for Atlas {
    fn locate(&self, address: IpAddr) -> Option<Location> {
        self.0.get(&address).copied()
    }
}

fn place(code: &str, latitude: f64, longitude: f64) -> Location {
    Location {
        country: Country::try_from(code.to_owned()).unwrap(),
        spot: Some(Spot {
            latitude,
            longitude,
            radius_km: 20.0,
        }),
    }
}

/// Home and the train are in France, abroad is New Zealand.
async fn located(db: &wd_db::Db) -> Desk {
    let mut desk = desk(db).await;
    let atlas = HashMap::from([
        (HOME.into(), place("FR", 48.85, 2.35)),
        (HOME_LATER.into(), place("FR", 48.85, 2.35)),
        (TRAIN.into(), place("FR", 45.76, 4.84)),
        (ABROAD.into(), place("NZ", -41.29, 174.78)),
    ]);
    desk.identity = desk.identity.locating_by(Arc::new(Atlas(atlas)));
    desk
}

fn from(device: Option<&SecretString>, address: [u8; 4]) -> Client {
    Client {
        address: address.into(),
        device: device.map(|token| token_hash(token.expose())),
        ..client()
    }
}

async fn try_in(desk: &Desk, login: &str, person: &Person, client: &Client) -> Result<SignedIn, SignInError> {
    desk.wait(30);
    let nobody = desk.nobody();
    let pending = desk
        .identity
        .sign_in_by_password(&nobody, None, login, &secret(PASSWORD), client)
        .await?;
    let code = desk.code(&person.secret);
    desk.identity
        .sign_in_by_totp(&nobody, Some(&pending.token), &code, client)
        .await
}

async fn enter(desk: &Desk, login: &str, person: &Person, client: &Client) -> SignedIn {
    try_in(desk, login, person, client).await.unwrap()
}

async fn by_passkey(
    desk: &Desk,
    token: Option<&SecretString>,
    passkey: &Authenticator,
    client: &Client,
) -> Result<SignedIn, SignInError> {
    let asked = desk.identity.passkey_options(&desk.nobody(), token, client).await?;
    let answer = passkey.get(&asked.options);
    desk.identity
        .sign_in_by_passkey(&desk.nobody(), token, &asked.ceremony, &answer, client)
        .await
}

/// What somebody is asked about, as seen from this session: the signals, the decision, whether it can say that it was the owner.
async fn asked(desk: &Desk, token: &SecretString) -> Vec<(SignInReviewId, Vec<RiskSignal>, RiskDecision, bool)> {
    let views = desk.identity.sign_in_reviews(&desk.acting(token).await).await.unwrap();
    views
        .into_iter()
        .map(|view| (view.id, view.signals, view.decision, view.can_confirm))
        .collect()
}

async fn answer(desk: &Desk, token: &SecretString, id: SignInReviewId, answer: RiskAnswer) -> Result<(), ReviewError> {
    desk.identity.answer_review(&desk.acting(token).await, id, answer).await
}

async fn decide(desk: &Desk, signal: RiskSignal, decision: RiskDecision) {
    let version = desk.identity.risk_policy(&desk.admin()).await.unwrap().version;
    desk.identity
        .set_risk_policy(&desk.admin(), version, &[(signal, decision)])
        .await
        .unwrap();
}

/// Somebody who signed in at home twice, in one browser: what it shows, and the session.
async fn at_home(desk: &Desk, login: &str) -> (Person, SignedIn) {
    let person = desk.person(login).await;
    let first = enter(desk, login, &person, &from(None, HOME)).await;
    // The browser in which the account was set up speaks for this one.
    let id = asked(desk, &person.token).await[0].0;
    answer(desk, &person.token, id, RiskAnswer::Me).await.unwrap();
    let own = enter(desk, login, &person, &from(first.device.as_ref(), HOME)).await;
    (person, own)
}

struct Adviser(RiskSignal, RiskDecision);

#[async_trait]
impl SignInAdvisers for Adviser {
    async fn advise(
        &self,
        _: &mut Tx,
        _: &Ctx,
        _: StaffId,
        _: &Client,
    ) -> Result<Vec<(RiskSignal, RiskDecision)>, DbError> {
        Ok(vec![(self.0, self.1)])
    }
}

use RiskDecision::{Allow, Refuse, StepUp};
use RiskSignal::{DevicePosture, Failures, Fraud, ImpossibleTravel, NewBrowser, NewCountry, NewNetwork};

both_databases! { SCHEMA;
    async fn a_known_browser_at_home_is_asked_about_nothing(test) {
        let desk = located(&test.db).await;
        let (person, own) = at_home(&desk, "grace").await;
        let again = enter(&desk, "grace", &person, &from(own.device.as_ref(), HOME_LATER)).await;
        let shown = asked(&desk, &again.token).await;
        // Only the very first time the browser was new, and it is the one that looks.
        assert_eq!(shown.len(), 1);
        assert!(!shown[0].3);
        assert!(again.state.stepped_up_until.is_some());
        assert_eq!(desk.entries("sign-in.weighed", "done").await, 1);
    }

    async fn the_own_history_says_all_that_spoke_against_a_sign_in(test) {
        let desk = located(&test.db).await;
        let (person, own) = at_home(&desk, "grace").await;
        desk.wait(3600);
        enter(&desk, "grace", &person, &from(None, ABROAD)).await;
        let ctx = desk.acting(&own.token).await;
        let all = desk.identity.own_history(&ctx, &wd_kernel::PageQuery::default()).await.unwrap();
        let weighed = all.items.iter().find(|one| one.action == "sign-in.weighed").unwrap();
        let why = weighed.kind.as_deref().unwrap();
        for signal in [NewBrowser, NewCountry, ImpossibleTravel] {
            assert!(why.contains(signal.as_str()), "{why}");
        }
        assert!(why.contains(", ") && weighed.by.is_none(), "{weighed:?}");
        assert_eq!(weighed.decision, Some(StepUp), "and what followed");
    }

    async fn a_known_browser_on_a_train_is_written_down_and_not_asked_about(test) {
        let desk = located(&test.db).await;
        let (person, own) = at_home(&desk, "grace").await;
        let moved = enter(&desk, "grace", &person, &from(own.device.as_ref(), TRAIN)).await;
        assert_eq!(asked(&desk, &moved.token).await.len(), 1);
        assert_eq!(desk.entries("sign-in.weighed", "done").await, 2);
        assert_eq!(desk.count("SELECT COUNT(*) FROM sign_in_review WHERE signals = 'new-network' AND asked = 0").await, 1);
    }

    async fn an_unusual_place_opens_no_dangerous_act_by_a_code_that_may_have_been_passed_on(test) {
        let desk = located(&test.db).await;
        let (person, own) = at_home(&desk, "grace").await;
        let strange = enter(&desk, "grace", &person, &from(None, ABROAD)).await;
        assert_eq!(strange.state.state, SignInState::SignedIn);
        assert_eq!(strange.state.stepped_up_until, None);
        let shown = asked(&desk, &own.token).await;
        assert_eq!((shown[0].1.clone(), shown[0].2, shown[0].3), (vec![NewBrowser, NewNetwork, NewCountry, ImpossibleTravel], StepUp, true));
        assert!(asked(&desk, &strange.token).await.iter().all(|(.., can_confirm)| !can_confirm));
        assert_eq!(desk.count("SELECT COUNT(*) FROM outbox WHERE payload LIKE '%unusual-sign-in%'").await, 1);
        // Where a stranger was is not where the owner has been.
        desk.wait(24 * 3600);
        let home = enter(&desk, "grace", &person, &from(own.device.as_ref(), HOME)).await;
        assert!(home.state.stepped_up_until.is_some());
        assert!(asked(&desk, &home.token).await[0].3, "the owner's browser can still speak");
        desk.wait(24 * 3600);
        let flown = enter(&desk, "grace", &person, &from(home.device.as_ref(), ABROAD)).await;
        assert_eq!(flown.state.stepped_up_until, None);
    }

    async fn where_the_owner_says_to_have_been_is_no_new_country_any_more(test) {
        let desk = located(&test.db).await;
        let (person, own) = at_home(&desk, "grace").await;
        let away = enter(&desk, "grace", &person, &from(None, ABROAD)).await;
        let id = asked(&desk, &own.token).await[0].0;
        answer(&desk, &own.token, id, RiskAnswer::Me).await.unwrap();
        desk.wait(24 * 3600);
        let again = enter(&desk, "grace", &person, &from(away.device.as_ref(), ABROAD)).await;
        assert!(again.state.stepped_up_until.is_some());
    }

    async fn a_lock_is_not_outrun_by_a_step_that_began_before_it(test) {
        let desk = located(&test.db).await;
        let (person, own) = at_home(&desk, "grace").await;
        let strange = enter(&desk, "grace", &person, &from(None, ABROAD)).await;
        let abroad = from(strange.device.as_ref(), ABROAD);
        desk.wait(30);
        let pending = desk.identity.sign_in_by_password(&desk.nobody(), None, "grace", &secret(PASSWORD), &abroad).await.unwrap();
        let id = asked(&desk, &own.token).await[0].0;
        answer(&desk, &own.token, id, RiskAnswer::NotMe).await.unwrap();
        let code = desk.code(&person.secret);
        let late = desk.identity.sign_in_by_totp(&desk.nobody(), Some(&pending.token), &code, &abroad).await;
        assert!(matches!(late, Err(SignInError::NoSession)));
    }

    async fn two_steps_at_once_do_not_make_a_browser_in_question_another_one(test) {
        let desk = located(&test.db).await;
        let (person, own) = at_home(&desk, "grace").await;
        let strange = enter(&desk, "grace", &person, &from(None, ABROAD)).await;
        let abroad = from(strange.device.as_ref(), ABROAD);
        let mut sessions = Vec::new();
        for _ in 0..2 {
            desk.wait(30);
            sessions.push(desk.identity.sign_in_by_password(&desk.nobody(), None, "grace", &secret(PASSWORD), &abroad).await.unwrap());
        }
        let id = asked(&desk, &own.token).await[0].0;
        for pending in sessions {
            desk.wait(30);
            let code = desk.code(&person.secret);
            let entered = desk.identity.sign_in_by_totp(&desk.nobody(), Some(&pending.token), &code, &abroad).await.unwrap();
            assert!(matches!(answer(&desk, &entered.token, id, RiskAnswer::Me).await, Err(ReviewError::InQuestion)));
        }
    }

    async fn who_must_change_the_password_cannot_do_it_from_afar_with_a_code(test) {
        let desk = located(&test.db).await;
        let (person, own) = at_home(&desk, "grace").await;
        // One browser there was let in before, and is known since; its owner has not said that it was them.
        let strange = enter(&desk, "grace", &person, &from(None, ABROAD)).await;
        let mut tx = desk.db.begin().await.unwrap();
        sql!(tx, execute, "UPDATE staff SET password_breached_at = $1", desk.nobody().now()).await.unwrap();
        tx.commit().await.unwrap();
        for device in [None, strange.device.as_ref()] {
            let tried = try_in(&desk, "grace", &person, &from(device, ABROAD)).await;
            assert!(matches!(tried, Err(SignInError::Risky(_))), "{tried:?}");
        }
        let home = enter(&desk, "grace", &person, &from(own.device.as_ref(), HOME)).await;
        assert_eq!(home.state.state, SignInState::ChangePassword);
    }

    async fn what_was_confirmed_is_not_disowned_from_a_browser_in_question_without_a_fresh_factor(test) {
        let desk = located(&test.db).await;
        let (person, own) = at_home(&desk, "grace").await;
        let confirmed = asked(&desk, &own.token).await[0].0;
        let strange = enter(&desk, "grace", &person, &from(None, ABROAD)).await;
        assert!(matches!(answer(&desk, &strange.token, confirmed, RiskAnswer::NotMe).await, Err(ReviewError::Denied(_))));
        assert!(desk.alive(&own.token).await);
    }

    async fn a_browser_that_was_let_in_from_afar_is_not_remembered_before_its_owner_says_so(test) {
        let desk = located(&test.db).await;
        let limits = crate::SessionLimits { remember_days: 7, ..crate::SessionLimits::DEFAULT };
        let change = crate::SessionPolicyChange { version: 0, limits, reason: Some("The office is locked.".into()) };
        desk.identity.change_session_policy(&desk.admin(), "agent", change).await.unwrap();
        let (person, home) = at_home(&desk, "grace").await;
        let away = enter(&desk, "grace", &person, &from(None, ABROAD)).await;
        assert_eq!(desk.identity.remember_browser(&desk.nobody(), &away).await.unwrap(), None);

        let here = from(away.device.as_ref(), ABROAD);
        let asked = desk.identity.sign_in_by_password(&desk.nobody(), None, "grace", &secret(PASSWORD), &here).await.unwrap();
        assert_eq!((asked.state.state, asked.state.remember_days), (SignInState::SecondFactor, 0), "nor is it offered");

        desk.wait(15 * 86_400);
        let at_home = enter(&desk, "grace", &person, &from(home.device.as_ref(), HOME)).await;
        let ctx = desk.acting(&at_home.token).await;
        let review = desk.identity.sign_in_reviews(&ctx).await.unwrap();
        let afar = review.iter().find(|one| one.decision == RiskDecision::StepUp).unwrap();
        desk.identity.answer_review(&ctx, afar.id, RiskAnswer::Me).await.unwrap();
        // Long enough for the journey.
        desk.wait(2 * 86_400);
        let away = enter(&desk, "grace", &person, &from(away.device.as_ref(), ABROAD)).await;
        assert!(desk.identity.remember_browser(&desk.nobody(), &away).await.unwrap().is_some());
    }

    async fn guesses_are_not_washed_off_by_the_right_password_alone(test) {
        let desk = located(&test.db).await;
        let (person, _) = at_home(&desk, "grace").await;
        for _ in 0..5 {
            desk.wait(60);
            let wrong = desk.identity.sign_in_by_password(&desk.nobody(), None, "grace", &secret("wrong"), &from(None, HOME)).await;
            wrong.unwrap_err();
        }
        desk.wait(60);
        desk.identity.sign_in_by_password(&desk.nobody(), None, "grace", &secret(PASSWORD), &from(None, HOME)).await.unwrap();
        let entered = enter(&desk, "grace", &person, &from(None, HOME)).await;
        assert_eq!(entered.state.stepped_up_until, None);
    }

    async fn many_wrong_passwords_before_make_a_sign_in_unusual(test) {
        let desk = located(&test.db).await;
        let (person, own) = at_home(&desk, "grace").await;
        for _ in 0..5 {
            desk.wait(60);
            let wrong = desk.identity.sign_in_by_password(&desk.nobody(), None, "grace", &secret("wrong"), &from(None, ABROAD)).await;
            wrong.unwrap_err();
        }
        desk.wait(60);
        // The guesses of strangers say nothing about a browser that is known.
        let known = enter(&desk, "grace", &person, &from(own.device.as_ref(), HOME)).await;
        assert!(known.state.stepped_up_until.is_some());
        for _ in 0..5 {
            desk.wait(60);
            let wrong = desk.identity.sign_in_by_password(&desk.nobody(), None, "grace", &secret("wrong"), &from(None, ABROAD)).await;
            wrong.unwrap_err();
        }
        desk.wait(60);
        let unknown = enter(&desk, "grace", &person, &from(None, HOME)).await;
        assert_eq!(unknown.state.stepped_up_until, None);
        let shown = asked(&desk, &known.token).await;
        assert_eq!(shown[0].1, vec![NewBrowser, Failures]);
    }

    async fn many_wrong_codes_before_the_right_one_are_no_slip_of_the_finger(test) {
        let desk = located(&test.db).await;
        let (person, own) = at_home(&desk, "grace").await;
        let home = from(own.device.as_ref(), HOME);
        let pending = desk.identity.sign_in_by_password(&desk.nobody(), None, "grace", &secret(PASSWORD), &home).await.unwrap();
        for _ in 0..5 {
            desk.wait(60);
            desk.identity.sign_in_by_totp(&desk.nobody(), Some(&pending.token), &secret("000000"), &home).await.unwrap_err();
        }
        desk.wait(60);
        let code = desk.code(&person.secret);
        let entered = desk.identity.sign_in_by_totp(&desk.nobody(), Some(&pending.token), &code, &home).await.unwrap();
        assert_eq!(entered.state.stepped_up_until, None);
        assert_eq!(desk.count("SELECT COUNT(*) FROM sign_in_review WHERE signals = 'failures' AND decision = 'step-up'").await, 1);
    }

    async fn what_is_refused_lets_nobody_in_and_tells_security_and_the_owner(test) {
        let desk = located(&test.db).await;
        let (person, own) = at_home(&desk, "grace").await;
        decide(&desk, ImpossibleTravel, Refuse).await;
        let refused = try_in(&desk, "grace", &person, &from(None, ABROAD)).await.unwrap_err();
        assert!(matches!(refused, SignInError::Risky(signals) if signals.contains(&ImpossibleTravel)));
        assert_eq!(desk.entries("sign-in.weighed", "refused").await, 1);
        assert_eq!(desk.events("identity.sign-in-refused").await, 1);
        assert_eq!(desk.count("SELECT COUNT(*) FROM outbox WHERE payload LIKE '%\"sign-in-refused\"%'").await, 1);
        // It is not known from there now, and the code is spent; what was there stays.
        assert_eq!(desk.count("SELECT COUNT(*) FROM session WHERE kind = 'pending'").await, 0);
        assert!(desk.alive(&own.token).await);
        let again = try_in(&desk, "grace", &person, &from(None, ABROAD)).await.unwrap_err();
        assert!(matches!(again, SignInError::Risky(_)));
        let shown = asked(&desk, &own.token).await;
        assert_eq!(shown.iter().filter(|(_, _, decision, _)| *decision == Refuse).count(), 2);
    }

    async fn others_may_speak_against_a_sign_in_and_are_heard(test) {
        let mut desk = located(&test.db).await;
        let (person, own) = at_home(&desk, "grace").await;
        let home = from(own.device.as_ref(), HOME);
        let plain = desk.identity.clone();
        let advised = |adviser| -> Identity { plain.clone().advised_by(Arc::new(adviser)) };
        desk.identity = advised(Adviser(DevicePosture, Allow));
        // The organisation's own decision is stricter than the advice.
        let own = enter(&desk, "grace", &person, &home).await;
        assert_eq!(own.state.stepped_up_until, None);
        desk.identity = advised(Adviser(DevicePosture, Refuse));
        let home = from(own.device.as_ref(), HOME);
        assert!(matches!(try_in(&desk, "grace", &person, &home).await, Err(SignInError::Risky(_))));
        desk.identity = advised(Adviser(Fraud, Allow));
        assert!(matches!(try_in(&desk, "grace", &person, &home).await, Err(SignInError::Risky(_))));
    }

    async fn not_me_ends_everything_locks_the_password_and_tells_security(test) {
        let desk = located(&test.db).await;
        let (person, own) = at_home(&desk, "grace").await;
        let strange = enter(&desk, "grace", &person, &from(None, ABROAD)).await;
        let id = asked(&desk, &own.token).await[0].0;
        answer(&desk, &own.token, id, RiskAnswer::NotMe).await.unwrap();
        assert!(!desk.alive(&own.token).await && !desk.alive(&strange.token).await);
        assert_eq!(desk.events("identity.sign-in-disowned").await, 1);
        assert_eq!(desk.entries("sign-in.disowned", "done").await, 1);
        // Neither a stranger nor the browser in question gets in with the password any more.
        for device in [None, strange.device.as_ref()] {
            desk.wait(60);
            assert!(matches!(try_in(&desk, "grace", &person, &from(device, ABROAD)).await, Err(SignInError::Refused)));
        }
        // The browser that said so does, and must change it first.
        desk.wait(3600);
        let back = enter(&desk, "grace", &person, &from(own.device.as_ref(), HOME)).await;
        assert_eq!((back.state.state, back.state.change.as_ref().and_then(|due| due.reason)), (SignInState::ChangePassword, Some(ChangeReason::Disowned)));
        let changed = desk.identity.change_password(&desk.nobody(), Some(&back.token), &secret(PASSWORD), &secret("another otter in the pines")).await.unwrap();
        assert_eq!(changed.state.state, SignInState::SignedIn);
        let stranger = desk.identity.sign_in_by_password(&desk.nobody(), None, "grace", &secret("another otter in the pines"), &from(None, TRAIN)).await;
        assert!(stranger.is_ok(), "the new one works everywhere");
    }

    async fn the_browser_in_question_cannot_say_that_it_was_the_owner(test) {
        let desk = located(&test.db).await;
        let (person, own) = at_home(&desk, "grace").await;
        let strange = enter(&desk, "grace", &person, &from(None, ABROAD)).await;
        let id = asked(&desk, &own.token).await[0].0;
        assert!(matches!(answer(&desk, &strange.token, id, RiskAnswer::Me).await, Err(ReviewError::InQuestion)));
        // Nor after it has signed in once more, and is known meanwhile,
        let again = enter(&desk, "grace", &person, &from(strange.device.as_ref(), ABROAD)).await;
        assert!(matches!(answer(&desk, &again.token, id, RiskAnswer::Me).await, Err(ReviewError::InQuestion)));
        // nor another one of the same stranger.
        let third = enter(&desk, "grace", &person, &from(None, ABROAD)).await;
        assert!(matches!(answer(&desk, &third.token, id, RiskAnswer::Me).await, Err(ReviewError::InQuestion)));
        let fourth = enter(&desk, "grace", &person, &from(third.device.as_ref(), ABROAD)).await;
        assert!(matches!(answer(&desk, &fourth.token, id, RiskAnswer::Me).await, Err(ReviewError::InQuestion)));
    }

    async fn neither_a_new_password_nor_an_older_token_of_a_browser_in_question_is_a_way_round(test) {
        let desk = located(&test.db).await;
        let (_, own) = at_home(&desk, "grace").await;
        let mut passkey = Authenticator::new(1);
        enrol(&desk, &own.token, &mut passkey).await.unwrap();
        let first = by_passkey(&desk, None, &passkey, &from(None, ABROAD)).await.unwrap();
        let id = asked(&desk, &own.token).await[0].0;
        // Two sessions of one browser: the token that the first one knows is replaced meanwhile.
        by_passkey(&desk, None, &passkey, &from(first.device.as_ref(), ABROAD)).await.unwrap();
        let new = secret("another otter in the pines");
        let changed = desk.identity.change_password(&desk.nobody(), Some(&first.token), &secret(PASSWORD), &new).await.unwrap();
        assert!(matches!(answer(&desk, &changed.token, id, RiskAnswer::Me).await, Err(ReviewError::InQuestion)));
        let ctx = desk.acting(&changed.token).await;
        let browsers = desk.identity.browsers(&ctx).await.unwrap();
        assert!(matches!(&browsers[..], [only] if only.current), "the other token of that browser is worth nothing");
    }

    async fn who_passed_on_one_code_may_pass_on_the_next_and_neither_opens_a_dangerous_act(test) {
        let desk = located(&test.db).await;
        let (person, own) = at_home(&desk, "grace").await;
        let strange = enter(&desk, "grace", &person, &from(None, ABROAD)).await;
        desk.wait(30);
        let next = desk.identity.step_up_by_totp(&desk.nobody(), Some(&strange.token), &desk.code(&person.secret)).await;
        assert!(matches!(next, Err(SignInError::InDoubt)));
        // Nor in another session of the same browser.
        let again = enter(&desk, "grace", &person, &from(strange.device.as_ref(), ABROAD)).await;
        desk.wait(30);
        let next = desk.identity.step_up_by_totp(&desk.nobody(), Some(&again.token), &desk.code(&person.secret)).await;
        assert!(matches!(next, Err(SignInError::InDoubt)));
        // Until the owner says that they are there.
        for (id, .., can_confirm) in asked(&desk, &own.token).await {
            if !can_confirm {
                continue;
            }
            answer(&desk, &own.token, id, RiskAnswer::Me).await.unwrap();
        }
        let fresh = desk.identity.step_up_by_totp(&desk.nobody(), Some(&again.token), &desk.code(&person.secret)).await.unwrap();
        assert!(fresh.state.stepped_up_until.is_some());
    }

    async fn not_me_takes_away_what_was_added_since_and_leaves_what_was_there(test) {
        let desk = located(&test.db).await;
        let (person, own) = at_home(&desk, "grace").await;
        let strange = enter(&desk, "grace", &person, &from(None, HOME)).await;
        desk.wait(1);
        let mut theirs = Authenticator::new(1);
        enrol(&desk, &strange.token, &mut theirs).await.unwrap();
        let view = desk.identity.sign_in_reviews(&desk.acting(&own.token).await).await.unwrap().remove(0);
        answer(&desk, &own.token, view.id, RiskAnswer::NotMe).await.unwrap();
        let tried = by_passkey(&desk, None, &theirs, &from(strange.device.as_ref(), HOME)).await;
        assert!(matches!(tried, Err(SignInError::WrongPasskey)));
        assert_eq!(*desk.gone.anew.lock().unwrap(), [(person.id, Some(view.at))], "what is bound elsewhere goes, too");
        let back = enter(&desk, "grace", &person, &from(own.device.as_ref(), HOME)).await;
        assert_eq!(back.state.state, SignInState::ChangePassword, "the app is as good as before");
    }

    async fn ones_browsers_are_listed_with_the_place_of_the_latest_sign_in(test) {
        let desk = located(&test.db).await;
        let (person, own) = at_home(&desk, "grace").await;
        let away = enter(&desk, "grace", &person, &from(own.device.as_ref(), ABROAD)).await;
        let ctx = desk.acting(&away.token).await;
        let shown = desk.identity.browsers(&ctx).await.unwrap().remove(0);
        assert!(shown.current);
        assert_eq!((shown.network.as_deref(), shown.country.as_deref()), (Some("203.0.113.9"), Some("NZ")));
    }

    async fn a_browser_that_was_known_before_can_say_that_it_was_the_owner(test) {
        let desk = located(&test.db).await;
        let person = desk.person("grace").await;
        // The browser in which the account was set up is the first one that is known.
        let strange = enter(&desk, "grace", &person, &from(None, ABROAD)).await;
        let id = asked(&desk, &person.token).await[0].0;
        answer(&desk, &person.token, id, RiskAnswer::Me).await.unwrap();
        answer(&desk, &person.token, id, RiskAnswer::Me).await.unwrap();
        assert_eq!(desk.entries("sign-in.confirmed", "done").await, 1);
        // It speaks for the next one, then.
        let next = enter(&desk, "grace", &person, &from(None, HOME)).await;
        let id = asked(&desk, &strange.token).await[0].0;
        answer(&desk, &strange.token, id, RiskAnswer::Me).await.unwrap();
        // Who is not so sure any more may say so, once.
        answer(&desk, &strange.token, id, RiskAnswer::NotMe).await.unwrap();
        assert!(!desk.alive(&person.token).await && !desk.alive(&next.token).await);
    }

    async fn who_has_a_passkey_must_show_it_from_an_unusual_place(test) {
        let desk = located(&test.db).await;
        let (person, own) = at_home(&desk, "grace").await;
        let mut passkey = Authenticator::new(1);
        enrol(&desk, &own.token, &mut passkey).await.unwrap();
        let abroad = from(None, ABROAD);
        let half = enter(&desk, "grace", &person, &abroad).await;
        assert_eq!((half.state.state, half.state.factors.clone()), (SignInState::SecondFactor, vec![FactorKind::Passkey]));
        assert!(half.device.is_none());
        // The code is not taken a second time either.
        desk.wait(30);
        let again = desk.identity.sign_in_by_totp(&desk.nobody(), Some(&half.token), &desk.code(&person.secret), &abroad).await;
        assert!(matches!(again, Err(SignInError::Weak)));
        let whole = by_passkey(&desk, Some(&half.token), &passkey, &abroad).await.unwrap();
        assert_eq!(whole.state.state, SignInState::SignedIn);
        assert!(whole.state.stepped_up_until.is_some(), "no false page has asked for it");
        assert_eq!(asked(&desk, &own.token).await[0].2, StepUp);
    }

    async fn a_disowned_passkey_does_not_work_any_more(test) {
        let desk = located(&test.db).await;
        let (person, own) = at_home(&desk, "grace").await;
        let mut passkeys = [Authenticator::new(1), Authenticator::new(2)];
        for passkey in &mut passkeys {
            enrol(&desk, &own.token, passkey).await.unwrap();
        }
        by_passkey(&desk, None, &passkeys[0], &from(None, ABROAD)).await.unwrap();
        let id = asked(&desk, &own.token).await[0].0;
        answer(&desk, &own.token, id, RiskAnswer::NotMe).await.unwrap();
        let tried = by_passkey(&desk, None, &passkeys[0], &from(None, ABROAD)).await;
        assert!(matches!(tried, Err(SignInError::WrongPasskey)));
        // Neither the other one nor the password was in question.
        by_passkey(&desk, None, &passkeys[1], &from(None, HOME)).await.unwrap();
        assert_eq!(enter(&desk, "grace", &person, &from(None, HOME)).await.state.state, SignInState::SignedIn);
    }

    async fn a_browser_that_was_merely_new_may_speak_for_its_owner_after_two_weeks(test) {
        let desk = located(&test.db).await;
        let person = desk.person("grace").await;
        let first = enter(&desk, "grace", &person, &from(None, HOME)).await;
        desk.wait(14 * 24 * 3600 - 600);
        let again = enter(&desk, "grace", &person, &from(first.device.as_ref(), HOME)).await;
        let strange = enter(&desk, "grace", &person, &from(None, ABROAD)).await;
        assert!(asked(&desk, &again.token).await.iter().all(|(.., can_confirm)| !can_confirm));
        desk.wait(600);
        assert!(asked(&desk, &again.token).await[0].3);
        // One from an unusual place may not, however long it is there.
        desk.wait(20 * 24 * 3600);
        let stays = enter(&desk, "grace", &person, &from(strange.device.as_ref(), ABROAD)).await;
        assert!(asked(&desk, &stays.token).await.iter().all(|(.., can_confirm)| !can_confirm));
    }

    async fn nobody_answers_for_others(test) {
        let desk = located(&test.db).await;
        let (person, own) = at_home(&desk, "grace").await;
        enter(&desk, "grace", &person, &from(None, ABROAD)).await;
        let id = asked(&desk, &own.token).await[0].0;
        let (_, other) = at_home(&desk, "ada").await;
        for said in [RiskAnswer::Me, RiskAnswer::NotMe] {
            assert!(matches!(answer(&desk, &other.token, id, said).await, Err(ReviewError::NotFound)));
        }
        assert!(matches!(desk.identity.answer_review(&desk.nobody(), id, RiskAnswer::NotMe).await, Err(ReviewError::Denied(_))));
        assert!(desk.alive(&own.token).await);
    }

    async fn the_policy_is_changed_by_who_may_and_never_keeps_every_new_computer_out(test) {
        let desk = located(&test.db).await;
        let seen = desk.identity.risk_policy(&desk.admin()).await.unwrap();
        assert!(seen.locates && seen.signals.iter().all(|signal| signal.decision == signal.usual));
        let set = |version, decisions: Vec<(RiskSignal, RiskDecision)>| { let desk = &desk; async move { desk.identity.set_risk_policy(&desk.admin(), version, &decisions).await } };
        assert!(matches!(set(0, vec![(NewBrowser, Refuse)]).await, Err(RiskPolicyError::TooStrict(NewBrowser))));
        assert!(matches!(set(0, vec![(Failures, Refuse)]).await, Err(RiskPolicyError::TooStrict(Failures))));
        assert!(matches!(set(0, vec![]).await, Err(RiskPolicyError::Empty)));
        assert!(matches!(set(0, vec![(Fraud, Allow), (Fraud, StepUp)]).await, Err(RiskPolicyError::Empty)));
        let changed = set(0, vec![(NewCountry, Allow), (NewBrowser, StepUp)]).await.unwrap();
        assert_eq!(changed.version, 1);
        assert!(matches!(set(0, vec![(NewCountry, StepUp)]).await, Err(RiskPolicyError::Stale)));
        assert_eq!(desk.count("SELECT COUNT(*) FROM outbox WHERE kind = 'identity.risk-policy-changed' AND payload LIKE '%[\"new-country\"]%'").await, 1);
    }

    async fn places_and_questions_are_forgotten_after_ninety_days(test) {
        let desk = located(&test.db).await;
        at_home(&desk, "grace").await;
        desk.wait(91 * 24 * 3600);
        desk.identity.sweep(&desk.admin()).await.unwrap();
        for table in ["SELECT COUNT(*) FROM seen_place", "SELECT COUNT(*) FROM sign_in_review"] {
            assert_eq!(desk.count(table).await, 0);
        }
    }
}
