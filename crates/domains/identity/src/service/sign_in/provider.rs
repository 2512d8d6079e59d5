//! The way in that the company's provider proved. Who it is, others found out; what it gives is decided here.

use wd_audit_log::{AuditTx as _, Entry};
use wd_crypto::token_hash;
use wd_db::{DbError, Tx};
use wd_kernel::{Ctx, Scope, SecretString, SessionId, StaffId, Timestamp};

use super::{Doubts, Entering, Passed, SignedIn};
use crate::{
    Client, FactorStrength, Identity, InviteError, RiskSignal, SessionKind, SignInRiskError, StaffState,
    events::{StaffActivated, StaffInvited},
    model::{Grade, Login, STEP_UP_FOR, shown_name},
    permissions::StaffInvite,
    service::{
        authenticate::acting,
        sessions::{Beginning, Place},
        sms::is_better,
    },
    store::{
        factor, invitation,
        session::{self, SessionRow},
        staff,
    },
};

/// What a provider proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProviderProof {
    /// Who it is.
    pub staff: StaffId,
    /// What the second factor withstands that was shown there, if one counts here. Never more than phishing-resistant: no
    /// provider vouches for a make.
    pub shown: Option<FactorStrength>,
    /// When they showed who they are, if that is known.
    pub auth_time: Option<Timestamp>,
}

impl ProviderProof {
    /// What counts of it.
    fn worth(&self) -> Option<FactorStrength> {
        self.shown.map(|shown| shown.min(FactorStrength::PhishingResistant))
    }
}

/// Why a proof does not let somebody in.
#[derive(Debug, thiserror::Error)]
pub enum ProviderSignInError {
    /// They have left.
    #[error("this person has left")]
    Left,
    /// The provider did not ask for a second factor, and there is none here to ask for.
    #[error("no second factor was shown, and there is none to ask for")]
    NoFactor,
    /// Too much speaks against it.
    #[error("too much speaks against this sign-in")]
    Risky(Vec<RiskSignal>),
    /// It could not be weighed.
    #[error("the sign-in could not be weighed")]
    Weighing(#[from] SignInRiskError),
    /// More than a new browser spoke against the sign-in, and its owner has not said that it was theirs.
    #[error("the sign-in is in doubt")]
    InDoubt,
    /// There is no such session, or it has a factor of its own to show.
    #[error("there is no session that waits for this step")]
    NoSession,
    /// The database failed.
    #[error("the database failed")]
    Db(#[from] DbError),
}

/// What somebody would have to have to come in without a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lacking {
    /// A password that works.
    Password,
    /// A second factor that is there again the next time; recovery codes are used up.
    Factor,
}

impl Identity {
    /// Signs in whom a provider proved, in the caller's transaction. Without a second factor that counts it is as after
    /// a password: one of the person's own is asked for, or set up by somebody who is new. After `Left` and `NoFactor`
    /// the transaction must commit, so that the try is in the log.
    pub async fn sign_in_by_provider_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        old: Option<&SecretString>,
        proof: ProviderProof,
        client: &Client,
    ) -> Result<SignedIn, ProviderSignInError> {
        let staff = proof.staff;
        let row = staff::hold(tx, staff)
            .await?
            .filter(|row| row.state != StaffState::Disabled);
        let Some(row) = row else {
            self.refuse_provider(tx, ctx, staff, client).await?;
            return Err(ProviderSignInError::Left);
        };
        let old = self.session_of(tx, ctx, old).await?;
        let known = self.known_device(tx, ctx, staff, client).await?;
        let known = known.as_ref().map(<[u8; 32]>::as_slice);
        if let Some(shown) = proof.worth() {
            if row.state == StaffState::Invited {
                self.activate_proven(tx, ctx, staff).await?;
            }
            let entering = Entering {
                old: old.as_ref(),
                staff,
                by: "provider",
                place: Place::of(client),
                known_device: known,
            };
            // A provider may remember somebody for days: only what was shown there just now counts as fresh here.
            let shown_at = proof.auth_time.unwrap_or_else(|| ctx.now() - STEP_UP_FOR);
            let passed = Passed {
                shown,
                make: None,
                vouched: true,
                fresh_until: shown_at.min(ctx.now()) + STEP_UP_FOR,
                at_least: FactorStrength::Any,
            };
            let doubts = Doubts {
                client,
                factor: None,
                signals: &[],
            };
            return self
                .enter_weighed(tx, ctx, entering, passed, doubts)
                .await?
                .map_err(ProviderSignInError::Risky);
        }
        let kind = match row.state {
            StaffState::Invited => SessionKind::Enrol,
            _ if self.has_factor_in(tx, staff).await? => SessionKind::Pending,
            _ => {
                self.refuse_provider(tx, ctx, staff, client).await?;
                return Err(ProviderSignInError::NoFactor);
            }
        };
        if let Some(old) = &old {
            self.end_session(tx, ctx, old).await?;
        }
        let beginning = Beginning {
            staff,
            kind,
            by: "provider",
            place: Place::of(client),
            known_device: known,
            shown: FactorStrength::Any,
            make: None,
        };
        let (token, session) = self.start_session(tx, ctx, beginning).await?;
        Ok(SignedIn {
            token,
            device: None,
            state: self.state_of(tx, ctx, &session).await?,
        })
    }

    /// A fresh factor by the provider, for a session whose owner has none here that does. The session gets a new token.
    pub async fn step_up_by_provider_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        token: Option<&SecretString>,
        session: SessionId,
        proof: ProviderProof,
    ) -> Result<SignedIn, ProviderSignInError> {
        let found = self
            .session_of(tx, ctx, token)
            .await?
            .filter(|row| row.kind == SessionKind::Full && row.id == session && row.staff == proof.staff);
        let mut row: SessionRow = found.ok_or(ProviderSignInError::NoSession)?;
        let strength = proof.worth().ok_or(ProviderSignInError::NoSession)?;
        let shown = Grade { strength, make: None };
        let demand = self.factor_demand_in(tx, ctx, row.staff).await?;
        if !demand.confirms(shown) || self.confirms_here_in(tx, ctx, row.staff).await? {
            return Err(ProviderSignInError::NoSession);
        }
        if self.place_is_in_doubt(tx, &row).await? {
            return Err(ProviderSignInError::InDoubt);
        }
        let ctx = &acting(ctx, &row);
        let token = SecretString::new(ctx.token());
        let until = self.fresh_until(tx, ctx, row.staff, shown).await?;
        if !session::step_up(tx, row.id, token_hash(token.expose()), until).await? {
            return Err(ProviderSignInError::NoSession);
        }
        row.stepped_up_until = Some(until);
        let entry = Entry::done("session.stepped-up")
            .target(row.id)
            .detail("by", "provider");
        tx.audit(ctx, entry).await?;
        Ok(SignedIn {
            token,
            device: None,
            state: self.state_of(tx, ctx, &row).await?,
        })
    }

    /// Whether somebody has a factor here that confirms dangerous acts. Then that one is shown, and no provider asked.
    pub async fn confirms_here_in(&self, tx: &mut Tx, ctx: &Ctx, staff: StaffId) -> Result<bool, DbError> {
        let demand = self.factor_demand_in(tx, ctx, staff).await?;
        let rows = factor::of_staff(tx, staff).await?;
        let working = rows.iter().filter(|row| row.disabled_at.is_none());
        Ok(working
            .map(|row| self.grade_of(row))
            .any(|grade| demand.confirms(grade)))
    }

    /// Whether somebody has a second factor here that works.
    pub async fn has_factor_in(&self, tx: &mut Tx, staff: StaffId) -> Result<bool, DbError> {
        let rows = factor::of_staff(tx, staff).await?;
        Ok(rows.iter().any(|row| row.disabled_at.is_none()))
    }

    /// What keeps somebody from coming in by themselves, with password and factor; nothing, if they can. A password that
    /// was stopped works in browsers of before only, so it is none here.
    pub async fn lacks_to_enter_alone_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        id: StaffId,
    ) -> Result<Option<Lacking>, DbError> {
        let row = staff::by_id(tx, id).await?;
        if row.is_none_or(|row| row.password_hash.is_none() || row.password_disabled_at.is_some()) {
            return Ok(Some(Lacking::Password));
        }
        let rows = factor::of_staff(tx, id).await?;
        let lasts = rows.iter().any(|row| is_better(row, ctx.now())) || self.sms_number(tx, ctx, id).await?.is_some();
        Ok((!lasts).then_some(Lacking::Factor))
    }

    /// Makes an account for somebody whom the provider or the directory knows: without password, and without a link.
    pub async fn provision_in(&self, tx: &mut Tx, ctx: &Ctx, login: &str, name: &str) -> Result<StaffId, InviteError> {
        ctx.require::<StaffInvite>(Scope::ORGANISATION)?;
        let login = Login::parse(login)?;
        let name = shown_name(name)?;
        if staff::by_login(tx, login.as_str()).await?.is_some() {
            return Err(InviteError::Taken);
        }
        let id: StaffId = ctx.id();
        staff::insert(tx, id, login.as_str(), &name, ctx.now()).await?;
        tx.emit(ctx, &StaffInvited { staff: id, by: None }).await?;
        let entry = Entry::done("staff.provisioned")
            .target(id)
            .personal("login", login.as_str())
            .personal("name", name);
        tx.audit(ctx, entry).await?;
        Ok(id)
    }

    async fn activate_proven(&self, tx: &mut Tx, ctx: &Ctx, staff: StaffId) -> Result<(), DbError> {
        staff::set_state(tx, staff, StaffState::Active).await?;
        invitation::void_all(tx, staff, ctx.now()).await?;
        tx.emit(ctx, &StaffActivated { staff }).await?;
        tx.audit(ctx, Entry::done("staff.activated").target(staff))
            .await
            .map(drop)
    }

    async fn refuse_provider(&self, tx: &mut Tx, ctx: &Ctx, staff: StaffId, client: &Client) -> Result<(), DbError> {
        let entry = Place::of(client).tell(Entry::refused("session.provider")).target(staff);
        tx.audit(ctx, entry).await.map(drop)
    }
}
