//! How a widget proves for which customer it speaks.

use std::net::IpAddr;

use async_trait::async_trait;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::{Deserialize, Serialize};
use wd_audit_log::{AuditTx as _, Entry};
use wd_crypto::{sha256, token_hash};
use wd_db::{DbError, Tx};
use wd_kernel::{Ctx, CustomerId, Duration, Problem, ProblemCode, Timestamp};
use wd_vault::VaultError;

use super::{CustomerError, record};
use crate::{
    Customers,
    events::CustomerSignedOut,
    model::{CustomerFields, CustomerKind, Search},
    store::{customer, widget},
};

/// An anonymous visitor's token lasts so long, however often they come.
const VISITOR_SESSION: Duration = Duration::from_secs(90 * 24 * 3600);
/// A vouched-for customer's token must be renewed by the site after this time.
const IDENTIFIED_SESSION: Duration = Duration::from_secs(24 * 3600);
/// An identity token may live this long at most.
pub(crate) const LONGEST_IDENTITY: i64 = 600;
/// Clocks may differ by this many seconds.
const LEEWAY: i64 = 30;
const VISITS_PER_HOUR: i64 = 20;
/// Refused identity tokens of one address that are written into the audit log within an hour.
const REFUSALS_PER_HOUR: i64 = 60;

/// A key with which the company's site signs identity tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IdentityKey {
    /// The `kid` in the token's header.
    pub kid: String,
    /// `ES256` or `EdDSA`.
    pub alg: String,
    /// The public key, PEM (SubjectPublicKeyInfo).
    pub pem: String,
}

/// Knows the keys and the audience of identity tokens. Asked inside the transaction.
#[async_trait]
pub trait IdentityKeys: Send + Sync {
    /// The keys that count now.
    async fn identity_keys(&self, tx: &mut Tx) -> Result<Vec<IdentityKey>, DbError>;
    /// The `aud` a token must name: this installation's public address.
    fn audience(&self) -> String;
}

/// A new anonymous customer.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Visitor {
    /// The bearer token. It is shown once.
    pub token: String,
    /// Who they are.
    pub customer: CustomerId,
}

/// A customer the site vouches for.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Identified {
    /// The bearer token. It is shown once.
    pub token: String,
    /// Who they are.
    pub customer: CustomerId,
    /// What they are called.
    pub name: Option<String>,
}

/// Why a widget is not believed.
#[derive(Debug, thiserror::Error)]
pub enum WidgetError {
    /// The identity token does not check. The text is for the site's developers and holds no personal data.
    #[error("the identity token is not accepted: {0}")]
    Token(&'static str),
    /// Too many new visitors or refused identity tokens from one address.
    #[error("too many tries from one address")]
    TooMany,
    /// The record failed.
    #[error("the record failed")]
    Record(#[from] CustomerError),
    /// Keys failed.
    #[error("the vault failed")]
    Vault(#[from] VaultError),
    /// The database failed.
    #[error("the database failed")]
    Db(#[from] DbError),
}

impl wd_web::Fails for WidgetError {
    fn problem(&self) -> Problem {
        match self {
            Self::Token(why) => {
                Problem::new(ProblemCode::Unauthenticated).detail(format!("The identity token is not accepted: {why}."))
            }
            Self::TooMany => Problem::new(ProblemCode::RateLimited).retry_after(3600),
            Self::Record(error) => wd_web::Fails::problem(error),
            Self::Vault(_) | Self::Db(_) => ProblemCode::Internal.into(),
        }
    }
}

wd_web::fails!(WidgetError);

/// The claims of an identity token (RFC 7519).
#[derive(Deserialize)]
pub(crate) struct Claims {
    sub: String,
    aud: String,
    exp: i64,
    iat: i64,
    jti: String,
    name: Option<String>,
    email: Option<String>,
}

impl Customers {
    /// Makes an anonymous customer.
    pub async fn visit(&self, ctx: &Ctx, address: IpAddr) -> Result<Visitor, WidgetError> {
        let mut tx = self.db.begin().await?;
        let blind = self
            .vault
            .blind_index("visitor_rate", "address")
            .of(&wd_web::network(address));
        if widget::count_visit(&mut tx, &blind, ctx.now().seconds() / 3600).await? > VISITS_PER_HOUR {
            // Nothing is kept of the try but the count.
            tx.commit().await?;
            return Err(WidgetError::TooMany);
        }
        let row = self
            .insert(&mut tx, ctx, CustomerKind::Visitor, false, &CustomerFields::default())
            .await?;
        let token = self.start(&mut tx, ctx, row.id, None, VISITOR_SESSION).await?;
        tx.commit().await?;
        Ok(Visitor {
            token,
            customer: row.id,
        })
    }

    /// Signs a customer in with the site's identity token; makes their record at the first time.
    pub async fn identify(&self, ctx: &Ctx, identity_token: &str, address: IpAddr) -> Result<Identified, WidgetError> {
        let mut tx = self.db.begin().await?;
        let keys = self.identity_keys.identity_keys(&mut tx).await?;
        let claims = match check(identity_token, &keys, &self.identity_keys.audience(), ctx.now()) {
            Ok(claims) => claims,
            Err(why) => return Err(self.refused(tx, ctx, address, why, WidgetError::Token(why)).await?),
        };
        let jti = sha256(format!("{}|{}", claims.sub, claims.jti));
        if widget::is_spent(&mut tx, jti).await? {
            let error = WidgetError::Token("it was used before the customer signed out");
            return Err(self.refused(tx, ctx, address, "replayed after sign-out", error).await?);
        }
        let (customer, name) = self.vouched(&mut tx, ctx, &claims).await?;
        customer::vouched(&mut tx, customer, ctx.now()).await?;
        let token = self
            .start(&mut tx, ctx, customer, Some(jti), IDENTIFIED_SESSION)
            .await?;
        tx.audit(ctx, Entry::done("widget.identified").target(customer)).await?;
        tx.commit().await?;
        Ok(Identified { token, customer, name })
    }

    /// Writes a refused identity token down, but not without end: anybody can send one.
    async fn refused(
        &self,
        mut tx: Tx,
        ctx: &Ctx,
        address: IpAddr,
        why: &'static str,
        error: WidgetError,
    ) -> Result<WidgetError, WidgetError> {
        let blind = self
            .vault
            .blind_index("visitor_rate", "refused")
            .of(&wd_web::network(address));
        let count = widget::count_visit(&mut tx, &blind, ctx.now().seconds() / 3600).await?;
        if count > REFUSALS_PER_HOUR {
            tx.commit().await?;
            return Ok(WidgetError::TooMany);
        }
        tx.audit(ctx, Entry::refused("widget.identified").detail("why", why))
            .await?;
        tx.commit().await?;
        Ok(error)
    }

    /// For whom a bearer token speaks.
    pub async fn authenticate_widget(&self, ctx: &Ctx, token: &str) -> Result<Option<CustomerId>, WidgetError> {
        let mut tx = self.db.look().await?;
        Ok(widget::session(&mut tx, token_hash(token), ctx.now())
            .await?
            .map(|session| session.customer))
    }

    /// Signs out: every session from the same identity token ends, and the token is spent.
    pub async fn sign_out_widget(&self, ctx: &Ctx, token: &str) -> Result<(), WidgetError> {
        let mut tx = self.db.begin().await?;
        let hash = token_hash(token);
        if let Some(session) = widget::session(&mut tx, hash, ctx.now()).await? {
            if let Some(jti) = &session.identity {
                widget::spend(&mut tx, jti, session.expires_at).await?;
                widget::end_identity(&mut tx, jti, ctx.now()).await?;
            }
            widget::end_session(&mut tx, hash).await?;
            let customer = session.customer;
            tx.emit(ctx, &CustomerSignedOut { customer }).await?;
            tx.audit(ctx, Entry::done("widget.signed_out").target(customer)).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Ends all sessions of a customer but the one with this token, in the caller's transaction. The identity tokens
    /// they came from are spent.
    pub async fn end_other_sessions_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        customer: CustomerId,
        keep: &str,
    ) -> Result<(), DbError> {
        let keep = token_hash(keep);
        let kept = widget::session(tx, keep, ctx.now())
            .await?
            .and_then(|session| session.identity);
        for session in widget::others(tx, customer, keep).await? {
            if let Some(jti) = session.identity.filter(|jti| kept.as_ref() != Some(jti)) {
                widget::spend(tx, &jti, session.expires_at).await?;
            }
        }
        widget::end_others(tx, customer, keep).await?;
        tx.emit(ctx, &CustomerSignedOut { customer }).await?;
        tx.audit(ctx, Entry::done("widget.signed_out_elsewhere").target(customer))
            .await?;
        Ok(())
    }

    async fn start(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        customer: CustomerId,
        identity: Option<[u8; 32]>,
        life: Duration,
    ) -> Result<String, DbError> {
        let token = ctx.token();
        widget::insert_session(tx, token_hash(&token), customer, identity, ctx.now(), ctx.now() + life).await?;
        Ok(token)
    }

    async fn vouched(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        claims: &Claims,
    ) -> Result<(CustomerId, Option<String>), WidgetError> {
        let fields = CustomerFields {
            name: claims.name.clone(),
            mail: claims.email.clone(),
            external_id: Some(claims.sub.clone()),
            ..CustomerFields::default()
        };
        let fields = fields
            .check()
            .map_err(|_| WidgetError::Token("its name or email is not valid"))?;
        let search = fields
            .external_id
            .clone()
            .map(Search::ExternalId)
            .ok_or(WidgetError::Token("it has no sub"))?;
        let Some(mut row) = self.matching(tx, &search).await?.into_iter().next() else {
            let row = self.insert(tx, ctx, CustomerKind::Identified, true, &fields).await?;
            return Ok((row.id, fields.name));
        };
        let key = self.vault.subject_key(tx, row.id).await?;
        let mut known = record::open(&row, &key)?;
        // What staff wrote down stays; the site fills what is missing.
        if !row.verified || known.name.is_none() {
            known.name = known.name.or(fields.name);
            let fills_mail = known.mail.is_none() && fields.mail.is_some();
            known.mail = known.mail.or(fields.mail);
            row.verified = true;
            row.version += 1;
            row.updated_at = ctx.now();
            record::seal(&mut row, &known, &key, ctx.entropy())?;
            if !customer::update(tx, &row, &record::indexes(&self.vault, &known)).await? {
                return Err(CustomerError::Stale.into());
            }
            if fills_mail {
                customer::mail_changed(tx, row.id, row.updated_at).await?;
            }
        }
        Ok((row.id, known.name))
    }
}

/// The claims of a token that checks: its key decides the algorithm, never the token.
pub(crate) fn check(token: &str, keys: &[IdentityKey], audience: &str, now: Timestamp) -> Result<Claims, &'static str> {
    if token.len() > 4096 {
        return Err("it is too long");
    }
    let header = jsonwebtoken::decode_header(token).map_err(|_| "it is not a JWT signed with ES256 or EdDSA")?;
    let kid = header.kid.ok_or("its header has no kid")?;
    let key = keys.iter().find(|key| key.kid == kid).ok_or("its key is not known")?;
    let (algorithm, decoding) = match key.alg.as_str() {
        "ES256" => (Algorithm::ES256, DecodingKey::from_ec_pem(key.pem.as_bytes())),
        "EdDSA" => (Algorithm::EdDSA, DecodingKey::from_ed_pem(key.pem.as_bytes())),
        _ => return Err("its key has an algorithm that is not used here"),
    };
    let mut validation = Validation::new(algorithm);
    // Times and audience are checked below, against this context's clock.
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let decoding = decoding.map_err(|_| "its key cannot be read")?;
    let claims = jsonwebtoken::decode::<Claims>(token, &decoding, &validation)
        .map_err(|_| "its signature or claims do not check")?
        .claims;
    let now = now.seconds();
    if claims.aud != audience {
        return Err("it is for another audience");
    }
    if claims.exp.saturating_add(LEEWAY) <= now {
        return Err("it has expired");
    }
    if claims.iat > now + LEEWAY || claims.exp.saturating_sub(claims.iat) > LONGEST_IDENTITY {
        return Err("it lives longer than ten minutes");
    }
    if claims.sub.trim().is_empty() || claims.jti.is_empty() {
        return Err("it needs a sub and a jti");
    }
    Ok(claims)
}
