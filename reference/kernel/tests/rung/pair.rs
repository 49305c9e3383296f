//! A pod's pair of links and what hangs on it.

use std::net::IpAddr;

use crate::space::{Inner, in_fresh_node, ip, run};
use kernel::links::Links;
use kernel::sysctl::{self, Sysctls};
use kernel::{Conn, apply, pair, read, remove};
use model::kernel::{Layout, Route, Scene};
use model::{Addresses, Attachment, EniLink, Mac};
use plan::wire::{self, PodWiring};
use rstest::rstest;

fn eni() -> EniLink {
    let gateways: [IpAddr; 2] = ["10.0.1.253".parse().unwrap(), "fd00:1::fffd".parse().unwrap()];
    EniLink {
        id: "eni-1".into(),
        mac: Mac([0, 0x16, 0x3e, 0, 0, 1]),
        index: 3,
        gateways: gateways.into(),
        slot: 1,
    }
}

fn wiring(layout: Layout) -> PodWiring {
    wiring_of(layout, Some("fd00:1::5"))
}

fn wiring_of(layout: Layout, v6: Option<&str>) -> PodWiring {
    let attachment = Attachment { container: "c1".to_owned(), ifname: "eth0".to_owned() };
    let v6 = v6.map(|v6| v6.parse().unwrap());
    let addresses = Addresses { v4: Some("10.0.1.5".parse().unwrap()), v6 };
    let eni = eni();
    let tables = [1003, 1007];
    wire::pod(&attachment, addresses, wire::Node { eni: &eni, tables: &tables, layout, mtu: 1400 })
}

fn attach(wiring: &PodWiring, pod: &Inner) {
    pair::attach(&wiring.veth, &wiring.pod, &wiring.host, &pod.file()).unwrap();
}

fn detach(wiring: &PodWiring) {
    let (link, rules) = (wiring.veth.host.name.clone(), wiring.host.rules.clone());
    let leaving = pair::detach(link, rules, pair::in_a_thread).unwrap();
    let _kernel_goes_on = leaving.gone().unwrap();
}

#[rstest]
#[case(Layout::Document)]
#[case(Layout::Upstream)]
fn attach_makes_exactly_the_wanted_objects_and_detach_removes_them(#[case] layout: Layout) {
    in_fresh_node(move || {
        let before = ip("rule");
        let pod = Inner::new();
        let wiring = wiring(layout);
        attach(&wiring, &pod);

        let mut conn = Conn::here().unwrap();
        let links = Links::list(&mut conn).unwrap();
        let seen = read(&mut conn, &links).unwrap();
        for route in &wiring.host.routes {
            assert!(seen.routes.contains(route), "{route} is not in {:?}", seen.routes);
        }
        for rule in &wiring.host.rules {
            assert!(seen.rules.contains(rule), "{rule}");
        }
        assert_eq!(seen.neighbours, wiring.host.neighbours);
        let mut sysctls = Sysctls::default();
        for wanted in &wiring.host.sysctls {
            assert_eq!(sysctls.read(&wanted.key).unwrap().as_deref(), Some(wanted.value.as_str()));
        }

        detach(&wiring);
        detach(&wiring);
        assert_eq!(ip("rule"), before);
        assert_eq!(ip("link").as_array().unwrap().len(), 1, "only lo is left");
        assert_eq!(pod.ip("link").as_array().unwrap().len(), 1, "only lo is left in the pod");
    });
}

#[test]
fn the_pod_sees_its_addresses_ready_at_once() {
    in_fresh_node(|| {
        let pod = Inner::new();
        let wiring = wiring(Layout::Document);
        attach(&wiring, &pod);
        let links = pod.ip("addr");
        let eth0 = &links.as_array().unwrap()[1];
        assert_eq!(
            (eth0["ifname"].as_str(), eth0["mtu"].as_u64(), eth0["address"].as_str()),
            (Some("eth0"), Some(1400), Some(wiring.veth.pod.mac.to_string().as_str()))
        );
        let addresses: Vec<_> = eth0["addr_info"].as_array().unwrap().iter().collect();
        for wanted in ["10.0.1.5", "fd00:1::5"] {
            assert!(
                addresses.iter().any(|seen| seen["local"] == wanted),
                "{wanted}: {addresses:?}"
            );
        }
        assert!(addresses.iter().all(|seen| seen.get("tentative").is_none()), "{addresses:?}");
        let routes = pod.ip("route");
        assert_eq!(
            (&routes[0]["dst"], &routes[0]["gateway"]),
            (&"default".into(), &"169.254.1.1".into())
        );
        let mac = wiring.veth.host.mac.to_string();
        let neighbours = pod.ip("neigh");
        assert!(
            neighbours.as_array().unwrap().iter().any(|seen| seen["dst"] == "169.254.1.1"
                && seen["lladdr"] == mac.as_str()
                && seen["state"][0] == "PERMANENT"),
            "{neighbours}"
        );
    });
}

#[test]
fn without_ipv6_no_link_gives_itself_an_address_of_it() {
    in_fresh_node(|| {
        let pod = Inner::new();
        let of_v6 = |links: &serde_json::Value| {
            let links = links.as_array().unwrap().iter().skip(1);
            let addresses = links.flat_map(|link| link["addr_info"].as_array().unwrap());
            addresses.filter(|address| address["family"] == "inet6").count()
        };
        for (v6, host, inside) in [(None, 0, 0), (Some("fd00:1::5"), 1, 2)] {
            let wiring = wiring_of(Layout::Document, v6);
            attach(&wiring, &pod);
            assert_eq!((of_v6(&ip("addr")), of_v6(&pod.ip("addr"))), (host, inside), "{v6:?}");
            let mut sysctls = Sysctls::default();
            for wanted in &wiring.host.sysctls {
                let seen = sysctls.read(&wanted.key).unwrap();
                assert_eq!(seen.as_deref(), Some(wanted.value.as_str()), "{}", wanted.key);
            }
            detach(&wiring);
        }
    });
}

#[test]
fn a_bare_pair_lets_nothing_through_and_goes_without_a_trace() {
    in_fresh_node(|| {
        let before = ip("link");
        let pod = Inner::new();
        let wiring = wiring(Layout::Document);
        let inner = pod.file();
        let bare = pair::make(&wiring.veth, &inner).unwrap();
        let links = Links::list(&mut Conn::here().unwrap()).unwrap();
        let host = links.by_name(&wiring.veth.host.name).unwrap();
        assert!(!host.sends && host.alias.is_empty(), "{host:?}");
        bare.remove().unwrap();
        assert_eq!(ip("link"), before);
        assert_eq!(pod.ip("link").as_array().unwrap().len(), 1);
    });
}

#[test]
fn a_pair_that_is_there_is_left_as_it_is_by_who_wants_a_place_of_its_own() {
    in_fresh_node(|| {
        let pod = Inner::new();
        let wiring = wiring(Layout::Document);
        attach(&wiring, &pod);
        let before = (ip("link"), pod.ip("link"));
        let inner = pod.file();
        assert!(pair::make_where_nothing_is(&wiring.veth, &inner).is_err());
        assert_eq!((ip("link"), pod.ip("link")), before);
    });
}

/// The first packet to a pod is not dropped. Looked at by a dump, which starts no queue.
#[test]
fn the_nodes_end_sends_when_attach_returns() {
    in_fresh_node(|| {
        let wiring = wiring(Layout::Document);
        let mut conn = Conn::here().unwrap();
        for turn in 0..50 {
            let pod = Inner::new();
            attach(&wiring, &pod);
            let links = Links::list(&mut conn).unwrap();
            assert!(links.by_name(&wiring.veth.host.name).unwrap().sends, "turn {turn}");
            detach(&wiring);
        }
    });
}

/// What was there is asked for at once, and without the kernel's lock of links.
#[rstest]
fn nothing_leads_to_a_pair_that_nobody_finds_any_more(
    #[values(Layout::Document, Layout::Upstream)] layout: Layout,
) {
    in_fresh_node(move || {
        let wiring = wiring(layout);
        let mut conn = Conn::here().unwrap();
        for turn in 0..50 {
            let pod = Inner::new();
            attach(&wiring, &pod);
            let links = Links::list(&mut conn).unwrap();
            let mut led = || {
                let Scene { routes, neighbours, .. } = read(&mut conn, &links).unwrap();
                let to_pod = |route: &Route| route.link == wiring.veth.host.name;
                (routes.into_iter().filter(to_pod).count(), neighbours.len())
            };
            assert_eq!(led(), (wiring.host.routes.len(), 2), "turn {turn}");
            detach(&wiring);
            assert_eq!(led(), (0, 0), "turn {turn}");
        }
    });
}

#[test]
fn attach_replaces_what_an_earlier_try_left() {
    in_fresh_node(|| {
        let (first, second) = (Inner::new(), Inner::new());
        let wiring = wiring(Layout::Upstream);
        attach(&wiring, &first);
        attach(&wiring, &second);
        assert_eq!(first.ip("link").as_array().unwrap().len(), 1);
        assert_eq!(second.ip("link").as_array().unwrap().len(), 2);
        attach(&wiring, &second);
        assert_eq!(second.ip("link").as_array().unwrap().len(), 2);
    });
}

#[test]
fn attach_that_fails_leaves_nothing() {
    in_fresh_node(|| {
        let before = (ip("rule"), ip("link"));
        let pod = Inner::new();
        let mut wiring = wiring(Layout::Upstream);
        // No link of the pod leads there, so the last step is refused.
        wiring.pod.routes.push(Route {
            table: 254,
            dst: "10.9.0.0/16".parse().unwrap(),
            via: None,
            link: "eth9".to_owned(),
        });
        let error = pair::attach(&wiring.veth, &wiring.pod, &wiring.host, &pod.file()).unwrap_err();
        assert_eq!(error.to_string(), "find link eth9");
        assert_eq!((ip("rule"), ip("link")), before);
        assert_eq!(pod.ip("link").as_array().unwrap().len(), 1);
    });
}

#[test]
fn a_foreign_link_of_the_pods_name_is_kept_and_named() {
    in_fresh_node(|| {
        let pod = Inner::new();
        pod.run(&["link", "add", "eth0", "type", "veth", "peer", "name", "other"]);
        let wiring = wiring(Layout::Document);
        let error = pair::attach(&wiring.veth, &wiring.pod, &wiring.host, &pod.file()).unwrap_err();
        assert!(error.to_string().starts_with("add link eth0"), "{error}");
        assert_eq!(pod.ip("link").as_array().unwrap().len(), 3);
    });
}

#[test]
fn applying_twice_is_applying_once() {
    in_fresh_node(|| {
        let pod = Inner::new();
        let wiring = wiring(Layout::Upstream);
        attach(&wiring, &pod);
        let state = || (ip("rule"), ip("route"), ip("neigh"));
        let before = state();
        let mut conn = Conn::here().unwrap();
        let links = Links::list(&mut conn).unwrap();
        apply(&mut conn, &links, &wiring.host).unwrap();
        assert_eq!(state(), before);
        remove(&mut conn, &links, &wiring.host).unwrap();
        remove(&mut conn, &links, &wiring.host).unwrap();
        apply(&mut conn, &links, &wiring.host).unwrap();
        assert_eq!(ip("route"), before.1);
    });
}

#[test]
fn an_interfaces_scene_is_read_back_as_it_was_applied() {
    in_fresh_node(|| {
        // A node has addresses; without any the kernel takes no gateway.
        run(&["link", "set", "lo", "up"]);
        run(&["link", "add", "eth1", "type", "veth", "peer", "name", "vpc1"]);
        run(&["link", "set", "eth1", "up"]);
        run(&["link", "set", "vpc1", "up"]);
        let scene = wire::eni(&eni(), "eth1", Layout::Document);
        sysctl::write_all(&scene.sysctls).unwrap();
        let mut conn = Conn::here().unwrap();
        let links = Links::list(&mut conn).unwrap();
        apply(&mut conn, &links, &scene).unwrap();
        let seen = read(&mut conn, &links).unwrap();
        for rule in &scene.rules {
            assert!(seen.rules.contains(rule), "{rule} is not in {:?}", seen.rules);
        }
        for route in &scene.routes {
            assert!(seen.routes.contains(route), "{route} is not in {:?}", seen.routes);
        }
        let missing = Scene { rules: vec![scene.rules[0].clone()], ..Scene::default() };
        remove(&mut conn, &links, &missing).unwrap();
        assert!(!read(&mut conn, &links).unwrap().rules.contains(&scene.rules[0]));
    });
}

/// Two interfaces in one vSwitch: the gateway is on the first one's block, too.
#[test]
fn a_gateway_that_another_link_could_reach_is_taken_all_the_same() {
    in_fresh_node(|| {
        run(&["link", "add", "va", "type", "veth", "peer", "name", "vb"]);
        run(&["link", "add", "vc", "type", "veth", "peer", "name", "vd"]);
        for name in ["va", "vb", "vc", "vd"] {
            run(&["link", "set", name, "up"]);
        }
        run(&["-6", "addr", "add", "fd00:1::9/64", "dev", "va", "nodad"]);
        let via = Some("fd00:1::fffd".parse().unwrap());
        let route = Route { table: 1003, dst: "::/0".parse().unwrap(), via, link: "vc".to_owned() };
        let scene = Scene { routes: vec![route.clone()], ..Scene::default() };
        let mut conn = Conn::here().unwrap();
        let links = Links::list(&mut conn).unwrap();
        apply(&mut conn, &links, &scene).unwrap();
        apply(&mut conn, &links, &scene).unwrap();
        // Nothing stays of what it took.
        assert_eq!(read(&mut conn, &links).unwrap().routes, [route]);
    });
}
