//! From a grant to the kernel objects that serve it. One description for ADD,
//! CHECK, repair, `doctor` and teardown.
//!
//! The specification's section "Data plane configuration" gives rule priority
//! and table for both directions (RUL-1, RUL-2): 512, and 1000 + index of the
//! interface. [`Layout::Document`] follows it with two rules an interface,
//! whatever the number of pods; [`Layout::Upstream`] is what the published Go
//! implementation does, with two rules a pod.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use model::kernel::{
    Address, Family, Layout, Mark, Neighbour, Route, Rule, Scene, Select, Sysctl, Veth, VethEnd,
};
use model::pool::IpStack;
use model::{Addresses, Attachment, EniLink, PodRef};

use crate::name;

/// Address of the pods' IPv4 gateway: the node's end of the pair, by neighbour entry.
pub const GATEWAY_V4: Ipv4Addr = Ipv4Addr::new(169, 254, 1, 1);
/// Address of the pods' IPv6 gateway.
pub const GATEWAY_V6: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1);
/// Bits of a packet's mark that say which interface its pod is on. Others of
/// the node use other bits (kube-proxy 0x4000), so nothing else is looked at.
pub const MARK_MASK: u32 = 0xfff0_0000;

const MAIN: u32 = 254;
pub(crate) const PRIORITY: u32 = 512;
pub(crate) const UPSTREAM_FROM_CONTAINER: u32 = 2048;

/// Everything that one pod's network consists of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PodWiring {
    /// The pair of links.
    pub veth: Veth,
    /// Objects in the pod's namespace.
    pub pod: Scene,
    /// Objects in the node's namespace.
    pub host: Scene,
    /// Marks for the pod's packets, which the daemon keeps.
    pub marks: Vec<Mark>,
}

/// What is taken out of the node when a pod goes; routes and neighbours go with its links.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Parting {
    /// Name of the node's end of the pair.
    pub link: String,
    /// Its rules on the node.
    pub rules: Vec<Rule>,
    /// Marks for the pod's packets.
    pub marks: Vec<Mark>,
}

/// What a pod is wired to.
#[derive(Clone, Copy, Debug)]
pub struct Node<'a> {
    /// The interface that carries the pod's addresses.
    pub eni: &'a EniLink,
    /// Tables of all pod interfaces of the node, the oldest first.
    pub tables: &'a [u32],
    /// Which reading to lay out.
    pub layout: Layout,
    /// MTU of the pod's links in bytes.
    pub mtu: u32,
}

impl PodWiring {
    /// Tells also the pod and where its namespace is.
    #[must_use]
    pub fn of(mut self, attachment: &Attachment, pod: &PodRef, netns: &str) -> Self {
        self.veth.alias = name::alias(attachment, pod, netns);
        self
    }
}

/// The mark of packets that leave by the interface with this slot.
pub fn mark(slot: u16) -> u32 {
    (u32::from(slot) << 20) & MARK_MASK
}

/// The wanted objects of one pod.
pub fn pod(attachment: &Attachment, addresses: Addresses, node: Node<'_>) -> PodWiring {
    let veth = veth(attachment, node.mtu);
    let marks = marks(attachment, addresses, node.eni.slot);
    PodWiring { pod: inside(&veth, addresses), host: outside(&veth, addresses, node), veth, marks }
}

/// What is taken out for one pod, whose `addresses` are.
pub fn parting(attachment: &Attachment, addresses: Addresses, node: Node<'_>) -> Parting {
    let link = name::host_link(attachment);
    let marks = marks_on(&link, addresses, node.eni.slot);
    Parting { link, rules: rules(addresses, node), marks }
}

/// The pair of links alone, which needs no address. `mtu` is in bytes.
pub fn veth(attachment: &Attachment, mtu: u32) -> Veth {
    Veth {
        host: VethEnd { name: name::host_link(attachment), mac: name::host_mac(attachment) },
        pod: VethEnd { name: attachment.ifname.clone(), mac: name::pod_mac(attachment) },
        mtu,
        alias: name::alias(attachment, &PodRef::default(), ""),
    }
}

/// What tells a pod's packets, whatever the layout: the published one heeds no
/// mark, but nobody may speak under another's address.
pub fn marks(attachment: &Attachment, addresses: Addresses, slot: u16) -> Vec<Mark> {
    marks_on(&name::host_link(attachment), addresses, slot)
}

fn marks_on(link: &str, addresses: Addresses, slot: u16) -> Vec<Mark> {
    addresses.iter().map(|source| Mark { link: link.to_owned(), source, slot }).collect()
}

/// The wanted objects of one pod interface, whose device is called `device`.
pub fn eni(link: &EniLink, device: &str, layout: Layout) -> Scene {
    let gateways = link.gateways.iter();
    let lost =
        |rule: &Rule| rule.suppress.is_none() && defect::on("rule-from-containers-is-missing");
    Scene {
        sysctls: link_sysctls(device, link.gateways.iter().any(IpAddr::is_ipv6)),
        routes: gateways
            .clone()
            .map(|gateway| default_route(link.table(), *gateway, device))
            .collect(),
        rules: match layout {
            Layout::Document => {
                let rules = gateways.flat_map(|gateway| eni_rules(Family::of(*gateway), link));
                rules.filter(|rule| !lost(rule)).collect()
            }
            Layout::Upstream => Vec::new(),
        },
        ..Scene::default()
    }
}

/// What the node itself needs before it can serve any pod (LNK-22).
pub fn node(stack: IpStack) -> Scene {
    let mut sysctls = vec![
        sysctl("net/ipv4/ip_forward", "1"),
        sysctl("net/ipv4/conf/all/rp_filter", rp_filter()),
        sysctl("net/ipv4/conf/default/rp_filter", "0"),
    ];
    if stack == IpStack::Dual {
        let forwards = if defect::on("node-does-not-forward-ipv6") { "0" } else { "1" };
        sysctls.push(sysctl("net/ipv6/conf/all/forwarding", forwards));
        sysctls.push(sysctl("net/ipv6/conf/default/forwarding", "1"));
    }
    Scene { sysctls, ..Scene::default() }
}

fn inside(veth: &Veth, addresses: Addresses) -> Scene {
    let link = &veth.pod.name;
    // A host heeds IPv4 redirects when either the link or all links do.
    let all = if defect::on("pods-heed-redirects") { "1" } else { "0" };
    let mut sysctls = vec![
        sysctl("net/ipv4/conf/all/accept_redirects", all),
        sysctl(format!("net/ipv4/conf/{link}/accept_redirects"), "0"),
        sysctl(format!("net/ipv6/conf/{link}/accept_ra"), accept_ra()),
        sysctl(format!("net/ipv6/conf/{link}/accept_redirects"), "0"),
    ];
    if addresses.v6.is_some() {
        sysctls.push(sysctl("net/ipv6/conf/lo/disable_ipv6", "0"));
        sysctls.push(sysctl(format!("net/ipv6/conf/{link}/disable_ipv6"), "0"));
        let tentative = if defect::on("addresses-are-tentative") { "1" } else { "0" };
        sysctls.push(sysctl(format!("net/ipv6/conf/{link}/accept_dad"), tentative));
    } else {
        sysctls.push(no_own_ipv6(link));
    }
    let gateways = || addresses.iter().map(gateway_of);
    Scene {
        sysctls,
        addresses: addresses
            .iter()
            .map(|address| Address { link: link.clone(), net: single(address) })
            .collect(),
        neighbours: gateways()
            .filter(|gateway| gateway.is_ipv6() || !defect::on("ipv4-gateway-is-unknown"))
            .filter(|gateway| gateway.is_ipv4() || !defect::on("ipv6-gateway-is-unknown"))
            .map(|address| Neighbour { link: link.clone(), address, mac: veth.host.mac })
            .collect(),
        routes: gateways().map(|gateway| default_route(MAIN, gateway, link)).collect(),
        rules: Vec::new(),
    }
}

fn outside(veth: &Veth, addresses: Addresses, node: Node<'_>) -> Scene {
    let link = &veth.host.name;
    let tables = match node.layout {
        Layout::Document => node.tables,
        Layout::Upstream => &[MAIN],
    };
    let routes = addresses.iter().flat_map(|address| {
        tables.iter().map(move |table| Route {
            table: *table,
            dst: single(address),
            via: None,
            link: link.clone(),
        })
    });
    let mut sysctls = link_sysctls(link, addresses.v6.is_some());
    // A pod knows its gateway; whatever it asks or tells by ARP is not heard.
    let ignored = if defect::on("pods-arp-is-heard") { "0" } else { "8" };
    sysctls.push(sysctl(format!("net/ipv4/conf/{link}/arp_ignore"), ignored));
    Scene {
        sysctls,
        neighbours: addresses
            .iter()
            .map(|address| Neighbour { link: link.clone(), address, mac: veth.pod.mac })
            .collect(),
        routes: routes.collect(),
        rules: rules(addresses, node),
        ..Scene::default()
    }
}

fn rules(addresses: Addresses, node: Node<'_>) -> Vec<Rule> {
    let of = |address| match node.layout {
        Layout::Document => Vec::new(),
        Layout::Upstream => pod_rules(address, node.eni.table()),
    };
    addresses.iter().flat_map(of).collect()
}

/// To the pods: every table's own routes count, its default does not, so a
/// packet that is for no pod of the node goes on. From the pods: the packet's
/// mark chooses the interface.
fn eni_rules(family: Family, link: &EniLink) -> [Rule; 2] {
    let rule = |select, suppress| Rule {
        family,
        priority: PRIORITY + u32::from(defect::on("rule-priority-off-by-one")),
        select,
        table: link.table(),
        suppress,
    };
    [
        rule(Select::All, Some(0)),
        rule(Select::Mark { value: mark(link.slot), mask: MARK_MASK }, None),
    ]
}

fn pod_rules(address: IpAddr, table: u32) -> Vec<Rule> {
    let rule = |priority, select, table| Rule {
        family: Family::of(address),
        priority,
        select,
        table,
        suppress: None,
    };
    vec![
        rule(PRIORITY, Select::To(single(address)), MAIN),
        rule(UPSTREAM_FROM_CONTAINER, Select::From(single(address)), table),
    ]
}

/// Nobody else's advertisements and redirects are heard, on any link that is
/// ours, whether or not the cluster speaks IPv6 (CVE-2020-10749).
fn link_sysctls(link: &str, v6: bool) -> Vec<Sysctl> {
    let mut sysctls = vec![
        sysctl(format!("net/ipv4/conf/{link}/rp_filter"), rp_filter()),
        sysctl(format!("net/ipv4/conf/{link}/accept_redirects"), "0"),
        sysctl(
            format!("net/ipv4/conf/{link}/forwarding"),
            if defect::on("links-do-not-forward-ipv4") { "0" } else { "1" },
        ),
        sysctl(format!("net/ipv6/conf/{link}/accept_ra"), accept_ra()),
        sysctl(format!("net/ipv6/conf/{link}/accept_redirects"), "0"),
    ];
    if v6 {
        sysctls.push(sysctl(format!("net/ipv6/conf/{link}/accept_dad"), "0"));
        sysctls.push(sysctl(format!("net/ipv6/conf/{link}/disable_ipv6"), "0"));
        sysctls.push(sysctl(format!("net/ipv6/conf/{link}/forwarding"), "1"));
    } else {
        sysctls.push(no_own_ipv6(link));
    }
    sysctls
}

/// A link that serves IPv4 alone gives itself no address of IPv6 (`IN6_ADDR_GEN_MODE_NONE`
/// of linux/if_link.h), and so neither looks for duplicates nor for routers.
fn no_own_ipv6(link: &str) -> Sysctl {
    sysctl(format!("net/ipv6/conf/{link}/addr_gen_mode"), "1")
}

/// Packets may come in by one interface and leave by another.
fn rp_filter() -> &'static str {
    if defect::on("reverse-path-filter-is-strict") { "1" } else { "0" }
}

/// Advertisements of routers are heard by no link; 2 hears them on a router, too.
fn accept_ra() -> &'static str {
    if defect::on("pods-tell-of-neighbours") { "2" } else { "0" }
}

fn default_route(table: u32, gateway: IpAddr, link: &str) -> Route {
    let any: IpAddr = match gateway {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let dst = IpNet::new_assert(any, 0);
    Route { table, dst, via: Some(gateway), link: link.to_owned() }
}

fn gateway_of(address: IpAddr) -> IpAddr {
    if address.is_ipv4() { GATEWAY_V4.into() } else { GATEWAY_V6.into() }
}

fn single(address: IpAddr) -> IpNet {
    IpNet::from(address)
}

fn sysctl(key: impl Into<String>, value: &str) -> Sysctl {
    Sysctl { key: key.into(), value: value.to_owned() }
}

#[cfg(test)]
mod tests;
