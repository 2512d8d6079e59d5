//! Coming back from the provider, and what it was for.

use wd_audit_log::{AuditTx as _, Entry};
use wd_db::Tx;
use wd_identity::{Client, FactorStrength, Lacking, ProviderProof, ProviderSignInError, SessionState, SignedIn};
use wd_kernel::{Actor, Ctx, SecretString, SessionId, StaffId};
use wd_single_sign_on::{AccountView, Answer, Attempt, ProveError, Proven, Purpose, events::BoundBy};

use super::{SingleSignOnError, SingleSignOnFlows};

/// What the browser shows.
#[derive(Debug)]
pub struct Shown {
    /// The session it has, of whatever kind.
    pub session: Option<SecretString>,
    /// The attempt it began.
    pub ticket: Option<SecretString>,
}

/// What came of an answer.
#[derive(Debug)]
pub enum Finished {
    /// A new session, or a new token for the one there was.
    Entered(Purpose, SignedIn),
    /// The account is bound; the session is as it was.
    Bound(SessionState),
}

impl SingleSignOnFlows {
    /// Begins binding one's own account. Needs a fresh factor: whoever binds an account can come back with it.
    pub async fn begin_binding(&self, ctx: &Ctx, client: &Client) -> Result<Attempt, SingleSignOnError> {
        let me = ctx.staff()?;
        ctx.fresh_factor("provider-account")?;
        let purpose = Purpose::Bind {
            staff: me.id,
            session: me.session,
        };
        Ok(self.provider.begin(ctx, purpose, client.address).await?)
    }

    /// Begins showing again who one is, for somebody who has no factor here that does.
    pub async fn begin_step_up(&self, ctx: &Ctx, client: &Client) -> Result<Attempt, SingleSignOnError> {
        let me = ctx.staff()?;
        let mut tx = self.db.snapshot().await?;
        if self.identity.confirms_here_in(&mut tx, ctx, me.id).await? {
            return Err(SingleSignOnError::OwnFactor);
        }
        drop(tx);
        let purpose = Purpose::StepUp {
            staff: me.id,
            session: me.session,
        };
        Ok(self.provider.begin(ctx, purpose, client.address).await?)
    }

    /// Takes the provider's answer.
    pub async fn finish(
        &self,
        ctx: &Ctx,
        shown: Shown,
        answer: &Answer,
        client: &Client,
    ) -> Result<Finished, SingleSignOnError> {
        let proven = match self.provider.prove(ctx, shown.ticket.as_ref(), answer).await {
            Ok(proven) => proven,
            Err(error) => {
                self.note_refusal(ctx, &error).await?;
                return Err(error.into());
            }
        };
        let session = shown.session.as_ref();
        match proven.purpose {
            Purpose::SignIn => {
                let entered = self.sign_in(ctx, session, &proven, client).await?;
                Ok(Finished::Entered(Purpose::SignIn, entered))
            }
            Purpose::Bind { staff, session: id } => {
                let owner = same_session(ctx, staff, id)?;
                ctx.fresh_factor("provider-account")?;
                let mut tx = self.db.begin().await?;
                let account = (proven.issuer.as_str(), proven.subject.as_str());
                self.provider
                    .bind_in(&mut tx, ctx, account, owner, BoundBy::Owner)
                    .await?;
                tx.commit().await?;
                Ok(Finished::Bound(self.identity.session_state(ctx, session).await?))
            }
            Purpose::StepUp { staff, session: id } => {
                same_session(ctx, staff, id)?;
                let mut tx = self.db.begin().await?;
                let owner = self.provider.owner_in(&mut tx, &proven.issuer, &proven.subject).await?;
                if owner != Some(staff) {
                    return Err(ProviderSignInError::NoSession.into());
                }
                let proof = proof(&proven, staff);
                let entered = self
                    .identity
                    .step_up_by_provider_in(&mut tx, ctx, session, id, proof)
                    .await?;
                tx.commit().await?;
                Ok(Finished::Entered(proven.purpose, entered))
            }
        }
    }

    async fn sign_in(
        &self,
        ctx: &Ctx,
        old: Option<&SecretString>,
        proven: &Proven,
        client: &Client,
    ) -> Result<SignedIn, SingleSignOnError> {
        let system = &ctx.acting_as(Actor::System("sign-in provider"));
        let mut tx = self.db.begin().await?;
        let Some(staff) = self.known_or_created(&mut tx, system, proven).await? else {
            let entry = Entry::refused("session.provider")
                .detail("issuer", proven.issuer.as_str())
                .personal("subject", proven.subject.as_str());
            tx.audit(ctx, entry).await?;
            tx.commit().await?;
            return Err(ProviderSignInError::Left.into());
        };
        self.provider
            .used_in(&mut tx, ctx, &proven.issuer, &proven.subject)
            .await?;
        let standing = self.identity.standing_in(&mut tx, staff).await?;
        let left = standing.is_none_or(|(state, _)| state == wd_identity::StaffState::Disabled);
        if let Some(groups) = proven.groups.as_ref().filter(|_| !left) {
            let settings = self.provider.settings_in(&mut tx).await?.settings;
            if let Some(settings) = settings {
                self.apply_groups(&mut tx, system, staff, &settings, groups).await?;
            }
        }
        let outcome = self
            .identity
            .sign_in_by_provider_in(&mut tx, ctx, old, proof(proven, staff), client)
            .await;
        match outcome {
            Err(fault @ (ProviderSignInError::Db(_) | ProviderSignInError::Weighing(_))) => Err(fault.into()),
            outcome => {
                tx.commit().await?;
                Ok(outcome?)
            }
        }
    }

    /// Whose account it is: bound before, or made now where that is wanted. Never by a name or an address.
    async fn known_or_created(
        &self,
        tx: &mut Tx,
        system: &Ctx,
        proven: &Proven,
    ) -> Result<Option<StaffId>, SingleSignOnError> {
        if let Some(staff) = self.provider.owner_in(tx, &proven.issuer, &proven.subject).await? {
            return Ok(Some(staff));
        }
        let Some(new) = &proven.create else { return Ok(None) };
        let staff = self.identity.provision_in(tx, system, &new.login, &new.name).await?;
        let account = (proven.issuer.as_str(), proven.subject.as_str());
        self.provider
            .bind_in(tx, system, account, staff, BoundBy::FirstSignIn)
            .await?;
        Ok(Some(staff))
    }

    async fn note_refusal(&self, ctx: &Ctx, error: &ProveError) -> Result<(), SingleSignOnError> {
        // Somebody who comes with nothing, or the database, leaves no line.
        let why = match error {
            ProveError::OtherIssuer => "the answer is from another issuer".to_owned(),
            ProveError::Token(fault) => fault.to_string(),
            ProveError::Code(_) => "the provider does not take the code".to_owned(),
            _ => return Ok(()),
        };
        let mut tx = self.db.begin().await?;
        tx.audit(ctx, Entry::refused("session.provider").detail("why", why))
            .await?;
        Ok(tx.commit().await?)
    }

    /// One's own account at the provider; nothing when there is no provider.
    pub async fn account(&self, ctx: &Ctx) -> Result<Option<AccountView>, SingleSignOnError> {
        let me = ctx.staff()?;
        let mut tx = self.db.snapshot().await?;
        Ok(self.provider.account_of(&mut tx, me.id).await?)
    }

    /// Unbinds one's own account. Who could not come in without it keeps it: nobody locks themselves out.
    pub async fn unbind(&self, ctx: &Ctx) -> Result<(), SingleSignOnError> {
        let me = ctx.staff()?;
        ctx.fresh_factor("provider-account")?;
        let mut tx = self.db.begin().await?;
        // What is looked at stays so until the account is unbound.
        self.identity.hold_in(&mut tx, me.id).await?;
        match self.identity.lacks_to_enter_alone_in(&mut tx, ctx, me.id).await? {
            Some(Lacking::Password) => return Err(SingleSignOnError::NoPassword),
            Some(Lacking::Factor) => return Err(SingleSignOnError::OnlyWay),
            None => {}
        }
        self.provider.unbind_in(&mut tx, ctx, me.id, None).await?;
        Ok(tx.commit().await?)
    }
}

const fn proof(proven: &Proven, staff: StaffId) -> ProviderProof {
    ProviderProof {
        staff,
        shown: match (proven.phishing_resistant, proven.strong) {
            (true, _) => Some(FactorStrength::PhishingResistant),
            (false, true) => Some(FactorStrength::Any),
            (false, false) => None,
        },
        auth_time: proven.auth_time,
    }
}

/// An attempt that was begun in a session ends in it.
fn same_session(ctx: &Ctx, staff: StaffId, session: SessionId) -> Result<StaffId, SingleSignOnError> {
    let me = ctx.staff()?;
    if me.id == staff && me.session == session {
        Ok(me.id)
    } else {
        Err(ProveError::NoAttempt.into())
    }
}
