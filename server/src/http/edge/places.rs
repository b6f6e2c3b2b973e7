//! How many connections there may be, in all and from one address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use crate::http::client_addr::{ClientAddr, TrustedProxies};

/// The places for connections.
#[derive(Clone, Debug)]
pub struct Places {
    taken: Arc<Mutex<Taken>>,
    max: usize,
    per_address_max: usize,
    trusted: TrustedProxies,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

impl Places {
    /// At most `max` connections, and `per_address_max` from one address. A trusted proxy brings
    /// those of many, so the second bound is not for it.
    #[must_use]
    pub fn new(max: usize, per_address_max: usize, trusted: TrustedProxies) -> Self {
        Self { taken: Arc::default(), max, per_address_max, trusted }
    }

    /// A place for a connection from `peer`, if there is one; dropping it gives it back.
    #[must_use]
    pub fn take(&self, peer: IpAddr) -> Option<Place> {
        let counted = ClientAddr(peer.to_canonical()).counted();
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let from_there = taken.by_address.get(&counted).copied().unwrap_or_default();
        let too_many_from_there =
            from_there >= self.per_address_max && !self.trusted.contains(peer);
        if taken.all >= self.max || too_many_from_there {
            return None;
        }
        taken.all += 1;
        taken.by_address.insert(counted, from_there + 1);
        Some(Place { taken: Arc::clone(&self.taken), counted })
    }
}

/// The place of one connection.
#[derive(Debug)]
pub struct Place {
    taken: Arc<Mutex<Taken>>,
    counted: IpAddr,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all = taken.all.saturating_sub(1);
        if let Some(count) = taken.by_address.get_mut(&self.counted) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                taken.by_address.remove(&self.counted);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addr(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn one_address_cannot_take_all_places() {
        let places = Places::new(3, 2, TrustedProxies::default());
        let mut held: Vec<_> = (0..4).filter_map(|_| places.take(addr("192.0.2.1"))).collect();
        assert_eq!(held.len(), 2);
        held.extend(places.take(addr("192.0.2.2")));
        assert!(places.take(addr("192.0.2.3")).is_none(), "all are taken");
        held.remove(0);
        assert!(places.take(addr("192.0.2.1")).is_some(), "one was given back");
    }

    #[test]
    fn a_trusted_proxy_may_take_more_than_one_client() {
        let proxy = "192.0.2.1".parse().expect("an address");
        let places = Places::new(3, 1, TrustedProxies::new([proxy]));
        let held: Vec<_> = (0..4).filter_map(|_| places.take(addr("192.0.2.1"))).collect();
        assert_eq!(held.len(), 3);
    }

    #[test]
    fn nothing_is_remembered_of_connections_that_ended() {
        let places = Places::new(3, 2, TrustedProxies::default());
        drop(places.take(addr("2001:db8::1")));
        assert!(places.taken.lock().expect("unharmed").by_address.is_empty());
    }
}
