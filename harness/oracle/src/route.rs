//! Which rule and table decide for a packet: rules and tables are walked as the
//! kernel walks them, from their listing alone.
//!
//! `ip route get` names a table but never a rule, and a mark must be told to it;
//! so the walk is done here, with the mark that the node's packets were seen to
//! carry. Counting rules is no judge: layouts differ.

use std::net::IpAddr;

use facts::claim::{Direction, Table};
use facts::cloud::{CloudEni, CloudInventory};
use facts::kernel::{KernelState, SeenFlow};
use facts::{Claim, Violation};
use ipnet::IpNet;
use serde_json::Value;

use crate::look::{Look, Verdict, violation};
use crate::netstate::{by_mac, entries};

/// A packet as the rules see it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Packet<'a> {
    pub(crate) source: IpAddr,
    pub(crate) destination: IpAddr,
    pub(crate) mark: u32,
    /// Device by which it came in.
    pub(crate) came_by: &'a str,
}

/// Where a walk ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Decision {
    pub(crate) priority: u64,
    pub(crate) table: String,
    pub(crate) device: String,
}

pub(crate) fn decide(claim: &Claim, look: &Look<'_>) -> Verdict {
    let Claim::Decided { state, inventory, flow, pod, peer, direction, priority, table } = claim
    else {
        return Err("not a claim about rules".to_owned());
    };
    let (state, flow) = (look.kernel(state)?, look.flow(flow)?);
    let eni = carrier(look.inventory(inventory)?, *pod)?;
    let link = by_mac(state, &eni.mac)
        .ok_or_else(|| format!("{} has no link with {}", state.place, eni.mac))?;
    let (index, device) = (
        link["ifindex"].as_u64().ok_or("a link without index")?,
        link["ifname"].as_str().unwrap_or_default(),
    );
    let packet = packet(flow, *pod, *peer, *direction)?;
    let wanted = Wanted {
        priority: u64::from(*priority),
        table: match table {
            Table::Eni => vec![(1000 + index).to_string()],
            Table::Main => vec!["main".to_owned(), "254".to_owned()],
        },
        device: match direction {
            Direction::FromContainer => Some(device.to_owned()),
            Direction::ToContainer => None,
        },
        side: *direction,
    };
    Ok(wanted.differences(walk(state, packet), packet))
}

struct Wanted {
    priority: u64,
    table: Vec<String>,
    device: Option<String>,
    side: Direction,
}

impl Wanted {
    fn differences(&self, seen: Option<Decision>, packet: Packet<'_>) -> Vec<Violation> {
        let Packet { source, destination, mark, .. } = packet;
        let side = match self.side {
            Direction::ToContainer => "to container",
            Direction::FromContainer => "from container",
        };
        let object = format!("{side}: {source} → {destination}, mark {mark:#x}");
        let Some(seen) = seen else {
            return vec![violation(object, "a rule whose table has a route", "none has one")];
        };
        let mut found = Vec::new();
        let mut compare = |what: &str, same: bool, expected: String, observed: String| {
            if !same {
                found.push(violation(format!("{what} that decides {object}"), expected, observed));
            }
        };
        let (expected, observed) = (self.priority.to_string(), seen.priority.to_string());
        compare("priority of the rule", self.priority == seen.priority, expected, observed);
        let same = self.table.contains(&seen.table);
        compare("table", same, self.table[0].clone(), seen.table.clone());
        if let Some(device) = &self.device {
            compare("device", *device == seen.device, device.clone(), seen.device.clone());
        }
        found
    }
}

/// The packet that the flow's node routes, with the mark and the way by which
/// its packets were seen to come.
fn packet(
    flow: &SeenFlow,
    pod: IpAddr,
    peer: IpAddr,
    direction: Direction,
) -> Result<Packet<'_>, String> {
    let (source, destination) = match direction {
        Direction::ToContainer => (peer, pod),
        Direction::FromContainer => (pod, peer),
    };
    if (flow.source, flow.destination) != (source, destination) {
        return Err(format!("the flow seen was {} → {}", flow.source, flow.destination));
    }
    let ([mark], [came_by]) = (flow.marks.as_slice(), flow.came_by.as_slice()) else {
        return Err(format!(
            "{} packets came with marks {:?} by {:?}; one of each is needed",
            flow.before_routing, flow.marks, flow.came_by
        ));
    };
    Ok(Packet { source, destination, mark: *mark, came_by })
}

fn carrier(inventory: &CloudInventory, pod: IpAddr) -> Result<&CloudEni, String> {
    let pod = pod.to_string();
    let mut carriers =
        inventory.enis.iter().filter(|eni| eni.ipv4.contains(&pod) || eni.ipv6.contains(&pod));
    match (carriers.next(), carriers.next()) {
        (Some(eni), None) => Ok(eni),
        (None, _) => Err(format!("no interface in the cloud carries {pod}")),
        _ => Err(format!("two interfaces in the cloud carry {pod}")),
    }
}

/// Walks the rules in order until a table decides; none when no table does.
pub(crate) fn walk(state: &KernelState, packet: Packet<'_>) -> Option<Decision> {
    let v4 = packet.destination.is_ipv4();
    let (rules, routes) =
        if v4 { (&state.rules4, &state.routes4) } else { (&state.rules6, &state.routes6) };
    let mut rules: Vec<_> = entries(rules).iter().collect();
    rules.sort_by_key(|rule| rule["priority"].as_u64().unwrap_or_default());
    rules.into_iter().filter(|rule| selects(rule, packet)).find_map(|rule| {
        let table = text(&rule["table"]).unwrap_or("main".to_owned());
        let route = longest(entries(routes), &table, packet.destination)?;
        let length = destination(route).map_or(0, |net| u64::from(net.prefix_len()));
        // iproute2 writes this attribute as number or text, by version.
        let suppressed = text(&rule["suppress_prefixlen"]).and_then(|s| s.parse::<u64>().ok());
        if suppressed.is_some_and(|shortest| length <= shortest) {
            return None;
        }
        Some(Decision {
            priority: rule["priority"].as_u64().unwrap_or_default(),
            table,
            device: route["dev"].as_str().unwrap_or_default().to_owned(),
        })
    })
}

fn selects(rule: &Value, packet: Packet<'_>) -> bool {
    let block = |key: &str, length: &str, address: IpAddr| {
        let Some(text) = rule[key].as_str().filter(|text| *text != "all") else { return true };
        let host = if address.is_ipv4() { 32 } else { 128 };
        let length = rule[length].as_u64().and_then(|l| u8::try_from(l).ok()).unwrap_or(host);
        let net = text.parse().ok().and_then(|net| IpNet::new(net, length).ok());
        net.is_some_and(|net| net.contains(&address))
    };
    let number = |key: &str| {
        let text = text(&rule[key])?;
        match text.strip_prefix("0x") {
            Some(digits) => u32::from_str_radix(digits, 16).ok(),
            None => text.parse().ok(),
        }
    };
    let mark = number("fwmark").is_none_or(|wanted| {
        let mask = number("fwmask").unwrap_or(u32::MAX);
        packet.mark & mask == wanted & mask
    });
    let came = rule["iif"].as_str().is_none_or(|device| device == packet.came_by);
    // A rule for packets of the node itself never takes one that came in.
    let leaves = rule["oif"].is_null() && rule["uid_start"].is_null();
    let plain = rule["not"].is_null() && rule["action"].is_null() && rule["l3mdev"].is_null();
    block("src", "srclen", packet.source)
        && block("dst", "dstlen", packet.destination)
        && mark
        && came
        && leaves
        && plain
}

fn longest<'a>(routes: &'a [Value], table: &str, address: IpAddr) -> Option<&'a Value> {
    let here = |route: &&Value| {
        text(&route["table"]).unwrap_or("main".to_owned()) == table
            && route["type"].as_str().is_none_or(|kind| kind != "multicast")
            && !entries(&route["flags"]).iter().any(|flag| flag == "dead")
    };
    let matching = routes.iter().filter(here).filter(|route| match destination(route) {
        Some(net) => net.contains(&address),
        None => route["dst"] == "default",
    });
    matching.max_by_key(|route| destination(route).map_or(0, |net| net.prefix_len()))
}

fn destination(route: &Value) -> Option<IpNet> {
    let text = route["dst"].as_str()?;
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
