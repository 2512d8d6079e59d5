//! The endpoints: conversations for staff, conversations for the widget, the organisation.

mod changes;
mod log;
mod organisation;
mod secrets;
mod shared;
mod staff;
mod widget;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};
use wd_channels::{Bytes, Record, Sending};
use wd_kernel::{DeviceId, Problem, ProblemCode};
use wd_web::Failure;

use super::Conversations;

/// The endpoints of staff.
pub fn router(conversations: Conversations) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(staff::list_conversations))
        .routes(routes!(staff::count_conversations))
        .routes(routes!(staff::get_conversation))
        .routes(routes!(staff::list_customer_conversations))
        .routes(routes!(changes::give_grants))
        .routes(routes!(changes::take_conversation))
        .routes(routes!(changes::assign_conversation))
        .routes(routes!(changes::commit_change))
        .routes(routes!(changes::release_conversation))
        .routes(routes!(changes::leave_conversation))
        .routes(routes!(changes::close_conversation))
        .routes(routes!(changes::reopen_conversation))
        .routes(routes!(log::get_log))
        .routes(routes!(log::get_group))
        .routes(routes!(log::send_message))
        .routes(routes!(log::get_receipts, log::set_receipt))
        .routes(routes!(secrets::get_history_keys))
        .routes(routes!(secrets::get_note_keys, secrets::add_note_key))
        .routes(routes!(secrets::get_notes, secrets::write_note))
        .routes(routes!(organisation::get_organisation))
        .routes(routes!(organisation::change_settings))
        .with_state(conversations)
}

/// The endpoints of the widget.
pub fn widget_router(conversations: Conversations) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(widget::get_widget_team_key))
        .routes(routes!(widget::list_widget_conversations, widget::open_conversation))
        .routes(routes!(widget::get_widget_log))
        .routes(routes!(widget::get_widget_group))
        .routes(routes!(widget::send_letter))
        .routes(routes!(widget::send_widget_message))
        .routes(routes!(widget::give_widget_grants))
        .routes(routes!(widget::commit_widget_change))
        .routes(routes!(widget::hand_over_widget_history))
        .routes(routes!(widget::remove_widget_device))
        .routes(routes!(widget::get_widget_receipts, widget::set_widget_receipt))
        .with_state(conversations)
}

/// What needs no sign-in.
pub fn public_router(conversations: Conversations) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(organisation::well_known_organisation))
        .routes(routes!(organisation::get_widget_organisation))
        .with_state(conversations)
}

/// A list that is short enough for one page.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Items<T> {
    /// The entries.
    items: Vec<T>,
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct After {
    /// The number of the last item one has.
    #[serde(default)]
    after: i64,
    /// How many at most: 1 to 200, 50 unless told.
    #[serde(default = "fifty")]
    #[param(minimum = 1, maximum = 200)]
    limit: i64,
}

const fn fifty() -> i64 {
    50
}

/// An MLS message and its archive copy.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewMessage {
    /// The sender's id for it.
    client_id: String,
    /// The application message.
    mls: Bytes,
    /// The archive copy.
    record: Record,
}

impl NewMessage {
    fn sending(&self) -> Sending<'_> {
        Sending::Message {
            client_id: &self.client_id,
            mls: &self.mls,
            record: &self.record,
        }
    }
}

/// How far somebody is.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewReceipt {
    /// The last item that arrived.
    delivered: i64,
    /// The last item that was read.
    read: i64,
}

/// The device that asks, from the header `wardesk-device`; without it all of the actor's devices count.
struct AskingDevice(Option<DeviceId>);

impl<S: Sync> FromRequestParts<S> for AskingDevice {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let bad = || Problem::new(ProblemCode::BadRequest).detail("wardesk-device is dev_ and 32 hex digits");
        let Some(value) = parts.headers.get("wardesk-device") else {
            return Ok(Self(None));
        };
        Ok(Self(Some(
            value.to_str().ok().and_then(|text| text.parse().ok()).ok_or_else(bad)?,
        )))
    }
}
