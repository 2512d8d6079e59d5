//! A conversation's life, passed by hand between a customer, an agent and a colleague.
#![expect(clippy::unwrap_used, reason = "a test that cannot set its scene has failed")]

mod support;

use std::collections::BTreeSet;

use support::*;
use wd_client::engine::{
    Act, Conversation, Device, EngineError, Kind, OfferedKeyPackage, Phase, Refusal, TeamKey, TeamRing, What,
    wire::{ItemBody, RemovalBody},
};
use wd_kernel::Duration;

struct Scene {
    organisation: Organisation,
    customer: Party,
    agent: Party,
    colleague: Party,
    ring: TeamRing,
    team_key: TeamKey,
    log: Log,
}

/// A customer has written a letter, nobody has taken it.
fn waiting() -> Scene {
    let organisation = Organisation::new(1);
    let [mut customer, agent, colleague] =
        [(Kind::Customer, 1), (Kind::Staff, 2), (Kind::Staff, 3)].map(|(kind, n)| organisation.party(kind, n));
    let mut ring = TeamRing::default();
    let team_key = organisation.team_key(&agent.device, &mut ring);
    team_key.check(&organisation.trust()).unwrap();
    let trust = organisation.trust();
    let acting = organisation.acting(&customer.device, &trust);
    customer.view = Conversation::open(conversation(), acting).unwrap();
    let opening = customer
        .view
        .opening(Some("Where is my parcel?"), &team_key, acting)
        .unwrap();
    let log = Log::opened(&organisation, &customer.device, opening);
    let mut scene = Scene {
        organisation,
        customer,
        agent,
        colleague,
        ring,
        team_key,
        log,
    };
    scene.read();
    scene
}

/// The agent has taken it.
fn taken() -> Scene {
    let mut scene = waiting();
    scene.take();
    scene
}

impl Scene {
    fn read(&mut self) {
        for party in [&mut self.customer, &mut self.agent, &mut self.colleague] {
            party.read(&self.organisation, &self.log);
        }
    }

    fn take(&mut self) {
        let trust = self.organisation.trust();
        let grants = [self.organisation.leave(Act::Join, &self.agent.device)];
        let acting = self.organisation.acting(&self.agent.device, &trust);
        let request = self
            .agent
            .view
            .join(&self.log.group_info, &grants, &self.team_key, acting)
            .unwrap();
        self.log
            .commit(&self.agent.device, request, &[&self.agent.device], &[], &grants);
        self.read();
    }

    fn add_colleague(&mut self) {
        let package = self.colleague.device.key_package(self.organisation.now).unwrap();
        let statement = self.colleague.device.statement_jws().to_owned();
        let offer = OfferedKeyPackage {
            device: self.colleague.device.id(),
            statement,
            key_package: package,
        };
        let grants = [self.organisation.leave(Act::Add, &self.colleague.device)];
        let trust = self.organisation.trust();
        let acting = self.organisation.acting(&self.agent.device, &trust);
        let request = self
            .agent
            .view
            .change(&[offer], &BTreeSet::new(), &grants, &self.team_key, acting)
            .unwrap();
        self.log
            .commit(&self.agent.device, request, &[&self.colleague.device], &[], &grants);
        self.read();
    }

    fn say(&mut self, who: Who, text: &str) {
        let trust = self.organisation.trust();
        let party = match who {
            Who::Customer => &mut self.customer,
            Who::Agent => &mut self.agent,
            Who::Colleague => &mut self.colleague,
        };
        let message = party
            .view
            .message(None, text, self.organisation.acting(&party.device, &trust))
            .unwrap();
        self.log.message(&party.device, message);
        self.read();
    }

    /// Gives the agent the history keys that the team can open.
    fn teach_agent(&mut self) {
        for key in &self.log.history {
            let opened = self.ring.open_history(conversation(), key).unwrap();
            self.agent.view.learn(key.epoch, opened, &self.organisation.trust());
        }
    }

    fn release(&mut self) {
        let staff: Vec<_> = [&self.agent.device, &self.colleague.device].map(Device::id).to_vec();
        let mut grant = self.organisation.grant(Act::Remove, &self.agent.device);
        grant.devices.clone_from(&staff);
        let body = RemovalBody {
            devices: staff,
            grant: self.organisation.signed(&grant),
        };
        self.log.push(&self.agent.device, None, 0, ItemBody::Removal(body));
        self.read();
    }

    fn commit_removals(&mut self) {
        let trust = self.organisation.trust();
        let acting = self.organisation.acting(&self.customer.device, &trust);
        let removed: Vec<_> = self
            .customer
            .view
            .removals()
            .iter()
            .flat_map(|open| open.devices.clone())
            .collect();
        let grants: Vec<_> = self
            .customer
            .view
            .removals()
            .iter()
            .map(|open| open.grant.clone())
            .collect();
        let request = self
            .customer
            .view
            .remove_pending(&self.team_key, acting)
            .unwrap()
            .unwrap();
        self.log.commit(&self.customer.device, request, &[], &removed, &grants);
        self.read();
    }

    fn refusals(party: &Party) -> Vec<Refusal> {
        let reason = |what: &What| match what {
            What::Refused(reason) => Some(*reason),
            _ => None,
        };
        party
            .view
            .lines()
            .iter()
            .filter_map(|line| reason(&line.what))
            .collect()
    }
}

#[derive(Clone, Copy)]
enum Who {
    Customer,
    Agent,
    Colleague,
}

#[test]
fn a_letter_waits_until_the_team_can_open_its_key() {
    let mut scene = waiting();
    assert_eq!(scene.customer.view.texts(), ["Where is my parcel?"]);
    assert_eq!(Scene::refusals(&scene.agent), [Refusal::NoKey]);
    scene.teach_agent();
    assert_eq!(scene.agent.view.texts(), ["Where is my parcel?"]);
    assert_eq!(Scene::refusals(&scene.agent), []);
}

#[test]
fn taking_a_conversation_turns_letters_into_messages() {
    let mut scene = taken();
    assert_eq!(scene.customer.view.phase(), Phase::Open);
    scene.say(Who::Agent, "On its way.");
    scene.say(Who::Customer, "Thank you.");
    assert_eq!(
        scene.customer.view.texts(),
        ["Where is my parcel?", "On its way.", "Thank you."]
    );
    assert_eq!(scene.agent.view.texts(), ["On its way.", "Thank you."]);
    let trust = scene.organisation.trust();
    let acting = scene.organisation.acting(&scene.customer.device, &trust);
    assert!(matches!(
        scene.customer.view.letter(None, "?", acting),
        Err(EngineError::Taken)
    ));
}

#[test]
fn everybody_sees_who_came_in_and_by_whose_leave() {
    let scene = taken();
    let joined = scene.customer.view.lines().iter().find_map(|line| match &line.what {
        What::Joined { people, by, reason, .. } => Some((people[0].name.clone().unwrap(), by.clone(), reason.clone())),
        _ => None,
    });
    assert_eq!(
        joined.unwrap(),
        ("Person 2".into(), "system".into(), "takes the conversation".into())
    );
}

#[test]
fn the_number_is_equal_on_all_screens_and_changes_with_the_members() {
    let mut scene = taken();
    let number = scene.customer.view.number().unwrap();
    assert_eq!(scene.agent.view.number().unwrap(), number);
    scene.add_colleague();
    let after = scene.customer.view.number().unwrap();
    assert_ne!(after, number);
    assert_eq!(scene.agent.view.number().unwrap(), after);
    assert_eq!(scene.colleague.view.number().unwrap(), after);
}

#[test]
fn a_colleague_comes_in_by_welcome_and_reads_from_then_on() {
    let mut scene = taken();
    scene.say(Who::Agent, "Before.");
    scene.add_colleague();
    scene.say(Who::Customer, "After.");
    scene.say(Who::Colleague, "Me too.");
    assert!(scene.colleague.view.is_member());
    assert_eq!(scene.colleague.view.texts(), ["After.", "Me too."]);
    assert_eq!(scene.customer.view.texts().len(), 4);
    // With the team's history keys the archive copies open as well.
    for key in scene.log.history.clone() {
        let opened = scene.ring.open_history(conversation(), &key).unwrap();
        scene
            .colleague
            .view
            .learn(key.epoch, opened, &scene.organisation.trust());
    }
    assert_eq!(
        scene.colleague.view.texts(),
        ["Where is my parcel?", "Before.", "After.", "Me too."]
    );
}

#[test]
fn after_a_release_the_customer_removes_the_staff_and_writes_letters_again() {
    let mut scene = taken();
    scene.add_colleague();
    scene.release();
    let trust = scene.organisation.trust();
    let acting = scene.organisation.acting(&scene.customer.device, &trust);
    assert!(matches!(
        scene.customer.view.message(None, "?", acting),
        Err(EngineError::RemovalPending)
    ));
    scene.commit_removals();
    assert!(!scene.agent.view.is_member() && !scene.colleague.view.is_member());
    assert_eq!(scene.customer.view.phase(), Phase::Waiting);
    let acting = scene.organisation.acting(&scene.customer.device, &trust);
    let letter = scene.customer.view.letter(None, "Still there?", acting).unwrap();
    scene.log.letter(&scene.customer.device, letter);
    scene.read();
    scene.teach_agent();
    assert_eq!(scene.agent.view.texts().last(), Some(&"Still there?"));
}

#[test]
fn a_removal_counts_however_late_it_is_committed() {
    let mut scene = taken();
    scene.release();
    scene.log.later(&mut scene.organisation, Duration::from_hours(1));
    scene.commit_removals();
    assert!(!scene.agent.view.is_member());
    assert!(!scene.customer.view.staffed());
}

#[test]
fn who_takes_again_before_the_removal_was_committed_stays_and_everybody_writes_on() {
    let mut scene = taken();
    scene.add_colleague();
    scene.release();
    scene.log.later(&mut scene.organisation, Duration::from_secs(5));
    scene.take();
    let (agent, colleague) = (scene.agent.device.id(), scene.colleague.device.id());
    for party in [&scene.customer, &scene.agent, &scene.colleague] {
        let open: Vec<_> = party.view.removals().iter().map(|open| open.devices.clone()).collect();
        assert_eq!(open, [[colleague]]);
    }
    scene.log.later(&mut scene.organisation, Duration::from_mins(11));
    scene.commit_removals();
    assert!(scene.customer.view.removals().is_empty() && !scene.colleague.view.is_member());
    assert!(scene.customer.view.people().iter().any(|person| person.device == agent));
    scene.say(Who::Customer, "still you?");
    scene.say(Who::Agent, "still me");
    scene.teach_agent();
    assert_eq!(Scene::refusals(&scene.customer), []);
    assert_eq!(Scene::refusals(&scene.agent), []);
}

#[test]
fn of_two_agents_who_take_at_once_the_second_decides_again() {
    let mut scene = waiting();
    let trust = scene.organisation.trust();
    let late = [scene.organisation.leave(Act::Join, &scene.colleague.device)];
    let acting = scene.organisation.acting(&scene.colleague.device, &trust);
    scene
        .colleague
        .view
        .join(&scene.log.group_info, &late, &scene.team_key, acting)
        .unwrap();
    scene.take();
    assert!(scene.colleague.view.staged().is_none());
    assert!(!scene.colleague.view.is_member());
    let acting = scene.organisation.acting(&scene.colleague.device, &trust);
    let request = scene
        .colleague
        .view
        .join(&scene.log.group_info, &late, &scene.team_key, acting)
        .unwrap();
    assert_eq!(request.epoch, 1);
    scene
        .log
        .commit(&scene.colleague.device, request, &[&scene.colleague.device], &[], &late);
    scene.read();
    scene.say(Who::Colleague, "Both here.");
    assert_eq!(scene.agent.view.texts(), ["Both here."]);
}

#[test]
fn a_lost_race_inside_the_group_restores_the_state_before_the_own_commit() {
    let mut scene = taken();
    let trust = scene.organisation.trust();
    let acting = scene.organisation.acting(&scene.customer.device, &trust);
    scene.customer.view.update(&scene.team_key, acting).unwrap();
    let acting = scene.organisation.acting(&scene.agent.device, &trust);
    let winner = scene.agent.view.update(&scene.team_key, acting).unwrap();
    scene.log.commit(&scene.agent.device, winner, &[], &[], &[]);
    scene.read();
    assert!(scene.customer.view.staged().is_none());
    assert_eq!(
        scene.customer.view.number().unwrap(),
        scene.agent.view.number().unwrap()
    );
    scene.say(Who::Customer, "Still in step.");
    assert_eq!(scene.agent.view.texts(), ["Still in step."]);
}

#[test]
fn a_refused_commit_of_our_own_leaves_the_group_usable() {
    let mut scene = taken();
    let trust = scene.organisation.trust();
    let acting = scene.organisation.acting(&scene.customer.device, &trust);
    scene.customer.view.update(&scene.team_key, acting).unwrap();
    assert!(matches!(
        scene.customer.view.message(None, "?", acting),
        Err(EngineError::CommitPending)
    ));
    scene.customer.view.drop_staged().unwrap();
    scene.say(Who::Customer, "Goes on.");
    assert_eq!(scene.agent.view.texts(), ["Goes on."]);
}

#[test]
fn a_renewed_statement_reaches_the_group_with_the_next_commit() {
    let mut scene = taken();
    let mut statement = scene.agent.device.statement().clone();
    statement.name = Some("Married Name".into());
    statement.exp += 86_400;
    let renewed = scene
        .organisation
        .key
        .sign(wd_client::engine::DEVICE_TYPE, &statement)
        .unwrap();
    scene
        .agent
        .device
        .renew(&renewed, &scene.organisation.trust(), scene.organisation.now)
        .unwrap();
    let trust = scene.organisation.trust();
    let acting = scene.organisation.acting(&scene.agent.device, &trust);
    let request = scene.agent.view.update(&scene.team_key, acting).unwrap();
    scene.log.commit(&scene.agent.device, request, &[], &[], &[]);
    scene.read();
    scene.say(Who::Agent, "Hello again.");
    let named = scene
        .customer
        .view
        .people()
        .into_iter()
        .any(|person| person.name.as_deref() == Some("Married Name"));
    assert!(named);
    assert_eq!(scene.customer.view.texts().last(), Some(&"Hello again."));
}

#[test]
fn a_device_that_lost_its_state_replaces_its_own_leaf() {
    let mut scene = taken();
    scene.agent.view = Conversation::follow(conversation());
    scene.read();
    scene.take();
    assert!(scene.agent.view.is_member());
    assert_eq!(scene.customer.view.people().len(), 2);
    scene.say(Who::Customer, "Welcome back.");
    assert_eq!(scene.agent.view.texts().last(), Some(&"Welcome back."));
}

#[test]
fn late_messages_of_earlier_epochs_still_open() {
    let mut scene = taken();
    let trust = scene.organisation.trust();
    let early = scene
        .customer
        .view
        .message(
            None,
            "Written before.",
            scene.organisation.acting(&scene.customer.device, &trust),
        )
        .unwrap();
    for _ in 0..3 {
        let acting = scene.organisation.acting(&scene.agent.device, &trust);
        let request = scene.agent.view.update(&scene.team_key, acting).unwrap();
        scene.log.commit(&scene.agent.device, request, &[], &[], &[]);
        scene.read();
    }
    scene.log.message(&scene.customer.device, early);
    scene.read();
    assert_eq!(scene.agent.view.texts(), ["Written before."]);
}

#[test]
fn a_saved_conversation_goes_on_where_it_was() {
    let mut scene = taken();
    scene.say(Who::Agent, "Before the restart.");
    let json = |view: &Conversation| serde_json::to_string(&view.save()).unwrap();
    for party in [&mut scene.customer, &mut scene.agent] {
        party.view = Conversation::load(serde_json::from_str(&json(&party.view)).unwrap()).unwrap();
        let saved = serde_json::to_string(&party.device.save()).unwrap();
        party.device = Device::load(&serde_json::from_str(&saved).unwrap(), &scene.organisation.trust()).unwrap();
    }
    scene.say(Who::Customer, "After the restart.");
    assert_eq!(scene.agent.view.texts(), ["Before the restart.", "After the restart."]);
}

#[test]
fn a_staged_commit_survives_a_restart() {
    let mut scene = waiting();
    let trust = scene.organisation.trust();
    let grants = [scene.organisation.leave(Act::Join, &scene.agent.device)];
    let acting = scene.organisation.acting(&scene.agent.device, &trust);
    let request = scene
        .agent
        .view
        .join(&scene.log.group_info, &grants, &scene.team_key, acting)
        .unwrap();
    let saved = serde_json::to_string(&scene.agent.view.save()).unwrap();
    scene.agent.view = Conversation::load(serde_json::from_str(&saved).unwrap()).unwrap();
    assert_eq!(scene.agent.view.staged(), Some(&request));
    scene
        .log
        .commit(&scene.agent.device, request, &[&scene.agent.device], &[], &grants);
    scene.read();
    scene.say(Who::Agent, "In after all.");
    assert_eq!(scene.customer.view.texts().last(), Some(&"In after all."));
}
