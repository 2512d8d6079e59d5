//! Judging, hashing and checking passwords.

use wd_db::{DbError, Tx};
use wd_kernel::{Ctx, Denied, SecretBytes, SecretString, StaffId};
use wd_vault::VaultError;

use super::{InvitationError, password_policy::json};
use crate::{
    Client, Identity, Overloaded, PasswordPolicy, SessionKind,
    bounds::Asks,
    breaches::Found,
    model::{Composition, Context, Opinion, normalised},
    phc::StoredHash,
    store::{
        password_history,
        staff::{self, StaffRow},
    },
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

/// What was said of a password, and which corpus of breached ones does not have it.
pub(crate) struct Judged {
    pub opinion: PasswordOpinion,
    pub checked_with: Option<Vec<u8>>,
}

/// A password that was judged and hashed.
#[derive(Clone, Copy)]
pub(crate) struct NewPassword<'a> {
    pub password: &'a SecretString,
    pub hash: &'a StoredHash,
    /// The corpus of breached passwords that does not have it.
    pub checked_with: Option<&'a [u8]>,
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

/// What a new password must be, as far as its form goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordRules {
    /// Fewest characters.
    pub shortest: u16,
    /// Whether it needs three of the four kinds: small letters, capital letters, digits, others.
    pub mixed: bool,
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
    /// Judges a password that somebody who is signed in, has a link, or must change the password, is thinking of.
    pub async fn check_password(
        &self,
        ctx: &Ctx,
        link: Option<&SecretString>,
        session: Option<&SecretString>,
        password: SecretString,
        client: &Client,
    ) -> Result<PasswordOpinion, CheckError> {
        let (row, policy) = self.thought_of(ctx, link, session, client).await?;
        Ok(self.judge_password(ctx, password, &row, policy).await?.opinion)
    }

    /// What a new password of the same people must be, so that what makes one for them can be told.
    pub async fn password_rules(
        &self,
        ctx: &Ctx,
        link: Option<&SecretString>,
        session: Option<&SecretString>,
        client: &Client,
    ) -> Result<PasswordRules, CheckError> {
        let (_, policy) = self.thought_of(ctx, link, session, client).await?;
        Ok(PasswordRules {
            shortest: policy.shortest,
            mixed: policy.composition == Composition::Required,
        })
    }

    /// Who thinks of a new password, and the policy in force for them.
    async fn thought_of(
        &self,
        ctx: &Ctx,
        link: Option<&SecretString>,
        session: Option<&SecretString>,
        client: &Client,
    ) -> Result<(StaffRow, PasswordPolicy), CheckError> {
        self.judge
            .count(client.address, ctx.now())
            .map_err(CheckError::RateLimited)?;
        let mut tx = self.db.snapshot().await?;
        let row = if let Some(token) = link {
            match self.linked(&mut tx, ctx, token).await {
                Ok(row) => row,
                Err(InvitationError::Db(error)) => return Err(error.into()),
                Err(_) => return Err(CheckError::NotFound),
            }
        } else {
            let me = self.thinking(&mut tx, ctx, session).await?;
            staff::by_id(&mut tx, me).await?.ok_or(Denied::Unauthenticated)?
        };
        let policy = self.password_policy_of(&mut tx, ctx, row.id).await?;
        Ok((row, policy))
    }

    /// Who thinks of a new password: who is signed in, or must change it first.
    async fn thinking(&self, tx: &mut Tx, ctx: &Ctx, session: Option<&SecretString>) -> Result<StaffId, CheckError> {
        let nobody = match ctx.staff() {
            Ok(staff) => return Ok(staff.id),
            Err(denied) => denied,
        };
        let session = self.session_of(tx, ctx, session).await?;
        let changing = session.filter(|row| row.kind == SessionKind::ChangePassword);
        Ok(changing.ok_or(nobody)?.staff)
    }

    /// Judges a password that somebody wants to have. While the corpus of breached ones cannot be read there is no
    /// judgement.
    pub(crate) async fn judge_password(
        &self,
        ctx: &Ctx,
        password: SecretString,
        row: &StaffRow,
        policy: PasswordPolicy,
    ) -> Result<Judged, Overloaded> {
        let context = Context {
            login: row.login.clone(),
            name: row.name.clone(),
            organisation: self.settings.organisation_name.clone(),
            others: self.password_words.to_vec(),
        };
        let sighting = match &self.breaches {
            Some(corpus) => Some(
                corpus
                    .look_up(ctx.now(), bytes(&password))
                    .await
                    .map_err(|_| Overloaded)?,
            ),
            None => None,
        };
        let mut opinion: PasswordOpinion = self.judge.judge(password, context, policy).await?.into();
        if let Some(sighting) = &sighting
            && sighting.is_refused(policy.breach_limit)
        {
            opinion.acceptable = false;
            opinion.reasons.push(breached(sighting.found));
        }
        Ok(Judged {
            opinion,
            checked_with: sighting.map(|sighting| sighting.corpus),
        })
    }

    pub(crate) async fn hash_password(&self, ctx: &Ctx, password: &SecretString) -> Result<StoredHash, Overloaded> {
        self.hasher.hash(ctx, bytes(password)).await
    }

    /// Whether the password is the person's. Nobody, and somebody without a password, cost the same and never match.
    pub(crate) async fn password_matches(
        &self,
        asks: Asks,
        password: &SecretString,
        stored: Option<StoredHash>,
    ) -> Result<bool, Overloaded> {
        self.hasher.verify(asks, bytes(password), stored).await
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
        self.open_hash(row.id, ("staff", "password_hash"), sealed)
    }

    /// Whether the password is one of those of before that the policy remembers. Each costs a hash.
    pub(crate) async fn was_used<E: From<Overloaded> + From<VaultError> + From<DbError>>(
        &self,
        password: &SecretString,
        row: &StaffRow,
        policy: PasswordPolicy,
    ) -> Result<bool, E> {
        if policy.history == 0 {
            return Ok(false);
        }
        let mut tx = self.db.snapshot().await?;
        let sealed = password_history::newest(&mut tx, row.id, policy.history).await?;
        drop(tx);
        for one in &sealed {
            let stored = self.open_hash(row.id, ("password_history", "hash"), one)?;
            if stored.is_some() && self.password_matches(Asks::Known, password, stored).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Gives a person a new password. The one of before is remembered if the policy wants that. Call it with the person
    /// held.
    pub(crate) async fn store_password<E: From<VaultError> + From<DbError>>(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        row: &StaffRow,
        new: NewPassword<'_>,
        policy: PasswordPolicy,
    ) -> Result<(), E> {
        if policy.history > 0
            && let Some(before) = self.unseal_hash(row)?
        {
            let id = wd_kernel::Id::uuid(row.id);
            let clear = before.to_phc();
            let sealed = self.vault.seal(
                ctx.entropy(),
                "password_history",
                "hash",
                id.as_bytes(),
                clear.as_bytes(),
            )?;
            password_history::remember(tx, row.id, &sealed, policy.history).await?;
        }
        let sealed = self.seal_hash(ctx, row.id, new.hash)?;
        let under = json(&policy.met_by(new.password.expose()));
        staff::set_password(tx, row.id, &sealed, ctx.now(), &under, new.checked_with).await?;
        self.keep_index(tx, ctx, row.id, new.password).await
    }

    fn open_hash(
        &self,
        staff: StaffId,
        (table, column): (&'static str, &'static str),
        sealed: &[u8],
    ) -> Result<Option<StoredHash>, VaultError> {
        let id = wd_kernel::Id::uuid(staff);
        let clear = self.vault.unseal(table, column, id.as_bytes(), sealed)?;
        Ok(std::str::from_utf8(clear.expose()).ok().and_then(StoredHash::parse))
    }
}

/// What is said of a breached password.
fn breached(found: Found) -> String {
    let times = match found {
        Found::Yes(Some(times)) => format!(" {times} times"),
        _ => String::new(),
    };
    format!("This password has appeared in breaches{times}. Attackers have lists of such passwords and try them first.")
}

/// What is said of a password that was used before.
pub(crate) const USED: &str = "You had this password before. Choose one you have not used here.";

pub(crate) fn bytes(password: &SecretString) -> SecretBytes {
    SecretBytes::new(normalised(password.expose()).into_bytes())
}
