//! The domain on both databases.

use std::sync::Arc;

use wd_db::{Db, Migrations, both_databases, sql};
use wd_kernel::{
    Actor, Ctx, Decide, Denied, Duration, HandClock, Id as _, Reach, Scope, SeededEntropy, SessionId, StaffActor,
    StaffId, Timestamp, World,
};

use crate::{ADMINISTRATOR, Access, CreateTeamError, Grant, RoleSpec, SetRolesError, SetTeamsError};

const SCHEMA: &[Migrations] = &[crate::MIGRATIONS, wd_audit_log::MIGRATIONS];

struct AllButNobody;

impl Decide for AllButNobody {
    fn allows(&self, _: &Actor, _: &'static str, _: Scope) -> bool {
        true
    }
}

struct Desk {
    access: Access,
    db: Db,
    world: World,
}

async fn desk(db: &Db) -> Desk {
    let world = World {
        clock: Arc::new(HandClock::at(Timestamp::from_seconds(1_800_000_000))),
        entropy: Arc::new(SeededEntropy::new(7)),
        decide: Arc::new(AllButNobody),
    };
    let access = Access::new(db.clone());
    access.ensure_roles(&roles()).await.unwrap();
    Desk {
        access,
        db: db.clone(),
        world,
    }
}

fn roles() -> Vec<RoleSpec> {
    vec![
        RoleSpec {
            name: ADMINISTRATOR,
            title: "Administrator",
            grants: vec![
                ("roles.assign", Reach::Organisation),
                ("audit.read", Reach::Organisation),
            ],
        },
        RoleSpec {
            name: "lead",
            title: "Team lead",
            grants: vec![
                ("roles.assign", Reach::Organisation),
                ("conversation.read", Reach::Team),
            ],
        },
        RoleSpec {
            name: "agent",
            title: "Agent",
            grants: vec![("conversation.read", Reach::Own)],
        },
        RoleSpec {
            name: "auditor",
            title: "Auditor",
            grants: vec![("conversation.read", Reach::Organisation)],
        },
    ]
}

fn staff(n: u128) -> StaffId {
    StaffId::from_uuid(uuid::Uuid::from_u128(n))
}

fn names(roles: &[&str]) -> Vec<String> {
    roles.iter().map(|role| (*role).to_owned()).collect()
}

impl Desk {
    fn system(&self) -> Ctx {
        self.world.ctx(Actor::System("command line"))
    }

    fn as_staff(&self, id: StaffId, fresh: bool) -> Ctx {
        let now = self.system().now();
        self.world.ctx(Actor::Staff(Arc::new(StaffActor {
            id,
            session: SessionId::from_uuid(uuid::Uuid::nil()),
            roles: vec![],
            teams: vec![],
            stepped_up_until: fresh.then(|| now + Duration::from_mins(1)),
        })))
    }

    async fn give(&self, id: StaffId, roles: &[&str]) {
        self.access.set_roles(&self.system(), id, &names(roles)).await.unwrap();
    }

    async fn roles_of(&self, id: StaffId) -> Vec<String> {
        self.access
            .rights_of(&mut self.db.snapshot().await.unwrap(), id)
            .await
            .unwrap()
            .roles
    }

    async fn events(&self, kind: &str) -> i64 {
        let mut tx = self.db.snapshot().await.unwrap();
        let (count,) = sql!(
            tx,
            fetch_one as (i64,),
            "SELECT COUNT(*) FROM outbox WHERE kind = $1",
            kind
        )
        .await
        .unwrap();
        count
    }
}

both_databases! { SCHEMA;
    async fn the_roles_are_what_the_program_says_at_each_start(test) {
        let desk = desk(&test.db).await;
        desk.give(staff(1), &["agent"]).await;
        let mut changed = roles();
        changed[2].grants = vec![("conversation.take", Reach::Team)];
        desk.access.ensure_roles(&changed).await.unwrap();
        desk.access.ensure_roles(&changed).await.unwrap();
        let agent: Vec<Grant> = desk.access.grants().await.unwrap().into_iter().filter(|g| g.role == "agent").collect();
        assert_eq!(agent, [Grant { role: "agent".into(), permission: "conversation.take".into(), reach: Reach::Team }]);
        assert_eq!(desk.roles_of(staff(1)).await, ["agent"], "who holds it keeps it");
    }

    async fn rights_are_the_sum_of_the_roles(test) {
        let desk = desk(&test.db).await;
        desk.give(staff(1), &["agent", "lead"]).await;
        let rights = desk.access.rights_of(&mut desk.db.snapshot().await.unwrap(), staff(1)).await.unwrap();
        assert_eq!(rights.permissions, ["conversation.read", "roles.assign"]);
        let none = desk.access.rights_of(&mut desk.db.snapshot().await.unwrap(), staff(2)).await.unwrap();
        assert_eq!(none, crate::Rights::default());
    }

    async fn roles_are_replaced_and_repeating_is_no_change(test) {
        let desk = desk(&test.db).await;
        desk.give(staff(1), &["agent"]).await;
        desk.give(staff(1), &["lead"]).await;
        desk.give(staff(1), &["lead", "lead"]).await;
        assert_eq!(desk.roles_of(staff(1)).await, ["lead"]);
        assert_eq!(desk.events("access.roles-changed").await, 2);
    }

    async fn an_unknown_role_changes_nothing(test) {
        let desk = desk(&test.db).await;
        let unknown = desk.access.set_roles(&desk.system(), staff(1), &names(&["agent", "king"])).await;
        assert!(matches!(unknown, Err(SetRolesError::Unknown(role)) if role == "king"));
        assert_eq!(desk.roles_of(staff(1)).await, Vec::<String>::new());
    }

    async fn nobody_hands_over_more_than_they_have(test) {
        let desk = desk(&test.db).await;
        desk.give(staff(1), &["lead"]).await;
        let lead = desk.as_staff(staff(1), true);
        desk.access.set_roles(&lead, staff(2), &names(&["agent"])).await.unwrap();
        // The auditor reads further than the lead does.
        for beyond in ["auditor", ADMINISTRATOR] {
            let refused = desk.access.set_roles(&lead, staff(2), &names(&["agent", beyond])).await;
            assert!(matches!(refused, Err(SetRolesError::Beyond(role)) if role == beyond));
            let oneself = desk.access.set_roles(&lead, staff(1), &names(&["lead", beyond])).await;
            assert!(matches!(oneself, Err(SetRolesError::Beyond(_))));
        }
        assert_eq!(desk.roles_of(staff(2)).await, ["agent"]);
    }

    async fn nobody_takes_what_they_could_not_give(test) {
        let desk = desk(&test.db).await;
        desk.give(staff(1), &["lead"]).await;
        desk.give(staff(2), &[ADMINISTRATOR]).await;
        desk.give(staff(3), &[ADMINISTRATOR]).await;
        let refused = desk.access.set_roles(&desk.as_staff(staff(1), true), staff(2), &[]).await;
        assert!(matches!(refused, Err(SetRolesError::Beyond(_))));
    }

    async fn an_administrator_hands_over_everything(test) {
        let desk = desk(&test.db).await;
        desk.give(staff(1), &[ADMINISTRATOR]).await;
        let admin = desk.as_staff(staff(1), true);
        desk.access.set_roles(&admin, staff(2), &names(&["auditor", ADMINISTRATOR])).await.unwrap();
        assert_eq!(desk.roles_of(staff(2)).await, [ADMINISTRATOR, "auditor"]);
    }

    async fn handing_over_needs_somebody_and_a_fresh_factor(test) {
        let desk = desk(&test.db).await;
        desk.give(staff(1), &[ADMINISTRATOR]).await;
        let stale = desk.access.set_roles(&desk.as_staff(staff(1), false), staff(2), &[]).await;
        assert!(matches!(stale, Err(SetRolesError::Denied(Denied::StepUp("roles.assign")))));
        let nobody = desk.access.set_roles(&desk.world.ctx(Actor::Nobody), staff(2), &[]).await;
        assert!(matches!(nobody, Err(SetRolesError::Denied(Denied::Unauthenticated))));
    }

    async fn the_last_administrator_stays(test) {
        let desk = desk(&test.db).await;
        desk.give(staff(1), &[ADMINISTRATOR]).await;
        let last = desk.access.set_roles(&desk.system(), staff(1), &names(&["agent"])).await;
        assert!(matches!(last, Err(SetRolesError::LastAdministrator)));
        let mut tx = desk.db.begin().await.unwrap();
        let leaving = desk.access.release_in(&mut tx, &desk.system(), staff(1)).await;
        assert!(matches!(leaving, Err(SetRolesError::LastAdministrator)));
        drop(tx);
        assert_eq!(desk.roles_of(staff(1)).await, [ADMINISTRATOR]);
    }

    async fn of_two_administrators_who_remove_each_other_one_stays(test) {
        let desk = desk(&test.db).await;
        desk.give(staff(1), &[ADMINISTRATOR]).await;
        desk.give(staff(2), &[ADMINISTRATOR]).await;
        let tasks = [(1, 2), (2, 1)].map(|(by, of)| {
            let (access, ctx) = (desk.access.clone(), desk.as_staff(staff(by), true));
            tokio::spawn(async move { access.set_roles(&ctx, staff(of), &[]).await.is_ok() })
        });
        let mut removed = 0;
        for task in tasks {
            removed += i32::from(task.await.unwrap());
        }
        assert_eq!(removed, 1);
    }

    async fn teams_have_names_of_their_own(test) {
        let desk = desk(&test.db).await;
        let ctx = desk.system();
        let second = desk.access.create_team(&ctx, " Second level ").await.unwrap();
        let first = desk.access.create_team(&ctx, "First level").await.unwrap();
        assert!(matches!(desk.access.create_team(&ctx, "First level").await, Err(CreateTeamError::Taken)));
        for bad in ["", " ", "a\nb", &"x".repeat(129)] {
            assert!(matches!(desk.access.create_team(&ctx, bad).await, Err(CreateTeamError::Name)), "{bad:?}");
        }
        assert_eq!(second.name, "Second level");
        assert_eq!(desk.access.teams(&ctx).await.unwrap(), [first, second]);
        let nobody = desk.world.ctx(Actor::Nobody);
        assert!(matches!(desk.access.teams(&nobody).await, Err(CreateTeamError::Denied(_))));
        assert!(matches!(desk.access.create_team(&nobody, "x").await, Err(CreateTeamError::Denied(_))));
    }

    async fn membership_is_replaced_and_told(test) {
        let desk = desk(&test.db).await;
        let ctx = desk.system();
        let one = desk.access.create_team(&ctx, "One").await.unwrap().id;
        let two = desk.access.create_team(&ctx, "Two").await.unwrap().id;
        desk.access.set_teams(&ctx, staff(1), &[one]).await.unwrap();
        desk.access.set_teams(&ctx, staff(1), &[two, two]).await.unwrap();
        desk.access.set_teams(&ctx, staff(1), &[two]).await.unwrap();
        let rights = desk.access.rights_of(&mut desk.db.snapshot().await.unwrap(), staff(1)).await.unwrap();
        assert_eq!(rights.teams, [(two, "Two".to_owned())]);
        assert_eq!(desk.events("access.teams-changed").await, 2);
        let unknown = wd_kernel::TeamId::from_uuid(uuid::Uuid::nil());
        assert!(matches!(desk.access.set_teams(&ctx, staff(1), &[unknown]).await, Err(SetTeamsError::Unknown(_))));
    }

    async fn who_leaves_has_no_roles_and_teams(test) {
        let desk = desk(&test.db).await;
        let ctx = desk.system();
        let team = desk.access.create_team(&ctx, "One").await.unwrap().id;
        desk.give(staff(1), &["agent"]).await;
        desk.access.set_teams(&ctx, staff(1), &[team]).await.unwrap();
        let mut tx = desk.db.begin().await.unwrap();
        desk.access.release_in(&mut tx, &ctx, staff(1)).await.unwrap();
        tx.commit().await.unwrap();
        let rights = desk.access.rights_of(&mut desk.db.snapshot().await.unwrap(), staff(1)).await.unwrap();
        assert_eq!(rights, crate::Rights::default());
    }

    async fn letting_somebody_go_needs_none_of_their_rights_but_of_an_administrator_it_needs_an_administrator(test) {
        let desk = desk(&test.db).await;
        desk.give(staff(1), &["lead"]).await;
        desk.give(staff(2), &["auditor"]).await;
        desk.give(staff(3), &[ADMINISTRATOR]).await;
        desk.give(staff(4), &["auditor", ADMINISTRATOR]).await;
        let lead = desk.as_staff(staff(1), true);
        let mut tx = desk.db.begin().await.unwrap();
        // The auditor reads further than the lead does.
        desk.access.release_in(&mut tx, &lead, staff(2)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(desk.roles_of(staff(2)).await, Vec::<String>::new());
        let mut tx = desk.db.begin().await.unwrap();
        let refused = desk.access.release_in(&mut tx, &lead, staff(4)).await;
        assert!(matches!(refused, Err(SetRolesError::Beyond(role)) if role == ADMINISTRATOR));
        drop(tx);
        assert_eq!(desk.roles_of(staff(4)).await, [ADMINISTRATOR, "auditor"]);
        let mut tx = desk.db.begin().await.unwrap();
        desk.access.release_in(&mut tx, &desk.as_staff(staff(3), true), staff(4)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(desk.roles_of(staff(4)).await, Vec::<String>::new());
    }
}
