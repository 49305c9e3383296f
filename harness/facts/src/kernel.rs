//! The state of a network namespace, as iproute2 writes it in JSON, untouched.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Everything that decides where a packet goes.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct KernelState {
    /// Whose namespace, for example `node n1` or `pod a`.
    pub place: String,
    /// `ip -j -d addr`: links with their addresses.
    pub links: Value,
    /// `ip -j -4 route show table all`.
    pub routes4: Value,
    /// `ip -j -6 route show table all`.
    pub routes6: Value,
    /// `ip -j -4 rule`.
    pub rules4: Value,
    /// `ip -j -6 rule`.
    pub rules6: Value,
    /// `ip -j neigh`.
    pub neighbours: Value,
}

/// Marks that the packets of a flow carried when they were about to be routed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SeenFlow {
    /// The node that looked.
    pub node: String,
    /// Source address of the packets.
    pub source: std::net::IpAddr,
    /// Destination address of the packets, behind what the node translated before routing.
    pub destination: std::net::IpAddr,
    /// Packets that came to the node's routing (before it).
    pub before_routing: u64,
    /// Packets that the node forwarded.
    pub forwarded: u64,
    /// Distinct marks, as the packets carried them before routing.
    pub marks: Vec<u32>,
    /// Devices by which the packets came in.
    pub came_by: Vec<String>,
}
