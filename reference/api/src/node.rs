//! `nodes.network.alibabacloud.com`: a node's interfaces and addresses. The
//! daemon writes what it wants into the spec, the controller what there is into
//! the status.

use std::collections::BTreeMap;

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is known and wanted of a node.
#[derive(CustomResource, Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "network.alibabacloud.com",
    version = "v1beta1",
    kind = "Node",
    plural = "nodes",
    status = "NodeStatus",
    derive = "PartialEq",
    derive = "Default"
)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeSpec {
    /// Where the node is; written by the controller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_metadata: Option<NodeMetadata>,
    /// What its instance type allows; written by the controller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_cap: Option<NodeCap>,
    /// How interfaces are to be made; written by the daemon.
    #[serde(rename = "eni", skip_serializing_if = "Option::is_none")]
    pub eni: Option<EniSpec>,
    /// How many addresses are to be kept; written by the daemon.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pool: Option<PoolSpec>,
}

/// Where a node is.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeMetadata {
    /// Region, from the Node's provider id.
    #[serde(rename = "regionID")]
    pub region_id: String,
    /// Type of the instance.
    pub instance_type: String,
    /// The instance, from the Node's provider id.
    #[serde(rename = "instanceID")]
    pub instance_id: String,
    /// Zone of the instance.
    #[serde(rename = "zoneID")]
    pub zone_id: String,
}

/// What an instance type allows.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeCap {
    /// Interfaces, the primary one included (EniQuantity).
    pub adapters: u32,
    /// Interfaces with trunk members (EniTotalQuantity).
    pub total_adapters: u32,
    /// IPv4 addresses an interface.
    #[serde(rename = "ipv4PerAdapter")]
    pub ipv4_per_adapter: u32,
    /// IPv6 addresses an interface.
    #[serde(rename = "ipv6PerAdapter")]
    pub ipv6_per_adapter: u32,
}

/// How interfaces are to be made.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct EniSpec {
    /// Tags of new interfaces.
    pub tag: BTreeMap<String, String>,
    /// Only interfaces with all these tags are ours (MOD-6).
    pub tag_filter: BTreeMap<String, String>,
    /// Interfaces with one of these tags are never ours.
    pub tag_block_list: Vec<TagEntry>,
    /// vSwitches of new interfaces, in order; empty means the primary interface's.
    pub v_switch_options: Vec<String>,
    /// How one of them is chosen: `ordered`, `random` or `most`.
    pub v_switch_select_policy: String,
    /// Security groups of new interfaces; empty means the primary interface's.
    #[serde(rename = "securityGroupIDs")]
    pub security_group_ids: Vec<String>,
    /// Resource group of new interfaces.
    #[serde(rename = "resourceGroupID", skip_serializing_if = "String::is_empty")]
    pub resource_group_id: String,
    /// Pods get IPv4 addresses.
    #[serde(rename = "enableIPv4")]
    pub enable_ipv4: bool,
    /// Pods get IPv6 addresses, too.
    #[serde(rename = "enableIPv6")]
    pub enable_ipv6: bool,
    /// Blocks of Services, which no vSwitch may overlap (PLN-1); a field of ours.
    #[serde(rename = "serviceCIDRs")]
    pub service_cidrs: Vec<String>,
}

/// A tag to look for.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TagEntry {
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: String,
}

/// How many addresses are to be kept.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct PoolSpec {
    /// More idle addresses than this are given back.
    pub max_pool_size: u32,
    /// Fewer idle addresses than this are asked for.
    pub min_pool_size: u32,
    /// How often the pool is compared with the cloud, as a Go duration.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub pool_sync_period: String,
    /// Addresses to fetch once in the node's life.
    pub warm_up_size: u32,
}

/// What there is for a node.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeStatus {
    /// Whether the node may serve pods; a field of ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub admission: Option<Admission>,
    /// Interfaces by the cloud's name.
    pub network_interfaces: BTreeMap<String, NetworkInterface>,
    /// Whether the first fetch ahead of any pod is done.
    pub warm_up_completed: bool,
    /// Grows with every proposal to release an address; a field of ours.
    pub release_generation: u64,
    /// What keeps the pool from growing, newest first; empty when nothing does.
    /// A field of ours.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub shortage: String,
}

/// Whether a node may serve pods.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Admission {
    /// It may.
    pub admitted: bool,
    /// Pods that it can serve.
    pub limit: u64,
    /// Why it may not, naming limit and threshold.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
}

/// An interface of a node.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct NetworkInterface {
    /// The cloud's name.
    pub id: String,
    /// State in the cloud's words: `Attaching`, `InUse`, `Detaching`, `Deleting`.
    pub status: String,
    /// Hardware address.
    pub mac_address: String,
    /// The vSwitch it is in.
    #[serde(rename = "vSwitchID")]
    pub v_switch_id: String,
    /// IPv4 block of the vSwitch.
    #[serde(rename = "ipv4CIDR", skip_serializing_if = "String::is_empty")]
    pub ipv4_cidr: String,
    /// IPv6 block of the vSwitch.
    #[serde(rename = "ipv6CIDR", skip_serializing_if = "String::is_empty")]
    pub ipv6_cidr: String,
    /// No new pods are put on it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unschedulable: bool,
    /// IPv4 addresses.
    pub ipv4: BTreeMap<String, AddressEntry>,
    /// IPv6 addresses.
    pub ipv6: BTreeMap<String, AddressEntry>,
}

/// An address of an interface.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct AddressEntry {
    /// The address.
    pub ip: String,
    /// Whether it is the interface's primary one.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub primary: bool,
    /// `Valid`, `Deleting` (proposed for release) or `Invalid` (gone in the cloud).
    pub status: String,
    /// `namespace/name` of its pod, after the fact.
    #[serde(rename = "podID", skip_serializing_if = "String::is_empty")]
    pub pod_id: String,
    /// UID of its pod, after the fact.
    #[serde(rename = "podUID", skip_serializing_if = "String::is_empty")]
    pub pod_uid: String,
    /// Number of the proposal to release it; a field of ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generation: Option<u64>,
}

/// Word for an address that may be given to pods.
pub const VALID: &str = "Valid";
/// Word for an address that the controller wants back.
pub const DELETING: &str = "Deleting";
/// Word for an address that the cloud holds no more.
pub const INVALID: &str = "Invalid";
/// Word for an interface that is plugged in.
pub const IN_USE: &str = "InUse";
