//! Puts the parts together.

use std::sync::Arc;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware::{from_fn, from_fn_with_state},
    routing::get,
};
use url::Url;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use wd_access::Access;
use wd_authz::{Authz, Grant, PolicyError};
use wd_breach::OpenError;
use wd_bus::{Bus, BusError};
use wd_channels::{Channels, ChannelsError};
use wd_config::{ConfigError, Settings};
use wd_customers::Customers;
use wd_db::{Db, DbError, Migrations};
use wd_desk::{Desk, DeskError};
use wd_flows::{
    conversations::{self, Conversations, Directories},
    customer_proof::{self, CustomerProofs, Delivery},
    notices::Notices,
    own_mail,
    provisioning::{self, ProvisioningFlows},
    single_sign_on::{self, SingleSignOnFlows},
    staff::{RightsFromAccess, StaffFlows},
};
use wd_geoip::GeoIp;
use wd_identity::{BadOrigin, BreachCorpus, Identity, IdentitySettings, KnownMakes, MakesError};
use wd_kernel::{Actor, Clock, Duration, Entropy, ProblemCode, SecretBytes, World};
use wd_mail::{Outgoing, ServerError};
use wd_provisioning::Provisioning;
use wd_single_sign_on::{NoClient, SingleSignOn};
use wd_sms::{SetupError, Texts};
use wd_team_vault::TeamVault;
use wd_telemetry::Metrics;
use wd_vault::{KeyFile, Unlock, Vault, VaultError};
use wd_web::{Failure, OurOrigin};

use crate::{
    assets, audit, auth, headers, health,
    joints::{Joints, Later},
    openapi, outgoing, roles,
    socket::{Audience, Hub, Online},
    texts,
};

/// The schema of everything, in the order in which tables refer to each other.
pub const MIGRATIONS: &[Migrations] = &[
    wd_vault::MIGRATIONS,
    wd_audit_log::MIGRATIONS,
    wd_jobs::MIGRATIONS,
    wd_mail::MIGRATIONS,
    wd_sms::MIGRATIONS,
    wd_identity::MIGRATIONS,
    wd_access::MIGRATIONS,
    wd_single_sign_on::MIGRATIONS,
    wd_provisioning::MIGRATIONS,
    wd_customers::MIGRATIONS,
    wd_desk::MIGRATIONS,
    wd_channels::MIGRATIONS,
    wd_customer_proof::MIGRATIONS,
    wd_team_vault::MIGRATIONS,
];

/// The largest JSON body: room for a message of 64 KiB as MLS and as archive copy, both in base64url.
const LARGEST_BODY: usize = 512 * 1024;
const LONGEST_REQUEST: Duration = Duration::from_secs(30);

/// Why Wardesk does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The settings.
    #[error("the settings cannot be used")]
    Config(#[from] ConfigError),
    /// The database.
    #[error("the database cannot be used")]
    Db(#[from] DbError),
    /// Keys.
    #[error("the keys cannot be used")]
    Vault(#[from] VaultError),
    /// NATS.
    #[error("the bus cannot be used")]
    Bus(#[from] BusError),
    /// The mail server.
    #[error("outgoing mail cannot be used")]
    Mail(#[from] ServerError),
    /// Text messages.
    #[error("text messages cannot be used")]
    Texts(#[from] SetupError),
    /// Roles.
    #[error("the roles do not compile")]
    Policies(#[from] PolicyError),
    /// The public address.
    #[error("public_url cannot be used")]
    PublicUrl(#[from] url::ParseError),
    /// The public address does not suit passkeys.
    #[error("public_url cannot be used for passkeys")]
    Passkeys(#[from] BadOrigin),
    /// The corpus of breached passwords.
    #[error("breach_corpus cannot be used")]
    BreachCorpus(#[from] OpenError),
    /// The makes of keys.
    #[error("key_makes cannot be used")]
    KeyMakes(#[from] MakesError),
    /// The GeoIP database.
    #[error("geoip_database cannot be used")]
    GeoIp(#[from] wd_geoip::OpenError),
    /// The way out to a provider.
    #[error("nobody could sign in through a provider")]
    Provider(#[from] NoClient),
    /// The organisation's key.
    #[error("the organisation's key cannot be used")]
    Channels(#[from] ChannelsError),
    /// The organisation's settings.
    #[error("the organisation's settings cannot be used")]
    Desk(#[from] DeskError),
    /// A file in the data folder.
    #[error("the data folder cannot be used")]
    Folder(#[from] std::io::Error),
    /// Making the first team.
    #[error("the first team cannot be made")]
    FirstTeam(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Setting up the first administrator.
    #[error("the first administrator cannot be invited")]
    FirstAdministrator(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Everything a node holds. Clones share it.
#[derive(Clone)]
pub struct App {
    /// Clock, chance, rights.
    pub world: World,
    /// The database.
    pub db: Db,
    /// Fan-out.
    pub bus: Bus,
    /// Staff and sign-in.
    pub identity: Identity,
    /// Where addresses are, if the organisation has a file that says so.
    pub geoip: Option<Arc<GeoIp>>,
    /// Staff with roles and teams.
    pub staff: StaffFlows,
    /// Signing in through the company's provider.
    pub single_sign_on: SingleSignOnFlows,
    /// The company's directory.
    pub provisioning: ProvisioningFlows,
    /// Customers.
    pub customers: Customers,
    /// The delivery service.
    pub channels: Channels,
    /// Shared secrets of teams.
    pub team_vault: TeamVault,
    /// Conversations as cases.
    pub desk: Desk,
    /// Conversations as people use them.
    pub conversations: Conversations,
    /// Proofs of who customers are.
    pub customer_proofs: CustomerProofs,
    /// Outgoing mail.
    pub outgoing: Outgoing,
    /// Outgoing text messages.
    pub texts: Texts,
    /// Notices to the security contact.
    pub notices: Notices,
    /// The address people use.
    pub public_url: Url,
    pub(crate) online: Online,
    pub(crate) audience: Audience,
}

/// What sign-in looks up in files of this node: breached passwords, makes of keys, and where addresses are.
fn with_files_of(
    settings: &Settings,
    mut identity: Identity,
    world: &World,
) -> Result<(Identity, Option<Arc<GeoIp>>), StartError> {
    if let Some(path) = &settings.breach_corpus {
        identity = identity.holding_against(BreachCorpus::open(path, world.clock.now())?);
    }
    if let Some(path) = &settings.key_makes {
        identity = identity.knowing_makes(KnownMakes::open(path)?);
    }
    let Some(path) = &settings.geoip_database else {
        return Ok((identity, None));
    };
    let geoip = Arc::new(GeoIp::open(path)?);
    Ok((identity.locating_by(geoip.clone()), Some(geoip)))
}

fn delivery(outgoing: &Outgoing, texts: &Texts, host: &str) -> Delivery {
    Delivery {
        mail: outgoing.clone(),
        texts: texts.clone(),
        host: host.to_owned(),
    }
}

impl App {
    /// Opens the database and everything on it. Brings the schema up to date.
    pub async fn open(
        settings: &Settings,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, StartError> {
        let public_url = public_url(settings)?;
        std::fs::create_dir_all(&settings.data_dir)?;
        let db = open_database(settings).await?;
        db.migrate(MIGRATIONS).await?;
        let vault = open_vault(settings, &db, entropy.as_ref()).await?;
        let access = Access::new(db.clone());
        let authz = Authz::default();
        load_roles(&access, &authz).await?;
        let world = World {
            clock,
            entropy,
            decide: Arc::new(authz),
        };
        let bus = open_bus(settings, &vault).await?;
        let host = public_url.host_str().unwrap_or("localhost");
        let outgoing = Outgoing::open(db.clone(), vault.clone(), settings.mail.as_ref(), host)?;
        let texts = Texts::open(db.clone(), vault.clone(), settings.sms.as_ref())?;
        let delivery = delivery(&outgoing, &texts, host);
        let identity_settings = IdentitySettings {
            organisation_name: settings.organisation.clone(),
            rp_id: host.to_owned(),
            origin: public_url.clone(),
        };
        let origin = public_url.origin().ascii_serialization();
        let joints = Arc::new(Joints::new(access.clone(), origin.clone()));
        let rights = Arc::new(RightsFromAccess(access.clone()));
        let identity = Identity::new(db.clone(), vault.clone(), identity_settings, rights, joints.clone())?;
        let identity = identity
            .texting(texts.clone())
            .knowing_words(host, &settings.password_words);
        let (identity, geoip) = with_files_of(settings, identity, &world)?;
        let online = Online::new(&world);
        let staff = StaffFlows::new(db.clone(), identity.clone(), access.clone(), Arc::new(online.clone()));
        let provider = SingleSignOn::new(db.clone(), vault.clone(), &public_url)?;
        let single_sign_on = SingleSignOnFlows::new(db.clone(), provider.clone(), identity.clone(), access.clone());
        let directory = Provisioning::new(db.clone(), &public_url);
        let provisioning = ProvisioningFlows::new(
            db.clone(),
            directory.clone(),
            identity.clone(),
            access.clone(),
            provider.clone(),
            staff.clone(),
        );
        let customers = Customers::new(db.clone(), vault.clone(), joints.clone(), joints.clone());
        let desk = Desk::new(db.clone());
        let channels = Channels::new(db.clone(), vault.clone(), joints.clone(), joints.clone());
        let notices = Notices::new(desk.clone(), identity.clone(), outgoing.clone(), host);
        let conversations = Conversations::new(
            db.clone(),
            desk.clone(),
            channels.clone(),
            directories(&joints),
            notices.clone(),
            &origin,
        );
        let customer_proofs = CustomerProofs::new(
            db.clone(),
            desk.clone(),
            channels.clone(),
            wd_customer_proof::Proofs::new(vault, identity.relying_party()),
            joints.clone(),
            delivery,
        );
        joints.join(Later {
            identity: identity.clone(),
            customers: customers.clone(),
            desk: desk.clone(),
            channels: channels.clone(),
            conversations: conversations.clone(),
            provider,
            directory,
        });
        let team_vault = TeamVault::new(db.clone(), joints);
        let app = Self {
            world,
            db,
            bus,
            identity,
            geoip,
            staff,
            single_sign_on,
            provisioning,
            customers,
            channels,
            team_vault,
            desk,
            conversations,
            customer_proofs,
            outgoing,
            texts,
            notices,
            public_url,
            online,
            audience: Audience::default(),
        };
        app.make_first_things(&access, &settings.organisation).await?;
        Ok(app)
    }

    /// What an installation cannot be without: its key, a team, settings.
    async fn make_first_things(&self, access: &Access, name: &str) -> Result<(), StartError> {
        let ctx = self.world.ctx(Actor::System("first-start"));
        self.channels.ensure_organisation_key(&ctx).await?;
        let mut tx = self.db.begin().await?;
        let team = match access.teams_in(&mut tx).await?.into_iter().next() {
            Some(team) => team.id,
            None => {
                access
                    .create_team_in(&mut tx, &ctx, "Service")
                    .await
                    .map_err(|error| StartError::FirstTeam(Box::new(error)))?
                    .id
            }
        };
        tx.commit().await?;
        Ok(self.desk.ensure_settings(&ctx, name, team).await?)
    }

    /// The endpoints and their description, as far as each endpoint gives it.
    fn api(&self) -> (Router, OpenApi) {
        OpenApiRouter::new()
            .merge(wd_identity::router(self.identity.clone()))
            .merge(wd_flows::staff::router(self.staff.clone()))
            .merge(single_sign_on::router(self.single_sign_on.clone()))
            .merge(provisioning::router(self.provisioning.clone()))
            .merge(wd_customers::router(self.customers.clone()))
            .merge(wd_customers::widget_router(self.customers.clone()))
            .merge(wd_channels::router(self.channels.clone()))
            .merge(wd_channels::widget_router(self.channels.clone()))
            .merge(wd_team_vault::router(self.team_vault.clone()))
            .merge(conversations::router(self.conversations.clone()))
            .merge(conversations::widget_router(self.conversations.clone()))
            .merge(conversations::public_router(self.conversations.clone()))
            .merge(customer_proof::router(self.customer_proofs.clone()))
            .merge(customer_proof::widget_router(self.customer_proofs.clone()))
            .merge(own_mail::router(own_mail::OwnMail::new(
                self.db.clone(),
                self.identity.clone(),
                self.notices.clone(),
            )))
            .merge(audit::router(self.db.clone()))
            .merge(outgoing::router(outgoing::Post::of(self)))
            .merge(texts::router(texts::Messages::of(self)))
            .split_for_parts()
    }

    /// The origin of the pages whose requests may change something.
    pub fn our_origin(&self) -> OurOrigin {
        OurOrigin::new(&self.public_url.origin().ascii_serialization())
    }

    /// The OpenAPI document.
    pub fn openapi(&self) -> OpenApi {
        openapi::complete(self.api().1)
    }

    /// Everything this node answers.
    pub fn router(&self, metrics: Option<Metrics>) -> Router {
        let (api, _) = self.api();
        let gate = auth::Gate::new(self);
        let hub = Hub::new(self);
        let document = openapi::Served::of(self);
        let api = api
            .route("/api/v1/openapi.json", get(move || async move { document.answer() }))
            .route_layer(from_fn(auth::require))
            .layer(from_fn_with_state(LONGEST_REQUEST, wd_web::limit_time))
            .layer(DefaultBodyLimit::max(LARGEST_BODY))
            .layer(from_fn_with_state(self.our_origin(), wd_web::same_site));
        api.merge(assets::router(assets::Pages {
            world: self.world.clone(),
            db: self.db.clone(),
            desk: self.desk.clone(),
            origin: self.public_url.origin().ascii_serialization(),
        }))
        .merge(provisioning::directory_router(self.provisioning.clone()))
        .merge(health::router(self.db.clone(), metrics))
        .merge(hub.router())
        .fallback(|| async { Failure::from(ProblemCode::NotFound) })
        .method_not_allowed_fallback(|| async { Failure::from(ProblemCode::MethodNotAllowed) })
        .layer(from_fn(wd_web::limit_head))
        .layer(from_fn(wd_web::render_problems))
        .layer(from_fn_with_state(gate, auth::authenticate))
        .layer(from_fn(headers::secure))
        .layer(from_fn(health::count))
    }

    /// The one-time link for the first administrator, if there is none yet.
    pub async fn first_administrator(&self) -> Result<Option<String>, StartError> {
        let ctx = self.world.ctx(Actor::System("first-start"));
        let failed = |error| StartError::FirstAdministrator(Box::new(error));
        if self.staff.has_administrator().await.map_err(failed)? {
            return Ok(None);
        }
        self.staff
            .administrator_link(&ctx, "admin", "Administrator")
            .await
            .map(Some)
            .map_err(failed)
    }
}

/// The address people use: as set, or where this node listens.
fn public_url(settings: &Settings) -> Result<Url, url::ParseError> {
    match &settings.public_url {
        Some(url) => Url::parse(url),
        None if settings.plain_http() => Url::parse(&format!("http://localhost:{}", settings.listen.port())),
        None if settings.listen.ip().is_loopback() || settings.listen.ip().is_unspecified() => {
            Url::parse(&format!("https://localhost:{}", settings.listen.port()))
        }
        None => Url::parse(&format!("https://{}", settings.listen)),
    }
}

/// What conversations ask about people.
fn directories(joints: &Arc<Joints>) -> Directories {
    Directories {
        teams: joints.clone(),
        staff: joints.clone(),
        customers: joints.clone(),
        sessions: joints.clone(),
    }
}

/// Within the process, or through NATS when there are several nodes.
async fn open_bus(settings: &Settings, vault: &Vault) -> Result<Bus, BusError> {
    match &settings.nats {
        Some(address) => Bus::nats(address, vault.organisation()).await,
        None => Ok(Bus::in_process()),
    }
}

async fn open_database(settings: &Settings) -> Result<Db, StartError> {
    let address = settings.database.read()?;
    if address.expose() == "sqlite" {
        return Ok(Db::sqlite(&settings.data_dir).await?);
    }
    if !address.expose().starts_with("postgres") {
        return Err(DbError::Address.into());
    }
    Ok(Db::postgres(address.expose(), settings.database_schema.as_deref()).await?)
}

async fn open_vault(settings: &Settings, db: &Db, entropy: &dyn Entropy) -> Result<Vault, StartError> {
    let unlock = match &settings.passphrase {
        Some(passphrase) => Unlock::Passphrase(passphrase.read()?),
        None => Unlock::Key(unlock_key(settings, entropy)?),
    };
    let path = settings
        .key_file
        .clone()
        .unwrap_or_else(|| settings.data_dir.join("keys.json"));
    let file = KeyFile::open_or_create(&path, &unlock, entropy)?;
    Ok(Vault::open(db, &file, entropy).await?)
}

/// A random key beside the key file: protects a stolen database, not a stolen folder. The start says so.
fn unlock_key(settings: &Settings, entropy: &dyn Entropy) -> Result<SecretBytes, StartError> {
    let path = settings.data_dir.join("unlock.key");
    match std::fs::read(&path) {
        Ok(bytes) => Ok(SecretBytes::new(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let mut key = vec![0; 32];
            entropy.fill(&mut key);
            let mut options = std::fs::OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let mut file = options.open(&path)?;
            std::io::Write::write_all(&mut file, &key)?;
            file.sync_all()?;
            Ok(SecretBytes::new(key))
        }
        Err(error) => Err(error.into()),
    }
}

async fn load_roles(access: &Access, authz: &Authz) -> Result<(), StartError> {
    access.ensure_roles(&roles::roles()).await?;
    let grants: Vec<Grant> = access
        .grants()
        .await?
        .into_iter()
        .map(|g| Grant {
            role: g.role,
            permission: g.permission,
            reach: g.reach,
        })
        .collect();
    Ok(authz.load(&grants, &roles::permissions())?)
}
