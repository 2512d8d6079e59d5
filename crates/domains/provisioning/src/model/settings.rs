//! What an administrator decides about the directory.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wd_kernel::TeamId;

/// A group of the directory, and what being in it gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DirectoryMapping)]
pub struct Mapping {
    /// The group's name, as the directory writes it.
    pub group: String,
    /// The role it gives; none that carries administrative rights.
    pub role: Option<String>,
    /// The team it puts somebody into.
    pub team: Option<TeamId>,
}

/// How the directory may act.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DirectorySettings)]
pub struct Settings {
    /// Whether tokens work.
    pub enabled: bool,
    /// Whether it may also switch off people with administrative rights. Anything else it can never do to them.
    pub switches_off_privileged: bool,
    /// Whether the directory's own id of a person is their subject at the sign-in provider, so that whom it brings can
    /// sign in there at once.
    pub external_id_is_subject: bool,
    /// Which groups give which roles and teams.
    pub groups: Vec<Mapping>,
}

/// A part of the settings, as others hear that it was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Setting {
    /// Whether tokens work.
    Enabled,
    /// Whether it may switch off people with administrative rights.
    SwitchesOffPrivileged,
    /// Whether whom it brings can sign in at the provider at once.
    ExternalIdIsSubject,
    /// Which groups give which roles and teams.
    Groups,
}

impl Setting {
    const ALL: [Self; 4] = [
        Self::Enabled,
        Self::SwitchesOffPrivileged,
        Self::ExternalIdIsSubject,
        Self::Groups,
    ];
}

/// A setting that cannot be used: its name, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} cannot be used: {message}")]
pub struct BadSetting {
    /// The field.
    pub field: &'static str,
    /// What is wrong, and what would be right.
    pub message: &'static str,
}

const MOST: usize = 200;
const LONGEST: usize = 256;

impl Settings {
    /// What is another than before.
    pub fn changed_from(&self, before: &Self) -> Vec<Setting> {
        let differs = |setting: &Setting| match setting {
            Setting::Enabled => self.enabled != before.enabled,
            Setting::SwitchesOffPrivileged => self.switches_off_privileged != before.switches_off_privileged,
            Setting::ExternalIdIsSubject => self.external_id_is_subject != before.external_id_is_subject,
            Setting::Groups => self.groups != before.groups,
        };
        Setting::ALL.into_iter().filter(differs).collect()
    }

    /// The settings, tidied up, or what is wrong with them.
    pub fn checked(mut self) -> Result<Self, BadSetting> {
        let bad = |message| {
            Err(BadSetting {
                field: "groups",
                message,
            })
        };
        for mapping in &mut self.groups {
            mapping.group = mapping.group.trim().to_owned();
            let name = &mapping.group;
            if name.is_empty() || name.len() > LONGEST || name.contains(char::is_control) {
                return bad("Enter the name of each group.");
            }
            if mapping.role.is_none() && mapping.team.is_none() {
                return bad("Choose a role or a team for each group.");
            }
        }
        let names: BTreeSet<&str> = self.groups.iter().map(|mapping| mapping.group.as_str()).collect();
        if self.groups.len() > MOST || names.len() != self.groups.len() {
            return bad("Each group stands in the table once.");
        }
        Ok(self)
    }

    /// The roles and teams of somebody in these groups.
    pub fn given_by(&self, groups: &[String]) -> Given {
        let mut given = Given::default();
        for mapping in self.groups.iter().filter(|mapping| groups.contains(&mapping.group)) {
            given.roles.extend(mapping.role.clone());
            given.teams.extend(mapping.team);
        }
        given
    }
}

/// Roles and teams.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Given {
    /// Names of roles.
    pub roles: BTreeSet<String>,
    /// Teams.
    pub teams: BTreeSet<TeamId>,
}

/// What somebody is to hold, and what of it came by groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome<T> {
    /// All they hold then.
    pub held: BTreeSet<T>,
    /// What of it goes when the groups no longer give it.
    pub given: BTreeSet<T>,
}

/// From what somebody holds, what of it groups gave before, and what groups give now. What people gave stays, also where a
/// group gives the same.
pub fn settle<T: Ord + Clone>(held: &BTreeSet<T>, given: &BTreeSet<T>, wanted: &BTreeSet<T>) -> Outcome<T> {
    let by_hand: BTreeSet<T> = held.difference(given).cloned().collect();
    let now_given: BTreeSet<T> = wanted.difference(&by_hand).cloned().collect();
    Outcome {
        held: by_hand.union(&now_given).cloned().collect(),
        given: now_given,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(words: &[&str]) -> BTreeSet<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn what_groups_gave_goes_with_them_and_what_people_gave_stays() {
        // held, given by groups before, wanted by groups now: held then, given then
        for (held, given, wanted, then, of_groups) in [
            (&[][..], &[][..], &["a"][..], &["a"][..], &["a"][..]),
            (&["a"], &["a"], &[], &[], &[]),
            (&["a", "b"], &["a"], &[], &["b"], &[]),
            (&["a"], &[], &["a"], &["a"], &[]),
            (&["a"], &["a"], &["a", "c"], &["a", "c"], &["a", "c"]),
            // Somebody took by hand what a group still gives: the group decides.
            (&[], &["a"], &["a"], &["a"], &["a"]),
        ] {
            let outcome = settle(&set(held), &set(given), &set(wanted));
            assert_eq!(
                (outcome.held, outcome.given),
                (set(then), set(of_groups)),
                "{held:?} {given:?} {wanted:?}"
            );
        }
    }

    #[test]
    fn a_table_that_cannot_be_used_is_refused() {
        let mapping = |group: &str, role: Option<&str>| Mapping {
            group: group.into(),
            role: role.map(Into::into),
            team: None,
        };
        let with = |groups| {
            Settings {
                groups,
                ..Settings::default()
            }
            .checked()
        };
        assert!(
            with(vec![mapping(" Agents ", Some("agent"))]).is_ok_and(|settings| settings.groups[0].group == "Agents")
        );
        assert!(with(vec![mapping("Agents", None)]).is_err());
        assert!(with(vec![mapping(" ", Some("agent"))]).is_err());
        assert!(with(vec![mapping("A", Some("agent")), mapping("A ", Some("agent"))]).is_err());
    }

    #[test]
    fn what_is_another_than_before_is_named_and_what_is_the_same_is_not() {
        type Change = fn(&mut Settings);
        let before = Settings::default();
        assert_eq!(before.changed_from(&before), []);
        let table: [(Setting, Change); 4] = [
            (Setting::Enabled, |s| s.enabled = true),
            (Setting::SwitchesOffPrivileged, |s| s.switches_off_privileged = true),
            (Setting::ExternalIdIsSubject, |s| s.external_id_is_subject = true),
            (Setting::Groups, |s| {
                s.groups.push(Mapping {
                    group: "Agents".into(),
                    role: Some("agent".into()),
                    team: None,
                });
            }),
        ];
        for (named, change) in table {
            let mut now = before.clone();
            change(&mut now);
            assert_eq!(now.changed_from(&before), [named]);
        }
    }
}
