use std::net::{IpAddr, Ipv4Addr};

use axum::{
    extract::{FromRequest, FromRequestParts, Request, rejection::JsonRejection},
    http::{header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::{Serialize, de::DeserializeOwned};
use wd_kernel::{Actor, Ctx, Problem, ProblemCode};

use crate::Failure;

/// The context of this request, with the actor the authentication layer found.
#[derive(Clone)]
pub struct ReqCtx(pub Ctx);

impl<S: Sync> FromRequestParts<S> for ReqCtx {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        // A router without the authentication layer must not answer anything.
        parts
            .extensions
            .get::<Ctx>()
            .cloned()
            .map(Self)
            .ok_or_else(|| ProblemCode::Internal.into())
    }
}

impl ReqCtx {
    /// Whether somebody is known.
    pub fn is_known(&self) -> bool {
        self.0.actor != Actor::Nobody
    }
}

/// A JSON body, in or out.
#[derive(Debug, Clone, Copy)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Failure;
    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        match axum::Json::<T>::from_request(request, state).await {
            Ok(axum::Json(value)) => Ok(Self(value)),
            Err(rejection) => Err(json_problem(&rejection).into()),
        }
    }
}

fn json_problem(rejection: &JsonRejection) -> Problem {
    match rejection {
        JsonRejection::MissingJsonContentType(_) => {
            Problem::new(ProblemCode::UnsupportedMediaType).detail("Send application/json.")
        }
        JsonRejection::JsonDataError(error) => Problem::invalid("", error.body_text()),
        JsonRejection::BytesRejection(error) if error.status() == 413 => ProblemCode::TooLarge.into(),
        _ => Problem::new(ProblemCode::BadRequest).detail("The body is not JSON."),
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        ([(header::CACHE_CONTROL, "no-store")], axum::Json(self.0)).into_response()
    }
}

/// Parts of the path. What does not parse does not exist: 404.
#[derive(Debug, Clone, Copy)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        axum::extract::Path::<T>::from_request_parts(parts, state)
            .await
            .map(|path| Self(path.0))
            .map_err(|_| ProblemCode::NotFound.into())
    }
}

/// The query.
#[derive(Debug, Clone, Copy)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        axum::extract::Query::<T>::from_request_parts(parts, state)
            .await
            .map(|query| Self(query.0))
            .map_err(|error| Problem::invalid("", error.body_text()).into())
    }
}

/// Where a request comes from.
#[derive(Debug, Clone)]
pub struct ClientInfo {
    /// The peer's address; the server puts it in.
    pub address: IpAddr,
    /// What the program calls itself, cut to 200 characters.
    pub user_agent: String,
}

impl<S: Sync> FromRequestParts<S> for ClientInfo {
    type Rejection = std::convert::Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let address = parts
            .extensions
            .get::<IpAddr>()
            .copied()
            .unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        let agent = parts
            .headers
            .get(header::USER_AGENT)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        Ok(Self {
            address,
            user_agent: agent.chars().take(200).collect(),
        })
    }
}
