//! The domain on both databases, with a clock moved by hand.

mod api;
mod attacks;
pub(crate) mod authenticator;
mod blind_scan;
mod blind_scan_attacks;
mod breached_passwords;
mod concerned;
mod disabling;
mod factor_coverage;
mod factor_policy;
mod factors;
mod history;
mod invitations;
mod known_devices;
mod leaving;
mod mail_address;
mod makes;
mod makes_attacks;
mod oathtool;
mod passkeys;
mod password_hashing;
mod password_policy;
mod passwords;
mod provider;
mod re_proofing;
mod remembered;
mod session_policy;
mod sessions;
mod sign_in;
mod sign_in_risk;
mod sms;
mod sms_attacks;
mod waves;
mod waves_any;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use async_trait::async_trait;
use wd_db::{Db, DbError, Migrations, Tx, sql};
use wd_kernel::{
    Actor, Clock, Ctx, Decide, Duration, HandClock, Scope, SecretString, SeededEntropy, StaffId, Timestamp, World,
};

use crate::{
    Client, HashCost, Identity, IdentitySettings, Leavers, Privilege, RightsOf, SignInError, SignedIn, StaffRights,
    TotpSecret,
};

pub(crate) const SCHEMA: &[Migrations] = &[
    crate::MIGRATIONS,
    wd_audit_log::MIGRATIONS,
    wd_vault::MIGRATIONS,
    wd_sms::MIGRATIONS,
];
pub(crate) const PASSWORD: &str = "marble otter twelve pines";

/// A clock on which a moment passes whenever somebody looks, as on a real one.
struct Ticking(Arc<HandClock>);

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        self.0.advance(Duration::from_micros(1));
        self.0.now()
    }
}

struct AllButNobody;

impl Decide for AllButNobody {
    fn allows(&self, _: &Actor, _: &'static str, _: Scope) -> bool {
        true
    }
}

/// Everybody is an agent, but who was given other roles; some have privileges besides.
#[derive(Default)]
pub(crate) struct Roles {
    pub given: Mutex<Vec<(StaffId, Vec<String>)>>,
    pub privileges: Mutex<HashMap<StaffId, Privilege>>,
}

impl Roles {
    fn of(&self, staff: StaffId) -> Vec<String> {
        let given = self.given.lock().unwrap();
        let found = given.iter().rev().find(|(who, _)| *who == staff);
        found.map_or_else(|| vec!["agent".into()], |(_, roles)| roles.clone())
    }
}

#[async_trait]
impl RightsOf for Roles {
    async fn rights_of(&self, _: &mut Tx, staff: StaffId) -> Result<StaffRights, DbError> {
        Ok(StaffRights {
            roles: self.of(staff),
            teams: vec![],
            permissions: vec!["conversation.take".into()],
        })
    }

    async fn standing_of(&self, tx: &mut Tx, staff: StaffId) -> Result<(Vec<String>, Vec<wd_kernel::TeamId>), DbError> {
        let rights = self.rights_of(tx, staff).await?;
        Ok((rights.roles, rights.teams.into_iter().map(|(id, _)| id).collect()))
    }

    async fn roles(&self, _: &mut Tx) -> Result<Vec<(String, String)>, DbError> {
        Ok([
            ("agent", "Agent"),
            ("auditor", "Auditor"),
            ("security-officer", "Security officer"),
        ]
        .map(|(name, title)| (name.into(), title.into()))
        .into())
    }

    async fn assignments(&self, tx: &mut Tx) -> Result<Vec<(StaffId, String)>, DbError> {
        let all = sql!(tx, fetch_all as (StaffId,), "SELECT id FROM staff").await?;
        Ok(all
            .into_iter()
            .flat_map(|(id,)| self.of(id).into_iter().map(move |role| (id, role)))
            .collect())
    }

    async fn grants(&self, _: &mut Tx) -> Result<Vec<(String, String)>, DbError> {
        let grants = [
            ("agent", "conversation.take"),
            ("agent", "customer.read_contact"),
            ("auditor", "audit.read"),
            ("auditor", "audit.export"),
            ("security-officer", "settings.change"),
            ("security-officer", "roles.assign"),
        ];
        Ok(grants.map(|(role, right)| (role.into(), right.into())).into())
    }

    async fn memberships(&self, _: &mut Tx) -> Result<Vec<(StaffId, wd_kernel::TeamId)>, DbError> {
        Ok(vec![])
    }

    async fn privilege_of(&self, _: &mut Tx, staff: StaffId) -> Result<Privilege, DbError> {
        Ok(self.privileges.lock().unwrap().get(&staff).cloned().unwrap_or_default())
    }

    async fn administrators(&self, _: &mut Tx) -> Result<Vec<StaffId>, DbError> {
        let held = self.privileges.lock().unwrap();
        Ok(held
            .iter()
            .filter(|(_, privilege)| privilege.administrator)
            .map(|(id, _)| *id)
            .collect())
    }
}

#[derive(Default)]
pub(crate) struct Gone {
    pub who: Mutex<Vec<StaffId>>,
    /// Who started over, and since when what they got is taken away.
    pub anew: Mutex<Vec<(StaffId, Option<Timestamp>)>>,
    pub refuse: AtomicBool,
}

#[async_trait]
impl Leavers for Gone {
    async fn left(&self, _: &mut Tx, _: &Ctx, staff: StaffId) -> Result<(), DbError> {
        if self.refuse.load(Ordering::SeqCst) {
            return Err(DbError::Check);
        }
        self.who.lock().unwrap().push(staff);
        Ok(())
    }

    async fn started_over(&self, _: &mut Tx, _: &Ctx, staff: StaffId, since: Option<Timestamp>) -> Result<(), DbError> {
        self.anew.lock().unwrap().push((staff, since));
        Ok(())
    }
}

/// The domain with everything around it.
pub(crate) struct Desk {
    pub db: Db,
    pub identity: Identity,
    pub clock: Arc<HandClock>,
    pub world: World,
    pub gone: Arc<Gone>,
    pub roles: Arc<Roles>,
}

/// Somebody who is set up.
pub(crate) struct Person {
    pub id: StaffId,
    pub secret: Vec<u8>,
    pub codes: Vec<String>,
    pub token: SecretString,
}

/// A world whose clock is moved by hand.
pub(crate) fn world_with(clock: Arc<HandClock>) -> World {
    World {
        clock,
        entropy: Arc::new(SeededEntropy::new(7)),
        decide: Arc::new(AllButNobody),
    }
}

/// A desk whose passwords are hashed with next to no work: most of the time of these tests went into it.
pub(crate) async fn desk(db: &Db) -> Desk {
    let desk = desk_at_full_cost(db).await;
    desk.identity.hasher.set_cost(HashCost::NEXT_TO_NOTHING);
    desk
}

/// A desk whose passwords are hashed as in the product, for tests whose subject that is.
pub(crate) async fn desk_at_full_cost(db: &Db) -> Desk {
    let clock = Arc::new(HandClock::at(Timestamp::from_seconds(1_800_000_000)));
    let world = world_with(clock.clone());
    let gone = Arc::new(Gone::default());
    let roles = Arc::new(Roles::default());
    let settings = IdentitySettings {
        organisation_name: "Analytical Engines".into(),
        rp_id: "localhost".into(),
        origin: "http://localhost:8080".parse().unwrap(),
    };
    let vault = wd_vault::testing::vault(db).await;
    let identity = Identity::new(db.clone(), vault, settings, roles.clone(), gone.clone()).unwrap();
    Desk {
        db: db.clone(),
        identity,
        clock,
        world,
        gone,
        roles,
    }
}

pub(crate) fn client() -> Client {
    Client {
        address: [192, 0, 2, 1].into(),
        user_agent: "Firefox".into(),
        device: None,
    }
}

pub(crate) fn secret(text: &str) -> SecretString {
    SecretString::new(text)
}

impl Desk {
    pub fn nobody(&self) -> Ctx {
        self.world.ctx(Actor::Nobody)
    }

    pub fn admin(&self) -> Ctx {
        self.world.ctx(Actor::System("command line"))
    }

    /// The command line, while time goes on.
    pub fn admin_on_a_real_clock(&self) -> Ctx {
        let world = World {
            clock: Arc::new(Ticking(self.clock.clone())),
            ..self.world.clone()
        };
        world.ctx(Actor::System("command line"))
    }

    pub fn wait(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    pub fn code(&self, of: &[u8]) -> SecretString {
        let totp = totp_rs::Builder::new().with_secret(of.to_vec()).build().unwrap();
        SecretString::new(
            totp.generate(u64::try_from(self.clock.now().seconds()).unwrap())
                .to_string(),
        )
    }

    /// Invites somebody and sets the password: the token of the session that sets up the account.
    pub async fn joining(&self, login: &str) -> (StaffId, SecretString) {
        let invited = self
            .identity
            .invite(&self.admin(), login, "Grace Hopper")
            .await
            .unwrap();
        let entered = self
            .identity
            .accept_invitation(&self.nobody(), &invited.token, &secret(PASSWORD), &client())
            .await
            .unwrap();
        (invited.staff, entered.token)
    }

    /// Somebody with password and app, half a minute after the first code.
    pub async fn person(&self, login: &str) -> Person {
        let (id, enrol) = self.joining(login).await;
        let made = self.identity.begin_totp(&self.nobody(), Some(&enrol)).await.unwrap();
        let secret = bytes(&made);
        let added = self
            .identity
            .confirm_totp(&self.nobody(), Some(&enrol), made.id, &self.code(&secret))
            .await
            .unwrap();
        self.wait(30);
        Person {
            id,
            secret,
            codes: added.recovery_codes.unwrap(),
            token: added.token.unwrap(),
        }
    }

    pub async fn password(&self, login: &str, password: &str) -> Result<SignedIn, SignInError> {
        self.identity
            .sign_in_by_password(&self.nobody(), None, login, &secret(password), &client())
            .await
    }

    pub async fn pending(&self, login: &str) -> SecretString {
        self.password(login, PASSWORD).await.unwrap().token
    }

    /// Signs in with password and app.
    pub async fn full(&self, login: &str, person: &Person) -> SecretString {
        let pending = self.pending(login).await;
        let code = self.code(&person.secret);
        let entered = self
            .identity
            .sign_in_by_totp(&self.nobody(), Some(&pending), &code, &client())
            .await
            .unwrap();
        self.wait(30);
        entered.token
    }

    /// The same, some seconds later.
    pub async fn full_after(&self, login: &str, person: &Person, seconds: u64) -> SecretString {
        self.wait(seconds);
        self.full(login, person).await
    }

    pub async fn acting(&self, token: &SecretString) -> Ctx {
        let actor = self.identity.actor(&self.nobody(), token).await.unwrap();
        self.world.ctx(actor)
    }

    pub async fn alive(&self, token: &SecretString) -> bool {
        self.identity
            .authenticate(&self.nobody(), token)
            .await
            .unwrap()
            .is_some()
    }

    pub async fn count(&self, sql: &'static str) -> i64 {
        let mut tx = self.db.snapshot().await.unwrap();
        tx.fetch_one::<(i64,)>(sql, vec![]).await.unwrap().0
    }

    pub async fn events(&self, kind: &str) -> i64 {
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

    pub async fn entries(&self, action: &str, outcome: &str) -> i64 {
        let mut tx = self.db.snapshot().await.unwrap();
        let (count,) = sql!(
            tx,
            fetch_one as (i64,),
            "SELECT COUNT(*) FROM audit_entry WHERE action = $1 AND outcome = $2",
            action,
            outcome
        )
        .await
        .unwrap();
        count
    }
}

pub(crate) fn bytes(made: &TotpSecret) -> Vec<u8> {
    totp_rs::Secret::try_from_base32(made.secret.expose())
        .unwrap()
        .as_bytes()
        .to_vec()
}
