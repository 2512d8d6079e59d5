//! A telephone number as one's factor.

use axum::{extract::State, response::Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wd_kernel::{FactorId, SecretString, Timestamp};
use wd_web::{ApiResult, ClientInfo, Json, ProblemBody, ReqCtx, SessionCookie};

use super::{client, factors::added};
use crate::{Identity, SmsCodeSent};

/// A telephone number of one's own.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewNumber {
    /// The number with its calling code, as in `+49 151 23456789` (ITU-T E.164).
    number: SecretString,
}

/// A code is on its way by text message.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SmsCode {
    /// To which number: its calling code and the last two digits, `+49 … 89`.
    number: String,
    /// Until when the code works.
    expires_at: Timestamp,
    /// How many seconds until another one may be asked for.
    again_in: u64,
}

/// A number that counts once the code comes back.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SmsEnrolment {
    /// The factor, not confirmed yet.
    id: FactorId,
    /// The code.
    sent: SmsCode,
}

/// The code that came to the number.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfirmNumber {
    /// The factor to confirm.
    id: FactorId,
    /// Six digits.
    code: SecretString,
}

impl From<SmsCodeSent> for SmsCode {
    fn from(sent: SmsCodeSent) -> Self {
        let SmsCodeSent {
            number,
            expires_at,
            again_in,
        } = sent;
        Self {
            number,
            expires_at,
            again_in,
        }
    }
}

/// Sends a code to a number.
#[utoipa::path(post, path = "/api/v1/factors/sms", tag = "identity", operation_id = "begin_sms",
    request_body = NewNumber,
    responses((status = 200, body = SmsEnrolment),
        (status = 409, body = ProblemBody, content_type = "application/problem+json"),
        (status = 429, body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn begin(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    SessionCookie(token): SessionCookie,
    info: ClientInfo,
    Json(body): Json<NewNumber>,
) -> ApiResult<Json<SmsEnrolment>> {
    let made = identity
        .begin_sms(&ctx, token.as_ref(), &body.number, &client(info))
        .await?;
    Ok(Json(SmsEnrolment {
        id: made.id,
        sent: made.sent.into(),
    }))
}

/// Adds the number, by the code that came there. To an account in use it is of use a day later.
#[utoipa::path(post, path = "/api/v1/factors/sms/confirm", tag = "identity", operation_id = "confirm_sms",
    request_body = ConfirmNumber,
    responses((status = 200, body = super::factors::AddedFactor),
        (status = 404, body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn confirm(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    SessionCookie(token): SessionCookie,
    Json(body): Json<ConfirmNumber>,
) -> ApiResult<Response> {
    Ok(added(
        identity.confirm_sms(&ctx, token.as_ref(), body.id, &body.code).await?,
    ))
}
