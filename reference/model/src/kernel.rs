//! Kernel objects as values: what `plan` wants, and what the kernel crate reads back.
//!
//! Links are named, not numbered: an index means nothing once a link was made anew.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::Mac;

/// Which reading of the specification's table of IP rules is laid out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layout {
    /// The document's: both directions priority 512, table 1000 + index.
    #[default]
    Document,
    /// The Go implementation's: to the pod 512 and the main table, from the pod
    /// 2048 and table 1000 + index.
    Upstream,
}

/// One end of a veth pair.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VethEnd {
    /// Name of the link, at most 15 bytes.
    pub name: String,
    /// Hardware address, set at creation so that nobody renames it later.
    pub mac: Mac,
}

/// A veth pair between the node and a pod.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Veth {
    /// The end in the node's namespace.
    pub host: VethEnd,
    /// The end in the pod's namespace.
    pub pod: VethEnd,
    /// MTU of both ends in bytes.
    pub mtu: u32,
    /// What the node's end says of whose it is, for an agent that has lost its books.
    pub alias: String,
}

/// An address on a link; never tentative.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Address {
    /// The link that carries it.
    pub link: String,
    /// Address and prefix length.
    pub net: IpNet,
}

/// A unicast route.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Route {
    /// Routing table; 254 is the main one.
    pub table: u32,
    /// Destination.
    pub dst: IpNet,
    /// Next hop, reached on the link whatever its addresses; none for a neighbour.
    pub via: Option<IpAddr>,
    /// The link that leads there.
    pub link: String,
}

/// Which packets a rule takes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Select {
    /// Every packet.
    All,
    /// Packets whose mark has these bits under the mask.
    Mark {
        /// Bits to find.
        value: u32,
        /// Bits to look at.
        mask: u32,
    },
    /// Packets from a block.
    From(IpNet),
    /// Packets to a block.
    To(IpNet),
}

/// An address family, for objects without an address.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Family {
    /// The family of `address`.
    pub fn of(address: IpAddr) -> Self {
        if address.is_ipv4() { Self::V4 } else { Self::V6 }
    }
}

/// A policy rule.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Rule {
    /// Family of the rule list.
    pub family: Family,
    /// Priority; lower goes first.
    pub priority: u32,
    /// Which packets.
    pub select: Select,
    /// Table that decides.
    pub table: u32,
    /// Routes of this length or shorter do not count (`suppress_prefixlength`).
    pub suppress: Option<u32>,
}

/// A permanent neighbour entry.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Neighbour {
    /// The link that leads there.
    pub link: String,
    /// Protocol address.
    pub address: IpAddr,
    /// Hardware address.
    pub mac: Mac,
}

/// A value below `/proc/sys`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Sysctl {
    /// Path below `/proc/sys`, for example `net/ipv4/ip_forward`.
    pub key: String,
    /// The value without line end.
    pub value: String,
}

/// Packets of a pod get a mark before they are routed; what else comes by its link
/// goes nowhere.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Mark {
    /// The node's end of the pod's pair, by which they come.
    pub link: String,
    /// The pod's address, from which they come.
    pub source: IpAddr,
    /// Slot of the interface whose mark they get.
    pub slot: u16,
}

/// Objects of one network namespace.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Scene {
    /// Values to set before anything else.
    pub sysctls: Vec<Sysctl>,
    /// Addresses on links.
    pub addresses: Vec<Address>,
    /// Permanent neighbours.
    pub neighbours: Vec<Neighbour>,
    /// Routes, in the order in which they are to be added.
    pub routes: Vec<Route>,
    /// Rules, in the order in which they are to be added.
    pub rules: Vec<Rule>,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "address {} on {}", self.net, self.link)
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "route {}", self.dst)?;
        if let Some(via) = self.via {
            write!(f, " via {via}")?;
        }
        write!(f, " on {} in table {}", self.link, self.table)
    }
}

impl fmt::Display for Select {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("from all"),
            Self::Mark { value, mask } => write!(f, "fwmark {value:#x}/{mask:#x}"),
            Self::From(net) => write!(f, "from {net}"),
            Self::To(net) => write!(f, "to {net}"),
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let family = if self.family == Family::V4 { "IPv4" } else { "IPv6" };
        write!(f, "{family} rule {}: {} lookup {}", self.priority, self.select, self.table)?;
        if let Some(length) = self.suppress {
            write!(f, " suppress_prefixlength {length}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Neighbour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "neighbour {} at {} on {}", self.address, self.mac, self.link)
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "mark of packets from {} on {}", self.source, self.link)
    }
}

impl fmt::Display for Sysctl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sysctl {} = {}", self.key, self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_read_as_the_ip_command_writes_them() {
        let rule = Rule {
            family: Family::V6,
            priority: 512,
            select: Select::Mark { value: 0x10_0000, mask: 0xfff0_0000 },
            table: 1003,
            suppress: None,
        };
        assert_eq!(rule.to_string(), "IPv6 rule 512: fwmark 0x100000/0xfff00000 lookup 1003");
        let route = Route {
            table: 1003,
            dst: "0.0.0.0/0".parse().unwrap(),
            via: Some("10.0.1.253".parse().unwrap()),
            link: "eth1".to_owned(),
        };
        assert_eq!(route.to_string(), "route 0.0.0.0/0 via 10.0.1.253 on eth1 in table 1003");
    }
}
