//! What the cloud holds against what pods were given.

use std::collections::{BTreeMap, BTreeSet};

use facts::cloud::{CloudCall, CloudEni, CloudInventory};
use facts::{Claim, Violation};
use serde_json::Value;

use crate::cni::{success, told, verb};
use crate::look::{Look, Verdict, violation};
use crate::netstate::{by_mac, entries};

pub(crate) fn decide(claim: &Claim, look: &Look<'_>) -> Verdict {
    match claim {
        Claim::OnSecondaryEnis { inventory, calls, instance, together } => {
            on_secondary(look.inventory(inventory)?, look, calls, instance, *together)
        }
        Claim::PrimaryUntouched { .. } => primary(claim, look),
        Claim::EniUntouched { .. } => untouched(claim, look),
        Claim::PoolSize { inventory, instance, least, most } => {
            let enis = secondary(look.inventory(inventory)?, instance);
            let count: usize = enis.map(|eni| eni.ipv4.len()).sum();
            let seen = violation(
                format!("IPv4 addresses on the secondary interfaces of {instance}"),
                format!("{least} to {most}"),
                count.to_string(),
            );
            Ok(if (*least..=*most).contains(&count) { Vec::new() } else { vec![seen] })
        }
        Claim::WithinBudget { calls, budgets } => within(look.calls(calls)?, budgets),
        Claim::CloudRefused { calls, action, code, least } => {
            let refused =
                |call: &&CloudCall| call.action == *action && call.error.as_deref() == Some(code);
            let count = look.calls(calls)?.iter().filter(refused).count();
            let seen = violation(
                format!("{action} refused with {code}"),
                format!("{least} or more"),
                count.to_string(),
            );
            Ok(if count >= *least { Vec::new() } else { vec![seen] })
        }
        Claim::NoOrphans { inventory, control } => {
            if orphans(look.inventory(control)?).next().is_none() {
                return Err("there never was an interface without an instance".to_owned());
            }
            let left = orphans(look.inventory(inventory)?);
            Ok(left
                .map(|eni| {
                    violation(format!("interface {}", eni.id), "collected", eni.state.clone())
                })
                .collect())
        }
        _ => Err("not a claim about the cloud".to_owned()),
    }
}

fn secondary<'a>(
    inventory: &'a CloudInventory,
    instance: &'a str,
) -> impl Iterator<Item = &'a CloudEni> {
    let of = move |eni: &&CloudEni| eni.instance.as_deref() == Some(instance);
    inventory.enis.iter().filter(of).filter(|eni| eni.kind != "Primary")
}

fn orphans(inventory: &CloudInventory) -> impl Iterator<Item = &CloudEni> {
    inventory.enis.iter().filter(|eni| eni.instance.is_none() && eni.tags.contains_key("creator"))
}

fn on_secondary(
    inventory: &CloudInventory,
    look: &Look<'_>,
    calls: &[String],
    instance: &str,
    together: usize,
) -> Verdict {
    let mut found = Vec::new();
    let mut pods: BTreeMap<&str, BTreeSet<&String>> = BTreeMap::new();
    for name in calls {
        for address in told(look.call(name)?)? {
            let text = address.to_string();
            let carriers: Vec<_> = inventory
                .enis
                .iter()
                .filter(|eni| eni.ipv4.contains(&text) || eni.ipv6.contains(&text))
                .collect();
            let right = |eni: &&CloudEni| {
                eni.kind != "Primary" && eni.instance.as_deref() == Some(instance)
            };
            match carriers.as_slice() {
                [eni] if right(eni) => {
                    pods.entry(&eni.id).or_default().insert(name);
                }
                others => {
                    let ids: Vec<_> =
                        others.iter().map(|eni| format!("{} ({})", eni.id, eni.kind)).collect();
                    let expected = format!("on one secondary interface of {instance}");
                    let observed =
                        if ids.is_empty() { "on none".to_owned() } else { ids.join(", ") };
                    found.push(violation(format!("address {text}"), expected, observed));
                }
            }
        }
    }
    let most = pods.values().map(BTreeSet::len).max().unwrap_or(0);
    if most < together {
        let expected = format!("{together} or more");
        found.push(violation("pods on the fullest interface", expected, most.to_string()));
    }
    Ok(found)
}

fn primary(claim: &Claim, look: &Look<'_>) -> Verdict {
    let Claim::PrimaryUntouched { before, after, instance, state, calls } = claim else {
        return Err("not a claim about the primary interface".to_owned());
    };
    let find = |name: &str| -> Result<&CloudEni, String> {
        let inventory = look.inventory(name)?;
        let primary = inventory
            .enis
            .iter()
            .find(|eni| eni.kind == "Primary" && eni.instance.as_deref() == Some(instance));
        primary.ok_or_else(|| format!("{instance} has no primary interface in {name}"))
    };
    let (before, after) = (find(before)?, find(after)?);
    let mut found = same_eni(before, after);
    let state = look.kernel(state)?;
    let device = by_mac(state, &after.mac).and_then(|link| link["ifname"].as_str());
    let device = device.ok_or_else(|| format!("{} has no link with {}", state.place, after.mac))?;
    for name in calls {
        let call = look.call(name)?;
        if !success(call).is_empty() {
            return Err(format!("{} did not succeed", verb(call)));
        }
        for address in told(call)? {
            let text = address.to_string();
            let routed = |route: &&Value| route["dst"] == text.as_str() && route["dev"] == device;
            let routes = entries(&state.routes4).iter().chain(entries(&state.routes6));
            if after.ipv4.contains(&text) || after.ipv6.contains(&text) {
                let object = format!("primary interface {}", after.id);
                found.push(violation(object, "no pod's address", text.clone()));
            }
            if routes.clone().any(|route| routed(&route)) {
                let object = format!("routes by {device}");
                found.push(violation(object, "none to a pod", format!("one to {text}")));
            }
        }
    }
    Ok(found)
}

fn untouched(claim: &Claim, look: &Look<'_>) -> Verdict {
    let Claim::EniUntouched { before, after, calls, state_before, state_after, eni, served } =
        claim
    else {
        return Err("not a claim about a user's interface".to_owned());
    };
    for name in served {
        let call = look.call(name)?;
        if !success(call).is_empty() {
            return Err(format!("{} did not succeed, so nothing was at work", verb(call)));
        }
    }
    let find = |name: &str| -> Result<Option<&CloudEni>, String> {
        Ok(look.inventory(name)?.enis.iter().find(|found| found.id == *eni))
    };
    let before = find(before)?.ok_or_else(|| format!("interface {eni} was not there before"))?;
    let Some(after) = find(after)? else {
        return Ok(vec![violation(format!("interface {eni}"), "there", "gone")]);
    };
    let mut found = same_eni(before, after);
    let touching = look
        .calls(calls)?
        .iter()
        .filter(|call| call.eni.as_deref() == Some(eni) && !call.action.starts_with("Describe"));
    found.extend(touching.map(|call| {
        violation(
            format!("calls of the cloud for {eni}"),
            "none but questions",
            call.action.clone(),
        )
    }));
    let (old, new) = (look.kernel(state_before)?, look.kernel(state_after)?);
    let link = |state| by_mac(state, &before.mac).cloned().unwrap_or_default();
    let (old_link, new_link) = (link(old), link(new));
    for key in ["ifname", "flags", "mtu", "addr_info"] {
        if old_link[key] != new_link[key] {
            let object = format!("{key} of the device of {eni}");
            found.push(violation(object, old_link[key].to_string(), new_link[key].to_string()));
        }
    }
    let device = new_link["ifname"].as_str().unwrap_or_default();
    let routes = entries(&new.routes4).iter().chain(entries(&new.routes6));
    let ours = routes.filter(|route| route["dev"] == device && route["protocol"] != "kernel");
    found.extend(
        ours.map(|route| {
            violation(format!("routes by {device}"), "none", route["dst"].to_string())
        }),
    );
    Ok(found)
}

fn same_eni(before: &CloudEni, after: &CloudEni) -> Vec<Violation> {
    let pairs = [
        ("state", before.state.clone(), after.state.clone()),
        ("instance", format!("{:?}", before.instance), format!("{:?}", after.instance)),
        ("IPv4 addresses", before.ipv4.join(", "), after.ipv4.join(", ")),
        ("IPv6 addresses", before.ipv6.join(", "), after.ipv6.join(", ")),
        ("tags", format!("{:?}", before.tags), format!("{:?}", after.tags)),
    ];
    let differ = pairs.into_iter().filter(|(_, old, new)| old != new);
    differ
        .map(|(what, old, new)| violation(format!("{what} of interface {}", after.id), old, new))
        .collect()
}

fn within(calls: &[CloudCall], budgets: &BTreeMap<String, usize>) -> Verdict {
    if calls.is_empty() {
        return Err("nothing was asked of the cloud".to_owned());
    }
    let mut found = Vec::new();
    for (action, budget) in budgets {
        let count = calls.iter().filter(|call| call.action == *action).count();
        if count == 0 {
            return Err(format!("{action} was never asked"));
        }
        if count > *budget {
            let expected = format!("{budget} at most");
            found.push(violation(format!("calls of {action}"), expected, count.to_string()));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
