//! Staff sign in through the company's OpenID provider.
//!
//! - Authorization code with PKCE (RFC 7636, S256), discovery, `state`, `nonce`, and the `iss` of the answer (RFC 9207).
//! - What an attempt needs stands sealed in a cookie of the browser that began it, and works once, for ten minutes. The
//!   server keeps nothing of an attempt but that it was spent.
//! - An ID token counts only if its signature, algorithm, issuer, audience, times, nonce and hash of the access token
//!   check ([`model::id_token`]).
//! - An account belongs to an issuer and a subject, never to a name or a mail address.
//! - To the provider goes `https`; `http` only on this machine, and only while Wardesk itself is served that way.
//!   Redirects are not followed; size and time are limited.
//! - The client secret is sealed, is never shown, and never goes to another issuer than the one it was entered for.
//!
//! The tokens are checked with `jsonwebtoken` on aws-lc, and HTTP is `reqwest` on rustls with aws-lc: both are linked
//! already. The crate `openidconnect` was left out: it brings a second implementation of RSA and of elliptic curves,
//! and takes time and chance from elsewhere than the context.
//!
//! Who a person is, and which roles they hold, this domain does not know: it keeps ids.

pub mod events;
pub mod model;
mod outbound;
pub mod permissions;
mod problems;
mod service;
mod store;

use std::sync::Arc;

use tokio::sync::Mutex;
use url::Url;
use wd_db::Db;
use wd_vault::Vault;

pub use outbound::{NoClient, OutboundError};
pub use service::*;

/// The schema of this domain.
pub const MIGRATIONS: wd_db::Migrations = wd_db::migrations!("single_sign_on": "0001_provider");

/// Where the provider sends the browser back to: the console's page, which hands the answer over by itself. So the
/// session cookie can stay `SameSite=Strict`, and an address that is opened changes nothing.
const COMES_BACK_TO: &str = "/console/";

/// The domain. Clones share everything.
#[derive(Clone)]
pub struct SingleSignOn {
    pub(crate) db: Db,
    pub(crate) vault: Vault,
    pub(crate) origin: Arc<Url>,
    pub(crate) outbound: outbound::Outbound,
    pub(crate) known: Arc<Mutex<Option<service::KnownProvider>>>,
    pub(crate) begun: Arc<wd_web::PerMinute>,
}

impl SingleSignOn {
    /// Puts the domain together. `origin` is the address people use, with scheme and port.
    pub fn new(db: Db, vault: Vault, origin: &Url) -> Result<Self, outbound::NoClient> {
        // Only an installation that is itself tried out on one machine talks to a provider there in clear.
        let loopback = origin.scheme() == "http";
        Ok(Self {
            db,
            vault,
            origin: Arc::new(origin.clone()),
            outbound: outbound::Outbound::new(loopback)?,
            known: Arc::default(),
            begun: Arc::new(wd_web::PerMinute::of(120)),
        })
    }

    /// Where the provider must send browsers back to; it is entered there.
    pub fn redirect_uri(&self) -> String {
        format!("{}{COMES_BACK_TO}", self.origin.origin().ascii_serialization())
    }
}
