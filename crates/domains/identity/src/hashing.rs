//! Passwords are hashed with argon2id on a fixed number of reusable blocks of memory. The blocks are the bound of
//! memory and processors at once: who finds none free waits in a short queue, and beyond it is told to come back.

use std::sync::{Arc, Mutex, PoisonError};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use wd_kernel::{Ctx, SecretBytes};

use crate::{
    bounds::{Overloaded, Turns},
    phc::StoredHash,
};

/// How many may wait for a block of memory.
const QUEUE: usize = 64;

/// The pool. Clones share it.
#[derive(Clone)]
pub(crate) struct Hasher(Arc<Pool>);

struct Pool {
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
            free: Mutex::new(Vec::new()),
            turns: Turns::of(size, queue),
        }))
    }

    /// Hashes a new password with a salt of its own.
    pub async fn hash(&self, ctx: &Ctx, password: SecretBytes) -> Result<StoredHash, Overloaded> {
        let salt = ctx.random::<16>();
        self.run(move |memory| StoredHash {
            salt: salt.to_vec(),
            hash: argon2id(password.expose(), &salt, memory),
        })
        .await
    }

    /// Compares a password with a stored hash; `None` costs the same and never matches.
    pub async fn verify(&self, password: SecretBytes, stored: Option<StoredHash>) -> Result<bool, Overloaded> {
        self.run(move |memory| {
            let known = stored.is_some();
            let stored = stored.unwrap_or_else(StoredHash::of_nobody);
            let hash = argon2id(password.expose(), &stored.salt, memory);
            wd_crypto::equal(&hash, &stored.hash) & known
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut [Block]) -> T + Send + 'static,
    ) -> Result<T, Overloaded> {
        let pool = Arc::clone(&self.0);
        let turn = pool.turns.next().await?;
        // The turn ends with the work, not with the caller: who hangs up must not make room for the next.
        tokio::task::spawn_blocking(move || {
            let free = || pool.free.lock().unwrap_or_else(PoisonError::into_inner);
            let memory = free().pop();
            let mut memory = memory.unwrap_or_else(|| vec![Block::default(); Params::DEFAULT.block_count()]);
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

/// argon2id, version 19, 19 MiB, two passes, one lane (the parameters OWASP names). A failure matches nothing.
fn argon2id(password: &[u8], salt: &[u8], memory: &mut [Block]) -> Vec<u8> {
    let mut out = [0; 32];
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT);
    match argon.hash_password_into_with_memory(password, salt, &mut out, memory) {
        Ok(()) => out.to_vec(),
        Err(_) => Vec::new(),
    }
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
            async move { hasher.run(move |_| wait.recv().is_ok()).await }
        });
        while hasher.0.turns.free() > 0 {
            tokio::task::yield_now().await;
        }
        let queued = tokio::spawn({
            let hasher = hasher.clone();
            async move { hasher.run(|_| "second").await }
        });
        while hasher.0.turns.waiting() == 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(hasher.run(|_| "third").await, Err(Overloaded));
        finish.send(()).unwrap();
        assert_eq!(busy.await.unwrap(), Ok(true));
        assert_eq!(queued.await.unwrap(), Ok("second"));
        assert_eq!(hasher.0.turns.waiting(), 0);
    }

    #[tokio::test]
    async fn memory_is_reused_and_comes_back_empty() {
        let hasher = Hasher::of(1, 1);
        hasher
            .run(|memory| argon2id(b"password", b"sixteen byte sal", memory))
            .await
            .unwrap();
        let (blocks, clean) = hasher
            .run(|memory| (memory.len(), memory.iter().all(|b| b.as_ref().iter().all(|w| *w == 0))))
            .await
            .unwrap();
        assert_eq!(blocks, 19 * 1024);
        assert!(clean);
        assert_eq!(hasher.0.free.lock().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn nobody_matches_nothing() {
        let hasher = Hasher::new();
        assert_eq!(hasher.verify(SecretBytes::new(Vec::new()), None).await, Ok(false));
    }

    #[test]
    fn used_memory_gives_the_same_hash_as_fresh_memory() {
        let mut memory = vec![Block::default(); Params::DEFAULT.block_count()];
        argon2id(b"another password", b"another salt 123", &mut memory);
        let mut fresh = [0; 32];
        Argon2::default()
            .hash_password_into(b"password", b"sixteen byte sal", &mut fresh)
            .unwrap();
        assert_eq!(argon2id(b"password", b"sixteen byte sal", &mut memory), fresh);
    }
}
