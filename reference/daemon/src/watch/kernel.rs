//! What the kernel reports: a change of links, addresses, routes, rules or
//! neighbours asks for a round of repair, and a new link may be a device that
//! the controller spoke of.

use std::sync::Arc;

use futures::StreamExt;
use rtnetlink::MulticastGroup;
use rtnetlink::packet_core::NetlinkPayload;
use rtnetlink::packet_route::RouteNetlinkMessage as Message;
use rtnetlink::packet_route::link::{LinkAttribute, LinkMessage};
use tokio::sync::mpsc;

use crate::agent::Agent;
use crate::repair;

const GROUPS: [MulticastGroup; 8] = [
    MulticastGroup::Link,
    MulticastGroup::Neigh,
    MulticastGroup::Ipv4Ifaddr,
    MulticastGroup::Ipv4Route,
    MulticastGroup::Ipv4Rule,
    MulticastGroup::Ipv6Ifaddr,
    MulticastGroup::Ipv6Route,
    MulticastGroup::Ipv6Rule,
];

/// Follows the kernel until the process ends.
pub(crate) async fn follow(agent: Arc<Agent>, devices: mpsc::Sender<()>) -> std::io::Result<()> {
    let (connection, _handle, mut messages) = rtnetlink::new_multicast_connection(&GROUPS)?;
    tokio::spawn(connection);
    while let Some((message, _)) = messages.next().await {
        let NetlinkPayload::InnerMessage(message) = message.payload else { continue };
        match message {
            Message::NewLink(link) | Message::DelLink(link) => {
                if !of_a_pod(&link) {
                    // A full queue has news in it already.
                    let _ = devices.try_send(());
                }
                repair::soon(&agent);
            }
            Message::NewNeighbour(_) => {}
            _ => repair::soon(&agent),
        }
    }
    Ok(())
}

/// Whether a link comes and goes with a pod, and so is no device of an interface.
fn of_a_pod(link: &LinkMessage) -> bool {
    let name = link.attributes.iter().find_map(|attribute| match attribute {
        LinkAttribute::IfName(name) => Some(name),
        _ => None,
    });
    name.is_some_and(|name| plan::name::is_host_link(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pods_link_is_no_news_for_who_looks_for_devices() {
        let link = |name: &str| {
            let mut link = LinkMessage::default();
            link.attributes =
                vec![LinkAttribute::Mtu(1500), LinkAttribute::IfName(name.to_owned())];
            link
        };
        assert!(of_a_pod(&link("cali94e7af5c7a0")));
        assert!(!of_a_pod(&link("eth1")) && !of_a_pod(&LinkMessage::default()));
    }
}
