//! Who a request comes from. Puts a [`Ctx`] into every request; what cannot be shown is `Nobody`.

use std::net::SocketAddr;

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use tracing::Instrument as _;
use wd_customers::Customers;
use wd_identity::Identity;
use wd_kernel::{Actor, Ctx, World};
use wd_web::{Failure, SessionCookie};

/// What authentication needs.
#[derive(Clone)]
pub(crate) struct Gate {
    pub(crate) world: World,
    pub(crate) identity: Identity,
    pub(crate) customers: Customers,
}

/// Middleware: finds the actor, gives the request its id, and lets it appear in every log line.
pub(crate) async fn authenticate(State(gate): State<Gate>, mut request: Request, next: Next) -> Response {
    let nobody = gate.world.ctx(Actor::Nobody);
    let actor = match gate.actor(&nobody, request.uri().path(), request.headers()).await {
        Ok(actor) => actor,
        Err(failure) => return failure.into_response(),
    };
    let address = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map(|info| info.0.ip());
    if let Some(address) = address {
        request.extensions_mut().insert(address);
    }
    let ctx = nobody.acting_as(actor);
    let span = tracing::info_span!("request", id = %ctx.request, method = %request.method(), path = request.uri().path(), actor = ctx.actor.name().1);
    request.extensions_mut().insert(ctx);
    next.run(request).instrument(span).await
}

impl Gate {
    /// Widgets show a bearer token and only on their own paths; staff show the cookie and only on the others.
    async fn actor(&self, ctx: &Ctx, path: &str, headers: &HeaderMap) -> Result<Actor, Failure> {
        if path.starts_with("/api/v1/widget/") {
            return match bearer(headers) {
                Some(token) => self.customer(ctx, token).await,
                None => Ok(Actor::Nobody),
            };
        }
        match SessionCookie::read(headers).0 {
            Some(token) => Ok(self.identity.actor(ctx, &token).await?),
            None => Ok(Actor::Nobody),
        }
    }

    /// The customer a widget's token speaks for.
    pub(crate) async fn customer(&self, ctx: &Ctx, token: &str) -> Result<Actor, Failure> {
        let found = self.customers.authenticate_widget(ctx, token).await?;
        Ok(found.map_or(Actor::Nobody, |id| Actor::Customer { id, device: None }))
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .strip_prefix("Bearer ")
}
