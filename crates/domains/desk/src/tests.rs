use std::sync::Arc;

use uuid::Uuid;
use wd_db::both_databases;
use wd_kernel::{
    Actor, ConversationId, Ctx, CustomerId, Decide, Duration, HandClock, Id as _, PageQuery, Permission as _, Scope,
    SeededEntropy, SessionId, StaffActor, StaffId, TeamId, Timestamp, World,
};

use crate::{
    Desk, DeskError, IdentityKey, MIGRATIONS, Refusal, SettingsChange, View, permissions::SettingsChange as MayChange,
};

/// An agent reads what belongs to their teams or to them; a supervisor everything; a guest only what is theirs.
struct Rules;

impl Decide for Rules {
    fn allows(&self, actor: &Actor, permission: &'static str, scope: Scope) -> bool {
        let Actor::Staff(staff) = actor else {
            return matches!(actor, Actor::System(_));
        };
        let has = |role: &str| staff.roles.iter().any(|known| known == role);
        let own = scope.owner == Some(staff.id);
        let team = scope.team.is_some_and(|team| staff.teams.contains(&team));
        has("supervisor") || (has("agent") && (own || team) && permission != MayChange::NAME) || (has("guest") && own)
    }
}

struct Office {
    desk: Desk,
    clock: Arc<HandClock>,
    world: World,
    db: wd_db::Db,
}

fn team(n: u128) -> TeamId {
    TeamId::from_uuid(Uuid::from_u128(n))
}

impl Office {
    fn new(db: &wd_db::Db) -> Self {
        let clock = Arc::new(HandClock::at(Timestamp::from_seconds(1_000)));
        let world = World {
            clock: clock.clone(),
            entropy: Arc::new(SeededEntropy::new(2)),
            decide: Arc::new(Rules),
        };
        Self {
            desk: Desk::new(db.clone()),
            clock,
            world,
            db: db.clone(),
        }
    }

    fn staff(&self, n: u128, role: &str, teams: &[u128]) -> Ctx {
        let actor = StaffActor {
            id: StaffId::from_uuid(Uuid::from_u128(n)),
            session: SessionId::from_uuid(Uuid::from_u128(n)),
            roles: vec![role.into()],
            teams: teams.iter().copied().map(team).collect(),
            stepped_up_until: Some(Timestamp::from_seconds(1_000_000)),
        };
        self.world.ctx(Actor::Staff(Arc::new(actor)))
    }

    async fn open(&self, of: u128) -> ConversationId {
        let customer: CustomerId = self.world.ctx(Actor::System("test")).id();
        self.open_for(of, customer).await
    }

    async fn open_for(&self, of: u128, customer: CustomerId) -> ConversationId {
        let ctx = self.world.ctx(Actor::Customer {
            id: customer,
            device: None,
        });
        self.clock.advance(Duration::from_secs(1));
        let mut tx = self.db.begin().await.unwrap();
        let case = self
            .desk
            .open_in(&mut tx, &ctx, ctx.id(), team(of), customer)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        case.id
    }

    async fn take(&self, ctx: &Ctx, id: ConversationId) -> Result<(), DeskError> {
        let mut tx = self.db.begin().await?;
        let case = self.desk.lock_in(&mut tx, ctx, id).await?;
        self.desk.take_in(&mut tx, ctx, case).await?;
        Ok(tx.commit().await?)
    }

    async fn all(&self, ctx: &Ctx, view: View, of: Option<u128>, limit: i64) -> Vec<ConversationId> {
        let (mut ids, mut after) = (Vec::new(), None);
        loop {
            let mut tx = self.db.snapshot().await.unwrap();
            let page = self
                .desk
                .list_in(
                    &mut tx,
                    ctx,
                    view,
                    of.map(team),
                    &PageQuery {
                        after,
                        limit: Some(limit),
                    },
                )
                .await
                .unwrap();
            assert!(page.items.len() <= usize::try_from(limit).unwrap());
            ids.extend(page.items.iter().map(|case| case.id));
            after = page.next;
            if after.is_none() {
                return ids;
            }
        }
    }
}

both_databases! { &[MIGRATIONS, wd_audit_log::MIGRATIONS, wd_vault::MIGRATIONS];
    async fn a_list_shows_what_the_right_reaches_a_page_at_a_time(test) {
        let office = Office::new(&test.db);
        let (agent, supervisor, guest) = (office.staff(1, "agent", &[1, 2]), office.staff(2, "supervisor", &[]), office.staff(3, "guest", &[1]));
        let mut opened = Vec::new();
        for n in 0..9_u128 {
            opened.push(office.open(n % 3 + 1).await);
        }
        let of = |teams: &[usize]| opened.iter().enumerate().filter(|(n, _)| teams.contains(&(n % 3 + 1))).map(|(_, id)| *id).collect::<Vec<_>>();
        for limit in [1, 2, 50] {
            assert_eq!(office.all(&supervisor, View::Waiting, None, limit).await, opened);
            assert_eq!(office.all(&agent, View::Waiting, None, limit).await, of(&[1, 2]));
            assert_eq!(office.all(&agent, View::Waiting, Some(2), limit).await, of(&[2]));
            assert_eq!(office.all(&agent, View::Waiting, Some(3), limit).await, []);
            assert_eq!(office.all(&guest, View::Waiting, None, limit).await, []);
        }
        office.take(&agent, opened[0]).await.unwrap();
        office.take(&supervisor, opened[1]).await.unwrap();
        let newest_first: Vec<_> = of(&[1, 2]).into_iter().rev().collect();
        assert_eq!(office.all(&agent, View::All, None, 2).await, newest_first);
        assert_eq!(office.all(&agent, View::Mine, None, 2).await, [opened[0]]);
        let mut tx = test.db.snapshot().await.unwrap();
        let counts = office.desk.counts_in(&mut tx, &agent).await.unwrap();
        assert_eq!((counts.waiting, counts.mine, counts.all, counts.closed), (4, vec![opened[0]], 6, 0));
    }

    async fn the_kept_counts_are_what_counting_the_cases_gives_after_every_change(test) {
        let office = Office::new(&test.db);
        let supervisor = office.staff(1, "supervisor", &[]);
        let mut opened = Vec::new();
        // Takes, hands over, gives back, closes and reopens in an order that comes from a small generator; what the model
        // refuses changes nothing.
        let mut random = 7_usize;
        for _ in 0..120 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let (act, which) = ((random >> 33) % 9, random >> 40);
            if opened.is_empty() || act == 0 {
                opened.push(office.open(which as u128 % 3 + 1).await);
            } else {
                let mut tx = test.db.begin().await.unwrap();
                let case = office.desk.lock_in(&mut tx, &supervisor, opened[which % opened.len()]).await.unwrap();
                let changed = match act {
                    1 | 2 => office.desk.take_in(&mut tx, &supervisor, case).await,
                    3 => office.desk.assign_in(&mut tx, &supervisor, case, StaffId::from_uuid(Uuid::from_u128(9))).await,
                    4 => office.desk.release_in(&mut tx, &supervisor, case).await,
                    5 => office.desk.close_in(&mut tx, &supervisor, case).await,
                    6 => office.desk.reopen_in(&mut tx, &supervisor, case).await,
                    7 => office.desk.colleague_joined_in(&mut tx, &supervisor, &case, StaffId::from_uuid(Uuid::from_u128(4))).await.map(|()| case),
                    _ => office.desk.touch_in(&mut tx, &supervisor, case).await,
                };
                // A change that is thrown away after it was counted must not count.
                if changed.is_ok() && which % 7 != 0 {
                    tx.commit().await.unwrap();
                }
            }
            let mut tx = test.db.snapshot().await.unwrap();
            let kept = wd_db::sql!(tx, fetch_all as (TeamId, String, i64), "SELECT team, state, cases FROM case_count WHERE cases <> 0 ORDER BY team, state").await.unwrap();
            let counted = wd_db::sql!(tx, fetch_all as (TeamId, String, i64), "SELECT team, state, COUNT(*) FROM conversation GROUP BY team, state ORDER BY team, state").await.unwrap();
            assert_eq!(kept, counted);
            let kept = wd_db::sql!(tx, fetch_all as (ConversationId, bool), "SELECT conversation, open FROM colleague ORDER BY conversation").await.unwrap();
            let looked_up = wd_db::sql!(tx, fetch_all as (ConversationId, bool), "SELECT k.conversation, c.state = 'open' FROM colleague k JOIN conversation c ON c.id = k.conversation ORDER BY k.conversation").await.unwrap();
            assert_eq!(kept, looked_up);
        }
        let mut tx = test.db.begin().await.unwrap();
        office.desk.left_in(&mut tx, &office.world.ctx(Actor::System("test")), supervisor.staff().unwrap().id).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = test.db.snapshot().await.unwrap();
        let counts = office.desk.counts_in(&mut tx, &supervisor).await.unwrap();
        let (waiting, closed) = (office.all(&supervisor, View::Waiting, None, 50).await, office.all(&supervisor, View::Closed, None, 50).await);
        assert!(!waiting.is_empty() && !closed.is_empty());
        assert_eq!((counts.waiting, counts.closed), (i64::try_from(waiting.len()).unwrap(), i64::try_from(closed.len()).unwrap()));
        assert_eq!(counts.all + counts.closed, i64::try_from(opened.len()).unwrap());
    }

    async fn of_a_customer_one_sees_and_counts_only_what_one_may_read(test) {
        let office = Office::new(&test.db);
        let customer = CustomerId::from_uuid(Uuid::from_u128(500));
        let (agent, guest, supervisor) = (office.staff(1, "agent", &[1]), office.staff(3, "guest", &[]), office.staff(2, "supervisor", &[]));
        let mut opened = Vec::new();
        for n in 0..9_u128 {
            opened.push(office.open_for(n % 3 + 1, customer).await);
        }
        office.open(1).await;
        // One of another team, to which the agent and the guest were let in.
        let mut tx = test.db.begin().await.unwrap();
        let case = office.desk.find_in(&mut tx, &supervisor, opened[1]).await.unwrap();
        for who in [&agent, &guest] {
            office.desk.colleague_joined_in(&mut tx, &supervisor, &case, who.staff().unwrap().id).await.unwrap();
        }
        tx.commit().await.unwrap();
        let newest_first = |picked: &[usize]| picked.iter().rev().map(|n| opened[*n]).collect::<Vec<_>>();
        for (who, sees) in [(&supervisor, newest_first(&[0, 1, 2, 3, 4, 5, 6, 7, 8])), (&agent, newest_first(&[0, 1, 3, 6])), (&guest, newest_first(&[1]))] {
            let mut tx = test.db.snapshot().await.unwrap();
            for limit in [1, 2, 50] {
                let (mut ids, mut after) = (Vec::new(), None);
                loop {
                    let page = office.desk.readable_of_customer_in(&mut tx, who, customer, &PageQuery { after, limit: Some(limit) }).await.unwrap();
                    ids.extend(page.items.iter().map(|case| case.id));
                    after = page.next;
                    if after.is_none() { break }
                }
                assert_eq!(ids, sees);
            }
            let counts = office.desk.counts_of_customers_in(&mut tx, who, &[customer, CustomerId::from_uuid(Uuid::from_u128(501))]).await.unwrap();
            assert_eq!(counts.get(&customer).copied(), Some(i64::try_from(sees.len()).unwrap()));
            assert_eq!(counts.len(), 1);
        }
        let nobody = office.staff(8, "none", &[1]);
        let mut tx = test.db.snapshot().await.unwrap();
        assert!(matches!(office.desk.readable_of_customer_in(&mut tx, &nobody, customer, &PageQuery::default()).await, Err(DeskError::Denied(_))));
        assert!(office.desk.counts_of_customers_in(&mut tx, &nobody, &[customer]).await.unwrap().is_empty());
    }

    async fn what_one_may_not_read_does_not_exist_unless_one_was_let_in(test) {
        let office = Office::new(&test.db);
        let (agent, guest) = (office.staff(1, "agent", &[1]), office.staff(3, "guest", &[]));
        let id = office.open(1).await;
        office.take(&agent, id).await.unwrap();
        assert!(matches!(office.take(&guest, id).await, Err(DeskError::NotFound)));
        let mut tx = test.db.begin().await.unwrap();
        let case = office.desk.find_in(&mut tx, &agent, id).await.unwrap();
        office.desk.colleague_joined_in(&mut tx, &agent, &case, guest.staff().unwrap().id).await.unwrap();
        assert_eq!(office.desk.find_in(&mut tx, &guest, id).await.unwrap(), case);
        let stranger = office.world.ctx(Actor::Customer { id: CustomerId::from_uuid(Uuid::from_u128(77)), device: None });
        assert!(matches!(office.desk.find_in(&mut tx, &stranger, id).await, Err(DeskError::NotFound)));
    }

    async fn of_two_who_take_one_wins(test) {
        let office = Office::new(&test.db);
        let id = office.open(1).await;
        let (a, b) = (office.staff(1, "agent", &[1]), office.staff(2, "agent", &[1]));
        let (first, second) = tokio::join!(office.take(&a, id), office.take(&b, id));
        let lost = if first.is_ok() { second } else { first };
        assert!(matches!(lost, Err(DeskError::Refused(Refusal::AlreadyTaken))), "{lost:?}");
    }

    async fn what_somebody_who_left_worked_on_waits_again(test) {
        let office = Office::new(&test.db);
        let agent = office.staff(1, "agent", &[1]);
        let id = office.open(1).await;
        office.take(&agent, id).await.unwrap();
        let mut tx = test.db.begin().await.unwrap();
        office.desk.left_in(&mut tx, &office.world.ctx(Actor::System("test")), agent.staff().unwrap().id).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(office.all(&office.staff(2, "supervisor", &[]), View::Waiting, None, 50).await, [id]);
    }

    async fn settings_change_by_right_and_say_what_is_wrong(test) {
        let office = Office::new(&test.db);
        office.desk.ensure_settings(&office.world.ctx(Actor::System("test")), "ACME", team(1)).await.unwrap();
        let change = SettingsChange {
            typing: false,
            presence: true,
            widget_origins: vec!["https://www.example.org/".into()],
            identity_keys: vec![],
            name: None,
            reply_time: Some("in an hour".into()),
            widget_team: None,
            security_contact: None,
        };
        let mut tx = test.db.begin().await.unwrap();
        let denied = office.desk.change_settings_in(&mut tx, &office.staff(1, "agent", &[1]), change.clone()).await;
        assert!(matches!(denied, Err(DeskError::Denied(_))));
        let admin = office.staff(2, "supervisor", &[]);
        let settings = office.desk.change_settings_in(&mut tx, &admin, change.clone()).await.unwrap();
        assert_eq!((settings.name.as_str(), settings.widget_team, settings.widget_origins), ("ACME", Some(team(1)), vec!["https://www.example.org".to_owned()]));
        let key = IdentityKey { kid: "a".into(), alg: "none".into(), pem: String::new() };
        let wrong = office.desk.change_settings_in(&mut tx, &admin, SettingsChange { identity_keys: vec![key], ..change }).await;
        assert!(matches!(wrong, Err(DeskError::Invalid { field: "identity_keys", .. })));
    }
    async fn the_security_contact_lies_sealed_and_stays_unless_told(test) {
        let office = Office::new(&test.db);
        wd_vault::testing::vault(&test.db).await;
        office.desk.ensure_settings(&office.world.ctx(Actor::System("test")), "ACME", team(1)).await.unwrap();
        let admin = office.staff(2, "supervisor", &[]);
        let change = |contact: Option<&str>| SettingsChange {
            typing: true,
            presence: true,
            widget_origins: vec![],
            identity_keys: vec![],
            name: None,
            reply_time: None,
            widget_team: None,
            security_contact: contact.map(Into::into),
        };
        let mut tx = test.db.begin().await.unwrap();
        assert!(office.desk.security_contact_in(&mut tx).await.unwrap().is_none());
        for wrong in ["security", "a@example.org\r\nBcc: b@example.org", "a@example.org, b@example.org"] {
            let refused = office.desk.change_settings_in(&mut tx, &admin, change(Some(wrong))).await;
            assert!(matches!(refused, Err(DeskError::Invalid { field: "security_contact", .. })), "{wrong}");
        }
        office.desk.change_settings_in(&mut tx, &admin, change(Some(" security@example.org "))).await.unwrap();
        office.desk.change_settings_in(&mut tx, &admin, change(None)).await.unwrap();
        let contact = office.desk.security_contact_in(&mut tx).await.unwrap().unwrap();
        assert_eq!(contact.expose(), "security@example.org");
        let stored = wd_db::sql!(tx, fetch_one as (Vec<u8>,), "SELECT security_contact FROM desk_settings").await.unwrap().0;
        assert!(!stored.windows(8).any(|part| part == b"security"));
        office.desk.change_settings_in(&mut tx, &admin, change(Some(""))).await.unwrap();
        assert!(office.desk.security_contact_in(&mut tx).await.unwrap().is_none());
    }
}
