//! A client that keeps trying one address from the same ports, TCP and UDP, and
//! counts who answers.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use facts::chase::Chase;
use nix::libc::linger;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrStorage, bind, connect, setsockopt, socket, sockopt,
};

use crate::netns::{NetnsPath, within};
use crate::{PORT, ProbeError};

/// Between two rounds of tries.
pub(crate) const PACE: Duration = Duration::from_millis(3);
/// How long one try waits for its answer.
const PATIENCE: Duration = Duration::from_millis(25);

/// Whom a client means, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Meant {
    /// Who tries, for the record.
    pub client: String,
    /// Who must answer.
    pub by: String,
    /// Where to.
    pub target: IpAddr,
    /// The port from which every try goes.
    pub port: u16,
}

/// When the pod's DEL begins, and when the tries end.
type End = Option<(Instant, Instant)>;

/// A client at work; it goes on until it is told when to end.
#[derive(Debug)]
pub struct Chaser {
    end: Arc<Mutex<End>>,
    answered: Arc<AtomicU64>,
    thread: Option<JoinHandle<io::Result<Chase>>>,
    netns: NetnsPath,
}

impl Chaser {
    /// Starts to try from inside `netns`.
    pub fn start(netns: &NetnsPath, meant: Meant) -> Result<Self, ProbeError> {
        let failed = |source| listen(netns, source);
        let udp = within(netns, || udp_socket(&meant))?.map_err(failed)?;
        let end = Arc::new(Mutex::new(None));
        let answered = Arc::new(AtomicU64::new(0));
        let (inside, told, count) = (netns.clone(), end.clone(), answered.clone());
        let work = move || {
            let chased = within(&inside, || chase(&meant, &udp, &told, &count));
            chased.map_err(|error| io::Error::other(error.to_string()))?
        };
        let thread = std::thread::Builder::new().name("probe-chaser".to_owned()).spawn(work);
        Ok(Self { end, answered, thread: Some(thread.map_err(failed)?), netns: netns.clone() })
    }

    /// How many answers came so far.
    pub fn answered(&self) -> u64 {
        self.answered.load(Ordering::Relaxed)
    }

    /// DEL begins now; the tries end `window` later.
    pub fn deleted(&self, window: Duration) {
        let now = Instant::now();
        *self.end.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, now + window));
    }

    /// Waits for the end and answers what came of it.
    pub fn finish(mut self) -> Result<Chase, ProbeError> {
        let thread = self.thread.take();
        let gone = || Err(io::Error::other("the client's thread ended"));
        let chase = thread.map_or_else(gone, |thread| thread.join().unwrap_or_else(|_| gone()));
        chase.map_err(|source| listen(&self.netns, source))
    }
}

impl Drop for Chaser {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            self.deleted(Duration::ZERO);
            let _ = thread.join();
        }
    }
}

pub(crate) fn listen(netns: &NetnsPath, source: io::Error) -> ProbeError {
    ProbeError::Listen { netns: netns.path().display().to_string(), source }
}

fn chase(
    meant: &Meant,
    udp: &UdpSocket,
    end: &Mutex<End>,
    answered: &AtomicU64,
) -> io::Result<Chase> {
    let mut chase = Chase {
        client: meant.client.clone(),
        meant: meant.by.clone(),
        target: meant.target,
        tcp: 0,
        udp: 0,
        late: 0,
        answers: BTreeMap::new(),
    };
    loop {
        let end = *end.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        // What is tried last must be over before the end.
        if end.is_some_and(|(_, end)| now + 4 * PATIENCE > end) {
            return Ok(chase);
        }
        let late = end.is_some_and(|(deleted, _)| now > deleted);
        for text in [over_udp(udp), over_tcp(meant)].into_iter().flatten() {
            let by = text.split_whitespace().next().unwrap_or_default().to_owned();
            *chase.answers.entry(by).or_default() += 1;
            answered.fetch_add(1, Ordering::Relaxed);
        }
        chase.udp += 1;
        chase.tcp += 1;
        chase.late += 2 * u64::from(late);
        std::thread::park_timeout(PACE);
    }
}

fn own(meant: &Meant) -> SocketAddr {
    let any: IpAddr = match meant.target {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    SocketAddr::new(any, meant.port)
}

pub(crate) fn udp_socket(meant: &Meant) -> io::Result<UdpSocket> {
    let socket = UdpSocket::bind(own(meant))?;
    socket.connect((meant.target, PORT))?;
    socket.set_read_timeout(Some(PATIENCE))?;
    Ok(socket)
}

pub(crate) fn over_udp(socket: &UdpSocket) -> io::Result<String> {
    socket.send(b"?")?;
    let mut answer = [0; 256];
    let length = socket.recv(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer[..length]).into_owned())
}

/// A connection from the same port each time; it ends by a reset, so that the port is
/// free again at once.
pub(crate) fn over_tcp(meant: &Meant) -> io::Result<String> {
    let family = if meant.target.is_ipv4() { AddressFamily::Inet } else { AddressFamily::Inet6 };
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let fd = socket(family, SockType::Stream, flags, None)?;
    setsockopt(&fd, sockopt::ReuseAddr, &true)?;
    setsockopt(&fd, sockopt::Linger, &linger { l_onoff: 1, l_linger: 0 })?;
    bind(fd.as_raw_fd(), &SockaddrStorage::from(own(meant)))?;
    let target = SockaddrStorage::from(SocketAddr::new(meant.target, PORT));
    match connect(fd.as_raw_fd(), &target) {
        Ok(()) => {}
        Err(nix::errno::Errno::EINPROGRESS) => connected(&fd)?,
        Err(error) => return Err(error.into()),
    }
    let mut stream = TcpStream::from(fd);
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(b"?")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

fn connected(fd: &OwnedFd) -> io::Result<()> {
    let patience = PollTimeout::try_from(PATIENCE).unwrap_or(PollTimeout::ZERO);
    let mut watched = [PollFd::new(fd.as_fd(), PollFlags::POLLOUT)];
    if poll(&mut watched, patience)? == 0 {
        return Err(io::ErrorKind::TimedOut.into());
    }
    match nix::sys::socket::getsockopt(fd, sockopt::SocketError)? {
        0 => Ok(()),
        error => Err(io::Error::from_raw_os_error(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Server;

    #[test]
    fn a_chaser_counts_who_answers_from_one_port() {
        let here = NetnsPath::new("/proc/self/ns/net");
        let Ok(server) = Server::start(&here, "u1") else {
            eprintln!("skipped: needs root and port {PORT}");
            return;
        };
        let meant = Meant {
            client: "test".to_owned(),
            by: "u1".to_owned(),
            target: Ipv4Addr::LOCALHOST.into(),
            port: 45_601,
        };
        let chaser = Chaser::start(&here, meant).unwrap();
        std::thread::park_timeout(Duration::from_millis(200));
        chaser.deleted(Duration::from_millis(200));
        let chase = chaser.finish().unwrap();
        drop(server);
        assert!(chase.tcp > 5 && chase.late > 0, "{chase:?}");
        assert!(chase.answers["u1"] > chase.tcp, "{chase:?}");
        assert_eq!(chase.answers.len(), 1);
    }
}
