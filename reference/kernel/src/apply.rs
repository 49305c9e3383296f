//! Puts the objects of a scene into the kernel, and takes them out again.
//!
//! Applying twice is the same as applying once. Removing what is gone is fine.

use std::net::IpAddr;

use ipnet::IpNet;
use model::kernel::{Address, Neighbour, Route, Rule, Scene};
use netlink_packet_core::{NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE};
use netlink_packet_route::RouteNetlinkMessage as Message;

use crate::conn::{Ask, Conn};
use crate::links::Links;
use crate::{KernelError, encode};

use nix::libc::{EADDRNOTAVAIL, EEXIST, EINVAL, ENODEV, ENOENT, ESRCH};

const MAIN: u32 = 254;

/// Applies everything but the sysctls in one datagram; links must be up.
///
/// The first refusal is the error; the rest was tried nevertheless.
pub fn apply(conn: &mut Conn, links: &Links, scene: &Scene) -> Result<(), KernelError> {
    match conn.all(asks(links, scene)?) {
        Err(error) if error.errno() == Some(EINVAL) => {
            let (doubted, mut rest) = (doubted(scene), scene.clone());
            doubted.iter().try_for_each(|route| vouched(conn, links, route))?;
            rest.routes.retain(|route| !doubted.contains(route));
            conn.all(asks(links, &rest)?)
        }
        done => done,
    }
}

/// IPv6 routes whose gateway the kernel may find on another link: it looks in the
/// main table, even for a route that is on-link in a table of its own
/// (net/ipv6/route.c, ip6_route_check_nh_onlink). Two interfaces in one vSwitch
/// are enough for that.
fn doubted(scene: &Scene) -> Vec<Route> {
    let by_gateway = |route: &&Route| matches!(route.via, Some(IpAddr::V6(_)));
    scene.routes.iter().filter(by_gateway).cloned().collect()
}

/// Adds a route while the main table vouches for its gateway. The kernel asks
/// only then; what vouched goes at once.
fn vouched(conn: &mut Conn, links: &Links, route: &Route) -> Result<(), KernelError> {
    let Some(gateway) = route.via else { return Ok(()) };
    let (table, dst) = (MAIN, IpNet::from(gateway));
    let voucher = Route { table, dst, via: None, link: route.link.clone() };
    let index = links.index(&route.link)?;
    let add = Message::NewRoute(encode::route(&voucher, index));
    let remove = Message::DelRoute(encode::route(&voucher, index));
    let asks = vec![
        Ask::new(add, NLM_F_CREATE | NLM_F_EXCL, ("add", &voucher)).fine(&[EEXIST]),
        add_route(links, route)?,
        Ask::new(remove, 0, ("delete", &voucher)).fine(&[ESRCH]),
    ];
    conn.all(asks)
}

/// Removes the rules, routes, neighbours and addresses of a scene, in this
/// order. Goes on after a refusal and answers them all.
pub fn remove(conn: &mut Conn, links: &Links, scene: &Scene) -> Result<(), Vec<KernelError>> {
    let rules = scene.rules.iter().map(|rule| {
        let message = Message::DelRule(encode::rule(rule));
        Ok(Ask::new(message, 0, ("delete", rule)).fine(&[ENOENT]))
    });
    // An object on a link that is gone went with it.
    let routes = scene.routes.iter().filter_map(|route| {
        let index = links.index(&route.link).ok()?;
        let message = Message::DelRoute(encode::route(route, index));
        Some(Ok(Ask::new(message, 0, ("delete", route)).fine(&[ESRCH, ENODEV])))
    });
    let neighbours = scene.neighbours.iter().filter_map(|neighbour| {
        let index = links.index(&neighbour.link).ok()?;
        let message = Message::DelNeighbour(encode::neighbour(neighbour, index));
        Some(Ok(Ask::new(message, 0, ("delete", neighbour)).fine(&[ENOENT, ENODEV])))
    });
    let addresses = scene.addresses.iter().filter_map(|address| {
        let index = links.index(&address.link).ok()?;
        let message = Message::DelAddress(encode::address(address, index));
        Some(Ok(Ask::new(message, 0, ("delete", address)).fine(&[EADDRNOTAVAIL, ENODEV])))
    });
    let asks: Result<Vec<_>, KernelError> =
        rules.chain(routes).chain(neighbours).chain(addresses).collect();
    let answers = asks.and_then(|asks| conn.batch(asks)).map_err(|error| vec![error])?;
    let refusals: Vec<_> = answers.into_iter().filter_map(Result::err).collect();
    if refusals.is_empty() { Ok(()) } else { Err(refusals) }
}

pub(crate) fn asks<'a>(links: &Links, scene: &'a Scene) -> Result<Vec<Ask<'a>>, KernelError> {
    let addresses = scene.addresses.iter().map(|spec| add_address(links, spec));
    let neighbours = scene.neighbours.iter().map(|spec| add_neighbour(links, spec));
    let routes = scene.routes.iter().map(|spec| add_route(links, spec));
    let rules = scene.rules.iter().map(|spec| Ok(add_rule(spec)));
    addresses.chain(neighbours).chain(routes).chain(rules).collect()
}

fn add_address<'a>(links: &Links, spec: &'a Address) -> Result<Ask<'a>, KernelError> {
    let message = Message::NewAddress(encode::address(spec, links.index(&spec.link)?));
    Ok(Ask::new(message, NLM_F_CREATE | NLM_F_REPLACE, ("add", spec)).fine(&[EEXIST]))
}

fn add_neighbour<'a>(links: &Links, spec: &'a Neighbour) -> Result<Ask<'a>, KernelError> {
    let message = Message::NewNeighbour(encode::neighbour(spec, links.index(&spec.link)?));
    Ok(Ask::new(message, NLM_F_CREATE | NLM_F_REPLACE, ("add", spec)))
}

fn add_route<'a>(links: &Links, spec: &'a Route) -> Result<Ask<'a>, KernelError> {
    let message = Message::NewRoute(encode::route(spec, links.index(&spec.link)?));
    Ok(Ask::new(message, NLM_F_CREATE | NLM_F_REPLACE, ("add", spec)))
}

fn add_rule(spec: &Rule) -> Ask<'_> {
    let message = Message::NewRule(encode::rule(spec));
    Ask::new(message, NLM_F_CREATE | NLM_F_EXCL, ("add", spec)).fine(&[EEXIST])
}
