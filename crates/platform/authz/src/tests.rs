use std::sync::Arc;

use uuid::Uuid;
use wd_kernel::{Actor, CustomerId, Decide, Id, Reach, Scope, SessionId, StaffActor, StaffId, TeamId};

use crate::{Authz, Grant, PolicyError};

fn team(n: u128) -> TeamId {
    TeamId::from_uuid(Uuid::from_u128(n))
}

fn staff(n: u128, roles: &[&str], teams: &[TeamId]) -> Actor {
    Actor::Staff(Arc::new(StaffActor {
        id: StaffId::from_uuid(Uuid::from_u128(n)),
        session: SessionId::from_uuid(Uuid::from_u128(n)),
        roles: roles.iter().map(|r| (*r).to_owned()).collect(),
        teams: teams.to_vec(),
        stepped_up_until: None,
    }))
}

fn grant(role: &str, permission: &str, reach: Reach) -> Grant {
    Grant {
        role: role.into(),
        permission: permission.into(),
        reach,
    }
}

fn authz() -> Authz {
    let authz = Authz::default();
    let grants = [
        grant("agent", "conversation.take", Reach::Team),
        grant("agent", "conversation.close", Reach::Own),
        grant("officer", "audit.read", Reach::Organisation),
    ];
    authz
        .load(&grants, &["conversation.take", "conversation.close", "audit.read"])
        .unwrap();
    authz
}

#[test]
fn without_policies_everything_is_refused() {
    assert!(!Authz::default().allows(&staff(1, &["agent"], &[]), "conversation.take", Scope::ORGANISATION));
}

#[test]
fn a_team_right_ends_at_the_team() {
    let mia = staff(1, &["agent"], &[team(1)]);
    assert!(authz().allows(&mia, "conversation.take", Scope::team(team(1))));
    assert!(!authz().allows(&mia, "conversation.take", Scope::team(team(2))));
    assert!(!authz().allows(&mia, "conversation.take", Scope::ORGANISATION));
}

#[test]
fn an_own_right_ends_at_what_is_ones_own() {
    let mia = staff(1, &["agent"], &[team(1)]);
    assert!(authz().allows(
        &mia,
        "conversation.close",
        Scope::case(team(1), Some(StaffId::from_uuid(Uuid::from_u128(1))))
    ));
    assert!(!authz().allows(
        &mia,
        "conversation.close",
        Scope::case(team(1), Some(StaffId::from_uuid(Uuid::from_u128(2))))
    ));
}

#[test]
fn a_role_gives_only_what_it_lists() {
    assert!(!authz().allows(&staff(1, &["agent"], &[team(1)]), "audit.read", Scope::ORGANISATION));
    assert!(authz().allows(&staff(1, &["officer"], &[]), "audit.read", Scope::team(team(9))));
}

#[test]
fn a_customer_holds_no_right_of_staff() {
    let customer = Actor::Customer {
        id: CustomerId::from_uuid(Uuid::from_u128(1)),
        device: None,
    };
    assert!(!authz().allows(&customer, "conversation.take", Scope::ORGANISATION));
}

#[test]
fn an_unknown_permission_is_refused() {
    assert!(!authz().allows(&staff(1, &["officer"], &[]), "audit.erase", Scope::ORGANISATION));
}

#[test]
fn a_grant_of_an_unknown_permission_leaves_the_policies_as_they_were() {
    let authz = authz();
    assert!(matches!(
        authz.load(&[grant("agent", "no.such", Reach::Team)], &["audit.read"]),
        Err(PolicyError::Invalid(_))
    ));
    assert!(authz.allows(&staff(1, &["officer"], &[]), "audit.read", Scope::ORGANISATION));
}

#[test]
fn a_name_cannot_smuggle_a_policy() {
    let evil = "x\"], action, resource); permit(principal, action, resource); //";
    assert!(matches!(
        authz().load(&[grant(evil, "audit.read", Reach::Team)], &["audit.read"]),
        Err(PolicyError::Name(_))
    ));
}

#[test]
fn a_directory_has_its_closed_list_of_rights_and_nothing_else_whatever_roles_hold() {
    let directory = Actor::Directory(Arc::new(wd_kernel::DirectoryActor {
        token: wd_kernel::DirectoryTokenId::from_uuid(Uuid::from_u128(1)),
        name: "Directory".into(),
    }));
    for right in [
        "staff.read",
        "staff.invite",
        "staff.disable",
        "roles.assign",
        "teams.manage",
    ] {
        assert!(authz().allows(&directory, right, Scope::ORGANISATION), "{right}");
    }
    for right in [
        "conversation.take",
        "audit.read",
        "provisioning.change",
        "settings.change",
        "customer.read",
        "staff.re_proof",
        "of.a_later_version",
    ] {
        assert!(!authz().allows(&directory, right, Scope::ORGANISATION), "{right}");
    }
}
