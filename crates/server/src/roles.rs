//! The roles Wardesk comes with. The table is data for `access`; a golden file shows it, so that a right that appears
//! is one changed mark in a review.

use wd_access::RoleSpec;
use wd_kernel::Reach::{self, Organisation, Own, Team};

wd_kernel::permissions! {
    /// Reads the audit log.
    AuditRead = "audit.read";
    /// Takes the audit log away as a file.
    AuditExport = "audit.export", step_up = true;
    /// Sees which mails went out and which wait: when and of which kind, not to whom, and nothing of what they say.
    OutgoingRead = "outgoing.read";
    /// Sends a test to the security contact.
    OutgoingTest = "outgoing.test";
}

/// Every permission that code asks for.
pub fn permissions() -> Vec<&'static str> {
    let mut all = [
        wd_identity::permissions::ALL,
        wd_access::permissions::ALL,
        wd_customers::permissions::ALL,
        wd_single_sign_on::permissions::ALL,
        wd_provisioning::permissions::ALL,
        wd_desk::permissions::ALL,
        wd_channels::permissions::ALL,
        wd_customer_proof::permissions::ALL,
        wd_team_vault::permissions::ALL,
        ALL,
    ]
    .concat();
    all.sort_unstable();
    all
}

/// The roles and what they hold.
pub fn roles() -> Vec<RoleSpec> {
    let role = |name, title, by_reach| RoleSpec {
        name,
        title,
        grants: grants(by_reach),
    };
    vec![
        role("agent", "Agent", AGENT),
        role("team-lead", "Team lead", TEAM_LEAD),
        role("security-officer", "Security officer", SECURITY_OFFICER),
        role("auditor", "Auditor", AUDITOR),
        role(wd_access::ADMINISTRATOR, "Administrator", ADMINISTRATOR),
    ]
}

type ByReach = &'static [(Reach, &'static [&'static str])];

const AGENT: ByReach = &[
    (
        Organisation,
        &[
            "customer.read",
            "customer.edit",
            "customer.read_contact",
            "teams.read",
            "team_vault.use",
            "team_vault.open_all",
        ],
    ),
    (
        Team,
        &[
            "conversation.read",
            "conversation.take",
            "conversation.history",
            "conversation.note",
        ],
    ),
    (
        Own,
        &["conversation.assign", "conversation.close", "customer_proof.ask"],
    ),
];

const TEAM_LEAD: ByReach = &[
    (
        Organisation,
        &[
            "customer.read",
            "customer.edit",
            "customer.import",
            "customer.read_contact",
            "customer.read_identifiers",
            "customer.read_notes",
            "teams.read",
            "staff.read",
            "staff.verify_caller",
            "staff.re_proof",
            "team_vault.use",
            "team_vault.open_all",
        ],
    ),
    (
        Team,
        &[
            "conversation.read",
            "conversation.take",
            "conversation.history",
            "conversation.note",
            "conversation.assign",
            "conversation.join",
            "conversation.close",
            "customer_proof.ask",
            "team_vault.manage",
        ],
    ),
];

const SECURITY_OFFICER: ByReach = &[(
    Organisation,
    &[
        "staff.read",
        "staff.invite",
        "staff.disable",
        "staff.verify_caller",
        "staff.re_proof",
        "staff.re_proof_waits",
        "roles.read",
        "roles.assign",
        "teams.read",
        "teams.manage",
        "device.revoke",
        "settings.read",
        "settings.change",
        "password_policy.read",
        "password_policy.change",
        "breached_passwords.read",
        "breached_passwords.ask",
        "breached_passwords.blind_scan",
        "factor_policy.read",
        "factor_policy.change",
        "audit.read",
        "audit.export",
        "single_sign_on.read",
        "provisioning.read",
        "outgoing.read",
        "outgoing.test",
    ],
)];

const AUDITOR: ByReach = &[(
    Organisation,
    &[
        "audit.read",
        "audit.export",
        "staff.read",
        "roles.read",
        "teams.read",
        "settings.read",
        "password_policy.read",
        "breached_passwords.read",
        "single_sign_on.read",
        "provisioning.read",
        "factor_policy.read",
    ],
)];

const ADMINISTRATOR: ByReach = &[(
    Organisation,
    &[
        "staff.read",
        "staff.invite",
        "staff.disable",
        "staff.verify_caller",
        "staff.re_proof",
        "staff.re_proof_waits",
        "roles.read",
        "roles.assign",
        "teams.read",
        "teams.manage",
        "device.revoke",
        "settings.read",
        "settings.change",
        "password_policy.read",
        "password_policy.change",
        "breached_passwords.read",
        "breached_passwords.ask",
        "factor_policy.read",
        "factor_policy.change",
        "audit.read",
        "single_sign_on.read",
        "single_sign_on.change",
        "provisioning.read",
        "provisioning.change",
        "outgoing.read",
        "outgoing.test",
    ],
)];

fn grants(by_reach: ByReach) -> Vec<(&'static str, Reach)> {
    by_reach
        .iter()
        .flat_map(|(reach, names)| names.iter().map(|name| (*name, *reach)))
        .collect()
}

#[cfg(test)]
mod tests {
    use wd_identity::Privilege;

    use super::*;

    #[test]
    fn only_agents_have_no_administrative_rights() {
        let is_administrative = |grants: Vec<(&str, Reach)>| {
            let mut privilege = Privilege::default();
            for (right, reach) in grants {
                privilege.add(right.to_owned(), reach);
            }
            privilege.is_administrative()
        };
        assert!(
            !is_administrative(grants(AGENT)),
            "else recovery waits longer, and a number is no factor for agents"
        );
        for role in [TEAM_LEAD, SECURITY_OFFICER, AUDITOR, ADMINISTRATOR] {
            assert!(is_administrative(grants(role)));
        }
    }
}
