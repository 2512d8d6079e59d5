//! How long people wait after the approval: a setting of the organisation.

use serde::Serialize;
use utoipa::ToSchema;
use wd_audit_log::{AuditTx as _, Entry};
use wd_kernel::{Ctx, Scope};

use super::ReProofingError;
use crate::{
    Identity,
    events::ReProofingWaitsChanged,
    model::Waits,
    permissions::{StaffReProofWaits, StaffVerifyCaller},
    store::re_proofing,
};

/// The waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ReProofingWaits)]
pub struct WaitsView {
    /// Hours for most people, from 1 to 336.
    pub ordinary_hours: i64,
    /// Hours for those with administrative rights, from 1 to 336 and not less than for most.
    pub administrative_hours: i64,
    /// Goes back with a change.
    pub version: i64,
}

impl Identity {
    /// How long people wait.
    pub async fn re_proofing_waits(&self, ctx: &Ctx) -> Result<WaitsView, ReProofingError> {
        ctx.require::<StaffVerifyCaller>(Scope::ORGANISATION)?;
        let mut tx = self.db.snapshot().await?;
        let (waits, version) = re_proofing::waits(&mut tx).await?;
        Ok(view(waits, version))
    }

    /// Changes how long people wait. Whose waiting period runs already is not concerned.
    pub async fn set_re_proofing_waits(
        &self,
        ctx: &Ctx,
        ordinary_hours: i64,
        administrative_hours: i64,
        version: i64,
    ) -> Result<WaitsView, ReProofingError> {
        ctx.require::<StaffReProofWaits>(Scope::ORGANISATION)?;
        let waits = Waits {
            ordinary_hours,
            administrative_hours,
        };
        if !waits.are_allowed() {
            return Err(ReProofingError::Waits);
        }
        let mut tx = self.db.begin().await?;
        let (before, _) = re_proofing::waits(&mut tx).await?;
        if !re_proofing::set_waits(&mut tx, waits, version).await? {
            return Err(ReProofingError::Stale);
        }
        let by = ctx.actor.staff().map(|actor| actor.id);
        tx.emit(
            ctx,
            &ReProofingWaitsChanged {
                by,
                ordinary_hours,
                administrative_hours,
            },
        )
        .await?;
        let entry = Entry::done("re-proofing.waits-changed")
            .detail("ordinary_hours_before", before.ordinary_hours)
            .detail("ordinary_hours", ordinary_hours)
            .detail("administrative_hours_before", before.administrative_hours)
            .detail("administrative_hours", administrative_hours);
        tx.audit(ctx, entry).await?;
        tx.commit().await?;
        Ok(view(waits, version + 1))
    }
}

const fn view(waits: Waits, version: i64) -> WaitsView {
    WaitsView {
        ordinary_hours: waits.ordinary_hours,
        administrative_hours: waits.administrative_hours,
        version,
    }
}
