//! Opening a link, and setting the password with it.

use wd_audit_log::{AuditTx as _, Entry};
use wd_crypto::token_hash;
use wd_db::{DbError, Tx};
use wd_kernel::{Ctx, SecretString};
use wd_vault::VaultError;

use super::{
    authenticate::acting,
    passwords::{NewPassword, USED},
    sessions::{Beginning, Place},
    sign_in::SignedIn,
};
use crate::{
    Client, FactorStrength, Identity, Overloaded, ReProofingReason, SessionKind, StaffState,
    bounds::Asks,
    model::Purpose,
    store::{
        factor,
        invitation::{self, InvitationRow},
        staff::{self, StaffRow},
    },
};

/// What the welcome page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvitationView {
    /// The name to sign in with.
    pub login: String,
    /// The shown name.
    pub name: String,
    /// The organisation.
    pub organisation: String,
}

/// Why a link did not work.
#[derive(Debug, thiserror::Error)]
pub enum InvitationError {
    /// Unknown, used, expired, or of somebody who has left.
    #[error("the link does not work, or no longer")]
    NotFound,
    /// It does not work yet; seconds until it does.
    #[error("the link does not work yet")]
    NotYet(u64),
    /// The password is not good enough; why, as sentences.
    #[error("the password was refused")]
    Password(Vec<String>),
    /// The server is busy.
    #[error(transparent)]
    Overloaded(#[from] Overloaded),
    /// The vault failed.
    #[error("the vault failed")]
    Vault(#[from] VaultError),
    /// The database failed.
    #[error("the database failed")]
    Db(#[from] DbError),
}

impl Identity {
    /// Whose link this is.
    pub async fn open_invitation(&self, ctx: &Ctx, token: &SecretString) -> Result<InvitationView, InvitationError> {
        let mut tx = self.db.snapshot().await?;
        let row = self.linked(&mut tx, ctx, token).await?;
        Ok(InvitationView {
            login: row.login,
            name: row.name,
            organisation: self.settings.organisation_name.clone(),
        })
    }

    /// Whose link this is.
    pub(crate) async fn linked(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        token: &SecretString,
    ) -> Result<StaffRow, InvitationError> {
        let link = open_link(tx, ctx, token).await?;
        let row = staff::by_id(tx, link.staff).await?.filter(|row| link.opens(row.state));
        row.ok_or(InvitationError::NotFound)
    }

    /// Uses the link: sets the password and begins the set-up, which needs a factor to end.
    pub async fn accept_invitation(
        &self,
        ctx: &Ctx,
        token: &SecretString,
        password: &SecretString,
        client: &Client,
    ) -> Result<SignedIn, InvitationError> {
        self.accept_invitation_instead(ctx, None, token, password, client).await
    }

    /// The same in a browser that has a session, whoever's it is: that one ends, because its cookie is replaced.
    pub async fn accept_invitation_instead(
        &self,
        ctx: &Ctx,
        old: Option<&SecretString>,
        token: &SecretString,
        password: &SecretString,
        client: &Client,
    ) -> Result<SignedIn, InvitationError> {
        let mut tx = self.db.snapshot().await?;
        let row = self.linked(&mut tx, ctx, token).await?;
        let policy = self.password_policy_of(&mut tx, ctx, row.id).await?;
        drop(tx);
        let copy = SecretString::new(password.expose());
        let judged = self.judge_password(ctx, copy, &row, policy).await?;
        if !judged.opinion.acceptable {
            return Err(InvitationError::Password(judged.opinion.reasons));
        }
        // Who broke off setting up the account may set the same password again; else a link is no way round one that was
        // stopped.
        let present = match row.state {
            StaffState::Invited => None,
            StaffState::Active | StaffState::Disabled => self.unseal_hash(&row)?,
        };
        let is_present = present.is_some() && self.password_matches(Asks::Known, password, present).await?;
        if is_present || self.was_used::<InvitationError>(password, &row, policy).await? {
            return Err(InvitationError::Password(vec![USED.to_owned()]));
        }
        let hash = self.hash_password(ctx, password).await?;

        let mut tx = self.db.begin().await?;
        let link = open_link(&mut tx, ctx, token).await?;
        let row = staff::hold(&mut tx, link.staff)
            .await?
            .filter(|row| link.opens(row.state));
        let row = row.ok_or(InvitationError::NotFound)?;
        if !invitation::take(&mut tx, link.id, ctx.now()).await? {
            return Err(InvitationError::NotFound);
        }
        invitation::void_all(&mut tx, row.id, ctx.now()).await?;
        self.end_all_sessions(&mut tx, ctx, row.id).await?;
        if let Some(old) = self.session_of(&mut tx, ctx, old).await? {
            self.end_session(&mut tx, ctx, &old).await?;
        }
        if link.purpose == Purpose::Recover {
            self.drop_re_proofing(&mut tx, ctx, row.id, ReProofingReason::OtherWay)
                .await?;
            factor::delete_all(&mut tx, row.id).await?;
            self.leavers.started_over(&mut tx, ctx, row.id, None).await?;
            staff::set_state(&mut tx, row.id, StaffState::Invited).await?;
        }
        let new = NewPassword {
            password,
            hash: &hash,
            checked_with: judged.checked_with.as_deref(),
        };
        self.store_password::<InvitationError>(&mut tx, ctx, &row, new, policy)
            .await?;
        let beginning = Beginning {
            staff: row.id,
            kind: SessionKind::Enrol,
            by: "invitation",
            place: Place::of(client),
            known_device: None,
            shown: FactorStrength::Any,
            make: None,
        };
        let (token, session) = self.start_session(&mut tx, ctx, beginning).await?;
        let ctx = &acting(ctx, &session);
        let entry = Entry::done("invitation.accepted")
            .target(row.id)
            .detail("purpose", link.purpose.as_str());
        tx.audit(ctx, entry).await?;
        let state = self.state_of(&mut tx, ctx, &session).await?;
        tx.commit().await?;
        Ok(SignedIn {
            token,
            device: None,
            state,
        })
    }
}

async fn open_link(tx: &mut Tx, ctx: &Ctx, token: &SecretString) -> Result<InvitationRow, InvitationError> {
    let link = invitation::open(tx, token_hash(token.expose()), ctx.now()).await?;
    let link = link.ok_or(InvitationError::NotFound)?;
    if link.starts_at > ctx.now() {
        let wait = link.starts_at.since(ctx.now());
        return Err(InvitationError::NotYet(wait.as_secs().max(1)));
    }
    Ok(link)
}
