//! Sockets: a faster way than asking. A node's herald hears the bus, looks up once what an event is about, and tells those
//! who may see it; what a socket misses, its client asks for.

mod audience;
mod frame;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod heard;
mod herald;
mod places;
mod presence;
mod remembered;
mod session;

use std::sync::Arc;

use axum::{
    Router,
    extract::{State, WebSocketUpgrade},
    http::HeaderMap,
    response::{IntoResponse, Response},
    routing::get,
};
use wd_bus::Bus;
use wd_db::Db;
use wd_desk::Desk;
use wd_kernel::{Problem, ProblemCode, SecretString, World};
use wd_web::{ClientInfo, Failure, OurOrigin, ReqCtx};

pub(crate) use audience::Audience;
pub(crate) use herald::Herald;
pub(crate) use presence::Online;

use crate::auth::Gate;
use places::{Holder, Places};

/// The largest frame a client may send.
const LARGEST_FRAME: usize = 128 * 1024;
/// What is written to a connection at once.
const WRITE_AT_ONCE: usize = 16 * 1024;
/// When to come again after a socket was refused, in seconds.
const COME_AGAIN: u64 = 60;

/// What the sockets of a node share.
pub(crate) struct Hub {
    world: World,
    db: Db,
    bus: Bus,
    gate: Gate,
    origin: OurOrigin,
    desk: Desk,
    online: Online,
    audience: Audience,
    places: Places,
}

impl Hub {
    pub(crate) fn new(app: &crate::App) -> Self {
        Self {
            world: app.world.clone(),
            db: app.db.clone(),
            bus: app.bus.clone(),
            gate: Gate::new(app),
            origin: app.our_origin(),
            desk: app.desk.clone(),
            online: app.online.clone(),
            audience: app.audience.clone(),
            places: Places::default(),
        }
    }

    /// The routes. They are outside of the API's time limit: sockets stay.
    pub(crate) fn router(self) -> Router {
        Router::new()
            .route("/api/v1/socket", get(staff))
            .route("/api/v1/widget/socket", get(widget))
            .with_state(Arc::new(self))
    }
}

/// Small buffers: an idle socket costs a few kilobytes instead of axum's 130. Clients say little, and what is written
/// together takes no room before it is.
fn thrifty(upgrade: WebSocketUpgrade) -> WebSocketUpgrade {
    upgrade
        .read_buffer_size(512)
        .write_buffer_size(WRITE_AT_ONCE)
        .max_write_buffer_size(1024 * 1024)
        .max_message_size(LARGEST_FRAME)
        .max_frame_size(LARGEST_FRAME)
}

async fn staff(
    State(hub): State<Arc<Hub>>,
    ReqCtx(ctx): ReqCtx,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    if !hub.origin.is_of(&headers) {
        return wd_web::another_site().into_response();
    }
    let Some(session) = ctx.actor.staff().map(|staff| staff.session) else {
        return Failure::from(ProblemCode::Unauthenticated).into_response();
    };
    let Some(place) = hub.places.take(Holder::Session(session)) else {
        return too_many("This session has too many open connections.");
    };
    thrifty(upgrade).on_upgrade(move |socket| Box::pin(session::run_staff(hub, ctx.actor, socket, place)))
}

async fn widget(
    State(hub): State<Arc<Hub>>,
    client: ClientInfo,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    if !hub.origin.is_of(&headers) {
        return wd_web::another_site().into_response();
    }
    let Some(place) = hub.places.take(Holder::network(client.address)) else {
        return too_many("Too many connections are open from this network.");
    };
    thrifty(upgrade).on_upgrade(move |socket| Box::pin(session::run_widget(hub, socket, place)))
}

fn too_many(detail: &str) -> Response {
    let problem = Problem::new(ProblemCode::RateLimited)
        .detail(detail)
        .retry_after(COME_AGAIN);
    Failure::from(problem).into_response()
}

/// A secret that was sent in a frame.
type Token = SecretString;
