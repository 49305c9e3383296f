//! Reads back what `apply` puts into the kernel.

use model::kernel::Scene;
use netlink_packet_route::RouteNetlinkMessage as Message;
use netlink_packet_route::address::AddressMessage;
use netlink_packet_route::neighbour::NeighbourMessage;
use netlink_packet_route::route::RouteMessage;
use netlink_packet_route::rule::RuleMessage;

use crate::conn::{self, Conn};
use crate::links::Links;
use crate::{KernelError, encode};

/// Every address, permanent neighbour, route and rule of `conn`'s namespace
/// that a spec can describe, with all routing tables. No sysctls: ask for those
/// by key.
pub fn read(conn: &mut Conn, links: &Links) -> Result<Scene, KernelError> {
    let mut scene = Scene::default();
    let questions = [
        Message::GetAddress(AddressMessage::default()),
        Message::GetNeighbour(NeighbourMessage::default()),
        Message::GetRoute(RouteMessage::default()),
        Message::GetRule(RuleMessage::default()),
    ];
    for question in questions {
        conn.dump(question, |answer| {
            take(&mut scene, links, &conn::decode(answer)?);
            Ok(())
        })?;
    }
    Ok(scene)
}

fn take(scene: &mut Scene, links: &Links, answer: &Message) {
    match answer {
        Message::NewAddress(message) => {
            scene.addresses.extend(encode::read_address(message, links));
        }
        Message::NewNeighbour(message) => {
            scene.neighbours.extend(encode::read_neighbour(message, links));
        }
        Message::NewRoute(message) => scene.routes.extend(encode::read_route(message, links)),
        Message::NewRule(message) => scene.rules.extend(encode::read_rule(message)),
        _ => {}
    }
}
