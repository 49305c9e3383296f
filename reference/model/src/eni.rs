//! Elastic network interfaces as the node sees them.

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::Mac;

/// The cloud's name of an interface, for example `eni-2ze4k...`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EniId(pub String);

impl fmt::Display for EniId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for EniId {
    fn from(id: &str) -> Self {
        Self(id.to_owned())
    }
}

/// An interface that is plugged into this node and whose device was found.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EniLink {
    /// The cloud's name.
    pub id: EniId,
    /// Hardware address, by which the device was found.
    pub mac: Mac,
    /// Index of the device in the node's network namespace.
    pub index: u32,
    /// Routers of the interface's vSwitch, one a family at most.
    pub gateways: Vec<IpAddr>,
    /// Which of the node's pod interfaces this is, from 1; stable while it is plugged.
    /// The mark of its pods' packets is made from it.
    pub slot: u16,
}

impl EniLink {
    /// The routing table of the interface: 1000 + link index, as the
    /// specification's table of IP rules says (RUL-1, RUL-2).
    pub fn table(&self) -> u32 {
        let by_slot = defect::on("table-by-slot");
        1000 + if by_slot { u32::from(self.slot) } else { self.index }
    }
}
