//! A netlink route socket that sends several requests in one datagram.

use std::ffi::OsString;
use std::fmt::Display;
use std::io;

use netlink_packet_core::{
    NLM_F_ACK, NLM_F_DUMP, NLM_F_REQUEST, NLMSG_DONE, NLMSG_ERROR, NetlinkBuffer,
    NetlinkDeserializable, NetlinkHeader, NetlinkMessage, NetlinkPayload, Parseable,
};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_ROUTE};
use nix::errno::Errno;
use nix::sys::socket::setsockopt;
use nix::sys::socket::sockopt::BindToDevice;
use rustix::net::netdevice::name_to_index;

use crate::KernelError;
use crate::links::ENODEV;

/// One request, with the words to use if the kernel refuses it.
pub(crate) struct Ask<'a> {
    message: RouteNetlinkMessage,
    flags: u16,
    act: Act<'a>,
    fine: &'static [i32],
}

/// An act and its object, which are put into words for an error alone.
pub(crate) type Act<'a> = (&'static str, &'a dyn Display);

/// A connection to the namespace in which it was opened, wherever its user goes later.
pub struct Conn {
    socket: Socket,
    sequence: u32,
    /// Where datagrams are received.
    buffer: Vec<u8>,
}

/// Longest datagram that answers a dump: the kernel fills them as far as a buffer was seen
/// to reach, up to 32 KiB.
const LONGEST: usize = 1 << 16;
/// Longest that answers anything else: one object. Most connections are for a batch or two,
/// and an allocator goes to some lengths for what is longer.
const SHORT: usize = 1 << 14;

impl Conn {
    /// Opens a connection to the namespace of this thread.
    pub fn here() -> Result<Self, KernelError> {
        let open = || -> io::Result<Socket> {
            let socket = Socket::new(NETLINK_ROUTE)?;
            // Gives it an address of its own, too.
            socket.connect(&SocketAddr::new(0, 0))?;
            Ok(socket)
        };
        let buffer = Vec::with_capacity(SHORT);
        open().map(|socket| Self { socket, sequence: 0, buffer }).map_err(KernelError::Socket)
    }

    /// Sends all requests in one datagram and answers what each got.
    ///
    /// The kernel goes on after a refusal, so every request was tried. It tells of
    /// each refusal, and of success where it is asked to: by the last one alone.
    pub(crate) fn batch(&mut self, asks: Vec<Ask<'_>>) -> Result<Vec<Answer>, KernelError> {
        if asks.is_empty() {
            return Ok(Vec::new());
        }
        let (first, count) = (self.sequence + 1, asks.len());
        let mut datagram = Vec::new();
        let mut said = Vec::with_capacity(count);
        for (place, Ask { message, flags, act, fine }) in (1..).zip(asks) {
            self.sequence += 1;
            let ack = if place == count { NLM_F_ACK } else { 0 };
            encode(&mut datagram, message, NLM_F_REQUEST | ack | flags, self.sequence);
            said.push((act, fine));
        }
        self.socket.send(&datagram, 0).map_err(KernelError::Talk)?;
        let mut got: Vec<Got> = said.iter().map(|_| Got::default()).collect();
        while got.last().is_some_and(|last| last.code.is_none()) {
            self.receive(|message| {
                let place = message.sequence_number().checked_sub(first);
                let Some(got) = place.and_then(|place| got.get_mut(place as usize)) else { return };
                match message.message_type() {
                    NLMSG_ERROR => got.code = Some(code(message)),
                    _ => got.object = Some(message.payload().to_vec()),
                }
            })?;
        }
        Ok(said.iter().zip(got).map(|((act, fine), got)| judge(act, fine, got)).collect())
    }

    /// Sends all requests and fails if the kernel refused any; the error is the first one's.
    pub(crate) fn all(&mut self, asks: Vec<Ask<'_>>) -> Result<(), KernelError> {
        self.batch(asks)?.into_iter().try_for_each(|answer| answer.map(drop))
    }

    /// Whether there is a link of this name, which takes no lock: a socket of any kind can be
    /// bound to a link that is there, and to what it is bound is nothing to this one.
    pub(crate) fn finds(&self, name: &str) -> Result<bool, KernelError> {
        match setsockopt(&self.socket, BindToDevice, &OsString::from(name)) {
            Ok(()) => Ok(true),
            Err(Errno::ENODEV) => Ok(false),
            Err(errno) => Err(KernelError::Talk(errno.into())),
        }
    }

    /// Index of the link of this name, which takes no lock either. Of a link that is not there
    /// it is not asked: the kernel would look for a module that makes it.
    pub(crate) fn index(&self, name: &str) -> Result<Option<u32>, KernelError> {
        if !self.finds(name)? {
            return Ok(None);
        }
        match name_to_index(&self.socket, name) {
            Ok(index) => Ok(Some(index)),
            Err(errno) if errno.raw_os_error() == ENODEV => Ok(None),
            Err(errno) => Err(KernelError::Talk(errno.into())),
        }
    }

    /// Asks for every object of one kind and hands them over one by one: together, as
    /// messages, they take megabytes on a full node.
    pub(crate) fn dump(
        &mut self,
        message: RouteNetlinkMessage,
        mut each: impl FnMut(&Raw<'_>) -> Result<(), KernelError>,
    ) -> Result<(), KernelError> {
        self.sequence += 1;
        self.socket.set_netlink_get_strict_chk(true).map_err(KernelError::Talk)?;
        self.buffer.clear();
        self.buffer.reserve(LONGEST);
        let mut datagram = Vec::new();
        encode(&mut datagram, message, NLM_F_REQUEST | NLM_F_DUMP, self.sequence);
        self.socket.send(&datagram, 0).map_err(KernelError::Talk)?;
        let (mut ended, mut broken) = (None, None);
        loop {
            self.receive(|message| match message.message_type() {
                NLMSG_ERROR => {
                    let source = io::Error::from_raw_os_error(code(message).saturating_neg());
                    ended = Some(Err(KernelError::Talk(source)));
                }
                NLMSG_DONE => ended = Some(Ok(())),
                _ => broken = broken.take().or_else(|| each(message).err()),
            })?;
            if let Some(ended) = ended.take() {
                return broken.map_or(ended, Err);
            }
        }
    }

    /// Receives one datagram and hands its messages over.
    fn receive(&mut self, mut each: impl FnMut(&Raw<'_>)) -> Result<(), KernelError> {
        self.buffer.clear();
        self.socket.recv(&mut self.buffer, 0).map_err(KernelError::Talk)?;
        let mut rest = self.buffer.as_slice();
        while !rest.is_empty() {
            let message = Raw::new_checked(rest)?;
            let length = (message.length() as usize).next_multiple_of(4);
            rest = rest.get(length..).unwrap_or_default();
            each(&message);
        }
        Ok(())
    }
}

/// A message as it came, whose header is sound.
pub(crate) type Raw<'a> = NetlinkBuffer<&'a [u8]>;

/// All that a message says.
pub(crate) fn decode(message: &Raw<'_>) -> Result<RouteNetlinkMessage, KernelError> {
    let header = NetlinkHeader::parse(message)?;
    Ok(RouteNetlinkMessage::deserialize(&header, message.payload())?)
}

/// Zero, or an errno with its sign changed: what a message of that type begins with.
fn code(message: &Raw<'_>) -> i32 {
    message.payload().first_chunk().map_or(0, |bytes| i32::from_ne_bytes(*bytes))
}

/// What the kernel said to one request of a batch.
#[derive(Default)]
struct Got {
    /// Zero, or the errno of a refusal with its sign changed; of all but the last request a
    /// refusal alone is told.
    code: Option<i32>,
    object: Option<Vec<u8>>,
}

/// What one request of a batch got: perhaps an object without its header, perhaps a refusal.
pub(crate) type Answer = Result<Option<Vec<u8>>, KernelError>;

impl<'a> Ask<'a> {
    /// `flags` are `NLM_F_*` besides REQUEST and ACK; the act is a verb with its object.
    pub(crate) fn new(message: RouteNetlinkMessage, flags: u16, act: Act<'a>) -> Self {
        Self { message, flags, act, fine: &[] }
    }

    /// Errnos that mean "it is so already".
    pub(crate) fn fine(mut self, errnos: &'static [i32]) -> Self {
        self.fine = errnos;
        self
    }
}

fn judge((verb, object): &Act<'_>, fine: &[i32], got: Got) -> Answer {
    let errno = got.code.unwrap_or_default().saturating_neg();
    if errno == 0 || fine.contains(&errno) {
        return Ok(got.object);
    }
    let source = io::Error::from_raw_os_error(errno);
    Err(KernelError::Refused { act: format!("{verb} {object}"), source })
}

fn encode(into: &mut Vec<u8>, message: RouteNetlinkMessage, flags: u16, sequence: u32) {
    let mut header = NetlinkHeader::default();
    header.flags = flags;
    header.sequence_number = sequence;
    let mut message = NetlinkMessage::new(header, NetlinkPayload::from(message));
    message.finalize();
    let start = into.len();
    into.resize((start + message.buffer_len()).next_multiple_of(4), 0);
    message.serialize(&mut into[start..]);
}
