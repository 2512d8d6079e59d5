use std::sync::atomic::Ordering;

use wd_db::both_databases;
use wd_kernel::{Denied, Id as _, PageQuery, StaffId};

use super::{PASSWORD, SCHEMA, client, desk, secret};
use crate::{DisableError, EndedOfAll, FactorKind, InvitationError, InviteError, StaffState};

both_databases! { SCHEMA;
    async fn who_leaves_loses_everything_at_once(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let phone = desk.full("grace", &person).await;
        let pending = desk.pending("grace").await;
        desk.identity.disable(&desk.admin(), person.id).await.unwrap();
        for token in [&person.token, &phone, &pending] {
            assert!(!desk.alive(token).await);
        }
        assert_eq!(*desk.gone.who.lock().unwrap(), [person.id]);
        assert_eq!(desk.events("identity.staff-disabled").await, 1);
        assert!(desk.password("grace", PASSWORD).await.is_err());
        assert!(matches!(desk.identity.reissue_link(&desk.admin(), "grace").await, Err(InviteError::NotFound)));
    }

    async fn somebody_invited_who_is_disabled_cannot_join(test) {
        let desk = desk(&test.db).await;
        let invited = desk.identity.invite(&desk.admin(), "grace", "Grace").await.unwrap();
        desk.identity.disable(&desk.admin(), invited.staff).await.unwrap();
        let accepted = desk.identity.accept_invitation(&desk.nobody(), &invited.token, &secret(PASSWORD), &client()).await;
        assert!(matches!(accepted, Err(InvitationError::NotFound)));
    }

    async fn a_set_up_under_way_ends_with_being_disabled(test) {
        let desk = desk(&test.db).await;
        let (id, enrol) = desk.joining("grace").await;
        desk.identity.disable(&desk.admin(), id).await.unwrap();
        assert!(desk.identity.begin_totp(&desk.nobody(), Some(&enrol)).await.is_err());
    }

    async fn when_devices_cannot_be_revoked_nothing_happened(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        desk.gone.refuse.store(true, Ordering::SeqCst);
        assert!(matches!(desk.identity.disable(&desk.admin(), person.id).await, Err(DisableError::Db(_))));
        assert!(desk.alive(&person.token).await);
        assert_eq!(desk.events("identity.staff-disabled").await, 0);
    }

    async fn leaving_twice_is_leaving_once(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        desk.identity.disable(&desk.admin(), person.id).await.unwrap();
        desk.identity.disable(&desk.admin(), person.id).await.unwrap();
        assert_eq!(desk.entries("staff.disabled", "done").await, 1);
    }

    async fn dangerous_things_need_a_fresh_factor_and_somebody(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        assert!(matches!(desk.identity.disable(&desk.nobody(), person.id).await, Err(DisableError::Denied(Denied::Unauthenticated))));
        desk.wait(600);
        let stale = desk.acting(&person.token).await;
        assert!(matches!(desk.identity.disable(&stale, person.id).await, Err(DisableError::Denied(Denied::StepUp(_)))));
        assert!(matches!(desk.identity.invite(&stale, "x", "X").await, Err(InviteError::Denied(Denied::StepUp(_)))));
    }

    async fn all_sessions_of_somebody_can_be_ended(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let phone = desk.full("grace", &person).await;
        assert_eq!(desk.identity.end_sessions_of(&desk.admin(), person.id).await.unwrap(), 2);
        assert!(!desk.alive(&person.token).await && !desk.alive(&phone).await);
        let unknown = StaffId::from_uuid(uuid::Uuid::nil());
        assert!(matches!(desk.identity.end_sessions_of(&desk.admin(), unknown).await, Err(DisableError::NotFound)));
        assert!(desk.password("grace", PASSWORD).await.is_ok(), "they may sign in again");
    }

    async fn all_sessions_of_everybody_end_but_the_one_that_asks(test) {
        let desk = desk(&test.db).await;
        let (grace, ada) = (desk.person("grace").await, desk.person("ada").await);
        let (asking, phone) = (desk.full("grace", &grace).await, desk.full("ada", &ada).await);
        let (_, joining) = desk.joining("joan").await;
        let nobody = desk.identity.end_sessions_of_all(&desk.nobody()).await;
        assert!(matches!(nobody, Err(DisableError::Denied(Denied::Unauthenticated))));
        let ended = desk.identity.end_sessions_of_all(&desk.acting(&asking).await).await.unwrap();
        assert_eq!(ended, EndedOfAll { people: 3, sessions: 4 });
        assert!(desk.alive(&asking).await);
        for token in [&grace.token, &ada.token, &phone] {
            assert!(!desk.alive(token).await);
        }
        let set_up = desk.identity.begin_totp(&desk.nobody(), Some(&joining)).await;
        assert!(set_up.is_err(), "who sets up an account begins anew with the link");
        assert!(desk.identity.browsers_of(&desk.admin(), ada.id).await.unwrap().is_empty());
        assert_eq!(desk.entries("staff.all-sessions-ended", "done").await, 1);
        assert!(desk.password("ada", PASSWORD).await.is_ok(), "they may sign in again");

        desk.wait(600);
        let stale = desk.identity.end_sessions_of_all(&desk.acting(&asking).await).await;
        assert!(matches!(stale, Err(DisableError::Denied(Denied::StepUp(_)))));
        assert!(desk.alive(&asking).await);
        assert_eq!(desk.identity.end_sessions_of_all(&desk.admin()).await.unwrap().sessions, 2, "ada's half one, too");
        assert!(!desk.alive(&asking).await, "from the command line nobody's stays");
    }

    async fn staff_are_listed_in_pages(test) {
        let desk = desk(&test.db).await;
        for login in ["zoe", "adam", "grace"] {
            desk.identity.invite(&desk.admin(), login, "Somebody").await.unwrap();
            desk.wait(1);
        }
        let person = desk.person("full").await;
        let mut tx = desk.db.snapshot().await.unwrap();
        let query = PageQuery { after: None, limit: Some(3) };
        let first = desk.identity.staff_in(&mut tx, &desk.admin(), &query).await.unwrap();
        assert_eq!(first.items.iter().map(|s| s.login.as_str()).collect::<Vec<_>>(), ["zoe", "adam", "grace"]);
        assert!(first.items.iter().all(|s| s.state == StaffState::Invited && s.factors.is_empty()));
        let query = PageQuery { after: first.next, limit: Some(3) };
        let second = desk.identity.staff_in(&mut tx, &desk.admin(), &query).await.unwrap();
        assert_eq!(second.items[0].id, person.id);
        assert_eq!(second.items[0].factors, [FactorKind::Recovery, FactorKind::Totp]);
        assert!(second.items[0].last_sign_in_at.is_some());
        assert_eq!(second.next, None);
    }
}
