//! What a pod's own namespace does with a packet.

use std::net::IpAddr;

use facts::kernel::KernelState;
use serde_json::Value;

use super::trail::{Break, Followed, Trail};
use super::way::{Way, peer};
use crate::netstate::entries;
use crate::route::walk::{Packet, gateway, route_words, walk};

/// A packet leaves the pod at the beginning of a way.
pub(super) fn leaves(way: &Way<'_>, trail: &mut Trail) -> Followed {
    let (name, own, to) = (way.from.name, way.from.address, way.sent_to);
    let Some(state) = way.seen.state(name) else {
        trail.untold(name, "state", "not stored");
        return Ok(());
    };
    let link = holds(state, name, own)?;
    let device = link["ifname"].as_str().unwrap_or_default();
    trail.fits(name, "link and address", format!("{device} is up and has {own}"));
    let packet = Packet { source: own, destination: to, mark: 0, came_by: "lo" };
    let walked = walk(state, packet);
    let Some(route) = walked.route else {
        let steps: Vec<_> = walked.steps.iter().map(ToString::to_string).collect();
        return Err(Break::new(name, format!("route to {to} in {name}"))
            .wanted("a route")
            .seen("none")
            .why(format!(
                "No packet to {to} leaves {name}. Its kernel walked: {}.",
                steps.join("; ")
            )));
    };
    trail.fits(name, "route", route_words(route));
    let out = route["dev"].as_str().unwrap_or_default();
    let host = way.seen.node_of(way.from).and_then(|node| way.seen.state(&node));
    let side = host.and_then(|host| peer(link, host));
    let mac = side.and_then(|side| side["address"].as_str());
    resolves(state, out, gateway(route).unwrap_or(to), mac).map(|seen| {
        trail.fits(name, "neighbour", seen);
    })?;
    host_side(link, host, side, trail)
}

/// The pod has what the packet is for, at the end of a way.
pub(super) fn takes(way: &Way<'_>, trail: &mut Trail) -> Followed {
    let (name, own) = (way.to.name, way.to.address);
    let Some(state) = way.seen.state(name) else {
        trail.untold(name, "state", "not stored");
        return Ok(());
    };
    let link = holds(state, name, own)?;
    let device = link["ifname"].as_str().unwrap_or_default();
    trail.fits(name, "link and address", format!("{device} is up and has {own}"));
    Ok(())
}

/// The link of the pod that is up and has its address.
fn holds<'a>(state: &'a KernelState, name: &str, own: IpAddr) -> Result<&'a Value, Break> {
    let outward: Vec<_> =
        entries(&state.links).iter().filter(|link| link["ifname"] != "lo").collect();
    let has = |link: &&&Value| address(link, own).is_some();
    let Some(link) = outward.iter().find(has).or(outward.first()) else {
        return Err(Break::new(name, format!("link in {name}"))
            .wanted("one beside the loopback")
            .seen("none")
            .why(format!("{name} has nothing to send or receive by.")));
    };
    let device = link["ifname"].as_str().unwrap_or_default();
    if !is_up(link) {
        return Err(Break::new(name, format!("link {device} in {name}"))
            .wanted("up")
            .seen("down")
            .why(format!("Nothing passes {device} of {name} while it is down.")));
    }
    let object = format!("address {own} on {device} in {name}");
    let Some(info) = address(link, own) else {
        let there: Vec<_> =
            entries(&link["addr_info"]).iter().filter_map(|info| info["local"].as_str()).collect();
        let there = if there.is_empty() { "no address".to_owned() } else { there.join(", ") };
        return Err(Break::new(name, object)
            .wanted("there")
            .seen(there)
            .why(format!("{name} neither sends as {own} nor takes packets for it.")));
    };
    if info["tentative"] == true || info["dadfailed"] == true {
        return Err(Break::new(name, object)
            .wanted("ready for use")
            .seen("tentative")
            .why("The kernel does not use an address while it looks for duplicates."));
    }
    Ok(link)
}

fn address(link: &Value, own: IpAddr) -> Option<&Value> {
    let local = |info: &&Value| info["local"].as_str().and_then(|a| a.parse().ok()) == Some(own);
    entries(&link["addr_info"]).iter().find(local)
}

/// Whether a link is up.
pub(super) fn is_up(link: &Value) -> bool {
    entries(&link["flags"]).iter().any(|flag| flag == "UP") && link["operstate"] != "DOWN"
}

/// The neighbour that a packet goes to next: known, answering, and of the right
/// hardware address where that is known.
pub(super) fn resolves(
    state: &KernelState,
    device: &str,
    next: IpAddr,
    mac: Option<&str>,
) -> Result<String, Break> {
    let place = &state.place;
    let object = format!("neighbour {next} on {device} in {place}");
    let broken = |wanted: String, seen: String| {
        Break::new(place, &object)
            .wanted(wanted)
            .seen(seen)
            .why(format!("{place} has no hardware address to send to {next} at."))
    };
    let entry = entries(&state.neighbours).iter().find(|entry| {
        entry["dev"] == device && entry["dst"].as_str().and_then(|a| a.parse().ok()) == Some(next)
    });
    let Some(entry) = entry else {
        return Err(broken("an entry".to_owned(), "none".to_owned()));
    };
    let lost = |word: &Value| word == "FAILED" || word == "INCOMPLETE";
    if entries(&entry["state"]).iter().any(lost) {
        return Err(broken("an answer".to_owned(), "nobody answers for it".to_owned()));
    }
    let at = entry["lladdr"].as_str().unwrap_or_default();
    match mac {
        Some(mac) if !at.eq_ignore_ascii_case(mac) => Err(broken(mac.to_owned(), at.to_owned())
            .why(format!(
                "Packets of {place} go to {at}, which is not the other end of its link."
            ))),
        _ => Ok(format!("{next} at {at}")),
    }
}

/// The end of the pod's veth on its node.
fn host_side(
    link: &Value,
    host: Option<&KernelState>,
    side: Option<&Value>,
    trail: &mut Trail,
) -> Followed {
    let Some(host) = host.filter(|_| link["link_index"].is_u64()) else { return Ok(()) };
    let index = &link["link_index"];
    let Some(side) = side else {
        return Err(Break::new(&host.place, format!("link {index} in {}", host.place))
            .wanted("the other end of the pod's veth")
            .seen("not there")
            .why("What the pod sends comes out nowhere."));
    };
    let device = side["ifname"].as_str().unwrap_or_default();
    if !is_up(side) {
        return Err(Break::new(&host.place, format!("link {device} in {}", host.place))
            .wanted("up")
            .seen("down")
            .why("What the pod sends is dropped at the other end of its veth."));
    }
    trail.fits(&host.place, "veth", format!("{device} is up"));
    Ok(())
}
