//! Passwords are hashed with argon2id on a fixed number of reusable blocks of memory. The blocks are the bound of
//! memory and processors at once: who finds none free waits in a short queue, and beyond it is told to come back.
//!
//! How much work a hash is may rise. A wrong password takes as long with a hash of before as with one of today, and as
//! long as an unknown name: otherwise the time would tell who is here.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use wd_kernel::{Ctx, Duration, SecretBytes};

use crate::{
    bounds::{Asks, Overloaded, Turns},
    hash_cost::HashCost,
    phc::StoredHash,
};

/// How many may wait for a block of memory.
const QUEUE: usize = 64;

/// KiB that are written at once when time is only spent.
const MOST_AT_ONCE: u32 = HashCost::LEAST.memory_kib;

/// The pool. Clones share it.
#[derive(Clone)]
pub(crate) struct Hasher(Arc<Pool>);

struct Pool {
    cost: RwLock<HashCost>,
    free: Mutex<Vec<Vec<Block>>>,
    turns: Turns,
}

impl Hasher {
    /// As many blocks as processors, at most four.
    pub fn new() -> Self {
        let size = std::thread::available_parallelism().map_or(1, usize::from).min(4);
        Self::of(size, QUEUE)
    }

    fn of(size: usize, queue: usize) -> Self {
        Self(Arc::new(Pool {
            cost: RwLock::new(HashCost::LEAST),
            free: Mutex::new(Vec::new()),
            turns: Turns::of(size, queue),
        }))
    }

    /// What a hash costs now.
    pub fn cost(&self) -> HashCost {
        *self.0.cost.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a hash costs from now on.
    pub fn set_cost(&self, cost: HashCost) {
        *self.0.cost.write().unwrap_or_else(PoisonError::into_inner) = cost;
    }

    /// Whether who asks now would be told to come back. It costs nothing to find out.
    pub fn is_full(&self, asks: Asks) -> bool {
        self.0.turns.is_full(asks)
    }

    /// Hashes a new password with a salt of its own.
    pub async fn hash(&self, ctx: &Ctx, password: SecretBytes) -> Result<StoredHash, Overloaded> {
        let (salt, cost) = (ctx.random::<16>(), self.cost());
        self.run(Asks::Known, move |memory| StoredHash {
            cost,
            salt: salt.to_vec(),
            hash: argon2id(cost, password.expose(), &salt, memory),
        })
        .await
    }

    /// Compares a password with a stored hash; `None` costs the same and never matches.
    pub async fn verify(
        &self,
        asks: Asks,
        password: SecretBytes,
        stored: Option<StoredHash>,
    ) -> Result<bool, Overloaded> {
        let today = self.cost();
        self.run(asks, move |memory| {
            let known = stored.is_some();
            let stored = stored.unwrap_or_else(|| StoredHash::of_nobody(today));
            let hash = argon2id(stored.cost, password.expose(), &stored.salt, memory);
            let matches = wd_crypto::equal(&hash, &stored.hash) & known;
            if !matches {
                spend(today.work().saturating_sub(stored.cost.work()), memory);
            }
            matches
        })
        .await
    }

    /// How long a hash of this cost takes here: the shortest of three, because others disturb and nobody helps.
    pub async fn measure(&self, ctx: &Ctx, cost: HashCost) -> Result<Duration, Overloaded> {
        let ctx = ctx.clone();
        self.run(Asks::Known, move |memory| {
            // The first one pays for memory that was never touched.
            argon2id(cost, b"measured", &[0; 16], memory);
            let once = |memory: &mut Vec<Block>| {
                let begun = ctx.now();
                argon2id(cost, b"measured", &[0; 16], memory);
                ctx.now().since(begun)
            };
            (0..3).map(|_| once(memory)).min().unwrap_or_default()
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        asks: Asks,
        job: impl FnOnce(&mut Vec<Block>) -> T + Send + 'static,
    ) -> Result<T, Overloaded> {
        let pool = Arc::clone(&self.0);
        let turn = pool.turns.next(asks).await?;
        // The turn ends with the work, not with the caller: who hangs up must not make room for the next.
        tokio::task::spawn_blocking(move || {
            let free = || pool.free.lock().unwrap_or_else(PoisonError::into_inner);
            let mut memory = free().pop().unwrap_or_default();
            let result = job(&mut memory);
            // What is left in the memory would make guessing cheap for whoever reads it.
            memory.fill(Block::default());
            free().push(memory);
            drop(turn);
            result
        })
        .await
        .map_err(|_| Overloaded)
    }
}

/// argon2id, version 19, one lane. A failure matches nothing.
fn argon2id(cost: HashCost, password: &[u8], salt: &[u8], memory: &mut Vec<Block>) -> Vec<u8> {
    fill(cost.memory_kib, cost.passes, password, salt, memory).map_or_else(Vec::new, |hash| hash.to_vec())
}

/// Takes as long as that much of a hash, to no end.
fn spend(mut work: u64, memory: &mut Vec<Block>) {
    while work > 0 {
        let memory_kib = u32::try_from(work)
            .unwrap_or(u32::MAX)
            .clamp(Params::MIN_M_COST, MOST_AT_ONCE);
        fill(memory_kib, 1, b"spent", &[0; 16], memory);
        work = work.saturating_sub(u64::from(memory_kib));
    }
}

fn fill(memory_kib: u32, passes: u32, password: &[u8], salt: &[u8], memory: &mut Vec<Block>) -> Option<[u8; 32]> {
    let params = Params::new(memory_kib, passes, 1, None).ok()?;
    let blocks = params.block_count();
    if memory.len() < blocks {
        memory.resize(blocks, Block::default());
    }
    let mut out = [0; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(password, salt, &mut out, memory.get_mut(..blocks)?)
        .ok()?;
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[tokio::test]
    async fn beyond_the_queue_one_is_told_to_come_back() {
        let hasher = Hasher::of(1, 1);
        let (finish, wait) = mpsc::channel::<()>();
        let busy = tokio::spawn({
            let hasher = hasher.clone();
            async move { hasher.run(Asks::Stranger, move |_| wait.recv().is_ok()).await }
        });
        while hasher.0.turns.free() > 0 {
            tokio::task::yield_now().await;
        }
        let queued = tokio::spawn({
            let hasher = hasher.clone();
            async move { hasher.run(Asks::Stranger, |_| "second").await }
        });
        while hasher.0.turns.waiting() == 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(hasher.run(Asks::Stranger, |_| "third").await, Err(Overloaded));
        finish.send(()).unwrap();
        assert_eq!(busy.await.unwrap(), Ok(true));
        assert_eq!(queued.await.unwrap(), Ok("second"));
        assert_eq!(hasher.0.turns.waiting(), 0);
    }

    #[tokio::test]
    async fn strangers_who_fill_the_queue_leave_places_for_who_is_known() {
        let hasher = Hasher::of(1, 4);
        let (finish, wait) = mpsc::channel::<()>();
        let turn = |asks| {
            let hasher = hasher.clone();
            tokio::spawn(async move { hasher.run(asks, |_| ()).await })
        };
        let busy = tokio::spawn({
            let hasher = hasher.clone();
            async move { hasher.run(Asks::Stranger, move |_| wait.recv().is_ok()).await }
        });
        while hasher.0.turns.free() > 0 {
            tokio::task::yield_now().await;
        }
        let strangers = [(); 3].map(|()| turn(Asks::Stranger));
        while hasher.0.turns.waiting() < 3 {
            tokio::task::yield_now().await;
        }
        assert_eq!(hasher.run(Asks::Stranger, |_| ()).await, Err(Overloaded));
        assert!(hasher.is_full(Asks::Stranger) && !hasher.is_full(Asks::Known));
        let known = turn(Asks::Known);
        while hasher.0.turns.waiting() < 4 {
            tokio::task::yield_now().await;
        }
        assert_eq!(hasher.run(Asks::Known, |_| ()).await, Err(Overloaded));
        finish.send(()).unwrap();
        assert_eq!(busy.await.unwrap(), Ok(true));
        for waiting in strangers.into_iter().chain([known]) {
            assert_eq!(waiting.await.unwrap(), Ok(()));
        }
    }

    #[tokio::test]
    async fn memory_is_reused_and_comes_back_empty() {
        let hasher = Hasher::of(1, 1);
        hasher
            .run(Asks::Known, |memory| {
                argon2id(HashCost::LEAST, b"password", b"sixteen byte sal", memory)
            })
            .await
            .unwrap();
        let (blocks, clean) = hasher
            .run(Asks::Known, |memory| {
                (memory.len(), memory.iter().all(|b| b.as_ref().iter().all(|w| *w == 0)))
            })
            .await
            .unwrap();
        assert_eq!(blocks, 19 * 1024);
        assert!(clean);
        assert_eq!(hasher.0.free.lock().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn nobody_matches_nothing() {
        let hasher = Hasher::new();
        assert_eq!(
            hasher.verify(Asks::Stranger, SecretBytes::new(Vec::new()), None).await,
            Ok(false)
        );
    }

    #[tokio::test]
    async fn a_hash_of_before_still_matches_after_the_cost_has_risen() {
        let ctx = crate::tests::world_with(Arc::new(wd_kernel::HandClock::at(wd_kernel::Timestamp::from_seconds(
            1,
        ))))
        .ctx(wd_kernel::Actor::Nobody);
        let password = || SecretBytes::new(b"a password of before".to_vec());
        let hasher = Hasher::of(1, 1);
        let before = hasher.hash(&ctx, password()).await.unwrap();
        hasher.set_cost(HashCost::new(24 * 1024, 3).unwrap());
        let today = hasher.hash(&ctx, password()).await.unwrap();
        assert_eq!((today.cost.memory_kib, today.cost.passes), (24 * 1024, 3));
        for (stored, typed, expected) in [
            (&before, "a password of before", true),
            (&before, "another", false),
            (&today, "a password of before", true),
        ] {
            let stored = StoredHash::parse(&stored.to_phc());
            let typed = SecretBytes::new(typed.as_bytes().to_vec());
            assert_eq!(hasher.verify(Asks::Stranger, typed, stored).await, Ok(expected));
        }
    }

    #[test]
    fn used_memory_gives_the_same_hash_as_fresh_memory() {
        let mut memory = Vec::new();
        argon2id(
            HashCost::new(24 * 1024, 2).unwrap(),
            b"another password",
            b"another salt 123",
            &mut memory,
        );
        let mut fresh = [0; 32];
        Argon2::default()
            .hash_password_into(b"password", b"sixteen byte sal", &mut fresh)
            .unwrap();
        assert_eq!(
            argon2id(HashCost::LEAST, b"password", b"sixteen byte sal", &mut memory),
            fresh
        );
    }
}
