//! What claims are made of.

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which side of a pod's path a rule serves.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Towards the pod.
    ToContainer,
    /// From the pod to beyond its node.
    FromContainer,
}

/// Which table a reading of the document names.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Table {
    /// 1000 + link index of the pod's interface.
    Eni,
    /// The main table.
    Main,
}

/// Pods came or went, and a pool had time to follow.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Wave {
    /// Pods on the node after it.
    pub pods: usize,
    /// What the cloud held after it.
    pub inventory: String,
    /// What was asked of the cloud for the node meanwhile.
    pub calls: String,
}

/// Packets of a pod leave by the interface that carries it (FLT-10).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Carried {
    /// State of the node.
    pub state: String,
    /// What the cloud holds, which tells the pod's interface.
    pub inventory: String,
    /// Packets from the pod that the node saw, with their marks.
    pub flow: String,
    /// The pod's address.
    pub pod: IpAddr,
    /// The other end.
    pub peer: IpAddr,
}

/// Interfaces with other link indexes than before (FLT-10).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Reindexed {
    /// The node's instance.
    pub instance: String,
    /// What the cloud holds, which tells its interfaces.
    pub inventory: String,
    /// State of the node while each had the other index; tables belonged to them then, too.
    pub before: String,
    /// State of the node now.
    pub after: String,
}

/// An address that went from one pod to another (FLT-12).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Moved {
    /// Who answered at the address all the while.
    pub track: String,
    /// The ADD of the pod that had it.
    pub first: String,
    /// The ADD of the pod that got it.
    pub second: String,
    /// Nodes of the two.
    pub nodes: [String; 2],
    /// So many milliseconds after the second ADD it must answer.
    pub millis: u64,
}
