//! Judging, hashing and checking passwords.

use wd_kernel::{Ctx, SecretBytes, SecretString, StaffId};
use wd_vault::VaultError;

use crate::{
    Identity, Overloaded,
    model::{Context, Opinion, judge, normalised},
    phc::StoredHash,
    store::staff::StaffRow,
};

/// What is to be said of a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordOpinion {
    /// Whether it may be used.
    pub acceptable: bool,
    /// 0 to 4, higher is harder to guess.
    pub score: u8,
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
            reasons: opinion.reasons,
            suggestions: opinion.suggestions,
        }
    }
}

impl Identity {
    /// Judges a password somebody is thinking of. Anybody may ask, so it runs within the bounds of hashing.
    pub async fn check_password(
        &self,
        password: SecretString,
        login: &str,
        name: &str,
    ) -> Result<PasswordOpinion, Overloaded> {
        // Longer words than any name can have would only cost time.
        let cut = |text: &str| text.chars().take(128).collect::<String>();
        let context = Context {
            login: cut(login),
            name: cut(name),
            organisation: self.settings.organisation_name.clone(),
        };
        self.hasher
            .run(move |_| judge(password.expose(), &context).into())
            .await
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
