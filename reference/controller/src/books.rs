//! The books of a node: its `nodes` object's status, brought in line with what
//! the cloud describes and what the daemon reports. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use api::node::{AddressEntry, DELETING, EniSpec, INVALID, NetworkInterface, NodeStatus, VALID};
use api::node_runtime::NodeRuntimeStatus;
use cloud::{Interface, Role, Status};
use model::EniId;
use model::inventory::{AddressState, ManagedEni};
use plan::filter;

/// Word for an interface on its way in.
pub(crate) const ATTACHING: &str = "Attaching";
/// Word for an interface on its way out.
pub(crate) const DETACHING: &str = "Detaching";

/// Whether an interface that the cloud describes is ours to manage.
pub(crate) fn ours(interface: &Interface, spec: &EniSpec) -> bool {
    let none = BTreeMap::new();
    let tags = interface.tags.as_ref().unwrap_or(&none);
    let blocked: Vec<_> =
        spec.tag_block_list.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect();
    filter::ours(interface.role == Role::Primary, tags, &spec.tag_filter, &blocked)
}

/// Enters an interface as the cloud describes it.
///
/// What is known of its addresses stays: proposals to release them, and that a
/// pod holds one that the cloud lost. New addresses are valid.
pub(crate) fn enter(
    status: &mut NodeStatus,
    described: &Interface,
    runtime: &NodeRuntimeStatus,
    blocks: [String; 2],
) {
    let nic = status.network_interfaces.entry(described.id.clone()).or_default();
    let [ipv4_cidr, ipv6_cidr] = blocks;
    nic.id.clone_from(&described.id);
    nic.mac_address.clone_from(&described.mac);
    nic.v_switch_id.clone_from(&described.v_switch);
    (nic.ipv4_cidr, nic.ipv6_cidr) = (ipv4_cidr, ipv6_cidr);
    nic.status = match described.status {
        Status::Available if nic.status == DETACHING => DETACHING.to_owned(),
        Status::Available => ATTACHING.to_owned(),
        ref other => other.to_string(),
    };
    let v4 = described.addresses.iter().map(|ip| (IpAddr::from(ip.address), ip.primary));
    let v6 = described.ipv6.iter().flatten().map(|address| (IpAddr::from(*address), false));
    let carried: Vec<_> = v4.chain(v6).collect();
    forget_lost(nic, &carried, runtime);
    carry(status, &described.id, &carried);
}

/// Enters addresses that the cloud has just assigned to an interface.
pub(crate) fn welcome(status: &mut NodeStatus, eni: &str, new: &[IpAddr]) {
    let carried: Vec<_> = new.iter().map(|address| (*address, false)).collect();
    carry(status, eni, &carried);
}

/// Strikes off what an interface carries no more.
fn forget_lost(
    nic: &mut NetworkInterface,
    carried: &[(IpAddr, bool)],
    runtime: &NodeRuntimeStatus,
) {
    let carried: BTreeSet<String> =
        carried.iter().map(|(address, _)| address.to_string()).collect();
    for entries in [&mut nic.ipv4, &mut nic.ipv6] {
        entries.retain(|ip, entry| {
            if carried.contains(ip) {
                return true;
            }
            INVALID.clone_into(&mut entry.status);
            // A pod holds what the cloud lost; it must not be given to another.
            runtime.addresses.contains_key(ip)
        });
    }
}

/// Notes that an interface carries addresses, and no other one does.
///
/// Those that are new here get a number of their own, above that of every
/// proposal so far: the node may have given the same address up before and not
/// have seen that it was gone in between.
fn carry(status: &mut NodeStatus, eni: &str, carried: &[(IpAddr, bool)]) {
    let number = status.release_generation + 1;
    for (address, primary) in carried {
        let ip = address.to_string();
        for (id, nic) in &mut status.network_interfaces {
            let entries = if address.is_ipv4() { &mut nic.ipv4 } else { &mut nic.ipv6 };
            if id != eni {
                if let Some(elsewhere) = entries.get_mut(&ip) {
                    INVALID.clone_into(&mut elsewhere.status);
                }
                continue;
            }
            let entry = entries.entry(ip.clone()).or_default();
            entry.ip.clone_from(&ip);
            entry.primary = *primary;
            if entry.status.is_empty() || entry.status == INVALID {
                VALID.clone_into(&mut entry.status);
                entry.generation = Some(number);
                status.release_generation = number;
            }
        }
    }
}

/// Notes which pod holds which address, after the fact.
pub(crate) fn name_pods(status: &mut NodeStatus, runtime: &NodeRuntimeStatus) {
    for nic in status.network_interfaces.values_mut() {
        for (ip, entry) in nic.ipv4.iter_mut().chain(&mut nic.ipv6) {
            let used = runtime.addresses.get(ip);
            entry.pod_id = used.map(|used| used.pod_id.clone()).unwrap_or_default();
            entry.pod_uid = used.map(|used| used.pod_uid.clone()).unwrap_or_default();
        }
    }
}

/// The node's interfaces for the rules of growth, those on their way out left aside.
pub(crate) fn managed(status: &NodeStatus) -> Vec<ManagedEni> {
    let staying = status
        .network_interfaces
        .values()
        .filter(|nic| [api::node::IN_USE, ATTACHING].contains(&nic.status.as_str()));
    staying
        .map(|nic| ManagedEni {
            id: EniId(nic.id.clone()),
            open: !nic.unschedulable && !leaving(nic),
            ready: nic.status == api::node::IN_USE,
            dry: false,
            primary: nic.ipv4.values().find(|e| e.primary).and_then(|e| e.ip.parse().ok()),
            addresses: entries(nic)
                .filter_map(|entry| Some((address(entry)?, state(entry))))
                .collect(),
        })
        .collect()
}

/// Whether every address of an interface is wanted back.
fn leaving(nic: &NetworkInterface) -> bool {
    entries(nic).all(|entry| entry.status == DELETING)
}

/// All addresses of an interface.
pub(crate) fn entries(nic: &NetworkInterface) -> impl Iterator<Item = &AddressEntry> {
    nic.ipv4.values().chain(nic.ipv6.values())
}

/// An address of the books.
pub(crate) fn address(entry: &AddressEntry) -> Option<IpAddr> {
    entry.ip.parse().ok()
}

fn state(entry: &AddressEntry) -> AddressState {
    match entry.status.as_str() {
        VALID => AddressState::Valid,
        _ => AddressState::Proposed(entry.generation.unwrap_or_default()),
    }
}

/// Addresses that sandboxes hold or that rest.
pub(crate) fn busy(runtime: &NodeRuntimeStatus) -> BTreeSet<IpAddr> {
    runtime.addresses.keys().filter_map(|ip| ip.parse().ok()).collect()
}

/// Marks addresses as wanted back, under one new number.
pub(crate) fn propose(status: &mut NodeStatus, wanted: &[IpAddr]) {
    if wanted.is_empty() {
        return;
    }
    status.release_generation += 1;
    let generation = Some(status.release_generation);
    let wanted: BTreeSet<String> = wanted.iter().map(IpAddr::to_string).collect();
    for nic in status.network_interfaces.values_mut() {
        for (ip, entry) in nic.ipv4.iter_mut().chain(&mut nic.ipv6) {
            if wanted.contains(ip) && entry.status == VALID {
                DELETING.clone_into(&mut entry.status);
                entry.generation = generation;
            }
        }
    }
}

/// What the daemon's answers allow for one interface.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Settled {
    /// Every address was given up: the interface can go as a whole.
    pub(crate) whole: bool,
    /// Addresses to unassign; never the primary one.
    pub(crate) unassign: Vec<IpAddr>,
}

/// Takes the daemon's answers for one interface. Nothing is settled before all
/// of its proposals are answered; what was denied, and a primary address that
/// would go alone, is valid again under a new number.
pub(crate) fn take_answers(
    nic: &mut NetworkInterface,
    generation: &mut u64,
    runtime: &NodeRuntimeStatus,
) -> Settled {
    let proposed = |entry: &&AddressEntry| entry.status == DELETING;
    let answer = |entry: &AddressEntry| {
        let answer = runtime.releases.get(&entry.ip)?;
        (Some(answer.generation) == entry.generation).then_some(answer.released)
    };
    let open = entries(nic).filter(proposed).any(|entry| answer(entry).is_none());
    if open || !entries(nic).any(|entry| entry.status == DELETING) {
        return Settled::default();
    }
    let whole = entries(nic).all(|entry| entry.status == DELETING && answer(entry) == Some(true));
    let mut settled = Settled { whole, unassign: Vec::new() };
    if whole {
        return settled;
    }
    *generation += 1;
    for entry in nic.ipv4.values_mut().chain(nic.ipv6.values_mut()) {
        if entry.status != DELETING {
            continue;
        }
        if answer(entry) == Some(true) && !entry.primary {
            settled.unassign.extend(address(entry));
        } else {
            VALID.clone_into(&mut entry.status);
            entry.generation = Some(*generation);
        }
    }
    settled
}

/// Strikes addresses off an interface.
pub(crate) fn strike(nic: &mut NetworkInterface, gone: &[IpAddr]) {
    let gone: BTreeSet<String> = gone.iter().map(IpAddr::to_string).collect();
    nic.ipv4.retain(|ip, _| !gone.contains(ip));
    nic.ipv6.retain(|ip, _| !gone.contains(ip));
}

#[cfg(test)]
mod handshake;
#[cfg(test)]
mod tests;
