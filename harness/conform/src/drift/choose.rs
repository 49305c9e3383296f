//! Which objects there are to alter, from what the kernel holds for a pod.

use std::net::IpAddr;

use anyhow::bail;
use facts::kernel::KernelState;
use probe::NetnsPath;
use serde_json::Value;

use super::{Look, Object, foreign, run};

/// Kinds of objects.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Link,
    Address,
    Route,
    Rule,
    Neighbour,
    Sysctl,
    Mark,
}

impl Kind {
    /// The kind that a feature's word means.
    pub(crate) fn of(word: &str) -> anyhow::Result<Self> {
        Ok(match word {
            "link" => Self::Link,
            "address" => Self::Address,
            "route" => Self::Route,
            "rule" => Self::Rule,
            "neighbour" => Self::Neighbour,
            "sysctl" => Self::Sysctl,
            "mark" => Self::Mark,
            other => bail!("there are no objects of kind {other:?}"),
        })
    }
}

/// A pod and its node.
pub(crate) struct Where {
    pub(crate) node: (NetnsPath, KernelState),
    pub(crate) pod: (NetnsPath, KernelState),
    pub(crate) addresses: Vec<IpAddr>,
}

/// Priorities of the document's and of the published code's rules (RUL-1, RUL-2).
const PRIORITIES: [u64; 2] = [512, 2048];

/// Every object of a kind, once for each way to alter it.
pub(crate) fn choose(kind: Kind, place: &Where) -> anyhow::Result<Vec<Object>> {
    Ok(match kind {
        Kind::Link => links(place),
        Kind::Address => addresses(place),
        Kind::Route => routes(place),
        Kind::Rule => rules(place),
        Kind::Neighbour => neighbours(place),
        Kind::Sysctl => sysctls(place),
        Kind::Mark => marks(place)?,
    })
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn word<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn object(netns: &NetnsPath, words: String, look: Look, alter: String) -> Object {
    Object { words, netns: netns.clone(), look, alter: vec![alter], undo: Vec::new() }
}

/// The node's end of the pod's pair.
fn host_link(place: &Where) -> &str {
    let eth0 = list(&place.pod.1.links).iter().find(|link| link["ifname"] == "eth0");
    let index = eth0.map(|link| &link["link_index"]);
    let host = list(&place.node.1.links).iter().find(|link| Some(&link["ifindex"]) == index);
    host.map(|link| word(link, "ifname")).unwrap_or_default()
}

/// Devices of the interfaces for pods: default routes of tables with numbers lead there.
fn devices(place: &Where) -> Vec<&str> {
    let own = |route: &&Value| word(route, "table").parse::<u32>().is_ok();
    let routes = list(&place.node.1.routes4).iter().filter(own);
    let default = routes.filter(|route| route["dst"] == "default");
    default.map(|route| word(route, "dev")).collect()
}

fn links(place: &Where) -> Vec<Object> {
    let ends = [(&place.node.0, host_link(place), "node"), (&place.pod.0, "eth0", "pod")];
    let mut found = Vec::new();
    for (netns, link, side) in ends {
        for (how, set) in [
            ("down", "down"),
            ("with another MTU", "mtu 1300"),
            ("renamed by udev's policy", "address 02:00:5e:00:53:01"),
        ] {
            let look = Look::Link(format!("ip -j link show dev {link}"));
            let words = format!("link of the {side}'s end, {how}");
            found.push(object(netns, words, look, format!("ip link set dev {link} {set}")));
        }
    }
    found
}

fn addresses(place: &Where) -> Vec<Object> {
    let of = |address: &IpAddr| {
        let look = Look::Lines(format!("ip -o addr show dev eth0 to {address}"));
        let alter = format!("ip addr flush dev eth0 to {address}");
        object(&place.pod.0, format!("address {address} removed"), look, alter)
    };
    place.addresses.iter().map(of).collect()
}

fn routes(place: &Where) -> Vec<Object> {
    let mut found = Vec::new();
    for ((netns, state), side, other) in [(&place.node, "node", "eth0"), (&place.pod, "pod", "lo")]
    {
        for (family, routes) in [(4, &state.routes4), (6, &state.routes6)] {
            for route in list(routes).iter().filter(|route| ours(route, place, side)) {
                found.extend(route_objects((netns, side, other), family, route));
            }
        }
    }
    found
}

/// Routes of the tables of interfaces, routes to the pod, and the pod's own.
fn ours(route: &Value, place: &Where, side: &str) -> bool {
    let dst = word(route, "dst");
    let to_pod = dst.parse().is_ok_and(|dst: IpAddr| place.addresses.contains(&dst));
    let table = word(route, "table");
    let default = dst == "default" && (side == "pod" || table.parse::<u32>().is_ok());
    table != "local" && (default || (side == "node" && to_pod)) && word(route, "type") != "local"
}

fn route_objects(
    (netns, side, other): (&NetnsPath, &str, &str),
    family: u8,
    route: &Value,
) -> [Object; 2] {
    let table = if word(route, "table").is_empty() { "main" } else { word(route, "table") };
    let dst = word(route, "dst");
    let look = Look::Lines(format!("ip -{family} route show table {table} exact {dst}"));
    let at = format!("IPv{family} route {dst} in table {table} of the {side}");
    let via = word(route, "gateway");
    let way = if via.is_empty() { String::new() } else { format!("via {via} onlink ") };
    let spec = format!("{dst} {way}dev {} table {table} proto static", word(route, "dev"));
    let mut removed = object(
        netns,
        format!("{at}, removed"),
        look.clone(),
        format!("ip -{family} route del {dst} dev {} table {table}", word(route, "dev")),
    );
    let mut moved = object(
        netns,
        format!("{at}, led to {other}"),
        look,
        format!("ip -{family} route replace {dst} dev {other} table {table} proto static"),
    );
    if dst == "default" && side == "node" {
        removed.undo = vec![format!("ip -{family} route replace {spec}")];
        moved.undo = vec![format!("ip -{family} route replace {spec}")];
    }
    [removed, moved]
}

fn rules(place: &Where) -> Vec<Object> {
    let mut found = Vec::new();
    for (family, rules) in [(4, &place.node.1.rules4), (6, &place.node.1.rules6)] {
        let own = list(rules).iter().filter(|rule| {
            let number = rule["priority"].as_u64().unwrap_or_default();
            PRIORITIES.contains(&number) && word(rule, "table") != foreign::TABLE
        });
        for rule in own {
            let spec = rule_spec(rule);
            let priority = &rule["priority"];
            let table = word(rule, "table");
            let look =
                Look::Lines(format!("ip -{family} rule show priority {priority} table {table}"));
            let words = format!("IPv{family} rule {spec}, removed");
            let mut rule =
                object(&place.node.0, words, look, format!("ip -{family} rule del {spec}"));
            rule.undo = vec![format!("ip -{family} rule add {spec}")];
            found.push(rule);
        }
    }
    // One that is put back stands behind its equals.
    found.sort_by(|one, other| one.words.cmp(&other.words));
    found
}

fn rule_spec(rule: &Value) -> String {
    let mut spec = vec![format!("priority {}", rule["priority"])];
    for (key, name) in [("src", "from"), ("dst", "to")] {
        spec.extend(rule[key].as_str().map(|block| format!("{name} {block}")));
    }
    if let Some(mark) = rule["fwmark"].as_str() {
        let mask = rule["fwmask"].as_str().map(|mask| format!("/{mask}")).unwrap_or_default();
        spec.push(format!("fwmark {mark}{mask}"));
    }
    spec.push(format!("table {}", word(rule, "table")));
    let suppress = rule["suppress_prefixlen"].as_u64();
    spec.extend(suppress.map(|length| format!("suppress_prefixlength {length}")));
    spec.join(" ")
}

fn neighbours(place: &Where) -> Vec<Object> {
    let host = host_link(place);
    let mut found = Vec::new();
    for ((netns, state), link, side) in [(&place.node, host, "node"), (&place.pod, "eth0", "pod")] {
        let own = list(&state.neighbours).iter().filter(|entry| {
            let permanent = list(&entry["state"]).iter().any(|word| word == "PERMANENT");
            permanent && entry["dev"] == link
        });
        for entry in own {
            let at = format!("{} dev {link}", word(entry, "dst"));
            let look = Look::Lines(format!("ip neigh show {at} nud permanent"));
            for (how, alter) in [
                ("removed", format!("ip neigh del {at}")),
                (
                    "replaced",
                    format!("ip neigh replace {at} lladdr 02:00:5e:00:53:02 nud permanent"),
                ),
            ] {
                let words = format!("neighbour {at} of the {side}, {how}");
                found.push(object(netns, words, look.clone(), alter));
            }
        }
    }
    found
}

/// Values that break a pod's network or open it to strangers, by hand: key and
/// bad value, for links of the node, of the pod, and for the node itself.
const LINK: [(&str, u8); 6] = [
    ("ipv4/conf/LINK/rp_filter", 1),
    ("ipv4/conf/LINK/forwarding", 0),
    ("ipv6/conf/LINK/forwarding", 0),
    ("ipv6/conf/LINK/accept_ra", 2),
    ("ipv6/conf/LINK/accept_redirects", 1),
    ("ipv6/conf/LINK/disable_ipv6", 1),
];
const POD: [(&str, u8); 2] =
    [("ipv6/conf/eth0/accept_ra", 2), ("ipv6/conf/eth0/accept_redirects", 1)];
const NODE: [(&str, u8); 3] =
    [("ipv4/ip_forward", 0), ("ipv4/conf/all/rp_filter", 1), ("ipv6/conf/all/forwarding", 0)];

fn sysctls(place: &Where) -> Vec<Object> {
    let mut keys: Vec<(&NetnsPath, String, u8, u8)> = Vec::new();
    let good = |bad: u8| u8::from(bad == 0);
    for (key, bad) in LINK {
        keys.push((&place.node.0, key.replace("LINK", host_link(place)), bad, good(bad)));
        // The interface's own IPv6 is the cloud's address; it stays on.
        for device in devices(place).into_iter().filter(|_| !key.ends_with("disable_ipv6")) {
            keys.push((&place.node.0, key.replace("LINK", device), bad, good(bad)));
        }
    }
    keys.extend(POD.map(|(key, bad)| (&place.pod.0, key.to_owned(), bad, good(bad))));
    keys.extend(NODE.map(|(key, bad)| (&place.node.0, key.to_owned(), bad, good(bad))));
    let of = |(netns, key, bad, good): (&NetnsPath, String, u8, u8)| {
        let path = format!("/proc/sys/net/{key}");
        let look = Look::Lines(format!("cat {path}"));
        let mut knob = object(
            netns,
            format!("sysctl {key} set to {bad}"),
            look,
            format!("echo {bad} > {path}"),
        );
        knob.undo = vec![format!("echo {good} > {path}")];
        knob
    };
    keys.into_iter().map(of).collect()
}

/// Tables of nftables that speak of the pod: emptied, without the pod, and gone.
fn marks(place: &Where) -> anyhow::Result<Vec<Object>> {
    let netns = &place.node.0;
    let tables = run(netns, "nft list tables")?.unwrap_or_default();
    let mut found = Vec::new();
    for table in tables.lines().filter_map(|line| line.strip_prefix("table ")) {
        let text = run(netns, &format!("nft list table {table}"))?.unwrap_or_default();
        let Some(address) = place.addresses.iter().find(|a| text.contains(&a.to_string())) else {
            continue;
        };
        let look = Look::Table(format!("nft list table {table}"));
        for (how, alter) in [
            ("without its rules", format!("nft flush table {table}")),
            ("without a pod", element(&text, table, *address)),
            ("removed", format!("nft delete table {table}")),
        ] {
            let words = format!("nftables table {table}, {how}");
            let mut of = object(netns, words, look.clone(), alter);
            of.undo = vec![format!("nft add table {table}; nft delete table {table}")];
            found.push(of);
        }
    }
    Ok(found)
}

/// Removes the element that holds an address from the set in which it stands.
fn element(text: &str, table: &str, address: IpAddr) -> String {
    let mut set = "";
    for line in text.lines().map(str::trim) {
        set = line.strip_prefix("set ").map_or(set, |name| name.trim_end_matches(" {"));
        let parts = line.trim_start_matches("elements = {").trim_end_matches('}').split(',');
        let mut holding = parts
            .map(str::trim)
            .filter(|part| part.split(' ').any(|word| word == address.to_string()));
        if let Some(element) = holding.next() {
            return format!("nft 'delete element {table} {set} {{ {element} }}'");
        }
    }
    format!("nft flush table {table}")
}
