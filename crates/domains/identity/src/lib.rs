//! Staff: who they are, how they sign in, their factors and sessions.
//!
//! - Names are shown in clear: staff sign statements with them, and customers see who answers. Password hashes and
//!   factors are sealed by the vault; tokens, links and recovery codes are kept as hashes only.
//! - A password alone gives a session without rights. Rights begin with the second factor ([`SessionKind::Full`]).
//! - An unknown name and a known one take the same way and get the same answer.
//! - A TOTP step, a recovery code, a link, a WebAuthn ceremony work once, also when tried in parallel.
//! - What factors must withstand is a policy per role; the strictest of a person's roles counts. From its day on, who has
//!   no such factor gets a session in which it can be added and nothing else, whichever way they come in.
//! - A make counts when the passkey showed it by an attestation that leads to a root of [`KnownMakes`], and is kept in one
//!   device; what a passkey only says of itself counts for nothing. Of two lists of makes counts what is on both.
//! - A code by text message signs in and does nothing more: it counts as a fresh factor for no act, leads to no new
//!   factor, and is never the only factor of somebody with administrative rights. It is sent after the password only.
//! - The last factor of a person stays. Disabling ends all sessions in the same transaction.
//! - What a password must be is a policy per role; the strictest of a person's roles counts. Who must change the
//!   password has no right until it is changed ([`SessionKind::ChangePassword`]).
//! - A password in a known breach is refused when it is set. One that is found later must be changed, also by
//!   who comes with a passkey, and every session and known browser of its owner ends.
//! - Off until somebody decides so, a blind index of each password is kept, sealed: a newer corpus is then held against all
//!   without sign-in. Switched off, all indexes go at once.
//! - How long a session lasts, with and without use, is a policy per role; the strictest of a person's roles counts, at
//!   every request, and for sessions that are there already. What the console asks by itself is no use.
//! - Where all roles of somebody allow it, a browser in which both factors were shown is remembered for some days: the
//!   password alone signs in there, and nothing counts as fresh. Whoever shows a token of it that was used up ends it.
//! - How much work a password hash is, is measured once for the installation and only rises; a cheaper hash of before is
//!   made anew at its owner's next sign-in.
//! - Every sign-in is weighed by what speaks against it; its owner is asked about the unusual ones, and one press locks
//!   what somebody else signed in with.
//! - Nobody sets or sees a secret for another. Who lost all factors is identified anew by colleagues with at least the
//!   same rights, waits, and then chooses new factors; until they are there the old ones stay.
//! - Wrong passwords and codes make the next try wait, longer each time. After a hundred in a row the password, the
//!   app or the set of recovery codes is disabled; the others go on.
//!
//! What this domain needs of others, it asks through [`RightsOf`] and [`Leavers`].

mod bounds;
mod breaches;
pub mod events;
mod hash_cost;
mod hashing;
pub mod http;
mod index_scan;
mod judging;
mod known_makes;
pub mod model;
pub mod permissions;
mod phc;
mod qr;
pub mod service;
mod store;
#[cfg(test)]
pub(crate) mod tests;

use std::{net::IpAddr, sync::Arc};

use async_trait::async_trait;
use url::Url;
use wd_db::{Db, DbError, Tx};
use wd_kernel::{Ctx, StaffId, TeamId, Timestamp};
use wd_vault::Vault;
use webauthn_rs::{Webauthn, WebauthnBuilder};

pub use bounds::Overloaded;
pub use breaches::{BreachCorpus, CorpusNow};
pub use hash_cost::HashCost;
pub use http::router;
pub use known_makes::{KnownMake, KnownMakes, MakesError};
pub use model::{
    Aaguid, ChangeReason, Composition, Demand, Deviation, FactorKind, FactorPolicy, FactorStrength, Makes, PasskeyKept,
    PasswordPolicy, Privilege, ReProofingReason, ReProofingState, ReProofingStep, RiskAnswer, RiskDecision, RiskReason,
    RiskSignal, SessionDeviation, SessionKind, SessionLimits, StaffState, TextMessageOffer, Touch, WaveStep,
};
pub use service::*;

/// Questions for a passkey that anybody may ask from one network in a minute: a large office opens its pages at once.
const QUESTIONS_A_MINUTE: u32 = 600;

/// Ranges of the corpus that are given to one network in a minute: a vault of some hundred entries is checked at once.
const RANGES_A_MINUTE: u32 = 600;

/// The schema of this domain.
pub const MIGRATIONS: wd_db::Migrations = wd_db::migrations!("identity": "0001_init", "0002_tickets", "0003_disabled", "0004_known_devices", "0010_password_policy", "0020_factor_policy", "0021_factor_coverage", "0022_factor_wave", "0030_sms", "0040_mail_address", "0060_re_proofing", "0070_breaches", "0080_password_hashing", "0090_session_policy", "0091_browsers", "0100_sign_in_risk", "0101_reviewed_browsers", "0110_makes", "0120_blind_scan", "0121_factor_wave_day", "0122_browser_place", "0123_links_that_wait");

/// What a staff member may do, for the screens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StaffRights {
    /// Names of roles.
    pub roles: Vec<String>,
    /// Teams with their names.
    pub teams: Vec<(TeamId, String)>,
    /// Names of permissions held in any reach.
    pub permissions: Vec<String>,
}

/// Asks what a staff member may do.
#[async_trait]
pub trait RightsOf: Send + Sync {
    /// Their roles, teams and permissions.
    async fn rights_of(&self, tx: &mut Tx, staff: StaffId) -> Result<StaffRights, DbError>;
    /// Only the names of their roles, and their teams; now.
    async fn standing_of(&self, tx: &mut Tx, staff: StaffId) -> Result<(Vec<String>, Vec<TeamId>), DbError>;
    /// All roles there are: name and the title people read.
    async fn roles(&self, tx: &mut Tx) -> Result<Vec<(String, String)>, DbError>;
    /// Everybody with the roles they hold, as pairs.
    async fn assignments(&self, tx: &mut Tx) -> Result<Vec<(StaffId, String)>, DbError>;
    /// Every right of every role, as pairs of their names.
    async fn grants(&self, tx: &mut Tx) -> Result<Vec<(String, String)>, DbError>;
    /// Everybody with the teams they are in, as pairs.
    async fn memberships(&self, tx: &mut Tx) -> Result<Vec<(StaffId, TeamId)>, DbError>;
    /// How much they may do, to be compared with somebody else; now.
    async fn privilege_of(&self, tx: &mut Tx, staff: StaffId) -> Result<Privilege, DbError>;
    /// Who administers, whether they can sign in or not.
    async fn administrators(&self, tx: &mut Tx) -> Result<Vec<StaffId>, DbError>;
}

/// Told when somebody leaves, in the transaction that disables them: their devices are revoked here; and when they start
/// over.
#[async_trait]
pub trait Leavers: Send + Sync {
    /// Takes away what they hold elsewhere.
    async fn left(&self, tx: &mut Tx, ctx: &Ctx, staff: StaffId) -> Result<(), DbError>;

    /// Takes away the ways in that they have elsewhere, and got since then; all of them without a time. They start over,
    /// or somebody else was in their account.
    async fn started_over(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        staff: StaffId,
        since: Option<Timestamp>,
    ) -> Result<(), DbError>;
}

/// What the organisation decides about sign-in.
#[derive(Debug, Clone)]
pub struct IdentitySettings {
    /// Shown in authenticator apps, at passkeys and on the welcome page.
    pub organisation_name: String,
    /// The WebAuthn relying party id: a domain without scheme and port.
    pub rp_id: String,
    /// Where the console is opened, with scheme and port; `http` only for `localhost`.
    pub origin: Url,
}

/// The origin and the relying party id do not fit each other, or the origin is neither `https` nor `http://localhost`.
#[derive(Debug, thiserror::Error)]
#[error(
    "passkeys cannot work with this address: the host must be a name under the relying party id, with https (or http on localhost)"
)]
pub struct BadOrigin;

/// Where a request comes from.
#[derive(Debug, Clone)]
pub struct Client {
    /// The peer's address; failures are counted against it.
    pub address: IpAddr,
    /// What the browser calls itself; shown in the list of sessions.
    pub user_agent: String,
    /// The hash of the token by which a browser is known, if it shows one. It gives no right.
    pub device: Option<[u8; 32]>,
}

/// The domain. Clones share everything.
#[derive(Clone)]
pub struct Identity {
    pub(crate) db: Db,
    pub(crate) vault: Vault,
    pub(crate) settings: Arc<IdentitySettings>,
    pub(crate) webauthn: Arc<Webauthn>,
    pub(crate) hasher: hashing::Hasher,
    pub(crate) judge: judging::Judge,
    pub(crate) breaches: Option<BreachCorpus>,
    pub(crate) texts: Option<wd_sms::Texts>,
    pub(crate) questions: Arc<wd_web::PerMinute>,
    pub(crate) ranges: Arc<wd_web::PerMinute>,
    pub(crate) rights: Arc<dyn RightsOf>,
    pub(crate) leavers: Arc<dyn Leavers>,
    pub(crate) advisers: Option<Arc<dyn SignInAdvisers>>,
    pub(crate) geography: Option<Arc<dyn wd_geoip::Geography>>,
    pub(crate) makes: Arc<KnownMakes>,
    pub(crate) password_words: Arc<[String]>,
}

impl Identity {
    /// Puts the domain together.
    pub fn new(
        db: Db,
        vault: Vault,
        settings: IdentitySettings,
        rights: Arc<dyn RightsOf>,
        leavers: Arc<dyn Leavers>,
    ) -> Result<Self, BadOrigin> {
        let local = settings.origin.host_str() == Some("localhost");
        if settings.origin.scheme() != "https" && !(local && settings.origin.scheme() == "http") {
            return Err(BadOrigin);
        }
        let webauthn = WebauthnBuilder::new(&settings.rp_id, &settings.origin)
            .and_then(|builder| {
                builder
                    .rp_name(&settings.organisation_name)
                    .allow_subdomains(false)
                    .allow_any_port(false)
                    .timeout(CEREMONY_FOR)
                    .build()
            })
            .map_err(|_| BadOrigin)?;
        Ok(Self {
            db,
            vault,
            settings: Arc::new(settings),
            webauthn: Arc::new(webauthn),
            hasher: hashing::Hasher::new(),
            judge: judging::Judge::new(),
            breaches: None,
            texts: None,
            questions: Arc::new(wd_web::PerMinute::of(QUESTIONS_A_MINUTE)),
            ranges: Arc::new(wd_web::PerMinute::of(RANGES_A_MINUTE)),
            rights,
            leavers,
            advisers: None,
            geography: None,
            makes: Arc::new(KnownMakes::default()),
            password_words: Arc::default(),
        })
    }

    /// Holds passwords against a corpus of breached ones: when they are set, and at every sign-in with them.
    #[must_use]
    pub fn holding_against(mut self, corpus: BreachCorpus) -> Self {
        self.breaches = Some(corpus);
        self
    }

    /// Sends codes by text message; without it, and without drivers in its settings, they are no factor.
    #[must_use]
    pub fn texting(mut self, texts: wd_sms::Texts) -> Self {
        self.texts = Some(texts);
        self
    }

    /// Refuses passwords that are made of these words or of the name of the host, too.
    #[must_use]
    pub fn knowing_words(mut self, host: &str, words: &[String]) -> Self {
        self.password_words = words.iter().cloned().chain([host.to_owned()]).collect();
        self
    }

    /// Checks of which make passkeys are; without it no make is known, and none counts as attested.
    #[must_use]
    pub fn knowing_makes(mut self, makes: KnownMakes) -> Self {
        self.makes = Arc::new(makes);
        self
    }

    /// The settings it was made with.
    pub fn settings(&self) -> &IdentitySettings {
        &self.settings
    }

    /// The relying party of passkeys: the one browsers know by the public address.
    pub fn relying_party(&self) -> Arc<Webauthn> {
        self.webauthn.clone()
    }

    /// The address of a link: the token stays in the fragment, which browsers never send.
    pub fn invitation_url(&self, token: &wd_kernel::SecretString) -> String {
        let origin = self.settings.origin.origin().ascii_serialization();
        format!("{origin}/console/#/welcome/{}", token.expose())
    }
}
