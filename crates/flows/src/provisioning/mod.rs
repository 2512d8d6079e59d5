//! The company's directory brings, changes and switches off staff: provisioning knows what the directory says, identity
//! who somebody is, access which roles and teams the groups give.
//!
//! What a directory that was taken over must not be able to do:
//!
//! - It touches nobody with administrative rights; only switching them off can be allowed. The last administrator stays.
//! - No group gives a role with administrative rights, whatever the table says.
//! - It enables nobody whom people disabled, sets no password, no factor and no mail address, and sees none.

mod configure;
mod groups;
mod http;
mod roles;
mod scim;
mod users;

use wd_access::{Access, SetRolesError, SetTeamsError};
use wd_audit_log::{AuditTx as _, Entry};
use wd_db::{Db, DbError, Tx};
use wd_identity::{EnableError, Identity, InviteError};
use wd_kernel::{Ctx, Denied, StaffId};
use wd_provisioning::{ConfigureError, Noted, Provisioning, TokenError, model::ScimError};
use wd_single_sign_on::{BindError, ChangeError, SingleSignOn};
use wd_web::Failure;

use crate::staff::{RightsFromAccess, StaffFlowError, StaffFlows};

pub use configure::{ProvisioningError, Waiting};
pub use http::router;
pub use scim::directory_router;

/// The use cases. Clones share everything.
#[derive(Clone)]
pub struct ProvisioningFlows {
    db: Db,
    provisioning: Provisioning,
    identity: Identity,
    access: Access,
    provider: SingleSignOn,
    staff: StaffFlows,
}

impl ProvisioningFlows {
    /// Puts them together.
    pub const fn new(
        db: Db,
        provisioning: Provisioning,
        identity: Identity,
        access: Access,
        provider: SingleSignOn,
        staff: StaffFlows,
    ) -> Self {
        Self {
            db,
            provisioning,
            identity,
            access,
            provider,
            staff,
        }
    }

    /// Whether somebody has administrative rights, by the same measure as when somebody is identified anew.
    async fn is_privileged(&self, tx: &mut Tx, staff: StaffId) -> Result<bool, DbError> {
        use wd_identity::RightsOf as _;
        let rights = RightsFromAccess(self.access.clone());
        Ok(rights.privilege_of(tx, staff).await?.is_administrative())
    }

    /// Notes a refused request, for the list and for the audit log.
    async fn note_refusal(&self, ctx: &Ctx, noted: &Noted) -> Result<(), DbError> {
        let mut tx = self.db.begin().await?;
        self.provisioning.note_in(&mut tx, ctx, noted).await?;
        let entry = Entry::refused("provisioning.request")
            .detail("method", noted.method)
            .detail("resource", noted.resource)
            .detail("target", noted.target.clone())
            .detail("status", noted.status)
            .detail("why", noted.what.as_str());
        tx.audit(ctx, entry).await?;
        tx.commit().await
    }
}

/// Why the directory's request did nothing.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The request cannot be done as it is.
    #[error(transparent)]
    Scim(#[from] ScimError),
    /// Somebody with administrative rights is not switched off by a directory that may not.
    #[error("a directory may not switch off people with administrative rights")]
    Stays,
    /// A directory has no right to it.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// Nobody was brought or renamed.
    #[error(transparent)]
    Invite(#[from] InviteError),
    /// Nobody was enabled.
    #[error(transparent)]
    Enable(#[from] EnableError),
    /// Nobody was disabled.
    #[error(transparent)]
    Staff(#[from] StaffFlowError),
    /// The roles were not set.
    #[error(transparent)]
    Roles(#[from] SetRolesError),
    /// The teams were not set.
    #[error(transparent)]
    Teams(#[from] SetTeamsError),
    /// The settings cannot be read.
    #[error(transparent)]
    Settings(#[from] ConfigureError),
    /// The settings of the sign-in provider cannot be read.
    #[error(transparent)]
    Provider(#[from] ChangeError),
    /// The account at the sign-in provider is somebody else's.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The database failed.
    #[error("the database failed")]
    Db(#[from] DbError),
}

impl Refusal {
    /// Whether the directory wanted somebody gone who still has access.
    const fn keeps_somebody(&self) -> bool {
        matches!(
            self,
            Self::Stays | Self::Staff(StaffFlowError::Roles(SetRolesError::LastAdministrator))
        )
    }

    /// What the directory is told. A fault of the server is logged here and stays opaque outside.
    fn scim(&self) -> ScimError {
        match self {
            Self::Scim(error) => error.clone(),
            Self::Stays => ScimError::forbidden(
                "This person has administrative rights, and the directory is not allowed to switch such people off. An administrator does it in Wardesk, or allows it on the provisioning screen.",
            ),
            Self::Invite(InviteError::Login(bad)) => ScimError::invalid_value(format!("userName: {bad}.")),
            Self::Invite(InviteError::Name(bad)) => ScimError::invalid_value(format!("displayName: {bad}.")),
            Self::Invite(InviteError::Taken) => taken(),
            Self::Invite(InviteError::Db(DbError::Unique)) | Self::Db(DbError::Unique) => {
                ScimError::uniqueness("Somebody or something else has this name or external id.")
            }
            Self::Bind(BindError::Taken) => ScimError::uniqueness(
                "The account at the sign-in provider with this external id belongs to somebody else.",
            ),
            Self::Staff(StaffFlowError::Roles(SetRolesError::LastAdministrator)) => ScimError::forbidden(
                "This is the last administrator, who cannot be switched off. Make somebody else one in Wardesk first.",
            ),
            Self::Denied(_) => ScimError::forbidden("A directory may not do this."),
            fault => {
                let failure = Failure::fault(fault);
                let problem = failure.problem();
                ScimError {
                    retry_after: problem.retry_after,
                    ..ScimError::plain(problem.code.status(), problem.code.title())
                }
            }
        }
    }
}

fn taken() -> ScimError {
    ScimError::uniqueness(
        "Somebody here has this userName. If it is the same person, an administrator puts them under the directory on the provisioning screen.",
    )
}

wd_web::fails!(ProvisioningError);

impl wd_web::Fails for ProvisioningError {
    fn problem(&self) -> wd_kernel::Problem {
        use wd_kernel::{Problem, ProblemCode};
        match self {
            Self::Denied(denied) => (*denied).into(),
            Self::Settings(error) => error.problem(),
            Self::Token(error) => error.problem(),
            Self::Invite(error) => error.problem(),
            Self::Staff(error) => error.problem(),
            Self::UnknownRole(role) => Problem::invalid("groups", format!("There is no role “{role}”.")),
            Self::AdministrativeRole(role) => Problem::invalid(
                "groups",
                format!(
                    "The role “{role}” carries administrative rights, so no group gives it: whoever takes over the directory would have it too. Give it by hand."
                ),
            ),
            Self::UnknownTeam => Problem::invalid("groups", "A group in the table gives a team that is not there."),
            Self::NotWaiting => Problem::new(ProblemCode::Conflict)
                .detail("This person was not brought by the directory, or has set up the account already."),
            Self::Refusal(_) | Self::Db(_) => ProblemCode::Internal.into(),
        }
    }
}

impl From<TokenError> for ProvisioningError {
    fn from(error: TokenError) -> Self {
        Self::Token(error)
    }
}
