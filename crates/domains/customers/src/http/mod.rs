//! The endpoints.

mod customer;
mod customers;
mod imports;
mod widget;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::Customers;

/// The endpoints for staff.
pub fn router(state: Customers) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(customers::list, customers::create))
        .routes(routes!(customers::search))
        .routes(routes!(customer::read, customer::change))
        .routes(routes!(customer::reveal))
        .routes(routes!(imports::start))
        .routes(routes!(imports::progress))
        .with_state(state)
}

/// The endpoints for widgets.
pub fn widget_router(state: Customers) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(widget::visit))
        .routes(routes!(widget::identify))
        .routes(routes!(widget::sign_out))
        .with_state(state)
}
