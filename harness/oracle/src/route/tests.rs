use std::net::IpAddr;

use super::walk::{Packet, passes_by, walk};
use facts::claim::Carried;
use facts::cloud::{CloudEni, CloudInventory};
use facts::kernel::{KernelState, SeenFlow};
use facts::{Claim, Evidence, Fact, Judgement};
use rstest::rstest;
use serde_json::{Value, json};

/// The document's layout as `ip -j` writes it: pods 10.0.1.5 on eth1 (index 3)
/// and 10.0.2.6 on eth2 (index 4), each in both tables.
fn document() -> KernelState {
    state(
        json!([
            {"priority": 0, "src": "all", "table": "local"},
            {"priority": 512, "src": "all", "table": "1003", "suppress_prefixlen": "0"},
            {"priority": 512, "src": "all", "fwmark": "0x100000", "fwmask": "0xfff00000", "table": "1003"},
            {"priority": 512, "src": "all", "table": "1004", "suppress_prefixlen": "0"},
            {"priority": 512, "src": "all", "fwmark": "0x200000", "fwmask": "0xfff00000", "table": "1004"},
            {"priority": 32766, "src": "all", "table": "main"},
        ]),
        json!([
            {"dst": "default", "gateway": "10.0.1.253", "dev": "eth1", "table": "1003"},
            {"dst": "10.0.1.5", "dev": "cali1", "table": "1003"},
            {"dst": "10.0.2.6", "dev": "cali2", "table": "1003"},
            {"dst": "default", "gateway": "10.0.2.253", "dev": "eth2", "table": "1004"},
            {"dst": "10.0.1.5", "dev": "cali1", "table": "1004"},
            {"dst": "10.0.2.6", "dev": "cali2", "table": "1004"},
            {"dst": "default", "gateway": "10.0.0.253", "dev": "eth0"},
        ]),
    )
}

fn state(rules4: Value, routes4: Value) -> KernelState {
    KernelState {
        place: "node n1".to_owned(),
        links: json!([]),
        routes4,
        routes6: json!([]),
        rules4,
        rules6: json!([]),
        neighbours: json!([]),
    }
}

fn packet(source: [u8; 4], destination: [u8; 4], mark: u32) -> Packet<'static> {
    Packet { source: source.into(), destination: destination.into(), mark, came_by: "cali1" }
}

#[rstest]
#[case::to_a_pod([9, 9, 9, 9], [10, 0, 1, 5], 0, (512, "1003", "cali1"))]
#[case::to_a_pod_of_the_other_interface([10, 0, 1, 5], [10, 0, 2, 6], 0x10_0000, (512, "1003", "cali2"))]
#[case::from_a_pod([10, 0, 1, 5], [9, 9, 9, 9], 0x10_0000, (512, "1003", "eth1"))]
#[case::from_a_pod_with_a_foreign_bit([10, 0, 2, 6], [9, 9, 9, 9], 0x20_4000, (512, "1004", "eth2"))]
#[case::from_the_node([10, 0, 0, 1], [9, 9, 9, 9], 0, (32766, "main", "eth0"))]
fn the_walk_ends_where_the_kernels_does(
    #[case] source: [u8; 4],
    #[case] destination: [u8; 4],
    #[case] mark: u32,
    #[case] expected: (u64, &str, &str),
) {
    let decision = walk(&document(), packet(source, destination, mark)).decision.unwrap();
    let seen = (decision.priority, decision.table.as_str(), decision.device.as_str());
    assert_eq!(seen, expected);
}

#[rstest]
#[case::own("00:00:00:00:00:03", true)]
#[case::anothers("00:00:00:00:00:04", false)]
fn a_pod_must_leave_by_the_interface_that_carries_it(#[case] mac: &str, #[case] holds: bool) {
    let links = json!([
        {"ifindex": 3, "ifname": "eth1", "address": "00:00:00:00:00:03"},
        {"ifindex": 4, "ifname": "eth2", "address": "00:00:00:00:00:04"},
    ]);
    let (pod, peer) = ([10, 0, 1, 5].into(), [9, 9, 9, 9].into());
    let mut evidence = Evidence::default();
    evidence.put("state", Fact::Kernel(Box::new(KernelState { links, ..document() })));
    evidence.put("flow", Fact::Flow(seen(pod, peer)));
    let enis = vec![CloudEni {
        id: "eni-1".to_owned(),
        kind: "Secondary".to_owned(),
        state: "InUse".to_owned(),
        mac: mac.to_owned(),
        instance: Some("i-1".to_owned()),
        vswitch: "vsw".to_owned(),
        ipv4: vec!["10.0.1.5".to_owned()],
        ipv6: Vec::new(),
        tags: [].into(),
    }];
    evidence.put("cloud", Fact::Inventory(CloudInventory { nodes: [].into(), enis }));
    let [state, inventory, flow] = ["state", "cloud", "flow"].map(str::to_owned);
    let claim = Claim::Carried(Carried { state, inventory, flow, pod, peer });
    let judged = crate::judge(&claim, &evidence);
    let violated = matches!(judged, Judgement::Violated { .. });
    assert_eq!((judged == Judgement::Holds, violated), (holds, !holds), "{judged:?}");
}

fn seen(source: IpAddr, destination: IpAddr) -> SeenFlow {
    SeenFlow {
        node: "n1".to_owned(),
        source,
        destination,
        before_routing: 4,
        forwarded: 4,
        marks: vec![0x10_0000],
        came_by: vec!["cali1".to_owned()],
    }
}

#[test]
fn rules_by_address_are_walked_by_priority_whatever_their_order() {
    let upstream = state(
        json!([
            {"priority": 2048, "src": "10.0.1.5", "table": "1003"},
            {"priority": 512, "src": "all", "dst": "10.0.1.5", "table": "main"},
            {"priority": 32766, "src": "all", "table": "main"},
        ]),
        json!([
            {"dst": "default", "dev": "eth1", "table": "1003"},
            {"dst": "10.0.1.5", "dev": "cali1"},
            {"dst": "default", "dev": "eth0"},
        ]),
    );
    let to = walk(&upstream, packet([9, 9, 9, 9], [10, 0, 1, 5], 0)).decision.unwrap();
    assert_eq!((to.priority, to.device.as_str()), (512, "cali1"));
    let from = walk(&upstream, packet([10, 0, 1, 5], [9, 9, 9, 9], 0)).decision.unwrap();
    assert_eq!((from.priority, from.table.as_str()), (2048, "1003"));
}

#[test]
fn a_table_without_a_route_leads_on_and_no_table_at_all_is_no_decision() {
    let empty = state(json!([{"priority": 512, "src": "all", "table": "1003"}]), json!([]));
    assert_eq!(walk(&empty, packet([10, 0, 1, 5], [9, 9, 9, 9], 0)).decision, None);
}

#[rstest]
#[case::by_device(json!({"iif": "cali9"}), false)]
#[case::its_device(json!({"iif": "cali1"}), true)]
#[case::of_the_node(json!({"oif": "eth1"}), false)]
#[case::block(json!({"src": "10.0.0.0", "srclen": 8}), true)]
#[case::other_block(json!({"dst": "10.0.0.0", "dstlen": 8}), false)]
#[case::mark(json!({"fwmark": "0x1"}), false)]
fn a_rule_takes_only_its_packets(#[case] rule: Value, #[case] taken: bool) {
    let passed_by = passes_by(&rule, packet([10, 0, 1, 5], [9, 9, 9, 9], 0));
    assert_eq!(passed_by.is_none(), taken, "{passed_by:?}");
}
