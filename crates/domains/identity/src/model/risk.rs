//! How much is lost when somebody else gets into an account, and how easily that happens. It orders people, so that
//! those come first of whom an attacker would think first; it decides nothing.

use wd_kernel::{Duration, Timestamp};

use super::{FactorStrength, words};

/// Who has not signed in for so long is dormant: nobody would notice a stranger in the account.
const DORMANT_AFTER: Duration = Duration::from_hours(90 * 24);
/// From so many roles on, more is held than one task needs.
const MANY_ROLES: usize = 2;
/// From so many teams on, much is within reach.
const MANY_TEAMS: usize = 3;
/// The highest score.
const MOST: u32 = 100;

words! {
    /// Why an account is at risk.
    #[derive(PartialOrd, Ord)]
    RiskReason {
        /// May give anybody any role.
        Administers = "administers",
        /// May change who works here, how others sign in, or the settings.
        ChangesSecurity = "changes-security",
        /// May let others set up new factors.
        Recovers = "recovers",
        /// May see identifiers or notes of customers.
        RevealsCustomers = "reveals-customers",
        /// May take data in or out in bulk.
        MovesData = "moves-data",
        /// Has a part in secrets that teams share.
        SharesSecrets = "shares-secrets",
        /// May see how customers can be reached.
        SeesContacts = "sees-contacts",
        /// Holds two roles or more.
        ManyRoles = "many-roles",
        /// Is in three teams or more.
        ManyTeams = "many-teams",
        /// The password is in a known breach, and has not been changed yet.
        PasswordBreached = "password-breached",
        /// In the last 30 days more than a new browser spoke against a sign-in, and its owner has not said that it was theirs.
        UnusualSignIn = "unusual-sign-in",
        /// In the last 30 days signed in from a network or country that was new, and has not said that it was them.
        NewPlace = "new-place",
        /// Has no second factor here.
        NoFactor = "no-factor",
        /// Has no factor that a false page could not use.
        NoPasskey = "no-passkey",
        /// Has not signed in for 90 days.
        Dormant = "dormant",
        /// Has never signed in.
        NeverSignedIn = "never-signed-in",
    }
}

impl RiskReason {
    /// What it adds to the score.
    pub const fn points(self) -> u32 {
        match self {
            Self::Administers => 30,
            Self::ChangesSecurity | Self::PasswordBreached | Self::NoFactor => 20,
            Self::RevealsCustomers | Self::NoPasskey | Self::UnusualSignIn => 15,
            Self::Recovers | Self::MovesData | Self::Dormant => 10,
            Self::SharesSecrets
            | Self::SeesContacts
            | Self::ManyRoles
            | Self::ManyTeams
            | Self::NeverSignedIn
            | Self::NewPlace => 5,
        }
    }

    /// Whether it says how easily somebody else gets in, and not how much is lost then.
    pub const fn is_exposure(self) -> bool {
        matches!(
            self,
            Self::PasswordBreached | Self::UnusualSignIn | Self::NewPlace | Self::NoFactor
        )
    }
}

/// What a right is worth to a stranger in the account; `None`: little. A right that is not known here counts as one over
/// security, until somebody says what it is.
pub fn worth_of(right: &str) -> Option<RiskReason> {
    Some(match right {
        "roles.assign" => RiskReason::Administers,
        "staff.verify_caller" | "staff.re_proof" => RiskReason::Recovers,
        "customer.read_identifiers" | "customer.read_notes" => RiskReason::RevealsCustomers,
        "customer.read_contact" => RiskReason::SeesContacts,
        "customer.import" | "audit.export" => RiskReason::MovesData,
        "team_vault.use" | "team_vault.manage" | "team_vault.open_all" => RiskReason::SharesSecrets,
        "customer.edit" | "customer_proof.ask" | "breached_passwords.ask" | "outgoing.test" => return None,
        other if other.rsplit('.').next() == Some("read") || other.starts_with("conversation.") => return None,
        _ => RiskReason::ChangesSecurity,
    })
}

/// What is known of an account.
#[derive(Debug, Clone)]
pub struct Exposure {
    /// What the rights of its owner are worth.
    pub rights: Vec<RiskReason>,
    /// How many roles.
    pub roles: usize,
    /// How many teams.
    pub teams: usize,
    /// The strongest factor; `None`: none at all.
    pub had: Option<FactorStrength>,
    /// Whether the password is in a known breach.
    pub breached: bool,
    /// Whether a sign-in of late was unusual, and its owner has not said that it was theirs.
    pub unusual: bool,
    /// Whether one was from a new network or country, and its owner has not said that it was theirs.
    pub new_place: bool,
    /// The latest sign-in.
    pub last_sign_in_at: Option<Timestamp>,
}

/// What of late is.
pub const OF_LATE: Duration = Duration::from_hours(30 * 24);

/// How much an account is at risk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Risk {
    /// From 0 to 100.
    pub score: u32,
    /// Why, what counts most first.
    pub reasons: Vec<RiskReason>,
}

impl Risk {
    /// The risk of this account.
    pub fn of(account: &Exposure, now: Timestamp) -> Self {
        let mut reasons = account.rights.clone();
        let mut add = |holds: bool, reason| {
            if holds {
                reasons.push(reason);
            }
        };
        add(account.roles >= MANY_ROLES, RiskReason::ManyRoles);
        add(account.teams >= MANY_TEAMS, RiskReason::ManyTeams);
        add(account.breached, RiskReason::PasswordBreached);
        add(account.unusual, RiskReason::UnusualSignIn);
        // What was unusual says it already.
        add(account.new_place && !account.unusual, RiskReason::NewPlace);
        add(account.had.is_none(), RiskReason::NoFactor);
        add(account.had == Some(FactorStrength::Any), RiskReason::NoPasskey);
        let dormant = |at: Timestamp| now.since(at) >= DORMANT_AFTER;
        add(account.last_sign_in_at.is_some_and(dormant), RiskReason::Dormant);
        add(account.last_sign_in_at.is_none(), RiskReason::NeverSignedIn);
        reasons.sort_by_key(|reason| (std::cmp::Reverse(reason.points()), *reason));
        reasons.dedup();
        let score = reasons.iter().map(|reason| reason.points()).sum::<u32>().min(MOST);
        Self { score, reasons }
    }

    /// How easily somebody else gets in: the points of the reasons that say so.
    pub fn exposure(&self) -> u32 {
        let exposing = self.reasons.iter().filter(|reason| reason.is_exposure());
        exposing.map(|reason| reason.points()).sum()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    fn calm() -> Exposure {
        Exposure {
            rights: vec![],
            roles: 1,
            teams: 1,
            had: Some(FactorStrength::PhishingResistant),
            breached: false,
            unusual: false,
            new_place: false,
            last_sign_in_at: Some(NOW),
        }
    }

    fn rights() -> impl Strategy<Value = Vec<RiskReason>> {
        let right = prop_oneof![
            Just(RiskReason::Administers),
            Just(RiskReason::ChangesSecurity),
            Just(RiskReason::Recovers),
            Just(RiskReason::RevealsCustomers),
            Just(RiskReason::SeesContacts),
        ];
        prop::collection::vec(right, 0..6)
    }

    fn exposures() -> impl Strategy<Value = Exposure> {
        let had = prop_oneof![
            Just(None),
            Just(Some(FactorStrength::Any)),
            Just(Some(FactorStrength::PhishingResistant))
        ];
        (
            rights(),
            0..4_usize,
            0..5_usize,
            had,
            any::<[bool; 3]>(),
            prop::option::of(0..200_i64),
        )
            .prop_map(
                |(rights, roles, teams, had, [breached, unusual, new_place], days)| Exposure {
                    rights,
                    roles,
                    teams,
                    had,
                    breached,
                    unusual,
                    new_place,
                    last_sign_in_at: days.map(|days| Timestamp::from_seconds(NOW.seconds() - days * 86_400)),
                },
            )
    }

    proptest! {
        #[test]
        fn more_rights_roles_and_teams_never_lower_the_risk(of in exposures(), more in rights(), roles in 0..3_usize, teams in 0..3_usize) {
            let mut wider = of.clone();
            wider.rights.extend(more);
            wider.roles += roles;
            wider.teams += teams;
            prop_assert!(Risk::of(&wider, NOW).score >= Risk::of(&of, NOW).score);
        }

        #[test]
        fn a_stronger_factor_and_a_new_password_never_raise_it(of in exposures()) {
            let risk = Risk::of(&of, NOW).score;
            prop_assert!(risk <= MOST);
            let any = Exposure { had: of.had.max(Some(FactorStrength::Any)), ..of.clone() };
            let strong = Exposure { had: Some(FactorStrength::PhishingResistant), breached: false, ..of.clone() };
            prop_assert!(Risk::of(&any, NOW).score <= risk);
            prop_assert!(Risk::of(&strong, NOW).score <= Risk::of(&any, NOW).score);
        }

        #[test]
        fn every_point_has_its_reason_and_no_reason_counts_twice(of in exposures()) {
            let Risk { score, reasons } = Risk::of(&of, NOW);
            let mut once = reasons.clone();
            once.sort_unstable();
            once.dedup();
            prop_assert_eq!(once.len(), reasons.len());
            prop_assert_eq!(score, reasons.iter().map(|reason| reason.points()).sum::<u32>().min(MOST));
        }
    }

    #[test]
    fn who_has_little_and_a_passkey_is_no_risk() {
        assert_eq!(
            Risk::of(&calm(), NOW),
            Risk {
                score: 0,
                reasons: vec![]
            }
        );
    }

    #[test]
    fn an_administrator_without_a_passkey_comes_before_an_agent_without_any_factor() {
        let administrator = Exposure {
            rights: vec![RiskReason::Administers, RiskReason::ChangesSecurity],
            had: Some(FactorStrength::Any),
            ..calm()
        };
        let agent = Exposure {
            rights: vec![RiskReason::SeesContacts],
            had: None,
            ..calm()
        };
        let (first, second) = (Risk::of(&administrator, NOW), Risk::of(&agent, NOW));
        assert_eq!((first.score, second.score), (65, 25));
        assert_eq!(first.reasons[0], RiskReason::Administers);
    }

    #[test]
    fn what_exposes_an_account_counts_apart_from_its_rights() {
        let administrator = Exposure {
            rights: vec![RiskReason::Administers],
            ..calm()
        };
        assert_eq!(Risk::of(&administrator, NOW).exposure(), 0);
        let exposed = Exposure {
            breached: true,
            unusual: true,
            new_place: true,
            had: None,
            ..administrator
        };
        let risk = Risk::of(&exposed, NOW);
        assert_eq!(
            (risk.score, risk.exposure()),
            (85, 55),
            "what was unusual is not counted as new too"
        );
        let new = Exposure {
            new_place: true,
            ..calm()
        };
        assert_eq!(Risk::of(&new, NOW).reasons, [RiskReason::NewPlace]);
    }

    #[test]
    fn an_account_sleeps_after_ninety_days_and_not_before() {
        let at = |days: i64| Exposure {
            last_sign_in_at: Some(Timestamp::from_seconds(NOW.seconds() - days * 86_400)),
            ..calm()
        };
        assert_eq!(Risk::of(&at(89), NOW).reasons, []);
        assert_eq!(Risk::of(&at(90), NOW).reasons, [RiskReason::Dormant]);
    }

    #[test]
    fn a_right_that_nobody_knows_yet_counts_as_one_over_security() {
        assert_eq!(worth_of("of_a.later_version"), Some(RiskReason::ChangesSecurity));
        assert_eq!(worth_of("settings.change"), Some(RiskReason::ChangesSecurity));
        assert_eq!(worth_of("roles.assign"), Some(RiskReason::Administers));
        for little in ["staff.read", "conversation.take", "customer.edit", "customer.read"] {
            assert_eq!(worth_of(little), None, "{little}");
        }
    }
}
