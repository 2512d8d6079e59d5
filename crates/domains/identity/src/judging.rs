//! Judging new passwords costs processor time too. It has turns of its own, so that it never keeps sign-in waiting.

use std::{net::IpAddr, sync::Arc};

use wd_kernel::{SecretString, Timestamp};

use wd_web::PerMinute;

use crate::{
    bounds::{Asks, Overloaded, Turns},
    model::{Context, Opinion, PasswordPolicy, judge},
};

/// How many are judged at once, and how many may wait.
const AT_ONCE: usize = 1;
const QUEUE: usize = 32;

/// Somebody who types and rests asks three times a second at most.
const CHECKS_A_MINUTE: u32 = 180;

/// The bounds. Clones share them.
#[derive(Clone)]
pub(crate) struct Judge(Arc<Bounds>);

struct Bounds {
    turns: Turns,
    checks: PerMinute,
}

impl Judge {
    pub fn new() -> Self {
        Self(Arc::new(Bounds {
            turns: Turns::of(AT_ONCE, QUEUE),
            checks: PerMinute::of(CHECKS_A_MINUTE),
        }))
    }

    /// Counts a question, or says how many seconds to wait.
    pub fn count(&self, address: IpAddr, now: Timestamp) -> Result<(), u64> {
        self.0.checks.count(address, now)
    }

    /// Judges a password within the bounds.
    pub async fn judge(
        &self,
        password: SecretString,
        context: Context,
        policy: PasswordPolicy,
    ) -> Result<Opinion, Overloaded> {
        let turn = self.0.turns.next(Asks::Known).await?;
        // The turn ends with the work, not with the caller: who hangs up must not make room for the next.
        tokio::task::spawn_blocking(move || {
            let opinion = judge(password.expose(), &context, &policy);
            drop(turn);
            opinion
        })
        .await
        .map_err(|_| Overloaded)
    }

    #[cfg(test)]
    pub fn turns(&self) -> &Turns {
        &self.0.turns
    }
}
