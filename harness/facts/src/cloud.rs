//! What the cloud holds and what was asked of it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An interface in the cloud.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CloudEni {
    /// The cloud's name.
    pub id: String,
    /// `Primary` or `Secondary`.
    pub kind: String,
    /// `Available`, `Attaching`, `InUse`, `Detaching`.
    pub state: String,
    /// Hardware address.
    pub mac: String,
    /// Instance it is attached to, if any.
    pub instance: Option<String>,
    /// The vSwitch it is in.
    pub vswitch: String,
    /// Its IPv4 addresses, the primary one first.
    pub ipv4: Vec<String>,
    /// Its IPv6 addresses.
    pub ipv6: Vec<String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

/// Everything in the cloud at one moment.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CloudInventory {
    /// Instances by the name of their node.
    pub nodes: BTreeMap<String, String>,
    /// Interfaces of those instances, and of nobody.
    pub enis: Vec<CloudEni>,
}

/// Stands for the error of a call that took effect and that a fault left without an answer.
pub const NO_ANSWER: &str = "no answer";

/// One call of the cloud's API.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CloudCall {
    /// Number of the call in the run.
    pub seq: u64,
    /// Milliseconds since the cloud began.
    pub at_millis: u64,
    /// For example `CreateNetworkInterface`.
    pub action: String,
    /// Its parameters.
    pub params: BTreeMap<String, String>,
    /// Error code, `no answer` where a fault left it without; none for success.
    pub error: Option<String>,
    /// Instance it was about, where it says.
    pub instance: Option<String>,
    /// Interface it was about, where it says.
    pub eni: Option<String>,
    /// Calls of this action that were under way together, this one included.
    pub together: u64,
}
