//! Pod a (10.0.1.5, on eth1 of n1) tries pod b (10.0.2.6, on eth1 of n2), and
//! one thing is broken at a time.

mod service;

use facts::cloud::{CloudEni, CloudInventory};
use facts::divergence::{Divergence, Fit};
use facts::exchange::{Exchange, Protocol, Reply};
use facts::kernel::{KernelState, SeenFlow};
use facts::{Claim, Evidence, Fact};
use rstest::rstest;
use serde_json::{Value, json};

use crate::{diverge, judge};

fn state(place: &str, own: [Value; 4]) -> KernelState {
    let [links, routes4, rules4, neighbours] = own;
    let (place, none) = (place.to_owned(), json!([]));
    KernelState { place, links, routes4, routes6: none.clone(), rules4, rules6: none, neighbours }
}

fn link(name: &str, index: u64, mac: &str, address: Option<&str>) -> Value {
    let addresses: Vec<_> =
        address.iter().map(|a| json!({"local": a, "scope": "global", "prefixlen": 32})).collect();
    json!({"ifname": name, "ifindex": index, "flags": ["UP", "LOWER_UP"], "operstate": "UP",
           "address": mac, "addr_info": addresses})
}

fn pod(name: &str, address: &str, mac: &str) -> KernelState {
    let mut eth0 = link("eth0", 2, mac, Some(address));
    eth0["link_index"] = 7.into();
    let links = json!([{"ifname": "lo", "ifindex": 1, "flags": ["UP"]}, eth0]);
    let routes = json!([
        {"dst": "169.254.1.1", "dev": "eth0"},
        {"dst": "default", "gateway": "169.254.1.1", "dev": "eth0"},
    ]);
    let rules = json!([{"priority": 0, "src": "all", "table": "local"},
                       {"priority": 32766, "src": "all", "table": "main"}]);
    let neighbours = json!([
        {"dst": "169.254.1.1", "dev": "eth0", "lladdr": "ee:ee:00:00:00:07", "state": ["PERMANENT"]},
    ]);
    state(&format!("pod {name}"), [links, routes, rules, neighbours])
}

fn node(name: &str, pod: &str, eth1: &str) -> KernelState {
    let mut veth = link("cali1", 7, "ee:ee:00:00:00:07", None);
    veth["link_index"] = 2.into();
    let links = json!([
        link("eth0", 2, "02:00:00:00:00:01", Some("10.0.0.1")),
        link("eth1", 3, eth1, None),
        veth
    ]);
    let routes = json!([
        {"type": "local", "dst": "10.0.0.1", "dev": "eth0", "table": "local"},
        {"dst": "default", "gateway": "10.0.1.253", "dev": "eth1", "table": "1003"},
        {"dst": pod, "dev": "cali1", "table": "1003"},
        {"dst": "default", "gateway": "10.0.0.253", "dev": "eth0"},
    ]);
    let rules = json!([
        {"priority": 0, "src": "all", "table": "local"},
        {"priority": 512, "src": "all", "table": "1003", "suppress_prefixlen": "0"},
        {"priority": 512, "src": "all", "fwmark": "0x100000", "fwmask": "0xfff00000", "table": "1003"},
        {"priority": 32766, "src": "all", "table": "main"},
    ]);
    let neighbours = json!([
        {"dst": pod, "dev": "cali1", "lladdr": "0a:00:00:00:00:05", "state": ["PERMANENT"]},
        {"dst": "10.0.1.253", "dev": "eth1", "lladdr": "ee:ff:ff:ff:ff:ff", "state": ["REACHABLE"]},
        {"dst": "10.0.0.253", "dev": "eth0", "lladdr": "ee:ff:ff:ff:ff:ff", "state": ["REACHABLE"]},
    ]);
    state(&format!("node {name}"), [links, routes, rules, neighbours])
}

fn eni(id: &str, mac: &str, instance: &str, address: &str) -> CloudEni {
    CloudEni {
        id: id.to_owned(),
        mac: mac.to_owned(),
        state: "InUse".to_owned(),
        instance: Some(instance.to_owned()),
        ipv4: vec![address.to_owned()],
        ..CloudEni::default()
    }
}

fn flow(node: &str, ends: [[u8; 4]; 2], mark: u32, came_by: &str) -> SeenFlow {
    let [source, destination] = ends.map(Into::into);
    let (node, marks, came_by) = (node.to_owned(), vec![mark], vec![came_by.to_owned()]);
    SeenFlow { node, source, destination, before_routing: 4, forwarded: 4, marks, came_by }
}

/// Everything that is seen after the try.
struct World {
    a: KernelState,
    b: KernelState,
    n1: KernelState,
    n2: KernelState,
    cloud: CloudInventory,
    /// There on n1, there on n2, back on n2, back on n1.
    flows: [SeenFlow; 4],
}

fn sound() -> World {
    let (a, b) = ([10, 0, 1, 5], [10, 0, 2, 6]);
    World {
        a: pod("a", "10.0.1.5", "0a:00:00:00:00:05"),
        b: pod("b", "10.0.2.6", "0a:00:00:00:00:06"),
        n1: node("n1", "10.0.1.5", "02:00:00:00:01:01"),
        n2: node("n2", "10.0.2.6", "02:00:00:00:02:01"),
        cloud: CloudInventory {
            nodes: [("n1", "i-1"), ("n2", "i-2")]
                .map(|(node, id)| (node.to_owned(), id.to_owned()))
                .into(),
            enis: vec![
                eni("eni-1", "02:00:00:00:01:01", "i-1", "10.0.1.5"),
                eni("eni-2", "02:00:00:00:02:01", "i-2", "10.0.2.6"),
            ],
        },
        flows: [
            flow("n1", [a, b], 0x10_0000, "cali1"),
            flow("n2", [a, b], 0, "eth1"),
            flow("n2", [b, a], 0x10_0000, "cali1"),
            flow("n1", [b, a], 0, "eth1"),
        ],
    }
}

fn seen_after(tried: Exchange, world: World) -> Evidence {
    let mut evidence = Evidence::default();
    evidence.put("x", Fact::Exchange(tried));
    for state in [world.a, world.b, world.n1, world.n2] {
        evidence.put(state.place.clone(), Fact::Kernel(Box::new(state)));
    }
    for (number, flow) in world.flows.into_iter().enumerate() {
        evidence.put(format!("flow {number}"), Fact::Flow(flow));
    }
    evidence.put("cloud", Fact::Inventory(world.cloud));
    evidence
}

fn followed(world: World) -> Divergence {
    let tried = Exchange {
        client: "pod a".to_owned(),
        server: "pod b".to_owned(),
        target: "10.0.2.6:8080".parse().unwrap(),
        protocol: Protocol::Tcp,
        reply: Reply::Silence,
        millis: 5000,
    };
    let evidence = seen_after(tried, world);
    let seen = Some([10, 0, 1, 5].into());
    let claim = Claim::Answers { exchange: "x".to_owned(), by: "u2".to_owned(), seen };
    diverge(&claim, &judge(&claim, &evidence), &evidence).expect("a divergence")
}

fn drop_at(list: &mut Value, at: usize) {
    list.as_array_mut().unwrap().remove(at);
}

#[rstest]
#[case::no_link(|w: &mut World| drop_at(&mut w.a.links, 1), "pod a", "link in pod a", "none")]
#[case::link_down(
    |w: &mut World| w.a.links[1]["flags"] = json!([]),
    "pod a", "link eth0 in pod a", "down"
)]
#[case::no_address(
    |w: &mut World| w.a.links[1]["addr_info"] = json!([]),
    "pod a", "address 10.0.1.5 on eth0 in pod a", "no address"
)]
#[case::tentative(
    |w: &mut World| w.a.links[1]["addr_info"][0]["tentative"] = true.into(),
    "pod a", "address 10.0.1.5 on eth0 in pod a", "tentative"
)]
#[case::no_default_route_in_the_pod(
    |w: &mut World| drop_at(&mut w.a.routes4, 1),
    "pod a", "route to 10.0.2.6 in pod a", "none"
)]
#[case::wrong_gateway(
    |w: &mut World| w.a.routes4[1]["gateway"] = "169.254.1.9".into(),
    "pod a", "neighbour 169.254.1.9 on eth0 in pod a", "none"
)]
#[case::missing_neighbour(
    |w: &mut World| w.a.neighbours[0]["state"] = json!(["FAILED"]),
    "pod a", "neighbour 169.254.1.1 on eth0 in pod a", "nobody answers for it"
)]
#[case::neighbour_elsewhere(
    |w: &mut World| w.a.neighbours[0]["lladdr"] = "ee:ee:00:00:00:99".into(),
    "pod a", "neighbour 169.254.1.1 on eth0 in pod a", "ee:ee:00:00:00:99"
)]
#[case::veth_gone(|w: &mut World| drop_at(&mut w.n1.links, 2), "node n1", "link 7 in node n1", "not there")]
#[case::veth_down(
    |w: &mut World| w.n1.links[2]["flags"] = json!([]),
    "node n1", "link cali1 in node n1", "down"
)]
#[case::lost_in_the_veth(
    |w: &mut World| w.flows[0].before_routing = 0,
    "node n1", "packets 10.0.1.5 → 10.0.2.6 that came to node n1", "0"
)]
#[case::missing_rule(
    |w: &mut World| { drop_at(&mut w.n1.rules4, 2); drop_at(&mut w.n1.rules4, 1); },
    "node n1", "rule that leads to table 1003 of node n1", "rule 32766 → table main: it leaves by eth0"
)]
#[case::wrong_mark(
    |w: &mut World| w.flows[0].marks = vec![0x20_0000],
    "node n1", "rule 512 mark 0x100000/0xfff00000 to table 1003 of node n1",
    "rule 32766 → table main: it leaves by eth0"
)]
#[case::wrong_table(
    |w: &mut World| { w.n1.rules4[1]["table"] = "1004".into(); w.n1.rules4[2]["table"] = "1004".into(); },
    "node n1", "rule that leads to table 1003 of node n1", "rule 32766 → table main: it leaves by eth0"
)]
#[case::missing_default_route(
    |w: &mut World| drop_at(&mut w.n1.routes4, 1),
    "node n1", "default route in table 1003 of node n1", "rule 32766 → table main: it leaves by eth0"
)]
#[case::interface_down(
    |w: &mut World| w.n1.links[1]["flags"] = json!([]),
    "node n1", "link eth1 in node n1", "down"
)]
#[case::gateway_of_the_vpc_silent(
    |w: &mut World| w.n1.neighbours[1]["state"] = json!(["INCOMPLETE"]),
    "node n1", "neighbour 10.0.1.253 on eth1 in node n1", "nobody answers for it"
)]
#[case::not_forwarded(
    |w: &mut World| w.flows[0].forwarded = 0,
    "node n1", "packets 10.0.1.5 → 10.0.2.6 forwarded by node n1", "0 of 4"
)]
#[case::interface_in_the_cloud_detached(
    |w: &mut World| w.cloud.enis[1].state = "Available".to_owned(),
    "VPC", "interface eni-2 that carries 10.0.2.6", "Available"
)]
#[case::lost_in_the_vpc(
    |w: &mut World| w.flows[1].before_routing = 0,
    "node n2", "packets 10.0.1.5 → 10.0.2.6 that came to node n2", "0"
)]
#[case::missing_host_route(
    |w: &mut World| drop_at(&mut w.n2.routes4, 2),
    "node n2", "route to 10.0.2.6 in table 1003 of node n2", "rule 32766 → table main: it leaves by eth0"
)]
#[case::neighbour_of_the_pod_missing(
    |w: &mut World| drop_at(&mut w.n2.neighbours, 0),
    "node n2", "neighbour 10.0.2.6 on cali1 in node n2", "none"
)]
#[case::server_without_its_address(
    |w: &mut World| w.b.links[1]["addr_info"] = json!([]),
    "pod b", "address 10.0.2.6 on eth0 in pod b", "no address"
)]
#[case::no_way_back(
    |w: &mut World| drop_at(&mut w.b.routes4, 1),
    "pod b", "route to 10.0.1.5 in pod b", "none"
)]
#[case::wrong_mark_on_the_way_back(
    |w: &mut World| w.flows[2].marks = vec![0],
    "node n2", "rule 512 mark 0x100000/0xfff00000 to table 1003 of node n2",
    "rule 32766 → table main: it leaves by eth0"
)]
#[case::all_fits(|_: &mut World| (), "pod b", "answer of pod b at 10.0.2.6:8080", "silence")]
fn the_first_break_is_named(
    #[case] spoil: fn(&mut World),
    #[case] place: &str,
    #[case] object: &str,
    #[case] seen: &str,
) {
    let mut world = sound();
    spoil(&mut world);
    let found = followed(world);
    assert_eq!((found.object.as_str(), found.seen.as_str()), (object, seen), "{found:#?}");
    let differing: Vec<_> = found.hops.iter().filter(|hop| hop.fit == Fit::Differs).collect();
    assert_eq!(differing.len(), 1);
    assert_eq!(differing[0].place, place);
    assert!(!found.wanted.is_empty() && !found.explanation.is_empty());
}

#[test]
fn the_way_before_the_break_fits_and_nothing_is_told_of_what_lies_behind() {
    let mut world = sound();
    drop_at(&mut world.n1.routes4, 1);
    let found = followed(world);
    let way: Vec<_> =
        found.hops.iter().map(|hop| (hop.place.as_str(), hop.what.as_str(), hop.fit)).collect();
    assert_eq!(
        way,
        [
            ("pod a", "sends", Fit::Fits),
            ("pod a", "link and address", Fit::Fits),
            ("pod a", "route", Fit::Fits),
            ("pod a", "neighbour", Fit::Fits),
            ("node n1", "veth", Fit::Fits),
            ("node n1", "packets before routing", Fit::Fits),
            ("node n1", "default route in table 1003 of node n1", Fit::Differs),
            ("VPC", "beyond the break", Fit::Untold),
            ("node n2", "beyond the break", Fit::Untold),
            ("pod b", "beyond the break", Fit::Untold),
        ]
    );
    assert_eq!(
        found.explanation,
        "The kernel of node n1 walked: rule 0 → local: no route to there; rule 512 → 1003: no route \
         to there; rule 512 mark 0x100000/0xfff00000 → 1003: no route to there; rule 32766 → main: \
         default via 10.0.0.253 dev eth0."
    );
}

#[test]
fn what_was_not_watched_accuses_nobody() {
    let mut world = sound();
    world.flows.iter_mut().for_each(|flow| flow.node = "n9".to_owned());
    drop_at(&mut world.n1.rules4, 2);
    let found = followed(world);
    assert_eq!(found.object, "answer of pod b at 10.0.2.6:8080");
    assert!(found.hops.iter().any(|hop| hop.seen == "not watched" && hop.fit == Fit::Untold));
}

#[test]
fn another_claim_differs_in_its_first_violation_behind_what_it_compares_with() {
    let mut evidence = Evidence::default();
    let mut changed = sound().n1;
    drop_at(&mut changed.rules4, 2);
    for (name, state) in [("before", sound().n1), ("between", changed.clone()), ("after", changed)]
    {
        evidence.put(name, Fact::Kernel(Box::new(state)));
    }
    let claim = Claim::SameState {
        before: "before".to_owned(),
        after: "after".to_owned(),
        control: "between".to_owned(),
    };
    let found = diverge(&claim, &judge(&claim, &evidence), &evidence).unwrap();
    assert!(found.object.starts_with("IPv4 rule {"), "{found:#?}");
    assert_eq!((found.wanted.as_str(), found.seen.as_str()), ("there, as before", "gone"));
    let places: Vec<_> = found.hops.iter().map(|hop| hop.place.as_str()).collect();
    assert_eq!(places[..2], ["before", "between"]);
    let held = Claim::SameState {
        before: "before".to_owned(),
        after: "before".to_owned(),
        control: "between".to_owned(),
    };
    assert_eq!(diverge(&held, &judge(&held, &evidence), &evidence), None);
}
