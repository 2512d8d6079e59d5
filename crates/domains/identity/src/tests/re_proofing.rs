//! Somebody lost all factors: the way back, and the ways that must not lead anywhere.

mod told;

use wd_db::both_databases;
use wd_kernel::{Ctx, Denied, ReProofingId, Reach, SecretString, StaffId};

use super::{
    Desk, PASSWORD, Person, SCHEMA, bytes, client, desk, secret,
    sms::{NUMBER, texting},
};
use crate::{
    Answer, FactorAdded, FactorError, FactorKind, OwnReProofing, Privilege, ReProofingError, ReProofingReason,
    ReProofingState, ReProofingStep, SignInError, SignInState, SignedIn, StaffState,
    model::{PROCEDURE, Refusal},
};

const DAY: u64 = 24 * 3600;

/// Answers with which the procedure passes, but for one.
fn answers_but(step: &str, choice: &str) -> Vec<Answer> {
    let good = |step: &str| match step {
        "call-back" => "reached",
        "seen" => "not-seen",
        "first-fact" | "second-fact" => "right",
        _ => "no",
    };
    let answer = |asked: &str| Answer {
        step: asked.into(),
        choice: if asked == step {
            choice.into()
        } else {
            good(asked).into()
        },
    };
    PROCEDURE.iter().map(|asked| answer(asked.step)).collect()
}

fn answers() -> Vec<Answer> {
    answers_but("", "")
}

fn administrator() -> Privilege {
    Privilege {
        administrator: true,
        ..Privilege::default()
    }
}

fn holding(rights: &[&str]) -> Privilege {
    let mut privilege = Privilege::default();
    for right in rights {
        privilege.add((*right).to_owned(), Reach::Organisation);
    }
    privilege
}

/// Grace lost everything; Olga runs the procedure; Ada approves.
struct Office {
    desk: Desk,
    grace: Person,
    olga: Person,
    ada: Person,
}

impl Office {
    async fn open(db: &wd_db::Db) -> Self {
        Self::at(desk(db).await).await
    }

    /// Grace has a number, too.
    async fn texting(db: &wd_db::Db) -> Self {
        let office = Self::at(texting(db).await).await;
        office.desk.add_number(&office.grace.token, NUMBER).await;
        office
    }

    async fn at(desk: Desk) -> Self {
        let office = Self {
            grace: desk.person("grace").await,
            olga: desk.person("olga").await,
            ada: desk.person("ada").await,
            desk,
        };
        office.gives(office.ada.id, administrator());
        office
    }

    fn gives(&self, to: StaffId, privilege: Privilege) {
        self.desk.roles.privileges.lock().unwrap().insert(to, privilege);
    }

    async fn asks(&self) -> Result<OwnReProofing, ReProofingError> {
        let pending = self.desk.pending("grace").await;
        self.desk
            .identity
            .request_re_proofing(&self.desk.nobody(), Some(&pending))
            .await
    }

    /// Somebody, signed in with a fresh factor.
    async fn as_of(&self, person: &Person) -> Ctx {
        self.desk.acting(&person.token).await
    }

    async fn state(&self) -> (ReProofingState, Option<ReProofingReason>) {
        let pending = self.desk.pending("grace").await;
        let own = self
            .desk
            .identity
            .own_re_proofing(&self.desk.nobody(), Some(&pending))
            .await
            .unwrap();
        let case = own.case.unwrap();
        (case.state, case.reason)
    }

    /// Asked for and found to be the person.
    async fn verified(&self) -> ReProofingId {
        let id = self.asks().await.unwrap().case.unwrap().id;
        let olga = self.as_of(&self.olga).await;
        self.desk
            .identity
            .verify_re_proofing(&olga, id, &answers())
            .await
            .unwrap();
        id
    }

    async fn approves(&self, person: &Person, id: ReProofingId) -> Result<ReProofingState, ReProofingError> {
        let ctx = self.as_of(person).await;
        Ok(self.desk.identity.approve_re_proofing(&ctx, id).await?.state)
    }

    async fn waiting(&self) -> ReProofingId {
        let id = self.verified().await;
        assert_eq!(self.approves(&self.ada, id).await.unwrap(), ReProofingState::Waiting);
        id
    }

    async fn uses(&self) -> Result<SignedIn, ReProofingError> {
        let pending = self.desk.pending("grace").await;
        self.desk
            .identity
            .use_re_proofing(&self.desk.nobody(), Some(&pending), &client())
            .await
    }

    async fn is_not_vouched_for(&self) {
        self.desk.wait(DAY);
        assert!(matches!(self.uses().await, Err(ReProofingError::ApproverGone)));
        assert_eq!(
            self.state().await,
            (ReProofingState::Refused, Some(ReProofingReason::ApproverGone))
        );
        assert!(matches!(self.uses().await, Err(ReProofingError::NotReady)));
    }

    /// Texts Grace what happened, as whoever hears the event does; the message, if there is one.
    async fn texts(&self, id: ReProofingId, step: ReProofingStep) -> Option<String> {
        // Each at a moment of its own, so that the queue has an order.
        self.desk.wait(1);
        let before = self.desk.texts().await.len();
        let (identity, ctx) = (&self.desk.identity, self.desk.admin());
        let mut tx = self.desk.db.begin().await.unwrap();
        let told = identity.re_proofing_told_in(&mut tx, id).await.unwrap().unwrap();
        let sent = identity.text_re_proofing_in(&mut tx, &ctx, self.grace.id, step, &told);
        sent.await.unwrap();
        tx.commit().await.unwrap();
        self.desk.wait(1);
        let mut after = self.desk.texts().await;
        let (to, text) = after.pop().filter(|_| after.len() == before)?;
        assert_eq!(to, NUMBER.replace(' ', ""));
        Some(text)
    }

    /// Sets up an app with the session that the case gave.
    async fn sets_up(&self, enrol: &SecretString) -> FactorAdded {
        let (identity, nobody) = (&self.desk.identity, self.desk.nobody());
        let made = identity.begin_totp(&nobody, Some(enrol)).await.unwrap();
        let code = self.desk.code(&bytes(&made));
        let added = identity.confirm_totp(&nobody, Some(enrol), made.id, &code).await;
        added.unwrap()
    }

    async fn factor_of_grace(&self) -> Result<SignedIn, SignInError> {
        let pending = self.desk.pending("grace").await;
        let code = self.desk.code(&self.grace.secret);
        self.desk
            .identity
            .sign_in_by_totp(&self.desk.nobody(), Some(&pending), &code, &client())
            .await
    }
}

both_databases! { SCHEMA;
    async fn who_lost_all_factors_waits_and_chooses_new_ones(test) {
        let office = Office::open(&test.db).await;
        let desk = &office.desk;
        let asked = office.asks().await.unwrap();
        assert_eq!((asked.wait_hours, asked.case.as_ref().unwrap().state), (24, ReProofingState::Requested));
        let id = asked.case.unwrap().id;
        let olga = office.as_of(&office.olga).await;
        let view = desk.identity.verify_re_proofing(&olga, id, &answers()).await.unwrap();
        assert_eq!((view.state, view.verified_by.unwrap().id, view.answers.len()), (ReProofingState::Requested, office.olga.id, PROCEDURE.len()));
        assert_eq!(office.approves(&office.ada, id).await.unwrap(), ReProofingState::Waiting);
        assert!(matches!(office.uses().await, Err(ReProofingError::NotReady)), "the wait has begun only");
        desk.wait(DAY - 1);
        assert!(matches!(office.uses().await, Err(ReProofingError::NotReady)));
        desk.wait(1);
        assert_eq!(office.state().await.0, ReProofingState::Ready);
        // Somebody who has a phone of hers is signed in.
        let thief = office.factor_of_grace().await.unwrap().token;

        let entered = office.uses().await.unwrap();
        assert_eq!(entered.state.state, SignInState::Enrol);
        assert!(desk.alive(&thief).await, "nothing changes before there is a new factor");
        let made = desk.identity.begin_totp(&desk.nobody(), Some(&entered.token)).await.unwrap();
        let code = desk.code(&bytes(&made));
        let added = desk.identity.confirm_totp(&desk.nobody(), Some(&entered.token), made.id, &code).await.unwrap();
        assert_eq!(added.state.state, SignInState::SignedIn);
        assert_eq!(added.recovery_codes.unwrap().len(), 10);
        let new = added.token.unwrap();
        assert!(desk.alive(&new).await && !desk.alive(&thief).await && !desk.alive(&entered.token).await);
        let kinds: Vec<_> = desk.identity.factors(&desk.nobody(), Some(&new)).await.unwrap().into_iter().map(|f| f.kind).collect();
        assert_eq!(kinds, [FactorKind::Totp, FactorKind::Recovery]);
        desk.wait(60);
        assert!(matches!(office.factor_of_grace().await, Err(SignInError::WrongCode)), "the lost app is out");
        desk.wait(60);
        let pending = desk.pending("grace").await;
        let old = desk.identity.sign_in_by_recovery_code(&desk.nobody(), Some(&pending), &secret(&office.grace.codes[0]), &client()).await;
        assert!(matches!(old, Err(SignInError::WrongCode)), "and so are the old recovery codes");
        assert!(matches!(office.uses().await, Err(ReProofingError::NotReady)), "once");
        assert_eq!(office.state().await.0, ReProofingState::Used);
        // Requested, verified, waiting, used, finished.
        assert_eq!(desk.events("identity.re-proofing-moved").await, 5);
        assert_eq!(desk.entries("re-proofing.finished", "done").await, 1);
    }

    async fn what_is_not_finished_leaves_the_account_as_it_was(test) {
        let office = Office::open(&test.db).await;
        let desk = &office.desk;
        office.waiting().await;
        desk.wait(DAY);
        let enrol = office.uses().await.unwrap().token;
        let factors = desk.identity.factors(&desk.nobody(), Some(&enrol)).await.unwrap();
        for factor in &factors {
            let removed = desk.identity.remove_factor(&desk.nobody(), Some(&enrol), factor.id).await;
            assert!(matches!(removed, Err(FactorError::NotFound)));
        }
        assert!(matches!(desk.identity.new_recovery_codes(&desk.nobody(), Some(&enrol)).await, Err(FactorError::Denied(_))));
        assert!(desk.identity.actor(&desk.nobody(), &enrol).await.unwrap().staff().is_none(), "no rights");
        desk.wait(3600);
        assert!(!desk.alive(&enrol).await);
        assert!(office.factor_of_grace().await.is_ok());
        assert!(matches!(office.uses().await, Err(ReProofingError::NotReady)));
    }

    async fn nobody_approves_without_more_than_the_person_and_without_distance(test) {
        let office = Office::open(&test.db).await;
        let lead = office.desk.person("lead").await;
        office.gives(lead.id, holding(&["conversation.read", "staff.re_proof"]));
        // A team lead for an administrator, and for a security officer.
        for above in [administrator(), holding(&["conversation.read", "staff.re_proof", "audit.export"])] {
            office.gives(office.grace.id, above);
            let id = office.verified().await;
            assert!(matches!(office.approves(&lead, id).await, Err(ReProofingError::Refused(Refusal::Beyond))));
            // Grace herself, with a session that is still open somewhere.
            assert!(matches!(office.approves(&office.grace, id).await, Err(ReProofingError::Refused(Refusal::Own))));
            // Who ran the procedure, whatever their rights.
            office.gives(office.olga.id, administrator());
            assert!(matches!(office.approves(&office.olga, id).await, Err(ReProofingError::Refused(Refusal::Ran))));
            office.gives(office.olga.id, Privilege::default());
            assert_eq!(office.state().await.0, ReProofingState::Requested);
            let ada = office.as_of(&office.ada).await;
            office.desk.identity.refuse_re_proofing(&ada, id, ReProofingReason::NotNeeded).await.unwrap();
        }
        assert_eq!(office.desk.entries("re-proofing.approved", "refused").await, 6);
    }

    async fn approving_needs_a_fresh_factor_and_the_procedure(test) {
        let office = Office::open(&test.db).await;
        let id = office.asks().await.unwrap().case.unwrap().id;
        assert!(matches!(office.approves(&office.ada, id).await, Err(ReProofingError::Refused(Refusal::NotVerified))));
        let olga = office.as_of(&office.olga).await;
        office.desk.identity.verify_re_proofing(&olga, id, &answers()).await.unwrap();
        office.desk.wait(601);
        let stale = office.as_of(&office.ada).await;
        let approved = office.desk.identity.approve_re_proofing(&stale, id).await;
        assert!(matches!(approved, Err(ReProofingError::Denied(Denied::StepUp("staff.re_proof")))));
        let refused = office.desk.identity.refuse_re_proofing(&stale, id, ReProofingReason::Suspicious).await;
        assert!(matches!(refused, Err(ReProofingError::Denied(Denied::StepUp(_)))));
        let nobody = office.desk.identity.approve_re_proofing(&office.desk.nobody(), id).await;
        assert!(matches!(nobody, Err(ReProofingError::Denied(Denied::Unauthenticated))));
        assert_eq!(office.state().await.0, ReProofingState::Requested);
    }

    async fn administrators_need_two_others_where_there_are_two(test) {
        let office = Office::open(&test.db).await;
        office.gives(office.grace.id, administrator());
        let bob = office.desk.person("bob").await;
        office.gives(bob.id, administrator());
        let id = office.verified().await;
        assert_eq!(office.approves(&office.ada, id).await.unwrap(), ReProofingState::Approved);
        assert!(matches!(office.approves(&office.ada, id).await, Err(ReProofingError::Refused(Refusal::Twice))));
        assert_eq!(office.approves(&bob, id).await.unwrap(), ReProofingState::Waiting);
        office.desk.wait(2 * DAY - 1);
        assert!(matches!(office.uses().await, Err(ReProofingError::NotReady)), "administrators wait 48 hours");
        office.desk.wait(1);
        assert!(office.uses().await.is_ok());
    }

    async fn the_only_administrator_goes_to_the_machine(test) {
        let office = Office::open(&test.db).await;
        office.gives(office.grace.id, administrator());
        office.gives(office.ada.id, Privilege::default());
        assert!(matches!(office.asks().await, Err(ReProofingError::NobodyCan)));
        // Somebody who administers and has left does not count.
        office.gives(office.ada.id, administrator());
        office.desk.identity.disable(&office.desk.admin(), office.ada.id).await.unwrap();
        assert!(matches!(office.asks().await, Err(ReProofingError::NobodyCan)));
    }

    async fn of_twenty_approvals_at_once_one_wins(test) {
        let office = Office::open(&test.db).await;
        let id = office.verified().await;
        let ctx = office.as_of(&office.ada).await;
        let tasks: Vec<_> = (0..20).map(|_| {
            let (identity, ctx) = (office.desk.identity.clone(), ctx.clone());
            tokio::spawn(async move { identity.approve_re_proofing(&ctx, id).await.is_ok() })
        }).collect();
        let mut won = 0;
        for task in tasks {
            won += i32::from(task.await.unwrap());
        }
        assert_eq!((won, office.desk.entries("re-proofing.approved", "done").await), (1, 1));
    }

    async fn of_twenty_who_begin_at_once_one_gets_the_session(test) {
        let office = Office::open(&test.db).await;
        office.waiting().await;
        office.desk.wait(DAY);
        let mut pending = Vec::new();
        for _ in 0..20 {
            pending.push(office.desk.pending("grace").await);
        }
        let tasks: Vec<_> = pending.into_iter().map(|token| {
            let (identity, ctx) = (office.desk.identity.clone(), office.desk.nobody());
            tokio::spawn(async move { identity.use_re_proofing(&ctx, Some(&token), &client()).await.is_ok() })
        }).collect();
        let mut won = 0;
        for task in tasks {
            won += i32::from(task.await.unwrap());
        }
        assert_eq!((won, office.desk.count("SELECT COUNT(*) FROM session WHERE kind = 'enrol'").await), (1, 1));
    }

    async fn the_person_stops_it_with_one_press_and_nothing_comes_of_it(test) {
        let office = Office::open(&test.db).await;
        office.waiting().await;
        office.desk.wait(DAY / 2);
        let session = office.factor_of_grace().await.unwrap().token;
        // No fresh factor is needed to stop what somebody else began.
        office.desk.wait(700);
        let own = office.desk.identity.withdraw_re_proofing(&office.desk.nobody(), Some(&session), true).await.unwrap();
        let case = own.case.unwrap();
        assert_eq!((case.state, case.reason), (ReProofingState::Withdrawn, Some(ReProofingReason::NotMe)));
        office.desk.wait(DAY);
        assert!(matches!(office.uses().await, Err(ReProofingError::NotReady)));
        let again = office.desk.identity.withdraw_re_proofing(&office.desk.nobody(), Some(&session), true).await;
        assert!(matches!(again, Err(ReProofingError::NotOpen | ReProofingError::Denied(_))));
    }

    async fn who_may_approve_stops_it_also_while_it_waits(test) {
        let office = Office::open(&test.db).await;
        let id = office.waiting().await;
        let ada = office.as_of(&office.ada).await;
        let odd = office.desk.identity.refuse_re_proofing(&ada, id, ReProofingReason::NotMe).await;
        assert!(matches!(odd, Err(ReProofingError::Reason)), "that is for the person to say");
        let view = office.desk.identity.refuse_re_proofing(&ada, id, ReProofingReason::Suspicious).await.unwrap();
        assert_eq!((view.state, view.closed_by.unwrap().id), (ReProofingState::Refused, office.ada.id));
        assert!(matches!(office.approves(&office.ada, id).await, Err(ReProofingError::Refused(Refusal::NotOpen))));
        office.desk.wait(DAY);
        assert!(matches!(office.uses().await, Err(ReProofingError::NotReady)));
    }

    async fn who_vouched_and_left_or_lost_rights_does_not_count(test) {
        let office = Office::open(&test.db).await;
        office.waiting().await;
        office.desk.identity.disable(&office.desk.admin(), office.ada.id).await.unwrap();
        office.is_not_vouched_for().await;

        let signed_in = office.desk.full("olga", &office.olga).await;
        let ctx = office.desk.acting(&signed_in).await;
        let id = office.asks().await.unwrap().case.unwrap().id;
        let carl = office.desk.person("carl").await;
        office.gives(carl.id, administrator());
        office.desk.identity.verify_re_proofing(&ctx, id, &answers()).await.unwrap();
        office.approves(&carl, id).await.unwrap();
        office.desk.identity.disable(&office.desk.admin(), office.olga.id).await.unwrap();
        office.is_not_vouched_for().await;
    }

    async fn who_may_do_less_than_the_person_by_now_does_not_count(test) {
        let office = Office::open(&test.db).await;
        office.gives(office.ada.id, holding(&["staff.re_proof"]));
        office.waiting().await;
        // Grace becomes more in the meantime.
        office.gives(office.grace.id, administrator());
        office.is_not_vouched_for().await;
    }

    async fn who_is_disabled_meanwhile_does_not_come_back_by_it(test) {
        let office = Office::open(&test.db).await;
        let id = office.waiting().await;
        office.desk.wait(DAY);
        let pending = office.desk.pending("grace").await;
        let mut tx = test.db.begin().await.unwrap();
        office.desk.identity.disable_in(&mut tx, &office.desk.admin(), office.grace.id).await.unwrap();
        tx.commit().await.unwrap();
        let used = office.desk.identity.use_re_proofing(&office.desk.nobody(), Some(&pending), &client()).await;
        assert!(matches!(used, Err(ReProofingError::Denied(Denied::Unauthenticated))));
        assert!(matches!(office.desk.password("grace", PASSWORD).await, Err(SignInError::Refused)));
        let mut tx = test.db.snapshot().await.unwrap();
        let row = crate::store::re_proofing::find(&mut tx, id).await.unwrap().unwrap();
        assert_eq!((row.state, row.reason), (ReProofingState::Withdrawn, Some(ReProofingReason::Disabled)));
    }

    async fn who_is_disabled_while_choosing_factors_stays_out(test) {
        let office = Office::open(&test.db).await;
        office.waiting().await;
        office.desk.wait(DAY);
        let enrol = office.uses().await.unwrap().token;
        let made = office.desk.identity.begin_totp(&office.desk.nobody(), Some(&enrol)).await.unwrap();
        office.desk.identity.disable(&office.desk.admin(), office.grace.id).await.unwrap();
        let code = office.desk.code(&bytes(&made));
        let added = office.desk.identity.confirm_totp(&office.desk.nobody(), Some(&enrol), made.id, &code).await;
        assert!(matches!(added, Err(FactorError::Denied(_))));
        let mut tx = test.db.snapshot().await.unwrap();
        let (state, _) = office.desk.identity.standing_in(&mut tx, office.grace.id).await.unwrap().unwrap();
        assert_eq!(state, StaffState::Disabled);
    }

    async fn pressure_ends_the_case_and_security_hears_of_it(test) {
        let office = Office::open(&test.db).await;
        let olga = office.as_of(&office.olga).await;
        let signs = [("call-back", "refused"), ("asks-for-a-secret", "yes"), ("presses-for-time", "yes")];
        for (step, choice) in signs {
            let id = office.asks().await.unwrap().case.unwrap().id;
            let view = office.desk.identity.verify_re_proofing(&olga, id, &answers_but(step, choice)).await.unwrap();
            assert_eq!((view.state, view.reason), (ReProofingState::Refused, Some(ReProofingReason::Stopped)), "{step}");
            assert!(matches!(office.approves(&office.ada, id).await, Err(ReProofingError::Refused(Refusal::NotOpen))));
            // Another try with nicer answers does not help.
            let again = office.desk.identity.verify_re_proofing(&olga, id, &answers()).await;
            assert!(matches!(again, Err(ReProofingError::NotOpen)));
        }
        assert_eq!(office.desk.entries("re-proofing.verified", "refused").await, 3);
    }

    async fn a_colleague_asks_with_the_answers_and_somebody_else_decides(test) {
        let office = Office::open(&test.db).await;
        let (olga, identity) = (office.as_of(&office.olga).await, &office.desk.identity);
        let person = office.grace.id;
        let missing = identity.request_re_proofing_for(&olga, person, &answers()[1..]).await;
        assert!(matches!(missing, Err(ReProofingError::Answers("call-back"))));
        let mut twice = answers();
        twice.push(twice[0].clone());
        assert!(matches!(identity.request_re_proofing_for(&olga, person, &twice).await, Err(ReProofingError::Answers(""))));
        assert!(matches!(identity.request_re_proofing_for(&olga, office.olga.id, &answers()).await, Err(ReProofingError::Own)));
        assert_eq!(office.desk.count("SELECT COUNT(*) FROM re_proofing").await, 0, "what is wrong leaves nothing behind");
        let view = identity.request_re_proofing_for(&olga, person, &answers()).await.unwrap();
        assert_eq!(view.cannot_approve.as_deref(), Some("Who asked for it or ran the procedure does not approve. Somebody else must."));
        assert_eq!(office.approves(&office.ada, view.id).await.unwrap(), ReProofingState::Waiting);
        let page = identity.re_proofings(&olga, &wd_kernel::PageQuery::default()).await.unwrap();
        assert_eq!((page.items.len(), page.items[0].state), (1, ReProofingState::Waiting));
    }

    async fn there_is_one_open_case_and_three_in_thirty_days(test) {
        let office = Office::open(&test.db).await;
        for n in 1..=3 {
            office.asks().await.unwrap();
            let again = office.asks().await;
            assert!(matches!(again, Err(ReProofingError::AlreadyOpen | ReProofingError::TooOften(_))), "{n}");
            office.desk.wait(7 * DAY);
            assert_eq!(office.state().await.0, ReProofingState::Expired);
        }
        assert!(matches!(office.asks().await, Err(ReProofingError::TooOften(seconds)) if seconds <= 9 * DAY));
        let olga = office.desk.person("olga2").await;
        let ctx = office.as_of(&olga).await;
        let by_colleague = office.desk.identity.request_re_proofing_for(&ctx, office.grace.id, &answers()).await;
        assert!(matches!(by_colleague, Err(ReProofingError::TooOften(_))), "whoever asks");
        office.desk.wait(9 * DAY);
        office.asks().await.unwrap();
    }

    async fn asking_and_using_need_the_password_just_shown(test) {
        let office = Office::open(&test.db).await;
        let identity = &office.desk.identity;
        let (nobody, full) = (office.desk.nobody(), &office.grace.token);
        let (_, enrolling) = office.desk.joining("new").await;
        for token in [None, Some(full), Some(&enrolling)] {
            assert!(matches!(identity.request_re_proofing(&nobody, token).await, Err(ReProofingError::Denied(_))));
            assert!(matches!(identity.use_re_proofing(&nobody, token, &client()).await, Err(ReProofingError::Denied(_))));
        }
        office.waiting().await;
        office.desk.wait(DAY);
        office.desk.password("grace", "not the password at all").await.unwrap_err();
        office.desk.wait(10);
        // Somebody else's password opens nothing of hers.
        let other = office.desk.pending("olga").await;
        assert!(matches!(identity.use_re_proofing(&office.desk.nobody(), Some(&other), &client()).await, Err(ReProofingError::NotReady)));
        office.desk.wait(DAY);
        assert!(matches!(office.uses().await, Err(ReProofingError::NotReady)), "a day to use it, no more");
        assert_eq!(office.state().await.0, ReProofingState::Expired);
    }

    async fn the_wait_is_a_setting_that_does_not_touch_who_waits_already(test) {
        let office = Office::open(&test.db).await;
        let ada = office.as_of(&office.ada).await;
        let identity = &office.desk.identity;
        office.waiting().await;
        let version = identity.re_proofing_waits(&ada).await.unwrap().version;
        assert!(matches!(identity.set_re_proofing_waits(&ada, 0, 48, version).await, Err(ReProofingError::Waits)));
        let set = identity.set_re_proofing_waits(&ada, 1, 2, version).await.unwrap();
        assert_eq!((set.ordinary_hours, set.administrative_hours), (1, 2));
        assert!(matches!(identity.set_re_proofing_waits(&ada, 5, 5, version).await, Err(ReProofingError::Stale)));
        office.desk.wait(2 * 3600);
        assert!(matches!(office.uses().await, Err(ReProofingError::NotReady)));
        let stale = office.as_of(&office.ada).await;
        let lowered = identity.set_re_proofing_waits(&stale, 1, 1, set.version).await;
        assert!(matches!(lowered, Err(ReProofingError::Denied(Denied::StepUp("staff.re_proof_waits")))));
    }
}
