mod repetition;

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use wd_channels::{
    Appended, Bytes, HandOver, ItemKind, NewKeyPackages, RecordType, Sending, Signature, Subject,
    testing::{Organisation, People, TestDevice},
};
use wd_db::{DbError, Tx, both_databases, testing::TestDb};
use wd_desk::{Desk, DeskError, Refusal, State, View};
use wd_kernel::{Actor, ConversationId, Ctx, CustomerId, PageQuery, ProblemCode, StaffId};
use wd_web::Fails as _;

use super::{
    Conversations, ConversationsError, CustomerNames, CustomerSessions, Directories, GrantAct, GrantRequest, Grants,
    NamesError, StaffNames,
};

const ALL: &[wd_db::Migrations] = &[
    wd_channels::MIGRATIONS,
    wd_desk::MIGRATIONS,
    wd_audit_log::MIGRATIONS,
    wd_vault::MIGRATIONS,
    wd_mail::MIGRATIONS,
    wd_identity::MIGRATIONS,
    wd_access::MIGRATIONS,
];

struct Directory;

#[async_trait]
impl CustomerNames for Directory {
    async fn names(
        &self,
        _: &mut Tx,
        _: &Ctx,
        ids: &[CustomerId],
    ) -> Result<HashMap<CustomerId, (String, bool)>, NamesError> {
        Ok(ids.iter().map(|id| (*id, ("Grace".to_owned(), true))).collect())
    }
}

#[async_trait]
impl StaffNames for Directory {
    async fn names(&self, _: &mut Tx, ids: &[StaffId]) -> Result<HashMap<StaffId, String>, NamesError> {
        Ok(ids.iter().map(|id| (*id, "Ada".to_owned())).collect())
    }
}

#[async_trait]
impl CustomerSessions for Directory {
    /// There are no sessions here; that they end is tested through the server.
    async fn end_others(&self, _: &mut Tx, _: &Ctx, _: CustomerId, _: &str) -> Result<(), DbError> {
        Ok(())
    }
}

struct Scene {
    org: Organisation,
    flows: Conversations,
    customer: TestDevice,
    agent: TestDevice,
    id: ConversationId,
    db: TestDb,
}

fn staff_id(device: &TestDevice) -> StaffId {
    device.ctx.staff().unwrap().id
}

fn code(error: &ConversationsError) -> ProblemCode {
    error.problem().code
}

impl Scene {
    async fn waiting(db: TestDb) -> Self {
        let org = Organisation::new(&db.db).await;
        let desk = Desk::new(db.db.clone());
        desk.ensure_settings(&org.system(), "ACME", org.team).await.unwrap();
        let (people, names) = (Arc::new(People(org.team)), Arc::new(Directory));
        let notices = crate::notices::testing::notices(&db.db, &desk).await;
        let flows = Conversations::new(
            db.db.clone(),
            desk,
            org.channels.clone(),
            Directories {
                teams: people,
                staff: names.clone(),
                customers: names.clone(),
                sessions: names,
            },
            notices,
            "https://desk.example.org/",
        );
        let agent = org.device(&org.staff()).await;
        org.team_key(&agent, 1).await.unwrap();
        let mut customer = org.device(&org.customer()).await;
        let new = customer.open();
        let opened = flows.open(&customer.ctx, &new).await.unwrap();
        assert_eq!(flows.open(&customer.ctx, &new).await.unwrap().seq, opened.seq);
        Self {
            org,
            flows,
            customer,
            agent,
            id: new.conversation,
            db,
        }
    }

    async fn taken(db: TestDb) -> Self {
        let mut s = Self::waiting(db).await;
        let grants = s.grants(&s.agent, GrantAct::Take, None).await.unwrap().grants;
        let info = s.info().await;
        let commit = s.agent.join(&info, &grants);
        let answer = s.flows.take(&s.agent.ctx, s.id, &commit).await.unwrap();
        assert_eq!(s.flows.take(&s.agent.ctx, s.id, &commit).await.unwrap(), answer);
        s.customer.follow(&commit.commit);
        s
    }

    async fn grants(
        &self,
        device: &TestDevice,
        act: GrantAct,
        staff: Option<StaffId>,
    ) -> Result<Grants, ConversationsError> {
        self.flows
            .grants(
                &device.ctx,
                self.id,
                &GrantRequest {
                    act,
                    device: device.id,
                    staff,
                    reason: Some("because".into()),
                },
            )
            .await
    }

    async fn info(&self) -> Bytes {
        self.flows.group(&self.agent.ctx, self.id).await.unwrap().group_info
    }

    /// A device of another staff member, with a key package.
    async fn colleague(&self) -> TestDevice {
        let device = self.org.device(&self.org.staff()).await;
        let new = NewKeyPackages {
            key_packages: vec![device.key_package(29, false)],
            last_resort: None,
        };
        self.org
            .channels
            .add_key_packages(&device.ctx, device.id, &new)
            .await
            .unwrap();
        device
    }

    async fn say(&self, device: &mut TestDevice, text: &str) -> Result<(), ConversationsError> {
        let (client_id, mls, record) = device.message(self.id, text);
        self.flows
            .send(
                &device.ctx,
                self.id,
                Sending::Message {
                    client_id: &client_id,
                    mls: &mls,
                    record: &record,
                },
            )
            .await
            .map(drop)
    }

    async fn letter(&self) -> Result<(), ConversationsError> {
        self.letter_of(&self.customer.client_id()).await.map(drop)
    }

    async fn letter_of(&self, client_id: &str) -> Result<Appended, ConversationsError> {
        let record = self
            .customer
            .record(RecordType::Letter, self.id, client_id, self.customer.epoch());
        let letter = Sending::Letter {
            client_id,
            record: &record,
        };
        self.flows.send(&self.customer.ctx, self.id, letter).await
    }

    /// Something sealed by one device for another, signed as the protocol says.
    fn handed(&self, from: &TestDevice, to: &TestDevice, sealed: &[u8]) -> HandOver {
        let text = format!("{}|{}|{}|", self.id, from.id, to.id);
        let signature = from.sign(&[b"wardesk-own-history-v1\0".as_slice(), text.as_bytes(), sealed].concat());
        HandOver {
            client_id: from.client_id(),
            device: from.id,
            to: to.id,
            sealed: Bytes(sealed.to_vec()),
            signature: Signature(signature.try_into().unwrap()),
        }
    }

    async fn hand_over(
        &self,
        from: &TestDevice,
        to: &TestDevice,
        sealed: &[u8],
    ) -> Result<(HandOver, Appended), ConversationsError> {
        let handed = self.handed(from, to, sealed);
        let appended = self.flows.hand_over(&from.ctx, self.id, &handed).await?;
        Ok((handed, appended))
    }

    async fn kinds(&self) -> Vec<ItemKind> {
        self.flows
            .log(&self.customer.ctx, self.id, None, 0, 200)
            .await
            .unwrap()
            .items
            .into_iter()
            .map(|item| item.kind)
            .collect()
    }

    async fn removals(&self) -> (Vec<wd_kernel::DeviceId>, Vec<String>) {
        let open = self.flows.group(&self.customer.ctx, self.id).await.unwrap().removals;
        (
            open.iter().flat_map(|removal| removal.devices.clone()).collect(),
            open.into_iter().map(|removal| removal.grant).collect(),
        )
    }
}

both_databases! { ALL;
    async fn a_conversation_that_was_taken_is_open_at_the_desk_and_in_the_group(test) {
        let s = Scene::taken(test).await;
        let view = s.flows.get(&s.agent.ctx, s.id).await.unwrap();
        assert_eq!((view.state, view.epoch, view.seq, view.read_seq), (State::Open, 1, 3, 0));
        assert_eq!(view.assignee.unwrap().id, staff_id(&s.agent));
        assert_eq!(view.customer.name.as_deref(), Some("Grace"));
        assert_eq!(s.flows.counts(&s.agent.ctx).await.unwrap().mine_unread, 1);
        s.flows.receive(&s.agent.ctx, s.id, 3, 3).await.unwrap();
        assert_eq!(s.flows.counts(&s.agent.ctx).await.unwrap().mine_unread, 0);
        let mine = s.flows.list(&s.agent.ctx, View::Mine, None, &PageQuery::default()).await.unwrap();
        assert_eq!(mine.items.len(), 1);
    }

    async fn who_loses_the_take_changes_nothing(test) {
        let mut s = Scene::waiting(test).await;
        let mut other = s.org.device(&s.org.staff()).await;
        let info = s.info().await;
        let first = s.grants(&s.agent, GrantAct::Take, None).await.unwrap().grants;
        let second = s.grants(&other, GrantAct::Take, None).await.unwrap().grants;
        let (first, second) = (s.agent.join(&info, &first), other.join(&info, &second));
        let (a, b) = futures::join!(s.flows.take(&s.agent.ctx, s.id, &first), s.flows.take(&other.ctx, s.id, &second));
        let (lost, loser) = if a.is_ok() { (b, &other) } else { (a, &s.agent) };
        assert_eq!(code(&lost.unwrap_err()), ProblemCode::AlreadyTaken);
        assert_eq!(s.flows.group(&s.customer.ctx, s.id).await.unwrap().members.len(), 2);
        assert_eq!(code(&s.grants(loser, GrantAct::Take, None).await.unwrap_err()), ProblemCode::AlreadyTaken);
    }

    async fn a_commit_that_lost_its_epoch_leaves_the_case_waiting(test) {
        let mut s = Scene::waiting(test).await;
        let info = s.info().await;
        let grants = s.grants(&s.agent, GrantAct::Take, None).await.unwrap().grants;
        let renewed = s.customer.change(&[], &[], &[]);
        s.flows.commit(&s.customer.ctx, s.id, &renewed).await.unwrap();
        let commit = s.agent.join(&info, &grants);
        assert_eq!(code(&s.flows.take(&s.agent.ctx, s.id, &commit).await.unwrap_err()), ProblemCode::EpochConflict);
        let view = s.flows.get(&s.agent.ctx, s.id).await.unwrap();
        assert_eq!((view.state, view.assignee), (State::Waiting, None));
    }

    async fn nobody_enters_as_agent_past_the_desk(test) {
        let mut s = Scene::waiting(test).await;
        let grants = s.grants(&s.agent, GrantAct::Take, None).await.unwrap().grants;
        let info = s.info().await;
        let commit = s.agent.join(&info, &grants);
        assert_eq!(code(&s.flows.commit(&s.agent.ctx, s.id, &commit).await.unwrap_err()), ProblemCode::Conflict);
        assert_eq!(s.flows.group(&s.customer.ctx, s.id).await.unwrap().epoch, 0);
    }

    async fn a_conversation_is_handed_over_and_who_had_it_is_taken_out(test) {
        let mut s = Scene::taken(test).await;
        let mut other = s.colleague().await;
        let to = staff_id(&other);
        let grants = s.grants(&s.agent, GrantAct::Assign, Some(to)).await.unwrap();
        let commit = s.agent.change(&grants.key_packages, &grants.remove, &grants.grants);
        s.flows.assign(&s.agent.ctx, s.id, to, &commit).await.unwrap();
        s.customer.follow(&commit.commit);
        other.welcomed(commit.welcome.as_ref().unwrap());
        let (devices, removal) = s.removals().await;
        assert_eq!(devices, [s.agent.id]);
        assert_eq!(code(&s.say(&mut other, "hello").await.unwrap_err()), ProblemCode::RemovalPending);
        let removed = other.change(&[], &devices, &removal);
        s.flows.commit(&other.ctx, s.id, &removed).await.unwrap();
        s.customer.follow(&removed.commit);
        s.say(&mut other, "hello").await.unwrap();
        assert_eq!(s.flows.get(&other.ctx, s.id).await.unwrap().assignee.unwrap().id, to);
        let mut agent = s.agent;
        s.agent = other;
        let late = s.say(&mut agent, "still me").await;
        assert_eq!(code(&late.unwrap_err()), ProblemCode::Conflict);
    }

    async fn a_colleague_comes_and_leaves(test) {
        let mut s = Scene::taken(test).await;
        let other = s.colleague().await;
        let who = staff_id(&other);
        let grants = s.grants(&s.agent, GrantAct::Add, Some(who)).await.unwrap();
        let commit = s.agent.change(&grants.key_packages, &[], &grants.grants);
        s.flows.commit(&s.agent.ctx, s.id, &commit).await.unwrap();
        s.customer.follow(&commit.commit);
        assert_eq!(s.flows.get(&s.agent.ctx, s.id).await.unwrap().colleagues[0].id, who);
        assert_eq!(code(&s.flows.leave(&s.agent.ctx, s.id).await.unwrap_err()), ProblemCode::Conflict);
        let view = s.flows.leave(&other.ctx, s.id).await.unwrap();
        assert!(view.removal_pending && view.colleagues.is_empty());
        let (devices, removal) = s.removals().await;
        let removed = s.customer.change(&[], &devices, &removal);
        s.flows.commit(&s.customer.ctx, s.id, &removed).await.unwrap();
        assert!(!s.flows.get(&s.agent.ctx, s.id).await.unwrap().removal_pending);
    }

    async fn back_in_the_queue_there_are_letters_again(test) {
        let mut s = Scene::taken(test).await;
        let view = s.flows.release(&s.agent.ctx, s.id).await.unwrap();
        assert_eq!((view.state, view.removal_pending), (State::Waiting, true));
        assert_eq!(code(&s.letter().await.unwrap_err()), ProblemCode::RemovalPending);
        let (devices, removal) = s.removals().await;
        let removed = s.customer.change(&[], &devices, &removal);
        s.flows.commit(&s.customer.ctx, s.id, &removed).await.unwrap();
        s.letter().await.unwrap();
        let kinds = s.kinds().await;
        assert_eq!(kinds[3..], [ItemKind::Removal, ItemKind::Commit, ItemKind::Letter]);
    }

    async fn who_takes_again_before_the_removal_was_committed_stays_in(test) {
        let mut s = Scene::taken(test).await;
        s.flows.release(&s.agent.ctx, s.id).await.unwrap();
        let (devices, removal) = s.removals().await;
        s.org.clock.advance(std::time::Duration::from_secs(5));
        let grants = s.grants(&s.agent, GrantAct::Take, None).await.unwrap().grants;
        let again = s.agent.join(&s.info().await, &grants);
        s.flows.take(&s.agent.ctx, s.id, &again).await.unwrap();
        s.customer.follow(&again.commit);
        assert_eq!(s.removals().await.0, []);
        // Neither while the leave from before still counts, nor later.
        for _ in 0..2 {
            let thrown_out = s.customer.propose(&[], &devices, &removal);
            let refused = s.flows.commit(&s.customer.ctx, s.id, &thrown_out).await;
            assert_eq!(code(&refused.unwrap_err()), ProblemCode::InvalidMls);
            s.org.clock.advance(std::time::Duration::from_secs(660));
        }
        let (client_id, mls, record) = s.customer.message(s.id, "still you?");
        s.flows.send(&s.customer.ctx, s.id, Sending::Message { client_id: &client_id, mls: &mls, record: &record }).await.unwrap();
        assert_eq!(s.agent.read(&mls), "still you?");
    }

    async fn who_is_to_leave_does_not_stay_by_a_leave_from_before(test) {
        let s = Scene::taken(test).await;
        let mut other = s.colleague().await;
        let enters = s.grants(&other, GrantAct::Join, None).await.unwrap().grants;
        let joined = other.join(&s.info().await, &enters);
        s.flows.commit(&other.ctx, s.id, &joined).await.unwrap();
        s.org.clock.advance(std::time::Duration::from_secs(5));
        s.flows.leave(&other.ctx, s.id).await.unwrap();
        let back = other.join(&s.info().await, &enters);
        assert_eq!(code(&s.flows.commit(&other.ctx, s.id, &back).await.unwrap_err()), ProblemCode::InvalidMls);
        assert_eq!(s.removals().await.0, [other.id]);
    }

    async fn who_is_to_leave_is_taken_out_before_the_conversation_is_given_back(test) {
        let mut s = Scene::taken(test).await;
        let mut other = s.colleague().await;
        let (me, to) = (staff_id(&s.agent), staff_id(&other));
        let grants = s.grants(&s.agent, GrantAct::Assign, Some(to)).await.unwrap();
        let commit = s.agent.change(&grants.key_packages, &grants.remove, &grants.grants);
        s.flows.assign(&s.agent.ctx, s.id, to, &commit).await.unwrap();
        other.welcomed(commit.welcome.as_ref().unwrap());
        for act in [GrantAct::Assign, GrantAct::Add] {
            let early = s.grants(&other, act, Some(me)).await;
            assert_eq!(code(&early.unwrap_err()), ProblemCode::RemovalPending);
        }
        let renewed = other.propose(&[], &[], &[]);
        let unnoticed = s.flows.assign(&other.ctx, s.id, me, &renewed).await;
        assert_eq!(code(&unnoticed.unwrap_err()), ProblemCode::InvalidFields);
    }

    async fn a_customer_who_writes_opens_a_closed_conversation_again(test) {
        let mut s = Scene::taken(test).await;
        assert_eq!(s.flows.close(&s.agent.ctx, s.id).await.unwrap().state, State::Closed);
        let mut agent = std::mem::replace(&mut s.agent, s.org.device(&s.org.staff()).await);
        let refused = s.say(&mut agent, "more").await;
        assert!(matches!(refused, Err(ConversationsError::Desk(DeskError::Refused(Refusal::Closed)))));
        let (client_id, mls, record) = s.customer.message(s.id, "one more thing");
        s.flows.send(&s.customer.ctx, s.id, Sending::Message { client_id: &client_id, mls: &mls, record: &record }).await.unwrap();
        let kinds = s.kinds().await;
        assert_eq!(kinds[3..], [ItemKind::Closed, ItemKind::Reopened, ItemKind::Message]);
        assert_eq!(s.flows.get(&agent.ctx, s.id).await.unwrap().state, State::Open);
    }

    async fn who_left_the_company_leaves_the_conversations_too(test) {
        let s = Scene::taken(test).await;
        let mut tx = s.db.db.begin().await.unwrap();
        s.flows.staff_left_in(&mut tx, &s.org.system(), staff_id(&s.agent)).await.unwrap();
        tx.commit().await.unwrap();
        let view = s.flows.get(&s.org.staff(), s.id).await.unwrap();
        assert_eq!((view.state, view.assignee.is_none(), view.removal_pending), (State::Waiting, true, true));
    }

    async fn a_strangers_conversation_does_not_exist(test) {
        let s = Scene::taken(test).await;
        let stranger = s.org.customer();
        let page = s.flows.log(&stranger, s.id, None, 0, 50).await;
        assert_eq!(code(&page.unwrap_err()), ProblemCode::NotFound);
        assert_eq!(code(&s.flows.group(&stranger, s.id).await.unwrap_err()), ProblemCode::NotFound);
        assert_eq!(code(&s.flows.widget_grants(&stranger, s.id, s.customer.id).await.unwrap_err()), ProblemCode::NotFound);
        assert_eq!(code(&s.flows.notes(&s.customer.ctx, s.id, 0, 50).await.unwrap_err()), ProblemCode::Unauthenticated);
        assert!(s.flows.of_customer(&stranger).await.unwrap().is_empty());
        assert_eq!(s.flows.of_customer(&s.customer.ctx).await.unwrap()[0].seq, 3);
    }

    async fn history_needs_its_right(test) {
        let s = Scene::taken(test).await;
        assert_eq!(s.flows.history_keys(&s.agent.ctx, s.id).await.unwrap().len(), 2);
        s.org.rights.take_away("conversation.history");
        assert_eq!(code(&s.flows.history_keys(&s.agent.ctx, s.id).await.unwrap_err()), ProblemCode::Forbidden);
    }

    async fn a_customers_lost_device_comes_back_by_its_own_grant(test) {
        let mut s = Scene::taken(test).await;
        let grants = s.flows.widget_grants(&s.customer.ctx, s.id, s.customer.id).await.unwrap().grants;
        let info = s.info().await;
        let back = s.customer.join(&info, &grants);
        s.flows.commit(&s.customer.ctx, s.id, &back).await.unwrap();
        s.agent.follow(&back.commit);
        let mut agent = std::mem::replace(&mut s.agent, s.org.device(&s.org.staff()).await);
        s.say(&mut agent, "welcome back").await.unwrap();
    }

    async fn a_customers_further_device_enters_and_is_handed_the_keys_of_before(test) {
        let mut s = Scene::taken(test).await;
        let mut laptop = s.org.device(&s.customer.ctx).await;
        let early = s.hand_over(&s.customer, &laptop, &[7; 100]).await;
        assert_eq!(code(&early.unwrap_err()), ProblemCode::Conflict);
        let grants = s.flows.widget_grants(&laptop.ctx, s.id, laptop.id).await.unwrap().grants;
        let enters = laptop.join(&s.info().await, &grants);
        s.flows.commit(&laptop.ctx, s.id, &enters).await.unwrap();
        s.customer.follow(&enters.commit);
        s.agent.follow(&enters.commit);
        let handed = s.hand_over(&s.customer, &laptop, &[7; 100]).await.unwrap();
        let again = s.flows.hand_over(&s.customer.ctx, s.id, &handed.0).await.unwrap();
        assert_eq!(again, handed.1);
        let body = |page: wd_channels::LogPage| page.items.into_iter().find(|item| item.kind == ItemKind::History).unwrap().body;
        let to_laptop = body(s.flows.log(&laptop.ctx, s.id, Some(laptop.id), 0, 200).await.unwrap());
        assert!(to_laptop.get("sealed").is_some());
        for (reader, device) in [(&s.agent.ctx, s.agent.id), (&s.customer.ctx, s.customer.id)] {
            let seen = body(s.flows.log(reader, s.id, Some(device), 0, 200).await.unwrap());
            assert_eq!(seen, serde_json::json!({ "to": laptop.id }));
        }
        s.say(&mut laptop, "from the laptop").await.unwrap();
    }

    async fn keys_of_before_go_to_an_own_device_in_the_group_and_nowhere_else(test) {
        let s = Scene::taken(test).await;
        let stranger = s.org.device(&s.org.customer()).await;
        assert_eq!(code(&s.hand_over(&s.customer, &stranger, &[7; 100]).await.unwrap_err()), ProblemCode::InvalidFields);
        assert_eq!(code(&s.hand_over(&s.customer, &s.agent, &[7; 100]).await.unwrap_err()), ProblemCode::InvalidFields);
        assert_eq!(code(&s.hand_over(&s.customer, &s.customer, &[7; 100]).await.unwrap_err()), ProblemCode::InvalidFields);
        assert_eq!(code(&s.hand_over(&s.agent, &s.customer, &[7; 100]).await.unwrap_err()), ProblemCode::Unauthenticated);
        let mut laptop = s.org.device(&s.customer.ctx).await;
        let grants = s.flows.widget_grants(&laptop.ctx, s.id, laptop.id).await.unwrap().grants;
        let enters = laptop.join(&s.info().await, &grants);
        s.flows.commit(&laptop.ctx, s.id, &enters).await.unwrap();
        assert_eq!(code(&s.hand_over(&s.customer, &laptop, &vec![7; 70_000]).await.unwrap_err()), ProblemCode::InvalidFields);
        let mut unsigned = s.handed(&s.customer, &laptop, &[7; 100]);
        unsigned.sealed.0[0] ^= 1;
        assert_eq!(code(&s.flows.hand_over(&s.customer.ctx, s.id, &unsigned).await.unwrap_err()), ProblemCode::InvalidFields);
        let stolen = s.handed(&stranger, &laptop, &[7; 100]);
        assert_eq!(code(&s.flows.hand_over(&stranger.ctx, s.id, &stolen).await.unwrap_err()), ProblemCode::NotFound);
    }

    async fn a_customer_takes_an_own_device_out_and_no_other(test) {
        let s = Scene::taken(test).await;
        let mut laptop = s.org.device(&s.customer.ctx).await;
        let grants = s.flows.widget_grants(&laptop.ctx, s.id, laptop.id).await.unwrap().grants;
        let enters = laptop.join(&s.info().await, &grants);
        s.flows.commit(&laptop.ctx, s.id, &enters).await.unwrap();
        for foreign in [s.agent.id, s.org.device(&s.org.customer()).await.id] {
            let refused = s.flows.remove_widget_device(&laptop.ctx, foreign, "token").await;
            assert_eq!(code(&refused.unwrap_err()), ProblemCode::NotFound);
        }
        let as_staff = s.flows.remove_widget_device(&s.agent.ctx, s.customer.id, "token").await;
        assert_eq!(code(&as_staff.unwrap_err()), ProblemCode::Unauthenticated);
        s.flows.remove_widget_device(&laptop.ctx, s.customer.id, "token").await.unwrap();
        let known = s.org.channels.widget_devices(&laptop.ctx, Some(laptop.id)).await.unwrap();
        assert_eq!(known.iter().map(|device| device.id).collect::<Vec<_>>(), [laptop.id]);
        let (devices, removal) = s.removals().await;
        assert_eq!(devices, [s.customer.id]);
        let removed = laptop.change(&[], &devices, &removal);
        s.flows.commit(&laptop.ctx, s.id, &removed).await.unwrap();
        assert_eq!(s.flows.group(&laptop.ctx, s.id).await.unwrap().members.len(), 2);
        let back = s.flows.widget_grants(&s.customer.ctx, s.id, s.customer.id).await;
        assert_eq!(code(&back.unwrap_err()), ProblemCode::InvalidFields);
    }

    async fn who_was_taken_out_does_not_come_back_by_a_leave_from_before(test) {
        let mut s = Scene::taken(test).await;
        let mut other = s.colleague().await;
        let who = staff_id(&other);
        let early = s.grants(&other, GrantAct::Join, None).await.unwrap().grants;
        s.org.clock.advance(std::time::Duration::from_secs(5));
        let enters = other.join(&s.info().await, &early);
        s.flows.commit(&other.ctx, s.id, &enters).await.unwrap();
        s.agent.follow(&enters.commit);
        s.org.clock.advance(std::time::Duration::from_secs(5));
        let grants = s.grants(&s.agent, GrantAct::Remove, Some(who)).await.unwrap();
        let removed = s.agent.change(&[], &grants.remove, &grants.grants);
        s.flows.commit(&s.agent.ctx, s.id, &removed).await.unwrap();
        let again = other.join(&s.info().await, &early);
        assert_eq!(code(&s.flows.commit(&other.ctx, s.id, &again).await.unwrap_err()), ProblemCode::InvalidMls);
        let anew = s.grants(&other, GrantAct::Join, None).await.unwrap().grants;
        let back = other.join(&s.info().await, &anew);
        s.flows.commit(&other.ctx, s.id, &back).await.unwrap();
    }

    async fn a_customer_asks_for_leave_so_often_and_no_more(test) {
        let s = Scene::waiting(test).await;
        for _ in 0..60 {
            s.flows.widget_grants(&s.customer.ctx, s.id, s.customer.id).await.unwrap();
        }
        let refused = s.flows.widget_grants(&s.customer.ctx, s.id, s.customer.id).await;
        assert_eq!(code(&refused.unwrap_err()), ProblemCode::RateLimited);
        s.org.clock.advance(std::time::Duration::from_secs(60));
        s.flows.widget_grants(&s.customer.ctx, s.id, s.customer.id).await.unwrap();
    }

    async fn everybody_may_know_the_organisations_keys(test) {
        let s = Scene::waiting(test).await;
        let known = s.flows.public_organisation().await.unwrap();
        assert_eq!((known.name.as_str(), known.keys.len()), ("ACME", 1));
        let view = s.flows.organisation(&s.agent.ctx).await.unwrap();
        assert_eq!(view.widget_snippet, "<script src=\"https://desk.example.org/widget.js\" async></script>");
        assert_eq!(s.flows.widget_team_key(&s.customer.ctx).await.unwrap().generation, 1);
        let mut tx = s.db.db.snapshot().await.unwrap();
        let owner = s.org.channels.device_owner_in(&mut tx, s.customer.id).await.unwrap();
        assert!(matches!((owner, &s.customer.ctx.actor), (Some(Subject::Customer(a)), Actor::Customer { id, .. }) if a == *id));
    }

    async fn the_endpoints_answer_as_the_actor_may_see(test) {
        let s = Scene::taken(test).await;
        let (app, document) = super::router(s.flows.clone()).merge(super::widget_router(s.flows.clone())).merge(super::public_router(s.flows.clone())).split_for_parts();
        assert!(document.paths.paths.len() >= 25);
        let ask = |ctx: &Ctx, path: String, device: Option<String>| {
            let mut request = axum::http::Request::get(path).body(axum::body::Body::empty()).unwrap();
            request.extensions_mut().insert(ctx.clone());
            if let Some(device) = device {
                request.headers_mut().insert("wardesk-device", device.parse().unwrap());
            }
            let app = app.clone();
            async move { tower::ServiceExt::oneshot(app, request).await.unwrap().status().as_u16() }
        };
        let (own, stranger) = (s.customer.ctx.clone(), s.org.customer());
        let widget = format!("/api/v1/widget/conversations/{}", s.id);
        assert_eq!(ask(&own, format!("{widget}/log?after=0"), Some(s.customer.id.to_string())).await, 200);
        assert_eq!(ask(&own, format!("{widget}/log"), Some("dev_x".into())).await, 400);
        assert_eq!(ask(&stranger, format!("{widget}/log"), None).await, 404);
        assert_eq!(ask(&s.agent.ctx, format!("{widget}/log"), None).await, 401);
        let desk = format!("/api/v1/conversations/{}", s.id);
        for path in ["", "/log", "/group", "/receipts", "/history-keys", "/note-keys", "/notes"] {
            assert_eq!(ask(&s.agent.ctx, format!("{desk}{path}"), None).await, 200, "{path}");
            assert_eq!(ask(&own, format!("{desk}{path}"), None).await, 401, "{path}");
        }
        assert_eq!(ask(&s.agent.ctx, "/api/v1/conversations?view=mine&limit=1".into(), None).await, 200);
        assert_eq!(ask(&s.agent.ctx, "/api/v1/conversations/counts".into(), None).await, 200);
        assert_eq!(ask(&s.agent.ctx, "/api/v1/conversations/cnv_nonsense".into(), None).await, 404);
        assert_eq!(ask(&s.org.system(), "/.well-known/wardesk-organisation.json".into(), None).await, 200);
    }
}
