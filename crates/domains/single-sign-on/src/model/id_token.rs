//! Whether an ID token says what it should (OpenID Connect Core 1.0, section 3.1.3.7).

use jsonwebtoken::{DecodingKey, Validation};
use serde::Deserialize;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256, Sha512};
use wd_kernel::{Timestamp, b64u};

use super::keys::{Algorithm, Keys};

/// How far the clocks may be apart.
const LEEWAY: i64 = 60;
/// How old a token may be: it comes straight from the provider.
const OLDEST: i64 = 600;
/// The longest token that is looked at.
const LONGEST: usize = 64 * 1024;

/// What the token must say.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// Who made it.
    pub issuer: &'a str,
    /// For whom.
    pub client_id: &'a str,
    /// For which attempt.
    pub nonce: &'a str,
    /// The access token that came with it.
    pub access_token: Option<&'a str>,
    /// When the person must have shown who they are again, at the earliest.
    pub since: Option<Timestamp>,
    /// Now.
    pub now: Timestamp,
}

/// What is wrong with a token. Said in the audit log, not to whoever sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    /// Not a signed JWT.
    #[error("it is not a signed token")]
    Form,
    /// Signed in a way that does not count.
    #[error("its algorithm does not count")]
    Algorithm,
    /// No key of the provider fits.
    #[error("its key is not known")]
    UnknownKey,
    /// The signature does not check.
    #[error("its signature does not check")]
    Signature,
    /// Another issuer.
    #[error("its issuer is another one")]
    Issuer,
    /// No subject, or one that is too long.
    #[error("its subject cannot be used")]
    Subject,
    /// Not for Wardesk.
    #[error("it is for somebody else")]
    Audience,
    /// Handed out to another client.
    #[error("it was handed out to somebody else")]
    AuthorizedParty,
    /// Expired.
    #[error("it has expired")]
    Expired,
    /// From the future, or too old.
    #[error("it was not made just now")]
    IssuedAt,
    /// Of another attempt.
    #[error("it belongs to another attempt")]
    Nonce,
    /// Does not belong to the access token.
    #[error("it does not belong to the access token")]
    AccessTokenHash,
    /// The person did not show who they are again.
    #[error("the person was not asked again")]
    AuthTime,
}

/// What a token that checks says.
#[derive(Debug, Clone, PartialEq)]
pub struct Claims {
    /// Who, at this issuer.
    pub subject: String,
    /// When they showed who they are.
    pub auth_time: Option<Timestamp>,
    /// How strongly.
    pub acr: Option<String>,
    /// In which ways.
    pub amr: Vec<String>,
    all: Map<String, Value>,
}

impl Claims {
    /// A claim that is text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.all.get(name)?.as_str()
    }

    /// A claim that is one text or a list of them; nothing when it is not there.
    pub fn list(&self, name: &str) -> Option<Vec<String>> {
        self.all.get(name).map(texts)
    }

    /// Whether the provider says one of these, letter by letter: no level is taken to contain another one.
    pub fn say(&self, acr: &[String], amr: &[String]) -> bool {
        self.acr.as_ref().is_some_and(|value| acr.contains(value)) || self.amr.iter().any(|value| amr.contains(value))
    }
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<Value>,
}

/// By which key a token says it was signed: its name and algorithm.
pub fn signed_by(token: &str) -> Result<(Option<String>, Algorithm), TokenFault> {
    if token.len() > LONGEST || token.split('.').count() != 3 {
        return Err(TokenFault::Form);
    }
    let head = token.split('.').next().and_then(b64u::decode).ok_or(TokenFault::Form)?;
    let head: Header = serde_json::from_slice(&head).map_err(|_| TokenFault::Form)?;
    // What must be understood and is not (RFC 7515, section 4.1.11).
    if head.crit.is_some() {
        return Err(TokenFault::Form);
    }
    let algorithm = Algorithm::parse(&head.alg).ok_or(TokenFault::Algorithm)?;
    Ok((head.kid, algorithm))
}

/// The claims of a token that checks in every way.
pub fn check(token: &str, keys: &Keys, expected: &Expected<'_>) -> Result<Claims, TokenFault> {
    let (kid, algorithm) = signed_by(token)?;
    let key = keys.find(kid.as_deref(), algorithm).ok_or(TokenFault::UnknownKey)?;
    let all = verified(token, key, algorithm)?;
    let number = |name: &str| all.get(name).and_then(Value::as_f64).map(whole_seconds);
    let text = |name: &str| all.get(name).and_then(Value::as_str);
    let now = expected.now.seconds();

    if text("iss") != Some(expected.issuer) {
        return Err(TokenFault::Issuer);
    }
    let subject = text("sub").unwrap_or_default();
    if subject.is_empty() || subject.len() > 255 || subject.contains(char::is_control) {
        return Err(TokenFault::Subject);
    }
    let audience = all.get("aud").map(texts).unwrap_or_default();
    if !audience.iter().any(|one| one == expected.client_id) {
        return Err(TokenFault::Audience);
    }
    let party = all.get("azp");
    if party.is_some_and(|party| party.as_str() != Some(expected.client_id)) || (audience.len() > 1 && party.is_none())
    {
        return Err(TokenFault::AuthorizedParty);
    }
    if number("exp").is_none_or(|exp| exp.saturating_add(LEEWAY) <= now) {
        return Err(TokenFault::Expired);
    }
    if number("iat").is_none_or(|iat| iat > now + LEEWAY || iat < now - OLDEST) {
        return Err(TokenFault::IssuedAt);
    }
    if number("nbf").is_some_and(|nbf| nbf > now + LEEWAY) {
        return Err(TokenFault::IssuedAt);
    }
    if !text("nonce").is_some_and(|nonce| wd_crypto::equal(nonce.as_bytes(), expected.nonce.as_bytes())) {
        return Err(TokenFault::Nonce);
    }
    if let Some(hash) = all.get("at_hash") {
        let fits = expected
            .access_token
            .is_some_and(|token| hash.as_str() == Some(&half_hash(token, algorithm)));
        if !fits {
            return Err(TokenFault::AccessTokenHash);
        }
    }
    let auth_time = number("auth_time");
    if auth_time.is_some_and(|at| at > now + LEEWAY) {
        return Err(TokenFault::AuthTime);
    }
    if let Some(since) = expected.since
        && auth_time.is_none_or(|at| at.saturating_add(LEEWAY) < since.seconds())
    {
        return Err(TokenFault::AuthTime);
    }
    Ok(Claims {
        subject: subject.to_owned(),
        auth_time: auth_time.map(Timestamp::from_seconds),
        acr: text("acr").map(str::to_owned),
        amr: all.get("amr").map(texts).unwrap_or_default(),
        all,
    })
}

fn verified(token: &str, key: &DecodingKey, algorithm: Algorithm) -> Result<Map<String, Value>, TokenFault> {
    let mut validation = Validation::new(algorithm.library());
    // Times and audience are checked against the context's clock, by the caller.
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    jsonwebtoken::decode::<Map<String, Value>>(token, key, &validation)
        .map(|decoded| decoded.claims)
        .map_err(|_| TokenFault::Signature)
}

/// The left half of the hash that belongs to the algorithm.
fn half_hash(token: &str, algorithm: Algorithm) -> String {
    let half = |hash: &[u8]| b64u::encode(hash.get(..hash.len() / 2).unwrap_or_default());
    match algorithm {
        Algorithm::EdDsa => half(&Sha512::digest(token)),
        Algorithm::Rs256 | Algorithm::Ps256 | Algorithm::Es256 => half(&Sha256::digest(token)),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a number beyond the range becomes the end of the range"
)]
const fn whole_seconds(number: f64) -> i64 {
    number as i64
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}
