//! Whether tables and rules followed their interfaces when these came back with other
//! indexes (FLT-10). The document's table of an interface is 1000 + its link index.

use std::collections::BTreeMap;

use facts::Violation;
use facts::claim::Reindexed;
use facts::cloud::{CloudEni, CloudInventory};
use facts::kernel::KernelState;
use serde_json::Value;

use crate::look::{Look, Verdict, violation};
use crate::netstate::{by_mac, entries};
use crate::route::walk::{gateway, route_words};

/// The first table that can belong to an interface: no link has index 0.
const FIRST: u64 = 1001;

pub(crate) fn decide(claim: &Reindexed, look: &Look<'_>) -> Verdict {
    let Reindexed { instance, inventory, before, after } = claim;
    let (before, after) = (look.kernel(before)?, look.kernel(after)?);
    let enis = plugged(look.inventory(inventory)?, instance);
    let (old, new) = (links(before, &enis), links(after, &enis));
    let serving = old.values().filter(|eni| eni.kind != "Primary").count();
    if serving < 2 {
        return Err(format!("{serving} interfaces served pods; of two one can be mistaken"));
    }
    for (then, eni) in &old {
        match new.iter().find(|(_, one)| one.id == eni.id) {
            Some((now, _)) if now == then => {
                return Err(format!("{} has index {now}, as before", eni.id));
            }
            Some(_) => {}
            None => return Err(format!("{} did not come back", eni.id)),
        }
    }
    if let Some(wrong) = strays(before, &old).into_iter().next() {
        return Err(format!("{} was {} before", wrong.object, wrong.observed));
    }
    Ok(strays(after, &new))
}

fn plugged<'a>(inventory: &'a CloudInventory, instance: &str) -> Vec<&'a CloudEni> {
    inventory.enis.iter().filter(|eni| eni.instance.as_deref() == Some(instance)).collect()
}

/// Interfaces by the index of their link.
fn links<'a>(state: &KernelState, enis: &[&'a CloudEni]) -> BTreeMap<u64, &'a CloudEni> {
    enis.iter()
        .filter_map(|eni| Some((by_mac(state, &eni.mac)?["ifindex"].as_u64()?, *eni)))
        .collect()
}

/// Rules and routes of numbered tables that are not those of an interface that serves pods.
/// Where there is none at all, none belongs to an interface.
fn strays(state: &KernelState, links: &BTreeMap<u64, &CloudEni>) -> Vec<Violation> {
    let serves = |index: u64| links.get(&index).is_some_and(|eni| eni.kind != "Primary");
    let (mut found, mut belongs) = (Vec::new(), false);
    for rule in entries(&state.rules4).iter().chain(entries(&state.rules6)) {
        let Some(index) = numbered(rule) else { continue };
        if !serves(index) {
            let object = format!("rule {} to table {}", rule["priority"], 1000 + index);
            found.push(violation(object, "an interface's that serves pods", "no such interface's"));
        }
    }
    for route in entries(&state.routes4).iter().chain(entries(&state.routes6)) {
        let (Some(index), Some(_)) = (numbered(route), gateway(route)) else { continue };
        let device = named(state, index);
        if device.as_deref() == route["dev"].as_str() && serves(index) {
            belongs = true;
        } else {
            let object = format!("route {} in table {}", route_words(route), 1000 + index);
            let wanted = device.map_or("none".to_owned(), |device| format!("by {device}"));
            found.push(violation(object, wanted, "there"));
        }
    }
    if !belongs && found.is_empty() {
        found.push(violation("tables of interfaces", "there", "not there"));
    }
    found.truncate(10);
    found
}

/// The index that the table of a rule or route is of; none for tables with names.
fn numbered(entry: &Value) -> Option<u64> {
    let table = entry["table"].as_u64().or_else(|| entry["table"].as_str()?.parse().ok())?;
    (table >= FIRST).then(|| table - (FIRST - 1))
}

fn named(state: &KernelState, index: u64) -> Option<String> {
    let link = entries(&state.links).iter().find(|link| link["ifindex"] == index)?;
    link["ifname"].as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge;
    use facts::{Claim, Evidence, Fact, Judgement};
    use rstest::rstest;
    use serde_json::json;

    /// A node whose interfaces p (primary), a and b have these indexes, with a table of each
    /// of `tables` that leads out by the link of the second number.
    fn state(indexes: [u64; 3], tables: &[(u64, u64)]) -> Fact {
        let names = ["p", "a", "b"];
        let link = |(index, name): (&u64, &&str)| json!({"ifindex": index, "ifname": format!("eth{index}"), "address": mac(name)});
        let links: Vec<_> = indexes.iter().zip(&names).map(link).collect();
        let rule = |(table, _): &(u64, u64)| json!({"priority": 512, "table": table.to_string()});
        let route = |(table, by): &(u64, u64)| json!({"dst": "default", "gateway": "10.0.0.253", "dev": format!("eth{by}"), "table": table.to_string()});
        Fact::Kernel(Box::new(KernelState {
            place: "node n1".to_owned(),
            links: links.into(),
            routes4: tables.iter().map(route).collect(),
            routes6: json!([]),
            rules4: tables.iter().map(rule).collect(),
            rules6: json!([{"priority": 0, "table": "local"}]),
            neighbours: json!([]),
        }))
    }

    fn mac(name: &str) -> String {
        format!("00:00:00:00:00:0{}", if name == "p" { "f" } else { name })
    }

    fn eni(name: &str) -> CloudEni {
        CloudEni {
            id: format!("eni-{name}"),
            kind: if name == "p" { "Primary" } else { "Secondary" }.to_owned(),
            state: "InUse".to_owned(),
            mac: mac(name),
            instance: Some("i-1".to_owned()),
            vswitch: "vsw".to_owned(),
            ipv4: Vec::new(),
            ipv6: Vec::new(),
            tags: BTreeMap::new(),
        }
    }

    fn judged(before: Fact, after: Fact) -> Option<bool> {
        let mut evidence = Evidence::default();
        let enis = ["p", "a", "b"].map(eni).into();
        let nodes = [("n1".to_owned(), "i-1".to_owned())].into();
        evidence.put("cloud", Fact::Inventory(CloudInventory { nodes, enis }));
        evidence.put("before", before);
        evidence.put("after", after);
        let [instance, inventory, before, after] =
            ["i-1", "cloud", "before", "after"].map(str::to_owned);
        let claim = Claim::Reindexed(Reindexed { instance, inventory, before, after });
        match judge(&claim, &evidence) {
            Judgement::Holds => Some(true),
            Judgement::Violated { .. } => Some(false),
            Judgement::CantTell { .. } => None,
        }
    }

    #[rstest]
    #[case::followed([4, 2, 3], &[(1002, 2), (1003, 3)], Some(true))]
    #[case::stale_table([4, 2, 3], &[(1002, 2), (1003, 3), (1004, 3)], Some(false))]
    #[case::crossed([4, 2, 3], &[(1002, 3), (1003, 2)], Some(false))]
    #[case::none([4, 2, 3], &[], Some(false))]
    #[case::nobodys([4, 5, 3], &[(1005, 5), (1003, 3), (1099, 3)], Some(false))]
    #[case::same_index([2, 5, 6], &[(1005, 5), (1006, 6)], None)]
    fn tables_follow_their_interfaces(
        #[case] indexes: [u64; 3],
        #[case] tables: &[(u64, u64)],
        #[case] holds: Option<bool>,
    ) {
        let before = state([2, 3, 4], &[(1003, 3), (1004, 4)]);
        assert_eq!(judged(before, state(indexes, tables)), holds);
    }

    #[test]
    fn without_tables_in_order_before_nothing_is_told() {
        let after = state([4, 2, 3], &[(1002, 2), (1003, 3)]);
        assert_eq!(judged(state([2, 3, 4], &[(1003, 4), (1004, 3)]), after), None);
    }
}
