//! Which address a sandbox gets, and what becomes of it afterwards. The daemon's
//! side of the pool.
//!
//! Nothing here reserves or journals: the daemon writes a decision down before
//! it acts on it.

use std::collections::BTreeMap;
use std::net::IpAddr;

use model::pool::{IpStack, Lease, Offer, OfferedEni, Pool, PoolEni};
use model::{Addresses, Attachment, EniId};
use thiserror::Error;

/// No address can be given now.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum Exhausted {
    /// The node has no interface for pods yet.
    #[error("no interface for pods is plugged in yet")]
    NoInterface,
    /// An IPv4 address is free, and none of IPv6 beside it.
    #[error("no IPv6 address is free beside an IPv4 one, and a pod has both or none")]
    Ipv6,
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

/// Sets the lease of every one of `addresses` that the pool holds, on each
/// interface that is said to carry it: after a loss, the books may name two.
pub fn set(pool: &mut Pool, addresses: Addresses, lease: &Lease) {
    for address in addresses.iter() {
        for slot in pool.enis.values_mut().filter_map(|eni| eni.leases.get_mut(&address)) {
            *slot = lease.clone();
        }
    }
}

/// Answers to the controller's proposals: addresses with the proposal's number.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Answers {
    /// Given up; the controller may unassign them.
    pub released: BTreeMap<IpAddr, u64>,
    /// In use or resting; they stay.
    pub denied: BTreeMap<IpAddr, u64>,
}

/// Brings the pool in line with what the controller offers, and answers its
/// proposals.
///
/// An address that a sandbox holds stays, whatever the offer says, and so does
/// its interface, closed. An address that was given up comes back only when the
/// controller withdrew that very proposal: an older view of the offer must not
/// make it free again. New addresses start as `fresh` says, for those that a
/// journal knows more about.
pub fn take_offer(
    pool: &mut Pool,
    offer: Vec<OfferedEni>,
    fresh: impl Fn(IpAddr) -> Lease,
) -> Answers {
    let mut answers = Answers::default();
    let mut old = std::mem::take(&mut pool.enis);
    for offered in offer {
        let id = offered.link.id.clone();
        let before = old.remove(&id).map(|eni| eni.leases).unwrap_or_default();
        let mut leases = granted_only(&before);
        for (address, offer) in offered.addresses {
            let lease = before.get(&address).cloned().unwrap_or_else(|| fresh(address));
            if let Some(lease) = follow(lease, offer) {
                if let Offer::Wanted { generation } = offer {
                    let leaving = matches!(lease, Lease::Leaving { .. });
                    let answer = if leaving { &mut answers.released } else { &mut answers.denied };
                    answer.insert(address, generation);
                }
                leases.insert(address, lease);
            }
        }
        pool.enis.insert(id, PoolEni { link: offered.link, open: offered.open, leases });
    }
    for (id, mut eni) in old {
        eni.leases = granted_only(&eni.leases);
        eni.open = false;
        if !eni.leases.is_empty() {
            pool.enis.insert(id, eni);
        }
    }
    answers
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
    matches!(pool.lease(address), None | Some(Lease::Free { .. } | Lease::Leaving { .. }))
}

fn granted_only(leases: &BTreeMap<IpAddr, Lease>) -> BTreeMap<IpAddr, Lease> {
    let granted = leases.iter().filter(|(_, lease)| matches!(lease, Lease::Granted(_)));
    granted.map(|(address, lease)| (*address, lease.clone())).collect()
}

/// What becomes of an address under an offer; none when it leaves the pool.
fn follow(lease: Lease, offer: Offer) -> Option<Lease> {
    match (lease, offer) {
        (Lease::Leaving { generation }, Offer::Valid { generation: withdrawn })
            if withdrawn > generation =>
        {
            Some(Lease::Free { since_ms: 0 })
        }
        (Lease::Free { .. } | Lease::Leaving { .. }, Offer::Wanted { generation }) => {
            Some(Lease::Leaving { generation })
        }
        (Lease::Free { .. } | Lease::Leaving { .. } | Lease::Resting { .. }, Offer::Gone) => None,
        (lease, _) => Some(lease),
    }
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
        IpStack::Dual if defect::on("pods-may-lack-ipv6") => Some(pair(Some(v4), v6)),
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
    if pool.enis.values().any(|eni| eni.open && longest_free(eni, IpStack::Ipv4).is_some()) {
        return Exhausted::Ipv6;
    }
    let v4 = |address: IpAddr| address.is_ipv4();
    Exhausted::AllTaken {
        granted: pool.count(|address, lease| v4(address) && matches!(lease, Lease::Granted(_))),
        resting: pool.count(|address, lease| v4(address) && matches!(lease, Lease::Resting { .. })),
    }
}

#[cfg(test)]
mod tests;
