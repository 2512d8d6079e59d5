//! Holding people to what their roles ask. Every way in goes through here.

use wd_db::{DbError, Tx};
use wd_kernel::{Ctx, FactorId, StaffId, Timestamp};

use crate::{
    Aaguid, FactorKind, Identity, SessionKind,
    model::{Demand, FactorPolicy, FactorStrength, Grade, STEP_UP_FOR, first_due, next_due, own_strength, strength},
    service::{sign_in::Passed, sms::is_better, state::EnrolmentDue, waves::of_person},
    store::{
        browser,
        factor::{self, FactorRow},
        factor_policy,
        session::SessionRow,
        sign_in_risk, staff, wave,
    },
};

/// Where a sign-in leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entrance {
    pub kind: SessionKind,
    /// Until when the factor shown suffices for dangerous acts.
    pub fresh_until: Option<Timestamp>,
    /// When the session ends at the latest, because more is asked from then on.
    pub until: Option<Timestamp>,
}

impl Identity {
    /// The policies of a person's roles and waves, those to come too.
    pub(crate) async fn policies_of(&self, tx: &mut Tx, staff: StaffId) -> Result<Vec<FactorPolicy>, DbError> {
        let asked = self.asked_of(tx, staff).await?;
        Ok(asked.into_iter().map(|(policy, _)| policy).collect())
    }

    /// The policies of a person's roles and waves, with when the person is told; `None`: as soon as it is decided.
    async fn asked_of(&self, tx: &mut Tx, staff: StaffId) -> Result<Vec<(FactorPolicy, Option<Timestamp>)>, DbError> {
        let rows = factor_policy::all(tx).await?;
        let waves = wave::open(tx).await?;
        if rows.is_empty() && waves.is_empty() {
            return Ok(Vec::new());
        }
        let (roles, _) = self.rights.standing_of(tx, staff).await?;
        let waves = of_person(tx, waves, staff, &roles).await?;
        let by_role = rows.iter().filter(|row| roles.contains(&row.role));
        let by_role = by_role.map(|row| (row.policy(), None));
        let by_wave = waves.iter().map(|row| (row.terms().policy(), Some(row.starts_at)));
        Ok(by_role.chain(by_wave).collect())
    }

    /// The strongest factor somebody has here; `None`: none.
    pub(crate) async fn own_strength_of(&self, tx: &mut Tx, staff: StaffId) -> Result<Option<FactorStrength>, DbError> {
        let rows = factor::of_staff(tx, staff).await?;
        let working = rows.iter().filter(|row| row.disabled_at.is_none());
        Ok(own_strength(&working.map(|row| row.kind).collect::<Vec<_>>()))
    }

    /// What is asked of a person now.
    pub async fn factor_demand_in(&self, tx: &mut Tx, ctx: &Ctx, staff: StaffId) -> Result<Demand, DbError> {
        Ok(Demand::now(&self.policies_of(tx, staff).await?, ctx.now()))
    }

    /// Somebody's roles were changed. If more is asked of them than before, their sessions end: who signs in next is held
    /// to it. Callers have decided that the roles may be changed.
    pub async fn roles_changed_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        staff: StaffId,
        before: Demand,
    ) -> Result<(), DbError> {
        // Who is signing in right now is waited for, or sees the new roles.
        staff::hold(tx, staff).await?;
        self.trim_remembered(tx, ctx, staff).await?;
        let now = self.factor_demand_in(tx, ctx, staff).await?;
        let had = self.had(tx, staff).await?;
        let lacks_own = now.own && !before.own && !now.is_met_by_one_of(&had);
        if lacks_own || now.asks_more_than(&before) {
            self.end_all_sessions(tx, ctx, staff).await?;
            return Ok(());
        }
        // Who may do more from now on must not have signed in by text message for want of anything better.
        let rows = factor::of_staff(tx, staff).await?;
        let numbers = rows.iter().any(|row| row.kind == FactorKind::Sms);
        if numbers && !rows.iter().any(|row| is_better(row, ctx.now())) && self.needs_better_than_sms(tx, staff).await?
        {
            self.end_all_sessions(tx, ctx, staff).await?;
            return Ok(());
        }
        // What is asked only later ends them later.
        let policies = self.policies_of(tx, staff).await?;
        let begun = factor_policy::begun(tx, staff).await?;
        let later = |met: &dyn Fn(&Demand) -> bool| next_due(&policies, met, ctx.now());
        for (session, strength, make) in begun {
            let shown = Grade { strength, make };
            if let Some(due) = later(&|demand| demand.is_met_by(shown) && demand.is_met_by_one_of(&had)) {
                factor_policy::end_by(tx, session, due).await?;
            }
        }
        match later(&|demand| demand.is_met_by_one_of(&had)) {
            Some(due) => factor_policy::stale_by(tx, staff, due).await,
            None => Ok(()),
        }
    }

    /// Lets all sessions of a person end no later than this that began with less than is asked. In the others dangerous
    /// acts need a factor that was shown after it.
    pub(super) async fn end_lesser_by(
        &self,
        tx: &mut Tx,
        staff: StaffId,
        asked: &Demand,
        until: Timestamp,
    ) -> Result<(), DbError> {
        for (session, strength, make) in factor_policy::begun(tx, staff).await? {
            if !asked.is_met_by(Grade { strength, make }) {
                factor_policy::end_by(tx, session, until).await?;
            }
        }
        factor_policy::stale_by(tx, staff, until).await
    }

    /// What a factor is worth now. A make counts as long as it is known here, with the root that vouched for it.
    pub(crate) fn grade_of(&self, row: &FactorRow) -> Grade {
        self.grade(row.kind, row.make, row.make_root.as_deref())
    }

    /// The same, of what is kept of a factor.
    pub(crate) fn grade(&self, kind: FactorKind, make: Option<Aaguid>, root: Option<&[u8]>) -> Grade {
        Grade {
            make: make.filter(|make| root.is_some_and(|root| self.makes.vouches(*make, root))),
            ..Grade::of(kind)
        }
    }

    /// What the factors are worth that somebody can use. Recovery codes only help out and are none.
    pub(super) async fn had(&self, tx: &mut Tx, staff: StaffId) -> Result<Vec<Grade>, DbError> {
        let rows = factor::of_staff(tx, staff).await?;
        Ok(self.worth_of_working(&rows, None))
    }

    /// The same of these factors, but for one of them.
    fn worth_of_working(&self, rows: &[FactorRow], but: Option<FactorId>) -> Vec<Grade> {
        let lasts = |row: &&FactorRow| row.disabled_at.is_none() && row.kind != FactorKind::Recovery;
        let rows = rows.iter().filter(lasts).filter(|row| Some(row.id) != but);
        rows.map(|row| self.grade_of(row)).collect()
    }

    /// Whether somebody is asked to show the make of a passkey, now or later.
    pub(crate) async fn asks_for_make(&self, tx: &mut Tx, staff: StaffId) -> Result<bool, DbError> {
        let demand = Demand::strictest(&self.policies_of(tx, staff).await?);
        Ok(demand.to_have() == FactorStrength::Attested)
    }

    /// Where a sign-in of this person leads, that was shown by this. Hold the person before.
    pub(crate) async fn entrance(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        staff: StaffId,
        passed: Passed,
    ) -> Result<Entrance, DbError> {
        let Passed {
            fresh_until, at_least, ..
        } = passed;
        let shown = passed.grade();
        let policies = self.policies_of(tx, staff).await?;
        let demand = Demand::now(&policies, ctx.now());
        let had = self.had(tx, staff).await?;
        let elsewhere = |demand: &Demand| passed.vouched && demand.is_met_from_elsewhere(shown);
        let has = |demand: &Demand| demand.is_met_by_one_of(&had) || elsewhere(demand);
        let kind = if has(&demand) {
            if !demand.signs_in(shown) || shown.strength < at_least {
                SessionKind::Pending
            } else {
                SessionKind::Full
            }
        } else if shown.strength < best(&had, &demand) {
            SessionKind::Pending
        } else {
            SessionKind::Enrol
        };
        Ok(Entrance {
            kind,
            fresh_until: Some(fresh_until).filter(|_| demand.confirms(shown)),
            until: next_due(&policies, |demand| demand.is_met_by(shown) && has(demand), ctx.now()),
        })
    }

    /// What the owner of this session has to add.
    pub(crate) async fn enrolment_due(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        session: &SessionRow,
    ) -> Result<Option<EnrolmentDue>, DbError> {
        if !matches!(session.kind, SessionKind::Enrol | SessionKind::Full) {
            return Ok(None);
        }
        let asked = self.asked_of(tx, session.staff).await?;
        let told = asked
            .into_iter()
            .filter(|(_, from)| from.is_none_or(|from| from <= ctx.now()));
        let policies: Vec<FactorPolicy> = told.map(|(policy, _)| policy).collect();
        let had = self.had(tx, session.staff).await?;
        // What a full session began with does as long as it may be kept elsewhere: nobody begins with more than they can.
        let began = Grade {
            strength: session.shown,
            make: session.shown_make,
        };
        let elsewhere = |demand: &Demand| session.kind == SessionKind::Full && demand.is_met_from_elsewhere(began);
        let due_at = first_due(&policies, |demand| demand.is_met_by_one_of(&had) || elsewhere(demand));
        let demand = Demand::strictest(&policies);
        let attested = demand.to_have() == FactorStrength::Attested;
        Ok(due_at.map(|due_at| EnrolmentDue {
            strength: demand.to_have(),
            makes: attested.then(|| self.makes.among(&demand.makes)),
            due_at,
        }))
    }

    /// Makes a session that just began one that such a sign-in gives.
    pub(crate) async fn hold_session(
        &self,
        tx: &mut Tx,
        session: &mut SessionRow,
        entrance: Entrance,
    ) -> Result<(), DbError> {
        match session.kind {
            SessionKind::Enrol => factor_policy::mark_due(tx, session.id).await?,
            // Who changes the password first goes on with what the factor before was worth.
            SessionKind::Full | SessionKind::ChangePassword if session.stepped_up_until != entrance.fresh_until => {
                factor_policy::fresh_until(tx, session.id, entrance.fresh_until).await?;
                session.stepped_up_until = entrance.fresh_until;
            }
            _ => {}
        }
        if let Some(until) = entrance.until.filter(|until| *until < session.expires_at) {
            factor_policy::end_by(tx, session.id, until).await?;
            session.expires_at = until;
        }
        Ok(())
    }

    /// Whether a factor of this kind helps at the second step of this session. It does not, if the person has one that is
    /// strong enough and this one is not.
    pub(crate) async fn counts(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        session: &SessionRow,
        kind: FactorKind,
    ) -> Result<bool, DbError> {
        let demand = self.factor_demand_in(tx, ctx, session.staff).await?;
        if session.kind == SessionKind::Pending
            && let Some((_, at_least)) = sign_in_risk::of_session(tx, session.id).await?
            && strength(kind) < at_least
        {
            return Ok(false);
        }
        if kind == FactorKind::Sms {
            // It signs in where nothing more is asked, and does nothing else: no dangerous act, no way to a new factor.
            let suffices = session.kind == SessionKind::Pending && demand.to_have() == FactorStrength::Any;
            return Ok(suffices && self.sms_number(tx, ctx, session.staff).await?.is_some());
        }
        let mut grades = vec![Grade::of(kind)];
        if kind == FactorKind::Passkey {
            let rows = factor::of_staff(tx, session.staff).await?;
            let own = rows.iter().filter(|row| row.kind == kind && row.disabled_at.is_none());
            grades = own.map(|row| self.grade_of(row)).collect();
        }
        if session.kind == SessionKind::Full {
            // A false page that passed on one code asks for the next.
            if kind != FactorKind::Passkey && self.place_is_in_doubt(tx, session).await? {
                return Ok(false);
            }
            return Ok(grades.into_iter().any(|grade| demand.confirms(grade)));
        }
        let had = self.had(tx, session.staff).await?;
        // As where the sign-in leads.
        Ok(if demand.is_met_by_one_of(&had) {
            grades.into_iter().any(|grade| demand.signs_in(grade))
        } else {
            strength(kind) >= best(&had, &demand)
        })
    }

    /// Whether more than a new browser spoke against the sign-in of this session, or of another one there, and its owner
    /// has not said that it was theirs.
    pub(crate) async fn place_is_in_doubt(&self, tx: &mut Tx, session: &SessionRow) -> Result<bool, DbError> {
        let browser = browser::of(tx, session).await?;
        sign_in_risk::is_in_doubt(tx, session.staff, Some(session.id), browser).await
    }

    /// Until when this factor, shown now, suffices for dangerous acts: ten minutes, or until the roles ask for more.
    pub(crate) async fn fresh_until(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        staff: StaffId,
        shown: Grade,
    ) -> Result<Timestamp, DbError> {
        let until = ctx.now() + STEP_UP_FOR;
        let policies = self.policies_of(tx, staff).await?;
        let due = next_due(&policies, |demand| demand.is_met_by(shown), ctx.now());
        Ok(due.map_or(until, |due| due.min(until)))
    }

    /// Whether a new factor of this kind, which has no make, helps in this session: one that must be added has to be
    /// strong enough.
    pub(crate) async fn helps(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        session: &SessionRow,
        kind: FactorKind,
    ) -> Result<bool, DbError> {
        if session.kind == SessionKind::Full {
            return Ok(true);
        }
        let demand = self.factor_demand_in(tx, ctx, session.staff).await?;
        Ok(demand.is_met_by(Grade::of(kind)))
    }

    /// Whether there is a day, today or later, on which these factors do for all that the person's roles ask, and without
    /// this one do not.
    pub(crate) async fn needs_factor(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        staff: StaffId,
        rows: &[FactorRow],
        without: FactorId,
    ) -> Result<bool, DbError> {
        let policies = self.policies_of(tx, staff).await?;
        let before = self.worth_of_working(rows, None);
        let after = self.worth_of_working(rows, Some(without));
        let days = policies.iter().map(|policy| policy.due_at.max(ctx.now()));
        Ok(days
            .map(|day| Demand::now(&policies, day))
            .any(|demand| demand.is_met_by_one_of(&before) && !demand.is_met_by_one_of(&after)))
    }
}

/// The strongest of these factors, as far as it is asked for: whoever has one shows it, also where it does not do any more
/// and the way leads to another one.
fn best(had: &[Grade], demand: &Demand) -> FactorStrength {
    let strongest = had.iter().map(|grade| grade.strength).max();
    strongest.unwrap_or(FactorStrength::Any).min(demand.to_have())
}
