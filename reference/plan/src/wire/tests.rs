use super::*;
use model::Mac;
use rstest::rstest;

fn eni_link() -> EniLink {
    EniLink {
        id: "eni-1".into(),
        mac: Mac([0, 0x16, 0x3e, 0, 0, 1]),
        index: 3,
        gateways: vec!["10.0.1.253".parse().unwrap(), "fd00:1::fffd".parse().unwrap()],
        slot: 2,
    }
}

fn wired(layout: Layout) -> PodWiring {
    let attachment = Attachment { container: "c1".to_owned(), ifname: "eth0".to_owned() };
    let addresses =
        Addresses { v4: Some("10.0.1.5".parse().unwrap()), v6: Some("fd00:1::5".parse().unwrap()) };
    let eni = eni_link();
    pod(&attachment, addresses, Node { eni: &eni, tables: &[1003, 1007], layout, mtu: 1500 })
}

fn texts<T: ToString>(objects: &[T]) -> Vec<String> {
    objects.iter().map(ToString::to_string).collect()
}

#[test]
fn a_pod_sees_single_addresses_and_a_gateway_by_neighbour() {
    let wiring = wired(Layout::Document);
    let host = wiring.veth.host.mac;
    assert_eq!(
        texts(&wiring.pod.addresses),
        ["address 10.0.1.5/32 on eth0", "address fd00:1::5/128 on eth0"]
    );
    assert_eq!(
        texts(&wiring.pod.neighbours),
        [
            format!("neighbour 169.254.1.1 at {host} on eth0"),
            format!("neighbour fe80::1 at {host} on eth0")
        ]
    );
    assert_eq!(
        texts(&wiring.pod.routes),
        [
            "route 0.0.0.0/0 via 169.254.1.1 on eth0 in table 254",
            "route ::/0 via fe80::1 on eth0 in table 254"
        ]
    );
    assert!(wiring.pod.rules.is_empty());
}

#[test]
fn the_documents_layout_puts_the_pod_into_every_table_and_adds_no_rule() {
    let wiring = wired(Layout::Document);
    let link = &wiring.veth.host.name;
    assert_eq!(
        texts(&wiring.host.routes),
        [
            format!("route 10.0.1.5/32 on {link} in table 1003"),
            format!("route 10.0.1.5/32 on {link} in table 1007"),
            format!("route fd00:1::5/128 on {link} in table 1003"),
            format!("route fd00:1::5/128 on {link} in table 1007"),
        ]
    );
    assert!(wiring.host.rules.is_empty());
    assert_eq!(wiring.marks.iter().map(|mark| mark.slot).collect::<Vec<_>>(), [2, 2]);
    let words = ["10.0.1.5", "fd00:1::5"].map(|of| format!("mark of packets from {of} on {link}"));
    assert_eq!(texts(&wiring.marks), words);
}

#[rstest]
fn a_parting_takes_out_the_pods_rules_and_marks(
    #[values(Layout::Document, Layout::Upstream)] layout: Layout,
) {
    let attachment = Attachment { container: "c1".to_owned(), ifname: "eth0".to_owned() };
    let whole = wired(layout);
    let addresses =
        Addresses { v4: Some("10.0.1.5".parse().unwrap()), v6: Some("fd00:1::5".parse().unwrap()) };
    let node = Node { eni: &eni_link(), tables: &[1003, 1007], layout, mtu: 1500 };
    let parting = parting(&attachment, addresses, node);
    let (link, rules) = (whole.veth.host.name, whole.host.rules);
    assert_eq!(parting, Parting { link, rules, marks: whole.marks });
}

#[test]
fn the_documents_layout_has_two_rules_of_priority_512_an_interface_and_family() {
    let scene = eni(&eni_link(), "eth1", Layout::Document);
    assert_eq!(
        texts(&scene.rules),
        [
            "IPv4 rule 512: from all lookup 1003 suppress_prefixlength 0",
            "IPv4 rule 512: fwmark 0x200000/0xfff00000 lookup 1003",
            "IPv6 rule 512: from all lookup 1003 suppress_prefixlength 0",
            "IPv6 rule 512: fwmark 0x200000/0xfff00000 lookup 1003",
        ]
    );
    assert_eq!(
        texts(&scene.routes),
        [
            "route 0.0.0.0/0 via 10.0.1.253 on eth1 in table 1003",
            "route ::/0 via fd00:1::fffd on eth1 in table 1003"
        ]
    );
}

#[test]
fn the_upstream_layout_has_two_rules_a_pod_address_and_none_an_interface() {
    let wiring = wired(Layout::Upstream);
    assert_eq!(
        texts(&wiring.host.rules),
        [
            "IPv4 rule 512: to 10.0.1.5/32 lookup 254",
            "IPv4 rule 2048: from 10.0.1.5/32 lookup 1003",
            "IPv6 rule 512: to fd00:1::5/128 lookup 254",
            "IPv6 rule 2048: from fd00:1::5/128 lookup 1003",
        ]
    );
    let link = &wiring.veth.host.name;
    assert_eq!(
        texts(&wiring.host.routes),
        [
            format!("route 10.0.1.5/32 on {link} in table 254"),
            format!("route fd00:1::5/128 on {link} in table 254")
        ]
    );
    assert_eq!(wiring.marks, wired(Layout::Document).marks);
    assert!(eni(&eni_link(), "eth1", Layout::Upstream).rules.is_empty());
}

#[test]
fn no_link_of_ours_hears_advertisements_or_redirects_even_without_ipv6() {
    let attachment = Attachment { container: "c1".to_owned(), ifname: "eth0".to_owned() };
    let addresses = Addresses { v4: Some("10.0.1.5".parse().unwrap()), v6: None };
    let eni = eni_link();
    let node = Node { eni: &eni, tables: &[1003], layout: Layout::Document, mtu: 1500 };
    let wiring = pod(&attachment, addresses, node);
    let host = &wiring.veth.host.name;
    for (scene, link) in [(&wiring.pod, "eth0"), (&wiring.host, host.as_str())] {
        for knob in ["ipv6/conf/LINK/accept_ra", "ipv6/conf/LINK/accept_redirects"] {
            let key = format!("net/{}", knob.replace("LINK", link));
            assert!(scene.sysctls.contains(&sysctl(key, "0")), "{link}: {knob}");
        }
    }
    let all = sysctl("net/ipv4/conf/all/accept_redirects", "0");
    assert!(wiring.pod.sysctls.contains(&all), "a host heeds what any of the two heeds");
}
