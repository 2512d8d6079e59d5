//! How much somebody may do, so that two people can be compared.

use std::collections::{BTreeMap, BTreeSet};

use wd_kernel::{Reach, TeamId};

/// Rights that many have: they show or serve customers, and change nothing about staff, settings or the log. All others
/// are administrative, also those that a later version brings.
const ORDINARY: [&str; 6] = [
    "customer.",
    "conversation.",
    "customer_proof.",
    "staff.verify_caller",
    "team_vault.use",
    "team_vault.open_all",
];

/// What a person may do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Privilege {
    /// Administrators may give away every role, so they are above all rights.
    pub administrator: bool,
    /// Each right with its widest reach.
    pub rights: BTreeMap<String, Reach>,
    /// The teams that `Reach::Team` is about.
    pub teams: BTreeSet<TeamId>,
}

impl Privilege {
    /// Adds a right; of two reaches the wider one counts.
    pub fn add(&mut self, right: String, reach: Reach) {
        let held = self.rights.entry(right).or_insert(reach);
        *held = reach.max(*held);
    }

    /// Whether this is at least as much as the other: every right of the other in the same or a wider reach, and where
    /// both reach their teams, all teams of the other. Reflexive and transitive.
    pub fn covers(&self, other: &Self) -> bool {
        if self.administrator {
            return true;
        }
        let covered = |(right, reach): (&String, &Reach)| match self.rights.get(right) {
            Some(Reach::Team) if *reach == Reach::Team => other.teams.is_subset(&self.teams),
            Some(held) => held >= reach,
            None => false,
        };
        !other.administrator && other.rights.iter().all(covered)
    }

    /// Whether there is any right beyond serving customers and looking.
    pub fn is_administrative(&self) -> bool {
        let ordinary = |right: &String| {
            right.rsplit('.').next() == Some("read") || ORDINARY.iter().any(|start| right.starts_with(start))
        };
        self.administrator || !self.rights.keys().all(ordinary)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use wd_kernel::Id as _;

    use super::*;

    fn of(rights: &[(&str, Reach)], teams: &[u128]) -> Privilege {
        let mut privilege = Privilege {
            teams: teams
                .iter()
                .map(|n| TeamId::from_uuid(uuid::Uuid::from_u128(*n)))
                .collect(),
            ..Privilege::default()
        };
        for (right, reach) in rights {
            privilege.add((*right).to_owned(), *reach);
        }
        privilege
    }

    fn any_privilege() -> impl Strategy<Value = Privilege> {
        let reach = prop_oneof![Just(Reach::Own), Just(Reach::Team), Just(Reach::Organisation)];
        let right = prop_oneof![Just("a"), Just("b"), Just("c")];
        let rights = proptest::collection::vec((right, reach), 0..4);
        let teams = proptest::collection::vec(0..3_u128, 0..3);
        (proptest::bool::weighted(0.2), rights, teams).prop_map(|(administrator, rights, teams)| Privilege {
            administrator,
            ..of(&rights, &teams)
        })
    }

    proptest! {
        #[test]
        fn everybody_has_at_least_their_own_privilege(one in any_privilege()) {
            prop_assert!(one.covers(&one));
        }

        #[test]
        fn who_has_more_than_somebody_with_more_has_more(a in any_privilege(), b in any_privilege(), c in any_privilege()) {
            prop_assert!(!(a.covers(&b) && b.covers(&c)) || a.covers(&c));
        }

        #[test]
        fn more_rights_never_cover_less(a in any_privilege(), b in any_privilege()) {
            let mut more = a.clone();
            for (right, reach) in &b.rights {
                more.add(right.clone(), *reach);
            }
            more.teams.extend(&b.teams);
            more.administrator |= b.administrator;
            prop_assert!(more.covers(&a) && more.covers(&b));
        }
    }

    #[test]
    fn nobody_but_an_administrator_covers_an_administrator() {
        let administrator = Privilege {
            administrator: true,
            ..Privilege::default()
        };
        let much = of(&[("staff.invite", Reach::Organisation)], &[]);
        assert!(administrator.covers(&much) && administrator.covers(&administrator));
        assert!(!much.covers(&administrator));
    }

    #[test]
    fn one_right_that_is_missing_or_narrower_is_enough() {
        let lead = of(&[("conversation.read", Reach::Team)], &[1, 2]);
        assert!(lead.covers(&of(&[("conversation.read", Reach::Own)], &[7])));
        assert!(lead.covers(&of(&[("conversation.read", Reach::Team)], &[2])));
        assert!(
            !lead.covers(&of(&[("conversation.read", Reach::Team)], &[2, 3])),
            "another team"
        );
        assert!(!lead.covers(&of(&[("conversation.read", Reach::Organisation)], &[])));
        assert!(!lead.covers(&of(&[("audit.read", Reach::Own)], &[])));
    }

    #[test]
    fn a_right_that_nobody_knows_yet_is_administrative() {
        let ordinary = [
            ("customer.edit", Reach::Organisation),
            ("teams.read", Reach::Organisation),
            ("customer_proof.ask", Reach::Own),
            ("team_vault.use", Reach::Organisation),
        ];
        assert!(!of(&ordinary, &[]).is_administrative());
        assert!(of(&[("of_a.later_version", Reach::Own)], &[]).is_administrative());
        assert!(of(&[("staff.disable", Reach::Organisation)], &[]).is_administrative());
    }
}
