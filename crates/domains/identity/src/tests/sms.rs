//! Codes by text message: adding a number, signing in with it, and what it does not do.

use wd_config::{Sms, SmsDriver, SmsHttp, SmsMethod};
use wd_db::{Db, both_databases, sql};
use wd_kernel::{Denied, Id as _, SecretString, SmsId, StaffId};
use wd_sms::{Texts, Trouble};

use super::{Desk, PASSWORD, Person, SCHEMA, client, desk, secret};
use crate::{
    Demand, FactorAdded, FactorError, FactorKind, FactorPolicyChange, FactorStrength, NumberToConfirm, Privilege,
    SignInError, SignInState, SignedIn, SmsCodeSent, SmsError, TextMessageOffer,
};

pub(super) const NUMBER: &str = "+49 151 23456789";
pub(super) const DAY: u64 = 24 * 3600;
const NEW: &str = "walnut ferry 93 lantern quiet river";

/// A desk that has text messages delivered. The tests read what waits in the queue.
pub(super) async fn texting(db: &Db) -> Desk {
    let mut desk = desk(db).await;
    let driver = SmsHttp {
        name: "gateway".into(),
        url: "http://127.0.0.1:9/send".into(),
        method: SmsMethod::Form,
        parameters: [("to", "{number}"), ("text", "{text}")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        secrets: [].into(),
        authorization: None,
        success: None,
        ca: None,
    };
    let settings = Sms {
        countries: vec!["49".into()],
        drivers: vec![SmsDriver::Http(driver)],
        ..Sms::default()
    };
    let texts = Texts::open(db.clone(), desk.identity.vault.clone(), Some(&settings)).unwrap();
    desk.identity = desk.identity.texting(texts);
    desk
}

pub(super) fn administrator() -> Privilege {
    Privilege {
        administrator: true,
        ..Privilege::default()
    }
}

impl Desk {
    /// Number and text of all messages, the oldest first.
    pub(super) async fn texts(&self) -> Vec<(String, String)> {
        let mut tx = self.db.snapshot().await.unwrap();
        let rows = sql!(
            tx,
            fetch_all as (SmsId, Vec<u8>),
            "SELECT id, sealed FROM sms_message WHERE sealed IS NOT NULL ORDER BY queued_at, id"
        );
        let open = |(id, sealed): (SmsId, Vec<u8>)| {
            let vault = &self.identity.vault;
            let clear = vault.unseal("sms_message", "sealed", id.uuid().as_bytes(), &sealed);
            let content: serde_json::Value = serde_json::from_slice(clear.unwrap().expose()).unwrap();
            let part = |name: &str| content[name].as_str().unwrap().to_owned();
            (part("to"), part("text"))
        };
        rows.await.unwrap().into_iter().map(open).collect()
    }

    /// The code of the latest message.
    pub(super) async fn texted(&self) -> SecretString {
        let (_, text) = self.texts().await.pop().unwrap();
        secret(text.rsplit('#').next().unwrap())
    }

    pub(super) async fn number(&self, token: &SecretString, number: &str) -> Result<NumberToConfirm, SmsError> {
        self.identity
            .begin_sms(&self.nobody(), Some(token), &secret(number), &client())
            .await
    }

    pub(super) async fn confirm(
        &self,
        token: &SecretString,
        begun: &NumberToConfirm,
        code: &SecretString,
    ) -> Result<FactorAdded, SmsError> {
        self.identity
            .confirm_sms(&self.nobody(), Some(token), begun.id, code)
            .await
    }

    /// Adds a number whose code comes back at once.
    pub(super) async fn add_number(&self, token: &SecretString, number: &str) -> FactorAdded {
        let begun = self.number(token, number).await.unwrap();
        self.confirm(token, &begun, &self.texted().await).await.unwrap()
    }

    pub(super) async fn send(&self, pending: &SecretString) -> Result<SmsCodeSent, SmsError> {
        self.identity
            .send_sign_in_sms(&self.nobody(), Some(pending), &client())
            .await
    }

    pub(super) async fn by_sms(&self, pending: &SecretString, code: &SecretString) -> Result<SignedIn, SignInError> {
        self.identity
            .sign_in_by_sms(&self.nobody(), Some(pending), code, &client())
            .await
    }

    /// Password, and a code by text message.
    pub(super) async fn enter_by_sms(&self, login: &str) -> SignedIn {
        let pending = self.pending(login).await;
        self.send(&pending).await.unwrap();
        self.by_sms(&pending, &self.texted().await).await.unwrap()
    }

    /// Password, and a recovery code.
    pub(super) async fn enter_by_recovery(&self, login: &str, code: &str) -> SignedIn {
        let pending = self.pending(login).await;
        self.identity
            .sign_in_by_recovery_code(&self.nobody(), Some(&pending), &secret(code), &client())
            .await
            .unwrap()
    }

    /// Somebody whose only factor, beside recovery codes, is a number.
    pub(super) async fn texted_person(&self, login: &str, number: &str) -> (StaffId, Vec<String>) {
        let (id, enrol) = self.joining(login).await;
        let added = self.add_number(&enrol, number).await;
        (id, added.recovery_codes.unwrap())
    }

    /// What is offered after the password.
    pub(super) async fn offered(&self, login: &str) -> Vec<FactorKind> {
        self.password(login, PASSWORD).await.unwrap().state.factors
    }

    fn may(&self, to: StaffId, privilege: Privilege) {
        self.roles.privileges.lock().unwrap().insert(to, privilege);
    }

    async fn id_of(&self, token: &SecretString, kind: FactorKind) -> wd_kernel::FactorId {
        let listed = self.identity.factors(&self.nobody(), Some(token)).await.unwrap();
        listed.iter().find(|factor| factor.kind == kind).unwrap().id
    }

    async fn remove(&self, token: &SecretString, kind: FactorKind) -> Result<(), FactorError> {
        let id = self.id_of(token, kind).await;
        self.identity.remove_factor(&self.nobody(), Some(token), id).await
    }

    async fn app_person(&self) -> Person {
        self.person("grace").await
    }
}

both_databases! { SCHEMA;
    async fn a_number_counts_when_its_code_came_back_and_signs_in_from_then_on(test) {
        let desk = texting(&test.db).await;
        let (_, enrol) = desk.joining("grace").await;
        let begun = desk.number(&enrol, NUMBER).await.unwrap();
        assert_eq!((begun.sent.number.as_str(), begun.sent.again_in), ("+49 … 89", 30));
        assert!(desk.identity.factors(&desk.nobody(), Some(&enrol)).await.unwrap().is_empty());
        let code = desk.texted().await;
        let wrong = desk.confirm(&enrol, &begun, &secret("000000")).await;
        assert!(matches!(wrong, Err(SmsError::Factor(FactorError::WrongCode))));
        desk.wait(1);
        let spaced = secret(&format!("{} {}", &code.expose()[..3], &code.expose()[3..]));
        let added = desk.confirm(&enrol, &begun, &spaced).await.unwrap();
        assert_eq!(added.state.state, SignInState::SignedIn);
        assert_eq!(added.recovery_codes.unwrap().len(), 10);

        assert_eq!(desk.offered("grace").await, [FactorKind::Sms, FactorKind::Recovery]);
        let pending = desk.pending("grace").await;
        desk.wait(30);
        assert_eq!(desk.send(&pending).await.unwrap().number, "+49 … 89");
        let (to, text) = desk.texts().await.pop().unwrap();
        let code = desk.texted().await;
        assert_eq!(to, "+4915123456789");
        assert_eq!(text, format!("Wardesk code {0}\n@localhost #{0}", code.expose()));
        let entered = desk.by_sms(&pending, &code).await.unwrap();
        assert_eq!(entered.state.state, SignInState::SignedIn);
        let listed = desk.identity.factors(&desk.nobody(), Some(&entered.token)).await.unwrap();
        assert_eq!((listed[0].number.as_deref(), listed[0].held_until), (Some("+49 … 89"), None));
        assert_eq!(desk.count("SELECT COUNT(*) FROM sms_message WHERE verified_at IS NOT NULL").await, 2);
        assert_eq!(desk.entries("factor.code-sent", "done").await, 2);
    }

    async fn a_number_that_joins_an_account_in_use_waits_a_day_also_after_it_was_removed_and_added_again(test) {
        let desk = texting(&test.db).await;
        let grace = desk.app_person().await;
        desk.add_number(&grace.token, NUMBER).await;
        let listed = desk.identity.factors(&desk.nobody(), Some(&grace.token)).await.unwrap();
        assert!(listed.iter().any(|factor| factor.held_until.is_some()));
        assert_eq!(desk.offered("grace").await, [FactorKind::Totp, FactorKind::Recovery]);
        let pending = desk.pending("grace").await;
        assert!(matches!(desk.send(&pending).await, Err(SmsError::NotUsable)));
        assert!(matches!(desk.by_sms(&pending, &secret("123456")).await, Err(SignInError::NoNumber)));

        desk.wait(DAY - 3600);
        let token = desk.full("grace", &grace).await;
        desk.remove(&token, FactorKind::Sms).await.unwrap();
        desk.add_number(&token, NUMBER).await;
        desk.wait(2 * 3600);
        assert_eq!(desk.offered("grace").await, [FactorKind::Totp, FactorKind::Recovery], "the day begins anew");
        desk.wait(DAY - 2 * 3600);
        assert_eq!(desk.offered("grace").await, [FactorKind::Totp, FactorKind::Sms, FactorKind::Recovery]);
        assert_eq!(desk.enter_by_sms("grace").await.state.state, SignInState::SignedIn);
    }

    async fn the_number_of_before_works_until_the_new_one_does(test) {
        let desk = texting(&test.db).await;
        let (_, codes) = desk.texted_person("grace", NUMBER).await;
        desk.wait(30);
        let token = desk.enter_by_recovery("grace", &codes[0]).await.token;
        let known = desk.number(&token, "+4915123456789").await;
        assert!(matches!(known, Err(SmsError::Known)));
        desk.add_number(&token, "+49 151 98765432").await;
        let third = desk.number(&token, "+49 151 11111111").await;
        assert!(matches!(third, Err(SmsError::NotOffered(TextMessageOffer::TwoNumbers))));
        assert!(matches!(desk.remove(&token, FactorKind::Sms).await, Err(FactorError::Last)), "the new one does not work yet");
        desk.wait(3600);
        desk.enter_by_sms("grace").await;
        assert_eq!(desk.texts().await.pop().unwrap().0, "+4915123456789");
        desk.wait(DAY);
        desk.enter_by_sms("grace").await;
        assert_eq!(desk.texts().await.pop().unwrap().0, "+4915198765432");
        let token = desk.enter_by_recovery("grace", &codes[1]).await.token;
        desk.remove(&token, FactorKind::Sms).await.unwrap();
    }

    async fn a_number_is_never_the_only_factor_of_somebody_with_administrative_rights(test) {
        let desk = texting(&test.db).await;
        let (ada, enrol) = desk.joining("ada").await;
        desk.may(ada, administrator());
        let refused = desk.number(&enrol, NUMBER).await;
        assert!(matches!(refused, Err(SmsError::NotOffered(TextMessageOffer::StrongerFirst))));
        assert_eq!(desk.count("SELECT COUNT(*) FROM sms_message").await, 0);

        let grace = desk.app_person().await;
        desk.may(grace.id, administrator());
        desk.add_number(&grace.token, NUMBER).await;
        assert!(matches!(desk.remove(&grace.token, FactorKind::Totp).await, Err(FactorError::Last)));
        desk.wait(DAY);
        let token = desk.full("grace", &grace).await;
        assert!(matches!(desk.remove(&token, FactorKind::Totp).await, Err(FactorError::Last)), "also when it works");
        assert_eq!(desk.offered("grace").await, [FactorKind::Totp, FactorKind::Sms, FactorKind::Recovery]);
        let mut tx = desk.db.begin().await.unwrap();
        sql!(tx, execute, "UPDATE factor SET disabled_at = 1 WHERE kind = 'totp'").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(desk.offered("grace").await, [FactorKind::Recovery]);
        let pending = desk.pending("grace").await;
        assert!(matches!(desk.send(&pending).await, Err(SmsError::NotUsable)));
    }

    async fn who_gets_administrative_rights_goes_out_and_needs_something_better_than_a_number(test) {
        let desk = texting(&test.db).await;
        let (grace, codes) = desk.texted_person("grace", NUMBER).await;
        desk.wait(30);
        let token = desk.enter_by_sms("grace").await.token;
        let pending = desk.pending("grace").await;
        desk.wait(60);
        desk.send(&pending).await.unwrap();
        desk.may(grace, administrator());
        assert!(matches!(desk.by_sms(&pending, &desk.texted().await).await, Err(SignInError::NoNumber)), "a code that was sent before");
        let mut tx = desk.db.begin().await.unwrap();
        desk.identity.roles_changed_in(&mut tx, &desk.admin(), grace, Demand::LEAST).await.unwrap();
        tx.commit().await.unwrap();
        assert!(!desk.alive(&token).await);
        assert_eq!(desk.offered("grace").await, [FactorKind::Recovery]);
        let token = desk.enter_by_recovery("grace", &codes[0]).await.token;
        assert!(desk.identity.begin_totp(&desk.nobody(), Some(&token)).await.is_ok());
    }

    async fn a_code_by_text_message_allows_no_dangerous_act(test) {
        let desk = texting(&test.db).await;
        let (_, enrol) = desk.joining("grace").await;
        let added = desk.add_number(&enrol, NUMBER).await;
        let at_once = desk.identity.begin_totp(&desk.nobody(), added.token.as_ref()).await;
        assert!(matches!(at_once, Err(FactorError::Denied(Denied::StepUp(_)))));
        desk.wait(30);
        let entered = desk.enter_by_sms("grace").await;
        assert_eq!((entered.state.stepped_up_until, entered.state.factors), (None, vec![FactorKind::Recovery]), "nothing to confirm with by text message");
        let more = desk.identity.begin_totp(&desk.nobody(), Some(&entered.token)).await;
        assert!(matches!(more, Err(FactorError::Denied(Denied::StepUp(_)))));
        let ctx = desk.acting(&entered.token).await;
        assert!(matches!(ctx.fresh_factor("staff.invite"), Err(Denied::StepUp(_))));
    }

    async fn changing_a_password_on_the_way_in_makes_no_fresh_factor_of_a_text_message(test) {
        let desk = texting(&test.db).await;
        desk.texted_person("grace", NUMBER).await;
        desk.wait(30);
        let mut tx = desk.db.begin().await.unwrap();
        sql!(tx, execute, "UPDATE staff SET password_breached_at = 1").await.unwrap();
        tx.commit().await.unwrap();
        let half = desk.enter_by_sms("grace").await;
        assert_eq!(half.state.state, SignInState::ChangePassword);
        let changed = desk.identity.change_password(&desk.nobody(), Some(&half.token), &secret(PASSWORD), &secret(NEW)).await.unwrap();
        assert_eq!((changed.state.state, changed.state.stepped_up_until), (SignInState::SignedIn, None));
    }

    async fn where_a_passkey_is_asked_a_text_message_leads_nowhere(test) {
        let desk = texting(&test.db).await;
        desk.texted_person("grace", NUMBER).await;
        let change = FactorPolicyChange {
            version: 0,
            sign_in: FactorStrength::Any,
            step_up: FactorStrength::PhishingResistant,
            makes: None, due_at: None,
        };
        desk.identity.change_factor_policy(&desk.admin(), "agent", change).await.unwrap();
        assert_eq!(desk.offered("grace").await, [FactorKind::Recovery], "it would lead to a new passkey");
        let (_, enrol) = desk.joining("ada").await;
        let refused = desk.number(&enrol, NUMBER).await;
        assert!(matches!(refused, Err(SmsError::NotOffered(TextMessageOffer::StrongerFirst))));
    }

    async fn without_somebody_who_delivers_there_is_no_such_factor(test) {
        let desk = texting(&test.db).await;
        desk.texted_person("grace", NUMBER).await;
        let mut off = super::desk(&test.db).await;
        off.clock.clone_from(&desk.clock);
        off.identity.texts = None;
        let pending = off.pending("grace").await;
        assert_eq!(off.offered("grace").await, [FactorKind::Recovery]);
        assert!(matches!(off.send(&pending).await, Err(SmsError::NotUsable)));
        let (_, enrol) = off.joining("ada").await;
        assert_eq!(off.identity.text_message_offer(&off.nobody(), Some(&enrol)).await.unwrap(), TextMessageOffer::NotSetUp);
        assert!(matches!(off.number(&enrol, NUMBER).await, Err(SmsError::NotOffered(TextMessageOffer::NotSetUp))));
    }

    async fn a_number_elsewhere_is_refused_and_nothing_is_kept_of_it(test) {
        let desk = texting(&test.db).await;
        let (_, enrol) = desk.joining("grace").await;
        for number in ["0151 23456789", "+49 (0)151 234567", "+49", "+00 123456789", "text"] {
            assert!(matches!(desk.number(&enrol, number).await, Err(SmsError::Number(_))), "{number}");
        }
        assert!(matches!(desk.number(&enrol, "+1 202 555 0143").await, Err(SmsError::Limit(Trouble::Country))));
        assert_eq!(desk.count("SELECT COUNT(*) FROM factor").await, 0);
        assert_eq!(desk.entries("factor.code-sent", "refused").await, 1);
    }

    async fn numbers_lie_sealed_and_codes_as_keyed_hashes(test) {
        let desk = texting(&test.db).await;
        desk.texted_person("grace", NUMBER).await;
        let code = desk.texted().await;
        let mut tx = desk.db.snapshot().await.unwrap();
        let data = sql!(tx, fetch_all as (Option<Vec<u8>>,), "SELECT data FROM factor WHERE kind = 'sms' UNION ALL SELECT code_hash FROM sms_code").await.unwrap();
        let told = sql!(tx, fetch_all as (String,), "SELECT details FROM audit_entry UNION ALL SELECT payload FROM outbox").await.unwrap();
        let rows = data.into_iter().filter_map(|(bytes,)| bytes).chain(told.into_iter().map(|(text,)| text.into_bytes()));
        for row in rows {
            for clear in [b"23456789".as_slice(), code.expose().as_bytes()] {
                assert!(!row.windows(clear.len()).any(|part| part == clear));
            }
        }
    }
}
