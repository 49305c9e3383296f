//! `noderuntimes.network.alibabacloud.com`: what the daemon reports of a node.

use std::collections::BTreeMap;

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Nothing: everything is in the status.
#[derive(
    CustomResource, Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema,
)]
#[kube(
    group = "network.alibabacloud.com",
    version = "v1beta1",
    kind = "NodeRuntime",
    plural = "noderuntimes",
    status = "NodeRuntimeStatus",
    derive = "PartialEq",
    derive = "Default"
)]
pub struct NodeRuntimeSpec {}

/// What the daemon holds and wants.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeRuntimeStatus {
    /// Pods by UID, in the published implementation's form.
    pub pods: BTreeMap<String, RuntimePod>,
    /// Addresses that are not idle, with their pods; a field of ours.
    pub addresses: BTreeMap<String, AddressUse>,
    /// Answers to proposals, by address; a field of ours.
    pub releases: BTreeMap<String, ReleaseAnswer>,
    /// Sandboxes that wait for an address; a field of ours.
    pub waiting: u32,
}

/// A pod on the node.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RuntimePod {
    /// `namespace/name`.
    #[serde(rename = "podID")]
    pub pod_id: String,
    /// `initial` or `deleted`, with the time it began; the newest counts.
    pub status: BTreeMap<String, RuntimePodStatus>,
}

/// When a state began.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RuntimePodStatus {
    /// RFC 3339.
    pub last_update_time: String,
}

/// An address that is not idle.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct AddressUse {
    /// `granted` or `resting`.
    pub state: String,
    /// `namespace/name` of its pod while granted.
    #[serde(rename = "podID", skip_serializing_if = "String::is_empty")]
    pub pod_id: String,
    /// UID of its pod while granted.
    #[serde(rename = "podUID", skip_serializing_if = "String::is_empty")]
    pub pod_uid: String,
}

/// The daemon's answer to a proposal to release an address.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseAnswer {
    /// Number of the proposal that is answered.
    pub generation: u64,
    /// The daemon has given the address up and will not use it.
    pub released: bool,
}

/// State word of an address that a sandbox holds.
pub const GRANTED: &str = "granted";
/// State word of an address that was put back a short while ago.
pub const RESTING: &str = "resting";
