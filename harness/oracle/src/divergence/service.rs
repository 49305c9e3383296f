//! Where a node leads packets for a Service: kube-proxy's own table, in the form in which
//! `nft -j` lists it.
//!
//! A map leads from address, protocol and port to a chain of the Service, that one to a
//! chain for each endpoint, and those hold the address that packets get instead.

use std::net::{IpAddr, SocketAddr};

use facts::exchange::{Exchange, Protocol};
use serde_json::Value;

use super::trail::Break;
use crate::netstate::entries;

/// Map from the address of a Service to its chain.
const SERVICES: &str = "service-ips";

/// How one Service is translated on one node.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Translation {
    /// The Service's chain.
    pub(super) chain: String,
    /// The address that packets get instead.
    pub(super) backend: IpAddr,
}

/// How `node`, whose table is listed, translates the target of a try.
pub(super) fn translation(
    listing: &Value,
    node: &str,
    tried: &Exchange,
) -> Result<Translation, Break> {
    let rules = Rules(entries(&listing["nftables"]));
    let target = tried.target;
    let missing = |object: String, why: String| {
        Err(Break::new(node, object).wanted("there").seen("not there").why(why))
    };
    let Some(chain) = rules.chain(target, tried.protocol) else {
        return missing(
            format!("translation of {target} over {} in {node}", tried.protocol),
            format!("Without it {node} looks for a route to {target}, where nobody is."),
        );
    };
    let Some(backend) = rules.backend(&chain, target.is_ipv4()) else {
        return missing(
            format!("endpoint in chain {chain} of {node}"),
            format!("{node} knows the Service, and nobody who serves it."),
        );
    };
    Ok(Translation { chain, backend })
}

struct Rules<'a>(&'a [Value]);

impl Rules<'_> {
    /// The chain of the Service that is at `target`.
    fn chain(&self, target: SocketAddr, protocol: Protocol) -> Option<String> {
        let map = self.0.iter().filter_map(|entry| entry.get("map"));
        let services = map.filter(|map| map["name"] == SERVICES);
        let protocol = protocol.to_string().to_lowercase();
        let is = |element: &&Value| {
            let key = element.get(0).map(|key| key.pointer("/elem/val").unwrap_or(key));
            let key = key.map(|key| entries(&key["concat"])).unwrap_or_default();
            let [address, by, port] = key else { return false };
            let at = address.as_str().and_then(|address| address.parse().ok());
            at == Some(target.ip())
                && *by == protocol.as_str()
                && port.as_u64() == Some(u64::from(target.port()))
        };
        let element = services.flat_map(|map| entries(&map["elem"])).find(is)?;
        goals(element).into_iter().next()
    }

    /// The first address that packets in `chain`, or in a chain that it leads to, get.
    fn backend(&self, chain: &str, v4: bool) -> Option<IpAddr> {
        let of = |chain: &str| {
            let rules = self.0.iter().filter_map(|entry| entry.get("rule"));
            let chain = chain.to_owned();
            rules.filter(move |rule| rule["chain"] == chain.as_str())
        };
        let ends = of(chain).flat_map(goals).flat_map(|goal| of(&goal).collect::<Vec<_>>());
        let statements = ends.flat_map(|rule| entries(&rule["expr"]));
        let mut addresses =
            statements.filter_map(|statement| statement["dnat"]["addr"].as_str()?.parse().ok());
        addresses.find(|address: &IpAddr| address.is_ipv4() == v4)
    }
}

/// Chains that something leads to, wherever it says so, in order.
fn goals(value: &Value) -> Vec<String> {
    match value {
        Value::Array(values) => values.iter().flat_map(goals).collect(),
        Value::Object(fields) => {
            let own = fields.get("goto").and_then(|goal| goal["target"].as_str());
            own.map(str::to_owned).into_iter().chain(fields.values().flat_map(goals)).collect()
        }
        _ => Vec::new(),
    }
}
