//! How many connections there may be, in all and from one address.

use std::net::IpAddr;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::counted::{Counted, One};
use crate::http::client_addr::{ClientAddr, TrustedProxies};

/// The places for connections.
#[derive(Clone, Debug)]
pub struct Places {
    free: Arc<Semaphore>,
    by_address: Counted<IpAddr>,
    per_address_max: usize,
    trusted: TrustedProxies,
}

/// The place of one connection; dropping it gives it back.
#[derive(Debug)]
pub struct Place {
    _of_all: OwnedSemaphorePermit,
    _of_address: One<IpAddr>,
}

impl Places {
    /// At most `max` connections, and `per_address_max` from one address. A trusted proxy brings
    /// those of many, so the second bound is not for it.
    #[must_use]
    pub fn new(max: usize, per_address_max: usize, trusted: TrustedProxies) -> Self {
        let free = Arc::new(Semaphore::new(max.min(Semaphore::MAX_PERMITS)));
        Self { free, by_address: Counted::default(), per_address_max, trusted }
    }

    /// A place for a connection from `peer`, if there is one.
    #[must_use]
    pub fn take(&self, peer: IpAddr) -> Option<Place> {
        let counted = ClientAddr(peer.to_canonical()).counted();
        let max = if self.trusted.contains(peer) { usize::MAX } else { self.per_address_max };
        let of_address = self.by_address.take(counted, max)?;
        let of_all = Arc::clone(&self.free).try_acquire_owned().ok()?;
        Some(Place { _of_all: of_all, _of_address: of_address })
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
}
