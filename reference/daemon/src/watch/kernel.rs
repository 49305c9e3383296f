//! What the kernel reports: links that change, and addresses, routes, rules or
//! neighbours that go, ask for a round of repair; a new link may be a device that the
//! controller spoke of.
//!
//! An address, a rule, a neighbour or a route that comes takes nothing of ours away,
//! unless it is a route in another's place. An ADD makes a dozen of them, and each would
//! wake this process while the plugin works: a filter in the kernel keeps them back. Of
//! what passes it the first alone wakes; all that came is read a moment later.

use std::ffi::CStr;
use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Duration;

use nix::libc::{
    BPF_ABS, BPF_H, BPF_JEQ, BPF_JMP, BPF_JSET, BPF_K, BPF_LD, BPF_RET, ENOBUFS, IFLA_IFNAME,
    RTM_DELLINK, RTM_NEWADDR, RTM_NEWLINK, RTM_NEWNEIGH, RTM_NEWROUTE, RTM_NEWRULE,
};
use rtnetlink::MulticastGroup;
use rtnetlink::packet_core::{NLM_F_REPLACE, NlasIterator};
use rtnetlink::sys::protocols::NETLINK_ROUTE;
use rtnetlink::sys::{Socket, SocketAddr};
use socket2::{SockFilter, SockRef};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
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
/// From the first of what comes until all is read: longer than an ADD takes.
const MOMENT: Duration = Duration::from_millis(20);
/// Longest message that the kernel sends of its own accord.
const LONGEST: usize = 1 << 15;

/// Follows the kernel until the process ends.
pub(crate) async fn follow(agent: Arc<Agent>, devices: mpsc::Sender<()>) -> io::Result<()> {
    let socket = open()?;
    let mut buffer = Vec::with_capacity(LONGEST);
    let mut moment = tokio::time::interval(MOMENT);
    loop {
        // Let go of at once: while this waits, what else comes wakes nobody.
        first(&socket).await?;
        moment.reset();
        moment.tick().await;
        if read(&socket, &mut buffer)? == News::OfDevices {
            // A full queue has news in it already.
            let _ = devices.try_send(());
        }
        repair::soon(&agent);
    }
}

/// Waits until something is there to be read.
#[expect(deprecated, reason = "unsound for descriptors that may be closed; a borrowed one stays")]
async fn first(socket: &Socket) -> io::Result<()> {
    AsyncFd::with_interest(socket.as_fd(), Interest::READABLE)?.readable().await.map(drop)
}

fn open() -> io::Result<Socket> {
    let mut socket = Socket::new(NETLINK_ROUTE)?;
    SockRef::from(&socket).attach_filter(&what_counts())?;
    socket.set_non_blocking(true)?;
    socket.bind(&SocketAddr::new(0, 0))?;
    GROUPS.iter().try_for_each(|group| socket.add_membership(*group as u32))?;
    Ok(socket)
}

/// What the kernel told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum News {
    /// Of pods' links, or of other objects.
    OfPods,
    /// Perhaps of a device of an interface.
    OfDevices,
}

/// Reads all that came. More than the socket can hold may have been of anything.
fn read(socket: &Socket, buffer: &mut Vec<u8>) -> io::Result<News> {
    let mut news = News::OfPods;
    loop {
        buffer.clear();
        match socket.recv(buffer, 0) {
            Ok(_) if of_a_device(buffer) => news = News::OfDevices,
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(news),
            Err(error) if error.raw_os_error() == Some(ENOBUFS) => news = News::OfDevices,
            Err(error) => return Err(error),
        }
    }
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

/// Whether a message is about a link, and not one that comes and goes with a pod.
fn of_a_device(message: &[u8]) -> bool {
    // `struct nlmsghdr` and `struct ifinfomsg`; then attributes.
    const TYPE: std::ops::Range<usize> = 4..6;
    const ATTRIBUTES: usize = 32;
    let kind = message.get(TYPE).and_then(|bytes| bytes.try_into().ok()).map(u16::from_ne_bytes);
    if !kind.is_some_and(|kind| [RTM_NEWLINK, RTM_DELLINK].contains(&kind)) {
        return false;
    }
    let mut attributes = NlasIterator::new(message.get(ATTRIBUTES..).unwrap_or_default()).flatten();
    let name = attributes.find(|attribute| attribute.kind() == IFLA_IFNAME);
    let of_a_pod = |name: &[u8]| {
        let name = CStr::from_bytes_until_nul(name).ok().and_then(|name| name.to_str().ok());
        name.is_some_and(plan::name::is_host_link)
    };
    !name.is_some_and(|name| of_a_pod(name.value()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixDatagram;

    use nix::libc::{RTM_DELADDR, RTM_DELNEIGH, RTM_DELROUTE, RTM_DELRULE};
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

    #[rstest]
    #[case::pods_link(RTM_NEWLINK, "cali94e7af5c7a0", false)]
    #[case::device(RTM_NEWLINK, "eth1", true)]
    #[case::device_that_is_gone(RTM_DELLINK, "eth1", true)]
    #[case::route(RTM_DELROUTE, "eth1", false)]
    fn a_pods_link_is_no_news_for_who_looks_for_devices(
        #[case] kind: u16,
        #[case] name: &str,
        #[case] news: bool,
    ) {
        let mut message = vec![0; 32];
        message[4..6].copy_from_slice(&kind.to_ne_bytes());
        assert_eq!(of_a_device(&message), news || kind != RTM_DELROUTE, "without a name");
        let mtu = [[8_u16, 4].map(u16::to_ne_bytes).concat(), 1500_u32.to_ne_bytes().to_vec()];
        message.extend(mtu.concat());
        let length = u16::try_from(4 + name.len() + 1).unwrap();
        message.extend([length, IFLA_IFNAME].map(u16::to_ne_bytes).concat());
        message.extend(name.bytes().chain([0; 4]));
        assert_eq!(of_a_device(&message), news);
    }
}
