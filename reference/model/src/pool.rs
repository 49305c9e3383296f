//! The addresses that a node may give to its pods.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::{Attachment, EniId, EniLink};

/// Which address families a pod gets.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IpStack {
    /// IPv4 only.
    #[default]
    Ipv4,
    /// One IPv4 and one IPv6 address, from the same interface.
    Dual,
}

/// How many idle addresses a node keeps.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct PoolBounds {
    /// Fewer idle addresses than this: ask for more.
    pub min: u32,
    /// More idle addresses than this: give some back.
    pub max: u32,
    /// Addresses to fetch once in a node's life, ahead of any pod.
    pub warm_up: u32,
}

/// What an address is doing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Lease {
    /// Nobody's, since the given time in milliseconds.
    Free {
        /// When it was last put back; 0 for never used.
        since_ms: u64,
    },
    /// Held by a sandbox.
    Granted(Attachment),
    /// Put back a short while ago, so that others may still send to its last
    /// holder; free again at the given time in milliseconds.
    Resting {
        /// When it may be given again.
        until_ms: u64,
    },
    /// Given up to the controller, which will unassign it.
    Leaving {
        /// Number of the proposal that was answered.
        generation: u64,
    },
}

impl Lease {
    /// One word for people and metrics.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Free { .. } => "free",
            Self::Granted(_) => "granted",
            Self::Resting { .. } => "resting",
            Self::Leaving { .. } => "leaving",
        }
    }
}

/// What the controller says of an address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Offer {
    /// It may be given to pods.
    Valid {
        /// Number of the proposal that was withdrawn; 0 if there never was one.
        generation: u64,
    },
    /// The controller wants it back.
    Wanted {
        /// Number of the proposal.
        generation: u64,
    },
    /// The cloud holds it no more.
    Gone,
}

/// An interface as the controller offers it and the node has plugged it in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OfferedEni {
    /// Its device on this node.
    pub link: EniLink,
    /// Whether new pods may be put on it.
    pub open: bool,
    /// Its addresses of both families.
    pub addresses: BTreeMap<IpAddr, Offer>,
}

/// One interface of the pool.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PoolEni {
    /// Its device on this node.
    pub link: EniLink,
    /// Whether new pods may be put on it.
    pub open: bool,
    /// Its addresses of both families.
    pub leases: BTreeMap<IpAddr, Lease>,
}

/// All interfaces of a node that serve pods.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Pool {
    /// By the cloud's name.
    pub enis: BTreeMap<EniId, PoolEni>,
}

impl Pool {
    /// The lease on `address`, where the pool holds it.
    pub fn lease(&self, address: IpAddr) -> Option<&Lease> {
        self.enis.values().find_map(|eni| eni.leases.get(&address))
    }

    /// Number of addresses whose lease satisfies `test`.
    pub fn count(&self, test: impl Fn(IpAddr, &Lease) -> bool) -> usize {
        let leases = self.enis.values().flat_map(|eni| &eni.leases);
        leases.filter(|(address, lease)| test(**address, lease)).count()
    }
}
