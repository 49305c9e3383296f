//! The pair of links between the node and a pod.
//!
//! The pod's end is made inside the pod's namespace, never moved there: a move
//! takes some 20 ms under the kernel's one lock for links, a creation in place
//! about one.

use std::fs::File;
use std::os::fd::AsRawFd;

use model::kernel::{Rule, Scene, Select, Veth, VethEnd};
use netlink_packet_core::{NLM_F_CREATE, NLM_F_EXCL};
use netlink_packet_route::RouteNetlinkMessage as Message;
use netlink_packet_route::link::{
    InfoData, InfoKind, InfoVeth, LinkAttribute, LinkInfo, LinkMessage,
};
use nix::libc::EEXIST;

use crate::conn::{Ask, Conn};
use crate::links::{self, Deletion, Link, Links};
use crate::{KernelError, apply, devconf, netns, read, sysctl};

/// Makes the pair and everything on both sides of it; when it returns, both ends send.
///
/// A pair of the same name that an earlier try left behind is replaced. On
/// failure nothing of the pair stays. The thread must be in the node's namespace.
pub fn attach(veth: &Veth, pod: &Scene, host: &Scene, inner: &File) -> Result<(), KernelError> {
    let mut node = Conn::here()?;
    let mut inside = netns::within(inner, Conn::here)??;
    let ends = create(&mut node, &mut inside, veth)?;
    defect::point("kernel.pair.made");
    let dressed = dress_host(&mut node, &ends.host, veth, host).and_then(|()| {
        defect::point("kernel.pair.host-dressed");
        dress_pod(&mut inside, &ends.pod, pod, inner)
    });
    let dressed = dressed.and_then(|()| links::await_sending(&mut node, &ends.host.name));
    if dressed.is_err() {
        // The first error is the one to tell. What cannot be undone now is
        // found by its name at the next try.
        let _ = apply::remove(&mut node, &Links::default(), host);
        let _ = links::delete(&mut node, ends.host.index, &ends.host.name);
    }
    dressed
}

/// A pair that is being deleted; the node's objects for it are gone.
#[derive(Debug, Default)]
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

/// Removes the node's objects for a pair and begins to delete the pair. What is gone is
/// fine; goes on after an error and answers them all. The thread must be in the node's
/// namespace.
pub fn detach(veth: &Veth, host: &Scene) -> Result<Leaving, Vec<KernelError>> {
    let mut conn = Conn::here().map_err(|error| vec![error])?;
    let links = Links::indexed(&veth.host.name).map_err(|error| vec![error])?;
    take_out(&mut conn, &links, &veth.host.name, host)
}

/// Removes the pair whose node's end is called `host`, as [`detach`] does, with the
/// rules for the addresses that the kernel routes to it: nobody else is there to say
/// which addresses those are.
pub fn detach_unknown(host: &str) -> Result<Leaving, Vec<KernelError>> {
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
    let (mut conn, links, scene) = found().map_err(|error| vec![error])?;
    take_out(&mut conn, &links, host, &scene)
}

/// Rules do not go with the link, and routes go later than it does.
fn take_out(
    conn: &mut Conn,
    links: &Links,
    host: &str,
    scene: &Scene,
) -> Result<Leaving, Vec<KernelError>> {
    let deletion = links.by_name(host).map(|link| links::prepare_deletion(link.index, &link.name));
    let removed = apply::remove(conn, links, scene);
    defect::point("kernel.pair.undressed");
    let leaving = deletion.transpose().map(|deletion| {
        deletion.iter().for_each(Deletion::begin);
        Leaving(deletion)
    });
    match (removed, leaving) {
        (Ok(()), Ok(leaving)) => Ok(leaving),
        (removed, leaving) => {
            let mut errors = removed.err().unwrap_or_default();
            errors.extend(leaving.and_then(Leaving::ended).err());
            Err(errors)
        }
    }
}

struct Ends {
    host: Link,
    pod: Link,
}

/// How often a pair that is in the way is replaced: another who makes the same is done soon.
const TRIES: usize = 3;

fn create(node: &mut Conn, inside: &mut Conn, veth: &Veth) -> Result<Ends, KernelError> {
    let home = netns::here()?;
    let mut tries = 1..=TRIES;
    loop {
        let error = match try_create(inside, veth, &home) {
            Err(error) if error.errno() == Some(EEXIST) && tries.next().is_some() => error,
            made => return made,
        };
        let links = Links::list(node)?;
        let Some(stale) = links.by_name(&veth.host.name) else {
            if defect::on("failed-add-leaves-a-link") {
                let name = |name: &str, end: &VethEnd| VethEnd { name: name.to_owned(), ..*end };
                let (host, pod) = (name("left0", &veth.host), name("left1", &veth.pod));
                let _ = try_create(node, &Veth { host, pod, ..veth.clone() }, &home);
            }
            return Err(error);
        };
        links::delete(node, stale.index, &stale.name)?;
    }
}

fn try_create(inside: &mut Conn, veth: &Veth, home: &File) -> Result<Ends, KernelError> {
    let mut peer = end(&veth.host, veth.mtu);
    peer.attributes.push(LinkAttribute::NetNsFd(home.as_raw_fd()));
    let mut pair = end(&veth.pod, veth.mtu);
    pair.attributes.push(LinkAttribute::LinkInfo(vec![
        LinkInfo::Kind(InfoKind::Veth),
        LinkInfo::Data(InfoData::Veth(InfoVeth::Peer(peer))),
    ]));
    let (pod, host) = (&veth.pod.name, &veth.host.name);
    let act = format!("add link {pod} with {host} as its other end");
    let new = Ask::new(Message::NewLink(pair), NLM_F_CREATE | NLM_F_EXCL, act);
    let mut question = LinkMessage::default();
    question.attributes.push(LinkAttribute::IfName(pod.clone()));
    let get = Ask::new(Message::GetLink(question), 0, format!("look at link {pod}"));
    let mut answers = inside.batch(&[new, get])?.into_iter();
    answers.next().transpose()?;
    let seen = answers.next().transpose()?.flatten();
    let Some(Message::NewLink(message)) = seen else {
        return Err(KernelError::NoLink { name: pod.clone() });
    };
    let pod_link = links::read(&message);
    let index = pod_link.peer.ok_or_else(|| KernelError::NoLink { name: host.clone() })?;
    let host_link =
        Link { index, name: host.clone(), mac: Some(veth.host.mac), ..pod_link.clone() };
    Ok(Ends { host: host_link, pod: pod_link })
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

fn dress_host(node: &mut Conn, link: &Link, veth: &Veth, scene: &Scene) -> Result<(), KernelError> {
    let (values, files) = devconf::divide(link, &scene.sysctls);
    sysctl::write_all(files)?;
    let alias = links::ask_alias(link.index, &link.name, &veth.alias);
    dress(node, link, values.into_iter().chain([alias]).collect(), scene)
}

fn dress_pod(
    inside: &mut Conn,
    link: &Link,
    scene: &Scene,
    inner: &File,
) -> Result<(), KernelError> {
    let (values, files) = devconf::divide(link, &scene.sysctls);
    netns::within(inner, || sysctl::write_all(files))??;
    dress(inside, link, values.into_iter().collect(), scene)
}

fn dress(
    conn: &mut Conn,
    link: &Link,
    mut asks: Vec<Ask>,
    scene: &Scene,
) -> Result<(), KernelError> {
    asks.push(links::ask_up(link.index, &link.name));
    asks.extend(apply::asks(&Links::from_iter([link.clone()]), scene)?);
    conn.all(&asks)
}
