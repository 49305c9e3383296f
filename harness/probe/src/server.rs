//! Servers that say who they are: each answer carries the server's identity and
//! the client's address as the server saw it.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::eventfd::{EfdFlags, EventFd};

use crate::ProbeError;
use crate::netns::{NetnsPath, within};

/// The port on which every server listens, TCP and UDP.
pub const PORT: u16 = 8080;
/// How long a connection may take to send its request.
const PATIENCE: Duration = Duration::from_secs(2);

/// A server inside a namespace; it ends when dropped.
#[derive(Debug)]
pub struct Server {
    stop: Arc<EventFd>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Listens on all addresses of the namespace, IPv4 and IPv6, and answers
    /// every request with `identity`.
    pub fn start(netns: &NetnsPath, identity: &str) -> Result<Self, ProbeError> {
        let failed =
            |source| ProbeError::Listen { netns: netns.path().display().to_string(), source };
        let any = SocketAddr::from((Ipv6Addr::UNSPECIFIED, PORT));
        let listen = || -> io::Result<(TcpListener, UdpSocket)> {
            let (tcp, udp) = (TcpListener::bind(any)?, UdpSocket::bind(any)?);
            tcp.set_nonblocking(true)?;
            udp.set_nonblocking(true)?;
            Ok((tcp, udp))
        };
        let (tcp, udp) = within(netns, || patiently(listen))?.map_err(failed)?;
        let stop =
            Arc::new(EventFd::from_flags(EfdFlags::EFD_CLOEXEC).map_err(|e| failed(e.into()))?);
        let (stopped, identity) = (stop.clone(), identity.to_owned());
        let thread = std::thread::Builder::new()
            .name("probe-server".to_owned())
            .spawn(move || serve(&tcp, &udp, &stopped, &identity))
            .map_err(failed)?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

/// Binds again while the port is taken: a process that another thread is about to
/// start holds a copy of an earlier server's sockets from fork to exec.
fn patiently<T>(mut bind: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match bind() {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && Instant::now() < deadline => {
                std::thread::park_timeout(Duration::from_millis(5));
            }
            done => return done,
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.stop.write(1);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(tcp: &TcpListener, udp: &UdpSocket, stop: &EventFd, identity: &str) {
    loop {
        let watch = |fd| PollFd::new(fd, PollFlags::POLLIN);
        let mut watched = [watch(stop.as_fd()), watch(tcp.as_fd()), watch(udp.as_fd())];
        if poll(&mut watched, PollTimeout::NONE).is_err() {
            continue;
        }
        let ready = watched.map(|fd| fd.any().unwrap_or_default());
        if ready[0] {
            return;
        }
        if ready[1]
            && let Ok((stream, client)) = tcp.accept()
        {
            // A client that breaks off is the client's own story.
            let _ = answer(stream, client, identity);
        }
        let mut request = [0; 64];
        if ready[2]
            && let Ok((_, client)) = udp.recv_from(&mut request)
        {
            let _ = udp.send_to(line(identity, client).as_bytes(), client);
        }
    }
}

fn answer(mut stream: TcpStream, client: SocketAddr, identity: &str) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut request = [0; 1];
    stream.read_exact(&mut request)?;
    stream.write_all(line(identity, client).as_bytes())
}

fn line(identity: &str, client: SocketAddr) -> String {
    let seen = match client.ip() {
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(IpAddr::V6(v6), IpAddr::V4),
        v4 @ IpAddr::V4(_) => v4,
    };
    format!("{identity} {seen}\n")
}
