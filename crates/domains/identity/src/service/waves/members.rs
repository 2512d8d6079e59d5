//! Who belongs to which wave.

use std::collections::{HashMap, HashSet};

use wd_db::{DbError, Tx};
use wd_kernel::{FactorWaveId, StaffId};

use crate::store::wave::{self, WaveRow};

/// A wave with whom it is made of.
#[derive(Debug, Clone)]
pub(in crate::service) struct Wave {
    pub row: WaveRow,
    /// The names of roles whose holders belong to it.
    pub roles: Vec<String>,
    /// People who belong to it whatever their roles, with their shown names.
    pub people: Vec<(StaffId, String)>,
    named: HashSet<StaffId>,
}

impl Wave {
    pub fn new(row: WaveRow, roles: Vec<String>, people: Vec<(StaffId, String)>) -> Self {
        let named = people.iter().map(|(id, _)| *id).collect();
        Self {
            row,
            roles,
            people,
            named,
        }
    }

    /// Whether somebody with these roles belongs to it.
    pub fn has(&self, staff: StaffId, roles: &[String]) -> bool {
        self.named.contains(&staff) || roles.iter().any(|role| self.roles.contains(role))
    }

    /// Whether it names everybody that another one does.
    pub fn has_all_of(&self, other: &Self) -> bool {
        other.named.is_subset(&self.named) && other.roles.iter().all(|role| self.roles.contains(role))
    }
}

/// These waves with whom they are made of.
pub(in crate::service) async fn with_members(tx: &mut Tx, rows: Vec<WaveRow>) -> Result<Vec<Wave>, DbError> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let mut roles: HashMap<FactorWaveId, Vec<String>> = HashMap::new();
    for (wave, role) in wave::roles(tx).await? {
        roles.entry(wave).or_default().push(role);
    }
    let mut people: HashMap<FactorWaveId, Vec<(StaffId, String)>> = HashMap::new();
    for (wave, staff, name) in wave::people(tx).await? {
        people.entry(wave).or_default().push((staff, name));
    }
    let of = |row: WaveRow| {
        let roles = roles.remove(&row.id).unwrap_or_default();
        let people = people.remove(&row.id).unwrap_or_default();
        Wave::new(row, roles, people)
    };
    Ok(rows.into_iter().map(of).collect())
}

/// Those of these waves that somebody with these roles belongs to.
pub(in crate::service) async fn of_person(
    tx: &mut Tx,
    rows: Vec<WaveRow>,
    staff: StaffId,
    roles: &[String],
) -> Result<Vec<WaveRow>, DbError> {
    if rows.is_empty() {
        return Ok(rows);
    }
    let mut own: HashSet<FactorWaveId> = wave::naming(tx, staff).await?.into_iter().collect();
    let by_role = wave::roles(tx).await?;
    own.extend(
        by_role
            .into_iter()
            .filter(|(_, role)| roles.contains(role))
            .map(|(wave, _)| wave),
    );
    Ok(rows.into_iter().filter(|row| own.contains(&row.id)).collect())
}
