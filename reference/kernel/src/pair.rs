//! The pair of links between the node and a pod.
//!
//! The pod's end is made inside the pod's namespace, never moved there: a move
//! takes some 20 ms under the kernel's one lock for links, a creation in place
//! about one.

mod leaving;

use std::fs::File;
use std::os::fd::AsRawFd;

use model::kernel::{Scene, Veth, VethEnd};
use netlink_packet_core::{NLM_F_CREATE, NLM_F_EXCL};
use netlink_packet_route::RouteNetlinkMessage as Message;
use netlink_packet_route::link::{
    InfoData, InfoKind, InfoVeth, LinkAttribute, LinkInfo, LinkMessage,
};
use nix::libc::EEXIST;

use crate::conn::{Act, Ask, Conn};
use crate::links::{self, Link, Links};
use crate::{KernelError, apply, devconf, netns, sysctl};

pub use leaving::{Leaving, Work, detach, detach_unknown, in_a_thread};

/// Makes the pair and everything on both sides of it; when it returns, both ends send.
///
/// A pair of the same name that an earlier try left behind is replaced. On
/// failure nothing of the pair stays. The thread must be in the node's namespace.
pub fn attach(veth: &Veth, pod: &Scene, host: &Scene, inner: &File) -> Result<(), KernelError> {
    make(veth, inner)?.dress(&veth.alias, pod, host)
}

/// A pair with nothing on it: both ends are down.
#[must_use]
pub struct Bare<'a> {
    sides: Sides<'a>,
    host: Link,
    pod: Link,
}

/// Makes the pair alone; one of the same name that an earlier try left behind is replaced.
/// The thread must be in the node's namespace.
pub fn make<'a>(veth: &Veth, inner: &'a File) -> Result<Bare<'a>, KernelError> {
    bare(inner, |sides| create(sides, veth))
}

/// Makes the pair alone, unless something of its names is there, which is left as it is.
/// The thread must be in the node's namespace.
pub fn make_where_nothing_is<'a>(veth: &Veth, inner: &'a File) -> Result<Bare<'a>, KernelError> {
    bare(inner, |sides| try_create(&mut sides.node, veth, inner))
}

fn bare<'a>(
    inner: &'a File,
    create: impl FnOnce(&mut Sides<'a>) -> Result<(Link, Link), KernelError>,
) -> Result<Bare<'a>, KernelError> {
    let mut sides = Sides::open(inner)?;
    let (host, pod) = create(&mut sides)?;
    defect::point("kernel.pair.made");
    Ok(Bare { sides, host, pod })
}

impl Bare<'_> {
    /// Puts everything on both ends; on failure nothing stays, nor does the pair.
    pub fn dress(mut self, alias: &str, pod: &Scene, host: &Scene) -> Result<(), KernelError> {
        let dressed = self.dress_host(alias, host).and_then(|()| {
            defect::point("kernel.pair.host-dressed");
            self.dress_pod(pod)
        });
        let dressed =
            dressed.and_then(|()| links::await_sending(&mut self.sides.node, &self.host.name));
        if dressed.is_err() {
            // The first error is the one to tell. What cannot be undone now is
            // found by its name at the next try.
            let _ = apply::remove(&mut self.sides.node, &Links::default(), host);
            let _ = self.remove();
        }
        dressed
    }

    /// Deletes the pair.
    pub fn remove(mut self) -> Result<(), KernelError> {
        links::delete(&mut self.sides.node, self.host.index, &self.host.name)
    }

    fn dress_host(&mut self, alias: &str, scene: &Scene) -> Result<(), KernelError> {
        let (values, files) = devconf::divide(&self.host, &scene.sysctls);
        sysctl::write_all(files)?;
        let alias = LinkAttribute::IfAlias(alias.to_owned());
        let attributes = values.into_iter().chain([alias]).collect();
        let up = links::ask_up(&self.host, attributes);
        dress(&mut self.sides.node, &self.host, vec![up], scene)
    }

    fn dress_pod(&mut self, scene: &Scene) -> Result<(), KernelError> {
        let (values, files) = devconf::divide(&self.pod, &scene.sysctls);
        let Sides { home, inner, inside, .. } = &mut self.sides;
        netns::within_from(home, inner, || sysctl::write_all(files))??;
        // Before it is up: from then on it would give itself an address.
        let act: Act<'_> = ("set values of link", &self.pod.name);
        let values = values.map(|values| links::ask_set(&self.pod, vec![values], act));
        let up = links::ask_up(&self.pod, Vec::new());
        dress(inside, &self.pod, values.into_iter().chain([up]).collect(), scene)
    }
}

fn dress<'a>(
    conn: &mut Conn,
    link: &Link,
    mut asks: Vec<Ask<'a>>,
    scene: &'a Scene,
) -> Result<(), KernelError> {
    asks.extend(apply::asks(&Links::from_iter([link.clone()]), scene)?);
    conn.all(asks)
}

/// The node's namespace and the pod's, with a connection to each.
struct Sides<'a> {
    home: File,
    node: Conn,
    inner: &'a File,
    inside: Conn,
}

impl<'a> Sides<'a> {
    fn open(inner: &'a File) -> Result<Self, KernelError> {
        let (home, node) = (netns::here()?, Conn::here()?);
        let inside = netns::within_from(&home, inner, Conn::here)??;
        Ok(Self { home, node, inner, inside })
    }
}

/// How often a pair that is in the way is replaced: another who makes the same is done soon.
const TRIES: usize = 3;

fn create(sides: &mut Sides<'_>, veth: &Veth) -> Result<(Link, Link), KernelError> {
    let mut tries = 1..=TRIES;
    loop {
        let error = match try_create(&mut sides.node, veth, sides.inner) {
            Err(error) if error.errno() == Some(EEXIST) && tries.next().is_some() => error,
            made => return made,
        };
        let links = Links::list(&mut sides.node)?;
        let Some(stale) = links.by_name(&veth.host.name) else {
            if defect::on("failed-add-leaves-a-link") {
                let name = |name: &str, end: &VethEnd| VethEnd { name: name.to_owned(), ..*end };
                let (host, pod) = (name("left0", &veth.host), name("left1", &veth.pod));
                let left = Veth { host, pod, ..veth.clone() };
                let _ = try_create(&mut sides.node, &left, &sides.home);
            }
            return Err(error);
        };
        links::delete(&mut sides.node, stale.index, &stale.name)?;
    }
}

/// Makes both ends, and answers the node's and the pod's. None is up: a link that is up
/// without the other one is put to rest by the kernel when it is looked at, which waits for
/// all readers.
fn try_create(node: &mut Conn, veth: &Veth, inner: &File) -> Result<(Link, Link), KernelError> {
    let mut peer = end(&veth.pod, veth.mtu);
    peer.attributes.push(LinkAttribute::NetNsFd(inner.as_raw_fd()));
    let mut pair = end(&veth.host, veth.mtu);
    pair.attributes.push(LinkAttribute::LinkInfo(vec![
        LinkInfo::Kind(InfoKind::Veth),
        LinkInfo::Data(InfoData::Veth(InfoVeth::Peer(peer))),
    ]));
    let (pod, host) = (&veth.pod.name, &veth.host.name);
    let ends = format!("{pod} with {host} as its other end");
    let new = Ask::new(Message::NewLink(pair), NLM_F_CREATE | NLM_F_EXCL, ("add link", &ends));
    let mut answers = node.batch(vec![new, links::ask_of(&host.as_str())])?.into_iter();
    answers.next().transpose()?;
    let seen = answers.next().transpose()?.flatten();
    let seen = seen.ok_or_else(|| KernelError::NoLink { name: host.clone() })?;
    let host_link = links::read(&seen)?;
    let index = host_link.peer.ok_or_else(|| KernelError::NoLink { name: pod.clone() })?;
    let pod_link = Link { index, name: pod.clone(), mac: Some(veth.pod.mac), ..Link::default() };
    Ok((host_link, pod_link))
}

/// One queue an end: more would make the kernel wait for readers at creation.
fn end(end: &VethEnd, mtu: u32) -> LinkMessage {
    let mut message = LinkMessage::default();
    message.attributes = vec![
        LinkAttribute::IfName(end.name.clone()),
        LinkAttribute::Address(end.mac.0.to_vec()),
        LinkAttribute::Mtu(mtu),
        LinkAttribute::NumTxQueues(1),
        LinkAttribute::NumRxQueues(1),
    ];
    message
}
