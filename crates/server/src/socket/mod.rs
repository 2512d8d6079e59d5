//! Sockets: a faster way than asking. A node's [`Hub`] hears the bus and lets each socket decide what its person may see;
//! what a socket misses, its client asks for.

mod frame;
mod presence;
mod session;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

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
use wd_kernel::{ConversationId, CustomerId, ProblemCode, SecretString, World};
use wd_web::{Failure, ReqCtx};

pub(crate) use presence::Online;

use crate::auth::Gate;

/// The largest frame a client may send.
const LARGEST_FRAME: usize = 128 * 1024;
/// How many conversations the node remembers the customer of.
const REMEMBERED: usize = 100_000;

/// What the sockets of a node share.
#[derive(Clone)]
pub(crate) struct Hub {
    pub(crate) world: World,
    pub(crate) db: Db,
    pub(crate) bus: Bus,
    pub(crate) gate: Gate,
    pub(crate) desk: Desk,
    pub(crate) channels: Channels,
    pub(crate) online: Online,
    customers: Arc<Mutex<HashMap<ConversationId, CustomerId>>>,
}

impl Hub {
    pub(crate) fn new(
        world: World,
        db: Db,
        bus: Bus,
        gate: Gate,
        desk: Desk,
        channels: Channels,
        online: Online,
    ) -> Self {
        Self {
            world,
            db,
            bus,
            gate,
            desk,
            channels,
            online,
            customers: Arc::default(),
        }
    }

    /// The routes. They are outside of the API's time limit: sockets stay.
    pub(crate) fn router(self) -> Router {
        Router::new()
            .route("/api/v1/socket", get(staff))
            .route("/api/v1/widget/socket", get(widget))
            .with_state(self)
    }

    /// Whose conversation it is; that never changes.
    async fn customer_of(&self, conversation: ConversationId) -> Option<CustomerId> {
        if let Some(known) = self
            .customers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&conversation)
        {
            return Some(*known);
        }
        let mut tx = self.db.snapshot().await.ok()?;
        let (customer, _) = self.channels.parties_in(&mut tx, conversation).await.ok()??;
        let mut known = self.customers.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(conversation, customer);
        Some(customer)
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
    if !wd_web::from_here(&headers) {
        return Failure::from(ProblemCode::Csrf).into_response();
    }
    if ctx.actor.staff().is_none() {
        return Failure::from(ProblemCode::Unauthenticated).into_response();
    }
    thrifty(upgrade).on_upgrade(move |socket| session::run_staff(hub, ctx.actor, socket))
}

async fn widget(State(hub): State<Hub>, headers: HeaderMap, upgrade: WebSocketUpgrade) -> Response {
    if !wd_web::from_here(&headers) {
        return Failure::from(ProblemCode::Csrf).into_response();
    }
    thrifty(upgrade).on_upgrade(move |socket| session::run_widget(hub, socket))
}

/// A secret that was sent in a frame.
type Token = SecretString;
