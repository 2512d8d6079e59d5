//! Who a request comes from. Puts a [`Ctx`] into every request; what cannot be shown is `Nobody`. What needs somebody
//! is refused to nobody before anything of the body is read.

use std::net::SocketAddr;

use axum::{
    extract::{ConnectInfo, MatchedPath, Request, State},
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use tracing::{Instrument as _, Span};
use wd_customers::Customers;
use wd_identity::{Identity, Use};
use wd_kernel::{Actor, Ctx, Problem, ProblemCode, RequestId, World};
use wd_web::{Failure, SessionCookie};

/// What authentication needs.
#[derive(Clone)]
pub(crate) struct Gate {
    pub(crate) world: World,
    pub(crate) identity: Identity,
    pub(crate) customers: Customers,
}

/// What must have been shown before an operation looks at its request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Nothing: anybody may ask.
    Nothing,
    /// A session of staff, also one that has no rights yet.
    AnySession,
    /// A session of staff with rights.
    Staff,
    /// A widget's token.
    Customer,
}

/// What anybody may ask. What is not in this list needs somebody.
const OPEN: [(Method, &str); 17] = [
    (Method::GET, "/.well-known/wardesk-organisation.json"),
    (Method::GET, "/api/v1/openapi.json"),
    (Method::GET, "/api/v1/session"),
    (Method::DELETE, "/api/v1/session"),
    (Method::POST, "/api/v1/session/password"),
    (Method::GET, "/api/v1/session/provider"),
    (Method::POST, "/api/v1/session/provider"),
    (Method::POST, "/api/v1/session/provider/begin"),
    (Method::POST, "/api/v1/session/passkey"),
    (Method::POST, "/api/v1/session/passkey/options"),
    (Method::POST, "/api/v1/invitations/open"),
    (Method::POST, "/api/v1/invitations/accept"),
    (Method::POST, "/api/v1/password/check"),
    (Method::POST, "/api/v1/password/rules"),
    (Method::GET, "/api/v1/widget/organisation"),
    (Method::POST, "/api/v1/widget/visitors"),
    (Method::POST, "/api/v1/widget/identities"),
];

/// A header of requests that a page makes by itself; whatever it says.
const BACKGROUND: &str = "wardesk-background";

/// Browsers cannot put a header on the request that opens a socket.
const SOCKET: &str = "/api/v1/socket";

/// The steps between the password and a session with rights. Changing the password is one too, for who must.
const HALF_WAY: [&str; 2] = ["/api/v1/session/", "/api/v1/factors"];

/// What an operation needs, by its route.
pub(crate) fn needs(method: &Method, route: &str) -> Needs {
    let method = if *method == Method::HEAD { &Method::GET } else { method };
    if OPEN.iter().any(|(open, path)| open == method && *path == route) {
        Needs::Nothing
    } else if route.starts_with("/api/v1/widget/") {
        Needs::Customer
    } else if HALF_WAY.iter().any(|path| route.starts_with(path))
        || (*method == Method::PUT && route == "/api/v1/password")
    {
        Needs::AnySession
    } else {
        Needs::Staff
    }
}

/// Whether the request showed a session of staff, with or without rights.
#[derive(Clone, Copy)]
struct HasSession(bool);

/// Middleware on every route of the interface: refuses before the body is read. Handlers still ask for their rights.
pub(crate) async fn require(request: Request, next: Next) -> Response {
    let extensions = request.extensions();
    let route = extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let actor = extensions.get::<Ctx>().map_or(&Actor::Nobody, |ctx| &ctx.actor);
    let any_session = extensions.get::<HasSession>().is_some_and(|has| has.0);
    let needs = needs(request.method(), route);
    let shown = match needs {
        Needs::Nothing => true,
        Needs::AnySession => any_session,
        Needs::Staff => matches!(actor, Actor::Staff(_)),
        Needs::Customer => matches!(actor, Actor::Customer { .. }),
    };
    if shown {
        return next.run(request).await;
    }
    let mut problem = Problem::new(ProblemCode::Unauthenticated);
    if needs == Needs::AnySession {
        problem = problem.detail("Begin with your password again.");
    }
    Failure::from(problem).into_response()
}

/// Middleware: finds the actor, gives the request its id, and lets it appear in every log line.
pub(crate) async fn authenticate(State(gate): State<Gate>, mut request: Request, next: Next) -> Response {
    let nobody = gate.world.ctx(Actor::Nobody);
    let (actor, has_session) = match gate.actor(&nobody, request.uri().path(), request.headers()).await {
        Ok(found) => found,
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
    let span = span(&request, ctx.request, &ctx.actor);
    request.extensions_mut().insert(ctx);
    request.extensions_mut().insert(has_session);
    next.run(request).instrument(span).await
}

/// What each log line of a request says of it. Of its path the route alone, and nothing where none matches: a path may
/// hold the first digits of a secret's hash, and it would stand beside a person.
fn span(request: &Request, id: RequestId, actor: &Actor) -> Span {
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    tracing::info_span!("request", %id, method = %request.method(), route, actor = actor.name().1)
}

impl Gate {
    pub(crate) fn new(app: &crate::App) -> Self {
        Self {
            world: app.world.clone(),
            identity: app.identity.clone(),
            customers: app.customers.clone(),
        }
    }

    /// Widgets show a bearer token and only on their own paths; staff show the cookie and only on the others. What the
    /// company's directory shows on its paths is looked at there, and no cookie is.
    async fn actor(&self, ctx: &Ctx, path: &str, headers: &HeaderMap) -> Result<(Actor, HasSession), Failure> {
        if path.starts_with("/api/v1/widget/") {
            let actor = match bearer(headers) {
                Some(token) => self.customer(ctx, token).await?,
                None => Actor::Nobody,
            };
            return Ok((actor, HasSession(false)));
        }
        if path.starts_with(wd_provisioning::BASE_PATH) {
            return Ok((Actor::Nobody, HasSession(false)));
        }
        let (actor, kind) = match SessionCookie::read(headers).0 {
            Some(token) => {
                self.identity
                    .actor_and_kind(ctx, &token, used_by(path, headers))
                    .await?
            }
            None => (Actor::Nobody, None),
        };
        Ok((actor, HasSession(kind.is_some())))
    }

    /// The customer a widget's token speaks for.
    pub(crate) async fn customer(&self, ctx: &Ctx, token: &str) -> Result<Actor, Failure> {
        let found = self.customers.authenticate_widget(ctx, token).await?;
        Ok(found.map_or(Actor::Nobody, |id| Actor::Customer { id, device: None }))
    }
}

/// Whether a request is use of the session it shows. Pages say which requests they make by themselves, and browsers open
/// sockets again by themselves. Who says so falsely only ends their own session sooner.
fn used_by(path: &str, headers: &HeaderMap) -> Use {
    if headers.contains_key(BACKGROUND) || path == SOCKET {
        Use::Background
    } else {
        Use::Person
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .strip_prefix("Bearer ")
}

#[cfg(test)]
mod tests {
    use std::{
        io::Write,
        sync::{Arc, Mutex},
    };

    use axum::{Router, body::Body, middleware::from_fn, routing::get};
    use tower::ServiceExt as _;

    use super::*;

    /// What is logged in a test.
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_log_line_says_the_route_and_not_what_was_looked_for() {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        let _logs = tracing::subscriber::set_default(subscriber);
        let logs = || async { tracing::info!("looked for") };
        let router = Router::new()
            .route("/api/v1/breached-passwords/range/{prefix}", get(logs))
            .fallback(logs)
            .layer(from_fn(|request: Request, next: Next| async move {
                let id = "req_00000000000000000000000000000000".parse().unwrap();
                let span = span(&request, id, &Actor::System("test"));
                next.run(request).instrument(span).await
            }));
        for path in ["/api/v1/breached-passwords/range/5baa6", "/api/v1/made-up/5baa6"] {
            let request = Request::builder().uri(path).body(Body::empty()).unwrap();
            router.clone().oneshot(request).await.unwrap();
        }
        let written = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        assert_eq!(written.matches("looked for").count(), 2, "{written}");
        assert!(
            written.contains("route=\"/api/v1/breached-passwords/range/{prefix}\""),
            "{written}"
        );
        assert!(!written.contains("5baa6"), "{written}");
    }

    #[test]
    fn what_is_not_known_to_be_open_needs_somebody() {
        let table = [
            (Method::GET, "/api/v1/session", Needs::Nothing),
            (Method::HEAD, "/api/v1/session", Needs::Nothing),
            (Method::PUT, "/api/v1/session", Needs::Staff),
            (Method::POST, "/api/v1/session/totp", Needs::AnySession),
            (Method::POST, "/api/v1/factors/totp", Needs::AnySession),
            (Method::PUT, "/api/v1/password", Needs::AnySession),
            (Method::GET, "/api/v1/sessions", Needs::Staff),
            (Method::POST, "/api/v1/step-up/totp", Needs::Staff),
            (Method::POST, "/api/v1/what-comes-later", Needs::Staff),
            (Method::POST, "/api/v1/widget/visitors", Needs::Nothing),
            (Method::POST, "/api/v1/widget/what-comes-later", Needs::Customer),
            (Method::GET, "", Needs::Staff),
        ];
        for (method, route, needed) in table {
            assert_eq!(needs(&method, route), needed, "{method} {route}");
        }
    }
}
