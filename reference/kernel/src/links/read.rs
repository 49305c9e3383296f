//! A link from the bytes that the kernel sends of it. There are more than a hundred of what
//! may be in them, and a plugin that knew all would take a twentieth of an ADD to read it.

use model::Mac;
use netlink_packet_core::{Emitable, NlasIterator};
use netlink_packet_route::link::{LinkFlags, LinkHeader};
use nix::libc::{
    IFLA_ADDRESS, IFLA_IFALIAS, IFLA_IFNAME, IFLA_INFO_KIND, IFLA_LINK, IFLA_LINKINFO, IFLA_MTU,
    IFLA_OPERSTATE,
};

use super::Link;
use crate::KernelError;

/// State of a link that sends (linux/if.h).
const IF_OPER_UP: u8 = 6;

/// Reads a link from what the kernel says of it: a `struct ifinfomsg` and attributes, of
/// which most are nobody's concern here.
pub(crate) fn read(message: &[u8]) -> Result<Link, KernelError> {
    let header = LinkHeader::parse(message)?;
    let mut link =
        Link { index: header.index, up: header.flags.contains(LinkFlags::Up), ..Link::default() };
    for attribute in NlasIterator::new(&message[header.buffer_len()..]) {
        let attribute = attribute?;
        let value = attribute.value();
        match attribute.kind() {
            IFLA_IFNAME => link.name = text(value),
            IFLA_ADDRESS => link.mac = value.try_into().ok().map(Mac),
            IFLA_MTU => link.mtu = number(value).unwrap_or_default(),
            IFLA_OPERSTATE => link.sends = value == [IF_OPER_UP],
            IFLA_IFALIAS => link.alias = text(value),
            IFLA_LINK => link.peer = number(value),
            IFLA_LINKINFO => link.veth = is_veth(value),
            _ => {}
        }
    }
    Ok(link)
}

fn is_veth(info: &[u8]) -> bool {
    let kind = NlasIterator::new(info).flatten().find(|inner| inner.kind() == IFLA_INFO_KIND);
    kind.is_some_and(|kind| text(kind.value()) == "veth")
}

fn text(value: &[u8]) -> String {
    let text = value.split(|byte| *byte == 0).next().unwrap_or_default();
    String::from_utf8_lossy(text).into_owned()
}

fn number(value: &[u8]) -> Option<u32> {
    value.try_into().ok().map(u32::from_ne_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use netlink_packet_route::link::{InfoKind, LinkAttribute, LinkInfo, LinkMessage, State};

    #[test]
    fn a_link_is_read_as_the_kernel_writes_it() {
        let mut message = LinkMessage::default();
        message.header.index = 7;
        message.header.flags = LinkFlags::Up | LinkFlags::Running;
        message.attributes = vec![
            LinkAttribute::IfName("cali1".to_owned()),
            LinkAttribute::TxQueueLen(1000),
            LinkAttribute::OperState(State::Up),
            LinkAttribute::Mtu(1400),
            LinkAttribute::Address(vec![2, 0, 0, 0, 0, 1]),
            LinkAttribute::IfAlias("c1/eth0".to_owned()),
            LinkAttribute::Link(9),
            LinkAttribute::LinkInfo(vec![LinkInfo::Kind(InfoKind::Veth)]),
        ];
        let mut bytes = vec![0; message.buffer_len()];
        message.emit(&mut bytes);
        let wanted = Link {
            index: 7,
            name: "cali1".to_owned(),
            mac: Some(Mac([2, 0, 0, 0, 0, 1])),
            up: true,
            sends: true,
            mtu: 1400,
            peer: Some(9),
            veth: true,
            alias: "c1/eth0".to_owned(),
        };
        assert_eq!(read(&bytes).unwrap(), wanted);
        assert!(read(&bytes[..12]).is_err(), "shorter than its header");
        assert!(read(&bytes[..bytes.len() - 6]).is_err(), "the last attribute is cut off");
    }
}
