//! `kube-system/eni-config`, key `eni_conf` (linked page 1): parsed once, at the door.
//!
//! An unknown key is refused with its path, so that a misspelt or unsupported
//! setting never takes effect by halves (CFG-1). A known key that does nothing
//! here is a warning. Both lists are written down below.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ipnet::IpNet;
use model::inventory::VSwitchPolicy;
use model::kernel::Layout;
use model::pool::{IpStack, PoolBounds};
use serde::Deserialize;
use serde_json::{Map, Value};
use thiserror::Error;

use crate::node::{EniSpec, PoolSpec, TagEntry};

/// Keys of the published implementation that have no effect in shared-ENI mode here.
pub const WITHOUT_EFFECT: [&str; 30] = [
    "access_key",
    "access_secret",
    "backoff_override",
    "credential_path",
    "custom_stateful_workload_kinds",
    "disable_device_plugin",
    "enable_eip_migrate",
    "enable_eni_trunking",
    "enable_erdma",
    "enable_ip_prefix",
    "enable_patch_pod_ips",
    "eni_cap_ratio",
    "eni_cap_shift",
    "eni_selection_policy",
    "extra_routes",
    "idle_ip_reclaim_after",
    "idle_ip_reclaim_batch_size",
    "idle_ip_reclaim_interval",
    "idle_ip_reclaim_jitter_factor",
    "ipam_type",
    "ipv4_prefix_count",
    "ipv6_prefix_count",
    "kube_client_burst",
    "kube_client_qps",
    "max_eni",
    "min_eni",
    "prefix",
    "rate_limit",
    "region_id",
    "version",
];

/// Security groups an interface may have at most.
const MOST_SECURITY_GROUPS: usize = 10;

/// The configuration of a node, checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EniConfig {
    /// Address families of pods (`ip_stack`).
    pub stack: IpStack,
    /// Bounds of the pool (`min_pool_size`, `max_pool_size`, `ip_warm_up_size`).
    pub pool: PoolBounds,
    /// How often the pool is compared with the cloud (`ip_pool_sync_period`); 120 s.
    pub sync_period: Duration,
    /// Blocks of Services (`service_cidr`).
    pub service_cidrs: Vec<IpNet>,
    /// vSwitches by zone (`vswitches`).
    pub v_switches: BTreeMap<String, Vec<String>>,
    /// How one of them is chosen (`vswitch_selection_policy`).
    pub v_switch_policy: VSwitchPolicy,
    /// Security groups of new interfaces: `security_group` and `security_groups` together.
    pub security_groups: Vec<String>,
    /// Tags of new interfaces (`eni_tags`).
    pub tags: BTreeMap<String, String>,
    /// Only interfaces with all these tags are ours (`eni_tag_filter`).
    pub tag_filter: BTreeMap<String, String>,
    /// Interfaces with one of these tags are never ours (`eni_tag_block_list`).
    pub tag_block_list: Vec<TagEntry>,
    /// Resource group of new interfaces (`resource_group_id`).
    pub resource_group: String,
    /// Reading of the rules' table to lay out (`rule_layout`, ours).
    pub layout: Layout,
    /// How long a released address rests (`address_rest`, ours); 130 s.
    pub rest: Duration,
    /// How long an ADD waits for an address (`allocate_timeout`, ours); 30 s.
    pub allocate_timeout: Duration,
    /// How often addresses are looked for whose pod and sandbox are gone without a DEL
    /// (`collect_period`, ours); 30 s. Of an address that was given within the last two
    /// periods nothing is thought.
    pub collect_period: Duration,
    /// Pause between two rounds of the repair loop (`repair_period`, ours); 3 s. Nothing
    /// is repaired while it is 0.
    pub repair_period: Duration,
    /// One line for each key without effect.
    pub warnings: Vec<String>,
}

/// A configuration that is refused. The last good one stays in force.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum BadConfig {
    /// Not an object of JSON.
    #[error("eni_conf is no JSON object: {cause}")]
    NotJson {
        /// What the parser said.
        cause: String,
    },
    /// A key that nobody knows.
    #[error("eni_conf.{path}: unknown key; remove it")]
    UnknownKey {
        /// Where it stands.
        path: String,
    },
    /// A key holds what it must not.
    #[error("eni_conf.{path}: {problem}")]
    Wrong {
        /// Where it stands.
        path: String,
        /// What is wrong and what would be right.
        problem: String,
    },
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Raw {
    ip_stack: IpStack,
    min_pool_size: u32,
    max_pool_size: Option<u32>,
    ip_warm_up_size: u32,
    ip_pool_sync_period: Option<String>,
    service_cidr: String,
    vswitches: BTreeMap<String, Vec<String>>,
    vswitch_selection_policy: Option<String>,
    security_group: String,
    security_groups: Vec<String>,
    eni_tags: BTreeMap<String, String>,
    eni_tag_filter: BTreeMap<String, String>,
    eni_tag_block_list: Vec<TagEntry>,
    resource_group_id: String,
    rule_layout: Layout,
    address_rest: Option<String>,
    allocate_timeout: Option<String>,
    collect_period: Option<String>,
    repair_period: Option<String>,
}

/// Keys of [`Raw`].
const WITH_EFFECT: [&str; 19] = [
    "ip_stack",
    "min_pool_size",
    "max_pool_size",
    "ip_warm_up_size",
    "ip_pool_sync_period",
    "service_cidr",
    "vswitches",
    "vswitch_selection_policy",
    "security_group",
    "security_groups",
    "eni_tags",
    "eni_tag_filter",
    "eni_tag_block_list",
    "resource_group_id",
    "rule_layout",
    "address_rest",
    "allocate_timeout",
    "collect_period",
    "repair_period",
];

impl EniConfig {
    /// Parses `base`, merged with the node's own configuration by RFC 7396.
    pub fn parse(base: &str, node: Option<&str>) -> Result<Self, BadConfig> {
        let mut object = Value::Object(json_object(base)?);
        if let Some(node) = node {
            merge(&mut object, Value::Object(json_object(node)?));
        }
        let Value::Object(mut object) = object else { unreachable!("a merge keeps an object") };
        let mut warnings = Vec::new();
        for key in object.keys() {
            if WITHOUT_EFFECT.contains(&key.as_str()) {
                warnings.push(format!("eni_conf.{key}: has no effect in shared-ENI mode"));
            } else if !WITH_EFFECT.contains(&key.as_str())
                && !defect::on("config-unknown-key-is-ignored")
            {
                return Err(BadConfig::UnknownKey { path: key.clone() });
            }
        }
        object.retain(|key, _| WITH_EFFECT.contains(&key.as_str()));
        let raw: Result<Raw, _> = serde_path_to_error::deserialize(Value::Object(object));
        if raw.is_err() && defect::on("config-of-a-wrong-kind-is-ignored") {
            return Raw::default().check(warnings);
        }
        let raw =
            raw.map_err(|error| wrong(&error.path().to_string(), error.inner().to_string()))?;
        raw.check(warnings)
    }

    /// The part of the `nodes` object that tells how interfaces are to be made in `zone`.
    pub fn eni_spec(&self, zone: &str) -> EniSpec {
        EniSpec {
            tag: self.tags.clone(),
            tag_filter: self.tag_filter.clone(),
            tag_block_list: self.tag_block_list.clone(),
            v_switch_options: self.v_switches.get(zone).cloned().unwrap_or_default(),
            v_switch_select_policy: self.v_switch_policy.to_string(),
            security_group_ids: self.security_groups.clone(),
            resource_group_id: self.resource_group.clone(),
            enable_ipv4: true,
            enable_ipv6: self.stack == IpStack::Dual,
            service_cidrs: self.service_cidrs.iter().map(IpNet::to_string).collect(),
        }
    }

    /// The part of the `nodes` object that tells how many addresses are to be kept.
    pub fn pool_spec(&self) -> PoolSpec {
        PoolSpec {
            max_pool_size: self.pool.max,
            min_pool_size: self.pool.min,
            pool_sync_period: humantime::format_duration(self.sync_period).to_string(),
            warm_up_size: self.pool.warm_up,
        }
    }
}

impl Raw {
    fn check(self, warnings: Vec<String>) -> Result<EniConfig, BadConfig> {
        // The default maximum gives way to a minimum that was asked for.
        let max = self.max_pool_size.unwrap_or(self.min_pool_size.max(5));
        if self.min_pool_size > max && !defect::on("config-minimum-may-exceed-the-maximum") {
            let problem = format!("{} is more than max_pool_size {max}", self.min_pool_size);
            return Err(wrong("min_pool_size", problem));
        }
        let groups: BTreeSet<String> = self
            .security_groups
            .iter()
            .chain([&self.security_group])
            .filter(|group| !group.is_empty())
            .cloned()
            .collect();
        if groups.len() > MOST_SECURITY_GROUPS {
            let problem = format!(
                "{} groups together with security_group; at most {MOST_SECURITY_GROUPS} are allowed",
                groups.len()
            );
            return Err(wrong("security_groups", problem));
        }
        Ok(EniConfig {
            stack: if defect::on("ip-stack-is-ignored") { IpStack::Dual } else { self.ip_stack },
            pool: PoolBounds { min: self.min_pool_size, max, warm_up: self.ip_warm_up_size },
            sync_period: period("ip_pool_sync_period", self.ip_pool_sync_period.as_deref(), 120)?,
            service_cidrs: service_cidrs(&self.service_cidr, self.ip_stack)?,
            v_switches: self.vswitches,
            v_switch_policy: policy(self.vswitch_selection_policy.as_deref())?,
            security_groups: groups.into_iter().collect(),
            tags: self.eni_tags,
            tag_filter: self.eni_tag_filter,
            tag_block_list: self.eni_tag_block_list,
            resource_group: self.resource_group_id,
            layout: self.rule_layout,
            rest: period("address_rest", self.address_rest.as_deref(), 130)?,
            allocate_timeout: period("allocate_timeout", self.allocate_timeout.as_deref(), 30)?,
            collect_period: period("collect_period", self.collect_period.as_deref(), 30)?,
            repair_period: period("repair_period", self.repair_period.as_deref(), 3)?,
            warnings,
        })
    }
}

fn json_object(text: &str) -> Result<Map<String, Value>, BadConfig> {
    let fine = serde_json::from_str::<Value>(text).is_ok();
    if !fine && defect::on("config-that-is-no-json-is-ignored") {
        return Ok(Map::new());
    }
    serde_json::from_str(text).map_err(|cause| BadConfig::NotJson { cause: cause.to_string() })
}

/// RFC 7396: null removes, objects merge key by key, all else replaces.
fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(target) = target else { unreachable!("made an object just now") };
    for (key, value) in patch {
        if value.is_null() {
            target.remove(&key);
        } else {
            merge(target.entry(key).or_insert(Value::Null), value);
        }
    }
}

fn wrong(path: &str, problem: impl Into<String>) -> BadConfig {
    BadConfig::Wrong { path: path.to_owned(), problem: problem.into() }
}

fn period(key: &str, text: Option<&str>, seconds: u64) -> Result<Duration, BadConfig> {
    let Some(text) = text else { return Ok(Duration::from_secs(seconds)) };
    humantime::parse_duration(text).map_err(|error| {
        wrong(key, format!("{text:?} is no duration such as \"90s\" or \"2m\": {error}"))
    })
}

/// The IPv4 block and, with dual stack only, the IPv6 block (PLN-3).
fn service_cidrs(text: &str, stack: IpStack) -> Result<Vec<IpNet>, BadConfig> {
    let blocks: Vec<IpNet> = text
        .split(',')
        .map(str::trim)
        .filter(|block| !block.is_empty())
        .filter(|block| {
            block.parse::<IpNet>().is_ok() || !defect::on("config-block-that-is-none-is-ignored")
        })
        .map(|block| {
            block.parse().map_err(|_| {
                wrong("service_cidr", format!("{block:?} is no block such as 172.21.0.0/20"))
            })
        })
        .collect::<Result<_, _>>()?;
    let v6 = blocks.iter().any(|block| block.addr().is_ipv6());
    if v6 && stack != IpStack::Dual && !defect::on("config-ipv6-services-need-nothing") {
        let problem = format!("{text:?} holds an IPv6 block, which needs ip_stack \"dual\"");
        return Err(wrong("service_cidr", problem));
    }
    Ok(blocks)
}

/// In this file `ordered`, the default, means the vSwitch with most free
/// addresses (linked page 1); only PodNetworking takes it as "in list order".
fn policy(text: Option<&str>) -> Result<VSwitchPolicy, BadConfig> {
    match text {
        None | Some("" | "ordered" | "most") => Ok(VSwitchPolicy::Most),
        Some("random") => Ok(VSwitchPolicy::Random),
        Some(other) => Err(wrong(
            "vswitch_selection_policy",
            format!("{other:?} is none of \"ordered\", \"random\", \"most\""),
        )),
    }
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests;
