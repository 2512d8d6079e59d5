//! The roles Wardesk comes with. The table is data for `access`; a golden file shows it, so that a right that appears
//! is one changed mark in a review.

use wd_access::RoleSpec;
use wd_kernel::Reach::{self, Organisation, Own, Team};

wd_kernel::permissions! {
    /// Reads the audit log.
    AuditRead = "audit.read";
    /// Takes the audit log away as a file.
    AuditExport = "audit.export", step_up = true;
}

/// Every permission that code asks for.
pub fn permissions() -> Vec<&'static str> {
    let mut all = [
        wd_identity::permissions::ALL,
        wd_access::permissions::ALL,
        wd_customers::permissions::ALL,
        wd_desk::permissions::ALL,
        wd_channels::permissions::ALL,
        ALL,
    ]
    .concat();
    all.sort_unstable();
    all
}

/// The roles and what they hold.
pub fn roles() -> Vec<RoleSpec> {
    let agent = grants(&[
        (
            Organisation,
            &["customer.read", "customer.edit", "customer.read_contact", "teams.read"],
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
        (Own, &["conversation.assign", "conversation.close"]),
    ]);
    let lead = grants(&[
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
            ],
        ),
    ]);
    let officer = grants(&[(
        Organisation,
        &[
            "staff.read",
            "staff.invite",
            "staff.disable",
            "roles.read",
            "roles.assign",
            "teams.read",
            "teams.manage",
            "device.revoke",
            "settings.read",
            "settings.change",
            "audit.read",
            "audit.export",
        ],
    )]);
    let auditor = grants(&[(
        Organisation,
        &[
            "audit.read",
            "audit.export",
            "staff.read",
            "roles.read",
            "teams.read",
            "settings.read",
        ],
    )]);
    let administrator = grants(&[(
        Organisation,
        &[
            "staff.read",
            "staff.invite",
            "staff.disable",
            "roles.read",
            "roles.assign",
            "teams.read",
            "teams.manage",
            "device.revoke",
            "settings.read",
            "settings.change",
            "audit.read",
        ],
    )]);
    vec![
        RoleSpec {
            name: "agent",
            title: "Agent",
            grants: agent,
        },
        RoleSpec {
            name: "team-lead",
            title: "Team lead",
            grants: lead,
        },
        RoleSpec {
            name: "security-officer",
            title: "Security officer",
            grants: officer,
        },
        RoleSpec {
            name: "auditor",
            title: "Auditor",
            grants: auditor,
        },
        RoleSpec {
            name: wd_access::ADMINISTRATOR,
            title: "Administrator",
            grants: administrator,
        },
    ]
}

fn grants(by_reach: &[(Reach, &[&'static str])]) -> Vec<(&'static str, Reach)> {
    by_reach
        .iter()
        .flat_map(|(reach, names)| names.iter().map(|name| (*name, *reach)))
        .collect()
}
