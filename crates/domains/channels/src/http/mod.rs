//! Endpoints of staff devices, team keys and widget devices. What happens in conversations is joined with the desk
//! outside of this crate.

mod devices;
mod team_keys;
mod widget;

use serde::Serialize;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{Channels, DeviceEntry};

/// A list that is short enough for one page.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct DeviceList {
    items: Vec<DeviceEntry>,
}

/// The endpoints of staff.
pub fn router(channels: Channels) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(devices::list_devices, devices::enrol_device))
        .routes(routes!(devices::renew_device_statement))
        .routes(routes!(devices::unlock_device))
        .routes(routes!(devices::revoke_device))
        .routes(routes!(devices::add_key_packages))
        .routes(routes!(team_keys::get_team_keys, team_keys::add_team_key))
        .routes(routes!(team_keys::share_team_key))
        .with_state(channels)
}

/// The endpoints of the widget.
pub fn widget_router(channels: Channels) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(widget::list_widget_devices, widget::enrol_widget_device))
        .routes(routes!(widget::renew_widget_device_statement))
        .with_state(channels)
}
