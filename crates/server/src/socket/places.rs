//! How many sockets one network, one customer and one session of staff may hold open at a time.

use std::{
    collections::{HashMap, hash_map::Entry},
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use wd_kernel::{CustomerId, SessionId};

/// Room for the visitors behind one address of a provider or an office; who wants to keep others out needs many more.
const OF_A_NETWORK: usize = 256;
/// Tabs and devices of one customer.
const OF_A_CUSTOMER: usize = 16;
/// Tabs of one session.
const OF_A_SESSION: usize = 16;

/// Who holds sockets.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Holder {
    /// Widgets of one network, as [`wd_web::network`] names it.
    Network(String),
    /// A customer who has shown a token.
    Customer(CustomerId),
    /// A session of staff.
    Session(SessionId),
}

impl Holder {
    /// The network of an address.
    pub(super) fn network(address: IpAddr) -> Self {
        Self::Network(wd_web::network(address))
    }

    const fn may_have(&self) -> usize {
        match self {
            Self::Network(_) => OF_A_NETWORK,
            Self::Customer(_) => OF_A_CUSTOMER,
            Self::Session(_) => OF_A_SESSION,
        }
    }
}

/// The open sockets of this node. Clones share the count.
#[derive(Clone, Default)]
pub(super) struct Places(Arc<Mutex<HashMap<Holder, usize>>>);

/// One socket's place; given back when dropped.
pub(super) struct Place {
    places: Places,
    holder: Holder,
}

impl Places {
    /// A place, unless the holder has all there are.
    pub(super) fn take(&self, holder: Holder) -> Option<Place> {
        let mut taken = self.taken();
        let count = taken.entry(holder.clone()).or_insert(0);
        if *count >= holder.may_have() {
            return None;
        }
        *count += 1;
        drop(taken);
        Some(Place {
            places: self.clone(),
            holder,
        })
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<Holder, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Entry::Occupied(mut entry) = self.places.taken().entry(self.holder.clone()) {
            *entry.get_mut() -= 1;
            if *entry.get() == 0 {
                entry.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_has_no_more_places_from_another_address_of_it_and_gets_back_what_closes() {
        let places = Places::default();
        let at = |text: &str| Holder::network(text.parse().unwrap());
        let mut held: Vec<Place> = (0..OF_A_NETWORK)
            .map(|n| places.take(at(&format!("2001:db8:1:2::{n:x}"))).unwrap())
            .collect();
        assert!(places.take(at("2001:db8:1:2:ffff::1")).is_none());
        let elsewhere = places.take(at("2001:db8:1:3::1"));
        assert!(elsewhere.is_some());
        held.pop();
        let again = places.take(at("2001:db8:1:2:ffff::1"));
        assert!(again.is_some());
        drop((held, elsewhere, again));
        assert!(places.taken().is_empty());
    }
}
