//! How a node translates the addresses of Services.

use serde_json::{Value, json};

use crate::ProbeError;
use crate::flow::list;
use crate::netns::NetnsPath;

/// Table of kube-proxy in its mode `nftables`, one for each family.
const TABLE: &str = "kube-proxy";

/// kube-proxy's table for IPv4 or IPv6, as `nft -j list table` shows it; null where there
/// is none.
pub fn services(netns: &NetnsPath, v4: bool) -> Result<Value, ProbeError> {
    let family = if v4 { "ip" } else { "ip6" };
    let mut listing = list(netns, &["ruleset", family])?;
    let entries = listing["nftables"].as_array_mut().map(std::mem::take).unwrap_or_default();
    let own: Vec<_> = entries.into_iter().filter(of_the_table).collect();
    Ok(if own.is_empty() { Value::Null } else { json!({"nftables": own}) })
}

/// Whether an entry is the table, or stands in it.
fn of_the_table(entry: &Value) -> bool {
    let object = entry.as_object().and_then(|fields| fields.iter().next());
    object.is_some_and(|(kind, value)| {
        value["table"] == TABLE || (kind == "table" && value["name"] == TABLE)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_filter_is_left_out() {
        let kept = |entry: Value| of_the_table(&entry);
        assert!(kept(json!({"table": {"family": "ip", "name": "kube-proxy"}})));
        assert!(kept(json!({"map": {"table": "kube-proxy", "name": "service-ips"}})));
        assert!(!kept(json!({"metainfo": {"version": "1.0.6"}})));
        assert!(!kept(json!({"table": {"family": "ip", "name": "terway"}})));
        assert!(!kept(json!({"chain": {"table": "terway", "name": "kube-proxy"}})));
    }
}
