//! The way of a try and of its answer, from what was seen after it.

use std::net::IpAddr;

use facts::cloud::{CloudEni, CloudInventory};
use facts::divergence::Divergence;
use facts::exchange::Exchange;
use facts::kernel::{KernelState, SeenFlow};
use facts::{Evidence, Fact};
use serde_json::Value;

use super::service::{Translation, translation};
use super::trail::{Break, Followed, Trail};
use super::{node, pod};
use crate::look::Look;
use crate::netstate::entries;
use crate::route::carrier;

/// Follows a try that nobody answered; none when the facts hold nothing of its way.
pub(super) fn follow(
    look: &Look<'_>,
    name: &str,
    tried: &Exchange,
    source: Option<IpAddr>,
) -> Option<Divergence> {
    let seen = Seen { evidence: look.0, after: place_of(look.0, name)? };
    let (client, server) = (tried.client.as_str(), tried.server.as_str());
    let own = source.or_else(|| seen.addresses(client, tried.target.is_ipv4()).next())?;
    seen.state(client).or_else(|| seen.state(server))?;
    let from = End { name: client, address: own };
    let asked = End { name: server, address: tried.target.ip() };
    let mut trail = Trail::default();
    trail.fits(client, "sends", format!("{} from {own} to {}", tried.protocol, tried.target));
    let out = Way { seen: &seen, from: &from, to: &asked, sent_to: asked.address };
    let to = match out.sets_out(&mut trail).and_then(|()| out.translated(tried, &mut trail)) {
        Ok(to) => to,
        Err(broken) => return Some(out.broken(broken, trail)),
    };
    let there = Way { to: &to, ..out };
    let back = Way { seen: &seen, from: &to, to: &from, sent_to: own };
    if let Err(broken) = there.arrives(&mut trail) {
        return Some(there.broken(broken, trail));
    }
    if let Err(broken) = back.sets_out(&mut trail).and_then(|()| back.arrives(&mut trail)) {
        return Some(back.broken(broken, trail));
    }
    let silent = Break::new(to.name, format!("answer of {server} at {}", tried.target))
        .wanted("an answer")
        .seen(tried.reply.to_string())
        .why("Everything seen of the way there and back fits: it is the other end that does not answer, or a filter that these facts do not show.");
    Some(trail.broken(silent, Vec::new()))
}

fn place_of(evidence: &Evidence, name: &str) -> Option<usize> {
    evidence.order.iter().position(|other| other == name)
}

/// One end of a way.
#[derive(Clone, Copy)]
pub(super) struct End<'a> {
    /// For example `pod a`, `node n1`, `Service web`.
    pub(super) name: &'a str,
    pub(super) address: IpAddr,
}

/// Facts that came after the try, of each kind the first.
pub(super) struct Seen<'a> {
    evidence: &'a Evidence,
    after: usize,
}

impl<'a> Seen<'a> {
    fn first<T>(&self, pick: impl Fn(&'a Fact) -> Option<T>) -> Option<T> {
        let later = self.evidence.order.iter().skip(self.after + 1);
        later.filter_map(|name| self.evidence.get(name)).find_map(pick)
    }

    /// The state of a pod or node.
    pub(super) fn state(&self, place: &str) -> Option<&'a KernelState> {
        self.first(|fact| match fact {
            Fact::Kernel(state) if state.place == place => Some(&**state),
            _ => None,
        })
    }

    /// What the cloud holds.
    pub(super) fn inventory(&self) -> Option<&'a CloudInventory> {
        self.first(|fact| match fact {
            Fact::Inventory(inventory) => Some(inventory),
            _ => None,
        })
    }

    /// Packets between two addresses on a node.
    pub(super) fn flow(&self, node: &str, source: IpAddr, to: IpAddr) -> Option<&'a SeenFlow> {
        let node = node.trim_start_matches("node ");
        self.first(|fact| match fact {
            Fact::Flow(flow) if flow.node == node && flow.source == source => {
                (flow.destination == to).then_some(flow)
            }
            _ => None,
        })
    }

    /// The interface in the cloud that carries an address.
    pub(super) fn carrier(&self, address: IpAddr) -> Option<&'a CloudEni> {
        carrier(self.inventory()?, address).ok()
    }

    /// The node of an end: itself, or that of the instance that carries its address.
    pub(super) fn node_of(&self, end: &End<'_>) -> Option<String> {
        if end.name.starts_with("node ") {
            return Some(end.name.to_owned());
        }
        if !end.name.starts_with("pod ") {
            return None;
        }
        let instance = self.carrier(end.address)?.instance.as_ref()?;
        let mut nodes = self.inventory()?.nodes.iter();
        nodes.find(|(_, id)| *id == instance).map(|(node, _)| format!("node {node}"))
    }

    /// kube-proxy's table on a node, where it has one (others translate in other ways), and
    /// who is to answer for the Service that was tried.
    fn services(&self, node: &str) -> Option<(&'a Value, &'a str)> {
        self.first(|fact| match fact {
            Fact::Translation { place, answers, listing } if place == node => {
                Some((listing, answers.as_str()))
            }
            _ => None,
        })
        .filter(|(listing, _)| !listing.is_null())
    }

    /// The addresses of a place that are more than a link's own.
    fn addresses(&self, place: &str, v4: bool) -> impl Iterator<Item = IpAddr> + use<'a> {
        let links = self.state(place).map_or(&[][..], |state| entries(&state.links)).iter();
        let infos = links.flat_map(|link| entries(&link["addr_info"]));
        let global = infos.filter(|info| info["scope"] == "global");
        let addresses = global.filter_map(|info| info["local"].as_str()?.parse().ok());
        addresses.filter(move |address: &IpAddr| address.is_ipv4() == v4)
    }
}

/// One direction.
#[derive(Clone, Copy)]
pub(super) struct Way<'a> {
    pub(super) seen: &'a Seen<'a>,
    pub(super) from: &'a End<'a>,
    pub(super) to: &'a End<'a>,
    /// Where packets are for until the first node translates that.
    pub(super) sent_to: IpAddr,
}

impl<'a> Way<'a> {
    fn sets_out(&self, trail: &mut Trail) -> Followed {
        if self.from.name.starts_with("pod ") {
            pod::leaves(self, trail)?;
        }
        Ok(())
    }

    /// Who the packets come to: whom they are for, or the backend that the client's node
    /// chooses for a Service.
    fn translated(&self, tried: &Exchange, trail: &mut Trail) -> Result<End<'a>, Break> {
        let (seen, to) = (self.seen, self.to);
        if !to.name.starts_with("Service ") {
            return Ok(*to);
        }
        let node = seen.node_of(self.from).unwrap_or_default();
        let Some((listing, name)) = seen.services(&node) else {
            trail.untold(to.name, "translation", "the facts do not show it");
            return Ok(*to);
        };
        let Translation { chain, backend } = translation(listing, &node, tried)?;
        // A pod that has no address at all has lost it: that is told where the way ends.
        let own: Vec<_> = seen.addresses(name, backend.is_ipv4()).collect();
        if !own.is_empty() && !own.contains(&backend) {
            let own: Vec<_> = own.iter().map(ToString::to_string).collect();
            return Err(Break::new(&node, format!("endpoint in chain {chain} of {node}"))
                .wanted(own.join(" or "))
                .seen(backend.to_string())
                .why(format!("{node} leads packets for {} elsewhere than to {name}.", to.name)));
        }
        trail.fits(&node, "translation", format!("{} to {backend}, {name}", tried.target));
        Ok(End { name, address: backend })
    }

    /// From the first node on.
    fn arrives(&self, trail: &mut Trail) -> Followed {
        let (first, last) = (self.seen.node_of(self.from), self.seen.node_of(self.to));
        if self.to.name.starts_with("Service ") || self.from.name.starts_with("Service ") {
            return Ok(());
        }
        if let Some(node) = &first {
            node::decides(self, trail, node)?;
        }
        if first != last {
            self.crosses(trail)?;
            if let Some(node) = &last {
                node::decides(self, trail, node)?;
            }
        }
        if self.to.name.starts_with("pod ") {
            pod::takes(self, trail)?;
        }
        Ok(())
    }

    /// The fabric brings a packet to the interface that carries its destination.
    fn crosses(&self, trail: &mut Trail) -> Followed {
        if !["pod ", "node "].iter().any(|kind| self.to.name.starts_with(kind)) {
            trail.untold(self.to.name, "beyond the VPC", "the facts do not show it");
            return Ok(());
        }
        let Some(inventory) = self.seen.inventory() else {
            trail.untold("VPC", "interfaces", "not stored");
            return Ok(());
        };
        let to = self.to.address;
        let eni = carrier(inventory, to).map_err(|seen| {
            Break::new("VPC", format!("interface that carries {to}"))
                .wanted("exactly one in the cloud")
                .seen(seen)
                .why(format!("The VPC brings packets to the interface that carries {to}; without exactly one they go nowhere."))
        })?;
        if eni.state != "InUse" {
            return Err(Break::new("VPC", format!("interface {} that carries {to}", eni.id))
                .wanted("attached and in use")
                .seen(eni.state.clone())
                .why("The VPC brings packets only to an interface that is in use."));
        }
        trail.fits("VPC", "carries", format!("{to} is on {}", eni.id));
        Ok(())
    }

    /// The divergence of a way that broke, with the places behind that.
    fn broken(&self, broken: Break, trail: Trail) -> Divergence {
        let rest = self.beyond(&broken.place);
        trail.broken(broken, rest)
    }

    /// The places behind the one where the way broke.
    fn beyond(&self, place: &str) -> Vec<String> {
        let mut places = vec![self.from.name.to_owned()];
        let (first, last) = (self.seen.node_of(self.from), self.seen.node_of(self.to));
        places.extend(first.clone());
        if first != last {
            places.push("VPC".to_owned());
            places.extend(last);
        }
        places.push(self.to.name.to_owned());
        places.dedup();
        let at = places.iter().position(|other| other == place).unwrap_or(places.len() - 1);
        places.split_off(at + 1)
    }
}

/// The link at the other end of a veth, in another namespace's state.
pub(super) fn peer<'a>(link: &Value, other: &'a KernelState) -> Option<&'a Value> {
    let (own, index) = (link["ifindex"].as_u64()?, link["link_index"].as_u64()?);
    entries(&other.links).iter().find(|candidate| {
        candidate["ifindex"].as_u64() == Some(index)
            && candidate["link_index"].as_u64().is_none_or(|back| back == own)
    })
}
