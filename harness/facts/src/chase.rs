//! Clients that keep trying the one pod that they mean (FLT-1).

use std::collections::BTreeMap;
use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One client's tries of one address, from when a pod had it until it could be given
/// to another.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Chase {
    /// Who tried, for example `pod z`.
    pub client: String,
    /// UID of the pod that it means.
    pub meant: String,
    /// The address that it knows of that pod.
    pub target: IpAddr,
    /// Tries over TCP, each from the same port.
    pub tcp: u64,
    /// Tries over UDP, each from the same port.
    pub udp: u64,
    /// How many of all these came after the pod's DEL had begun.
    pub late: u64,
    /// Answers by who answered.
    pub answers: BTreeMap<String, u64>,
}

/// Chases while pods came and went on few addresses.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Chases {
    /// All of them.
    pub chases: Vec<Chase>,
    /// Milliseconds from a DEL's beginning until an ADD told its address again.
    pub reused_after: Vec<u64>,
}

impl Chases {
    /// Tries in all.
    pub fn tries(&self) -> u64 {
        self.chases.iter().map(|chase| chase.tcp + chase.udp).sum()
    }

    /// Answers in all, by whomever.
    pub fn answers(&self) -> u64 {
        self.chases.iter().flat_map(|chase| chase.answers.values()).sum()
    }

    /// The shortest rest of an address; none when none was given again.
    pub fn soonest(&self) -> Option<u64> {
        self.reused_after.iter().min().copied()
    }
}
