//! Staff with roles and teams on both databases, and through the router.

use std::sync::Arc;

use async_trait::async_trait;
use axum::{
    Extension, Router,
    body::{Body, to_bytes},
    http::{Request, header},
};
use serde_json::{Value, json};
use tower::ServiceExt as _;
use wd_access::{ADMINISTRATOR, Access, RoleSpec, SetRolesError};
use wd_db::{Db, DbError, Migrations, Tx, both_databases};
use wd_identity::{Client, Identity, IdentitySettings, Leavers};
use wd_kernel::{
    Actor, Ctx, Decide, Duration, HandClock, Id as _, Reach, Scope, SecretString, SeededEntropy, SessionId, StaffActor,
    StaffId, Timestamp, World,
};

use super::{NewStaff, Presence, RightsFromAccess, StaffFlowError, StaffFlows};

const SCHEMA: &[Migrations] = &[
    wd_identity::MIGRATIONS,
    wd_access::MIGRATIONS,
    wd_audit_log::MIGRATIONS,
    wd_vault::MIGRATIONS,
];

/// Agents see colleagues; administrators and the command line do everything.
struct ByRole;

impl Decide for ByRole {
    fn allows(&self, actor: &Actor, permission: &'static str, _: Scope) -> bool {
        match actor {
            Actor::System(_) => true,
            Actor::Staff(staff) => staff.roles.iter().any(|role| role == ADMINISTRATOR) || permission == "teams.read",
            Actor::Nobody | Actor::Customer { .. } | Actor::Directory(_) => false,
        }
    }
}

struct NoDevices;

#[async_trait]
impl Leavers for NoDevices {
    async fn left(&self, _: &mut Tx, _: &Ctx, _: StaffId) -> Result<(), DbError> {
        Ok(())
    }

    async fn started_over(&self, _: &mut Tx, _: &Ctx, _: StaffId, _: Option<Timestamp>) -> Result<(), DbError> {
        Ok(())
    }
}

struct Nowhere;

impl Presence for Nowhere {
    fn is_online(&self, _: StaffId) -> bool {
        false
    }
}

struct Desk {
    flows: StaffFlows,
    identity: Identity,
    access: Access,
    world: World,
    clock: Arc<HandClock>,
}

async fn desk(db: &Db) -> Desk {
    let clock = Arc::new(HandClock::at(Timestamp::from_seconds(1_800_000_000)));
    let world = World {
        clock: clock.clone(),
        entropy: Arc::new(SeededEntropy::new(7)),
        decide: Arc::new(ByRole),
    };
    let access = Access::new(db.clone());
    let grant = |permission| (permission, Reach::Organisation);
    let roles = [
        RoleSpec {
            name: ADMINISTRATOR,
            title: "Administrator",
            grants: vec![grant("staff.invite")],
        },
        RoleSpec {
            name: "agent",
            title: "Agent",
            grants: vec![grant("teams.read")],
        },
    ];
    access.ensure_roles(&roles).await.unwrap();
    let settings = IdentitySettings {
        organisation_name: "Analytical Engines".into(),
        rp_id: "localhost".into(),
        origin: "http://localhost:8080".parse().unwrap(),
    };
    let vault = wd_vault::testing::vault(db).await;
    let rights = Arc::new(RightsFromAccess(access.clone()));
    let identity = Identity::new(db.clone(), vault, settings, rights, Arc::new(NoDevices)).unwrap();
    let flows = StaffFlows::new(db.clone(), identity.clone(), access.clone(), Arc::new(Nowhere));
    Desk {
        flows,
        identity,
        access,
        world,
        clock,
    }
}

fn agent(login: &str) -> NewStaff {
    NewStaff {
        login: login.into(),
        name: "Somebody".into(),
        roles: vec!["agent".into()],
        teams: vec![],
    }
}

impl Desk {
    fn system(&self) -> Ctx {
        self.world.ctx(Actor::System("command line"))
    }

    fn as_staff(&self, id: StaffId, role: &str) -> Ctx {
        let now = self.system().now();
        self.world.ctx(Actor::Staff(Arc::new(StaffActor {
            id,
            session: SessionId::from_uuid(wd_kernel::Id::uuid(id)),
            roles: vec![role.into()],
            teams: vec![],
            stepped_up_until: Some(now + Duration::from_mins(10)),
        })))
    }

    /// Accepts a link and sets up an app: the token of the session.
    async fn set_up(&self, url: &str) -> SecretString {
        let ctx = self.world.ctx(Actor::Nobody);
        let link = SecretString::new(url.rsplit('/').next().unwrap());
        let client = Client {
            device: None,
            address: [192, 0, 2, 1].into(),
            user_agent: "Firefox".into(),
        };
        // Another one with each link: the present one is not taken again.
        let password = SecretString::new(format!("marble otter {}", link.expose()));
        let enrol = self
            .identity
            .accept_invitation(&ctx, &link, &password, &client)
            .await
            .unwrap()
            .token;
        let made = self.identity.begin_totp(&ctx, Some(&enrol)).await.unwrap();
        let key = totp_rs::Secret::try_from_base32(made.secret.expose()).unwrap();
        let app = totp_rs::Builder::new()
            .with_secret(key.as_bytes().to_vec())
            .build()
            .unwrap();
        let code = app.generate(u64::try_from(ctx.now().seconds()).unwrap()).to_string();
        let code = SecretString::new(code);
        self.identity
            .confirm_totp(&ctx, Some(&enrol), made.id, &code)
            .await
            .unwrap()
            .token
            .unwrap()
    }

    /// An administrator who is set up.
    async fn administrator(&self, login: &str) -> (StaffId, SecretString) {
        let url = self
            .flows
            .administrator_link(&self.system(), login, "Ada")
            .await
            .unwrap();
        let token = self.set_up(&url).await;
        let found = self
            .identity
            .authenticate(&self.system(), &token)
            .await
            .unwrap()
            .unwrap();
        (found.staff, token)
    }

    async fn send(&self, ctx: Ctx, method: &str, path: &str, body: Value) -> (u16, Value) {
        let router: Router = super::router(self.flows.clone()).split_for_parts().0;
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/json");
        let request = request.body(Body::from(body.to_string())).unwrap();
        let response = router.layer(Extension(ctx)).oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let content = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, serde_json::from_slice(&content).unwrap_or(Value::Null))
    }
}

both_databases! { SCHEMA;
    async fn the_first_administrator_comes_by_a_link(test) {
        let desk = desk(&test.db).await;
        assert!(!desk.flows.has_administrator().await.unwrap());
        let (id, token) = desk.administrator("ada").await;
        assert!(desk.flows.has_administrator().await.unwrap());
        let Actor::Staff(actor) = desk.identity.actor(&desk.system(), &token).await.unwrap() else { panic!("nobody") };
        assert_eq!((actor.id, actor.roles.as_slice()), (id, [ADMINISTRATOR.to_owned()].as_slice()));
        let again = desk.flows.administrator_link(&desk.system(), "ada", "Ada").await;
        assert!(matches!(again, Err(StaffFlowError::AlreadySetUp)));
    }

    async fn a_lost_first_link_is_made_again(test) {
        let desk = desk(&test.db).await;
        let lost = desk.flows.administrator_link(&desk.system(), "ada", "Ada").await.unwrap();
        let new = desk.flows.administrator_link(&desk.system(), "ada", "Ada").await.unwrap();
        assert_ne!(lost, new);
        desk.set_up(&new).await;
    }

    async fn an_invitation_with_a_wrong_role_or_team_leaves_nobody_behind(test) {
        let desk = desk(&test.db).await;
        let (ada, _) = desk.administrator("ada").await;
        let ctx = desk.as_staff(ada, ADMINISTRATOR);
        let wrong = NewStaff { roles: vec!["king".into()], ..agent("grace") };
        assert!(matches!(desk.flows.invite(&ctx, &wrong).await, Err(StaffFlowError::Roles(SetRolesError::Unknown(_)))));
        let wrong = NewStaff { teams: vec![wd_kernel::TeamId::from_uuid(wd_kernel::Id::uuid(ada))], ..agent("grace") };
        assert!(matches!(desk.flows.invite(&ctx, &wrong).await, Err(StaffFlowError::Teams(_))));
        let invited = desk.flows.invite(&ctx, &agent("grace")).await.unwrap();
        assert_eq!(invited.staff.roles, ["agent"]);
    }

    async fn who_is_disabled_has_nothing_left(test) {
        let desk = desk(&test.db).await;
        let (ada, _) = desk.administrator("ada").await;
        let ctx = desk.as_staff(ada, ADMINISTRATOR);
        let team = desk.flows.create_team(&ctx, "First level").await.unwrap().id;
        let new = NewStaff { teams: vec![team], ..agent("grace") };
        let invited = desk.flows.invite(&ctx, &new).await.unwrap();
        let token = desk.set_up(&invited.invitation_url).await;
        let left = desk.flows.disable(&ctx, invited.staff.person.id).await.unwrap();
        assert_eq!((left.roles.len(), left.teams.len()), (0, 0));
        assert_eq!(desk.identity.actor(&ctx, &token).await.unwrap(), Actor::Nobody);
        let roles = desk.flows.set_roles(&ctx, invited.staff.person.id, &["agent".into()]).await;
        assert!(matches!(roles, Err(StaffFlowError::Left)));
        let teams = desk.flows.set_teams(&ctx, invited.staff.person.id, &[team]).await;
        assert!(matches!(teams, Err(StaffFlowError::Left)));
    }

    async fn the_last_administrator_who_can_sign_in_stays(test) {
        let desk = desk(&test.db).await;
        let (ada, token) = desk.administrator("ada").await;
        // Invited is not enough: nobody could sign in until the link is used.
        desk.flows.administrator_link(&desk.system(), "bob", "Bob").await.unwrap();
        let ctx = desk.as_staff(ada, ADMINISTRATOR);
        for refused in [desk.flows.disable(&ctx, ada).await, desk.flows.set_roles(&ctx, ada, &["agent".into()]).await] {
            assert!(matches!(refused, Err(StaffFlowError::Roles(SetRolesError::LastAdministrator))));
        }
        assert!(desk.identity.authenticate(&ctx, &token).await.unwrap().is_some(), "nothing happened");
        let (carol, _) = desk.administrator("carol").await;
        desk.flows.disable(&desk.as_staff(carol, ADMINISTRATOR), ada).await.unwrap();
    }

    async fn the_command_line_goes_by_login(test) {
        let desk = desk(&test.db).await;
        desk.administrator("ada").await;
        let (_, token) = desk.administrator("bob").await;
        assert_eq!(desk.flows.end_sessions(&desk.system(), "BOB").await.unwrap(), 1);
        assert!(desk.identity.authenticate(&desk.system(), &token).await.unwrap().is_none());
        let url = desk.flows.new_link(&desk.system(), "bob").await.unwrap();
        desk.set_up(&url).await;
        desk.flows.disable_login(&desk.system(), "bob").await.unwrap();
        assert!(matches!(desk.flows.disable_login(&desk.system(), "nobody").await, Err(StaffFlowError::Disable(_))));
    }

    async fn an_administrator_runs_the_staff_pages(test) {
        let desk = desk(&test.db).await;
        let (ada, _) = desk.administrator("ada").await;
        let admin = || desk.as_staff(ada, ADMINISTRATOR);
        let (status, team) = desk.send(admin(), "POST", "/api/v1/teams", json!({"name": "First level"})).await;
        assert_eq!((status, &team["name"]), (200, &json!("First level")));
        let (_, teams) = desk.send(admin(), "GET", "/api/v1/teams", json!(null)).await;
        assert_eq!(teams, json!({"items": [team]}));

        desk.clock.advance(Duration::from_secs(1));
        let invite = json!({"login": "grace", "name": "Grace Hopper", "roles": ["agent"], "teams": [team["id"]]});
        let (status, invited) = desk.send(admin(), "POST", "/api/v1/staff", invite.clone()).await;
        assert_eq!(status, 200);
        assert!(invited["invitation_url"].as_str().unwrap().starts_with("http://localhost:8080/console/#/welcome/"));
        let id = invited["staff"]["id"].as_str().unwrap();
        assert_eq!(invited["staff"], json!({
            "id": id, "login": "grace", "name": "Grace Hopper", "state": "invited", "roles": ["agent"],
            "teams": [team["id"]], "factors": [], "reachable": false, "last_sign_in_at": null,
        }));
        let (status, problem) = desk.send(admin(), "POST", "/api/v1/staff", invite).await;
        assert_eq!((status, &problem["fields"][0]["field"]), (422, &json!("login")));

        let path = format!("/api/v1/staff/{id}/roles");
        let (_, changed) = desk.send(admin(), "PUT", &path, json!({"roles": [ADMINISTRATOR]})).await;
        assert_eq!(changed["roles"], json!([ADMINISTRATOR]));
        let (_, changed) = desk.send(admin(), "PUT", &format!("/api/v1/staff/{id}/teams"), json!({"teams": []})).await;
        assert_eq!(changed["teams"], json!([]));

        let (_, page) = desk.send(admin(), "GET", "/api/v1/staff?limit=1", json!(null)).await;
        assert_eq!(page["items"][0]["login"], "ada");
        let next = format!("/api/v1/staff?after={}", page["next"].as_str().unwrap());
        let (_, page) = desk.send(admin(), "GET", &next, json!(null)).await;
        assert_eq!((&page["items"][0]["login"], &page["next"]), (&json!("grace"), &json!(null)));
        let (_, colleagues) = desk.send(admin(), "GET", "/api/v1/colleagues", json!(null)).await;
        assert_eq!(colleagues["items"], json!([{"id": ada.to_string(), "name": "Ada", "teams": [], "online": false}]));

        let (_, gone) = desk.send(admin(), "POST", &format!("/api/v1/staff/{id}/disable"), json!({})).await;
        assert_eq!((&gone["state"], &gone["roles"]), (&json!("disabled"), &json!([])));
        let (status, last) = desk.send(admin(), "POST", &format!("/api/v1/staff/{ada}/disable"), json!({})).await;
        assert_eq!((status, &last["code"]), (409, &json!("conflict")));
    }

    async fn an_agent_sees_colleagues_and_changes_nothing(test) {
        let desk = desk(&test.db).await;
        let (ada, _) = desk.administrator("ada").await;
        let agent = || desk.as_staff(ada, "agent");
        assert_eq!(desk.send(agent(), "GET", "/api/v1/colleagues", json!(null)).await.0, 200);
        assert_eq!(desk.send(agent(), "GET", "/api/v1/teams", json!(null)).await.0, 200);
        let invite = json!({"login": "x", "name": "X", "roles": [], "teams": []});
        let table = [
            ("GET", "/api/v1/staff".to_owned(), json!(null)),
            ("POST", "/api/v1/staff".to_owned(), invite),
            ("PUT", format!("/api/v1/staff/{ada}/roles"), json!({"roles": []})),
            ("PUT", format!("/api/v1/staff/{ada}/teams"), json!({"teams": []})),
            ("POST", format!("/api/v1/staff/{ada}/disable"), json!({})),
            ("POST", "/api/v1/teams".to_owned(), json!({"name": "x"})),
        ];
        for (method, path, body) in table {
            let (status, problem) = desk.send(agent(), method, &path, body.clone()).await;
            assert_eq!((status, &problem["code"]), (403, &json!("forbidden")), "{method} {path}");
            let (status, _) = desk.send(desk.world.ctx(Actor::Nobody), method, &path, body).await;
            assert_eq!(status, 401, "{method} {path}");
        }
        assert_eq!(desk.access.holders_in(&mut test.db.snapshot().await.unwrap(), ADMINISTRATOR).await.unwrap(), [ada]);
    }
}
