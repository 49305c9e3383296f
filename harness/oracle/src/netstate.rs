//! What a namespace holds, read from iproute2's JSON.

use std::collections::BTreeSet;

use facts::kernel::KernelState;
use facts::{Claim, Violation};
use ipnet::IpNet;
use serde_json::Value;

use crate::cni::{nets, verb};
use crate::look::{Look, Verdict, short, violation};

pub(crate) fn decide(claim: &Claim, look: &Look<'_>) -> Verdict {
    match claim {
        Claim::Wired { call, pod } => {
            let call = look.call(call)?;
            let state = look.kernel(pod)?;
            let result: Value = serde_json::from_str(&call.stdout)
                .map_err(|_| format!("{} told no result", verb(call)))?;
            Ok(wired(&result, call.var("CNI_IFNAME"), call.var("CNI_NETNS"), state))
        }
        Claim::LinkGone { state, link, control } => {
            if named(look.kernel(control)?, link).is_none() {
                return Err(format!("link {link} was not there before"));
            }
            let state = look.kernel(state)?;
            let gone = named(state, link).is_none();
            let seen = violation(format!("link {link} in {}", state.place), "gone", "there");
            Ok(if gone { Vec::new() } else { vec![seen] })
        }
        Claim::SameState { before, after, control } => {
            let (before, after) = (look.kernel(before)?, look.kernel(after)?);
            if difference(before, look.kernel(control)?).is_empty() {
                return Err("nothing had changed in between".to_owned());
            }
            Ok(difference(before, after))
        }
        _ => Err("not a claim about a namespace".to_owned()),
    }
}

/// The link of this name, as `ip -j -d addr` writes it.
pub(crate) fn named<'a>(state: &'a KernelState, name: &str) -> Option<&'a Value> {
    entries(&state.links).iter().find(|link| link["ifname"] == name)
}

/// The link of this hardware address.
pub(crate) fn by_mac<'a>(state: &'a KernelState, mac: &str) -> Option<&'a Value> {
    let same = |link: &&Value| {
        link["address"].as_str().is_some_and(|address| address.eq_ignore_ascii_case(mac))
    };
    entries(&state.links).iter().find(same)
}

/// A JSON list, or nothing.
pub(crate) fn entries(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn wired(result: &Value, ifname: &str, netns: &str, state: &KernelState) -> Vec<Violation> {
    let place = &state.place;
    let Some(link) = named(state, ifname) else {
        let there: Vec<_> =
            entries(&state.links).iter().filter_map(|link| link["ifname"].as_str()).collect();
        return vec![violation(format!("link {ifname} in {place}"), "there", there.join(", "))];
    };
    let mut found = Vec::new();
    let up = entries(&link["flags"]).iter().any(|flag| flag == "UP");
    if !up {
        found.push(violation(format!("link {ifname} in {place}"), "up", "down"));
    }
    let inside = entries(&result["interfaces"]).iter().find(|interface| {
        interface["name"] == ifname
            && interface["sandbox"].as_str().is_some_and(|sandbox| !sandbox.is_empty())
    });
    match inside {
        None => found.push(violation(
            "interfaces in the result",
            format!("{ifname} in sandbox {netns}"),
            short(&result["interfaces"].to_string()),
        )),
        Some(told) => found.extend(same_link(told, link, place)),
    }
    for net in nets(result) {
        found.extend(ready(net, link, ifname, place));
    }
    found
}

fn same_link(told: &Value, link: &Value, place: &str) -> Vec<Violation> {
    let mut found = Vec::new();
    if let Some(mac) = told["mac"].as_str().filter(|mac| !mac.is_empty()) {
        let seen = link["address"].as_str().unwrap_or_default();
        if !seen.eq_ignore_ascii_case(mac) {
            let object = format!("hardware address of {} in {place}", link["ifname"]);
            found.push(violation(object, mac, seen));
        }
    }
    if let Some(mtu) = told["mtu"].as_u64().filter(|mtu| *mtu > 0)
        && link["mtu"] != mtu
    {
        let object = format!("MTU of {} in {place}", link["ifname"]);
        found.push(violation(object, mtu.to_string(), link["mtu"].to_string()));
    }
    found
}

fn ready(net: IpNet, link: &Value, ifname: &str, place: &str) -> Option<Violation> {
    let object = format!("address {} on {ifname} in {place}", net.addr());
    let there = entries(&link["addr_info"]).iter().find(|info| {
        info["local"].as_str().and_then(|local| local.parse().ok()) == Some(net.addr())
    });
    let Some(info) = there else {
        let seen: Vec<_> =
            entries(&link["addr_info"]).iter().filter_map(|info| info["local"].as_str()).collect();
        return Some(violation(object, "there", format!("only {}", seen.join(", "))));
    };
    let tentative = info["tentative"] == true || info["dadfailed"] == true;
    tentative.then(|| violation(object, "ready for use", "tentative"))
}

/// Objects that only one of two states holds.
fn difference(before: &KernelState, after: &KernelState) -> Vec<Violation> {
    let (old, new) = (objects(before), objects(after));
    let place = &after.place;
    let gone = old
        .difference(&new)
        .map(|object| violation(format!("{object} in {place}"), "there, as before", "gone"));
    let come = new
        .difference(&old)
        .map(|object| violation(format!("{object} in {place}"), "absent, as before", "there"));
    gone.chain(come).take(10).collect()
}

/// Everything that stays when nobody acts: links, addresses, routes, rules and
/// permanent neighbours, without what the kernel learns and counts.
fn objects(state: &KernelState) -> BTreeSet<String> {
    let mut objects = BTreeSet::new();
    for link in entries(&state.links) {
        let name = link["ifname"].as_str().unwrap_or_default();
        objects.insert(format!("link {name}"));
        for info in entries(&link["addr_info"]) {
            if info["scope"] != "link" {
                let address = info["local"].as_str().unwrap_or_default();
                objects.insert(format!("address {address} on {name}"));
            }
        }
    }
    for (family, routes) in [("IPv4", &state.routes4), ("IPv6", &state.routes6)] {
        objects.extend(entries(routes).iter().filter_map(|route| route_words(family, route)));
    }
    for (family, rules) in [("IPv4", &state.rules4), ("IPv6", &state.rules6)] {
        objects.extend(entries(rules).iter().map(|rule| format!("{family} rule {rule}")));
    }
    let permanent = entries(&state.neighbours)
        .iter()
        .filter(|entry| entries(&entry["state"]).iter().any(|word| word == "PERMANENT"));
    objects.extend(permanent.map(|entry| {
        format!("neighbour {} at {} on {}", entry["dst"], entry["lladdr"], entry["dev"])
    }));
    objects
}

fn route_words(family: &str, route: &Value) -> Option<String> {
    // The kernel adds and removes these with addresses and links.
    let own = route["protocol"] == "kernel" || route["type"] == "multicast";
    let text = |key: &str| route[key].as_str().unwrap_or("-").to_owned();
    (!own).then(|| {
        format!(
            "{family} route {} via {} on {} in table {}",
            text("dst"),
            text("gateway"),
            text("dev"),
            route["table"].as_str().unwrap_or("main")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use facts::cni::CniCall;
    use facts::{Evidence, Fact, Judgement};
    use serde_json::json;

    use crate::judge;

    fn state(links: Value) -> KernelState {
        KernelState {
            place: "pod a".to_owned(),
            links,
            routes4: json!([]),
            routes6: json!([]),
            rules4: json!([{"priority": 0, "table": "local"}]),
            rules6: json!([]),
            neighbours: json!([]),
        }
    }

    fn eth0(address: &str, tentative: bool) -> Value {
        let mut info = json!({"local": address, "prefixlen": 32, "scope": "global"});
        if tentative {
            info["tentative"] = true.into();
        }
        json!({"ifname": "eth0", "flags": ["UP"], "address": "02:00:00:00:00:01", "mtu": 1500,
               "addr_info": [info]})
    }

    fn judged(links: Value, told: &Value) -> Judgement {
        let call = CniCall {
            plugin: "p".to_owned(),
            node: "n1".to_owned(),
            env: [("CNI_COMMAND", "ADD"), ("CNI_IFNAME", "eth0"), ("CNI_NETNS", "/x")]
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .into(),
            stdin: String::new(),
            exit: Some(0),
            stdout: told.to_string(),
            stderr: String::new(),
            millis: 1,
        };
        let mut evidence = Evidence::default();
        evidence.put("add", Fact::Cni(call));
        evidence.put("pod", Fact::Kernel(Box::new(state(links))));
        judge(&Claim::Wired { call: "add".to_owned(), pod: "pod".to_owned() }, &evidence)
    }

    fn told() -> Value {
        json!({
            "interfaces": [{"name": "eth0", "sandbox": "/x", "mac": "02:00:00:00:00:01"}],
            "ips": [{"address": "10.0.0.5/32", "interface": 0}],
        })
    }

    #[test]
    fn what_was_told_must_be_there_and_ready() {
        assert_eq!(judged(json!([eth0("10.0.0.5", false)]), &told()), Judgement::Holds);
        for (links, part) in [
            (json!([{"ifname": "lo"}]), "link eth0"),
            (json!([eth0("10.0.0.6", false)]), "address 10.0.0.5"),
            (json!([eth0("10.0.0.5", true)]), "address 10.0.0.5"),
        ] {
            let Judgement::Violated { violations } = judged(links, &told()) else {
                panic!("not violated")
            };
            assert!(violations[0].object.starts_with(part), "{violations:?}");
        }
    }

    #[test]
    fn another_hardware_address_than_told_is_named() {
        let mut other = told();
        other["interfaces"][0]["mac"] = "02:00:00:00:00:99".into();
        assert!(matches!(
            judged(json!([eth0("10.0.0.5", false)]), &other),
            Judgement::Violated { .. }
        ));
    }

    #[test]
    fn a_state_is_the_same_only_if_something_had_changed_in_between() {
        let mut evidence = Evidence::default();
        let put = |evidence: &mut Evidence, name: &str, links: Value| {
            evidence.put(name, Fact::Kernel(Box::new(state(links))));
        };
        put(&mut evidence, "before", json!([{"ifname": "lo"}]));
        put(&mut evidence, "during", json!([{"ifname": "lo"}, {"ifname": "cali1"}]));
        put(&mut evidence, "after", json!([{"ifname": "lo"}]));
        let claim = |after: &str, control: &str| Claim::SameState {
            before: "before".to_owned(),
            after: after.to_owned(),
            control: control.to_owned(),
        };
        assert_eq!(judge(&claim("after", "during"), &evidence), Judgement::Holds);
        assert!(matches!(judge(&claim("after", "after"), &evidence), Judgement::CantTell { .. }));
        let Judgement::Violated { violations } = judge(&claim("during", "during"), &evidence)
        else {
            panic!("not violated")
        };
        assert_eq!(violations[0].object, "link cali1 in pod a");
    }
}
