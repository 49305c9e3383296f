//! The pair of links between the node and a pod.
//!
//! The pod's end is made inside the pod's namespace, never moved there: a move
//! takes some 20 ms under the kernel's one lock for links, a creation in place
//! about one.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

use model::kernel::{Rule, Scene, Select, Veth, VethEnd};
use netlink_packet_core::{NLM_F_CREATE, NLM_F_EXCL};
use netlink_packet_route::RouteNetlinkMessage as Message;
use netlink_packet_route::link::{
    InfoData, InfoKind, InfoVeth, LinkAttribute, LinkFlags, LinkInfo, LinkMessage,
};
use nix::libc::EEXIST;

use crate::conn::{Ask, Conn};
use crate::links::{self, Deletion, Link, Links, Work};
use crate::{KernelError, apply, devconf, netns, read, sysctl};

/// Makes the pair and everything on both sides of it; when it returns, both ends send.
///
/// A pair of the same name that an earlier try left behind is replaced. On
/// failure nothing of the pair stays. The thread must be in the node's namespace.
pub fn attach(veth: &Veth, pod: &Scene, host: &Scene, inner: &File) -> Result<(), KernelError> {
    make(veth, inner)?.dress(&veth.alias, pod, host)
}

/// A pair with nothing on it: the pod's end is down, and so nothing comes or goes.
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
        let asks = vec![ask_values(&self.host, attributes)];
        dress(&mut self.sides.node, &self.host, asks, scene)
    }

    fn dress_pod(&mut self, scene: &Scene) -> Result<(), KernelError> {
        let (values, files) = devconf::divide(&self.pod, &scene.sysctls);
        let Sides { home, inner, inside, .. } = &mut self.sides;
        netns::within_from(home, inner, || sysctl::write_all(files))??;
        let values = values.map(|values| ask_values(&self.pod, vec![values]));
        let up = links::ask_up(self.pod.index, &self.pod.name);
        dress(inside, &self.pod, values.into_iter().chain([up]).collect(), scene)
    }
}

fn ask_values(link: &Link, attributes: Vec<LinkAttribute>) -> Ask {
    links::ask_set(link, attributes, format!("set values of link {}", link.name))
}

fn dress(
    conn: &mut Conn,
    link: &Link,
    mut asks: Vec<Ask>,
    scene: &Scene,
) -> Result<(), KernelError> {
    asks.extend(apply::asks(&Links::from_iter([link.clone()]), scene)?);
    conn.all(&asks)
}

/// A pair that is being deleted; the node's objects for it are gone.
#[derive(Default)]
#[must_use]
pub struct Leaving(Option<Deletion>);

impl Leaving {
    /// Waits until nobody finds the pair any more, in the node's namespace; what the kernel
    /// has yet to do then takes it some 20 ms.
    pub fn gone(self) -> Result<Self, KernelError> {
        self.0.map_or(Ok(None), Deletion::vanished).map(Self)
    }

    /// Waits until the kernel is done with it.
    pub fn ended(self) -> Result<(), KernelError> {
        self.0.map_or(Ok(()), Deletion::ended)
    }
}

/// Removes the node's objects for a pair and begins to delete the pair, by work that
/// `beside` does in another thread. What is gone is fine; goes on after an error and
/// answers them all. The thread must be in the node's namespace.
pub fn detach(
    veth: &Veth,
    host: &Scene,
    beside: impl FnOnce(Work) -> io::Result<()>,
) -> Result<Leaving, Vec<KernelError>> {
    let conn = Conn::here().map_err(|error| vec![error])?;
    let links = Links::indexed(&veth.host.name).map_err(|error| vec![error])?;
    take_out(conn, &links, &veth.host.name, host, beside)
}

/// Removes the pair whose node's end is called `host`, as [`detach`] does, with the
/// rules for the addresses that the kernel routes to it: nobody else is there to say
/// which addresses those are.
pub fn detach_unknown(
    host: &str,
    beside: impl FnOnce(Work) -> io::Result<()>,
) -> Result<Leaving, Vec<KernelError>> {
    let found = || -> Result<_, KernelError> {
        let mut conn = Conn::here()?;
        let links = Links::list(&mut conn)?;
        let mut seen = read(&mut conn, &links)?;
        seen.routes.retain(|route| route.link == host);
        let routed = |net| seen.routes.iter().any(|route| route.dst == net);
        let about = |rule: &&Rule| match rule.select {
            Select::From(net) | Select::To(net) => routed(net),
            Select::All | Select::Mark { .. } => false,
        };
        let rules: Vec<_> = seen.rules.iter().filter(about).cloned().collect();
        let scene = Scene { rules, routes: seen.routes, ..Scene::default() };
        Ok((conn, links, scene))
    };
    let (conn, links, scene) = found().map_err(|error| vec![error])?;
    take_out(conn, &links, host, &scene, beside)
}

/// Rules do not go with the link, and routes go later than it does; neighbours go with it.
fn take_out(
    mut conn: Conn,
    links: &Links,
    host: &str,
    scene: &Scene,
    beside: impl FnOnce(Work) -> io::Result<()>,
) -> Result<Leaving, Vec<KernelError>> {
    let (rules, routes) = (scene.rules.clone(), scene.routes.clone());
    let removed = apply::remove(&mut conn, links, &Scene { rules, routes, ..Scene::default() });
    defect::point("kernel.pair.undressed");
    let link = links.by_name(host);
    let leaving = link.map(|link| links::begin_deletion(conn, link, beside));
    match (removed, leaving.transpose().map(Leaving)) {
        (Ok(()), Ok(leaving)) => Ok(leaving),
        (removed, leaving) => {
            let mut errors = removed.err().unwrap_or_default();
            errors.extend(leaving.and_then(Leaving::ended).err());
            Err(errors)
        }
    }
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

/// Makes both ends, the node's one up, and answers it and the pod's.
fn try_create(node: &mut Conn, veth: &Veth, inner: &File) -> Result<(Link, Link), KernelError> {
    let mut peer = end(&veth.pod, veth.mtu);
    peer.attributes.push(LinkAttribute::NetNsFd(inner.as_raw_fd()));
    let mut pair = end(&veth.host, veth.mtu);
    pair.header.flags = LinkFlags::Up;
    pair.header.change_mask = LinkFlags::Up;
    pair.attributes.push(LinkAttribute::LinkInfo(vec![
        LinkInfo::Kind(InfoKind::Veth),
        LinkInfo::Data(InfoData::Veth(InfoVeth::Peer(peer))),
    ]));
    let (pod, host) = (&veth.pod.name, &veth.host.name);
    let act = format!("add link {pod} with {host} as its other end");
    let new = Ask::new(Message::NewLink(pair), NLM_F_CREATE | NLM_F_EXCL, act);
    let mut answers = node.batch(&[new, links::ask_of(host)])?.into_iter();
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
