//! The console and the widget, embedded. Names with a hash are kept by browsers for good, everything else is asked again.

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use rust_embed::RustEmbed;
use serde::Serialize;
use wd_db::Db;
use wd_desk::Desk;
use wd_kernel::{World, b64u};
use wd_web::{ApiResult, Path};

#[derive(RustEmbed)]
#[folder = "../../web/console/dist"]
#[allow_missing = true]
struct Console;

#[derive(RustEmbed)]
#[folder = "../../web/widget/dist"]
#[allow_missing = true]
struct Widget;

/// What pages need besides files.
#[derive(Clone)]
pub(crate) struct Pages {
    pub(crate) world: World,
    pub(crate) db: Db,
    pub(crate) desk: Desk,
    /// The public origin, without a slash at its end.
    pub(crate) origin: String,
}

pub(crate) fn router(pages: Pages) -> Router {
    Router::new()
        .route("/", get(|| async { Redirect::temporary("/console/") }))
        .route("/console", get(|| async { Redirect::temporary("/console/") }))
        .route("/console/", get(console_page))
        .route(
            "/console/{*path}",
            get(|Path(path): Path<String>| async move { file::<Console>(&path) }),
        )
        .route("/widget.js", get(|| async { loader() }))
        .route("/widget/", get(widget_page))
        .route(
            "/widget/{*path}",
            get(|Path(path): Path<String>| async move { file::<Widget>(&path) }),
        )
        .route("/.well-known/change-password", get(|| async { change_password() }))
        .route("/.well-known/passkey-endpoints", get(passkey_endpoints))
        .with_state(pages)
}

/// Where a person looks after password and factors.
const SECURITY_PAGE: &str = "/console/#/security";

/// Where password managers send somebody who wants a new password
/// (<https://www.w3.org/TR/change-password-url/>).
fn change_password() -> Response {
    (StatusCode::FOUND, [(header::LOCATION, SECURITY_PAGE)]).into_response()
}

/// Where passkeys are made and looked after (<https://www.w3.org/TR/passkey-endpoints/>).
#[derive(Serialize)]
struct PasskeyEndpoints {
    enroll: String,
    manage: String,
}

async fn passkey_endpoints(State(pages): State<Pages>) -> Response {
    let page = format!("{}{SECURITY_PAGE}", pages.origin);
    Json(PasskeyEndpoints {
        enroll: page.clone(),
        manage: page,
    })
    .into_response()
}

/// The console's page with a nonce of its own for styles.
async fn console_page(State(pages): State<Pages>) -> Response {
    let Some(page) = Console::get("index.html") else {
        return not_built();
    };
    let mut nonce = [0; 16];
    pages.world.entropy.fill(&mut nonce);
    let nonce = b64u::encode(nonce);
    let html = String::from_utf8_lossy(&page.data).replace("__CSP_NONCE__", &nonce);
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; style-src-attr 'none'; img-src 'self' data:; connect-src 'self'; \
         manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    html_page(html, &policy)
}

/// The page inside the widget's frame. It may stand on our own pages and on the sites the settings name.
async fn widget_page(State(pages): State<Pages>) -> ApiResult<Response> {
    let Some(page) = Widget::get("index.html") else {
        return Ok(not_built());
    };
    let mut tx = pages.db.snapshot().await?;
    let origins = pages.desk.settings_in(&mut tx).await?.widget_origins.join(" ");
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'self' {origins}"
    );
    let mut response = html_page(String::from_utf8_lossy(&page.data).into_owned(), policy.trim_end());
    response.headers_mut().insert(
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("cross-origin"),
    );
    Ok(response)
}

/// The script other sites include.
fn loader() -> Response {
    let mut response = file::<Widget>("widget.js");
    response.headers_mut().insert(
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("cross-origin"),
    );
    response
}

fn file<A: RustEmbed>(path: &str) -> Response {
    let Some(found) = A::get(path).filter(|_| path != "index.html") else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let kind = mime_guess::from_path(path).first_or_octet_stream();
    // Vite names what it hashed `assets/…-HASH.ext`.
    let cache = if path.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    (
        [(header::CONTENT_TYPE, kind.as_ref()), (header::CACHE_CONTROL, cache)],
        found.data.into_owned(),
    )
        .into_response()
}

fn html_page(html: String, policy: &str) -> Response {
    let mut response = (
        [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CACHE_CONTROL, "no-store"),
        ],
        html,
    )
        .into_response();
    if let Ok(policy) = HeaderValue::from_str(policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// A program that was built before the web parts were.
fn not_built() -> Response {
    (
        StatusCode::NOT_FOUND,
        "The web console is not part of this build. Run `npm run build` in web/ and build again.\n",
    )
        .into_response()
}
