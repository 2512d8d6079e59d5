//! Judging, hashing and checking passwords.

use wd_db::DbError;
use wd_kernel::{Ctx, Denied, SecretBytes, SecretString, StaffId};
use wd_vault::VaultError;

use super::InvitationError;
use crate::{
    Client, Identity, Overloaded,
    model::{Context, Opinion, normalised},
    phc::StoredHash,
    store::staff::{self, StaffRow},
};

/// What is to be said of a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordOpinion {
    /// Whether it may be used.
    pub acceptable: bool,
    /// 0 to 4, higher is harder to guess.
    pub score: u8,
    /// How long guessing it takes who has stolen its hash and the keys, as a word.
    pub lasts: &'static str,
    /// The weakest thing about it, as a sentence.
    pub weakness: Option<String>,
    /// Why it is refused, as sentences.
    pub reasons: Vec<String>,
    /// What would make it better, as sentences.
    pub suggestions: Vec<String>,
}

impl From<Opinion> for PasswordOpinion {
    fn from(opinion: Opinion) -> Self {
        Self {
            acceptable: opinion.acceptable(),
            score: opinion.score,
            lasts: opinion.lasts,
            weakness: opinion.weakness,
            reasons: opinion.reasons,
            suggestions: opinion.suggestions,
        }
    }
}

/// Why a password was not judged.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// Neither signed in nor with a link.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The link does not work.
    #[error("the link does not work, or no longer")]
    NotFound,
    /// Too many questions; seconds until the next one.
    #[error("too many questions, {0} seconds to wait")]
    RateLimited(u64),
    /// The server is busy.
    #[error(transparent)]
    Overloaded(#[from] Overloaded),
    /// The database failed.
    #[error("the database failed")]
    Db(#[from] DbError),
}

impl Identity {
    /// Judges a password that somebody who is signed in, or has a link, is thinking of.
    pub async fn check_password(
        &self,
        ctx: &Ctx,
        link: Option<&SecretString>,
        password: SecretString,
        client: &Client,
    ) -> Result<PasswordOpinion, CheckError> {
        self.judge
            .count(client.address, ctx.now())
            .map_err(CheckError::RateLimited)?;
        let (login, name) = if let Some(token) = link {
            match self.open_invitation(ctx, token).await {
                Ok(view) => (view.login, view.name),
                Err(InvitationError::Db(error)) => return Err(error.into()),
                Err(_) => return Err(CheckError::NotFound),
            }
        } else {
            let me = ctx.staff()?.id;
            let mut tx = self.db.snapshot().await?;
            let row = staff::by_id(&mut tx, me).await?.ok_or(Denied::Unauthenticated)?;
            (row.login, row.name)
        };
        Ok(self.judge_password(password, &login, &name).await?)
    }

    /// Judges a password that somebody wants to have.
    pub(crate) async fn judge_password(
        &self,
        password: SecretString,
        login: &str,
        name: &str,
    ) -> Result<PasswordOpinion, Overloaded> {
        let context = Context {
            login: login.to_owned(),
            name: name.to_owned(),
            organisation: self.settings.organisation_name.clone(),
        };
        Ok(self.judge.judge(password, context).await?.into())
    }

    pub(crate) async fn hash_password(&self, ctx: &Ctx, password: &SecretString) -> Result<StoredHash, Overloaded> {
        self.hasher.hash(ctx, bytes(password)).await
    }

    /// Whether the password is the person's. Nobody, and somebody without a password, cost the same and never match.
    pub(crate) async fn password_matches(
        &self,
        password: &SecretString,
        stored: Option<StoredHash>,
    ) -> Result<bool, Overloaded> {
        self.hasher.verify(bytes(password), stored).await
    }

    pub(crate) fn seal_hash(&self, ctx: &Ctx, staff: StaffId, hash: &StoredHash) -> Result<Vec<u8>, VaultError> {
        let row = wd_kernel::Id::uuid(staff);
        self.vault.seal(
            ctx.entropy(),
            "staff",
            "password_hash",
            row.as_bytes(),
            hash.to_phc().as_bytes(),
        )
    }

    pub(crate) fn unseal_hash(&self, row: &StaffRow) -> Result<Option<StoredHash>, VaultError> {
        let Some(sealed) = &row.password_hash else {
            return Ok(None);
        };
        let id = wd_kernel::Id::uuid(row.id);
        let clear = self.vault.unseal("staff", "password_hash", id.as_bytes(), sealed)?;
        Ok(std::str::from_utf8(clear.expose()).ok().and_then(StoredHash::parse))
    }
}

fn bytes(password: &SecretString) -> SecretBytes {
    SecretBytes::new(normalised(password.expose()).into_bytes())
}
