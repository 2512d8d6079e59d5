//! Whom a change of what a role asks would concern.

use wd_kernel::{Ctx, Scope};

use super::{FactorPolicyChange, FactorPolicyError};
use crate::{
    Concerned, Consequence, Identity, model::Demand, permissions::FactorPolicyRead,
    store::factor_policy::FactorPolicyRow,
};

/// Whom it would concern if a role asked this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactorReach {
    /// How many who can sign in hold the role.
    pub people: usize,
    /// How many of them have no factor that does for it; none where any factor is enough.
    pub left: usize,
    /// Who these are; `None` for who may not see who works here.
    pub concerned: Option<Concerned>,
}

impl Identity {
    /// Whom it would concern if the role asked this; nothing is changed. The version and the day do not matter here.
    pub async fn preview_factor_policy(
        &self,
        ctx: &Ctx,
        role: &str,
        thought: FactorPolicyChange,
    ) -> Result<FactorReach, FactorPolicyError> {
        ctx.require::<FactorPolicyRead>(Scope::ORGANISATION)?;
        let makes = self.listed_makes(&thought)?;
        let mut tx = self.db.snapshot().await?;
        let census = self.census(&mut tx, ctx).await?;
        if !census.roles.iter().any(|(name, _)| name == role) {
            return Err(FactorPolicyError::NotFound);
        }
        let row = FactorPolicyRow {
            role: role.to_owned(),
            version: thought.version,
            sign_in: thought.sign_in,
            step_up: thought.step_up,
            due_at: ctx.now(),
            makes,
        };
        let demand = Demand::strictest([&row.policy()]);
        let holders: Vec<_> = census
            .people
            .iter()
            .filter(|one| one.roles.iter().any(|held| held == role))
            .collect();
        let left: Vec<_> = holders
            .iter()
            .filter(|one| !demand.is_met_by_one_of(&one.grades))
            .collect();
        let named = left
            .iter()
            .map(|one| (one.row.id, one.row.name.clone(), Consequence::MustEnrol));
        Ok(FactorReach {
            people: holders.len(),
            left: left.len(),
            concerned: Concerned::named_to(ctx, named),
        })
    }
}
