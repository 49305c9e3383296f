//! What the kernel reports: a change of links, addresses, routes, rules or
//! neighbours asks for a round of repair, and a new link may be a device that
//! the controller spoke of.

use std::sync::Arc;

use futures::StreamExt;
use rtnetlink::MulticastGroup;
use rtnetlink::packet_core::NetlinkPayload;
use rtnetlink::packet_route::RouteNetlinkMessage as Message;
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
            Message::NewLink(_) | Message::DelLink(_) => {
                // A full queue has news in it already.
                let _ = devices.try_send(());
                repair::soon(&agent);
            }
            Message::NewNeighbour(_) => {}
            _ => repair::soon(&agent),
        }
    }
    Ok(())
}
