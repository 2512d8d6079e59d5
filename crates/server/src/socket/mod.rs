//! Sockets: a faster way than asking. A node's [`Hub`] hears the bus and lets each socket decide what its person may see;
//! what a socket misses, its client asks for.

mod fan_out;
mod frame;
mod presence;
mod session;

use axum::{
    Router,
    extract::{State, WebSocketUpgrade},
    http::HeaderMap,
    response::{IntoResponse, Response},
    routing::get,
};
use wd_bus::Bus;
use wd_channels::Channels;
use wd_db::Db;
use wd_desk::Desk;
use wd_kernel::{ProblemCode, SecretString, World};
use wd_web::{Failure, OurOrigin, ReqCtx};

pub(crate) use fan_out::FanOut;
pub(crate) use presence::Online;

use crate::auth::Gate;

/// The largest frame a client may send.
const LARGEST_FRAME: usize = 128 * 1024;

/// What the sockets of a node share.
#[derive(Clone)]
pub(crate) struct Hub {
    pub(crate) world: World,
    pub(crate) db: Db,
    pub(crate) bus: Bus,
    pub(crate) gate: Gate,
    pub(crate) origin: OurOrigin,
    pub(crate) desk: Desk,
    pub(crate) channels: Channels,
    pub(crate) online: Online,
    pub(crate) fan_out: FanOut,
}

impl Hub {
    /// The routes. They are outside of the API's time limit: sockets stay.
    pub(crate) fn router(self) -> Router {
        Router::new()
            .route("/api/v1/socket", get(staff))
            .route("/api/v1/widget/socket", get(widget))
            .with_state(self)
    }
}

/// Small buffers: an idle socket costs a few kilobytes instead of axum's 130.
fn thrifty(upgrade: WebSocketUpgrade) -> WebSocketUpgrade {
    upgrade
        .read_buffer_size(4096)
        .write_buffer_size(0)
        .max_write_buffer_size(1024 * 1024)
        .max_message_size(LARGEST_FRAME)
        .max_frame_size(LARGEST_FRAME)
}

async fn staff(State(hub): State<Hub>, ReqCtx(ctx): ReqCtx, headers: HeaderMap, upgrade: WebSocketUpgrade) -> Response {
    if !hub.origin.is_of(&headers) {
        return wd_web::another_site().into_response();
    }
    if ctx.actor.staff().is_none() {
        return Failure::from(ProblemCode::Unauthenticated).into_response();
    }
    thrifty(upgrade).on_upgrade(move |socket| session::run_staff(hub, ctx.actor, socket))
}

async fn widget(State(hub): State<Hub>, headers: HeaderMap, upgrade: WebSocketUpgrade) -> Response {
    if !hub.origin.is_of(&headers) {
        return wd_web::another_site().into_response();
    }
    thrifty(upgrade).on_upgrade(move |socket| session::run_widget(hub, socket))
}

/// A secret that was sent in a frame.
type Token = SecretString;
