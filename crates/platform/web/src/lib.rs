//! axum glue that every domain's endpoints share.
//!
//! - [`Failure`]: any error as RFC 9457 `application/problem+json`; faults are logged here, once.
//! - [`ReqCtx`], [`Json`], [`Path`], [`Query`], [`ClientInfo`], [`SessionCookie`]: what handlers take.
//! - [`network`]: what limits per address count against.
//! - [`OurOrigin`], [`same_site`]: the middleware that refuses changes coming from other sites.
//! - [`render_problems`]: the middleware that makes every refusal a problem and gives it its request id.
//! - [`limit_time`], [`limit_head`]: the middleware that ends what takes too long or has too large a head.

mod cookie;
mod cross_site;
mod extract;
mod failure;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod per_minute;
mod respond;

pub use cookie::{
    DEVICE_COOKIE, PROVIDER_COOKIE, ProviderCookie, SESSION_COOKIE, SessionCookie, clear_provider_cookie,
    clear_session_cookie, set_device_cookie, set_provider_cookie, set_session_cookie,
};
pub use cross_site::{OurOrigin, another_site, same_site};
pub use extract::{ClientInfo, Json, Path, Query, ReqCtx, network};
pub use failure::{ApiResult, Fails, Failure, OtherForm, ProblemBody, limit_head, limit_time, render_problems};
pub use per_minute::PerMinute;
pub use respond::{NoContent, with_cookie};
