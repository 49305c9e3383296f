//! Grants: which addresses a sandbox holds.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use crate::kernel::Layout;
use crate::{Attachment, EniId, EniLink, PodRef};

/// One address a family; at least one is present in every grant.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
pub struct Addresses {
    /// IPv4 address, absent on an IPv6-only node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub v4: Option<Ipv4Addr>,
    /// IPv6 address, absent without dual stack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub v6: Option<Ipv6Addr>,
}

impl Addresses {
    /// The addresses that are present, IPv4 first.
    pub fn iter(&self) -> impl Iterator<Item = IpAddr> + use<> {
        self.v4.map(IpAddr::V4).into_iter().chain(self.v6.map(IpAddr::V6))
    }
}

/// Where a sandbox's addresses live on this node, as the daemon tells the plugin.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Placement {
    /// The interface that carries the addresses.
    pub eni: EniLink,
    /// Routing tables of all pod interfaces of the node, the oldest first.
    pub tables: Vec<u32>,
    /// Which reading of the rules is laid out.
    pub layout: Layout,
}

/// Addresses given to a sandbox, as the daemon journals it before it answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Grant {
    /// The sandbox and its interface.
    pub attachment: Attachment,
    /// The pod that the sandbox belongs to.
    pub pod: PodRef,
    /// Path of the sandbox's network namespace when it was added.
    pub netns: String,
    /// The interface that carries the addresses.
    pub eni: EniId,
    /// What was given.
    pub addresses: Addresses,
    /// When, in milliseconds since the Unix epoch.
    pub granted_ms: u64,
}
