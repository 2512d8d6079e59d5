//! Who of the staff has a socket open, here and at other nodes. A node repeats itself, so that one that died is forgotten.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use wd_bus::{Bus, BusMessage};
use wd_kernel::{Duration, StaffId, Timestamp, World, b64u};

use super::frame::PresenceAt;

const REPEAT: Duration = Duration::from_secs(30);
const FORGET: Duration = Duration::from_secs(90);

/// Clones share what is known.
#[derive(Clone)]
pub(crate) struct Online(Arc<Inner>);

struct Inner {
    node: String,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// How many sockets each has here.
    here: HashMap<StaffId, usize>,
    elsewhere: HashMap<String, (Timestamp, Vec<StaffId>)>,
}

impl Online {
    pub(crate) fn new(world: &World) -> Self {
        let mut node = [0; 8];
        world.entropy.fill(&mut node);
        Self(Arc::new(Inner {
            node: b64u::encode(node),
            state: Mutex::default(),
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everybody who is reachable.
    pub(super) fn everybody(&self) -> BTreeSet<StaffId> {
        let state = self.state();
        state
            .here
            .keys()
            .copied()
            .chain(state.elsewhere.values().flat_map(|(_, staff)| staff.iter().copied()))
            .collect()
    }

    /// Counts a socket and tells the others when it is the first.
    pub(super) async fn arrive(&self, bus: &Bus, staff: StaffId) {
        *self.state().here.entry(staff).or_insert(0) += 1;
        self.tell(bus).await;
    }

    /// Counts a socket out.
    pub(super) async fn leave(&self, bus: &Bus, staff: StaffId) {
        {
            let mut state = self.state();
            if let Some(count) = state.here.get_mut(&staff) {
                *count -= 1;
                if *count == 0 {
                    state.here.remove(&staff);
                }
            }
        }
        self.tell(bus).await;
    }

    async fn tell(&self, bus: &Bus) {
        let staff = self.state().here.keys().copied().collect();
        let said = PresenceAt {
            node: self.0.node.clone(),
            staff,
        };
        if let Ok(payload) = serde_json::to_string(&said) {
            // Presence repeats itself: a message that is lost does no harm.
            let _ = bus
                .publish(BusMessage {
                    topic: PresenceAt::TOPIC.into(),
                    payload,
                })
                .await;
        }
    }

    /// Repeats what is so here, and forgets nodes that no longer do. Runs until the task is dropped.
    pub(crate) async fn run(self, bus: Bus, world: World) {
        let mut again = tokio::time::interval(REPEAT);
        loop {
            again.tick().await;
            let now = world.clock.now();
            self.state().elsewhere.retain(|_, (at, _)| now.since(*at) < FORGET);
            self.tell(&bus).await;
        }
    }

    /// A node said who is there.
    pub(super) fn hear(&self, said: &PresenceAt, now: Timestamp) {
        if said.node != self.0.node {
            self.state()
                .elsewhere
                .insert(said.node.clone(), (now, said.staff.clone()));
        }
    }
}

impl wd_flows::staff::Presence for Online {
    fn is_online(&self, staff: StaffId) -> bool {
        let state = self.state();
        state.here.contains_key(&staff) || state.elsewhere.values().any(|(_, there)| there.contains(&staff))
    }
}
