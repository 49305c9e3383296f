//! Packets of a flow as a node's own netfilter sees them: how many came before
//! routing, with which marks and by which devices, and how many were forwarded.
//!
//! The table is the probe's own, named for the run, last in each hook, and
//! decides nothing.

use std::net::IpAddr;

use facts::kernel::SeenFlow;
use serde_json::Value;

use crate::ProbeError;
use crate::command::succeed;
use crate::netns::NetnsPath;

/// A flow that is being watched; the table goes when this is dropped.
#[derive(Debug)]
pub struct Watch {
    netns: NetnsPath,
    table: String,
    node: String,
    source: IpAddr,
    destination: IpAddr,
}

impl Watch {
    /// Starts to watch packets from `source` to `destination` on `node`. `number`
    /// tells watches of one node apart.
    pub fn start(
        netns: &NetnsPath,
        node: &str,
        number: usize,
        source: IpAddr,
        destination: IpAddr,
    ) -> Result<Self, ProbeError> {
        let table = format!("plumbline{number}");
        let rules = rules(&table, source, destination);
        nft(netns, &["-f", "-"], &rules)?;
        Ok(Self { netns: netns.clone(), table, node: node.to_owned(), source, destination })
    }

    /// What was seen so far.
    pub fn read(&self) -> Result<SeenFlow, ProbeError> {
        let listing = list(&self.netns, &["table", "inet", &self.table])?;
        Ok(SeenFlow {
            node: self.node.clone(),
            source: self.source,
            destination: self.destination,
            before_routing: packets(&listing, "before"),
            forwarded: packets(&listing, "forward"),
            marks: elements(&listing, "marks")
                .iter()
                .filter_map(|mark| u32::try_from(mark.as_u64()?).ok())
                .collect(),
            came_by: elements(&listing, "came_by")
                .iter()
                .filter_map(|device| device.as_str().map(str::to_owned))
                .collect(),
        })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // The namespace may be gone, and the table with it.
        let _ = nft(&self.netns, &["delete", "table", "inet", &self.table], "");
    }
}

fn rules(table: &str, source: IpAddr, destination: IpAddr) -> String {
    let family = if source.is_ipv4() { "ip" } else { "ip6" };
    let flow = format!("{family} saddr {source} {family} daddr {destination}");
    format!(
        "table inet {table} {{
            counter before {{ }}
            counter forward {{ }}
            set marks {{ type mark; size 16; flags dynamic; }}
            set came_by {{ type ifname; size 16; flags dynamic; }}
            chain prerouting {{
                type filter hook prerouting priority 300; policy accept;
                {flow} counter name before update @marks {{ meta mark }} update @came_by {{ iifname }}
            }}
            chain forwarded {{
                type filter hook forward priority 300; policy accept;
                {flow} counter name forward
            }}
        }}"
    )
}

/// What `nft -j list` shows of `what`.
pub(crate) fn list(netns: &NetnsPath, what: &[&str]) -> Result<Value, ProbeError> {
    let args = [&["-j", "list"], what].concat();
    let text = nft(netns, &args, "")?;
    let tool = format!("nft {}", args.join(" "));
    serde_json::from_str(&text).map_err(|source| ProbeError::Output { tool, source })
}

pub(crate) fn nft(netns: &NetnsPath, args: &[&str], stdin: &str) -> Result<String, ProbeError> {
    let path = netns.path().display().to_string();
    let net = format!("--net={path}");
    let all: Vec<&str> = [net.as_str(), "nft"].into_iter().chain(args.iter().copied()).collect();
    succeed("nsenter", &all, stdin)
}

fn objects<'a>(listing: &'a Value, kind: &'a str) -> impl Iterator<Item = &'a Value> {
    let list = listing["nftables"].as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(move |entry| entry.get(kind))
}

pub(crate) fn packets(listing: &Value, counter: &str) -> u64 {
    let named = objects(listing, "counter").find(|entry| entry["name"] == counter);
    named.and_then(|entry| entry["packets"].as_u64()).unwrap_or_default()
}

fn elements<'a>(listing: &'a Value, set: &str) -> Vec<&'a Value> {
    let named = objects(listing, "set").find(|entry| entry["name"] == set);
    let list = named.and_then(|entry| entry["elem"].as_array());
    // An element with state stands under a word of its own.
    list.map(Vec::as_slice)
        .unwrap_or_default()
        .iter()
        .map(|element| element.pointer("/elem/val").unwrap_or(element))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_listing_is_read_with_and_without_state_of_elements() {
        let listing = json!({"nftables": [
            {"counter": {"name": "before", "packets": 7}},
            {"counter": {"name": "forward", "packets": 3}},
            {"set": {"name": "marks", "elem": [1_048_576, {"elem": {"val": 2}}]}},
            {"set": {"name": "came_by", "elem": ["cali1"]}},
        ]});
        assert_eq!((packets(&listing, "before"), packets(&listing, "forward")), (7, 3));
        assert_eq!(elements(&listing, "marks"), [&json!(1_048_576), &json!(2)]);
        assert_eq!(elements(&listing, "came_by"), [&json!("cali1")]);
        assert_eq!(packets(&json!({}), "before"), 0);
    }
}
