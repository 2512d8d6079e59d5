use wd_db::both_databases;
use wd_kernel::{Denied, SecretString};

use super::{PASSWORD, SCHEMA, client, desk, secret};
use crate::{InvitationError, InviteError, SignInState};

both_databases! { SCHEMA;
    async fn joining_in_a_browser_where_somebody_else_is_signed_in_ends_that_session(test) {
        let desk = desk(&test.db).await;
        let grace = desk.person("grace").await;
        let invited = desk.identity.invite(&desk.admin(), "mallory", "Mallory").await.unwrap();
        let weak = desk.identity.accept_invitation_instead(&desk.nobody(), Some(&grace.token), &invited.token, &secret("password"), &client()).await;
        assert!(weak.is_err() && desk.alive(&grace.token).await, "what is refused changes nothing");
        let entered = desk.identity.accept_invitation_instead(&desk.nobody(), Some(&grace.token), &invited.token, &secret(PASSWORD), &client()).await.unwrap();
        assert!(!desk.alive(&grace.token).await);
        assert!(desk.alive(&entered.token).await);
    }

    async fn a_person_joins_by_link_password_and_app(test) {
        let desk = desk(&test.db).await;
        let invited = desk.identity.invite(&desk.admin(), "Grace", "Grace Hopper").await.unwrap();
        let url = desk.identity.invitation_url(&invited.token);
        assert_eq!(url, format!("http://localhost:8080/console/#/welcome/{}", invited.token.expose()));

        let view = desk.identity.open_invitation(&desk.nobody(), &invited.token).await.unwrap();
        assert_eq!((view.login.as_str(), view.name.as_str(), view.organisation.as_str()), ("grace", "Grace Hopper", "Analytical Engines"));

        let entered = desk.identity.accept_invitation(&desk.nobody(), &invited.token, &secret(PASSWORD), &client()).await.unwrap();
        assert_eq!(entered.state.state, SignInState::Enrol);
        assert_eq!(entered.state.me, None);

        let made = desk.identity.begin_totp(&desk.nobody(), Some(&entered.token)).await.unwrap();
        assert!(made.uri.expose().starts_with("otpauth://totp/Analytical%20Engines:grace?secret="), "{}", made.uri.expose());
        assert!(made.qr_svg.expose().starts_with("<svg "));
        let code = desk.code(&super::bytes(&made));
        let added = desk.identity.confirm_totp(&desk.nobody(), Some(&entered.token), made.id, &code).await.unwrap();
        assert_eq!(added.state.state, SignInState::SignedIn);
        assert_eq!(added.state.me.unwrap().permissions, ["conversation.take"]);
        assert_eq!(added.recovery_codes.unwrap().len(), 10);
        assert!(!desk.alive(&entered.token).await);
        assert_eq!(desk.events("identity.staff-activated").await, 1);
        assert_eq!(desk.entries("staff.invited", "done").await, 1);
        assert_eq!(desk.entries("factor.added", "done").await, 1);
    }

    async fn a_link_works_once(test) {
        let desk = desk(&test.db).await;
        let invited = desk.identity.invite(&desk.admin(), "grace", "Grace").await.unwrap();
        let accept = async || desk.identity.accept_invitation(&desk.nobody(), &invited.token, &secret(PASSWORD), &client()).await;
        accept().await.unwrap();
        assert!(matches!(accept().await, Err(InvitationError::NotFound)));
        assert!(matches!(desk.identity.open_invitation(&desk.nobody(), &invited.token).await, Err(InvitationError::NotFound)));
    }

    async fn of_ten_who_use_one_link_at_once_one_gets_in(test) {
        let desk = desk(&test.db).await;
        let token = desk.identity.invite(&desk.admin(), "grace", "Grace").await.unwrap().token;
        let tasks: Vec<_> = (0..10).map(|_| {
            let (identity, ctx, token) = (desk.identity.clone(), desk.nobody(), secret(token.expose()));
            tokio::spawn(async move { identity.accept_invitation(&ctx, &token, &secret(PASSWORD), &client()).await.is_ok() })
        }).collect();
        let mut accepted = 0;
        for task in tasks {
            accepted += i32::from(task.await.unwrap());
        }
        assert_eq!(accepted, 1);
    }

    async fn a_link_expires_after_72_hours(test) {
        let desk = desk(&test.db).await;
        let invited = desk.identity.invite(&desk.admin(), "grace", "Grace").await.unwrap();
        desk.wait(72 * 3600 - 1);
        assert!(desk.identity.open_invitation(&desk.nobody(), &invited.token).await.is_ok());
        desk.wait(1);
        let late = desk.identity.accept_invitation(&desk.nobody(), &invited.token, &secret(PASSWORD), &client()).await;
        assert!(matches!(late, Err(InvitationError::NotFound)));
    }

    async fn a_new_link_makes_the_old_one_useless(test) {
        let desk = desk(&test.db).await;
        let old = desk.identity.invite(&desk.admin(), "grace", "Grace").await.unwrap();
        let new = desk.identity.reissue_link(&desk.admin(), "grace").await.unwrap();
        assert!(desk.identity.open_invitation(&desk.nobody(), &old.token).await.is_err());
        assert!(desk.identity.open_invitation(&desk.nobody(), &new.token).await.is_ok());
    }

    async fn a_weak_password_is_refused_with_sentences_and_the_link_still_works(test) {
        let desk = desk(&test.db).await;
        let invited = desk.identity.invite(&desk.admin(), "grace", "Grace Hopper").await.unwrap();
        for (weak, why) in [("hunter2", "8 are needed"), ("gracehopper", "made of your login"), ("analyticalengines1", "words of the organisation")] {
            let refused = desk.identity.accept_invitation(&desk.nobody(), &invited.token, &secret(weak), &client()).await;
            let Err(InvitationError::Password(reasons)) = refused else { panic!("{weak} was taken") };
            assert!(reasons.iter().any(|reason| reason.contains(why)), "{weak}: {reasons:?}");
        }
        assert!(desk.identity.open_invitation(&desk.nobody(), &invited.token).await.is_ok());
    }

    async fn a_login_exists_once_however_it_is_spelled(test) {
        let desk = desk(&test.db).await;
        desk.identity.invite(&desk.admin(), "grace", "Grace").await.unwrap();
        let again = desk.identity.invite(&desk.admin(), " GRACE ", "Other").await;
        assert!(matches!(again, Err(InviteError::Taken)));
    }

    async fn who_closed_the_browser_after_the_password_goes_on_with_it(test) {
        let desk = desk(&test.db).await;
        desk.joining("grace").await;
        let again = desk.password("grace", PASSWORD).await.unwrap();
        assert_eq!(again.state.state, SignInState::Enrol);
    }

    async fn a_link_for_somebody_set_up_starts_over(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let link = desk.identity.reissue_link(&desk.admin(), "grace").await.unwrap();
        assert!(desk.alive(&person.token).await, "a link alone changes nothing");
        let entered = desk.identity.accept_invitation(&desk.nobody(), &link.token, &secret("seven quiet herons rise"), &client()).await.unwrap();
        assert_eq!(entered.state.state, SignInState::Enrol);
        assert_eq!(entered.state.factors, []);
        assert!(!desk.alive(&person.token).await);
        assert!(desk.password("grace", PASSWORD).await.is_err());
    }

    async fn the_present_password_is_not_taken_again_by_a_link(test) {
        let desk = desk(&test.db).await;
        desk.person("grace").await;
        let link = desk.identity.reissue_link(&desk.admin(), "grace").await.unwrap();
        let accept = async |token: &SecretString| desk.identity.accept_invitation(&desk.nobody(), token, &secret(PASSWORD), &client()).await;
        let refused = accept(&link.token).await;
        assert!(matches!(refused, Err(InvitationError::Password(reasons)) if reasons[0].contains("before")));
        // Who broke off the set-up may begin again with the same.
        let first = desk.identity.invite(&desk.admin(), "ada", "Ada").await.unwrap();
        accept(&first.token).await.unwrap();
        let second = desk.identity.reissue_link(&desk.admin(), "ada").await.unwrap();
        accept(&second.token).await.unwrap();
    }

    async fn a_link_made_while_an_account_was_set_up_sets_no_other_password_afterwards(test) {
        let desk = desk(&test.db).await;
        let own = desk.identity.invite(&desk.admin(), "grace", "Grace").await.unwrap();
        let entered = desk.identity.accept_invitation(&desk.nobody(), &own.token, &secret(PASSWORD), &client()).await.unwrap();
        let other = desk.identity.reissue_link(&desk.admin(), "grace").await.unwrap();
        let made = desk.identity.begin_totp(&desk.nobody(), Some(&entered.token)).await.unwrap();
        let code = desk.code(&super::bytes(&made));
        let joined = desk.identity.confirm_totp(&desk.nobody(), Some(&entered.token), made.id, &code).await.unwrap();
        assert!(desk.identity.open_invitation(&desk.nobody(), &other.token).await.is_err());
        let taken = desk.identity.accept_invitation(&desk.nobody(), &other.token, &secret("seven quiet herons rise"), &client()).await;
        assert!(matches!(taken, Err(InvitationError::NotFound)));
        assert!(desk.alive(&joined.token.unwrap()).await);
        assert!(desk.password("grace", PASSWORD).await.is_ok());
    }

    async fn a_colleague_cannot_take_an_account_over_with_a_new_link(test) {
        let desk = desk(&test.db).await;
        desk.person("grace").await;
        let mallory = desk.person("mallory").await;
        let refused = desk.identity.reissue_link(&desk.acting(&mallory.token).await, "grace").await;
        assert!(matches!(refused, Err(InviteError::Denied(Denied::Forbidden("staff.invite")))));
    }
}
