//! Frames as they are: sent by a link as they were written, and seen as they leave
//! a namespace.

use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use facts::Fact;
use facts::wire::{Frame, Frames};
use nix::libc;
use nix::net::if_::{if_indextoname, if_nametoindex};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::eventfd::{EfdFlags, EventFd};
use nix::sys::socket::{
    AddressFamily, LinkAddr, MsgFlags, SockFlag, SockProtocol, SockType, SockaddrLike, recvfrom,
    sendto, socket,
};

use crate::ProbeError;
use crate::netns::{NetnsPath, within};

/// Frames with the numbers of the links by which they left.
type Seen = Mutex<Vec<(usize, Vec<u8>)>>;

/// The family of packet sockets.
const PACKET: libc::sa_family_t = 17;
/// What is kept of a frame, at most.
const KEPT: usize = 512;
/// Frames that are kept, at most.
const MOST: usize = 4096;

/// Sends frames by a link of a namespace, in order.
pub fn send(netns: &NetnsPath, link: &str, frames: &[Vec<u8>]) -> Result<(), ProbeError> {
    let sent = || -> io::Result<()> {
        let (kind, flags) = (SockType::Raw, SockFlag::SOCK_CLOEXEC);
        let socket = socket(AddressFamily::Packet, kind, flags, None)?;
        let address = address(if_nametoindex(link)?)?;
        for frame in frames {
            sendto(socket.as_raw_fd(), frame, &address, MsgFlags::empty())?;
        }
        Ok(())
    };
    within(netns, sent)?.map_err(|source| ProbeError::Wire { link: link.to_owned(), source })
}

/// The address of a link, as a packet socket takes it.
fn address(index: libc::c_uint) -> io::Result<LinkAddr> {
    let raw = libc::sockaddr_ll {
        sll_family: PACKET,
        sll_protocol: 0,
        sll_ifindex: index.cast_signed(),
        sll_hatype: 0,
        sll_pkttype: 0,
        sll_halen: 6,
        sll_addr: [0; 8],
    };
    let length = libc::socklen_t::try_from(size_of::<libc::sockaddr_ll>()).ok();
    // SAFETY: `raw` is a whole `sockaddr_ll`, says so in its family, and outlives the call,
    // which copies it.
    let made = unsafe { LinkAddr::from_raw((&raw const raw).cast(), length) };
    made.ok_or_else(|| io::Error::other("no address of a link"))
}

/// Listens to everything that a namespace sends, by whatever link; ends when dropped.
#[derive(Debug)]
pub struct Tap {
    netns: NetnsPath,
    stop: Arc<EventFd>,
    seen: Arc<Seen>,
    thread: Option<JoinHandle<()>>,
}

impl Tap {
    /// Listens from the moment this returns.
    pub fn start(netns: &NetnsPath) -> Result<Self, ProbeError> {
        let failed = |source| ProbeError::Wire { link: "every link".to_owned(), source };
        let open = || {
            let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
            socket(AddressFamily::Packet, SockType::Raw, flags, SockProtocol::EthAll)
        };
        let socket = within(netns, open)?.map_err(|error| failed(error.into()))?;
        let stop = EventFd::from_flags(EfdFlags::EFD_CLOEXEC).map_err(|e| failed(e.into()))?;
        let (stop, seen) = (Arc::new(stop), Arc::default());
        let (stopped, into) = (Arc::clone(&stop), Arc::clone(&seen));
        let thread = std::thread::Builder::new()
            .name("probe-tap".to_owned())
            .spawn(move || listen(&socket, &stopped, &into))
            .map_err(failed)?;
        Ok(Self { netns: netns.clone(), stop, seen, thread: Some(thread) })
    }

    /// Whether a frame that ends so was seen.
    pub fn saw(&self, end: &[u8]) -> bool {
        let seen = self.seen.lock().expect("no holder panics");
        seen.iter().any(|(_, frame)| frame.ends_with(end))
    }

    /// Ends it; answers what `place` sent.
    pub fn end(mut self, place: &str) -> Result<Fact, ProbeError> {
        self.stop();
        let seen = std::mem::take(&mut *self.seen.lock().expect("no holder panics"));
        let frames = within(&self.netns, || {
            let frame = |(index, bytes): &(usize, Vec<u8>)| Frame::new(&name(*index), bytes);
            seen.iter().map(frame).collect()
        })?;
        Ok(Fact::Frames(Frames { place: place.to_owned(), frames }))
    }

    fn stop(&mut self) {
        let _ = self.stop.write(1);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Name of a link of the thread's namespace; its number when it is gone.
fn name(index: usize) -> String {
    let found = u32::try_from(index).ok().and_then(|index| if_indextoname(index).ok());
    found.map_or(index.to_string(), |name| name.to_string_lossy().into_owned())
}

fn listen(socket: &OwnedFd, stop: &EventFd, into: &Seen) {
    let mut frame = [0; KEPT];
    loop {
        let watch = |fd| PollFd::new(fd, PollFlags::POLLIN);
        let mut watched = [watch(stop.as_fd()), watch(socket.as_fd())];
        if poll(&mut watched, PollTimeout::NONE).is_err() {
            continue;
        }
        if watched[0].any().unwrap_or_default() {
            return;
        }
        while let Ok((length, from)) = recvfrom::<LinkAddr>(socket.as_raw_fd(), &mut frame) {
            let Some(from) = from.filter(|from| from.pkttype() == libc::PACKET_OUTGOING) else {
                continue;
            };
            let mut seen = into.lock().expect("no holder panics");
            if seen.len() < MOST {
                seen.push((from.ifindex(), frame[..length.min(KEPT)].to_vec()));
            }
        }
    }
}
