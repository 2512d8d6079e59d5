//! Links to set up an account. The token is in the body, never in the address.

use axum::{extract::State, response::Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wd_kernel::SecretString;
use wd_web::{ApiResult, ClientInfo, Json, ProblemBody, ReqCtx, SessionCookie};

use super::{client, signed_in};
use crate::{Identity, SessionState};

/// A link's token.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpenInvitation {
    /// The end of the link.
    token: SecretString,
}

/// A link's token and the password to set.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AcceptInvitation {
    /// The end of the link.
    token: SecretString,
    /// The new password.
    password: SecretString,
}

/// Whose link it is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Invitation {
    /// The name to sign in with.
    login: String,
    /// The shown name.
    name: String,
    /// The organisation.
    organisation: String,
}

/// Opens a link.
#[utoipa::path(post, path = "/api/v1/invitations/open", tag = "identity", operation_id = "open_invitation",
    request_body = OpenInvitation,
    responses((status = 200, body = Invitation), (status = 404, body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn open(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    Json(body): Json<OpenInvitation>,
) -> ApiResult<Json<Invitation>> {
    let view = identity.open_invitation(&ctx, &body.token).await?;
    Ok(Json(Invitation {
        login: view.login,
        name: view.name,
        organisation: view.organisation,
    }))
}

/// Sets the password; a factor comes next.
#[utoipa::path(post, path = "/api/v1/invitations/accept", tag = "identity", operation_id = "accept_invitation",
    request_body = AcceptInvitation,
    responses((status = 200, body = SessionState), (status = 404, body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn accept(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    info: ClientInfo,
    SessionCookie(old): SessionCookie,
    Json(body): Json<AcceptInvitation>,
) -> ApiResult<Response> {
    Ok(signed_in(
        identity
            .accept_invitation_instead(&ctx, old.as_ref(), &body.token, &body.password, &client(info))
            .await?,
    ))
}
