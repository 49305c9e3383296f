//! The same pods, with a Service in front of pod b.

use super::*;

/// What kube-proxy writes down of one Service with one endpoint.
fn kube_proxy() -> Value {
    let goal = |chain: &str| json!({"goto": {"target": chain}});
    let at = |port: u16| json!({"concat": ["172.21.0.9", "tcp", port]});
    let (other, web) = ("service-A-default/other/tcp/p", "service-B-default/web/tcp/p");
    let end = "endpoint-C-default/web/tcp/p__10.0.2.6/8080";
    json!({"nftables": [
        {"map": {"name": "service-ips", "map": "verdict",
                 "elem": [[at(80), goal(other)], [{"elem": {"val": at(8080)}}, goal(web)]]}},
        {"rule": {"chain": web, "expr": [{"match": {}}, {"jump": {"target": "mark"}}]}},
        {"rule": {"chain": web, "expr": [{"vmap": {"key": {"numgen": {"mode": "random"}},
                                                   "data": {"set": [[0, goal(end)]]}}}]}},
        {"rule": {"chain": end, "expr": [{"dnat": {"addr": "10.0.2.6", "port": 8080}}]}},
    ]})
}

/// Pod a tries a Service that leads to pod b.
fn to_the_service(world: World, listing: Value) -> Divergence {
    let tried = Exchange {
        client: "pod a".to_owned(),
        server: "Service web".to_owned(),
        target: "172.21.0.9:8080".parse().unwrap(),
        protocol: Protocol::Tcp,
        reply: Reply::Silence,
        millis: 5000,
    };
    let mut evidence = seen_after(tried, world);
    let (place, answers) = ("node n1".to_owned(), "pod b".to_owned());
    evidence.put("services", Fact::Translation { place, answers, listing });
    let claim = Claim::Answers { exchange: "x".to_owned(), by: "u2".to_owned(), seen: None };
    diverge(&claim, &judge(&claim, &evidence), &evidence).expect("a divergence")
}

#[rstest]
#[case::all_fits(|_: &mut World| (), "pod b", "answer of Service web at 172.21.0.9:8080")]
#[case::no_way_out(
    |w: &mut World| drop_at(&mut w.a.routes4, 1), "pod a", "route to 172.21.0.9 in pod a"
)]
#[case::missing_host_route(
    |w: &mut World| drop_at(&mut w.n2.routes4, 2),
    "node n2", "route to 10.0.2.6 in table 1003 of node n2"
)]
#[case::no_way_back(
    |w: &mut World| drop_at(&mut w.b.routes4, 1), "pod b", "route to 10.0.1.5 in pod b"
)]
#[case::backend_without_its_address(
    |w: &mut World| w.b.links[1]["addr_info"] = json!([]),
    "pod b", "address 10.0.2.6 on eth0 in pod b"
)]
#[case::backend_has_another_address(
    |w: &mut World| w.b.links[1]["addr_info"][0]["local"] = "10.0.2.7".into(),
    "node n1", "endpoint in chain service-B-default/web/tcp/p of node n1"
)]
fn a_try_at_a_service_is_followed_to_its_backend(
    #[case] spoil: fn(&mut World),
    #[case] place: &str,
    #[case] object: &str,
) {
    let mut world = sound();
    spoil(&mut world);
    let found = to_the_service(world, kube_proxy());
    let differing: Vec<_> = found.hops.iter().filter(|hop| hop.fit == Fit::Differs).collect();
    assert_eq!((differing.len(), differing[0].place.as_str()), (1, place), "{found:#?}");
    assert_eq!(found.object, object);
}

#[test]
fn a_node_without_kube_proxys_table_is_not_accused() {
    let found = to_the_service(sound(), Value::Null);
    assert_eq!(found.object, "answer of Service web at 172.21.0.9:8080");
    assert!(found.hops.iter().any(|hop| hop.what == "translation" && hop.fit == Fit::Untold));
}

#[rstest]
#[case::not_there(0, "translation of 172.21.0.9:8080 over TCP in node n1")]
#[case::without_endpoint(2, "endpoint in chain service-B-default/web/tcp/p of node n1")]
fn a_service_that_a_node_does_not_know_is_named(#[case] lacks: usize, #[case] object: &str) {
    let mut listing = kube_proxy();
    drop_at(&mut listing["nftables"], lacks);
    let found = to_the_service(sound(), listing);
    assert_eq!((found.object.as_str(), found.seen.as_str()), (object, "not there"));
}
