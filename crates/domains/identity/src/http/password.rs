//! What is to be said of a password.

use axum::{extract::State, response::Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wd_kernel::SecretString;
use wd_web::{ApiResult, ClientInfo, Json, ReqCtx, SessionCookie};

use super::{client, signed_in};
use crate::{Identity, SessionState};

/// A password somebody is thinking of.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordCheck {
    /// The password, at most 512 bytes.
    password: SecretString,
    /// The end of an invitation link, for who is not signed in yet.
    #[serde(default)]
    invitation: Option<SecretString>,
}

/// The opinion about it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PasswordVerdict {
    /// Whether it may be used.
    acceptable: bool,
    /// 0 to 4, higher is harder to guess.
    #[schema(maximum = 4)]
    score: u8,
    /// How long guessing it takes who has stolen its hash and the keys, as a word: `hours`, `centuries`.
    lasts: &'static str,
    /// The weakest thing about it, as a sentence; `null` when it is strong.
    weakness: Option<String>,
    /// Why it is refused, as sentences.
    reasons: Vec<String>,
    /// What would make it better, as sentences.
    suggestions: Vec<String>,
}

/// Judges a password for who is signed in, has an invitation link, or must change the password; nothing is kept.
#[utoipa::path(post, path = "/api/v1/password/check", tag = "identity", operation_id = "check_password",
    request_body = PasswordCheck, responses((status = 200, body = PasswordVerdict)))]
pub(crate) async fn check(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    SessionCookie(token): SessionCookie,
    info: ClientInfo,
    Json(body): Json<PasswordCheck>,
) -> ApiResult<Json<PasswordVerdict>> {
    let opinion = identity
        .check_password(
            &ctx,
            body.invitation.as_ref(),
            token.as_ref(),
            body.password,
            &client(info),
        )
        .await?;
    Ok(Json(PasswordVerdict {
        acceptable: opinion.acceptable,
        score: opinion.score,
        lasts: opinion.lasts,
        weakness: opinion.weakness,
        reasons: opinion.reasons,
        suggestions: opinion.suggestions,
    }))
}

/// For whom a password is to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordRulesFor {
    /// The end of an invitation link, for who is not signed in yet.
    #[serde(default)]
    invitation: Option<SecretString>,
}

/// What a new password must be, as far as its form goes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PasswordRulesView {
    /// Fewest characters.
    #[schema(minimum = 6, maximum = 64)]
    shortest: u16,
    /// Whether it needs three of the four kinds: small letters, capital letters, digits, others.
    mixed: bool,
}

/// Tells who is signed in, has an invitation link, or must change the password, what the new one must be.
#[utoipa::path(post, path = "/api/v1/password/rules", tag = "identity", operation_id = "password_rules",
    request_body = PasswordRulesFor, responses((status = 200, body = PasswordRulesView)))]
pub(crate) async fn rules(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    SessionCookie(token): SessionCookie,
    info: ClientInfo,
    Json(body): Json<PasswordRulesFor>,
) -> ApiResult<Json<PasswordRulesView>> {
    let link = body.invitation.as_ref();
    let rules = identity
        .password_rules(&ctx, link, token.as_ref(), &client(info))
        .await?;
    Ok(Json(PasswordRulesView {
        shortest: rules.shortest,
        mixed: rules.mixed,
    }))
}

/// The present password and the one to have from now on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordChange {
    /// The present password. Only where the session says that it is not asked for, it may be left out.
    #[serde(default)]
    present: Option<SecretString>,
    /// The new one, at most 512 bytes.
    new: SecretString,
}

/// Sets a new password of one's own; every other session ends.
#[utoipa::path(put, path = "/api/v1/password", tag = "identity", operation_id = "change_password",
    request_body = PasswordChange, responses((status = 200, body = SessionState)))]
pub(crate) async fn change(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    SessionCookie(token): SessionCookie,
    Json(body): Json<PasswordChange>,
) -> ApiResult<Response> {
    let changed = match &body.present {
        Some(present) => {
            identity
                .change_password(&ctx, token.as_ref(), present, &body.new)
                .await?
        }
        None => {
            identity
                .replace_breached_password(&ctx, token.as_ref(), &body.new)
                .await?
        }
    };
    Ok(signed_in(changed))
}
