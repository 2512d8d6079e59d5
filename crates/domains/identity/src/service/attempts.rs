//! Failures are counted against the login, the address and the codes of a person.

use std::net::IpAddr;

use wd_db::{DbError, Tx};
use wd_kernel::{BrowserId, StaffId, Timestamp, b64u};
use wd_web::network;

use crate::{Identity, model::Bucket, store::attempt};

/// An attempt under way, counted as failed until it is known to have succeeded.
pub(crate) struct Attempt(Vec<(Bucket, Vec<u8>)>);

impl Identity {
    pub(crate) fn password_attempt(&self, login: &str, address: IpAddr) -> Attempt {
        let Attempt(mut buckets) = self.address_attempt(address);
        buckets.insert(0, (Bucket::Login, self.vault.blind_index("attempt", "login").of(login)));
        Attempt(buckets)
    }

    /// Of somebody who has not said who they are.
    pub(crate) fn address_attempt(&self, address: IpAddr) -> Attempt {
        Attempt(vec![(
            Bucket::Address,
            self.vault.blind_index("attempt", "address").of(&network(address)),
        )])
    }

    /// Of a browser that is known to be somebody's: only its own failures count.
    pub(crate) fn device_attempt(&self, device: &[u8]) -> Attempt {
        let index = self.vault.blind_index("attempt", "device");
        Attempt(vec![(Bucket::Device, index.of(&b64u::encode(device)))])
    }

    /// Of a person's codes, and of passkeys that are shown in their stead: those of a known browser count apart from all
    /// others, by whichever of its tokens it is known.
    pub(crate) fn code_attempt(&self, staff: StaffId, browser: Option<BrowserId>) -> Attempt {
        let browser = browser.map(|id| id.to_string()).unwrap_or_default();
        self.attempt_at(staff, &browser)
    }

    /// Of the present password where it is changed.
    pub(crate) fn password_change_attempt(&self, staff: StaffId) -> Attempt {
        self.attempt_at(staff, "password")
    }

    fn attempt_at(&self, staff: StaffId, what: &str) -> Attempt {
        let index = self.vault.blind_index("attempt", "code");
        Attempt(vec![(Bucket::Code, index.of(&format!("{staff} {what}")))])
    }
}

impl Attempt {
    /// Begins it, or says how many seconds to wait.
    pub(crate) async fn begin(&self, tx: &mut Tx, now: Timestamp) -> Result<Result<(), u64>, DbError> {
        let mut wait = None;
        for (bucket, key) in &self.0 {
            match attempt::hold(tx, key, now).await?.begin(*bucket, now) {
                Ok(tally) => attempt::save(tx, key, tally).await?,
                Err(seconds) => wait = wait.max(Some(seconds)),
            }
        }
        Ok(wait.map_or(Ok(()), Err))
    }

    pub(crate) async fn failed(&self, tx: &mut Tx, now: Timestamp) -> Result<(), DbError> {
        for (bucket, key) in &self.0 {
            let tally = attempt::hold(tx, key, now).await?.failed(*bucket, now);
            attempt::save(tx, key, tally).await?;
        }
        Ok(())
    }

    pub(crate) async fn succeeded(&self, tx: &mut Tx, now: Timestamp) -> Result<(), DbError> {
        for (bucket, key) in &self.0 {
            match bucket {
                Bucket::Login | Bucket::Device | Bucket::Code => attempt::clear(tx, key).await?,
                Bucket::Address => {
                    let tally = attempt::hold(tx, key, now).await?.given_back();
                    attempt::save(tx, key, tally).await?;
                }
            }
        }
        Ok(())
    }

    /// It was never judged.
    pub(crate) async fn dropped(&self, tx: &mut Tx, now: Timestamp) -> Result<(), DbError> {
        for (_, key) in &self.0 {
            let tally = attempt::hold(tx, key, now).await?.given_back();
            attempt::save(tx, key, tally).await?;
        }
        Ok(())
    }
}
