//! The walk itself: each rule in order, why it did or did not take the packet,
//! and what its table came to.

use std::fmt;
use std::net::IpAddr;

use facts::kernel::KernelState;
use ipnet::IpNet;
use serde_json::Value;

use crate::netstate::entries;

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

/// A walk through the rules.
pub(crate) struct Walk<'a> {
    /// The rules that were considered, in order.
    pub(crate) steps: Vec<Step>,
    /// None when no table decides.
    pub(crate) decision: Option<Decision>,
    /// The route that decides.
    pub(crate) route: Option<&'a Value>,
}

/// One rule that was considered.
pub(crate) struct Step {
    /// Its priority and what it asks of a packet.
    pub(crate) rule: String,
    pub(crate) table: String,
    pub(crate) end: End,
}

/// What became of a rule.
pub(crate) enum End {
    /// It does not take the packet, for this reason.
    PassedBy(String),
    /// Its table has no route to there.
    NoRoute,
    /// Its table has one that is too short for the rule.
    TooShort,
    /// Its table decides by this route.
    Decides(String),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rule, table, end } = self;
        match end {
            End::PassedBy(why) => write!(f, "{rule} → {table}: passed by, {why}"),
            End::NoRoute => write!(f, "{rule} → {table}: no route to there"),
            End::TooShort => write!(f, "{rule} → {table}: only a default route, which it ignores"),
            End::Decides(route) => write!(f, "{rule} → {table}: {route}"),
        }
    }
}

/// Walks the rules in order until a table decides.
pub(crate) fn walk<'a>(state: &'a KernelState, packet: Packet<'_>) -> Walk<'a> {
    let v4 = packet.destination.is_ipv4();
    let (rules, routes) =
        if v4 { (&state.rules4, &state.routes4) } else { (&state.rules6, &state.routes6) };
    let mut rules: Vec<_> = entries(rules).iter().collect();
    rules.sort_by_key(|rule| rule["priority"].as_u64().unwrap_or_default());
    let mut walk = Walk { steps: Vec::new(), decision: None, route: None };
    for rule in rules {
        let table = text(&rule["table"]).unwrap_or("main".to_owned());
        let (end, route) = consider(rule, &table, entries(routes), packet);
        walk.steps.push(Step { rule: words(rule), table: table.clone(), end });
        if let Some(route) = route {
            walk.route = Some(route);
            walk.decision = Some(Decision {
                priority: rule["priority"].as_u64().unwrap_or_default(),
                table,
                device: route["dev"].as_str().unwrap_or_default().to_owned(),
            });
            break;
        }
    }
    walk
}

fn consider<'a>(
    rule: &Value,
    table: &str,
    routes: &'a [Value],
    packet: Packet<'_>,
) -> (End, Option<&'a Value>) {
    if let Some(why) = passes_by(rule, packet) {
        return (End::PassedBy(why), None);
    }
    let Some(route) = longest(routes, table, packet.destination) else {
        return (End::NoRoute, None);
    };
    let length = destination(route).map_or(0, |net| u64::from(net.prefix_len()));
    // iproute2 writes this attribute as number or text, by version.
    let suppressed = text(&rule["suppress_prefixlen"]).and_then(|s| s.parse::<u64>().ok());
    if suppressed.is_some_and(|shortest| length <= shortest) {
        return (End::TooShort, None);
    }
    (End::Decides(route_words(route)), Some(route))
}

/// Why a rule does not take a packet; none when it does.
pub(super) fn passes_by(rule: &Value, packet: Packet<'_>) -> Option<String> {
    let Packet { source, destination, mark, came_by } = packet;
    if !within(rule, ["src", "srclen"], source) {
        return Some(format!("the source is {source}"));
    }
    if !within(rule, ["dst", "dstlen"], destination) {
        return Some(format!("the destination is {destination}"));
    }
    if let Some(wanted) = number(&rule["fwmark"]) {
        let mask = number(&rule["fwmask"]).unwrap_or(u32::MAX);
        if mark & mask != wanted & mask {
            return Some(format!("the mark is {mark:#x}"));
        }
    }
    if rule["iif"].as_str().is_some_and(|device| device != came_by) {
        return Some(format!("the packet came by {came_by}"));
    }
    // A rule for packets of the node itself never takes one that came in.
    if !rule["oif"].is_null() || !rule["uid_start"].is_null() {
        return Some("it is for packets of sockets".to_owned());
    }
    let plain = rule["not"].is_null() && rule["action"].is_null() && rule["l3mdev"].is_null();
    (!plain).then(|| "it is no plain look-up".to_owned())
}

fn within(rule: &Value, [key, length]: [&str; 2], address: IpAddr) -> bool {
    let Some(text) = rule[key].as_str().filter(|text| *text != "all") else { return true };
    let host = if address.is_ipv4() { 32 } else { 128 };
    let length = rule[length].as_u64().and_then(|l| u8::try_from(l).ok()).unwrap_or(host);
    let net = text.parse().ok().and_then(|net| IpNet::new(net, length).ok());
    net.is_some_and(|net| net.contains(&address))
}

fn number(value: &Value) -> Option<u32> {
    let text = text(value)?;
    match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
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

/// The rule as people write it, without its table.
fn words(rule: &Value) -> String {
    let mut words = vec![format!("rule {}", rule["priority"])];
    for (key, length, word) in [("src", "srclen", "from"), ("dst", "dstlen", "to")] {
        if let Some(text) = rule[key].as_str().filter(|text| *text != "all") {
            let length = rule[length].as_u64().map_or(String::new(), |length| format!("/{length}"));
            words.push(format!("{word} {text}{length}"));
        }
    }
    if let Some(mark) = text(&rule["fwmark"]) {
        let mask = text(&rule["fwmask"]).map_or(String::new(), |mask| format!("/{mask}"));
        words.push(format!("mark {mark}{mask}"));
    }
    if let Some(device) = rule["iif"].as_str() {
        words.push(format!("by {device}"));
    }
    words.join(" ")
}

/// A route as people write it, without its table.
pub(crate) fn route_words(route: &Value) -> String {
    let kind = route["type"].as_str().filter(|kind| *kind != "unicast");
    let kind = kind.map_or(String::new(), |kind| format!("{kind} "));
    let via = gateway(route).map_or(String::new(), |gateway| format!(" via {gateway}"));
    let device = route["dev"].as_str().map_or(String::new(), |device| format!(" dev {device}"));
    format!("{kind}{}{via}{device}", route["dst"].as_str().unwrap_or("?"))
}

/// The gateway of a route, of either family.
pub(crate) fn gateway(route: &Value) -> Option<IpAddr> {
    let text = route["gateway"].as_str().or_else(|| route["via"]["host"].as_str())?;
    text.parse().ok()
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
