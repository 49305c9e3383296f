//! What the kernel reports: links that change, and addresses, routes, rules or
//! neighbours that go, ask for a round of repair; a new link may be a device that the
//! controller spoke of.
//!
//! An address, a rule, a neighbour or a route that comes takes nothing of ours away,
//! unless it is a route in another's place. An ADD makes a dozen of them, and each would
//! wake this process while the plugin works: a filter in the kernel keeps them back.

use std::sync::Arc;

use futures::StreamExt;
use nix::libc::{
    BPF_ABS, BPF_H, BPF_JEQ, BPF_JMP, BPF_JSET, BPF_K, BPF_LD, BPF_RET, RTM_NEWADDR, RTM_NEWNEIGH,
    RTM_NEWROUTE, RTM_NEWRULE,
};
use rtnetlink::MulticastGroup;
use rtnetlink::packet_core::{NLM_F_REPLACE, NetlinkPayload};
use rtnetlink::packet_route::RouteNetlinkMessage as Message;
use rtnetlink::packet_route::link::{LinkAttribute, LinkMessage};
use rtnetlink::sys::AsyncSocket;
use socket2::{SockFilter, SockRef};
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
    let (mut connection, _handle, mut messages) = rtnetlink::new_multicast_connection(&GROUPS)?;
    SockRef::from(connection.socket_mut().socket_ref()).attach_filter(&what_counts())?;
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
            _ => repair::soon(&agent),
        }
    }
    Ok(())
}

/// A program of the classic BPF, which sees a message with its header (`struct nlmsghdr`) and
/// answers how many bytes of it to keep. A jump tells how many instructions to skip.
fn what_counts() -> [SockFilter; 9] {
    const TYPE_AT: u32 = 4;
    const FLAGS_AT: u32 = 6;
    // Words are loaded in network order, and the header is in this machine's.
    let word = |value: u16| u32::from(value.to_be());
    let instruction = |code: u32, (then, or), k| {
        SockFilter::new(u16::try_from(code).expect("codes are short"), then, or, k)
    };
    let load = |at| instruction(BPF_LD | BPF_H | BPF_ABS, (0, 0), at);
    let if_type = |kind, jump| instruction(BPF_JMP | BPF_JEQ | BPF_K, jump, word(kind));
    let keep = |bytes| instruction(BPF_RET | BPF_K, (0, 0), bytes);
    [
        load(TYPE_AT),
        if_type(RTM_NEWADDR, (6, 0)),
        if_type(RTM_NEWNEIGH, (5, 0)),
        if_type(RTM_NEWRULE, (4, 0)),
        if_type(RTM_NEWROUTE, (0, 2)),
        load(FLAGS_AT),
        instruction(BPF_JMP | BPF_JSET | BPF_K, (0, 1), word(NLM_F_REPLACE)),
        keep(u32::MAX),
        keep(0),
    ]
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
    use std::os::unix::net::UnixDatagram;

    use nix::libc::{RTM_DELADDR, RTM_DELNEIGH, RTM_DELROUTE, RTM_DELRULE, RTM_NEWLINK};
    use rstest::rstest;
    use rtnetlink::packet_core::{NLM_F_CREATE, NLM_F_EXCL};

    use super::*;

    #[rstest]
    #[case::address(RTM_NEWADDR, 0, false)]
    #[case::neighbour(RTM_NEWNEIGH, NLM_F_REPLACE, false)]
    #[case::rule(RTM_NEWRULE, 0, false)]
    #[case::route(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, false)]
    #[case::route_in_anothers_place(RTM_NEWROUTE, NLM_F_REPLACE, true)]
    #[case::link(RTM_NEWLINK, 0, true)]
    #[case::gone_address(RTM_DELADDR, 0, true)]
    #[case::gone_neighbour(RTM_DELNEIGH, 0, true)]
    #[case::gone_rule(RTM_DELRULE, 0, true)]
    #[case::gone_route(RTM_DELROUTE, 0, true)]
    fn the_kernel_keeps_back_what_takes_nothing_away(
        #[case] kind: u16,
        #[case] flags: u16,
        #[case] counts: bool,
    ) {
        let (kernel, agent) = UnixDatagram::pair().unwrap();
        agent.set_nonblocking(true).unwrap();
        SockRef::from(&agent).attach_filter(&what_counts()).unwrap();
        let [length, sequence, port] = [16_u32, 1, 0].map(u32::to_ne_bytes);
        let [kind, flags] = [kind, flags].map(u16::to_ne_bytes);
        let header = [&length[..], &kind, &flags, &sequence, &port].concat();
        // A datagram that is kept back is an error to who sends it on a pair, or is not told.
        let _ = kernel.send(&header);
        let mut seen = [0; 32];
        assert_eq!(agent.recv(&mut seen).ok(), counts.then_some(header.len()));
    }

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
