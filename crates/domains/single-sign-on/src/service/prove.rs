//! Ending: what the provider's answer proves.

use serde::Deserialize;
use wd_db::DbError;
use wd_kernel::{Ctx, SecretString, Timestamp};

use super::{
    BeginError, ChangeError, Purpose,
    attempt::{STARTED_FOR, Ticket},
    provider::{KnownProvider, ProviderError, SetUp},
};
use crate::{
    SingleSignOn,
    model::id_token::{self, Claims, Expected, TokenFault},
    outbound::OutboundError,
    store,
};

/// What the provider sent the browser back with.
#[derive(Debug)]
pub struct Answer {
    /// Which attempt it answers.
    pub state: SecretString,
    /// What becomes a token.
    pub code: Option<SecretString>,
    /// Why there is no code (RFC 6749, section 4.1.2.1).
    pub error: Option<String>,
    /// From whom it is (RFC 9207).
    pub iss: Option<String>,
}

/// Who it is, as far as the provider knows.
#[derive(Debug, Clone, PartialEq)]
pub struct Proven {
    /// What the attempt was for.
    pub purpose: Purpose,
    /// Who says so.
    pub issuer: String,
    /// Who, there.
    pub subject: String,
    /// Whether a second factor was shown that counts.
    pub strong: bool,
    /// Whether it counts as one that a false page cannot use.
    pub phishing_resistant: bool,
    /// When they showed who they are, if the provider says.
    pub auth_time: Option<Timestamp>,
    /// The groups they are in; nothing when groups are not looked at.
    pub groups: Option<Vec<String>>,
    /// The login to make an account with, where unknown people get one.
    pub create: Option<NewAccount>,
}

/// What an account is made with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAccount {
    /// The name to sign in with.
    pub login: String,
    /// The shown name.
    pub name: String,
}

/// Why nothing was proven.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    /// This browser began no such attempt, or it took too long, or was answered before.
    #[error("there is no such attempt")]
    NoAttempt,
    /// The answer comes from somebody else than was asked (RFC 9207).
    #[error("the answer is from another issuer")]
    OtherIssuer,
    /// The person, or the provider, said no.
    #[error("the provider did not let the person in")]
    Refused,
    /// The code is of no use to the provider.
    #[error("the provider does not take the code")]
    Code(#[source] OutboundError),
    /// The token does not check.
    #[error("the ID token does not check")]
    Token(#[from] TokenFault),
    /// The provider.
    #[error("the provider cannot be used")]
    Provider(#[from] ProviderError),
    /// No provider, or its settings.
    #[error(transparent)]
    Begin(#[from] BeginError),
    /// The settings.
    #[error(transparent)]
    Settings(#[from] ChangeError),
    /// The database failed.
    #[error("the database failed")]
    Db(#[from] DbError),
}

#[derive(Deserialize)]
struct Tokens {
    id_token: String,
    access_token: Option<String>,
}

impl SingleSignOn {
    /// What an answer proves. An attempt is over with its first answer, whatever that is.
    pub async fn prove(&self, ctx: &Ctx, ticket: Option<&SecretString>, answer: &Answer) -> Result<Proven, ProveError> {
        let ticket = ticket
            .and_then(|ticket| self.open_ticket(ticket, ctx.now()))
            .filter(|ticket| wd_crypto::equal(ticket.state.as_bytes(), answer.state.expose().as_bytes()))
            .ok_or(ProveError::NoAttempt)?;
        let mut tx = self.db.begin().await?;
        store::forget_expired(&mut tx, ctx.now()).await?;
        let first = store::spend(&mut tx, ticket.id, ticket.begun_at + STARTED_FOR).await?;
        let set_up = self.set_up(&mut tx).await?;
        tx.commit().await?;
        if !first {
            return Err(ProveError::NoAttempt);
        }
        let set_up = set_up.ok_or(BeginError::NoProvider)?;
        // The settings may name another provider since it began.
        if ticket.issuer != set_up.settings.issuer {
            return Err(ProveError::NoAttempt);
        }
        let provider = self.provider(&set_up.settings, ctx.now()).await?;
        let must_name_itself = provider.metadata.authorization_response_iss_parameter_supported;
        let named = answer.iss.as_deref();
        if named.is_some_and(|iss| iss != ticket.issuer) || (must_name_itself && named.is_none()) {
            return Err(ProveError::OtherIssuer);
        }
        let (Some(code), None) = (&answer.code, &answer.error) else {
            return Err(ProveError::Refused);
        };
        let tokens = self.redeem(&set_up, &provider, &ticket, code).await?;
        let claims = self.check_token(ctx, &set_up, &provider, &ticket, &tokens).await?;
        Ok(proven(ticket, &set_up, claims))
    }

    async fn redeem(
        &self,
        set_up: &SetUp,
        provider: &KnownProvider,
        ticket: &Ticket,
        code: &SecretString,
    ) -> Result<Tokens, ProveError> {
        let client_id = set_up.settings.client_id.as_str();
        let redirect_uri = self.redirect_uri();
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code.expose()),
            ("redirect_uri", redirect_uri.as_str()),
            ("code_verifier", ticket.verifier.as_str()),
        ];
        let mut basic = None;
        match &set_up.secret {
            Some(secret) if provider.metadata.secret_in_form() => {
                form.extend([("client_id", client_id), ("client_secret", secret.expose())]);
            }
            Some(secret) => basic = Some((client_id, secret.expose())),
            None => form.push(("client_id", client_id)),
        }
        let answer = self
            .outbound
            .post(&provider.metadata.token_endpoint, &form, basic)
            .await;
        answer.map_err(|error| match error {
            OutboundError::Status(status) if status.is_client_error() => ProveError::Code(error),
            other => ProviderError::from(other).into(),
        })
    }

    async fn check_token(
        &self,
        ctx: &Ctx,
        set_up: &SetUp,
        provider: &KnownProvider,
        ticket: &Ticket,
        tokens: &Tokens,
    ) -> Result<Claims, ProveError> {
        let (kid, algorithm) = id_token::signed_by(&tokens.id_token)?;
        let keys = self
            .keys_with(provider, kid.as_deref(), algorithm, ctx.now())
            .await
            .map_err(ProviderError::from)?;
        let expected = Expected {
            issuer: &ticket.issuer,
            client_id: &set_up.settings.client_id,
            nonce: &ticket.nonce,
            access_token: tokens.access_token.as_deref(),
            since: matches!(ticket.purpose, Purpose::StepUp { .. }).then_some(ticket.begun_at),
            now: ctx.now(),
        };
        Ok(id_token::check(&tokens.id_token, &keys, &expected)?)
    }
}

fn proven(ticket: Ticket, set_up: &SetUp, claims: Claims) -> Proven {
    let settings = &set_up.settings;
    let login = claims.text("preferred_username").map(str::to_owned);
    let create = login.filter(|_| settings.create).map(|login| NewAccount {
        name: claims.text("name").unwrap_or(&login).to_owned(),
        login,
    });
    // A provider that leaves the claim out says that there is no group.
    let groups = settings
        .groups_claim
        .as_deref()
        .map(|claim| claims.list(claim).unwrap_or_default());
    let phishing_resistant = claims.say(&settings.phishing_resistant_acr, &settings.phishing_resistant_amr);
    Proven {
        purpose: ticket.purpose,
        issuer: ticket.issuer,
        strong: phishing_resistant || claims.say(&settings.second_factor_acr, &settings.second_factor_amr),
        phishing_resistant,
        auth_time: claims.auth_time,
        groups,
        create,
        subject: claims.subject,
    }
}
