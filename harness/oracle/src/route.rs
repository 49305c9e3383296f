//! Which rule and table decide for a packet: rules and tables are walked as the
//! kernel walks them, from their listing alone.
//!
//! `ip route get` names a table but never a rule, and a mark must be told to it;
//! so the walk is done here, with the mark that the node's packets were seen to
//! carry. Counting rules is no judge: layouts differ.

pub(crate) mod walk;

use std::net::IpAddr;

use facts::claim::{Carried, Direction, Table};
use facts::cloud::{CloudEni, CloudInventory};
use facts::kernel::{KernelState, SeenFlow};
use facts::{Claim, Violation};

use crate::look::{Look, Verdict, violation};
use crate::netstate::by_mac;

use walk::{Decision, Packet, walk};

pub(crate) fn decide(claim: &Claim, look: &Look<'_>) -> Verdict {
    let Claim::Decided { state, inventory, flow, pod, peer, direction, priority, table } = claim
    else {
        return Err("not a claim about rules".to_owned());
    };
    let (state, flow) = (look.kernel(state)?, look.flow(flow)?);
    let Link { index, device } = link(state, look.inventory(inventory)?, *pod)?;
    let packet = packet(flow, *pod, *peer, *direction)?;
    let wanted = Wanted {
        priority: Some(u64::from(*priority)),
        table: match table {
            Table::Eni => vec![(1000 + index).to_string()],
            Table::Main => vec!["main".to_owned(), "254".to_owned()],
        },
        device: match direction {
            Direction::FromContainer => Some(device),
            Direction::ToContainer => None,
        },
        side: *direction,
    };
    Ok(wanted.differences(walk(state, packet).decision, packet))
}

/// Whether a pod's packets leave by its own interface, whatever rule says so.
pub(crate) fn carried(claim: &Carried, look: &Look<'_>) -> Verdict {
    let Carried { state, inventory, flow, pod, peer } = claim;
    let (state, flow) = (look.kernel(state)?, look.flow(flow)?);
    let Link { index, device } = link(state, look.inventory(inventory)?, *pod)?;
    let side = Direction::FromContainer;
    let packet = packet(flow, *pod, *peer, side)?;
    let table = vec![(1000 + index).to_string()];
    let wanted = Wanted { priority: None, table, device: Some(device), side };
    Ok(wanted.differences(walk(state, packet).decision, packet))
}

/// The link of the interface that carries a pod.
struct Link {
    index: u64,
    device: String,
}

fn link(state: &KernelState, inventory: &CloudInventory, pod: IpAddr) -> Result<Link, String> {
    let eni = carrier(inventory, pod)?;
    let link = by_mac(state, &eni.mac)
        .ok_or_else(|| format!("{} has no link with {}", state.place, eni.mac))?;
    let device = link["ifname"].as_str().unwrap_or_default().to_owned();
    Ok(Link { index: link["ifindex"].as_u64().ok_or("a link without index")?, device })
}

/// The rules that were considered for a claim's packet, in order and in words.
pub(crate) fn walked(claim: &Claim, look: &Look<'_>) -> Result<Vec<String>, String> {
    let Claim::Decided { state, flow, pod, peer, direction, .. } = claim else {
        return Err("not a claim about rules".to_owned());
    };
    let packet = packet(look.flow(flow)?, *pod, *peer, *direction)?;
    Ok(walk(look.kernel(state)?, packet).steps.iter().map(ToString::to_string).collect())
}

struct Wanted {
    /// None for any.
    priority: Option<u64>,
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
        if let Some(priority) = self.priority {
            let (expected, observed) = (priority.to_string(), seen.priority.to_string());
            compare("priority of the rule", priority == seen.priority, expected, observed);
        }
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

pub(crate) fn carrier(inventory: &CloudInventory, pod: IpAddr) -> Result<&CloudEni, String> {
    let pod = pod.to_string();
    let mut carriers =
        inventory.enis.iter().filter(|eni| eni.ipv4.contains(&pod) || eni.ipv6.contains(&pod));
    match (carriers.next(), carriers.next()) {
        (Some(eni), None) => Ok(eni),
        (None, _) => Err(format!("no interface in the cloud carries {pod}")),
        _ => Err(format!("two interfaces in the cloud carry {pod}")),
    }
}

#[cfg(test)]
mod tests;
