//! Links of a namespace: list, bring up, delete.

mod read;

use std::thread;
use std::time::{Duration, Instant};

use model::Mac;
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::link::{LinkAttribute, LinkExtentMask, LinkFlags, LinkMessage};

use crate::KernelError;
use crate::conn::{Act, Ask, Conn};
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
        let ask = ask_of(&name).fine(&[ENODEV]);
        let answer = conn.batch(vec![ask])?.into_iter().next().transpose()?.flatten();
        answer.into_iter().map(|link| read(&link)).collect::<Result<_, _>>().map(Self)
    }

    /// The link of this name alone, if it is there, of which nothing but the index is
    /// known: that is told without the kernel's lock.
    pub(crate) fn indexed(conn: &Conn, name: &str) -> Result<Self, KernelError> {
        let index = conn.index(name)?.into_iter();
        Ok(index.map(|index| Link { index, name: name.to_owned(), ..Link::default() }).collect())
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
    conn.all(vec![ask_up(link, Vec::new())])
}

/// Gives a link another hardware address.
pub fn set_mac(conn: &mut Conn, link: &Link, mac: Mac) -> Result<(), KernelError> {
    let address = LinkAttribute::Address(mac.0.to_vec());
    let wanted = format!("{} to {mac}", link.name);
    conn.all(vec![ask_set(link, vec![address], ("set hardware address of link", &wanted))])
}

/// Gives a link another MTU.
pub fn set_mtu(conn: &mut Conn, link: &Link, mtu: u32) -> Result<(), KernelError> {
    let wanted = format!("{} to {mtu}", link.name);
    let act: Act<'_> = ("set MTU of link", &wanted);
    conn.all(vec![ask_set(link, vec![LinkAttribute::Mtu(mtu)], act)])
}

/// Lets a link say something else of itself.
pub fn set_alias(conn: &mut Conn, link: &Link, alias: &str) -> Result<(), KernelError> {
    let alias = LinkAttribute::IfAlias(alias.to_owned());
    conn.all(vec![ask_set(link, vec![alias], ("set alias of link", &link.name))])
}

/// Deletes a link with its addresses, routes and neighbours, and the other end
/// of a veth pair. A link that is gone is fine.
///
/// Takes 16 to 20 ms: the kernel waits until nobody looks at the link any more, with its
/// lock of links held at first. Who asks for links, addresses or neighbours meanwhile waits
/// for the lock, and deletions side by side wait together.
pub fn delete(conn: &mut Conn, index: u32, name: &str) -> Result<(), KernelError> {
    let mut message = LinkMessage::default();
    message.header.index = index;
    let ask = Ask::new(RouteNetlinkMessage::DelLink(message), 0, ("delete link", &name));
    conn.all(vec![ask.fine(&[ENODEV])])
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
pub(crate) fn ask_of<'a>(name: &'a &'a str) -> Ask<'a> {
    let mut question = LinkMessage::default();
    question.attributes = vec![
        LinkAttribute::IfName((*name).to_owned()),
        LinkAttribute::ExtMask(vec![LinkExtentMask::SkipStats]),
    ];
    Ask::new(RouteNetlinkMessage::GetLink(question), 0, ("look at link", name))
}

/// Brings a link up and gives it these attributes, in this order.
pub(crate) fn ask_up(link: &Link, attributes: Vec<LinkAttribute>) -> Ask<'_> {
    let mut message = LinkMessage::default();
    message.header.index = link.index;
    message.attributes = attributes;
    message.header.flags = LinkFlags::Up;
    message.header.change_mask = LinkFlags::Up;
    Ask::new(RouteNetlinkMessage::SetLink(message), 0, ("bring up link", &link.name))
}

/// Gives a link these attributes, in one message.
pub(crate) fn ask_set<'a>(link: &Link, attributes: Vec<LinkAttribute>, act: Act<'a>) -> Ask<'a> {
    let mut message = LinkMessage::default();
    message.header.index = link.index;
    message.attributes = attributes;
    Ask::new(RouteNetlinkMessage::SetLink(message), 0, act)
}
