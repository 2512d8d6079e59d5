//! Failures are counted against the login, the address and the codes of a person.

use std::net::IpAddr;

use wd_db::{DbError, Tx};
use wd_kernel::{StaffId, Timestamp};

use crate::{Identity, model::Bucket, store::attempt};

/// An attempt under way, counted as failed until it is known to have succeeded.
pub(crate) struct Attempt(Vec<(Bucket, Vec<u8>)>);

impl Identity {
    pub(crate) fn password_attempt(&self, login: &str, address: IpAddr) -> Attempt {
        Attempt(vec![
            (Bucket::Login, self.vault.blind_index("attempt", "login").of(login)),
            (
                Bucket::Address,
                self.vault.blind_index("attempt", "address").of(&network(address)),
            ),
        ])
    }

    pub(crate) fn code_attempt(&self, staff: StaffId) -> Attempt {
        Attempt(vec![(
            Bucket::Code,
            self.vault.blind_index("attempt", "code").of(&staff.to_string()),
        )])
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
                Bucket::Login | Bucket::Code => attempt::clear(tx, key).await?,
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

/// The network one customer of a provider usually has: an IPv4 address, or 64 bits of an IPv6 address.
fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::network;

    #[test]
    fn a_customer_of_a_provider_cannot_hop_within_the_own_network() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    }
}
