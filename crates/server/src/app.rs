//! Puts the parts together.

use std::sync::Arc;

use async_trait::async_trait;
use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::StatusCode,
    middleware::{from_fn, from_fn_with_state},
    routing::get,
};
use tower_http::timeout::TimeoutLayer;
use url::Url;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use wd_access::Access;
use wd_authz::{Authz, Grant, PolicyError};
use wd_bus::{Bus, BusError};
use wd_config::{ConfigError, Settings};
use wd_customers::{Customers, IdentityKey, IdentityKeys};
use wd_db::{Db, DbError, Migrations, Tx};
use wd_flows::staff::{RightsFromAccess, StaffFlows};
use wd_identity::{BadOrigin, Identity, IdentitySettings};
use wd_kernel::{Actor, Clock, Duration, Entropy, ProblemCode, SecretBytes, World};
use wd_telemetry::Metrics;
use wd_vault::{KeyFile, Unlock, Vault, VaultError};
use wd_web::{Failure, Json};

use crate::{assets, audit, auth, headers, health, openapi, roles};

/// The schema of everything, in the order in which tables refer to each other.
pub const MIGRATIONS: &[Migrations] = &[
    wd_vault::MIGRATIONS,
    wd_audit_log::MIGRATIONS,
    wd_jobs::MIGRATIONS,
    wd_identity::MIGRATIONS,
    wd_access::MIGRATIONS,
    wd_customers::MIGRATIONS,
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
    /// Roles.
    #[error("the roles do not compile")]
    Policies(#[from] PolicyError),
    /// The public address.
    #[error("public_url cannot be used")]
    PublicUrl(#[from] url::ParseError),
    /// The public address does not suit passkeys.
    #[error("public_url cannot be used for passkeys")]
    Passkeys(#[from] BadOrigin),
    /// A file in the data folder.
    #[error("the data folder cannot be used")]
    Folder(#[from] std::io::Error),
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
    /// Staff with roles and teams.
    pub staff: StaffFlows,
    /// Customers.
    pub customers: Customers,
    /// The address people use.
    pub public_url: Url,
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
        let bus = match &settings.nats {
            Some(address) => Bus::nats(address, vault.organisation()).await?,
            None => Bus::in_process(),
        };
        let identity_settings = IdentitySettings {
            organisation_name: settings.organisation.clone(),
            rp_id: public_url.host_str().unwrap_or("localhost").to_owned(),
            origin: public_url.clone(),
        };
        let rights = Arc::new(RightsFromAccess(access.clone()));
        let identity = Identity::new(db.clone(), vault.clone(), identity_settings, rights, Arc::new(Nobody))?;
        let staff = StaffFlows::new(db.clone(), identity.clone(), access, Arc::new(Nobody));
        let customers = Customers::new(db.clone(), vault, Arc::new(Nobody));
        Ok(Self {
            world,
            db,
            bus,
            identity,
            staff,
            customers,
            public_url,
        })
    }

    /// The endpoints and their description.
    fn api(&self) -> (Router, OpenApi) {
        let (router, document) = OpenApiRouter::new()
            .merge(wd_identity::router(self.identity.clone()))
            .merge(wd_flows::staff::router(self.staff.clone()))
            .merge(wd_customers::router(self.customers.clone()))
            .merge(wd_customers::widget_router(self.customers.clone()))
            .merge(audit::router(self.db.clone()))
            .split_for_parts();
        (router, openapi::complete(document))
    }

    /// The OpenAPI document.
    pub fn openapi(&self) -> OpenApi {
        self.api().1
    }

    /// Everything this node answers.
    pub fn router(&self, metrics: Option<Metrics>) -> Router {
        let (api, document) = self.api();
        let gate = auth::Gate {
            world: self.world.clone(),
            identity: self.identity.clone(),
            customers: self.customers.clone(),
        };
        let api = api
            .route("/api/v1/openapi.json", get(move || async move { Json(document) }))
            .layer(TimeoutLayer::with_status_code(
                StatusCode::SERVICE_UNAVAILABLE,
                LONGEST_REQUEST,
            ))
            .layer(DefaultBodyLimit::max(LARGEST_BODY))
            .layer(from_fn(wd_web::same_site));
        api.merge(assets::router(self.world.clone()))
            .merge(health::router(self.db.clone(), metrics))
            .fallback(|| async { Failure::from(ProblemCode::NotFound) })
            .method_not_allowed_fallback(|| async { Failure::from(ProblemCode::MethodNotAllowed) })
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

// INTERIM
struct Nobody;
#[async_trait]
impl IdentityKeys for Nobody {
    async fn identity_keys(&self, _: &mut Tx) -> Result<Vec<IdentityKey>, DbError> {
        Ok(Vec::new())
    }
    fn audience(&self) -> String {
        String::new()
    }
}
#[async_trait]
impl wd_identity::Leavers for Nobody {
    async fn left(&self, _: &mut Tx, _: &wd_kernel::Ctx, _: wd_kernel::StaffId) -> Result<(), DbError> {
        Ok(())
    }
}
impl wd_flows::staff::Presence for Nobody {
    fn is_online(&self, _: wd_kernel::StaffId) -> bool {
        false
    }
}
