//! How many connections there may be, all together and from one address.

use crate::http::doors::sender;
use crate::limits::{CONNECTIONS_MAX, CONNECTIONS_OF_ONE_MAX};
use aftercare_app::Network;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// Who is connected.
#[derive(Clone, Debug)]
pub(crate) struct Crowd {
    trusted: Vec<Network>,
    here: Arc<Mutex<Here>>,
}

#[derive(Debug, Default)]
struct Here {
    all: usize,
    of: HashMap<IpAddr, usize>,
}

/// A connection that counts, until it is dropped.
#[derive(Debug)]
pub(crate) struct Connected {
    /// None for a proxy, which stands for many.
    address: Option<IpAddr>,
    here: Arc<Mutex<Here>>,
}

impl Crowd {
    pub(crate) fn new(trusted: Vec<Network>) -> Self {
        Self {
            trusted,
            here: Arc::default(),
        }
    }

    /// Counts a connection from there; `None` when there are too many.
    pub(crate) fn enter(&self, peer: IpAddr) -> Option<Connected> {
        let peer = peer.to_canonical();
        let is_proxy =
            peer.is_loopback() || self.trusted.iter().any(|network| network.contains(peer));
        let address = (!is_proxy).then(|| sender(peer));
        let mut here = self.here.lock().unwrap_or_else(PoisonError::into_inner);
        if here.all >= CONNECTIONS_MAX {
            return None;
        }
        if let Some(address) = address {
            let of = here.of.entry(address).or_default();
            if *of >= CONNECTIONS_OF_ONE_MAX {
                return None;
            }
            *of += 1;
        }
        here.all += 1;
        Some(Connected {
            address,
            here: Arc::clone(&self.here),
        })
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        let mut here = self.here.lock().unwrap_or_else(PoisonError::into_inner);
        here.all = here.all.saturating_sub(1);
        if let Some(address) = self.address
            && let Some(of) = here.of.get_mut(&address)
        {
            *of = of.saturating_sub(1);
            if *of == 0 {
                here.of.remove(&address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connected(crowd: &Crowd, peer: [u8; 4], times: usize) -> Vec<Connected> {
        (0..times)
            .filter_map(|_| crowd.enter(IpAddr::from(peer)))
            .collect()
    }

    #[test]
    fn one_address_has_only_so_many_connections_and_a_proxy_as_many_as_there_are() {
        let trusted = vec!["10.0.0.0/8".parse().expect("a network")];
        let crowd = Crowd::new(trusted);
        let one = connected(&crowd, [198, 51, 100, 1], CONNECTIONS_MAX);
        assert_eq!(one.len(), CONNECTIONS_OF_ONE_MAX);
        let other = connected(&crowd, [198, 51, 100, 2], 1);
        assert_eq!(other.len(), 1, "the other one is let in");
        let proxy = connected(&crowd, [10, 0, 0, 1], CONNECTIONS_MAX);
        assert_eq!(proxy.len(), CONNECTIONS_MAX - CONNECTIONS_OF_ONE_MAX - 1);
        assert_eq!(connected(&crowd, [127, 0, 0, 1], 1).len(), 0, "full");
        drop((one, other, proxy));
        let here = crowd.here.lock().expect("no panic");
        assert!(here.all == 0 && here.of.is_empty(), "{here:?}");
    }
}
