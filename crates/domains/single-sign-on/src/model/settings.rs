//! What an administrator decides about the provider.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::ToSchema;
use wd_kernel::TeamId;

/// A group of the directory, and what being in it gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = GroupMapping)]
pub struct GroupMapping {
    /// The group's name, as the provider or the directory writes it.
    pub group: String,
    /// The role it gives.
    pub role: Option<String>,
    /// The team it puts somebody into.
    pub team: Option<TeamId>,
}

/// The provider through which staff sign in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ProviderSettings)]
pub struct ProviderSettings {
    /// Whether anybody may sign in through it.
    pub enabled: bool,
    /// What the button calls it: “Sign in with NAME”.
    pub name: String,
    /// Its issuer, exactly as it writes it itself (OpenID Connect Discovery 1.0).
    pub issuer: String,
    /// What it calls Wardesk.
    pub client_id: String,
    /// What is asked for besides `openid`.
    pub scopes: Vec<String>,
    /// Values of `acr` that say: a second factor was shown.
    pub second_factor_acr: Vec<String>,
    /// Values of `amr` (RFC 8176) that say the same; one of them is enough.
    pub second_factor_amr: Vec<String>,
    /// Values of `acr` that say: the factor was one that a false page cannot use, such as `phr` and `phrh` (OpenID Extended
    /// Authentication Profile). They count as a second factor too.
    #[serde(default)]
    #[schema(required = true)]
    pub phishing_resistant_acr: Vec<String>,
    /// Values of `amr` that say the same; one of them is enough. They say which method was used and not how, so they are
    /// weak evidence.
    #[serde(default)]
    #[schema(required = true)]
    pub phishing_resistant_amr: Vec<String>,
    /// The claim with the names of groups; without one, groups are not looked at.
    pub groups_claim: Option<String>,
    /// Whether somebody who is not known yet gets an account at the first sign-in.
    pub create: bool,
    /// Which groups give which roles and teams.
    pub groups: Vec<GroupMapping>,
}

/// A part of the settings, as others hear that it was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Setting {
    /// Whether anybody may sign in through the provider.
    Enabled,
    /// What the button calls it.
    Name,
    /// Which provider it is.
    Issuer,
    /// What it calls Wardesk, or the secret by which it knows Wardesk.
    Client,
    /// What is asked for.
    Scopes,
    /// What counts as a second factor shown there, or as a phishing-resistant one: `acr` and `amr`.
    SecondFactor,
    /// Whether somebody unknown gets an account at the first sign-in.
    Create,
    /// Which groups give which roles and teams, and where they are read.
    Groups,
}

impl Setting {
    const ALL: [Self; 8] = [
        Self::Enabled,
        Self::Name,
        Self::Issuer,
        Self::Client,
        Self::Scopes,
        Self::SecondFactor,
        Self::Create,
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

/// The longest list, and the longest entry of one, in bytes.
const MOST: usize = 200;
const LONGEST: usize = 256;

impl ProviderSettings {
    /// The settings, tidied up, or what is wrong with them.
    pub fn checked(mut self) -> Result<Self, BadSetting> {
        for text in [&mut self.name, &mut self.issuer, &mut self.client_id] {
            let trimmed = text.trim().to_owned();
            *text = trimmed;
        }
        self.groups_claim = self
            .groups_claim
            .map(|claim| claim.trim().to_owned())
            .filter(|claim| !claim.is_empty());
        if !(1..=60).contains(&self.name.chars().count()) || self.name.contains(char::is_control) {
            return bad("name", "A name has 1 to 60 characters and no line breaks.");
        }
        let url = Url::parse(&self.issuer).ok();
        if url.is_none_or(|url| url.host_str().is_none() || url.query().is_some() || url.fragment().is_some())
            || self.issuer.len() > LONGEST
        {
            return bad(
                "issuer",
                "Enter the issuer as the provider writes it: https://id.example.org",
            );
        }
        if self.client_id.is_empty() || !fits(&self.client_id) {
            return bad("client_id", "Enter the client id that the provider gave to Wardesk.");
        }
        if self.groups_claim.as_deref().is_some_and(|claim| !is_claim(claim)) {
            return bad("groups_claim", "Enter the name of one claim, such as groups.");
        }
        for (field, list) in [
            ("scopes", &self.scopes),
            ("second_factor_acr", &self.second_factor_acr),
            ("second_factor_amr", &self.second_factor_amr),
            ("phishing_resistant_acr", &self.phishing_resistant_acr),
            ("phishing_resistant_amr", &self.phishing_resistant_amr),
        ] {
            let word = |entry: &String| !entry.is_empty() && fits(entry) && !entry.contains(char::is_whitespace);
            if list.len() > MOST || !list.iter().all(word) {
                return bad(field, "Each entry is one word without spaces.");
            }
        }
        // Offline access would leave a token that outlives the sign-in, and nothing uses it.
        if self.scopes.iter().any(|scope| scope == "offline_access") {
            return bad("scopes", "Wardesk needs no offline access; leave offline_access out.");
        }
        self.scopes.retain(|scope| scope != "openid");
        let names: BTreeSet<&str> = self.groups.iter().map(|mapping| mapping.group.as_str()).collect();
        if self.groups.len() > MOST || names.len() != self.groups.len() {
            return bad("groups", "Each group stands in the table once.");
        }
        for mapping in &self.groups {
            if mapping.group.trim().is_empty() || !fits(&mapping.group) {
                return bad("groups", "Enter the name of each group.");
            }
            if mapping.role.is_none() && mapping.team.is_none() {
                return bad("groups", "Choose a role or a team for each group.");
            }
        }
        Ok(self)
    }

    /// What is another than before. Of the first settings everything is.
    pub fn changed_from(&self, before: Option<&Self>) -> Vec<Setting> {
        let Some(before) = before else {
            return Setting::ALL.to_vec();
        };
        let differs = |setting: &Setting| match setting {
            Setting::Enabled => self.enabled != before.enabled,
            Setting::Name => self.name != before.name,
            Setting::Issuer => self.issuer != before.issuer,
            Setting::Client => self.client_id != before.client_id,
            Setting::Scopes => self.scopes != before.scopes,
            Setting::SecondFactor => self.what_counts() != before.what_counts(),
            Setting::Create => self.create != before.create,
            Setting::Groups => (&self.groups_claim, &self.groups) != (&before.groups_claim, &before.groups),
        };
        Setting::ALL.into_iter().filter(differs).collect()
    }

    /// What counts as which factor.
    fn what_counts(&self) -> [&[String]; 4] {
        [
            &self.second_factor_acr,
            &self.second_factor_amr,
            &self.phishing_resistant_acr,
            &self.phishing_resistant_amr,
        ]
    }

    /// The values of `acr` that are asked for, those that withstand most first: providers read them in that order.
    pub fn asked_acr(&self) -> Vec<&str> {
        let strict = self.phishing_resistant_acr.iter();
        let others = self.second_factor_acr.iter();
        let others = others.filter(|value| !self.phishing_resistant_acr.contains(value));
        strict.chain(others).map(String::as_str).collect()
    }

    /// The roles and teams of somebody in these groups.
    pub fn given_by(&self, groups: &[String]) -> Given {
        let mine = self.groups.iter().filter(|mapping| groups.contains(&mapping.group));
        Given::of(mine)
    }

    /// The roles and teams that groups decide about. What is not among them, people decide about.
    pub fn decided(&self) -> Given {
        Given::of(self.groups.iter())
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

impl Given {
    fn of<'a>(mappings: impl Iterator<Item = &'a GroupMapping>) -> Self {
        let mut given = Self::default();
        for mapping in mappings {
            given.roles.extend(mapping.role.clone());
            given.teams.extend(mapping.team);
        }
        given
    }
}

fn bad<T>(field: &'static str, message: &'static str) -> Result<T, BadSetting> {
    Err(BadSetting { field, message })
}

fn fits(text: &str) -> bool {
    text.len() <= LONGEST && !text.contains(char::is_control)
}

fn is_claim(name: &str) -> bool {
    !name.is_empty() && fits(name) && !name.contains(char::is_whitespace)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn settings(issuer: &str) -> ProviderSettings {
        ProviderSettings {
            enabled: true,
            name: "Example".into(),
            issuer: issuer.into(),
            client_id: "wardesk".into(),
            scopes: vec!["profile".into()],
            second_factor_acr: vec!["urn:example:strong".into()],
            second_factor_amr: vec!["hwk".into()],
            phishing_resistant_acr: vec![],
            phishing_resistant_amr: vec![],
            groups_claim: Some("groups".into()),
            create: false,
            groups: vec![GroupMapping {
                group: "Desk".into(),
                role: Some("agent".into()),
                team: None,
            }],
        }
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        type Change = fn(&mut ProviderSettings);
        let table: [(&str, Change); 11] = [
            ("name", |s| s.name = " ".into()),
            ("issuer", |s| s.issuer = "id.example.org".into()),
            ("issuer", |s| s.issuer = "https://id.example.org/?a=b".into()),
            ("client_id", |s| s.client_id = String::new()),
            ("groups_claim", |s| s.groups_claim = Some("two words".into())),
            ("scopes", |s| s.scopes.push("offline_access".into())),
            ("second_factor_amr", |s| s.second_factor_amr.push("two words".into())),
            ("phishing_resistant_acr", |s| {
                s.phishing_resistant_acr.push(String::new());
            }),
            ("phishing_resistant_amr", |s| {
                s.phishing_resistant_amr.push("two words".into());
            }),
            ("groups", |s| s.groups.push(s.groups[0].clone())),
            ("groups", |s| s.groups[0].role = None),
        ];
        for (field, change) in table {
            let mut wrong = settings("https://id.example.org");
            change(&mut wrong);
            assert_eq!(wrong.checked().unwrap_err().field, field);
        }
        assert!(settings("https://id.example.org").checked().is_ok());
    }

    #[test]
    fn settings_from_before_count_nothing_as_phishing_resistant() {
        let mut before = serde_json::to_value(settings("https://id.example.org")).unwrap();
        let fields = before.as_object_mut().unwrap();
        fields.remove("phishing_resistant_acr");
        fields.remove("phishing_resistant_amr");
        let read: ProviderSettings = serde_json::from_value(before).unwrap();
        assert_eq!(read, settings("https://id.example.org"));
    }

    #[test]
    fn what_withstands_most_is_asked_for_first_and_nothing_twice() {
        let mut settings = settings("https://id.example.org");
        settings.second_factor_acr = vec!["mfa".into(), "phr".into()];
        settings.phishing_resistant_acr = vec!["phrh".into(), "phr".into()];
        assert_eq!(settings.asked_acr(), ["phrh", "phr", "mfa"]);
    }

    #[test]
    fn a_group_that_is_not_in_the_table_gives_nothing() {
        let settings = settings("https://id.example.org");
        let given = settings.given_by(&["Desk".into(), "administrator".into(), "agent".into()]);
        assert_eq!(given.roles, BTreeSet::from(["agent".to_owned()]));
        assert_eq!(settings.given_by(&["desk".into()]), Given::default());
    }

    #[test]
    fn what_is_another_than_before_is_named_and_what_is_the_same_is_not() {
        type Change = fn(&mut ProviderSettings);
        let before = settings("https://id.example.org");
        assert_eq!(before.changed_from(Some(&before)), []);
        assert_eq!(before.changed_from(None), Setting::ALL);
        let table: [(Setting, Change); 12] = [
            (Setting::Enabled, |s| s.enabled = false),
            (Setting::Name, |s| s.name = "Other".into()),
            (Setting::Issuer, |s| s.issuer = "https://other.example.org".into()),
            (Setting::Client, |s| s.client_id = "other".into()),
            (Setting::Scopes, |s| s.scopes.clear()),
            (Setting::SecondFactor, |s| s.second_factor_acr.clear()),
            (Setting::SecondFactor, |s| s.second_factor_amr.push("pwd".into())),
            (Setting::SecondFactor, |s| s.phishing_resistant_acr.push("phr".into())),
            (Setting::SecondFactor, |s| s.phishing_resistant_amr.push("pop".into())),
            (Setting::Create, |s| s.create = true),
            (Setting::Groups, |s| s.groups_claim = None),
            (Setting::Groups, |s| s.groups[0].role = Some("administrator".into())),
        ];
        for (named, change) in table {
            let mut now = before.clone();
            change(&mut now);
            assert_eq!(now.changed_from(Some(&before)), [named]);
        }
    }
}
