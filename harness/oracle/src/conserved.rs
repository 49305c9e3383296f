//! Conservation: what the cloud holds, what the target's books say, what its
//! agent reports, what the kernel routes and what living pods were told is one
//! and the same.

use std::collections::{BTreeMap, BTreeSet};

use facts::cloud::{CloudEni, CloudInventory};
use facts::kernel::KernelState;
use facts::{Claim, Violation};
use serde_json::Value;

use crate::cni::{success, told, verb};
use crate::look::{Look, Verdict, violation};
use crate::netstate::entries;

/// Addresses as text, by whatever holds them.
type Sets = BTreeMap<String, BTreeSet<String>>;

pub(crate) fn decide(claim: &Claim, look: &Look<'_>) -> Verdict {
    let Claim::Conserved { inventory, instance, state, living, books, runtime } = claim else {
        return Err("not a claim about conservation".to_owned());
    };
    let (mut found, mut pods) = (Vec::new(), BTreeSet::new());
    for name in living {
        let call = look.call(name)?;
        if !success(call).is_empty() {
            return Err(format!("{} did not succeed, so its pod does not live", verb(call)));
        }
        for address in told(call)? {
            if !pods.insert(address.to_string()) {
                found.push(violation(format!("address {address}"), "one pod's", "two pods'"));
            }
        }
    }
    if pods.is_empty() {
        return Err("no pod lives".to_owned());
    }
    let inventory = look.inventory(inventory)?;
    found.extend(of_cloud(inventory, instance, &pods));
    found.extend(of_kernel(look.kernel(state)?, inventory, &pods));
    if let Some(books) = books {
        let theirs = in_books(look.object(books)?);
        found.extend(differences("the books", &in_cloud(inventory, instance), &theirs));
    }
    if let Some(runtime) = runtime {
        let granted = granted(look.object(runtime)?);
        found.extend(difference("what the agent reports as granted", &pods, &granted));
    }
    Ok(found)
}

fn of_cloud(inventory: &CloudInventory, instance: &str, pods: &BTreeSet<String>) -> Vec<Violation> {
    let mut found: Vec<_> = inventory
        .enis
        .iter()
        .filter(|eni| eni.instance.is_none() && eni.tags.contains_key("creator"))
        .map(|eni| violation(format!("interface {}", eni.id), "owned", "without an instance"))
        .collect();
    let held: BTreeSet<_> = in_cloud(inventory, instance).into_values().flatten().collect();
    let lost = pods.difference(&held);
    found.extend(lost.map(|address| {
        violation(format!("address {address} of a living pod"), "held for the node", "gone")
    }));
    found
}

/// Addresses by interface, of those that serve pods.
fn in_cloud(inventory: &CloudInventory, instance: &str) -> Sets {
    let serve =
        |eni: &&CloudEni| eni.kind != "Primary" && eni.instance.as_deref() == Some(instance);
    let all = |eni: &CloudEni| eni.ipv4.iter().chain(&eni.ipv6).cloned().collect();
    inventory.enis.iter().filter(serve).map(|eni| (eni.id.clone(), all(eni))).collect()
}

fn in_books(object: &Value) -> Sets {
    let enis = object.pointer("/status/networkInterfaces").and_then(Value::as_object);
    let keys = |eni: &Value, family: &str| -> Vec<String> {
        eni[family].as_object().map(|all| all.keys().cloned().collect()).unwrap_or_default()
    };
    enis.into_iter()
        .flatten()
        .map(|(id, eni)| {
            (id.clone(), ["ipv4", "ipv6"].into_iter().flat_map(|f| keys(eni, f)).collect())
        })
        .collect()
}

fn granted(object: &Value) -> BTreeSet<String> {
    let all = object.pointer("/status/addresses").and_then(Value::as_object);
    let granted = all.into_iter().flatten().filter(|(_, used)| used["state"] == "granted");
    granted.map(|(address, _)| address.clone()).collect()
}

/// Every pair of links that is not an interface of the cloud's is a pod's, and so
/// is every route to one address by it.
fn of_kernel(
    state: &KernelState,
    inventory: &CloudInventory,
    pods: &BTreeSet<String>,
) -> Vec<Violation> {
    let plugged: BTreeSet<_> = inventory.enis.iter().map(|eni| eni.mac.to_lowercase()).collect();
    let ours = |link: &&Value| {
        let kind = link.pointer("/linkinfo/info_kind").and_then(Value::as_str);
        let mac = link["address"].as_str().unwrap_or_default().to_lowercase();
        kind == Some("veth") && !plugged.contains(&mac)
    };
    let links: BTreeSet<&str> = entries(&state.links)
        .iter()
        .filter(ours)
        .filter_map(|link| link["ifname"].as_str())
        .collect();
    let (mut routed, mut by) = (BTreeSet::new(), BTreeSet::new());
    for route in entries(&state.routes4).iter().chain(entries(&state.routes6)) {
        let (device, dst) = (route["dev"].as_str(), route["dst"].as_str().unwrap_or_default());
        let plain = route.get("type").is_none_or(|kind| kind == "unicast");
        if let Some(device) = device.filter(|device| links.contains(device))
            && plain
            && dst.parse::<std::net::IpAddr>().is_ok()
        {
            by.insert(device);
            routed.insert(dst.to_owned());
        }
    }
    let mut found = difference("what the kernel routes to pods", pods, &routed);
    let idle = links.difference(&by);
    found.extend(idle.map(|link| violation(format!("link {link}"), "a pod's", "nobody's")));
    found
}

fn differences(what: &str, wanted: &Sets, seen: &Sets) -> Vec<Violation> {
    let ids: BTreeSet<_> = wanted.keys().chain(seen.keys()).collect();
    let none = BTreeSet::new();
    ids.into_iter()
        .flat_map(|id| {
            let (wanted, seen_here) =
                (wanted.get(id).unwrap_or(&none), seen.get(id).unwrap_or(&none));
            difference(&format!("interface {id} in {what}"), wanted, seen_here)
        })
        .collect()
}

fn difference(what: &str, wanted: &BTreeSet<String>, seen: &BTreeSet<String>) -> Vec<Violation> {
    let lack = wanted.difference(seen).map(|one| violation(what, format!("{one} too"), "not it"));
    let more = seen.difference(wanted).map(|one| violation(what, format!("not {one}"), "it"));
    lack.chain(more).collect()
}

#[cfg(test)]
mod tests;
