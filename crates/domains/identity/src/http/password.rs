//! What is to be said of a password.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wd_kernel::SecretString;
use wd_web::{ApiResult, Json};

use crate::{Identity, SignInError};

/// A password somebody is thinking of.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordCheck {
    /// The password, at most 512 bytes.
    password: SecretString,
    /// The login it would belong to.
    #[serde(default)]
    login: Option<String>,
    /// The shown name it would belong to.
    #[serde(default)]
    name: Option<String>,
}

/// The opinion about it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PasswordVerdict {
    /// Whether it may be used.
    acceptable: bool,
    /// 0 to 4, higher is harder to guess.
    #[schema(maximum = 4)]
    score: u8,
    /// Why it is refused, as sentences.
    reasons: Vec<String>,
    /// What would make it better, as sentences.
    suggestions: Vec<String>,
}

/// Judges a password; nothing is kept.
#[utoipa::path(post, path = "/api/v1/password/check", tag = "identity", operation_id = "check_password",
    request_body = PasswordCheck, responses((status = 200, body = PasswordVerdict)))]
pub(crate) async fn check(
    State(identity): State<Identity>,
    Json(body): Json<PasswordCheck>,
) -> ApiResult<Json<PasswordVerdict>> {
    let login = body.login.unwrap_or_default();
    let name = body.name.unwrap_or_default();
    let opinion = identity
        .check_password(body.password, &login, &name)
        .await
        .map_err(SignInError::from)?;
    Ok(Json(PasswordVerdict {
        acceptable: opinion.acceptable,
        score: opinion.score,
        reasons: opinion.reasons,
        suggestions: opinion.suggestions,
    }))
}
