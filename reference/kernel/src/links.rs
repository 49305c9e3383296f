//! Links of a namespace: list, bring up, delete.

mod read;

use std::io;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread;
use std::time::{Duration, Instant};

use model::Mac;
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{LinkAttribute, LinkExtentMask, LinkFlags, LinkMessage};
use nix::errno::Errno;
use nix::net::if_::if_nametoindex;

use crate::KernelError;
use crate::conn::{Ask, Conn};
use crate::encode::Names;

pub(crate) use read::read;

/// No such device.
pub(crate) const ENODEV: i32 = nix::libc::ENODEV;
/// Longest wait for a link to send, as for a worker of a kernel that is busy.
const STARTS: Duration = Duration::from_secs(1);

/// A link as the kernel shows it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Link {
    /// Index in its namespace.
    pub index: u32,
    /// Name in its namespace.
    pub name: String,
    /// Hardware address, for links that have one of Ethernet's length.
    pub mac: Option<Mac>,
    /// Whether it was brought up.
    pub up: bool,
    /// Whether it sends: it is up, so is what it is connected to, and its queue was started.
    pub sends: bool,
    /// MTU in bytes.
    pub mtu: u32,
    /// Index of the other end of a veth pair, in that end's namespace.
    pub peer: Option<u32>,
    /// Whether it is a veth.
    pub veth: bool,
    /// What it says of itself; empty for most.
    pub alias: String,
}

/// All links of a namespace.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Links(Vec<Link>);

impl Links {
    /// Lists the links of `conn`'s namespace.
    pub fn list(conn: &mut Conn) -> Result<Self, KernelError> {
        let mut links = Vec::new();
        let all = RouteNetlinkMessage::GetLink(LinkMessage::default());
        conn.dump(all, |message| read(message.payload()).map(|link| links.push(link)))?;
        Ok(Self(links))
    }

    /// The link of this name alone, if it is there.
    pub fn only(conn: &mut Conn, name: &str) -> Result<Self, KernelError> {
        let ask = ask_of(name).fine(&[ENODEV]);
        let answer = conn.batch(&[ask])?.into_iter().next().transpose()?.flatten();
        answer.into_iter().map(|link| read(&link)).collect::<Result<_, _>>().map(Self)
    }

    /// The link of this name alone, if it is there, of which nothing but the index is
    /// known: that is told without the kernel's lock. The thread must be in its namespace.
    pub(crate) fn indexed(name: &str) -> Result<Self, KernelError> {
        match if_nametoindex(name) {
            Ok(index) => Ok(Self(vec![Link { index, name: name.to_owned(), ..Link::default() }])),
            Err(Errno::ENODEV) => Ok(Self::default()),
            Err(errno) => {
                let act = format!("look at link {name}");
                Err(KernelError::Refused { act, source: errno.into() })
            }
        }
    }

    /// The link of this name.
    pub fn by_name(&self, name: &str) -> Option<&Link> {
        self.0.iter().find(|link| link.name == name)
    }

    /// The link of this hardware address that is no end of a pod's pair.
    pub fn by_mac(&self, mac: Mac) -> Option<&Link> {
        self.0.iter().find(|link| link.mac == Some(mac))
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Link> {
        self.0.iter()
    }

    /// Index of the link of this name, or an error that names it.
    pub fn index(&self, name: &str) -> Result<u32, KernelError> {
        self.by_name(name)
            .map(|link| link.index)
            .ok_or_else(|| KernelError::NoLink { name: name.to_owned() })
    }
}

impl Names for Links {
    fn name(&self, index: u32) -> Option<&str> {
        self.0.iter().find(|link| link.index == index).map(|link| link.name.as_str())
    }
}

impl FromIterator<Link> for Links {
    fn from_iter<I: IntoIterator<Item = Link>>(links: I) -> Self {
        Self(links.into_iter().collect())
    }
}

/// Brings a link up; it stays up if it was.
pub fn up(conn: &mut Conn, link: &Link) -> Result<(), KernelError> {
    conn.all(&[ask_up(link.index, &link.name)])
}

/// Gives a link another hardware address.
pub fn set_mac(conn: &mut Conn, link: &Link, mac: Mac) -> Result<(), KernelError> {
    let address = LinkAttribute::Address(mac.0.to_vec());
    let act = format!("set hardware address of link {} to {mac}", link.name);
    conn.all(&[ask_set(link, vec![address], act)])
}

/// Gives a link another MTU.
pub fn set_mtu(conn: &mut Conn, link: &Link, mtu: u32) -> Result<(), KernelError> {
    let act = format!("set MTU of link {} to {mtu}", link.name);
    conn.all(&[ask_set(link, vec![LinkAttribute::Mtu(mtu)], act)])
}

/// Lets a link say something else of itself.
pub fn set_alias(conn: &mut Conn, link: &Link, alias: &str) -> Result<(), KernelError> {
    let alias = LinkAttribute::IfAlias(alias.to_owned());
    conn.all(&[ask_set(link, vec![alias], format!("set alias of link {}", link.name))])
}

/// Deletes a link with its addresses, routes and neighbours, and the other end
/// of a veth pair. A link that is gone is fine.
///
/// Takes 16 to 20 ms: the kernel waits until nobody looks at the link any more.
pub fn delete(conn: &mut Conn, index: u32, name: &str) -> Result<(), KernelError> {
    let mut message = LinkMessage::default();
    message.header.index = index;
    let ask = Ask::new(RouteNetlinkMessage::DelLink(message), 0, format!("delete link {name}"));
    conn.all(&[ask.fine(&[ENODEV])])
}

/// Something to be done beside who asks for it.
pub type Work = Box<dyn FnOnce() + Send>;

/// Does `work` in a thread of its own.
pub fn in_a_thread(work: Work) -> io::Result<()> {
    thread::Builder::new().name("vanish".to_owned()).spawn(work).map(drop)
}

/// A link that is being deleted.
#[must_use]
pub struct Deletion {
    node: Conn,
    name: String,
    done: Receiver<Result<(), KernelError>>,
}

/// Begins to delete a link as [`delete`] does, by work that `beside` does in some other
/// thread of the link's namespace.
///
/// The kernel waits for the last reader, with its lock of links held at first: who asks
/// for links, addresses or neighbours meanwhile waits for the lock, and deletions side by
/// side wait together.
pub(crate) fn begin_deletion(
    node: Conn,
    link: &Link,
    beside: impl FnOnce(Work) -> io::Result<()>,
) -> Result<Deletion, KernelError> {
    let (tell, done) = channel();
    let Link { index, name, .. } = link.clone();
    let work = move || {
        let deleted = Conn::here().and_then(|mut conn| delete(&mut conn, index, &name));
        // Who does not wait is not told.
        let _ = tell.send(deleted);
    };
    beside(Box::new(work)).map_err(KernelError::Socket)?;
    Ok(Deletion { node, name: link.name.clone(), done })
}

impl Deletion {
    /// Waits until nobody finds a link of that name any more; answers what is not at its
    /// end then.
    pub(crate) fn vanished(self) -> Result<Option<Self>, KernelError> {
        loop {
            match self.done.try_recv() {
                Ok(deleted) => return deleted.map(|()| None),
                Err(TryRecvError::Empty) if !self.node.finds(&self.name)? => return Ok(Some(self)),
                Err(TryRecvError::Empty) => thread::yield_now(),
                Err(TryRecvError::Disconnected) => return self.ended().map(|()| None),
            }
        }
    }

    /// Waits until the kernel is done with it.
    pub(crate) fn ended(self) -> Result<(), KernelError> {
        let broken = |_| KernelError::Talk(io::Error::other("whoever deletes the link has gone"));
        self.done.recv().map_err(broken)?
    }
}

/// Waits until a link sends whose other end was brought up after it. The kernel starts its
/// queue in a worker, and drops packets before. Since 6.5 it does so itself when it is
/// asked for the link; before that it is asked until the worker did.
pub(crate) fn await_sending(conn: &mut Conn, name: &str) -> Result<(), KernelError> {
    let deadline = Instant::now() + STARTS;
    while !Links::only(conn, name)?.by_name(name).is_some_and(|link| link.sends) {
        if Instant::now() >= deadline {
            return Err(KernelError::Idle { name: name.to_owned(), waited: STARTS });
        }
        thread::yield_now();
    }
    Ok(())
}

/// Asks for the link of this name, without its counters: there are more of them than of
/// everything else.
pub(crate) fn ask_of(name: &str) -> Ask {
    let mut question = LinkMessage::default();
    question.attributes = vec![
        LinkAttribute::IfName(name.to_owned()),
        LinkAttribute::ExtMask(vec![LinkExtentMask::SkipStats]),
    ];
    Ask::new(RouteNetlinkMessage::GetLink(question), 0, format!("look at link {name}"))
}

pub(crate) fn ask_up(index: u32, name: &str) -> Ask {
    let mut message = LinkMessage::default();
    message.header.index = index;
    message.header.flags = LinkFlags::Up;
    message.header.change_mask = LinkFlags::Up;
    Ask::new(RouteNetlinkMessage::SetLink(message), 0, format!("bring link {name} up"))
}

/// Gives a link these attributes, in one message.
pub(crate) fn ask_set(link: &Link, attributes: Vec<LinkAttribute>, act: String) -> Ask {
    let mut message = LinkMessage::default();
    message.header.index = link.index;
    message.attributes = attributes;
    Ask::new(RouteNetlinkMessage::SetLink(message), 0, act)
}
