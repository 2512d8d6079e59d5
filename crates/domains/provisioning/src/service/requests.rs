//! The latest requests of the directory that changed something or were refused, for who sets it up.

use wd_db::{DbError, Tx};
use wd_kernel::{Actor, Ctx, RequestId, Scope, Timestamp};

use super::TokenError;
use crate::{
    Provisioning,
    permissions::ProvisioningRead,
    store::requests::{self, RequestRow},
};

/// How many are kept.
const KEPT: i64 = 500;
/// How many are shown.
const SHOWN: i64 = 100;

/// What a request was and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted {
    /// POST, PUT, PATCH or DELETE; of what only reads, only refusals are noted.
    pub method: &'static str,
    /// What it was about: `User` or `Group`.
    pub resource: &'static str,
    /// About which one, if that is known.
    pub target: Option<String>,
    /// The answer's status.
    pub status: u16,
    /// What changed, or why nothing did. Nothing secret.
    pub what: String,
}

/// A request, as the screen shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestView {
    /// Which one, as the audit log names it.
    pub id: RequestId,
    /// When.
    pub at: Timestamp,
    /// The name of the token.
    pub token: String,
    /// What it was.
    pub method: String,
    /// What it was about.
    pub resource: String,
    /// About which one.
    pub target: Option<String>,
    /// The answer's status.
    pub status: i64,
    /// What changed, or why nothing did.
    pub what: String,
}

impl Provisioning {
    /// Notes a request of the directory, in the transaction of what it changed.
    pub async fn note_in(&self, tx: &mut Tx, ctx: &Ctx, noted: &Noted) -> Result<(), DbError> {
        let Actor::Directory(directory) = &ctx.actor else {
            return Ok(());
        };
        let row = RequestRow {
            id: ctx.request,
            at: ctx.now(),
            token: directory.name.clone(),
            method: noted.method.to_owned(),
            resource: noted.resource.to_owned(),
            target: noted.target.clone(),
            status: i64::from(noted.status),
            what: noted.what.chars().take(300).collect(),
        };
        requests::insert(tx, &row).await?;
        requests::keep_latest(tx, KEPT).await
    }

    /// The latest, the newest first.
    pub async fn requests(&self, ctx: &Ctx) -> Result<Vec<RequestView>, TokenError> {
        ctx.require::<ProvisioningRead>(Scope::ORGANISATION)?;
        let mut tx = self.db.snapshot().await?;
        let rows = requests::latest(&mut tx, SHOWN).await?;
        let view = |row: RequestRow| RequestView {
            id: row.id,
            at: row.at,
            token: row.token,
            method: row.method,
            resource: row.resource,
            target: row.target,
            status: row.status,
            what: row.what,
        };
        Ok(rows.into_iter().map(view).collect())
    }
}
