//! The endpoints under `/api/v1` for signing in, invitations, and one's own sessions and factors.

mod blind_scan;
mod breached_passwords;
mod browsers;
mod factor_coverage;
mod factor_policy;
mod factor_sms;
mod factors;
mod history;
mod invitations;
mod password;
mod password_policy;
mod problems;
mod re_proofing;
mod re_proofing_own;
mod session;
mod session_policy;
mod sessions;
mod sign_in_risk;
mod step_up;
mod waves;

use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use wd_crypto::token_hash;
use wd_kernel::SecretString;
use wd_web::{ClientInfo, Json, set_device_cookie, set_session_cookie, with_cookie};

use crate::{Client, EnrolmentOptions, Identity, PasskeyOptions, SignedIn};

/// The routes of this domain.
pub fn router(state: Identity) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(session::show, session::sign_out))
        .routes(routes!(session::password))
        .routes(routes!(session::totp))
        .routes(routes!(session::recovery_code))
        .routes(routes!(session::send_sms))
        .routes(routes!(session::sms))
        .routes(routes!(session::passkey_options))
        .routes(routes!(session::passkey))
        .routes(routes!(history::list))
        .routes(routes!(sessions::list, sessions::end_others))
        .routes(routes!(sessions::end))
        .routes(routes!(browsers::list, browsers::forget_all))
        .routes(routes!(browsers::forget))
        .routes(routes!(browsers::of_staff))
        .routes(routes!(browsers::forget_of_staff))
        .routes(routes!(sessions::sign_out_staff))
        .routes(routes!(sessions::sign_out_everybody))
        .routes(routes!(step_up::totp))
        .routes(routes!(step_up::passkey_options))
        .routes(routes!(step_up::passkey))
        .routes(routes!(invitations::open))
        .routes(routes!(invitations::accept))
        .routes(routes!(password::check))
        .routes(routes!(password::rules))
        .routes(routes!(password::change))
        .routes(routes!(password_policy::list))
        .routes(routes!(password_policy::set))
        .routes(routes!(password_policy::preview))
        .routes(routes!(breached_passwords::show))
        .routes(routes!(breached_passwords::ask))
        .routes(routes!(blind_scan::show, blind_scan::switch))
        .routes(routes!(breached_passwords::range))
        .routes(routes!(factors::list))
        .routes(routes!(factors::begin_totp))
        .routes(routes!(factors::confirm_totp))
        .routes(routes!(factors::passkey_options))
        .routes(routes!(factors::passkey))
        .routes(routes!(factor_sms::begin))
        .routes(routes!(factor_sms::confirm))
        .routes(routes!(factors::recovery_codes))
        .routes(routes!(factors::remove, factors::rename))
        .routes(routes!(re_proofing_own::show, re_proofing_own::request))
        .routes(routes!(re_proofing_own::withdraw))
        .routes(routes!(re_proofing_own::begin))
        .routes(routes!(re_proofing::list, re_proofing::request))
        .routes(routes!(re_proofing::procedure))
        .routes(routes!(re_proofing::verify))
        .routes(routes!(re_proofing::approve))
        .routes(routes!(re_proofing::refuse))
        .routes(routes!(re_proofing::waits, re_proofing::set_waits))
        .routes(routes!(factor_policy::list))
        .routes(routes!(factor_policy::change))
        .routes(routes!(factor_policy::preview))
        .routes(routes!(session_policy::list))
        .routes(routes!(session_policy::change))
        .routes(routes!(session_policy::preview))
        .routes(routes!(factor_coverage::show))
        .routes(routes!(sign_in_risk::reviews))
        .routes(routes!(sign_in_risk::answer))
        .routes(routes!(sign_in_risk::policy, sign_in_risk::set_policy))
        .routes(routes!(waves::list, waves::create))
        .routes(routes!(waves::preview))
        .routes(routes!(waves::change))
        .routes(routes!(waves::end))
        .with_state(state)
}

/// A body without fields.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

/// A code somebody typed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Code {
    /// The code.
    pub code: SecretString,
}

/// A question for a passkey.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Ceremony {
    /// Goes back with the answer, within two minutes, once. What is in it is the server's.
    pub ceremony: String,
    /// For `parseRequestOptionsFromJSON` or `parseCreationOptionsFromJSON` (WebAuthn Level 3).
    #[schema(value_type = Object)]
    pub options: Value,
}

/// A passkey's answer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasskeyAnswer {
    /// The ceremony of the question.
    pub ceremony: String,
    /// `credential.toJSON()` of the browser.
    #[schema(value_type = Object)]
    pub credential: Value,
}

impl From<PasskeyOptions> for Ceremony {
    fn from(options: PasskeyOptions) -> Self {
        Self {
            ceremony: options.ceremony,
            options: options.options,
        }
    }
}

impl From<EnrolmentOptions> for Ceremony {
    fn from(options: EnrolmentOptions) -> Self {
        Self {
            ceremony: options.ceremony,
            options: options.options,
        }
    }
}

fn client(info: ClientInfo) -> Client {
    Client {
        address: info.address,
        user_agent: info.user_agent,
        device: info.device.map(|token| token_hash(token.expose())),
    }
}

/// The state, with the new tokens in their cookies.
fn signed_in(entered: SignedIn) -> Response {
    let response = with_cookie(set_session_cookie(entered.token.expose()), Json(entered.state));
    known_by(entered.device.as_ref(), response)
}

/// The response, with the token by which the browser is known from now on.
fn known_by(device: Option<&SecretString>, response: Response) -> Response {
    match device {
        Some(token) => with_cookie(set_device_cookie(token.expose()), response),
        None => response,
    }
}
