//! Use cases on both databases, with made-up people. The server cannot open anything, so random bytes of the right
//! length stand for what devices seal.

mod entries;
mod folders;
mod leaving;
mod opening;
mod rekeying;
mod reminding;
mod sharing;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard},
};

use async_trait::async_trait;
use wd_audit_log::AuditFilter;
use wd_authz::{Authz, Grant};
use wd_crypto::jws::SigningKey;
use wd_db::{DbError, Tx, testing::TestDb};
use wd_kernel::{
    Actor, Bytes, Ctx, DeviceId, Duration, HandClock, Id as _, PageQuery, PublicKey, Reach, SeededEntropy, SessionId,
    Signature, StaffActor, StaffId, TeamId, Timestamp, VaultEntryId, VaultFolderId, World,
};

use crate::{
    ChangedEntry, DeviceShare, Folder, MIGRATIONS, NamedMember, NewEntries, NewEntry, NewFolder, NewFolderKey, Opening,
    People, Rekeying, Role, StaffDevice, TeamVault, TeamVaultError, model, permissions,
};

const START: i64 = 1_700_000_000;
const ALL: &[wd_db::Migrations] = &[MIGRATIONS, wd_audit_log::MIGRATIONS];

/// The lead and two agents of a team, and an agent of another team.
const LEA: u128 = 1;
const ADA: u128 = 2;
const BEN: u128 = 3;
const ZOE: u128 = 9;

#[derive(Default)]
struct Crew {
    teams: BTreeMap<TeamId, BTreeSet<StaffId>>,
    active: BTreeSet<StaffId>,
    devices: BTreeMap<StaffId, Vec<u128>>,
    /// Devices whose statement has ended.
    away: BTreeSet<u128>,
}

#[derive(Clone, Default)]
struct Town(Arc<Mutex<Crew>>);

impl Town {
    fn crew(&self) -> MutexGuard<'_, Crew> {
        self.0.lock().unwrap()
    }
}

#[async_trait]
impl People for Town {
    async fn of_team(&self, _: &mut Tx, team: TeamId) -> Result<Vec<StaffId>, DbError> {
        Ok(self.crew().teams.get(&team).into_iter().flatten().copied().collect())
    }

    async fn names(&self, _: &mut Tx, staff: &[StaffId]) -> Result<HashMap<StaffId, String>, DbError> {
        let crew = self.crew();
        let active = staff.iter().filter(|id| crew.active.contains(id));
        Ok(active.map(|id| (*id, format!("name of {id}"))).collect())
    }

    async fn devices(&self, _: &mut Tx, _: &Ctx, staff: StaffId) -> Result<Vec<StaffDevice>, DbError> {
        let crew = self.crew();
        let numbers = crew.devices.get(&staff).into_iter().flatten();
        Ok(numbers
            .map(|number| StaffDevice {
                device: device(*number),
                mls_key: PublicKey(signing(*number).public()),
                statement: format!("statement of {number}"),
                current: !crew.away.contains(number),
            })
            .collect())
    }
}

struct Bench {
    vault: TeamVault,
    town: Town,
    world: World,
    clock: Arc<HandClock>,
}

impl Bench {
    fn new(test: &TestDb) -> Self {
        let authz = Authz::default();
        let grant = |role: &str, permission: &str, reach| Grant {
            role: role.into(),
            permission: permission.into(),
            reach,
        };
        let grants = [
            grant("agent", "team_vault.use", Reach::Organisation),
            grant("lead", "team_vault.use", Reach::Organisation),
            grant("agent", "team_vault.open_all", Reach::Organisation),
            grant("lead", "team_vault.open_all", Reach::Organisation),
            grant("lead", "team_vault.manage", Reach::Team),
        ];
        authz.load(&grants, permissions::ALL).unwrap();
        let clock = Arc::new(HandClock::at(Timestamp::from_seconds(START)));
        let world = World {
            clock: clock.clone(),
            entropy: Arc::new(SeededEntropy::new(3)),
            decide: Arc::new(authz),
        };
        let town = Town::default();
        {
            let mut crew = town.crew();
            crew.teams.insert(team(1), [LEA, ADA, BEN].map(staff).into());
            crew.teams.insert(team(2), [staff(ZOE)].into());
            for number in [LEA, ADA, BEN, ZOE] {
                crew.active.insert(staff(number));
                crew.devices.insert(staff(number), vec![number]);
            }
        }
        Self {
            vault: TeamVault::new(test.db.clone(), Arc::new(town.clone())),
            town,
            world,
            clock,
        }
    }

    /// A person who showed their second factor a moment ago.
    fn of(&self, number: u128) -> Ctx {
        self.with(number, Some(self.clock_now() + 600))
    }

    fn with(&self, number: u128, fresh_until: Option<i64>) -> Ctx {
        let role = if number == LEA { "lead" } else { "agent" };
        let crew = self.town.crew();
        let teams = crew.teams.iter().filter(|(_, people)| people.contains(&staff(number)));
        self.world.ctx(Actor::Staff(Arc::new(StaffActor {
            id: staff(number),
            session: SessionId::from_uuid(uuid::Uuid::from_u128(number)),
            roles: vec![role.into()],
            teams: teams.map(|(team, _)| *team).collect(),
            stepped_up_until: fresh_until.map(Timestamp::from_seconds),
        })))
    }

    fn clock_now(&self) -> i64 {
        self.world.clock.now().seconds()
    }

    /// Team 1's folder, made by its lead for the devices of all three.
    async fn folder(&self) -> Folder {
        let new = self.new_folder(1, Some(team(1)), LEA, &[LEA, ADA, BEN]);
        self.vault.create_folder(&self.of(LEA), new).await.unwrap()
    }

    fn new_folder(&self, id: u128, team: Option<TeamId>, maker: u128, devices: &[u128]) -> NewFolder {
        NewFolder {
            id: folder(id),
            team,
            team_role: Role::Change,
            members: vec![],
            name: bytes(1, 284),
            key: self.new_key(folder(id), 1, maker, devices),
        }
    }

    fn new_key(&self, id: VaultFolderId, version: i64, maker: u128, devices: &[u128]) -> NewFolderKey {
        let commitment = PublicKey([u8::try_from(version).unwrap(); 32]);
        let at = self.clock_now();
        let signature = signing(maker).sign_raw(&model::signed(id, version, &commitment, at));
        NewFolderKey {
            commitment,
            device: device(maker),
            at,
            signature: Signature(signature.try_into().unwrap()),
            shares: devices.iter().map(|number| share(*number)).collect(),
        }
    }

    fn rekeying(&self, id: VaultFolderId, version: i64, maker: u128, devices: &[u128]) -> Rekeying {
        Rekeying {
            version,
            key: self.new_key(id, version, maker, devices),
            previous: bytes(2, 60),
            name: bytes(3, 284),
        }
    }

    async fn add(&self, who: u128, id: VaultFolderId, number: u128) -> Result<(), TeamVaultError> {
        let new = NewEntries {
            key_version: 1,
            entries: vec![entry(number)],
        };
        self.vault.add_entries(&self.of(who), id, &new).await
    }

    async fn open(&self, who: u128, number: u128) -> Result<crate::OpenedEntry, TeamVaultError> {
        let wish = Opening {
            device: device(who),
            version: None,
        };
        self.vault.open_entry(&self.of(who), entry_id(number), &wish).await
    }

    async fn seen(&self, who: u128) -> Vec<Folder> {
        self.vault.folders(&self.of(who), device(who)).await.unwrap()
    }

    async fn audited(&self, action: &str) -> usize {
        let mut tx = self.vault.db.begin().await.unwrap();
        let filter = AuditFilter {
            action: Some(action.into()),
            ..AuditFilter::default()
        };
        let page = wd_audit_log::list(&mut tx, &filter, &PageQuery::default())
            .await
            .unwrap();
        page.items.len()
    }
}

fn staff(number: u128) -> StaffId {
    StaffId::from_uuid(uuid::Uuid::from_u128(number))
}

fn team(number: u128) -> TeamId {
    TeamId::from_uuid(uuid::Uuid::from_u128(number))
}

fn device(number: u128) -> DeviceId {
    DeviceId::from_uuid(uuid::Uuid::from_u128(number))
}

fn folder(number: u128) -> VaultFolderId {
    VaultFolderId::from_uuid(uuid::Uuid::from_u128(number))
}

fn entry_id(number: u128) -> VaultEntryId {
    VaultEntryId::from_uuid(uuid::Uuid::from_u128(number))
}

fn signing(number: u128) -> SigningKey {
    SigningKey::from_seed(&[u8::try_from(number).unwrap(); 32]).unwrap()
}

fn bytes(fill: u8, length: usize) -> Bytes {
    Bytes(vec![fill; length])
}

fn share(number: u128) -> DeviceShare {
    DeviceShare {
        device: device(number),
        sealed: bytes(u8::try_from(number).unwrap(), 80),
    }
}

fn entry(number: u128) -> NewEntry {
    let fill = u8::try_from(number % 251).unwrap();
    NewEntry {
        id: entry_id(number),
        wrapped: bytes(fill, 60),
        list: bytes(fill, 284),
        secret: bytes(fill, 284),
        due_on: None,
    }
}

fn changed(version: i64, key_version: i64, new_secret: bool) -> ChangedEntry {
    let fill = u8::try_from(version).unwrap();
    ChangedEntry {
        version,
        key_version,
        wrapped: bytes(fill, 60),
        list: bytes(fill, 284),
        secret: bytes(fill, 540),
        due_on: None,
        new_secret,
    }
}

fn named(number: u128, role: Role) -> NamedMember {
    NamedMember {
        staff: staff(number),
        role,
    }
}

const HOUR: Duration = Duration::from_secs(3600);
