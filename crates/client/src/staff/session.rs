//! Signing in, stepping up, enrolling.

use serde::Deserialize;
use serde_json::{Value, json};
use wd_kernel::{StaffId, TeamId};

use crate::{ClientError, Code, Codes, Surroundings, http::Http};

/// How often a one-time code is tried anew: another process may have used the one before.
const CODE_TRIES: usize = 2;

/// The session as the server tells it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SessionState {
    /// `signed-out`, `second-factor`, `enrol` or `signed-in`.
    pub state: String,
    /// Who, once it is known.
    #[serde(default)]
    pub me: Option<Me>,
}

/// The signed-in staff member.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Me {
    /// Who.
    pub id: StaffId,
    /// The name to sign in with.
    pub login: String,
    /// The shown name.
    pub name: String,
    /// Roles.
    pub roles: Vec<String>,
    /// Teams.
    pub teams: Vec<Team>,
}

/// A team.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Team {
    /// Its id.
    pub id: TeamId,
    /// Its name.
    pub name: String,
}

#[derive(Deserialize)]
struct Enrolling {
    id: String,
    secret: String,
}

#[derive(Deserialize)]
struct Confirmed {
    session: SessionState,
    recovery_codes: Option<Vec<String>>,
}

pub(super) async fn sign_in(
    http: &Http,
    around: &Surroundings,
    login: &str,
    password: &str,
    codes: &mut Codes,
) -> Result<Me, ClientError> {
    let body = json!({ "login": login, "password": password });
    let state: SessionState = http.post("/api/v1/session/password", &body).await?;
    if state.state != "second-factor" {
        return signed_in(state);
    }
    signed_in(with_code(http, around, codes, "/api/v1/session/totp", json!({})).await?)
}

/// Sets up the account behind an invitation; answers the codes' secret and the recovery codes too.
pub(super) async fn accept(
    http: &Http,
    around: &Surroundings,
    token: &str,
    password: &str,
) -> Result<(Me, Codes, Vec<String>), ClientError> {
    let body = json!({ "token": token, "password": password });
    let state: SessionState = http.post("/api/v1/invitations/accept", &body).await?;
    if state.state != "enrol" {
        return Err(ClientError::SignIn(state.state));
    }
    let factor: Enrolling = http.post("/api/v1/factors/totp", &json!({})).await?;
    let mut codes = Codes::new(&factor.secret)?;
    let extra = json!({ "id": factor.id });
    let confirmed: Confirmed = with_code(http, around, &mut codes, "/api/v1/factors/totp/confirm", extra).await?;
    Ok((
        signed_in(confirmed.session)?,
        codes,
        confirmed.recovery_codes.unwrap_or_default(),
    ))
}

pub(super) async fn step_up(http: &Http, around: &Surroundings, codes: &mut Codes) -> Result<(), ClientError> {
    let _: SessionState = with_code(http, around, codes, "/api/v1/step-up/totp", json!({})).await?;
    Ok(())
}

async fn with_code<T: serde::de::DeserializeOwned>(
    http: &Http,
    around: &Surroundings,
    codes: &mut Codes,
    path: &str,
    extra: Value,
) -> Result<T, ClientError> {
    let mut tries = 0;
    loop {
        let mut body = extra.clone();
        if let Value::Object(body) = &mut body {
            body.insert("code".into(), next_code(around, codes).await.into());
        }
        tries += 1;
        match http.post(path, &body).await {
            Err(error) if tries < CODE_TRIES && error.is(&["unauthenticated", "invalid-fields"]) => {}
            answer => return answer,
        }
    }
}

/// The next unused code; waits for its time when both codes at hand are used. At most half a minute.
async fn next_code(around: &Surroundings, codes: &mut Codes) -> String {
    loop {
        match codes.next(around.now()) {
            Code::Now(code) => return code,
            Code::Wait(span) => tokio::time::sleep(span).await,
        }
    }
}

fn signed_in(state: SessionState) -> Result<Me, ClientError> {
    match state {
        SessionState { state, me: Some(me) } if state == "signed-in" => Ok(me),
        SessionState { state, .. } => Err(ClientError::SignIn(state)),
    }
}
