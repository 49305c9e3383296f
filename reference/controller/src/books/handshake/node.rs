//! The node: its pool by the daemon's rules, what the daemon writes down, and
//! what it tells.

use std::collections::BTreeMap;
use std::net::IpAddr;

use api::node::{DELETING, IN_USE, INVALID, NodeStatus};
use api::node_runtime::{AddressUse, GRANTED, NodeRuntimeStatus, RESTING, ReleaseAnswer};
use model::pool::{IpStack, Lease, Offer, OfferedEni, Pool};
use model::{Addresses, Attachment, EniId, EniLink, Mac};
use plan::pool::{self, Answers};

/// How long a released address rests, in milliseconds.
const REST: u64 = 100;

#[derive(Default)]
pub(super) struct Node {
    pub(super) pool: Pool,
    /// What the pods hold; written down.
    pub(super) grants: BTreeMap<Attachment, IpAddr>,
    /// Pods without an address yet.
    pub(super) waiting: usize,
    /// The version of the books that was seen last.
    pub(super) seen: usize,
    /// Addresses that rest or were given up; written down.
    kept: BTreeMap<IpAddr, Lease>,
    answers: Answers,
    now: u64,
    made: usize,
}

impl Node {
    pub(super) fn pods(&self) -> usize {
        self.grants.len() + self.waiting
    }

    pub(super) fn add(&mut self) {
        self.waiting += 1;
        self.serve();
    }

    pub(super) fn del(&mut self, which: usize) {
        if self.grants.is_empty() {
            return;
        }
        let attachment = self.grants.keys().nth(which % self.grants.len()).expect("one of them");
        let attachment = attachment.clone();
        let address = self.grants.remove(&attachment).expect("it was just found");
        let resting = Lease::Resting { until_ms: self.now + REST };
        pool::set(&mut self.pool, addresses(address), &resting);
        self.kept.insert(address, resting);
        self.serve();
    }

    pub(super) fn pass(&mut self, ms: u64) {
        self.now += ms;
        pool::wake(&mut self.pool, self.now);
        self.serve();
    }

    pub(super) fn restart(&mut self) {
        self.pool = Pool::default();
        self.answers = Answers::default();
    }

    /// Takes the offer that the books make.
    pub(super) fn see(&mut self, status: &NodeStatus) {
        let fresh = |address: IpAddr| {
            let holder = self.grants.iter().find(|(_, held)| **held == address);
            let held = holder.map(|(attachment, _)| Lease::Granted(attachment.clone()));
            let kept = || self.kept.get(&address).cloned();
            held.or_else(kept).unwrap_or(Lease::Free { since_ms: 0 })
        };
        self.answers = pool::take_offer(&mut self.pool, offer(status), fresh);
        pool::wake(&mut self.pool, self.now);
        let leases = self.pool.enis.values().flat_map(|eni| eni.leases.clone());
        self.kept = leases
            .filter(|(_, lease)| matches!(lease, Lease::Resting { .. } | Lease::Leaving { .. }))
            .collect();
        self.serve();
    }

    pub(super) fn report(&self) -> NodeRuntimeStatus {
        let used = |state: &str| AddressUse { state: state.to_owned(), ..AddressUse::default() };
        let mut status = NodeRuntimeStatus {
            waiting: u32::try_from(self.waiting).expect("few pods"),
            ..NodeRuntimeStatus::default()
        };
        let leases = self.pool.enis.values().flat_map(|eni| &eni.leases);
        let resting = leases.filter(|(_, lease)| matches!(lease, Lease::Resting { .. }));
        status.addresses.extend(resting.map(|(address, _)| (address.to_string(), used(RESTING))));
        let granted = self.grants.values().map(|address| (address.to_string(), used(GRANTED)));
        status.addresses.extend(granted);
        for (answers, released) in [(&self.answers.released, true), (&self.answers.denied, false)] {
            let answer = |generation: &u64| ReleaseAnswer { generation: *generation, released };
            status.releases.extend(answers.iter().map(|(ip, g)| (ip.to_string(), answer(g))));
        }
        status
    }

    /// Whether the node gave an address up, or does not know it any more.
    pub(super) fn gave_up(&self, address: IpAddr) -> bool {
        let silent = |lease: Option<&Lease>| matches!(lease, None | Some(Lease::Leaving { .. }));
        silent(self.pool.lease(address))
            && silent(self.kept.get(&address))
            && !self.grants.values().any(|held| *held == address)
    }

    fn serve(&mut self) {
        while self.waiting > 0 {
            let Ok((_, chosen)) = pool::choose(&self.pool, IpStack::Ipv4) else { return };
            self.made += 1;
            let container = format!("c{}", self.made);
            let attachment = Attachment { container, ifname: "eth0".to_owned() };
            pool::set(&mut self.pool, chosen, &Lease::Granted(attachment.clone()));
            let address = chosen.iter().next().expect("an address was chosen");
            self.grants.insert(attachment, address);
            self.waiting -= 1;
        }
    }
}

fn addresses(address: IpAddr) -> Addresses {
    let IpAddr::V4(v4) = address else { unreachable!("the cloud gives IPv4 only") };
    Addresses { v4: Some(v4), v6: None }
}

/// What the daemon reads in the books; interfaces that are plugged in only.
fn offer(status: &NodeStatus) -> Vec<OfferedEni> {
    let in_use = status.network_interfaces.values().filter(|nic| nic.status == IN_USE);
    in_use
        .map(|nic| {
            let id = EniId(nic.id.clone());
            let link = EniLink { id, mac: Mac([0; 6]), index: 3, gateways: Vec::new(), slot: 1 };
            let addresses = super::super::entries(nic).map(|entry| {
                let generation = entry.generation.unwrap_or_default();
                let offer = match entry.status.as_str() {
                    DELETING => Offer::Wanted { generation },
                    INVALID => Offer::Gone,
                    _ => Offer::Valid { generation },
                };
                (entry.ip.parse().expect("the cloud writes addresses"), offer)
            });
            OfferedEni { link, open: !nic.unschedulable, addresses: addresses.collect() }
        })
        .collect()
}
