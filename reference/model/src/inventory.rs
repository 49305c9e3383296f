//! A node's interfaces as the cloud and the controller see them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use crate::EniId;
use crate::pool::IpStack;

/// How a vSwitch is chosen among those of a zone.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum VSwitchPolicy {
    /// In list order.
    Ordered,
    /// By chance.
    Random,
    /// The one with most free addresses first.
    #[default]
    Most,
}

impl fmt::Display for VSwitchPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ordered => "ordered",
            Self::Random => "random",
            Self::Most => "most",
        })
    }
}

impl FromStr for VSwitchPolicy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "ordered" => Ok(Self::Ordered),
            "random" => Ok(Self::Random),
            "" | "most" => Ok(Self::Most),
            other => Err(format!("{other:?} is none of \"ordered\", \"random\", \"most\"")),
        }
    }
}

/// A vSwitch with what is left in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VSwitch {
    /// The cloud's name.
    pub id: String,
    /// Its zone.
    pub zone: String,
    /// Addresses left, as far as is known.
    pub free: u64,
}

/// What an address of an interface is doing, as the controller sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AddressState {
    /// May be given to pods.
    Valid,
    /// Wanted back; the daemon has not answered this proposal.
    Proposed(u64),
}

/// An interface that the controller manages.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ManagedEni {
    /// The cloud's name.
    pub id: EniId,
    /// Whether new addresses may be put on it.
    pub open: bool,
    /// Whether it is plugged in; one on its way gets more addresses only then.
    pub ready: bool,
    /// Whether its vSwitch had no address left a short while ago: others are asked first.
    pub dry: bool,
    /// Its primary address, which never goes alone.
    pub primary: Option<IpAddr>,
    /// Its addresses of both families.
    pub addresses: BTreeMap<IpAddr, AddressState>,
}

/// A node's interfaces, what the daemon uses of them, and what is allowed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Inventory {
    /// Interfaces that serve pods or are on their way.
    pub enis: Vec<ManagedEni>,
    /// Addresses that are granted or resting.
    pub busy: BTreeSet<IpAddr>,
    /// Sandboxes that wait for an address.
    pub waiting: u32,
    /// Address families of pods.
    pub stack: IpStack,
    /// Interfaces that there may be, without the primary one and those of others.
    pub most_enis: u32,
    /// Addresses of one family that an interface may have.
    pub per_eni: u32,
    /// Whether the first fetch ahead of any pod is done.
    pub warmed_up: bool,
}

impl ManagedEni {
    /// Addresses of one family.
    pub fn family(&self, v4: bool) -> impl Iterator<Item = (&IpAddr, &AddressState)> {
        self.addresses.iter().filter(move |(address, _)| address.is_ipv4() == v4)
    }

    /// Number of addresses of one family.
    pub fn count(&self, v4: bool) -> u32 {
        u32::try_from(self.family(v4).count()).unwrap_or(u32::MAX)
    }
}
