//! `model` specs as netlink messages, and back.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use model::Mac;
use model::kernel::{Address, Family, Neighbour, Route, Rule, Select};
use netlink_packet_route::AddressFamily;
use netlink_packet_route::address::{AddressAttribute, AddressFlags, AddressMessage};
use netlink_packet_route::neighbour::{
    NeighbourAddress, NeighbourAttribute, NeighbourMessage, NeighbourState,
};
use netlink_packet_route::route::{
    RouteAddress, RouteAttribute, RouteFlags, RouteMessage, RouteProtocol, RouteScope, RouteType,
};
use netlink_packet_route::rule::{RuleAction, RuleAttribute, RuleMessage};

/// Name of a link by its index, or the other way round.
pub(crate) trait Names {
    fn name(&self, index: u32) -> Option<&str>;
}

pub(crate) fn address(spec: &Address, index: u32) -> AddressMessage {
    let mut message = AddressMessage::default();
    message.header.family = family_of(spec.net.addr());
    message.header.prefix_len = spec.net.prefix_len();
    message.header.index = index;
    message.attributes = vec![
        AddressAttribute::Local(spec.net.addr()),
        AddressAttribute::Address(spec.net.addr()),
        AddressAttribute::Flags(if defect::on("addresses-are-tentative") {
            AddressFlags::Permanent
        } else {
            AddressFlags::Nodad | AddressFlags::Permanent
        }),
    ];
    message
}

/// Reads an address that is ready for use; none for a tentative one.
pub(crate) fn read_address(message: &AddressMessage, names: &impl Names) -> Option<Address> {
    let (mut local, mut peer, mut tentative) = (None, None, false);
    for attribute in &message.attributes {
        match attribute {
            AddressAttribute::Local(address) => local = Some(*address),
            AddressAttribute::Address(address) => peer = Some(*address),
            AddressAttribute::Flags(flags) => {
                tentative = flags.intersects(AddressFlags::Tentative | AddressFlags::Dadfailed);
            }
            _ => {}
        }
    }
    let net = IpNet::new(local.or(peer)?, message.header.prefix_len).ok()?;
    let link = names.name(message.header.index)?.to_owned();
    (!tentative).then_some(Address { link, net })
}

pub(crate) fn route(spec: &Route, index: u32) -> RouteMessage {
    let mut message = RouteMessage::default();
    message.header.address_family = family_of(spec.dst.addr());
    message.header.destination_prefix_length = spec.dst.prefix_len();
    message.header.protocol = RouteProtocol::Static;
    message.header.kind = RouteType::Unicast;
    message.header.scope = match (spec.via, spec.dst) {
        (None, IpNet::V4(_)) => RouteScope::Link,
        _ => RouteScope::Universe,
    };
    // Tables above 255 stand in the attribute only; 0 in the header says so.
    message.header.table = u8::try_from(spec.table).unwrap_or(0);
    message.attributes = vec![RouteAttribute::Table(spec.table), RouteAttribute::Oif(index)];
    if spec.dst.prefix_len() > 0 {
        message.attributes.push(RouteAttribute::Destination(spec.dst.addr().into()));
    }
    if let Some(via) = spec.via {
        message.header.flags |= RouteFlags::Onlink;
        message.attributes.push(RouteAttribute::Gateway(via.into()));
    }
    message
}

/// Reads a unicast route that somebody set; none for the kernel's own.
pub(crate) fn read_route(message: &RouteMessage, names: &impl Names) -> Option<Route> {
    let header = &message.header;
    if header.kind != RouteType::Unicast || header.protocol == RouteProtocol::Kernel {
        return None;
    }
    let unspecified = match header.address_family {
        AddressFamily::Inet => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        AddressFamily::Inet6 => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        _ => return None,
    };
    let (mut table, mut dst, mut via, mut link) =
        (u32::from(header.table), unspecified, None, None);
    for attribute in &message.attributes {
        match attribute {
            RouteAttribute::Table(id) => table = *id,
            RouteAttribute::Destination(address) => dst = ip(address)?,
            RouteAttribute::Gateway(address) => via = ip(address),
            RouteAttribute::Oif(index) => link = names.name(*index),
            _ => {}
        }
    }
    let dst = IpNet::new(dst, header.destination_prefix_length).ok()?;
    Some(Route { table, dst, via, link: link?.to_owned() })
}

pub(crate) fn rule(spec: &Rule) -> RuleMessage {
    let mut message = RuleMessage::default();
    message.header.family = family(spec.family);
    message.header.action = RuleAction::ToTable;
    message.header.table = u8::try_from(spec.table).unwrap_or(0);
    message.attributes =
        vec![RuleAttribute::Priority(spec.priority), RuleAttribute::Table(spec.table)];
    match spec.select {
        Select::All => {}
        Select::Mark { value, mask } => {
            message.attributes.push(RuleAttribute::FwMark(value));
            message.attributes.push(RuleAttribute::FwMask(mask));
        }
        Select::From(net) => {
            message.header.src_len = net.prefix_len();
            message.attributes.push(RuleAttribute::Source(net.addr()));
        }
        Select::To(net) => {
            message.header.dst_len = net.prefix_len();
            message.attributes.push(RuleAttribute::Destination(net.addr()));
        }
    }
    message.attributes.extend(spec.suppress.map(RuleAttribute::SuppressPrefixLen));
    message
}

/// Reads a rule that leads to a table and selects by what a spec can say.
pub(crate) fn read_rule(message: &RuleMessage) -> Option<Rule> {
    let family = match message.header.family {
        AddressFamily::Inet => Family::V4,
        AddressFamily::Inet6 => Family::V6,
        _ => return None,
    };
    if message.header.action != RuleAction::ToTable {
        return None;
    }
    let mut rule = Rule {
        family,
        priority: 0,
        select: Select::All,
        table: u32::from(message.header.table),
        suppress: None,
    };
    let (mut wanted, mut mask) = (None, u32::MAX);
    for attribute in &message.attributes {
        match attribute {
            RuleAttribute::Priority(priority) => rule.priority = *priority,
            RuleAttribute::Table(table) => rule.table = *table,
            RuleAttribute::SuppressPrefixLen(u32::MAX) | RuleAttribute::Protocol(_) => {}
            RuleAttribute::SuppressPrefixLen(length) => rule.suppress = Some(*length),
            RuleAttribute::FwMark(value) => wanted = Some(*value),
            RuleAttribute::FwMask(bits) => mask = *bits,
            RuleAttribute::Source(address) => {
                rule.select = Select::From(IpNet::new(*address, message.header.src_len).ok()?);
            }
            RuleAttribute::Destination(address) => {
                rule.select = Select::To(IpNet::new(*address, message.header.dst_len).ok()?);
            }
            _ => return None,
        }
    }
    if let Some(value) = wanted {
        rule.select = Select::Mark { value, mask };
    }
    Some(rule)
}

pub(crate) fn neighbour(spec: &Neighbour, index: u32) -> NeighbourMessage {
    let mut message = NeighbourMessage::default();
    message.header.family = family_of(spec.address);
    message.header.ifindex = index;
    message.header.state = NeighbourState::Permanent;
    message.attributes = vec![
        NeighbourAttribute::Destination(spec.address.into()),
        NeighbourAttribute::LinkLayerAddress(spec.mac.0.to_vec()),
    ];
    message
}

/// Reads a permanent neighbour; none for one that the kernel learnt.
pub(crate) fn read_neighbour(message: &NeighbourMessage, names: &impl Names) -> Option<Neighbour> {
    if message.header.state != NeighbourState::Permanent {
        return None;
    }
    let (mut address, mut mac) = (None, None);
    for attribute in &message.attributes {
        match attribute {
            NeighbourAttribute::Destination(NeighbourAddress::Inet(v4)) => {
                address = Some(IpAddr::V4(*v4));
            }
            NeighbourAttribute::Destination(NeighbourAddress::Inet6(v6)) => {
                address = Some(IpAddr::V6(*v6));
            }
            NeighbourAttribute::LinkLayerAddress(bytes) => mac = bytes.as_slice().try_into().ok(),
            _ => {}
        }
    }
    let link = names.name(message.header.ifindex)?.to_owned();
    Some(Neighbour { link, address: address?, mac: Mac(mac?) })
}

fn family_of(address: IpAddr) -> AddressFamily {
    family(Family::of(address))
}

fn family(family: Family) -> AddressFamily {
    match family {
        Family::V4 => AddressFamily::Inet,
        Family::V6 => AddressFamily::Inet6,
    }
}

fn ip(address: &RouteAddress) -> Option<IpAddr> {
    match address {
        RouteAddress::Inet(v4) => Some(IpAddr::V4(*v4)),
        RouteAddress::Inet6(v6) => Some(IpAddr::V6(*v6)),
        _ => None,
    }
}
