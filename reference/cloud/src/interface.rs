//! An elastic network interface as ECS describes it: the one noun of
//! CreateNetworkInterface, DescribeNetworkInterfaces and
//! DescribeNetworkInterfaceAttribute.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use ipnet::{Ipv4Net, Ipv6Net};
use jiff::Timestamp;
use serde::Deserialize;

pub(crate) mod wire;

/// An interface. `None` is what the answer did not tell, which is not the same
/// as an empty list.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "wire::Interface")]
pub struct Interface {
    /// NetworkInterfaceId.
    pub id: String,
    /// Status.
    pub status: Status,
    /// Type. An empty text is `Secondary`, as in the published implementation.
    pub role: Role,
    /// MacAddress, as the cloud writes it.
    pub mac: String,
    /// VSwitchId.
    pub v_switch: String,
    /// VpcId.
    pub vpc: Option<String>,
    /// ZoneId.
    pub zone: Option<String>,
    /// The instance it is plugged into: InstanceId, or else Attachment.InstanceId.
    pub instance: Option<String>,
    /// Attachment.TrunkNetworkInterfaceId, of a member.
    pub trunk: Option<String>,
    /// Attachment.DeviceIndex, as it came: of a member its VLAN id.
    pub device_index: Option<i64>,
    /// Attachment.NetworkCardIndex, as it came.
    pub network_card: Option<i64>,
    /// PrivateIpSets: every IPv4 address, the primary one with its flag.
    pub addresses: Vec<PrivateIp>,
    /// Ipv6Sets.
    pub ipv6: Option<Vec<Ipv6Addr>>,
    /// Ipv4PrefixSets.
    pub ipv4_prefixes: Option<Vec<Ipv4Net>>,
    /// Ipv6PrefixSets.
    pub ipv6_prefixes: Option<Vec<Ipv6Net>>,
    /// SecurityGroupIds.
    pub security_groups: Option<Vec<String>>,
    /// Tags.
    pub tags: Option<BTreeMap<String, String>>,
    /// ResourceGroupId.
    pub resource_group: Option<String>,
    /// NetworkInterfaceTrafficMode.
    pub traffic_mode: Option<TrafficMode>,
    /// Description.
    pub description: Option<String>,
    /// CreationTime.
    pub created: Option<Timestamp>,
}

impl Interface {
    /// The primary IPv4 address.
    pub fn primary_address(&self) -> Option<Ipv4Addr> {
        self.addresses.iter().find(|ip| ip.primary).map(|ip| ip.address)
    }
}

/// An IPv4 address of an interface.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
pub struct PrivateIp {
    /// PrivateIpAddress.
    #[serde(rename = "PrivateIpAddress")]
    pub address: Ipv4Addr,
    /// Primary.
    #[serde(rename = "Primary")]
    pub primary: bool,
}

/// Declares an enum of the API's words that keeps words it does not know.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $word:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Deserialize)]
        #[serde(from = "String")]
        pub enum $name {
            $($(#[$word_doc])* $word,)+
            /// A word of another day, as it came.
            Other(String),
        }

        impl From<String> for $name {
            fn from(word: String) -> Self {
                match word.as_str() {
                    $(stringify!($word) => Self::$word,)+
                    _ => Self::Other(word),
                }
            }
        }

        impl FromStr for $name {
            type Err = std::convert::Infallible;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                Ok(word.to_owned().into())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(Self::$word => stringify!($word),)+
                    Self::Other(word) => word,
                })
            }
        }
    };
}

words! {
    /// State of an interface.
    Status {
        /// Plugged in nowhere.
        Available,
        /// Being plugged in.
        Attaching,
        /// Plugged into an instance.
        InUse,
        /// Being unplugged.
        Detaching,
        /// Being deleted.
        Deleting,
    }
}

words! {
    /// What an interface is to its instance.
    Role {
        /// Made and deleted with the instance.
        Primary,
        /// Comes and goes by itself.
        Secondary,
        /// Secondary, and carries members.
        Trunk,
        /// Rides on a trunk with a VLAN of its own.
        Member,
    }
}

words! {
    /// How an interface moves its packets.
    TrafficMode {
        /// TCP.
        Standard,
        /// RDMA.
        HighPerformance,
    }
}

#[cfg(test)]
mod tests;
