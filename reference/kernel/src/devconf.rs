//! Values of a link as part of a message about it: each takes the kernel a fraction of what
//! a file below `/proc/sys/net` takes. Of IPv6's, a message can set one alone.

use model::kernel::Sysctl;
use netlink_packet_core::{DefaultNla, Emitable, NLA_F_NESTED};
use netlink_packet_route::link::{
    AfSpecInet, AfSpecInet6, AfSpecUnspec, In6AddrGenMode, LinkAttribute,
};

use crate::links::Link;

/// Attribute that holds values of IPv4 (linux/if_link.h).
const IFLA_INET_CONF: u16 = 1;

/// Numbers of the values that pods' links need (`IPV4_DEVCONF_*` of linux/ip.h).
const NUMBERS: [(&str, u16); 4] =
    [("forwarding", 1), ("accept_redirects", 4), ("rp_filter", 8), ("arp_ignore", 19)];

/// Divides values into those of `link` that an attribute of a message sets, none if there
/// are none, and those that are files.
pub(crate) fn divide<'a>(
    link: &Link,
    wanted: &'a [Sysctl],
) -> (Option<LinkAttribute>, Vec<&'a Sysctl>) {
    let (mut of_v4, mut of_v6, mut files) = (Vec::new(), Vec::new(), Vec::new());
    for sysctl in wanted {
        if let Some(value) = value_v4(link, sysctl) {
            of_v4.push(value);
        } else if let Some(value) = value_v6(link, sysctl) {
            of_v6.push(value);
        } else {
            files.push(sysctl);
        }
    }
    let mut families = Vec::new();
    if !of_v4.is_empty() {
        families.push(AfSpecUnspec::Inet(vec![nested(&of_v4)]));
    }
    if !of_v6.is_empty() {
        families.push(AfSpecUnspec::Inet6(of_v6));
    }
    ((!families.is_empty()).then_some(LinkAttribute::AfSpecUnspec(families)), files)
}

fn value_v4(link: &Link, sysctl: &Sysctl) -> Option<DefaultNla> {
    let key = key_of(link, sysctl, "ipv4")?;
    let (_, number) = NUMBERS.iter().find(|(name, _)| *name == key)?;
    let value: u32 = sysctl.value.parse().ok()?;
    Some(DefaultNla::new(*number, value.to_ne_bytes().to_vec()))
}

fn value_v6(link: &Link, sysctl: &Sysctl) -> Option<AfSpecInet6> {
    let key = key_of(link, sysctl, "ipv6")?;
    let value: u8 = sysctl.value.parse().ok()?;
    (key == "addr_gen_mode").then(|| AfSpecInet6::AddrGenMode(In6AddrGenMode::from(value)))
}

/// What a value of this link and family is called.
fn key_of<'a>(link: &Link, sysctl: &'a Sysctl, family: &str) -> Option<&'a str> {
    let key = sysctl.key.strip_prefix("net/")?.strip_prefix(family)?;
    key.strip_prefix("/conf/")?.strip_prefix(link.name.as_str())?.strip_prefix('/')
}

fn nested(values: &[DefaultNla]) -> AfSpecInet {
    let mut bytes = vec![0; values.buffer_len()];
    values.emit(&mut bytes);
    AfSpecInet::Other(DefaultNla::new(IFLA_INET_CONF | NLA_F_NESTED, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_values_of_the_link_that_a_message_can_set_go_into_it() {
        let keys = [
            "ipv4/conf/eth0/rp_filter",
            "ipv6/conf/eth0/addr_gen_mode",
            "ipv4/conf/all/rp_filter",
            "ipv6/conf/eth0/mtu",
            "ipv4/conf/eth01/rp_filter",
        ];
        let wanted = keys.map(|key| Sysctl { key: format!("net/{key}"), value: "2".to_owned() });
        let link = Link { index: 7, name: "eth0".to_owned(), ..Link::default() };
        let (attribute, files) = divide(&link, &wanted);
        let Some(LinkAttribute::AfSpecUnspec(families)) = attribute else { panic!("no values") };
        assert!(matches!(&*families, [AfSpecUnspec::Inet(_), AfSpecUnspec::Inet6(_)]));
        assert_eq!(files, wanted[2..].iter().collect::<Vec<_>>());
        assert!(divide(&link, &wanted[2..]).0.is_none());
    }
}
