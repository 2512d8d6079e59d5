//! Somebody far away, who may have been handed a code, does not add a factor by it.

use wd_db::both_databases;

use super::{ABROAD, HOME, TRAIN, at_home, by_passkey, decide, enter, from, located, try_in};
use crate::{
    FactorPolicyChange, FactorStrength, ProviderProof, ProviderSignInError, RiskDecision, RiskSignal, SignInError,
    SignInState,
    tests::{Desk, PASSWORD, SCHEMA, authenticator::Authenticator, passkeys::enrol, secret},
};

/// From now on everybody signs in with a passkey, and who has none adds one first.
async fn ask_for_passkeys(desk: &Desk) {
    let policy = FactorPolicyChange {
        version: 0,
        sign_in: FactorStrength::PhishingResistant,
        step_up: FactorStrength::PhishingResistant,
        makes: None,
        due_at: None,
    };
    desk.identity
        .change_factor_policy(&desk.admin(), "agent", policy)
        .await
        .unwrap();
}

both_databases! { SCHEMA;
    async fn a_phished_code_from_afar_adds_no_passkey_for_who_has_none(test) {
        let desk = located(&test.db).await;
        let (person, own) = at_home(&desk, "grace").await;
        ask_for_passkeys(&desk).await;
        let refused = try_in(&desk, "grace", &person, &from(None, ABROAD)).await;
        assert!(matches!(&refused, Err(SignInError::Risky(signals)) if signals.contains(&RiskSignal::NewCountry)), "{refused:?}");
        // Nor by the other code that they have.
        desk.wait(30);
        let abroad = from(None, ABROAD);
        let pending = desk.identity.sign_in_by_password(&desk.nobody(), None, "grace", &secret(PASSWORD), &abroad).await.unwrap();
        let refused = desk.identity.sign_in_by_recovery_code(&desk.nobody(), Some(&pending.token), &secret(&person.codes[0]), &abroad).await;
        assert!(matches!(&refused, Err(SignInError::Risky(_))), "{refused:?}");
        assert_eq!(desk.count("SELECT COUNT(*) FROM session WHERE kind = 'enrol' OR kind = 'pending'").await, 0, "nothing is left to go on with");
        assert_eq!(desk.events("identity.sign-in-refused").await, 2);
        // Where the owner has been the way to a passkey is open, in a new browser too.
        for device in [None, own.device.as_ref()] {
            assert_eq!(enter(&desk, "grace", &person, &from(device, HOME)).await.state.state, SignInState::Enrol);
        }
        assert_eq!(enter(&desk, "grace", &person, &from(None, TRAIN)).await.state.state, SignInState::Enrol, "another network is no other country");
    }

    async fn a_browser_that_came_in_from_afar_before_the_day_adds_no_passkey_after_it(test) {
        let desk = located(&test.db).await;
        let (person, own) = at_home(&desk, "grace").await;
        let strange = enter(&desk, "grace", &person, &from(None, ABROAD)).await;
        ask_for_passkeys(&desk).await;
        let there = from(strange.device.as_ref(), ABROAD);
        let refused = try_in(&desk, "grace", &person, &there).await;
        assert!(matches!(&refused, Err(SignInError::Risky(_))), "{refused:?}");
        // A browser of the owner's that travels is not in question.
        let travels = enter(&desk, "grace", &person, &from(own.device.as_ref(), ABROAD)).await;
        assert_eq!(travels.state.state, SignInState::Enrol);
    }

    async fn what_lets_people_in_from_new_countries_does_not_let_a_code_add_a_passkey_there(test) {
        let desk = located(&test.db).await;
        let (person, _) = at_home(&desk, "grace").await;
        for signal in [RiskSignal::NewCountry, RiskSignal::ImpossibleTravel] {
            decide(&desk, signal, RiskDecision::Allow).await;
        }
        ask_for_passkeys(&desk).await;
        let refused = try_in(&desk, "grace", &person, &from(None, ABROAD)).await;
        assert!(matches!(&refused, Err(SignInError::Risky(_))), "{refused:?}");
    }

    async fn what_the_provider_vouches_for_adds_no_passkey_from_afar(test) {
        let desk = located(&test.db).await;
        let (person, _) = at_home(&desk, "grace").await;
        ask_for_passkeys(&desk).await;
        let proof = ProviderProof { staff: person.id, shown: Some(FactorStrength::Any), auth_time: None };
        let mut tx = desk.db.begin().await.unwrap();
        let refused = desk.identity.sign_in_by_provider_in(&mut tx, &desk.nobody(), None, proof, &from(None, ABROAD)).await;
        tx.commit().await.unwrap();
        assert!(matches!(&refused, Err(ProviderSignInError::Risky(_))), "{refused:?}");
    }

    async fn who_shows_a_passkey_from_afar_goes_on(test) {
        let desk = located(&test.db).await;
        let (_, own) = at_home(&desk, "grace").await;
        let mut passkey = Authenticator::new(1);
        enrol(&desk, &own.token, &mut passkey).await.unwrap();
        ask_for_passkeys(&desk).await;
        let there = by_passkey(&desk, None, &passkey, &from(None, ABROAD)).await.unwrap();
        assert_eq!(there.state.state, SignInState::SignedIn);
    }

    async fn a_first_set_up_by_a_link_goes_on_wherever_it_is(test) {
        let desk = located(&test.db).await;
        ask_for_passkeys(&desk).await;
        let abroad = from(None, ABROAD);
        let invited = desk.identity.invite(&desk.admin(), "grace", "Grace Hopper").await.unwrap();
        let begun = desk.identity.accept_invitation(&desk.nobody(), &invited.token, &secret(PASSWORD), &abroad).await.unwrap();
        assert_eq!(begun.state.state, SignInState::Enrol);
        // Who stopped half-way goes on with the password, from elsewhere too.
        desk.wait(3600);
        let again = desk.identity.sign_in_by_password(&desk.nobody(), None, "grace", &secret(PASSWORD), &from(None, HOME)).await.unwrap();
        assert_eq!(again.state.state, SignInState::Enrol);
        let added = enrol(&desk, &again.token, &mut Authenticator::new(1)).await.unwrap();
        assert_eq!(added.state.state, SignInState::SignedIn);
    }

    async fn who_gets_a_new_link_sets_up_anew_wherever_they_are(test) {
        let desk = located(&test.db).await;
        at_home(&desk, "grace").await;
        ask_for_passkeys(&desk).await;
        let link = desk.identity.reissue_link(&desk.admin(), "grace").await.unwrap();
        let abroad = from(None, ABROAD);
        let begun = desk.identity.accept_invitation(&desk.nobody(), &link.token, &secret("another otter in the pines"), &abroad).await.unwrap();
        assert_eq!(begun.state.state, SignInState::Enrol);
        let added = enrol(&desk, &begun.token, &mut Authenticator::new(1)).await.unwrap();
        assert_eq!(added.state.state, SignInState::SignedIn);
    }
}
