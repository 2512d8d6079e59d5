//! Beginning: where the browser goes, and what it takes along.

use serde::{Deserialize, Serialize};
use url::Url;
use wd_crypto::sha256;
use wd_kernel::{CeremonyId, Ctx, Duration, SecretString, SessionId, StaffId, Timestamp, b64u};
use wd_vault::VaultError;

use super::{ChangeError, provider::ProviderError};
use crate::SingleSignOn;

/// How long an attempt may take.
pub const STARTED_FOR: Duration = Duration::from_mins(10);
const LONGEST_TICKET: usize = 4096;

/// What an attempt is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// Signing in.
    SignIn,
    /// Binding the account at the provider to the person whose session it is.
    Bind {
        /// The person.
        staff: StaffId,
        /// Their session.
        session: SessionId,
    },
    /// Showing again who one is, in this session.
    StepUp {
        /// The person.
        staff: StaffId,
        /// Their session.
        session: SessionId,
    },
}

/// An attempt that begins.
#[derive(Debug)]
pub struct Attempt {
    /// Where the browser goes.
    pub url: Url,
    /// What it takes along in a cookie: sealed, good for one answer.
    pub ticket: SecretString,
}

/// Why nothing began.
#[derive(Debug, thiserror::Error)]
pub enum BeginError {
    /// Nobody can sign in through a provider.
    #[error("no provider is set up")]
    NoProvider,
    /// Too many attempts from this network; seconds to wait.
    #[error("too many attempts, {0} seconds to wait")]
    RateLimited(u64),
    /// The provider.
    #[error("the provider cannot be used")]
    Provider(#[from] ProviderError),
    /// The settings.
    #[error(transparent)]
    Settings(#[from] ChangeError),
    /// The vault failed.
    #[error("the vault failed")]
    Vault(#[from] VaultError),
    /// The ticket cannot be written.
    #[error("the attempt cannot be written")]
    Ticket(#[source] serde_json::Error),
}

/// What the browser takes along.
#[derive(Serialize, Deserialize)]
pub(crate) struct Ticket {
    pub id: CeremonyId,
    pub purpose: Purpose,
    pub issuer: String,
    pub state: String,
    pub nonce: String,
    pub verifier: String,
    pub begun_at: Timestamp,
}

impl SingleSignOn {
    /// What the button on the sign-in form says, if there is one.
    pub async fn provider_name(&self) -> Result<Option<String>, ChangeError> {
        let mut tx = self.db.look().await?;
        let view = self.settings_in(&mut tx).await?;
        Ok(view
            .settings
            .filter(|settings| settings.enabled)
            .map(|settings| settings.name))
    }

    /// Begins an attempt. Nothing of it is stored here.
    pub async fn begin(&self, ctx: &Ctx, purpose: Purpose, address: std::net::IpAddr) -> Result<Attempt, BeginError> {
        self.begun.count(address, ctx.now()).map_err(BeginError::RateLimited)?;
        let mut tx = self.db.snapshot().await.map_err(ChangeError::Db)?;
        let set_up = self.set_up(&mut tx).await?.ok_or(BeginError::NoProvider)?;
        drop(tx);
        let settings = set_up.settings;
        let provider = self.provider(&settings, ctx.now()).await?;
        let levels = settings.asked_acr().join(" ");
        let ticket = Ticket {
            id: ctx.id(),
            purpose,
            issuer: settings.issuer,
            state: ctx.token(),
            nonce: ctx.token(),
            verifier: ctx.token(),
            begun_at: ctx.now(),
        };
        let mut url = provider.metadata.authorization_endpoint;
        let scope = std::iter::once("openid")
            .chain(settings.scopes.iter().map(String::as_str))
            .collect::<Vec<_>>()
            .join(" ");
        let mut query = url.query_pairs_mut();
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", &settings.client_id)
            .append_pair("redirect_uri", &self.redirect_uri())
            .append_pair("scope", &scope)
            .append_pair("state", &ticket.state)
            .append_pair("nonce", &ticket.nonce)
            .append_pair("code_challenge", &b64u::encode(sha256(&ticket.verifier)))
            .append_pair("code_challenge_method", "S256");
        if !levels.is_empty() {
            query.append_pair("acr_values", &levels);
        }
        if matches!(purpose, Purpose::StepUp { .. }) {
            query.append_pair("max_age", "0").append_pair("prompt", "login");
        }
        drop(query);
        let clear = serde_json::to_vec(&ticket).map_err(BeginError::Ticket)?;
        let sealed = self
            .vault
            .seal(ctx.entropy(), "sign_in_attempt", "ticket", &[], &clear)?;
        Ok(Attempt {
            url,
            ticket: SecretString::new(b64u::encode(sealed)),
        })
    }

    /// The attempt of a ticket that is ours and has not expired.
    pub(crate) fn open_ticket(&self, ticket: &SecretString, now: Timestamp) -> Option<Ticket> {
        if ticket.expose().len() > LONGEST_TICKET {
            return None;
        }
        let sealed = b64u::decode(ticket.expose())?;
        let clear = self.vault.unseal("sign_in_attempt", "ticket", &[], &sealed).ok()?;
        let ticket: Ticket = serde_json::from_slice(clear.expose()).ok()?;
        (ticket.begun_at + STARTED_FOR > now).then_some(ticket)
    }
}
