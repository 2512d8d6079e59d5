//! One node of Wardesk: router, state, workers, embedded web assets, OpenAPI document.

mod app;
mod assets;
mod audit;
mod auth;
mod headers;
mod health;
mod joints;
mod listen;
mod openapi;
mod outgoing;
mod roles;
mod serve;
mod socket;
mod system;
mod texts;
mod tls;
mod workers;

pub use app::{App, MIGRATIONS, StartError};
pub use roles::{permissions, roles};
pub use serve::{ServeError, serve, serve_on, serve_router};
#[cfg(feature = "fuzzing")]
pub use socket::fuzzing;
pub use system::{SystemClock, SystemEntropy};
pub use tls::{TlsError, local_authority};
