//! What a use case is given besides its input: who acts, the clock, chance, and the decision about rights.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicI64, AtomicU64, Ordering},
};

use uuid::{Builder, Uuid};

use crate::{Actor, Decide, Denied, Duration, Id, Permission, Permit, RequestId, Scope, StaffActor, Timestamp, b64u};

/// The only source of time.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// The only source of randomness; cryptographically strong outside tests.
pub trait Entropy: Send + Sync {
    /// Fills the buffer.
    fn fill(&self, buffer: &mut [u8]);
}

/// The parts of a [`Ctx`] that are the same for every request of a process.
#[derive(Clone)]
pub struct World {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub entropy: Arc<dyn Entropy>,
    /// Rights.
    pub decide: Arc<dyn Decide>,
}

impl World {
    /// A context for one request or job of this actor.
    pub fn ctx(&self, actor: Actor) -> Ctx {
        let request = new_id(self.entropy.as_ref(), self.clock.now());
        Ctx {
            actor,
            request,
            world: self.clone(),
        }
    }
}

/// Who acts, when, and with what rights.
#[derive(Clone)]
pub struct Ctx {
    /// Who acts.
    pub actor: Actor,
    /// The request's id, as logs and problems name it.
    pub request: RequestId,
    world: World,
}

impl Ctx {
    /// Now.
    pub fn now(&self) -> Timestamp {
        self.world.clock.now()
    }

    /// A new id: UUIDv7 from the context's clock and entropy.
    pub fn id<I: Id>(&self) -> I {
        new_id(self.world.entropy.as_ref(), self.now())
    }

    /// Random bytes.
    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.world.entropy.fill(&mut bytes);
        bytes
    }

    /// A token of 256 random bits as text; store only its hash.
    pub fn token(&self) -> String {
        b64u::encode(self.random::<32>())
    }

    /// The source of randomness, for libraries that fill buffers themselves.
    pub fn entropy(&self) -> &dyn Entropy {
        self.world.entropy.as_ref()
    }

    /// The same circumstances with another actor: what Wardesk does on somebody's behalf.
    #[must_use]
    pub fn acting_as(&self, actor: Actor) -> Self {
        Self {
            actor,
            request: self.request,
            world: self.world.clone(),
        }
    }

    /// The same circumstances at one moment: however often it is asked, the time is that of this call. For what is
    /// judged by a time that is then written down.
    #[must_use]
    pub fn in_one_moment(&self) -> Self {
        Self {
            actor: self.actor.clone(),
            request: self.request,
            world: World {
                clock: Arc::new(Moment(self.now())),
                ..self.world.clone()
            },
        }
    }

    /// The right `P` for the scope, or why not. A permission with step-up also needs a fresh second factor.
    pub fn require<P: Permission>(&self, scope: Scope) -> Result<Permit<P>, Denied> {
        if self.actor == Actor::Nobody {
            return Err(Denied::Unauthenticated);
        }
        if !self.world.decide.allows(&self.actor, P::NAME, scope) {
            return Err(Denied::Forbidden(P::NAME));
        }
        if P::STEP_UP {
            self.fresh_factor(P::NAME)?;
        }
        Ok(Permit::new(scope))
    }

    /// Whether the actor holds the right `P` for the scope, for what is merely shown or left out.
    pub fn holds<P: Permission>(&self, scope: Scope) -> bool {
        self.actor != Actor::Nobody && self.world.decide.allows(&self.actor, P::NAME, scope)
    }

    /// The staff member of this request.
    pub fn staff(&self) -> Result<&StaffActor, Denied> {
        self.actor.staff().ok_or(Denied::Unauthenticated)
    }

    /// Refuses a staff member whose second factor is not fresh; what the system does needs none, nor does a directory,
    /// which has none and whose few rights are a closed list.
    pub fn fresh_factor(&self, what: &'static str) -> Result<(), Denied> {
        match &self.actor {
            Actor::System(_) | Actor::Directory(_) => Ok(()),
            Actor::Staff(staff) if staff.stepped_up_until.is_some_and(|until| until > self.now()) => Ok(()),
            _ => Err(Denied::StepUp(what)),
        }
    }
}

fn new_id<I: Id>(entropy: &dyn Entropy, now: Timestamp) -> I {
    let mut random = [0; 10];
    entropy.fill(&mut random);
    let millis = u64::try_from(now.millis()).unwrap_or(0);
    I::from_uuid(Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
}

/// A clock that stands.
struct Moment(Timestamp);

impl Clock for Moment {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// A clock that tests move by hand.
#[derive(Debug)]
pub struct HandClock(AtomicI64);

impl HandClock {
    /// Starts at the given instant.
    pub const fn at(start: Timestamp) -> Self {
        Self(AtomicI64::new(start.micros()))
    }

    /// Moves on.
    pub fn advance(&self, span: Duration) {
        self.0
            .fetch_add(i64::try_from(span.as_micros()).unwrap_or(i64::MAX), Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}

/// Repeatable numbers for tests (SplitMix64). Never for secrets.
#[derive(Debug)]
pub struct SeededEntropy {
    state: AtomicU64,
    order: Mutex<()>,
}

impl SeededEntropy {
    /// Starts from a seed.
    pub const fn new(seed: u64) -> Self {
        Self {
            state: AtomicU64::new(seed),
            order: Mutex::new(()),
        }
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        let _order = self.order.lock().unwrap_or_else(PoisonError::into_inner);
        for chunk in buffer.chunks_mut(8) {
            let mut z = self
                .state
                .fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed)
                .wrapping_add(0x9E37_79B9_7F4A_7C15);
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            for (to, from) in chunk.iter_mut().zip((z ^ (z >> 31)).to_le_bytes()) {
                *to = from;
            }
        }
    }
}

impl From<Uuid> for RequestId {
    fn from(uuid: Uuid) -> Self {
        Self::from_uuid(uuid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SessionId, StaffId};

    struct Always(bool);
    impl Decide for Always {
        fn allows(&self, _: &Actor, _: &'static str, _: Scope) -> bool {
            self.0
        }
    }
    crate::permissions! {
        /// A plain right.
        Look = "thing.look";
        /// A dangerous one.
        Burn = "thing.burn", step_up = true;
    }

    #[test]
    fn a_list_of_permissions_names_them_all() {
        assert_eq!(ALL, ["thing.look", "thing.burn"]);
    }

    fn world(allow: bool) -> World {
        World {
            clock: Arc::new(HandClock::at(Timestamp::from_seconds(1000))),
            entropy: Arc::new(SeededEntropy::new(1)),
            decide: Arc::new(Always(allow)),
        }
    }

    fn staff(stepped_up_until: Option<Timestamp>) -> Actor {
        let id = StaffId::from_uuid(Uuid::from_u128(1));
        Actor::Staff(Arc::new(StaffActor {
            id,
            session: SessionId::from_uuid(Uuid::from_u128(2)),
            roles: vec![],
            teams: vec![],
            stepped_up_until,
        }))
    }

    #[test]
    fn nobody_holds_nothing_even_if_policy_says_yes() {
        assert_eq!(
            world(true)
                .ctx(Actor::Nobody)
                .require::<Look>(Scope::ORGANISATION)
                .unwrap_err(),
            Denied::Unauthenticated
        );
    }

    #[test]
    fn a_refusal_names_the_right() {
        assert_eq!(
            world(false)
                .ctx(staff(None))
                .require::<Look>(Scope::ORGANISATION)
                .unwrap_err(),
            Denied::Forbidden("thing.look")
        );
    }

    #[test]
    fn a_dangerous_right_needs_a_fresh_factor() {
        let stale = world(true).ctx(staff(Some(Timestamp::from_seconds(1000))));
        assert_eq!(
            stale.require::<Burn>(Scope::ORGANISATION).unwrap_err(),
            Denied::StepUp("thing.burn")
        );
        let fresh = world(true).ctx(staff(Some(Timestamp::from_seconds(1001))));
        assert!(fresh.require::<Burn>(Scope::ORGANISATION).is_ok());
    }

    #[test]
    fn ids_of_one_context_differ_and_sort_by_time() {
        let clock = Arc::new(HandClock::at(Timestamp::from_seconds(1000)));
        let world = World {
            clock: clock.clone(),
            ..world(true)
        };
        let first: StaffId = world.ctx(Actor::Nobody).id();
        clock.advance(Duration::from_millis(1));
        let second: StaffId = world.ctx(Actor::Nobody).id();
        assert!(first < second);
    }
}
