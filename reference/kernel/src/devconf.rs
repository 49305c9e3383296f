//! Values of a link below `net/ipv4/conf` as part of a message about the link: each takes
//! the kernel a fraction of what a file takes. There is no such message for IPv6.

use model::kernel::Sysctl;
use netlink_packet_core::{DefaultNla, Emitable, NLA_F_NESTED};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{AfSpecInet, AfSpecUnspec, LinkAttribute, LinkMessage};

use crate::conn::Ask;
use crate::links::Link;

/// Attribute that holds values of IPv4 (linux/if_link.h).
const IFLA_INET_CONF: u16 = 1;

/// Numbers of the values that pods' links need (`IPV4_DEVCONF_*` of linux/ip.h).
const NUMBERS: [(&str, u16); 4] =
    [("forwarding", 1), ("accept_redirects", 4), ("rp_filter", 8), ("arp_ignore", 19)];

/// Divides values into those of `link` that one message sets, with the message, and those
/// that are files.
pub(crate) fn divide<'a>(link: &Link, wanted: &'a [Sysctl]) -> (Option<Ask>, Vec<&'a Sysctl>) {
    let folder = format!("net/ipv4/conf/{}/", link.name);
    let (mut values, mut files) = (Vec::new(), Vec::new());
    for sysctl in wanted {
        match value(&folder, sysctl) {
            Some(value) => values.push(value),
            None => files.push(sysctl),
        }
    }
    ((!values.is_empty()).then(|| ask(link, &values)), files)
}

fn value(folder: &str, sysctl: &Sysctl) -> Option<DefaultNla> {
    let key = sysctl.key.strip_prefix(folder)?;
    let (_, number) = NUMBERS.iter().find(|(name, _)| *name == key)?;
    let value: u32 = sysctl.value.parse().ok()?;
    Some(DefaultNla::new(*number, value.to_ne_bytes().to_vec()))
}

fn ask(link: &Link, values: &[DefaultNla]) -> Ask {
    let mut bytes = vec![0; values.buffer_len()];
    values.emit(&mut bytes);
    let values = AfSpecInet::Other(DefaultNla::new(IFLA_INET_CONF | NLA_F_NESTED, bytes));
    let mut message = LinkMessage::default();
    message.header.index = link.index;
    message.attributes.push(LinkAttribute::AfSpecUnspec(vec![AfSpecUnspec::Inet(vec![values])]));
    let act = format!("set values of IPv4 of link {}", link.name);
    Ask::new(RouteNetlinkMessage::SetLink(message), 0, act)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_values_of_the_link_that_have_a_number_go_into_the_message() {
        let wanted = ["ipv4/conf/eth0/rp_filter", "ipv4/conf/all/rp_filter", "ipv6/conf/eth0/mtu"]
            .map(|key| Sysctl { key: format!("net/{key}"), value: "2".to_owned() });
        let link = Link { index: 7, name: "eth0".to_owned(), ..Link::default() };
        let (ask, files) = divide(&link, &wanted);
        assert!(ask.is_some());
        assert_eq!(files, [&wanted[1], &wanted[2]]);
        assert!(divide(&link, &wanted[1..]).0.is_none());
    }
}
