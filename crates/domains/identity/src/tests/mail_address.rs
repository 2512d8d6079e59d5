use wd_db::{both_databases, outbox};
use wd_kernel::{Ctx, Denied, SecretString};
use wd_mail::MailAddress;

use super::{Desk, PASSWORD, SCHEMA, desk, secret};
use crate::{MailAddressError, MailProof, Touch, events::AccountTouched};

fn address(text: &str) -> MailAddress {
    text.parse().unwrap()
}

impl Desk {
    async fn claim(&self, ctx: &Ctx, to: &str) -> Result<SecretString, MailAddressError> {
        let mut tx = self.db.begin().await.unwrap();
        let code = self.identity.claim_mail_address_in(&mut tx, ctx, &address(to)).await?;
        tx.commit().await.unwrap();
        Ok(code)
    }

    async fn prove(&self, ctx: &Ctx, code: &SecretString) -> Result<MailProof, MailAddressError> {
        let mut tx = self.db.begin().await.unwrap();
        let proof = self.identity.prove_mail_address_in(&mut tx, ctx, code).await?;
        tx.commit().await.unwrap();
        Ok(proof)
    }

    async fn mail_of(&self, staff: wd_kernel::StaffId) -> Option<MailAddress> {
        let mut tx = self.db.snapshot().await.unwrap();
        self.identity.mail_address_in(&mut tx, staff).await.unwrap()
    }

    /// What owners are told of, in order, and whether with a session.
    async fn touches(&self) -> Vec<(Touch, bool)> {
        let mut tx = self.db.snapshot().await.unwrap();
        let waiting = outbox::waiting(&mut tx, 1000).await.unwrap();
        let read = |event: &wd_kernel::EventEnvelope| event.read::<AccountTouched>();
        waiting
            .iter()
            .filter_map(read)
            .map(|event| (event.what, event.session.is_some()))
            .collect()
    }
}

/// Another code than this one.
fn other(code: &SecretString) -> SecretString {
    secret(if code.expose() == "000000" { "000001" } else { "000000" })
}

both_databases! { SCHEMA;
    async fn an_address_counts_when_the_code_that_was_mailed_there_came_back_and_not_before(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let ctx = desk.acting(&person.token).await;
        let code = desk.claim(&ctx, "grace@example.org").await.unwrap();
        assert!(code.expose().len() == 6 && code.expose().bytes().all(|b| b.is_ascii_digit()));
        assert_eq!(desk.mail_of(person.id).await, None);
        let mut tx = test.db.snapshot().await.unwrap();
        let view = desk.identity.own_mail_address_in(&mut tx, &ctx).await.unwrap();
        drop(tx);
        assert_eq!(view.claimed.unwrap().0, address("grace@example.org"));
        assert_eq!(desk.prove(&ctx, &other(&code)).await.unwrap(), MailProof::Wrong);
        let spaced = secret(&format!("{} {}", &code.expose()[..3], &code.expose()[3..]));
        assert_eq!(desk.prove(&ctx, &spaced).await.unwrap(), MailProof::Proved { before: None });
        assert_eq!(desk.mail_of(person.id).await, Some(address("grace@example.org")));
        assert_eq!(desk.prove(&ctx, &code).await.unwrap(), MailProof::Wrong, "once");
        assert_eq!((desk.entries("mail-address.proved", "done").await, desk.entries("mail-address.proved", "refused").await), (1, 2));

        let code = desk.claim(&ctx, "hopper@example.org").await.unwrap();
        assert_eq!(desk.mail_of(person.id).await, Some(address("grace@example.org")), "until the new one is proved");
        let again = desk.claim(&ctx, "hopper@example.org").await.unwrap();
        assert_eq!(desk.prove(&ctx, &code).await.unwrap(), MailProof::Wrong, "there is a newer one");
        let code = again;
        let before = Some(address("grace@example.org"));
        assert_eq!(desk.prove(&ctx, &code).await.unwrap(), MailProof::Proved { before });
        let code = desk.claim(&ctx, "hopper@example.org").await.unwrap();
        assert_eq!(desk.prove(&ctx, &code).await.unwrap(), MailProof::Proved { before: None }, "nobody is told that it goes where it stays");
    }

    async fn five_wrong_codes_end_a_code_and_the_right_one_comes_too_late(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let ctx = desk.acting(&person.token).await;
        let code = desk.claim(&ctx, "grace@example.org").await.unwrap();
        for _ in 0..5 {
            assert_eq!(desk.prove(&ctx, &other(&code)).await.unwrap(), MailProof::Wrong);
        }
        assert_eq!(desk.prove(&ctx, &code).await.unwrap(), MailProof::Wrong);
        assert_eq!(desk.mail_of(person.id).await, None);
    }

    async fn a_code_works_for_ten_minutes_and_a_newer_one_ends_it(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let ctx = desk.acting(&person.token).await;
        let first = desk.claim(&ctx, "mallory@example.org").await.unwrap();
        let second = desk.claim(&ctx, "grace@example.org").await.unwrap();
        assert_ne!(first.expose(), second.expose());
        assert_eq!(desk.prove(&ctx, &first).await.unwrap(), MailProof::Wrong);
        desk.wait(300);
        let token = desk.full("grace", &person).await;
        desk.wait(270);
        let ctx = desk.acting(&token).await;
        assert_eq!(desk.prove(&ctx, &second).await.unwrap(), MailProof::Wrong, "after ten minutes");
    }

    async fn nobody_has_more_than_five_codes_mailed_within_an_hour(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let ctx = desk.acting(&person.token).await;
        for n in 0..5 {
            desk.claim(&ctx, &format!("victim{n}@example.org")).await.unwrap();
        }
        assert!(matches!(desk.claim(&ctx, "one-more@example.org").await, Err(MailAddressError::RateLimited(3600))));
        desk.wait(3600);
        let ctx = desk.acting(&desk.full("grace", &person).await).await;
        desk.claim(&ctx, "grace@example.org").await.unwrap();
    }

    async fn the_address_changes_only_with_a_fresh_factor_and_in_ones_own_name(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let ctx = desk.acting(&person.token).await;
        let code = desk.claim(&ctx, "grace@example.org").await.unwrap();
        let other = desk.person("mallory").await;
        let mallory = desk.acting(&other.token).await;
        assert_eq!(desk.prove(&mallory, &code).await.unwrap(), MailProof::Wrong, "a code is of one person");
        desk.wait(600);
        let ctx = desk.acting(&person.token).await;
        let stale = |outcome| matches!(outcome, Err(MailAddressError::Denied(Denied::StepUp("mail_address.change"))));
        assert!(stale(desk.claim(&ctx, "grace@example.org").await.map(drop)));
        assert!(stale(desk.prove(&ctx, &code).await.map(drop)));
        let mut tx = test.db.begin().await.unwrap();
        assert!(stale(desk.identity.forget_mail_address_in(&mut tx, &ctx).await.map(drop)));
        let nobody = desk.identity.claim_mail_address_in(&mut tx, &desk.nobody(), &address("a@example.org")).await;
        assert!(matches!(nobody, Err(MailAddressError::Denied(Denied::Unauthenticated))));
    }

    async fn of_ten_who_send_one_code_at_once_one_is_right(test) {
        let desk = std::sync::Arc::new(desk(&test.db).await);
        let person = desk.person("grace").await;
        let ctx = desk.acting(&person.token).await;
        let code = desk.claim(&ctx, "grace@example.org").await.unwrap();
        let all: Vec<_> = (0..10)
            .map(|_| {
                let (desk, ctx, code) = (desk.clone(), ctx.clone(), secret(code.expose()));
                tokio::spawn(async move { desk.prove(&ctx, &code).await.unwrap() })
            })
            .collect();
        let mut right = 0;
        for one in all {
            right += u32::from(matches!(one.await.unwrap(), MailProof::Proved { .. }));
        }
        assert_eq!(right, 1);
    }

    async fn neither_address_nor_code_is_in_clear_in_the_table(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let ctx = desk.acting(&person.token).await;
        let code = desk.claim(&ctx, "grace@example.org").await.unwrap();
        desk.prove(&ctx, &code).await.unwrap();
        let code = desk.claim(&ctx, "hopper@example.org").await.unwrap();
        let mut tx = test.db.snapshot().await.unwrap();
        let row = crate::store::mail_address::of(&mut tx, person.id).await.unwrap().unwrap();
        let hash = row.code_hash.unwrap();
        assert_ne!(hash, wd_crypto::token_hash(code.expose()), "six digits are soon tried out, so a key is in it");
        for sealed in [row.address.unwrap(), row.claimed.unwrap(), hash] {
            let text = String::from_utf8_lossy(&sealed).into_owned();
            assert!(!text.contains("grace") && !text.contains("hopper") && !text.contains(code.expose()));
        }
    }

    async fn what_is_forgotten_is_gone_and_said_once(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let ctx = desk.acting(&person.token).await;
        let code = desk.claim(&ctx, "grace@example.org").await.unwrap();
        desk.prove(&ctx, &code).await.unwrap();
        for expected in [Some(address("grace@example.org")), None] {
            let mut tx = test.db.begin().await.unwrap();
            assert_eq!(desk.identity.forget_mail_address_in(&mut tx, &ctx).await.unwrap(), expected);
            tx.commit().await.unwrap();
        }
        assert_eq!(desk.mail_of(person.id).await, None);
        assert_eq!(desk.entries("mail-address.forgotten", "done").await, 1);
    }

    async fn owners_are_told_of_everything_that_happens_to_their_accounts(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        assert_eq!(desk.touches().await, [(Touch::FactorAdded, true), (Touch::NewBrowser, true)]);
        let token = desk.full("grace", &person).await;
        let codes = desk.identity.new_recovery_codes(&desk.nobody(), Some(&token)).await.unwrap();
        let pending = desk.pending("grace").await;
        let entered = desk.identity.sign_in_by_recovery_code(&desk.nobody(), Some(&pending), &secret(&codes[0]), &super::client()).await.unwrap();
        let changed = desk.identity.change_password(&desk.nobody(), Some(&entered.token), &secret(PASSWORD), &secret("another otter in the pines")).await.unwrap();
        let ctx = desk.acting(&changed.token).await;
        let code = desk.claim(&ctx, "grace@example.org").await.unwrap();
        desk.prove(&ctx, &code).await.unwrap();
        desk.identity.end_sessions_of(&desk.admin(), person.id).await.unwrap();
        desk.identity.reissue_link(&desk.admin(), "grace").await.unwrap();
        desk.identity.disable(&desk.admin(), person.id).await.unwrap();
        let mut tx = test.db.begin().await.unwrap();
        desk.identity.enable_in(&mut tx, &desk.admin(), person.id).await.unwrap();
        tx.commit().await.unwrap();
        let expected = [
            (Touch::NewBrowser, true), (Touch::RecoveryCodesMade, true), (Touch::RecoveryCodeUsed, true), (Touch::NewBrowser, true),
            (Touch::PasswordChanged, true), (Touch::MailAddressChanged, true), (Touch::SessionsEnded, false), (Touch::LinkMade, false), (Touch::Enabled, false),
        ];
        assert_eq!(desk.touches().await[2..], expected);
        assert!(desk.mail_of(person.id).await.is_some(), "who comes back is still reachable, so that a stranger cannot do it unnoticed");
    }

    async fn a_browser_that_is_known_is_no_news(test) {
        let desk = desk(&test.db).await;
        let person = desk.person("grace").await;
        let pending = desk.pending("grace").await;
        let first = desk.identity.sign_in_by_totp(&desk.nobody(), Some(&pending), &desk.code(&person.secret), &super::client()).await.unwrap();
        desk.wait(30);
        let device = wd_crypto::token_hash(first.device.unwrap().expose());
        let known = crate::Client { device: Some(device), ..super::client() };
        let before = desk.touches().await.len();
        let pending = desk.identity.sign_in_by_password(&desk.nobody(), None, "grace", &secret(PASSWORD), &known).await.unwrap().token;
        desk.identity.sign_in_by_totp(&desk.nobody(), Some(&pending), &desk.code(&person.secret), &known).await.unwrap();
        assert_eq!(desk.touches().await.len(), before);
    }
}
