//! How many addresses a node should have: the controller's side of the pool.
//!
//! A seat is what one pod needs: an IPv4 address and, with dual stack, an IPv6
//! address of the same interface. Addresses that rest are not idle; counting
//! them as idle starves a node under churn.

use std::net::IpAddr;

use model::EniId;
use model::inventory::{AddressState, Inventory, ManagedEni};
use model::pool::{IpStack, PoolBounds};

/// Addresses that one call of the cloud assigns at most.
pub const BATCH: u32 = 10;

/// Something to ask of the cloud.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ask {
    /// More addresses on an interface.
    Assign {
        /// The interface.
        eni: EniId,
        /// IPv4 addresses, at most [`BATCH`].
        v4: u32,
        /// IPv6 addresses, at most [`BATCH`].
        v6: u32,
    },
    /// One more interface with so many addresses of each family.
    Create {
        /// Addresses of each family, at most [`BATCH`], the primary one included.
        seats: u32,
    },
}

/// What to ask so that the pool reaches its minimum and every waiting sandbox
/// is served. Never more than the quota of interfaces and addresses allows.
pub fn grow(inventory: &Inventory, bounds: PoolBounds) -> Vec<Ask> {
    let mut short = shortage(inventory, bounds);
    let mut asks = Vec::new();
    let mut enis: Vec<_> = inventory.enis.iter().filter(|eni| eni.open).collect();
    enis.sort_by_key(|eni| std::cmp::Reverse(eni.addresses.len()));
    let (dry, mut enis): (Vec<_>, Vec<_>) = enis.into_iter().partition(|eni| eni.dry);
    if short > 0 && defect::on("an-interface-for-each-pod") {
        (asks, enis) = (vec![Ask::Create { seats: 1 }; short as usize], Vec::new());
        asks.truncate(inventory.most_enis as usize - inventory.enis.len());
        short = 0;
    }
    for eni in enis {
        let (more, gained) = widen(eni, inventory, short);
        asks.extend(more);
        short -= gained;
    }
    let there = u32::try_from(inventory.enis.len()).unwrap_or(u32::MAX);
    for _ in there..inventory.most_enis {
        let seats = short.min(batch()).min(inventory.per_eni);
        if seats == 0 {
            break;
        }
        asks.push(Ask::Create { seats });
        // It will be widened once it is plugged in.
        short = short.saturating_sub(inventory.per_eni);
    }
    // Where nothing else can help, the refusal says what is wrong, or there are addresses again.
    for eni in dry {
        let (more, gained) = widen(eni, inventory, short);
        asks.extend(more);
        short -= gained;
    }
    asks
}

/// Addresses to propose for release so that the pool comes down to its maximum.
///
/// Whole interfaces first, where all their addresses are idle and more; then
/// single addresses from the emptiest interface, never a primary one. What is
/// left serves the maximum still, so that nothing must be fetched again. Once
/// seats are as many as there should be, what has no match goes, too.
pub fn shrink(inventory: &Inventory, bounds: PoolBounds) -> Vec<IpAddr> {
    let keep = bounds.max.max(bounds.min).saturating_add(inventory.waiting);
    let mut excess = idle(inventory).saturating_sub(keep);
    if excess > 0 && defect::on("pool-maximum-is-ignored") {
        return Vec::new();
    }
    if excess == 0 && shortage(inventory, bounds) == 0 {
        let open = inventory.enis.iter().filter(|eni| eni.open);
        return open.flat_map(|eni| unmatched(eni, inventory)).collect();
    }
    let mut proposed = Vec::new();
    let mut enis: Vec<_> = inventory.enis.iter().filter(|eni| eni.open).collect();
    enis.sort_by_key(|eni| eni.addresses.len());
    for eni in enis {
        if excess == 0 {
            break;
        }
        let free = Free::of(eni, inventory);
        let whole = free.v4.len() + free.v6.len() == eni.addresses.len() && !free.v4.is_empty();
        if whole && free.seats(inventory.stack) <= excess {
            excess -= free.seats(inventory.stack);
            proposed.extend(eni.addresses.keys());
            continue;
        }
        let secondary = free.v4.iter().filter(|address| Some(**address) != eni.primary);
        let v4: Vec<_> = secondary.take(excess as usize).copied().collect();
        excess -= u32::try_from(v4.len()).unwrap_or(excess).min(excess);
        if inventory.stack == IpStack::Dual {
            // As many of either family, or more seats would go than are too many.
            proposed.extend(free.v6.iter().take(v4.len()));
        }
        proposed.extend(v4);
    }
    proposed
}

/// Idle addresses of the family of which an interface has more, as many as it has more: a pod
/// took one half of a pair that was proposed, and the other half went.
fn unmatched(eni: &ManagedEni, inventory: &Inventory) -> Vec<IpAddr> {
    let settled = eni.addresses.values().all(|state| *state == AddressState::Valid);
    if inventory.stack == IpStack::Ipv4 || !eni.ready || !settled {
        return Vec::new();
    }
    let free = Free::of(eni, inventory);
    let (v4, v6) = (eni.count(true), eni.count(false));
    let (more, fewer) = if v4 > v6 { (free.v4, free.v6) } else { (free.v6, free.v4) };
    // No seat that is idle loses its half.
    let spare = more.len().saturating_sub(fewer.len()).min(v4.abs_diff(v6) as usize);
    more.into_iter().filter(|address| Some(*address) != eni.primary).take(spare).collect()
}

/// Seats that could be given to a pod at once.
pub fn idle(inventory: &Inventory) -> u32 {
    let open = inventory.enis.iter().filter(|eni| eni.open);
    open.map(|eni| Free::of(eni, inventory).seats(inventory.stack)).sum()
}

/// Seats that there are, whoever holds them.
pub fn seats(inventory: &Inventory) -> u32 {
    inventory.enis.iter().map(|eni| seats_of(eni, inventory.stack)).sum()
}

fn shortage(inventory: &Inventory, bounds: PoolBounds) -> u32 {
    let ignored = bounds.min > 0 && defect::on("pool-minimum-is-ignored");
    let wanted = inventory.waiting.saturating_add(if ignored { 0 } else { bounds.min });
    let short = wanted.saturating_sub(idle(inventory));
    let ignored = bounds.warm_up > 0 && defect::on("warm-up-is-ignored");
    let cold = if inventory.warmed_up || ignored { 0 } else { bounds.warm_up };
    short.max(cold.saturating_sub(seats(inventory)))
}

/// Asks for what is short, as far as the interface has room; also evens out
/// families where an earlier call got only one of them. One on its way takes up
/// what it will have room for, without being asked.
fn widen(eni: &ManagedEni, inventory: &Inventory, short: u32) -> (Vec<Ask>, u32) {
    let before = seats_of(eni, inventory.stack);
    let room = inventory.per_eni.saturating_sub(before);
    let gained = short.min(room);
    let target = before + gained;
    if !eni.ready || gained == 0 {
        return (Vec::new(), gained);
    }
    let mut v4 = target.saturating_sub(eni.count(true));
    let mut v6 = match inventory.stack {
        IpStack::Ipv4 => 0,
        IpStack::Dual => target.saturating_sub(eni.count(false)),
    };
    let (mut asks, batch) = (Vec::new(), batch());
    while v4 > 0 || v6 > 0 {
        asks.push(Ask::Assign { eni: eni.id.clone(), v4: v4.min(batch), v6: v6.min(batch) });
        (v4, v6) = (v4.saturating_sub(batch), v6.saturating_sub(batch));
    }
    (asks, gained)
}

fn batch() -> u32 {
    if defect::on("one-address-a-call") { 1 } else { BATCH }
}

fn seats_of(eni: &ManagedEni, stack: IpStack) -> u32 {
    match stack {
        IpStack::Ipv4 => eni.count(true),
        IpStack::Dual => eni.count(true).min(eni.count(false)),
    }
}

/// Idle addresses of an interface.
struct Free {
    v4: Vec<IpAddr>,
    v6: Vec<IpAddr>,
}

impl Free {
    fn of(eni: &ManagedEni, inventory: &Inventory) -> Self {
        let free = |v4| {
            let idle = eni.family(v4).filter(|(address, state)| {
                **state == AddressState::Valid && !inventory.busy.contains(*address)
            });
            idle.map(|(address, _)| *address).collect()
        };
        Self { v4: free(true), v6: free(false) }
    }

    fn seats(&self, stack: IpStack) -> u32 {
        let count = |list: &[IpAddr]| u32::try_from(list.len()).unwrap_or(u32::MAX);
        match stack {
            IpStack::Ipv4 => count(&self.v4),
            IpStack::Dual => count(&self.v4).min(count(&self.v6)),
        }
    }
}

#[cfg(test)]
mod tests;
