//! What a node does with a packet: whether it came, which rule and route decide,
//! and whether it left.

use std::net::IpAddr;

use facts::kernel::{KernelState, SeenFlow};
use serde_json::Value;

use super::pod::{is_up, resolves};
use super::trail::{Break, Followed, Trail};
use super::way::{Way, peer};
use crate::netstate::{by_mac, entries, named};
use crate::route::walk::{End, Packet, Step, Walk, gateway, walk};

/// Follows a packet of a way through one of its nodes.
pub(super) fn decides(way: &Way<'_>, trail: &mut Trail, node: &str) -> Followed {
    let Some(state) = way.seen.state(node) else {
        trail.untold(node, "state", "not stored");
        return Ok(());
    };
    let (source, to) = (way.from.address, way.to.address);
    let own = way.from.name == node;
    let flow = way.seen.flow(node, source, to).filter(|_| !own);
    if let Some(flow) = flow {
        came(flow, node, trail)?;
    } else if !own {
        trail.untold(node, "packets before routing", "not watched");
        return Ok(());
    }
    let marks = flow.map_or(&[][..], |flow| &flow.marks);
    let came_by = flow.and_then(|flow| flow.came_by.first()).map_or("lo", String::as_str);
    let mark = marks.first().copied().unwrap_or_default();
    let walked = walk(state, Packet { source, destination: to, mark, came_by });
    let wanted = Exit::of(way, state);
    let device = wanted.checked(&walked, state, to)?;
    let taken = walked.steps.iter().rfind(|step| matches!(step.end, End::Decides(_)));
    trail.fits(node, "rules", taken.map_or(String::new(), ToString::to_string));
    if wanted == Exit::Itself {
        return Ok(());
    }
    leaves(state, &device, &walked, to, trail)?;
    let Some(flow) = flow else { return Ok(()) };
    if flow.forwarded == 0 {
        return Err(Break::new(node, format!("packets {source} → {to} forwarded by {node}"))
            .wanted("1 or more")
            .seen(format!("0 of {}", flow.before_routing))
            .why(format!("{node} knows the way by {device} and drops the packets nevertheless: forwarding, a check of the source or a filter.")));
    }
    trail.fits(node, "forwarded", format!("{} packets by {device}", flow.forwarded));
    Ok(())
}

/// Whether the node saw packets of the flow at all.
fn came(flow: &SeenFlow, node: &str, trail: &mut Trail) -> Followed {
    let SeenFlow { source, destination, before_routing, .. } = flow;
    if *before_routing == 0 {
        return Err(Break::new(
            node,
            format!("packets {source} → {destination} that came to {node}"),
        )
        .wanted("1 or more")
        .seen("0")
        .why(format!(
            "They are lost before the routing of {node}: what was seen before that fits."
        )));
    }
    let marks: Vec<_> = flow.marks.iter().map(|mark| format!("{mark:#x}")).collect();
    let seen =
        format!("{before_routing} by {}, mark {}", flow.came_by.join(", "), marks.join(", "));
    trail.fits(node, "packets before routing", seen);
    Ok(())
}

/// Where a packet must leave a node.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Exit {
    /// It is for the node itself.
    Itself,
    /// By the veth of the pod it is for.
    Veth(String),
    /// By the interface that carries its source.
    Eni(String),
    /// The facts do not tell.
    Untold,
}

impl Exit {
    fn of(way: &Way<'_>, state: &KernelState) -> Self {
        if way.to.name == state.place {
            return Self::Itself;
        }
        let device = |link: &Value| link["ifname"].as_str().unwrap_or_default().to_owned();
        if way.seen.node_of(way.to).as_ref() == Some(&state.place) {
            let inside = way.seen.state(way.to.name).map(|pod| entries(&pod.links));
            let mut peers = inside.unwrap_or_default().iter().filter_map(|link| peer(link, state));
            return peers.next().map_or(Self::Untold, |link| Self::Veth(device(link)));
        }
        let eni = way.seen.carrier(way.from.address);
        let link = eni.and_then(|eni| by_mac(state, &eni.mac));
        link.map_or(Self::Untold, |link| Self::Eni(device(link)))
    }

    /// The device by which the walk ended, when it is the one.
    fn checked(&self, walked: &Walk<'_>, state: &KernelState, to: IpAddr) -> Result<String, Break> {
        let place = &state.place;
        let Some(decision) = &walked.decision else {
            return Err(self.broken(walked, state, to).seen("no rule leads to a route"));
        };
        let device = decision.device.clone();
        let route = walked.route.unwrap_or(&Value::Null);
        let local = route["type"] == "local";
        let right = match self {
            Self::Itself => local,
            Self::Veth(wanted) | Self::Eni(wanted) => !local && device == *wanted,
            Self::Untold => !local,
        };
        let kind = route["type"].as_str().unwrap_or("unicast");
        if right && !["unreachable", "blackhole", "prohibit"].contains(&kind) {
            return Ok(device);
        }
        let took = if local {
            format!("{place} takes it itself")
        } else {
            format!("it leaves by {device}")
        };
        let how = format!("rule {} → table {}: {took}", decision.priority, decision.table);
        Err(self.broken(walked, state, to).seen(how))
    }

    /// The rule, table or route that should have led there.
    fn broken(&self, walked: &Walk<'_>, state: &KernelState, to: IpAddr) -> Break {
        let place = &state.place;
        let (by, wanted) = match self {
            Self::Itself => (None, format!("{place} takes it itself")),
            Self::Veth(device) => (Some(device), format!("it leaves by {device}, the pod's veth")),
            Self::Eni(device) => {
                (Some(device), format!("it leaves by {device}, which carries the source"))
            }
            Self::Untold => (None, "a route".to_owned()),
        };
        let object = by.and_then(|device| self.missing(device, walked, state, to));
        let object = object.unwrap_or_else(|| format!("way to {to} in {place}"));
        let steps: Vec<_> = walked.steps.iter().map(ToString::to_string).collect();
        Break::new(place, object)
            .wanted(wanted)
            .why(format!("The kernel of {place} walked: {}.", steps.join("; ")))
    }

    /// The table of the interface that should have decided, and what it lacks.
    fn missing(
        &self,
        device: &str,
        walked: &Walk<'_>,
        state: &KernelState,
        to: IpAddr,
    ) -> Option<String> {
        let place = &state.place;
        let route = match self {
            Self::Veth(_) => format!("route to {to}"),
            _ => "default route".to_owned(),
        };
        let index = named(state, device)?["ifindex"].as_u64()?;
        let own = (1000 + index).to_string();
        let candidates = || {
            walked.steps.iter().filter(|step| match self {
                Self::Eni(_) => step.table == own,
                _ => !["local", "main", "default"].contains(&step.table.as_str()),
            })
        };
        let lacks = |step: &&Step| match self {
            Self::Eni(_) => matches!(step.end, End::NoRoute),
            _ => matches!(step.end, End::NoRoute | End::TooShort),
        };
        if let Some(step) = candidates().find(lacks) {
            return Some(format!("{route} in table {} of {place}", step.table));
        }
        let passed = candidates().find(|step| matches!(step.end, End::PassedBy(_)));
        Some(match (self, passed) {
            (Self::Eni(_), Some(step)) => format!("{} to table {own} of {place}", step.rule),
            (Self::Eni(_), None) => format!("rule that leads to table {own} of {place}"),
            _ => format!("{route} of {place}"),
        })
    }
}

/// The link by which the packet leaves, and the neighbour behind it.
fn leaves(
    state: &KernelState,
    device: &str,
    walked: &Walk<'_>,
    to: IpAddr,
    trail: &mut Trail,
) -> Followed {
    let place = &state.place;
    let link = named(state, device);
    if link.is_some_and(|link| !is_up(link)) {
        return Err(Break::new(place, format!("link {device} in {place}"))
            .wanted("up")
            .seen("down")
            .why(format!("Nothing leaves {place} by {device} while it is down.")));
    }
    let next = walked.route.and_then(gateway).unwrap_or(to);
    let seen = resolves(state, device, next, None)?;
    trail.fits(place, "neighbour", seen);
    Ok(())
}
