//! Frames as anybody could write them, right to the last checksum: ARP, UDP and
//! ICMP of both families.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A hardware address.
pub type Mac = [u8; 6];

const IPV4: [u8; 2] = [0x08, 0x00];
const ARP: [u8; 2] = [0x08, 0x06];
const IPV6: [u8; 2] = [0x86, 0xdd];
const ICMP: u8 = 1;
const UDP: u8 = 17;
const ICMP6: u8 = 58;
/// Whom a frame for everybody means.
pub const BROADCAST: Mac = [0xff; 6];

/// Who sends a frame, and whom it is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Link {
    /// Hardware address of the sender.
    pub from: Mac,
    /// Hardware address of the receiver.
    pub to: Mac,
}

/// An ARP message about its sender: `operation` is 1 for a question, 2 for an answer.
pub fn arp(link: Link, operation: u8, sender: Ipv4Addr, target: Ipv4Addr) -> Vec<u8> {
    let mut body = vec![0, 1, 8, 0, 6, 4, 0, operation];
    body.extend(link.from);
    body.extend(sender.octets());
    body.extend(if operation == 1 { [0; 6] } else { link.to });
    body.extend(target.octets());
    ethernet(link, ARP, &body)
}

/// A datagram; both ends must be of one family.
pub fn udp(link: Link, ends: (IpAddr, IpAddr), ports: (u16, u16), data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(8 + data.len()).unwrap_or(u16::MAX);
    let mut body = Vec::new();
    body.extend(ports.0.to_be_bytes());
    body.extend(ports.1.to_be_bytes());
    body.extend(length.to_be_bytes());
    body.extend([0, 0]);
    body.extend(data);
    match ends {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            let pseudo = [&from.octets()[..], &to.octets(), &[0, UDP], &length.to_be_bytes()];
            check(&mut body, 6, &pseudo.concat());
            ethernet(link, IPV4, &ipv4((from, to), UDP, &body))
        }
        (from, to) => {
            let (from, to) = (six(from), six(to));
            let pseudo = pseudo6((from, to), UDP, body.len());
            check(&mut body, 6, &pseudo);
            ethernet(link, IPV6, &ipv6((from, to), UDP, &body))
        }
    }
}

/// An ICMP message of either family: `body` from the fifth byte on.
pub fn icmp(link: Link, ends: (IpAddr, IpAddr), kind: (u8, u8), body: &[u8]) -> Vec<u8> {
    let mut message = vec![kind.0, kind.1, 0, 0];
    message.extend(body);
    match ends {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            check(&mut message, 2, &[]);
            ethernet(link, IPV4, &ipv4((from, to), ICMP, &message))
        }
        (from, to) => {
            let (from, to) = (six(from), six(to));
            let pseudo = pseudo6((from, to), ICMP6, message.len());
            check(&mut message, 2, &pseudo);
            ethernet(link, IPV6, &ipv6((from, to), ICMP6, &message))
        }
    }
}

/// The packet in a frame, without its hardware addresses.
pub fn packet(frame: &[u8]) -> &[u8] {
    frame.get(14..).unwrap_or_default()
}

fn ethernet(link: Link, kind: [u8; 2], body: &[u8]) -> Vec<u8> {
    [&link.to[..], &link.from, &kind, body].concat()
}

fn ipv4((from, to): (Ipv4Addr, Ipv4Addr), protocol: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(20 + body.len()).unwrap_or(u16::MAX).to_be_bytes();
    let mut header = vec![0x45, 0, length[0], length[1], 0, 0, 0x40, 0, 64, protocol, 0, 0];
    header.extend(from.octets());
    header.extend(to.octets());
    check(&mut header, 10, &[]);
    header.extend(body);
    header
}

/// With the hop limit of neighbours, who must not be beyond a router.
fn ipv6((from, to): (Ipv6Addr, Ipv6Addr), next: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap_or(u16::MAX).to_be_bytes();
    let mut packet = vec![0x60, 0, 0, 0, length[0], length[1], next, 255];
    packet.extend(from.octets());
    packet.extend(to.octets());
    packet.extend(body);
    packet
}

fn pseudo6((from, to): (Ipv6Addr, Ipv6Addr), next: u8, length: usize) -> Vec<u8> {
    let length = u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes();
    [&from.octets()[..], &to.octets(), &length, &[0, 0, 0, next]].concat()
}

fn six(address: IpAddr) -> Ipv6Addr {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped(),
        IpAddr::V6(v6) => v6,
    }
}

/// Writes the internet checksum of `bytes`, after those of `before`, at a place.
fn check(bytes: &mut [u8], at: usize, before: &[u8]) {
    let word = |pair: &[u8]| u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0));
    let mut sum: u32 = before.chunks(2).chain(bytes.chunks(2)).map(word).sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    let sum = u16::try_from(!sum & 0xffff).unwrap_or_default().to_be_bytes();
    bytes[at..at + 2].copy_from_slice(&sum);
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: Link = Link { from: [2, 0, 0, 0, 0, 1], to: [2, 0, 0, 0, 0, 2] };

    /// A right checksum makes the sum of all words ffff.
    fn sums(parts: &[&[u8]]) -> u32 {
        let bytes = parts.concat();
        let words = bytes
            .chunks(2)
            .map(|pair| u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0)));
        let sum: u32 = words.sum();
        (sum & 0xffff) + (sum >> 16)
    }

    #[test]
    fn checksums_are_right_in_both_families() {
        let v4 = |last| IpAddr::from([10, 0, 0, last]);
        let frame = udp(LINK, (v4(1), v4(2)), (67, 68), b"abc");
        assert_eq!(frame[12..14], [8, 0]);
        assert_eq!(sums(&[&frame[14..34]]), 0xffff);
        assert_eq!(sums(&[&frame[26..34], &[0, 17, 0, 11], &frame[34..]]), 0xffff);
        let v6 = |last| IpAddr::from([0xfe80, 0, 0, 0, 0, 0, 0, last]);
        let frame = icmp(LINK, (v6(1), v6(2)), (134, 0), &[64, 0, 0, 9]);
        assert_eq!(frame[12..14], [0x86, 0xdd]);
        assert_eq!(sums(&[&frame[22..54], &[0, 0, 0, 8, 0, 0, 0, 58], &frame[54..]]), 0xffff);
    }

    #[test]
    fn arp_tells_of_its_sender() {
        let frame = arp(LINK, 1, [10, 0, 0, 9].into(), [10, 0, 0, 2].into());
        assert_eq!(frame[..14], [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 6]);
        assert_eq!(packet(&frame)[8..18], [2, 0, 0, 0, 0, 1, 10, 0, 0, 9]);
        assert_eq!(frame.len(), 42);
    }
}
