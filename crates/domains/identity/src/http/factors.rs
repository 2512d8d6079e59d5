//! One's own factors.

use axum::{extract::State, response::Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use wd_kernel::{FactorId, SecretString, Timestamp};
use wd_web::{ApiResult, Json, NoContent, Path, ProblemBody, ReqCtx, SessionCookie, set_session_cookie, with_cookie};

use super::{Ceremony, Nothing, known_by};
use crate::{
    FactorAdded, FactorKind, FactorStrength, FactorView, Identity, KnownMake, PasskeyKept, SessionState,
    TextMessageOffer,
};

/// A factor of one's own.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Factor {
    /// Which one.
    id: FactorId,
    /// Of which kind.
    kind: FactorKind,
    /// What its owner calls it.
    name: String,
    /// When it was added.
    created_at: Timestamp,
    /// The latest use.
    last_used_at: Option<Timestamp>,
    /// How many recovery codes are left.
    remaining: Option<i64>,
    /// When it stopped working, after too many wrong codes or because there is a copy.
    disabled_at: Option<Timestamp>,
    /// Where a passkey is kept, as it says itself; `null` for other kinds.
    kept: Option<PasskeyKept>,
    /// What it withstands.
    strength: FactorStrength,
    /// The make of a passkey that is attested; `null`: it has shown none that is known here.
    make: Option<KnownMake>,
    /// Whether it does for all that one's roles ask, what they ask later too.
    counts: bool,
    /// A telephone number, as far as it is shown: its calling code and the last two digits, `+49 … 89`; `null` for other
    /// kinds.
    number: Option<String>,
    /// Until when a new number cannot be signed in with; `null`: it can.
    held_until: Option<Timestamp>,
}

/// One's own factors.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Factors {
    items: Vec<Factor>,
    /// When one's password stopped working, after too many wrong ones.
    password_disabled_at: Option<Timestamp>,
    /// Whether one can add a telephone number.
    text_messages: TextMessageOffer,
}

/// A secret for an authenticator app, shown once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TotpEnrolment {
    /// The factor, not confirmed yet.
    id: FactorId,
    /// The secret as base32.
    secret: String,
    /// The `otpauth://` address.
    uri: String,
    /// The address as a QR code.
    qr_svg: String,
}

/// The first code of an app.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfirmTotp {
    /// The factor to confirm.
    id: FactorId,
    /// What the app shows.
    code: SecretString,
}

/// A new passkey.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPasskey {
    /// The ceremony of the question.
    ceremony: String,
    /// What its owner calls it.
    name: String,
    /// `credential.toJSON()` of the browser.
    #[schema(value_type = Object)]
    credential: Value,
}

/// What its owner calls a factor from now on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RenameFactor {
    /// 1 to 128 characters, without line breaks.
    name: String,
}

/// A factor was added.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AddedFactor {
    /// How far one is signed in now.
    session: SessionState,
    /// Recovery codes, when there were none; shown once.
    recovery_codes: Option<Vec<String>>,
}

/// Recovery codes, shown once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RecoveryCodes {
    codes: Vec<String>,
}

impl From<FactorView> for Factor {
    fn from(view: FactorView) -> Self {
        let FactorView {
            id,
            kind,
            name,
            created_at,
            last_used_at,
            remaining,
            disabled_at,
            kept,
            strength,
            make,
            counts,
            number,
            held_until,
        } = view;
        Self {
            id,
            kind,
            name,
            created_at,
            last_used_at,
            remaining,
            disabled_at,
            kept,
            strength,
            make,
            counts,
            number,
            held_until,
        }
    }
}

/// What one can confirm with.
#[utoipa::path(get, path = "/api/v1/factors", tag = "identity", operation_id = "factors",
    responses((status = 200, body = Factors)))]
pub(crate) async fn list(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    SessionCookie(token): SessionCookie,
) -> ApiResult<Json<Factors>> {
    let items = identity
        .factors(&ctx, token.as_ref())
        .await?
        .into_iter()
        .map(Factor::from)
        .collect();
    let password_disabled_at = identity.password_disabled_at(&ctx, token.as_ref()).await?;
    let text_messages = identity.text_message_offer(&ctx, token.as_ref()).await?;
    Ok(Json(Factors {
        items,
        password_disabled_at,
        text_messages,
    }))
}

/// Makes a secret for an authenticator app.
#[utoipa::path(post, path = "/api/v1/factors/totp", tag = "identity", operation_id = "begin_totp",
    request_body = Nothing, responses((status = 200, body = TotpEnrolment)))]
pub(crate) async fn begin_totp(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    SessionCookie(token): SessionCookie,
    Json(Nothing {}): Json<Nothing>,
) -> ApiResult<Json<TotpEnrolment>> {
    let made = identity.begin_totp(&ctx, token.as_ref()).await?;
    Ok(Json(TotpEnrolment {
        id: made.id,
        secret: made.secret.expose().to_owned(),
        uri: made.uri.expose().to_owned(),
        qr_svg: made.qr_svg.expose().to_owned(),
    }))
}

/// Confirms it with a code.
#[utoipa::path(post, path = "/api/v1/factors/totp/confirm", tag = "identity", operation_id = "confirm_totp",
    request_body = ConfirmTotp,
    responses((status = 200, body = AddedFactor), (status = 404, body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn confirm_totp(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    SessionCookie(token): SessionCookie,
    Json(body): Json<ConfirmTotp>,
) -> ApiResult<Response> {
    Ok(added(
        identity.confirm_totp(&ctx, token.as_ref(), body.id, &body.code).await?,
    ))
}

/// The question for a new passkey.
#[utoipa::path(post, path = "/api/v1/factors/passkey/options", tag = "identity", operation_id = "begin_passkey",
    request_body = Nothing, responses((status = 200, body = Ceremony)))]
pub(crate) async fn passkey_options(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    SessionCookie(token): SessionCookie,
    Json(Nothing {}): Json<Nothing>,
) -> ApiResult<Json<Ceremony>> {
    Ok(Json(identity.begin_passkey(&ctx, token.as_ref()).await?.into()))
}

/// Adds the passkey that answered.
#[utoipa::path(post, path = "/api/v1/factors/passkey", tag = "identity", operation_id = "finish_passkey",
    request_body = NewPasskey,
    responses((status = 200, body = AddedFactor), (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn passkey(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    SessionCookie(token): SessionCookie,
    Json(body): Json<NewPasskey>,
) -> ApiResult<Response> {
    let NewPasskey {
        ceremony,
        name,
        credential,
    } = body;
    Ok(added(
        identity
            .finish_passkey(&ctx, token.as_ref(), &ceremony, &name, &credential)
            .await?,
    ))
}

/// New recovery codes; the old ones stop working.
#[utoipa::path(post, path = "/api/v1/factors/recovery-codes", tag = "identity", operation_id = "new_recovery_codes",
    request_body = Nothing, responses((status = 200, body = RecoveryCodes)))]
pub(crate) async fn recovery_codes(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    SessionCookie(token): SessionCookie,
    Json(Nothing {}): Json<Nothing>,
) -> ApiResult<Json<RecoveryCodes>> {
    Ok(Json(RecoveryCodes {
        codes: identity.new_recovery_codes(&ctx, token.as_ref()).await?,
    }))
}

/// Removes a factor; the last one stays.
#[utoipa::path(delete, path = "/api/v1/factors/{factor}", tag = "identity", operation_id = "remove_factor",
    params(("factor" = FactorId, Path)),
    responses((status = 204),
        (status = 404, body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn remove(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    SessionCookie(token): SessionCookie,
    Path(factor): Path<FactorId>,
) -> ApiResult<NoContent> {
    identity.remove_factor(&ctx, token.as_ref(), factor).await?;
    Ok(NoContent)
}

/// Gives a passkey or an app of one's own another name.
#[utoipa::path(patch, path = "/api/v1/factors/{factor}", tag = "identity", operation_id = "rename_factor",
    params(("factor" = FactorId, Path)), request_body = RenameFactor,
    responses((status = 204), (status = 404, body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn rename(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    SessionCookie(token): SessionCookie,
    Path(factor): Path<FactorId>,
    Json(RenameFactor { name }): Json<RenameFactor>,
) -> ApiResult<NoContent> {
    identity.rename_factor(&ctx, token.as_ref(), factor, &name).await?;
    Ok(NoContent)
}

pub(super) fn added(added: FactorAdded) -> Response {
    let body = Json(AddedFactor {
        session: added.state,
        recovery_codes: added.recovery_codes,
    });
    match added.token {
        Some(token) => {
            let response = with_cookie(set_session_cookie(token.expose()), body);
            known_by(added.device.as_ref(), response)
        }
        None => axum::response::IntoResponse::into_response(body),
    }
}

#[cfg(test)]
mod tests {
    use wd_kernel::Id as _;

    use super::*;

    #[test]
    fn a_factor_without_codes_says_so_instead_of_nothing() {
        let at = Timestamp::from_seconds(0);
        let factor = Factor {
            id: FactorId::from_uuid(uuid::Uuid::nil()),
            kind: FactorKind::Totp,
            name: "App".into(),
            created_at: at,
            last_used_at: None,
            remaining: None,
            disabled_at: None,
            kept: None,
            strength: FactorStrength::Any,
            make: None,
            counts: true,
            number: None,
            held_until: None,
        };
        let shown = serde_json::to_value(factor).unwrap();
        assert_eq!(shown.get("remaining"), Some(&Value::Null));
    }
}
