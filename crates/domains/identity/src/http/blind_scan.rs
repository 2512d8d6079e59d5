//! Testing passwords without sign-in: whether that is done, and how far it is.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wd_kernel::Timestamp;
use wd_web::{ApiResult, Json, ProblemBody, ReqCtx};

use crate::{BlindScan, BlindScanChange, BlindScanDecision, BlindScanRun, Identity};

/// Whether passwords are tested against a newer corpus without sign-in, by a blind index of each.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BlindScanView {
    /// Whether they are. Off until somebody decides so.
    enabled: bool,
    /// Counts the changes; 0: nobody has changed it. It goes back with a change.
    version: i64,
    /// Whether the corpus of this node can be scanned: there is one, and it is of SHA-1.
    possible: bool,
    /// Who decided it last.
    decision: Option<BlindScanDecisionView>,
    /// How many people can sign in with a password.
    passwords: i64,
    /// For how many of these an index is kept: from their first sign-in on.
    indexed: i64,
    /// The scan that began last.
    run: Option<BlindScanRunView>,
}

/// Why it was switched.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BlindScanDecisionView {
    /// What was typed, if anything was.
    reason: Option<String>,
    /// The shown name of who decided; `null` is Wardesk itself, or somebody unknown.
    by: Option<String>,
    /// When.
    at: Timestamp,
}

/// A scan of a corpus.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BlindScanRunView {
    /// When it began.
    started_at: Timestamp,
    /// When it ended; `null`: it has not.
    finished_at: Option<Timestamp>,
    /// How many entries the corpus has.
    entries: i64,
    /// How many of these were read.
    entries_done: i64,
    /// How many were read in a second of the time spent on it; `null`: not known yet.
    entries_per_second: Option<i64>,
    /// How many passwords are tested.
    tested: i64,
    /// How many of these were found so far. Their sessions have ended, and they must be changed.
    found: i64,
}

/// Whether passwords are to be tested without sign-in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetBlindScan {
    /// The version that was read.
    version: i64,
    /// Whether they are. Switched off, the indexes of all are deleted at once.
    enabled: bool,
    /// Why, 1 to 1000 characters; needed to switch it on.
    #[serde(default)]
    reason: Option<String>,
}

impl From<BlindScan> for BlindScanView {
    fn from(scan: BlindScan) -> Self {
        Self {
            enabled: scan.enabled,
            version: scan.version,
            possible: scan.possible,
            decision: scan.decision.map(BlindScanDecisionView::from),
            passwords: scan.passwords,
            indexed: scan.indexed,
            run: scan.run.map(BlindScanRunView::from),
        }
    }
}

impl From<BlindScanDecision> for BlindScanDecisionView {
    fn from(decision: BlindScanDecision) -> Self {
        let BlindScanDecision { reason, by, at } = decision;
        Self { reason, by, at }
    }
}

impl From<BlindScanRun> for BlindScanRunView {
    fn from(run: BlindScanRun) -> Self {
        Self {
            started_at: run.started_at,
            finished_at: run.finished_at,
            entries: run.entries,
            entries_done: run.entries_done,
            entries_per_second: run.entries_per_second,
            tested: run.tested,
            found: run.found,
        }
    }
}

/// Whether passwords are tested without sign-in, and how far a scan is.
#[utoipa::path(get, path = "/api/v1/breached-passwords/scan", tag = "identity", operation_id = "blind_scan",
    responses((status = 200, body = BlindScanView)))]
pub(crate) async fn show(State(identity): State<Identity>, ReqCtx(ctx): ReqCtx) -> ApiResult<Json<BlindScanView>> {
    Ok(Json(identity.blind_scan(&ctx).await?.into()))
}

/// Switches it. While it is on, a keyed index of each password is kept, sealed, from the next sign-in or change on.
#[utoipa::path(put, path = "/api/v1/breached-passwords/scan", tag = "identity", operation_id = "switch_blind_scan",
    request_body = SetBlindScan,
    responses((status = 200, body = BlindScanView),
        (status = 409, body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn switch(
    State(identity): State<Identity>,
    ReqCtx(ctx): ReqCtx,
    Json(body): Json<SetBlindScan>,
) -> ApiResult<Json<BlindScanView>> {
    let SetBlindScan {
        version,
        enabled,
        reason,
    } = body;
    let change = BlindScanChange {
        version,
        enabled,
        reason,
    };
    Ok(Json(identity.switch_blind_scan(&ctx, change).await?.into()))
}
