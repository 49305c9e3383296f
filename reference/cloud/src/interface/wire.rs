//! The shape of an interface on the wire: lists are wrapped twice
//! (`"Tags": {"Tag": [..]}`), and what has no value may be absent, `null`, `{}` or `""`.

use std::net::Ipv6Addr;

use ipnet::{Ipv4Net, Ipv6Net};
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::Error as _;

use super::{PrivateIp, Role, Status, TrafficMode};
use crate::answer::filled;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Interface {
    network_interface_id: String,
    status: Status,
    /// Needed, but for CreateNetworkInterface, whose caller knows what it asked for.
    #[serde(rename = "Type")]
    role: Option<Role>,
    mac_address: String,
    v_switch_id: String,
    #[serde(default, deserialize_with = "filled")]
    vpc_id: Option<String>,
    #[serde(default, deserialize_with = "filled")]
    zone_id: Option<String>,
    #[serde(default, deserialize_with = "filled")]
    instance_id: Option<String>,
    attachment: Option<Attachment>,
    private_ip_sets: PrivateIpSets,
    ipv6_sets: Option<Ipv6Sets>,
    ipv4_prefix_sets: Option<Ipv4PrefixSets>,
    ipv6_prefix_sets: Option<Ipv6PrefixSets>,
    security_group_ids: Option<SecurityGroupIds>,
    tags: Option<Tags>,
    #[serde(default, deserialize_with = "filled")]
    resource_group_id: Option<String>,
    #[serde(default, deserialize_with = "filled")]
    network_interface_traffic_mode: Option<TrafficMode>,
    #[serde(default, deserialize_with = "filled")]
    description: Option<String>,
    #[serde(default, deserialize_with = "filled")]
    creation_time: Option<Timestamp>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase")]
struct Attachment {
    #[serde(default, deserialize_with = "filled")]
    instance_id: Option<String>,
    #[serde(default, deserialize_with = "filled")]
    trunk_network_interface_id: Option<String>,
    device_index: Option<i64>,
    network_card_index: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PrivateIpSets {
    private_ip_set: Vec<PrivateIp>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Ipv6Sets {
    ipv6_set: Option<Vec<Ipv6Set>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Ipv6Set {
    ipv6_address: Ipv6Addr,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Ipv4PrefixSets {
    ipv4_prefix_set: Option<Vec<Ipv4PrefixSet>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Ipv4PrefixSet {
    ipv4_prefix: Ipv4Net,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Ipv6PrefixSets {
    ipv6_prefix_set: Option<Vec<Ipv6PrefixSet>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Ipv6PrefixSet {
    ipv6_prefix: Ipv6Net,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SecurityGroupIds {
    security_group_id: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tags {
    tag: Option<Vec<Tag>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tag {
    tag_key: String,
    #[serde(default)]
    tag_value: String,
}

impl TryFrom<Interface> for super::Interface {
    type Error = serde_json::Error;

    fn try_from(mut wire: Interface) -> Result<Self, Self::Error> {
        let role = wire.role.take().ok_or_else(|| Self::Error::missing_field("Type"))?;
        Ok(wire.with_role(role))
    }
}

impl Interface {
    /// The interface, with `asked` for a role where the answer tells none.
    pub(crate) fn with_role(self, asked: Role) -> super::Interface {
        let wire = self;
        let role = match wire.role.unwrap_or(asked) {
            Role::Other(word) if word.is_empty() => Role::Secondary,
            role => role,
        };
        let attachment = wire.attachment.unwrap_or_default();
        let v6 = wire.ipv6_sets.and_then(|sets| sets.ipv6_set);
        let v4_prefixes = wire.ipv4_prefix_sets.and_then(|sets| sets.ipv4_prefix_set);
        let v6_prefixes = wire.ipv6_prefix_sets.and_then(|sets| sets.ipv6_prefix_set);
        let tags = wire.tags.and_then(|tags| tags.tag);
        super::Interface {
            id: wire.network_interface_id,
            status: wire.status,
            role,
            mac: wire.mac_address,
            v_switch: wire.v_switch_id,
            vpc: wire.vpc_id,
            zone: wire.zone_id,
            instance: wire.instance_id.or(attachment.instance_id),
            trunk: attachment.trunk_network_interface_id,
            device_index: attachment.device_index,
            network_card: attachment.network_card_index,
            addresses: wire.private_ip_sets.private_ip_set,
            ipv6: v6.map(|sets| sets.iter().map(|set| set.ipv6_address).collect()),
            ipv4_prefixes: v4_prefixes.map(|sets| sets.iter().map(|set| set.ipv4_prefix).collect()),
            ipv6_prefixes: v6_prefixes.map(|sets| sets.iter().map(|set| set.ipv6_prefix).collect()),
            security_groups: wire.security_group_ids.and_then(|ids| ids.security_group_id),
            tags: tags.map(|t| t.into_iter().map(|t| (t.tag_key, t.tag_value)).collect()),
            resource_group: wire.resource_group_id,
            traffic_mode: wire.network_interface_traffic_mode,
            description: wire.description,
            created: wire.creation_time,
        }
    }
}
