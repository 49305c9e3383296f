//! Which address a sandbox gets, and what becomes of it afterwards. The daemon's
//! side of the pool.
//!
//! Nothing here reserves or journals: the daemon writes a decision down before
//! it acts on it.

use std::net::IpAddr;

use model::pool::{IpStack, Lease, Pool, PoolEni};
use model::{Addresses, Attachment, EniId};
use thiserror::Error;

/// No address can be given now.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum Exhausted {
    /// The node has no interface for pods yet.
    #[error("no interface for pods is plugged in yet")]
    NoInterface,
    /// Every address is in use or resting.
    #[error("all {granted} addresses are in use and {resting} are resting")]
    AllTaken {
        /// Held by sandboxes.
        granted: usize,
        /// Put back a short while ago.
        resting: usize,
    },
}

/// Picks addresses for a new sandbox, or names what ran out.
///
/// The fullest open interface that still has room is taken, so that others can
/// be given back; on it, the address that has been free for longest.
pub fn choose(pool: &Pool, stack: IpStack) -> Result<(EniId, Addresses), Exhausted> {
    let candidates = pool
        .enis
        .iter()
        .filter(|(_, eni)| eni.open)
        .filter_map(|(id, eni)| Some((id, eni, longest_free(eni, stack)?)));
    let fullest = candidates.max_by_key(|(_, eni, _)| taken(eni));
    fullest.map(|(id, _, addresses)| (id.clone(), addresses)).ok_or_else(|| why_none(pool))
}

/// The addresses that `attachment` holds already, for an ADD that is tried again.
pub fn held(pool: &Pool, attachment: &Attachment) -> Option<(EniId, Addresses)> {
    pool.enis.iter().find_map(|(id, eni)| {
        let mine = |v4| {
            eni.leases.iter().find_map(move |(address, lease)| {
                let held = matches!(lease, Lease::Granted(holder) if holder == attachment);
                (held && address.is_ipv4() == v4).then_some(*address)
            })
        };
        let addresses = pair(mine(true), mine(false));
        (addresses.v4.is_some() || addresses.v6.is_some()).then(|| (id.clone(), addresses))
    })
}

/// Sets the lease of every one of `addresses` that the pool holds.
pub fn set(pool: &mut Pool, addresses: Addresses, lease: &Lease) {
    for address in addresses.iter() {
        if let Some(slot) = pool.enis.values_mut().find_map(|eni| eni.leases.get_mut(&address)) {
            *slot = lease.clone();
        }
    }
}

/// Frees every address that has rested long enough.
pub fn wake(pool: &mut Pool, now_ms: u64) {
    for lease in pool.enis.values_mut().flat_map(|eni| eni.leases.values_mut()) {
        if let Lease::Resting { until_ms } = lease
            && *until_ms <= now_ms
        {
            *lease = Lease::Free { since_ms: *until_ms };
        }
    }
}

/// When the next resting address may be given again.
pub fn next_wake(pool: &Pool) -> Option<u64> {
    let leases = pool.enis.values().flat_map(|eni| eni.leases.values());
    leases
        .filter_map(|lease| match lease {
            Lease::Resting { until_ms } => Some(*until_ms),
            _ => None,
        })
        .min()
}

/// Whether the daemon can give `address` up: only one that nobody holds and
/// nobody may still send to.
pub fn can_leave(pool: &Pool, address: IpAddr) -> bool {
    matches!(pool.lease(address), None | Some(Lease::Free { .. } | Lease::Leaving))
}

fn longest_free(eni: &PoolEni, stack: IpStack) -> Option<Addresses> {
    let free = |v4: bool| {
        let free = eni.leases.iter().filter_map(|(address, lease)| match lease {
            Lease::Free { since_ms } if address.is_ipv4() == v4 => Some((*since_ms, *address)),
            _ => None,
        });
        free.min().map(|(_, address)| address)
    };
    let (v4, v6) = (free(true)?, free(false));
    match stack {
        IpStack::Ipv4 => Some(pair(Some(v4), None)),
        IpStack::Dual => Some(pair(Some(v4), Some(v6?))),
    }
}

fn taken(eni: &PoolEni) -> usize {
    eni.leases.values().filter(|lease| !matches!(lease, Lease::Free { .. })).count()
}

fn pair(v4: Option<IpAddr>, v6: Option<IpAddr>) -> Addresses {
    let mut addresses = Addresses::default();
    for address in v4.into_iter().chain(v6) {
        match address {
            IpAddr::V4(v4) => addresses.v4 = Some(v4),
            IpAddr::V6(v6) => addresses.v6 = Some(v6),
        }
    }
    addresses
}

fn why_none(pool: &Pool) -> Exhausted {
    if pool.enis.is_empty() {
        return Exhausted::NoInterface;
    }
    let v4 = |address: IpAddr| address.is_ipv4();
    Exhausted::AllTaken {
        granted: pool.count(|address, lease| v4(address) && matches!(lease, Lease::Granted(_))),
        resting: pool.count(|address, lease| v4(address) && matches!(lease, Lease::Resting { .. })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::EniLink;
    use std::collections::BTreeMap;

    fn attachment(container: &str) -> Attachment {
        Attachment { container: container.to_owned(), ifname: "eth0".to_owned() }
    }

    fn eni(id: &str, leases: &[(&str, Lease)]) -> (EniId, PoolEni) {
        let link = EniLink {
            id: id.into(),
            mac: model::Mac([0; 6]),
            index: 3,
            gateways: Vec::new(),
            slot: 1,
        };
        let leases: BTreeMap<_, _> =
            leases.iter().map(|(a, lease)| (a.parse().unwrap(), lease.clone())).collect();
        (id.into(), PoolEni { link, open: true, leases })
    }

    fn pool(enis: impl IntoIterator<Item = (EniId, PoolEni)>) -> Pool {
        Pool { enis: enis.into_iter().collect() }
    }

    const FRESH: Lease = Lease::Free { since_ms: 0 };

    #[test]
    fn the_fullest_interface_serves_first_and_its_longest_free_address() {
        let pool = pool([
            eni("eni-1", &[("10.0.1.1", FRESH), ("10.0.1.2", FRESH)]),
            eni(
                "eni-2",
                &[
                    ("10.0.2.1", Lease::Granted(attachment("a"))),
                    ("10.0.2.2", Lease::Free { since_ms: 9 }),
                    ("10.0.2.3", Lease::Free { since_ms: 5 }),
                ],
            ),
        ]);
        let (eni, addresses) = choose(&pool, IpStack::Ipv4).unwrap();
        assert_eq!((eni.0.as_str(), addresses.v4), ("eni-2", Some([10, 0, 2, 3].into())));
        assert_eq!(addresses.v6, None);
    }

    #[test]
    fn both_families_come_from_one_interface_or_none_is_given() {
        let split =
            pool([eni("eni-1", &[("10.0.1.1", FRESH)]), eni("eni-2", &[("fd00::1", FRESH)])]);
        assert!(choose(&split, IpStack::Dual).is_err());
        let whole = pool([eni("eni-1", &[("10.0.1.1", FRESH), ("fd00::1", FRESH)])]);
        let (_, addresses) = choose(&whole, IpStack::Dual).unwrap();
        assert_eq!(addresses.iter().count(), 2);
    }

    #[test]
    fn closed_interfaces_and_resting_addresses_are_passed_over() {
        let (id, mut closed) = eni("eni-1", &[("10.0.1.1", FRESH)]);
        closed.open = false;
        let pool =
            pool([(id, closed), eni("eni-2", &[("10.0.2.1", Lease::Resting { until_ms: 9 })])]);
        assert_eq!(
            choose(&pool, IpStack::Ipv4),
            Err(Exhausted::AllTaken { granted: 0, resting: 1 })
        );
    }

    #[test]
    fn an_address_rests_before_it_is_free_again() {
        let mut pool = pool([eni("eni-1", &[("10.0.1.1", Lease::Granted(attachment("a")))])]);
        let (_, addresses) = held(&pool, &attachment("a")).unwrap();
        set(&mut pool, addresses, &Lease::Resting { until_ms: 130 });
        assert_eq!(next_wake(&pool), Some(130));
        wake(&mut pool, 129);
        assert!(choose(&pool, IpStack::Ipv4).is_err());
        wake(&mut pool, 130);
        assert!(choose(&pool, IpStack::Ipv4).is_ok());
        assert_eq!(held(&pool, &attachment("a")), None);
    }

    #[test]
    fn only_idle_addresses_can_leave() {
        let pool = pool([eni(
            "eni-1",
            &[
                ("10.0.1.1", FRESH),
                ("10.0.1.2", Lease::Granted(attachment("a"))),
                ("10.0.1.3", Lease::Resting { until_ms: 5 }),
                ("10.0.1.4", Lease::Leaving),
            ],
        )]);
        let can: Vec<_> =
            (1..=5).map(|last| can_leave(&pool, IpAddr::from([10, 0, 1, last]))).collect();
        assert_eq!(can, [true, false, false, true, true]);
    }
}
