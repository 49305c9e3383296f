//! Elements of the table's sets, by nf_tables messages written by hand: one batch in
//! one datagram, all of it or nothing (linux/netfilter/nf_tables.h). A pod's mark
//! comes and goes by this, as starting `nft` takes longer than all else of an ADD.

use std::io;
use std::net::IpAddr;

use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_NETFILTER};

const REQUEST: u16 = 0x001;
const ACK: u16 = 0x004;
const CREATE: u16 = 0x400;
const ERROR: u16 = 2;
const BATCH_BEGIN: u16 = 0x10;
const BATCH_END: u16 = 0x11;
/// Number of nf_tables among netfilter's subsystems.
const NF_TABLES: u16 = 10;
/// Family of tables for IPv4 and IPv6.
const INET: u8 = 1;
/// Bit of an attribute that holds others.
const NESTED: u16 = 0x8000;
const HEADER: usize = 16;

/// What becomes of an element; one that is added may be there already.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verb {
    Add,
    Delete,
}

/// One change of a set.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Change {
    pub(super) verb: Verb,
    pub(super) set: String,
    pub(super) link: String,
    /// In a set of links with addresses.
    pub(super) source: Option<IpAddr>,
}

/// Length of a link's name in the kernel, zeros after it included.
const NAME_LENGTH: usize = 16;

impl Change {
    /// The element as the kernel compares it: the name, then the address.
    fn key(&self) -> Vec<u8> {
        let mut key = self.link.clone().into_bytes();
        key.resize(NAME_LENGTH, 0);
        match self.source {
            None => {}
            Some(IpAddr::V4(v4)) => key.extend(v4.octets()),
            Some(IpAddr::V6(v6)) => key.extend(v6.octets()),
        }
        key
    }
}

/// A connection that stays open: the kernel makes whoever closes one after a deletion
/// wait until nobody reads what was deleted, some 15 ms, and everybody else with it.
pub(super) struct Connection {
    socket: Socket,
    sequence: u32,
}

impl Connection {
    /// Opens one to the namespace of this thread.
    pub(super) fn open() -> io::Result<Self> {
        let mut socket = Socket::new(NETLINK_NETFILTER)?;
        socket.bind_auto()?;
        socket.connect(&SocketAddr::new(0, 0))?;
        socket.set_cap_ack(true)?;
        Ok(Self { socket, sequence: 0 })
    }

    /// Makes all changes of sets of `table`, or none and answers the first refusal.
    pub(super) fn change(&mut self, table: &str, changes: &[Change]) -> io::Result<()> {
        if changes.is_empty() {
            return Ok(());
        }
        let first = self.sequence + 1;
        self.sequence += u32::try_from(changes.len()).expect("a few hundred changes") + 1;
        self.socket.send(&encode(table, first, changes), 0)?;
        let (mut last, mut refused) = (false, None);
        while !last {
            let (bytes, _) = self.socket.recv_from_full()?;
            for (sequence, code) in answers(&bytes).into_iter().filter(|(n, _)| *n >= first) {
                // The batch itself has the first number; it is answered only when it
                // is refused.
                last |= sequence == first || sequence == self.sequence;
                refused = refused.or((code != 0).then_some(-code));
            }
        }
        refused.map_or(Ok(()), |errno| Err(io::Error::from_raw_os_error(errno)))
    }
}

/// Only the last change asks for an answer: refusals come in any case, and hundreds of
/// answers would not fit into the socket.
fn encode(table: &str, first: u32, changes: &[Change]) -> Vec<u8> {
    let mut bytes = Vec::new();
    message(&mut bytes, (BATCH_BEGIN, REQUEST, first), [0, 0, 0, 10], |_| {});
    for (place, change) in (1_u32..).zip(changes) {
        let ack = if place as usize == changes.len() { ACK } else { 0 };
        let number = first + place;
        let (kind, flags) = match change.verb {
            Verb::Add => (12, REQUEST | CREATE | ack),
            Verb::Delete => (14, REQUEST | ack),
        };
        message(&mut bytes, (NF_TABLES << 8 | kind, flags, number), [INET, 0, 0, 0], |into| {
            attribute(into, 1, |into| text(into, table));
            attribute(into, 2, |into| text(into, &change.set));
            attribute(into, 3 | NESTED, |elements| {
                attribute(elements, 1 | NESTED, |element| {
                    attribute(element, 1 | NESTED, |key| {
                        attribute(key, 1, |value| value.extend(change.key()));
                    });
                });
            });
        });
    }
    message(&mut bytes, (BATCH_END, REQUEST, first), [0, 0, 0, 10], |_| {});
    bytes
}

fn message(
    into: &mut Vec<u8>,
    (kind, flags, sequence): (u16, u16, u32),
    netfilter: [u8; 4],
    body: impl FnOnce(&mut Vec<u8>),
) {
    let start = into.len();
    into.extend([0; 4]);
    into.extend(kind.to_ne_bytes());
    into.extend(flags.to_ne_bytes());
    into.extend(sequence.to_ne_bytes());
    into.extend([0; 4]);
    into.extend(netfilter);
    body(into);
    let length = u32::try_from(into.len() - start).expect("a few hundred bytes");
    into[start..start + 4].copy_from_slice(&length.to_ne_bytes());
}

fn attribute(into: &mut Vec<u8>, kind: u16, body: impl FnOnce(&mut Vec<u8>)) {
    let start = into.len();
    into.extend([0; 2]);
    into.extend(kind.to_ne_bytes());
    body(into);
    let length = u16::try_from(into.len() - start).expect("a few hundred bytes");
    into[start..start + 2].copy_from_slice(&length.to_ne_bytes());
    into.resize(into.len().next_multiple_of(4), 0);
}

fn text(into: &mut Vec<u8>, text: &str) {
    into.extend(text.as_bytes());
    into.push(0);
}

/// Number and code of each answer in a datagram.
fn answers(bytes: &[u8]) -> Vec<(u32, i32)> {
    let word = |at: usize| bytes.get(at..at + 4)?.try_into().ok().map(u32::from_ne_bytes);
    let (mut found, mut at) = (Vec::new(), 0);
    while let (Some(length), Some(kind), Some(sequence), Some(code)) =
        (word(at), word(at + 4), word(at + 8), word(at + HEADER))
    {
        if kind & 0xffff == u32::from(ERROR) {
            found.push((sequence, code.cast_signed()));
        }
        at += (length as usize).max(HEADER).next_multiple_of(4);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_stands_between_the_batch_s_begin_and_end() {
        let add = Change {
            verb: Verb::Add,
            set: "eni1-v4".to_owned(),
            link: "cali1".to_owned(),
            source: Some(IpAddr::from([10, 0, 1, 5])),
        };
        let bytes = encode("terway", 7, &[add]);
        let begin = [20, 0, 0, 0, 0x10, 0, 1, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10];
        assert_eq!(bytes[..20], begin);
        let header = [80, 0, 0, 0, 12, 10, 5, 4, 8, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0];
        assert_eq!(bytes[20..40], header);
        assert_eq!(bytes[40..52], *b"\x0b\0\x01\0terway\0\0");
        assert_eq!(bytes[52..64], *b"\x0c\0\x02\0eni1-v4\0");
        let nested = [36, 0, 3, 0x80, 32, 0, 1, 0x80, 28, 0, 1, 0x80, 24, 0, 1, 0];
        assert_eq!(bytes[64..80], nested);
        assert_eq!(bytes[80..100], *b"cali1\0\0\0\0\0\0\0\0\0\0\0\x0a\0\x01\x05");
        assert_eq!(bytes[104..106], [0x11, 0]);
    }

    #[test]
    fn refusals_are_read_with_their_numbers() {
        let mut bytes = vec![36, 0, 0, 0, 2, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0];
        bytes.extend((-2_i32).to_ne_bytes());
        bytes.resize(36, 0);
        assert_eq!(answers(&bytes), [(7, -2)]);
    }
}
