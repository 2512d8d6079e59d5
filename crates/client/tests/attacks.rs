//! What must be refused: forged statements, wrong grants, tampered records, replays.
#![expect(clippy::unwrap_used, reason = "a test that cannot set its scene has failed")]

mod support;

use std::collections::BTreeSet;

use support::*;
use wd_client::engine::{
    Act, Conversation, DEVICE_TYPE, Device, DeviceKeys, EngineError, Grant, Kind, OfferedKeyPackage, Refusal, TeamKey,
    TeamRing, What,
    wire::{ItemBody, LogItem},
};
use wd_kernel::Duration;

struct Scene {
    organisation: Organisation,
    customer: Party,
    agent: Device,
    team_key: TeamKey,
    log: Log,
}

fn waiting() -> Scene {
    let organisation = Organisation::new(2);
    let mut customer = organisation.party(Kind::Customer, 1);
    let agent = organisation.device(Kind::Staff, 2);
    let team_key = organisation.team_key(&agent, &mut TeamRing::default());
    let trust = organisation.trust();
    let acting = organisation.acting(&customer.device, &trust);
    customer.view = Conversation::open(conversation(), acting).unwrap();
    let opening = customer.view.opening(Some("Hello?"), &team_key, acting).unwrap();
    let log = Log::opened(&organisation, &customer.device, opening);
    customer.read(&organisation, &log);
    Scene {
        organisation,
        customer,
        agent,
        team_key,
        log,
    }
}

impl Scene {
    /// The agent enters with these grants; answers what the customer refused.
    fn enter(&mut self, grants: &[String]) -> Option<Refusal> {
        let trust = self.organisation.trust();
        let mut view = Conversation::follow(conversation());
        let acting = self.organisation.acting(&self.agent, &trust);
        for item in &self.log.items {
            view.apply(item, acting).unwrap();
        }
        let request = view.join(&self.log.group_info, grants, &self.team_key, acting).unwrap();
        self.log.commit(&self.agent, request, &[&self.agent], &[], grants);
        self.refused()
    }

    fn enter_with(&mut self, change: impl FnOnce(&mut Grant)) -> Option<Refusal> {
        let mut grant = self.organisation.grant(Act::Join, &self.agent);
        change(&mut grant);
        let grant = self.organisation.signed(&grant);
        self.enter(&[grant])
    }

    /// What the customer refused of the newest items.
    fn refused(&mut self) -> Option<Refusal> {
        let lines = self.customer.read(&self.organisation, &self.log);
        lines.iter().find_map(|line| {
            if let What::Refused(reason) = line.what {
                Some(reason)
            } else {
                None
            }
        })
    }
}

#[test]
fn the_honest_way_in_is_accepted() {
    let mut scene = waiting();
    assert_eq!(scene.enter_with(|_| ()), None);
    assert!(scene.customer.view.staffed());
}

#[test]
fn who_enters_without_a_grant_is_refused_and_nothing_more_is_sent() {
    let mut scene = waiting();
    assert_eq!(scene.enter(&[]), Some(Refusal::Grant));
    assert!(!scene.customer.view.is_member());
    let trust = scene.organisation.trust();
    let acting = scene.organisation.acting(&scene.customer.device, &trust);
    assert!(matches!(
        scene.customer.view.letter(None, "?", acting),
        Err(EngineError::Broken)
    ));
}

#[test]
fn a_grant_for_something_else_does_not_let_in() {
    let changes: [fn(&mut Grant); 7] = [
        |grant| grant.act = Act::Add,
        |grant| grant.conversation = id(501),
        |grant| grant.devices = vec![id(9)],
        |grant| grant.sub = format!("stf_{:032x}", 9),
        |grant| grant.kind = Kind::Customer,
        |grant| grant.exp = grant.iat,
        |grant| grant.iss = "Somebody else".into(),
    ];
    for change in changes {
        let mut scene = waiting();
        assert_eq!(scene.enter_with(change), Some(Refusal::Grant));
    }
}

#[test]
fn a_grant_signed_by_another_key_does_not_let_in() {
    let mut scene = waiting();
    let grant = scene.organisation.grant(Act::Join, &scene.agent);
    let forged = Organisation::new(9).signed(&grant);
    assert_eq!(scene.enter(&[forged]), Some(Refusal::Grant));
}

#[test]
fn a_grant_that_ran_out_before_the_commit_does_not_let_in() {
    let mut scene = waiting();
    let grant = scene.organisation.leave(Act::Join, &scene.agent);
    scene.log.later(&mut scene.organisation, Duration::from_secs(601));
    assert_eq!(scene.enter(&[grant]), Some(Refusal::Grant));
}

#[test]
fn a_statement_the_organisation_did_not_sign_is_no_device() {
    let organisation = Organisation::new(2);
    let keys = DeviceKeys::generate(&organisation.entropy).unwrap();
    let statement = organisation.statement(&keys, Kind::Staff, 5);
    let forged = Organisation::new(9).key.sign(DEVICE_TYPE, &statement).unwrap();
    assert!(Device::enrolled(keys, &forged, &organisation.trust(), organisation.now).is_err());
}

#[test]
fn a_statement_about_another_key_is_no_device() {
    let organisation = Organisation::new(2);
    let keys = DeviceKeys::generate(&organisation.entropy).unwrap();
    let others = organisation.statement(&DeviceKeys::generate(&organisation.entropy).unwrap(), Kind::Staff, 5);
    let text = organisation.key.sign(DEVICE_TYPE, &others).unwrap();
    assert!(Device::enrolled(keys, &text, &organisation.trust(), organisation.now).is_err());
}

#[test]
fn an_intruder_with_a_forged_statement_is_refused() {
    let mut scene = waiting();
    // The intruder believes its own organisation; the customer does not.
    let forger = Organisation {
        key: Organisation::new(9).key,
        now: scene.organisation.now,
        ..Organisation::new(9)
    };
    let intruder = forger.device(Kind::Staff, 6);
    let grants = [scene.organisation.leave(Act::Join, &intruder)];
    let mut both = wd_client::engine::Trust::new([forger.key.public(), scene.organisation.key.public()]);
    both.pin_issuer(ISSUER);
    let mut view = Conversation::follow(conversation());
    let acting = scene.organisation.acting(&intruder, &both);
    for item in &scene.log.items {
        view.apply(item, acting).unwrap();
    }
    let request = view
        .join(&scene.log.group_info, &grants, &scene.team_key, acting)
        .unwrap();
    scene.log.commit(&intruder, request, &[&intruder], &[], &grants);
    assert_eq!(scene.refused(), Some(Refusal::Statement));
}

#[test]
fn a_stolen_statement_does_not_let_another_key_in() {
    let mut scene = waiting();
    let victim = scene.agent.statement_jws().to_owned();
    let mut saved = serde_json::to_value(scene.organisation.device(Kind::Staff, 6).save()).unwrap();
    saved["statement"] = victim.into();
    scene.agent = Device::load(&serde_json::from_value(saved).unwrap(), &scene.organisation.trust()).unwrap();
    assert_eq!(scene.enter_with(|_| ()), Some(Refusal::Statement));
}

#[test]
fn who_joins_refuses_a_group_with_somebody_the_log_does_not_know() {
    let mut scene = waiting();
    let known = scene.log.items.clone();
    scene.enter_with(|_| ());
    let colleague = scene.organisation.device(Kind::Staff, 3);
    let trust = scene.organisation.trust();
    let acting = scene.organisation.acting(&colleague, &trust);
    let mut view = Conversation::follow(conversation());
    for item in &known {
        view.apply(item, acting).unwrap();
    }
    let grants = [scene.organisation.leave(Act::Join, &colleague)];
    let joined = view.join(&scene.log.group_info, &grants, &scene.team_key, acting);
    assert!(matches!(joined, Err(EngineError::Refused(Refusal::Grant))));
}

#[test]
fn a_leave_for_a_foreign_device_does_not_let_a_customers_device_in() {
    let scene = waiting();
    let further = scene.organisation.device(Kind::Customer, 8);
    let foreign = scene.organisation.device(Kind::Customer, 7);
    // The server names another device, or signs this customer's name over a stranger's device.
    let named = scene.organisation.leave(Act::Join, &foreign);
    let mut dressed_up = scene.organisation.grant(Act::Join, &foreign);
    dressed_up.sub.clone_from(&further.statement().sub);
    let dressed_up = scene.organisation.signed(&dressed_up);
    for (device, grant) in [(further, named), (foreign, dressed_up)] {
        let mut scene = waiting();
        scene.agent = device;
        assert_eq!(scene.enter(&[grant]), Some(Refusal::Grant));
    }
}

#[test]
fn a_removed_device_does_not_come_back_by_its_old_leave() {
    for (later, expected) in [(false, Some(Refusal::Grant)), (true, None)] {
        let mut scene = waiting();
        let old = scene.organisation.leave(Act::Join, &scene.agent);
        assert_eq!(scene.enter(std::slice::from_ref(&old)), None);
        scene.log.later(&mut scene.organisation, Duration::from_secs(5));
        let grants = [scene.organisation.leave(Act::Remove, &scene.agent)];
        let gone = BTreeSet::from([scene.agent.id()]);
        let trust = scene.organisation.trust();
        let acting = scene.organisation.acting(&scene.customer.device, &trust);
        let request = scene
            .customer
            .view
            .change(&[], &gone, &grants, &scene.team_key, acting)
            .unwrap();
        scene
            .log
            .commit(&scene.customer.device, request, &[], &[scene.agent.id()], &grants);
        assert_eq!(scene.refused(), None);
        scene.log.later(&mut scene.organisation, Duration::from_secs(5));
        let leave = if later {
            scene.organisation.leave(Act::Join, &scene.agent)
        } else {
            old
        };
        assert_eq!(scene.enter(&[leave]), expected);
    }
}

#[test]
fn a_member_cannot_remove_another_without_leave() {
    let mut scene = waiting();
    let colleague = scene.organisation.device(Kind::Staff, 3);
    scene.enter_with(|_| ());
    // A second agent enters and throws the first one out with a grant that names somebody else.
    let mut view = Conversation::follow(conversation());
    let trust = scene.organisation.trust();
    let acting = scene.organisation.acting(&colleague, &trust);
    for item in &scene.log.items {
        view.apply(item, acting).unwrap();
    }
    let join = [scene.organisation.leave(Act::Join, &colleague)];
    let request = view
        .join(&scene.log.group_info, &join, &scene.team_key, acting)
        .unwrap();
    scene.log.commit(&colleague, request, &[&colleague], &[], &join);
    view.apply(scene.log.items.last().unwrap(), acting).unwrap();
    assert_eq!(scene.refused(), None);
    let wrong = [scene.organisation.leave(Act::Remove, &colleague)];
    let remove = BTreeSet::from([scene.agent.id()]);
    let acting = scene.organisation.acting(&colleague, &trust);
    let request = view.change(&[], &remove, &wrong, &scene.team_key, acting).unwrap();
    scene.log.commit(&colleague, request, &[], &[scene.agent.id()], &wrong);
    assert_eq!(scene.refused(), Some(Refusal::Grant));
}

#[test]
fn a_key_package_of_another_device_is_not_added() {
    let mut scene = waiting();
    scene.enter_with(|_| ());
    let mut other = scene.organisation.device(Kind::Staff, 4);
    let named = scene.organisation.device(Kind::Staff, 5);
    let offer = OfferedKeyPackage {
        device: named.id(),
        statement: named.statement_jws().into(),
        key_package: other.key_package(scene.organisation.now).unwrap(),
    };
    let trust = scene.organisation.trust();
    let acting = scene.organisation.acting(&scene.customer.device, &trust);
    let added = scene
        .customer
        .view
        .change(&[offer], &BTreeSet::new(), &[], &scene.team_key, acting);
    assert!(matches!(added, Err(EngineError::Refused(Refusal::Statement))));
}

/// The agent says something, and somebody changes the item on the way to the customer.
fn tampered(change: impl FnOnce(&mut LogItem)) -> Option<Refusal> {
    let mut scene = waiting();
    let trust = scene.organisation.trust();
    let mut view = Conversation::follow(conversation());
    let acting = scene.organisation.acting(&scene.agent, &trust);
    let grants = [scene.organisation.leave(Act::Join, &scene.agent)];
    for item in &scene.log.items {
        view.apply(item, acting).unwrap();
    }
    let request = view
        .join(&scene.log.group_info, &grants, &scene.team_key, acting)
        .unwrap();
    scene.log.commit(&scene.agent, request, &[&scene.agent], &[], &grants);
    view.apply(scene.log.items.last().unwrap(), acting).unwrap();
    let message = view.message(None, "The code is 1234.", acting).unwrap();
    scene.log.message(&scene.agent, message);
    change(scene.log.items.last_mut().unwrap());
    scene.refused()
}

fn record(item: &mut LogItem) -> &mut wd_client::engine::Record {
    match &mut item.body {
        ItemBody::Message(body) => &mut body.record,
        ItemBody::Letter(body) => &mut body.record,
        _ => panic!("no record"),
    }
}

#[test]
fn an_untouched_message_is_read() {
    assert_eq!(tampered(|_| ()), None);
}

#[test]
fn a_changed_archive_copy_is_refused() {
    assert_eq!(
        tampered(|item| record(item).ciphertext.0[0] ^= 1),
        Some(Refusal::Signature)
    );
}

#[test]
fn a_changed_signature_is_refused() {
    assert_eq!(
        tampered(|item| record(item).signature.0[0] ^= 1),
        Some(Refusal::Signature)
    );
}

#[test]
fn a_changed_message_is_refused() {
    let flip = |item: &mut LogItem| {
        if let ItemBody::Message(body) = &mut item.body {
            let last = body.mls.0.len() - 1;
            body.mls.0[last] ^= 1;
        }
    };
    assert_eq!(tampered(flip), Some(Refusal::Undecryptable));
}

#[test]
fn a_message_under_another_id_is_refused() {
    assert_eq!(
        tampered(|item| item.client_id = Some("AAAAAAAAAAAAAAAAAAAAAA".into())),
        Some(Refusal::Form)
    );
}

#[test]
fn a_message_in_the_name_of_another_device_is_refused() {
    assert_eq!(tampered(|item| item.device = Some(id(4242))), Some(Refusal::Signature));
}

/// An author shows the group one text and keeps the copy of another message for those who come later.
fn with_copy_of(kept: &str) -> Option<Refusal> {
    let mut scene = waiting();
    let trust = scene.organisation.trust();
    let mut view = Conversation::follow(conversation());
    let acting = scene.organisation.acting(&scene.agent, &trust);
    let grants = [scene.organisation.leave(Act::Join, &scene.agent)];
    for item in &scene.log.items {
        view.apply(item, acting).unwrap();
    }
    let request = view
        .join(&scene.log.group_info, &grants, &scene.team_key, acting)
        .unwrap();
    scene.log.commit(&scene.agent, request, &[&scene.agent], &[], &grants);
    view.apply(scene.log.items.last().unwrap(), acting).unwrap();
    let shown = view.message(Some("AAAAAAAAAAAAAAAAAAAAAA"), "Yes.", acting).unwrap();
    let kept = view.message(Some("AAAAAAAAAAAAAAAAAAAAAA"), kept, acting).unwrap();
    scene.log.message(
        &scene.agent,
        wd_client::engine::wire::MessageRequest {
            record: kept.record,
            ..shown
        },
    );
    scene.refused()
}

#[test]
fn an_archive_copy_of_another_text_is_refused() {
    assert_eq!(with_copy_of("No."), Some(Refusal::ArchiveMismatch));
}

#[test]
fn an_archive_copy_that_the_message_does_not_name_is_refused() {
    assert_eq!(with_copy_of("Yes."), Some(Refusal::ArchiveMismatch));
}

#[test]
fn a_letter_that_comes_twice_is_refused_the_second_time() {
    let mut scene = waiting();
    let mut again = scene.log.items.last().unwrap().clone();
    again.seq += 1;
    scene.log.items.push(again);
    assert_eq!(scene.refused(), Some(Refusal::Signature));
    assert_eq!(scene.customer.view.texts(), ["Hello?"]);
}

#[test]
fn a_gap_in_the_log_is_an_error() {
    let mut scene = waiting();
    let mut item = scene.log.items.last().unwrap().clone();
    item.seq += 2;
    let trust = scene.organisation.trust();
    let acting = scene.organisation.acting(&scene.customer.device, &trust);
    assert!(matches!(
        scene.customer.view.apply(&item, acting),
        Err(EngineError::Gap { expected: 3, got: 4 })
    ));
}

#[test]
fn a_team_key_counts_only_from_a_staff_device_of_the_team() {
    let organisation = Organisation::new(2);
    let staff = organisation.device(Kind::Staff, 1);
    let customer = organisation.device(Kind::Customer, 2);
    let honest = organisation.team_key(&staff, &mut TeamRing::default());
    assert_eq!(honest.check(&organisation.trust()), Ok(()));
    let by_customer = organisation.team_key(&customer, &mut TeamRing::default());
    assert_eq!(by_customer.check(&organisation.trust()), Err(Refusal::Statement));
    let other_team = TeamKey {
        team: id(78),
        ..honest.clone()
    };
    assert_eq!(other_team.check(&organisation.trust()), Err(Refusal::Statement));
    let swapped = TeamKey {
        public_key: by_customer.public_key,
        ..honest
    };
    assert_eq!(swapped.check(&organisation.trust()), Err(Refusal::Signature));
}

#[test]
fn a_team_key_is_shared_with_devices_of_the_team_only() {
    let organisation = Organisation::new(2);
    let [maker, newcomer] = [1, 2].map(|n| organisation.device(Kind::Staff, n));
    let outsider = organisation.device(Kind::Customer, 3);
    let (mut ring, mut received) = (TeamRing::default(), TeamRing::default());
    let key = organisation.team_key(&maker, &mut ring);
    let share = ring.share(team(), 1, newcomer.statement()).unwrap();
    received.open_share(&newcomer, &key, &share.sealed.0).unwrap();
    assert!(received.has(team(), 1));
    assert!(received.open_share(&maker, &key, &share.sealed.0).is_err());
    assert!(matches!(
        ring.share(team(), 1, outsider.statement()),
        Err(EngineError::Refused(Refusal::Statement))
    ));
}
