use std::sync::Arc;

use axum::{
    Extension, Router,
    body::{Body, to_bytes},
    http::{Request, header},
};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use wd_access::events::RolesChanged;
use wd_channels::DeviceEnrolled;
use wd_customer_proof::events::CodesStopped;
use wd_db::{Db, both_databases, outbox};
use wd_desk::{Desk, SettingsChange};
use wd_identity::{
    Answer, FactorKind, FactorStrength, ReProofingStep, RiskSignal, Touch, WaveStep,
    events::{
        AccountTouched, BlindScanSwitched, BrowserCopied, FactorDisabled, FactorPolicyChanged, FactorReminder,
        FactorWaveMoved, PasskeyCopied, PasswordBreached, PasswordDisabled, PasswordPolicyChanged, ReProofingMoved,
        ReProofingWaitsChanged, RecoveryCodeUsed, RiskPolicyChanged, SessionPolicyChanged, SignInDisowned,
        SignInRefused, StaffDisabled, StaffEnabled, StaffInvited,
    },
    model::PROCEDURE,
};
use wd_kernel::{
    Actor, Ctx, Decide, Event, HandClock, Id as _, PageQuery, Scope, SeededEntropy, StaffActor, StaffId, Timestamp,
    World,
};
use wd_provisioning::{
    events::{DirectoryChanged, LeaverStays, TokenMade, TokenRevoked},
    model::settings::Setting as OfDirectory,
};
use wd_single_sign_on::{
    SingleSignOn,
    events::{BoundBy, ProviderChanged},
    model::settings::Setting as OfProvider,
};
use wd_sms::events::{PumpingSuspected, SpendLimitReached};
use wd_team_vault::events::{ManyOpened, Purpose, SecretsWanted};

use super::{Notices, TOLD, testing::notices};
use crate::{own_mail::OwnMail, relay::Consequences as _};

const ALL: &[wd_db::Migrations] = &[
    wd_vault::MIGRATIONS,
    wd_audit_log::MIGRATIONS,
    wd_mail::MIGRATIONS,
    wd_identity::MIGRATIONS,
    wd_access::MIGRATIONS,
    wd_desk::MIGRATIONS,
    wd_single_sign_on::MIGRATIONS,
];

struct Everything;

impl Decide for Everything {
    fn allows(&self, _: &Actor, _: &'static str, _: Scope) -> bool {
        true
    }
}

struct Office {
    notices: Notices,
    desk: Desk,
    ctx: Ctx,
    db: Db,
}

impl Office {
    async fn open(db: &Db) -> Self {
        let world = World {
            clock: Arc::new(HandClock::at(Timestamp::from_seconds(1_800_000_000))),
            entropy: Arc::new(SeededEntropy::new(7)),
            decide: Arc::new(Everything),
        };
        let desk = Desk::new(db.clone());
        let ctx = world.ctx(Actor::System("test"));
        let team = ctx.id();
        desk.ensure_settings(&ctx, "Analytical Engines", team).await.unwrap();
        let office = Self {
            notices: notices(db, &desk).await,
            desk,
            ctx,
            db: db.clone(),
        };
        office.relayed().await;
        office
    }

    async fn contact(&self, address: &str) {
        let change = SettingsChange {
            typing: true,
            presence: true,
            widget_origins: vec![],
            identity_keys: vec![],
            name: None,
            reply_time: None,
            widget_team: None,
            security_contact: Some(address.into()),
        };
        let mut tx = self.db.begin().await.unwrap();
        self.desk.change_settings_in(&mut tx, &self.ctx, change).await.unwrap();
        tx.commit().await.unwrap();
        self.relayed().await;
    }

    async fn emit(&self, event: &impl Event) {
        let mut tx = self.db.begin().await.unwrap();
        tx.emit(&self.ctx, event).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Lets follow what follows, as the relay does.
    async fn relayed(&self) {
        let mut tx = self.db.begin().await.unwrap();
        for event in outbox::waiting(&mut tx, 100).await.unwrap() {
            assert!(outbox::done(&mut tx, event.id).await.unwrap());
            if self.notices.follow_from(&event.kind) {
                self.notices.follow(&mut tx, &self.ctx, &event).await.unwrap();
            }
        }
        tx.commit().await.unwrap();
    }

    /// Somebody of the staff with a mail address that was proved; acting in a session of theirs that is no more.
    async fn reachable(&self, login: &str, address: &str) -> (StaffId, Ctx) {
        let identity = &self.notices.identity;
        let invited = identity.invite(&self.ctx, login, "Grace").await.unwrap();
        let actor = StaffActor {
            id: invited.staff,
            session: self.ctx.id(),
            roles: vec![],
            teams: vec![],
            stepped_up_until: Some(Timestamp::from_seconds(1_900_000_000)),
        };
        let ctx = self.ctx.acting_as(Actor::Staff(Arc::new(actor)));
        self.address(&ctx, address).await;
        self.relayed().await;
        (invited.staff, ctx)
    }

    /// The code that proves an address, as it stands in the mail.
    async fn code(&self, ctx: &Ctx, address: &str) -> String {
        let mut tx = self.db.begin().await.unwrap();
        let mail = address.parse().unwrap();
        let claimed = self.notices.identity.claim_mail_address_in(&mut tx, ctx, &mail);
        let code = claimed.await.unwrap().expose().to_owned();
        tx.commit().await.unwrap();
        code
    }

    async fn address(&self, ctx: &Ctx, address: &str) {
        let code = self.code(ctx, address).await;
        let (status, _) = self
            .send(ctx, "POST", "/api/v1/mail-address/prove", json!({ "code": code }))
            .await;
        assert_eq!(status, 204);
    }

    async fn send(&self, ctx: &Ctx, method: &str, path: &str, body: Value) -> (u16, Value) {
        let own = OwnMail::new(self.db.clone(), self.notices.identity.clone(), self.notices.clone());
        let router: Router = crate::own_mail::router(own).split_for_parts().0;
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/json");
        let request = request.body(Body::from(body.to_string())).unwrap();
        let response = router.layer(Extension(ctx.clone())).oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let content = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, serde_json::from_slice(&content).unwrap_or(Value::Null))
    }

    /// The kinds of mail that were queued, in the order of the alphabet.
    async fn queued(&self) -> Vec<String> {
        let mut tx = self.db.snapshot().await.unwrap();
        let page = self
            .notices
            .outgoing
            .list(&mut tx, &PageQuery::default())
            .await
            .unwrap();
        let mut kinds: Vec<String> = page.items.into_iter().map(|mail| mail.kind).collect();
        kinds.sort();
        kinds
    }
}

fn staff(n: u128) -> StaffId {
    StaffId::from_uuid(uuid::Uuid::from_u128(n))
}

async fn everything_happens(office: &Office) {
    let (staff, by) = (staff(1), Some(staff(2)));
    office.emit(&StaffDisabled { staff, by }).await;
    office.emit(&StaffEnabled { staff, by }).await;
    office.emit(&StaffInvited { staff, by: None }).await;
    let roles = vec![wd_access::ADMINISTRATOR.to_owned()];
    office.emit(&RolesChanged { staff, roles, by }).await;
    let (factor, kind) = (office.ctx.id(), FactorKind::Totp);
    office.emit(&FactorDisabled { factor, staff, kind }).await;
    let factor = office.ctx.id();
    office.emit(&PasskeyCopied { factor, staff }).await;
    let browser = office.ctx.id();
    office.emit(&BrowserCopied { browser, staff }).await;
    office.emit(&PasswordDisabled { staff }).await;
    let by_scan = false;
    office.emit(&PasswordBreached { staff, by_scan }).await;
    office.emit(&RecoveryCodeUsed { staff, remaining: 7 }).await;
    let (case, step) = (office.ctx.id(), ReProofingStep::Requested);
    office
        .emit(&ReProofingMoved {
            case,
            staff,
            step,
            by: None,
        })
        .await;
    let (ordinary_hours, administrative_hours) = (1, 1);
    office
        .emit(&ReProofingWaitsChanged {
            by,
            ordinary_hours,
            administrative_hours,
        })
        .await;
    let (role, version, lowered) = ("agent".to_owned(), 2, true);
    office
        .emit(&FactorPolicyChanged {
            role: role.clone(),
            version,
            lowered,
            by,
        })
        .await;
    office
        .emit(&PasswordPolicyChanged {
            role: role.clone(),
            version,
            lowered,
            by,
        })
        .await;
    office
        .emit(&SessionPolicyChanged {
            role,
            version,
            lowered,
            by,
        })
        .await;
    let (wave, step) = (office.ctx.id(), WaveStep::Ended);
    office
        .emit(&FactorWaveMoved {
            wave,
            version,
            step,
            by,
        })
        .await;
    let (device, customer) = (office.ctx.id(), None);
    office
        .emit(&DeviceEnrolled {
            device,
            staff: Some(staff),
            customer,
        })
        .await;
    office
        .emit(&PumpingSuspected {
            country: "49".into(),
            numbers: 6,
            messages: 6,
            used: 0,
            blocked: true,
        })
        .await;
    office
        .emit(&SpendLimitReached {
            of: "hour".into(),
            spent: 5000,
            currency: "EUR".into(),
            customers: false,
        })
        .await;
    let (folder, purpose) = (office.ctx.id(), Some(Purpose::Export));
    office.emit(&ManyOpened { staff, folder, purpose }).await;
}

async fn sign_ins_are_unusual(office: &Office) {
    let (staff, by) = (staff(1), Some(staff(2)));
    let signals = vec![RiskSignal::ImpossibleTravel];
    office
        .emit(&SignInRefused {
            staff,
            signals: signals.clone(),
        })
        .await;
    office
        .emit(&SignInDisowned {
            staff,
            by: "totp".into(),
        })
        .await;
    office.emit(&RiskPolicyChanged { lowered: signals, by }).await;
    let (version, enabled) = (1, true);
    office.emit(&BlindScanSwitched { version, enabled, by }).await;
}

/// What the sign-in provider and the directory may do is changed, and a leaver stays.
async fn others_decide_who_people_are(office: &Office) {
    let (staff, by, version) = (staff(1), Some(staff(2)), 2);
    let changed = vec![OfProvider::Groups];
    office.emit(&ProviderChanged { version, changed, by }).await;
    let changed = vec![OfDirectory::SwitchesOffPrivileged];
    office.emit(&DirectoryChanged { version, changed, by }).await;
    let (token, name) = (office.ctx.id(), "Entra ID".to_owned());
    let made = TokenMade {
        token,
        name: name.clone(),
        days: 30,
        by,
    };
    office.emit(&made).await;
    office.emit(&TokenRevoked { token, name, by }).await;
    office.emit(&LeaverStays { staff }).await;
}

both_databases! { ALL;
    async fn the_security_contact_hears_of_everything_that_matters(test) {
        let office = Office::open(&test.db).await;
        office.contact("security@example.org").await;
        everything_happens(&office).await;
        office.relayed().await;
        // One address gets twenty an hour.
        office.contact("security.too@example.org").await;
        sign_ins_are_unusual(&office).await;
        others_decide_who_people_are(&office).await;
        let (conversation, customer) = (office.ctx.id(), office.ctx.id());
        office.emit(&CodesStopped { conversation, customer }).await;
        office.relayed().await;
        let all = [
            "administrator-made", "blind-scan-on", "browser-copied", "customer-codes-stopped", "device-enrolled", "directory-changed", "directory-token-made", "directory-token-revoked", "factor-policy-lowered", "factor-stopped", "factor-wave-ended", "leaver-stays", "link-made", "passkey-copied",
            "password-breached", "password-policy-lowered", "password-stopped", "re-proofing",
            "re-proofing-waits", "recovery-code-used", "risk-policy-lowered", "session-policy-lowered", "shared-secrets-opened", "sign-in-disowned",
            "sign-in-refused", "single-sign-on-changed", "sms-pumping-suspected", "sms-spend-limit-reached",
            "staff-disabled", "staff-enabled",
        ];
        assert_eq!(office.queued().await, all);
        assert_eq!(all.len(), TOLD.len());
    }

    async fn what_does_not_matter_is_not_told(test) {
        let office = Office::open(&test.db).await;
        office.contact("security@example.org").await;
        let roles = vec!["agent".to_owned()];
        office.emit(&RolesChanged { staff: staff(1), roles, by: None }).await;
        office.emit(&RiskPolicyChanged { lowered: vec![], by: None }).await;
        office.emit(&BlindScanSwitched { version: 2, enabled: false, by: None }).await;
        let (role, version, lowered, by) = ("agent".to_owned(), 2, false, None);
        office.emit(&FactorPolicyChanged { role: role.clone(), version, lowered, by }).await;
        office.emit(&PasswordPolicyChanged { role: role.clone(), version, lowered, by }).await;
        office.emit(&SessionPolicyChanged { role, version, lowered, by }).await;
        for step in [WaveStep::Made, WaveStep::Changed] {
            office.emit(&FactorWaveMoved { wave: office.ctx.id(), version, step, by }).await;
        }
        let (device, customer) = (office.ctx.id(), Some(office.ctx.id()));
        office.emit(&DeviceEnrolled { device, staff: None, customer }).await;
        office.relayed().await;
        assert!(office.queued().await.is_empty());
    }

    async fn who_may_change_a_folder_is_reminded_of_its_secrets_at_their_own_address(test) {
        let office = Office::open(&test.db).await;
        let (grace, _) = office.reachable("grace", "grace@example.org").await;
        let before = office.queued().await;
        for staff in [grace, staff(7)] {
            office.emit(&SecretsWanted { staff, due: 2, left: 0, folders: 1 }).await;
        }
        office.relayed().await;
        let after = office.queued().await;
        assert_eq!(after.len(), before.len() + 1, "who has no address gets nothing");
        assert!(after.contains(&"own-secrets-wanted".to_owned()));
    }

    async fn who_is_left_by_a_wave_is_reminded_at_their_own_address_and_nobody_else_hears(test) {
        let office = Office::open(&test.db).await;
        office.contact("security@example.org").await;
        let (grace, _) = office.reachable("grace", "grace@example.org").await;
        let before = office.queued().await;
        let (asks, due_at) = (FactorStrength::PhishingResistant, Timestamp::from_seconds(1_800_100_000));
        for staff in [grace, staff(7)] {
            office.emit(&FactorReminder { wave: office.ctx.id(), staff, asks, due_at }).await;
        }
        office.relayed().await;
        let after = office.queued().await;
        assert_eq!(after.len(), before.len() + 1, "who has no address gets nothing");
        assert!(after.contains(&"own-factor-reminder".to_owned()));
    }

    async fn without_a_security_contact_there_is_no_mail(test) {
        let office = Office::open(&test.db).await;
        everything_happens(&office).await;
        office.relayed().await;
        office.contact("security@example.org").await;
        assert!(office.queued().await.is_empty(), "who comes later does not hear of what was before");
    }

    async fn an_event_of_an_older_version_is_told_too(test) {
        let office = Office::open(&test.db).await;
        office.contact("security@example.org").await;
        let event = wd_kernel::EventEnvelope {
            id: office.ctx.id(),
            seq: 1,
            kind: StaffDisabled::KIND.into(),
            at: office.ctx.now(),
            payload: format!("{{\"staff\":\"{}\"}}", staff(1)),
        };
        let mut tx = test.db.begin().await.unwrap();
        office.notices.follow(&mut tx, &office.ctx, &event).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(office.queued().await, ["staff-disabled"]);
    }

    async fn people_hear_what_happens_to_their_accounts_at_the_address_they_have_proved(test) {
        let office = Office::open(&test.db).await;
        let (grace, _) = office.reachable("grace", "grace@example.org").await;
        assert_eq!(office.queued().await, ["own-mail-address-changed"]);
        let all = [
            Touch::PasswordChanged, Touch::PasswordStopped, Touch::PasswordBreached, Touch::PasswordFoundByScan, Touch::PasswordCheckAsked, Touch::FactorAdded, Touch::FactorRemoved, Touch::FactorStopped, Touch::RecoveryCodeUsed,
            Touch::RecoveryCodesMade, Touch::NewBrowser, Touch::BrowserCopied, Touch::LinkMade, Touch::Enabled, Touch::SessionsEnded, Touch::BrowserForgotten, Touch::ProviderBound, Touch::ProviderUnbound,
        ];
        for what in all {
            let event = AccountTouched { staff: grace, what, session: Some(office.ctx.id()), by: Some(staff(2)) };
            office.emit(&event).await;
        }
        office.relayed().await;
        let queued = office.queued().await;
        for what in all {
            assert!(queued.contains(&format!("own-{}", what.as_str())), "{what:?}: {queued:?}");
        }
        assert_eq!(queued.len(), 19, "the security contact is somebody else");
    }

    async fn the_owner_hears_that_an_account_at_the_provider_was_bound_and_unbound(test) {
        let office = Office::open(&test.db).await;
        office.contact("security@example.org").await;
        let (grace, ctx) = office.reachable("grace", "grace@example.org").await;
        let before = office.queued().await;
        let origin = "http://localhost:8080".parse().unwrap();
        let provider = SingleSignOn::new(test.db.clone(), wd_vault::testing::vault(&test.db).await, &origin).unwrap();
        let account = ("https://id.example.org", "grace-at-example");
        let mut tx = test.db.begin().await.unwrap();
        provider.bind_in(&mut tx, &office.ctx, account, grace, BoundBy::FirstSignIn).await.unwrap();
        // It goes with everything else when somebody leaves.
        assert!(provider.unbind_in(&mut tx, &office.ctx, grace, None).await.unwrap());
        tx.commit().await.unwrap();
        office.relayed().await;
        assert_eq!(office.queued().await, before, "nothing that the owner did not expect");
        let mut tx = test.db.begin().await.unwrap();
        provider.bind_in(&mut tx, &ctx, account, grace, BoundBy::Owner).await.unwrap();
        provider.bind_in(&mut tx, &ctx, account, grace, BoundBy::Owner).await.unwrap();
        assert!(provider.unbind_in(&mut tx, &ctx, grace, None).await.unwrap());
        assert!(!provider.unbind_in(&mut tx, &ctx, grace, None).await.unwrap(), "there is none any more");
        provider.bind_in(&mut tx, &office.ctx, account, grace, BoundBy::Directory).await.unwrap();
        tx.commit().await.unwrap();
        office.relayed().await;
        let told: Vec<String> = office.queued().await.into_iter().filter(|kind| kind.starts_with("own-provider")).collect();
        assert_eq!(told, ["own-provider-bound", "own-provider-bound", "own-provider-unbound"]);
        assert_eq!(office.queued().await.len(), before.len() + 3, "the security contact is somebody else");
    }

    async fn the_owner_hears_of_each_step_of_a_recovery_beside_the_security_contact(test) {
        let office = Office::open(&test.db).await;
        office.contact("security@example.org").await;
        let (grace, _) = office.reachable("grace", "grace@example.org").await;
        let (_, olga) = office.reachable("olga", "olga@example.org").await;
        let mut tx = test.db.begin().await.unwrap();
        tx.execute("UPDATE staff SET state = 'active'", vec![]).await.unwrap();
        tx.commit().await.unwrap();
        let answers: Vec<Answer> = PROCEDURE.iter().map(|asked| Answer {
            step: asked.step.into(),
            choice: match asked.step { "call-back" => "reached", "seen" => "not-seen", "first-fact" | "second-fact" => "right", _ => "no" }.into(),
        }).collect();
        let case = office.notices.identity.request_re_proofing_for(&olga, grace, &answers).await.unwrap();
        office.relayed().await;
        let count = async |kind: &str| office.queued().await.iter().filter(|queued| *queued == kind).count();
        // Asked for, and found to be the person.
        assert_eq!((count("own-re-proofing").await, count("re-proofing").await), (2, 2));
        for step in [ReProofingStep::Waiting, ReProofingStep::Ready, ReProofingStep::Used, ReProofingStep::Finished, ReProofingStep::Refused] {
            let before = count("own-re-proofing").await;
            office.emit(&ReProofingMoved { case: case.id, staff: grace, step, by: None }).await;
            office.relayed().await;
            assert_eq!(count("own-re-proofing").await, before + 1, "{step:?}");
        }
        let before = count("own-re-proofing").await;
        office.emit(&ReProofingMoved { case: office.ctx.id(), staff: grace, step: ReProofingStep::Used, by: None }).await;
        office.relayed().await;
        assert_eq!(count("own-re-proofing").await, before, "of a case that is not there nothing can be said");
        assert_eq!(count("re-proofing").await, 8);
    }

    async fn who_has_proved_no_address_gets_no_mail(test) {
        let office = Office::open(&test.db).await;
        let (grace, ctx) = office.reachable("grace", "grace@example.org").await;
        office.code(&ctx, "new@example.org").await;
        let touched = |staff| AccountTouched { staff, what: Touch::NewBrowser, session: None, by: None };
        office.emit(&touched(staff(9))).await;
        office.relayed().await;
        assert_eq!(office.queued().await, ["own-mail-address-changed"]);
        office.emit(&touched(grace)).await;
        office.relayed().await;
        assert_eq!(office.queued().await, ["own-mail-address-changed", "own-new-browser"], "to the old one, until the new one is proved");
    }

    async fn the_address_of_before_is_told_that_another_one_took_its_place(test) {
        let office = Office::open(&test.db).await;
        let (_, ctx) = office.reachable("grace", "grace@example.org").await;
        office.address(&ctx, "mallory@example.org").await;
        office.relayed().await;
        assert_eq!(office.queued().await, ["own-mail-address-changed", "own-mail-address-changed", "own-mail-address-gone"]);
        assert_eq!(office.send(&ctx, "DELETE", "/api/v1/mail-address", json!({})).await.0, 204);
        assert_eq!(office.queued().await.iter().filter(|kind| *kind == "own-mail-address-gone").count(), 2);
        let (_, shown) = office.send(&ctx, "GET", "/api/v1/mail-address", json!({})).await;
        assert_eq!(shown, json!({ "address": null, "proved_at": null, "claimed": null, "code_until": null, "available": true }));
    }

    async fn a_code_goes_by_mail_and_never_into_the_answer(test) {
        let office = Office::open(&test.db).await;
        let (_, ctx) = office.reachable("grace", "grace@example.org").await;
        let (status, answer) = office.send(&ctx, "PUT", "/api/v1/mail-address", json!({ "address": " new@example.org " })).await;
        assert_eq!((status, answer), (202, Value::Null));
        assert!(office.queued().await.contains(&"own-mail-code".to_owned()));
        let (_, shown) = office.send(&ctx, "GET", "/api/v1/mail-address", json!({})).await;
        assert_eq!((&shown["address"], &shown["claimed"]), (&json!("grace@example.org"), &json!("new@example.org")));
        for wrong in ["nobody", "a@b@c", "a b@example.org", "x@example.org\r\nBcc: y@example.org"] {
            let (status, problem) = office.send(&ctx, "PUT", "/api/v1/mail-address", json!({ "address": wrong })).await;
            assert_eq!((status, &problem["fields"][0]["field"]), (422, &json!("address")), "{wrong}");
        }
        for n in 0..2 {
            let (status, problem) = office.send(&ctx, "POST", "/api/v1/mail-address/prove", json!({ "code": "abcdef" })).await;
            assert_eq!((status, &problem["fields"][0]["field"]), (422, &json!("code")), "{n}");
        }
        let mut tx = test.db.snapshot().await.unwrap();
        let (tries,): (i64,) = tx.fetch_one("SELECT MAX(tries) FROM mail_address", vec![]).await.unwrap();
        assert_eq!(tries, 2, "a wrong code is counted though it is refused");
    }

    async fn nobody_and_a_stale_factor_change_no_address(test) {
        let office = Office::open(&test.db).await;
        let (_, ctx) = office.reachable("grace", "grace@example.org").await;
        let mut actor = ctx.actor.staff().unwrap().clone();
        actor.stepped_up_until = None;
        let stale = office.ctx.acting_as(Actor::Staff(Arc::new(actor)));
        let nobody = office.ctx.acting_as(Actor::Nobody);
        for (method, path, body) in [
            ("PUT", "/api/v1/mail-address", json!({ "address": "mallory@example.org" })),
            ("POST", "/api/v1/mail-address/prove", json!({ "code": "000000" })),
            ("DELETE", "/api/v1/mail-address", json!({})),
        ] {
            let (status, problem) = office.send(&stale, method, path, body.clone()).await;
            assert_eq!((status, &problem["code"]), (403, &json!("step-up-required")), "{method}");
            assert_eq!(office.send(&nobody, method, path, body).await.0, 401, "{method}");
        }
    }
}
