//! Tries to reach a server, from inside a namespace.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket};
use std::process::Command;
use std::time::{Duration, Instant};

use facts::exchange::{Exchange, Protocol, Reply};

use crate::ProbeError;
use crate::command::run;
use crate::netns::{NetnsPath, within};

/// Between two datagrams of one try.
const AGAIN: Duration = Duration::from_millis(250);

/// What to try.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Try {
    /// Who tries, for the record.
    pub client: String,
    /// Whom it means, for the record.
    pub server: String,
    /// Where to.
    pub target: SocketAddr,
    /// How.
    pub protocol: Protocol,
    /// How long to wait for an answer.
    pub patience: Duration,
}

/// Makes the try inside `netns` and answers what came of it.
pub fn reach(netns: &NetnsPath, wanted: &Try) -> Result<Exchange, ProbeError> {
    let start = Instant::now();
    let Try { target, protocol, patience, .. } = *wanted;
    let reply = within(netns, || match protocol {
        Protocol::Tcp => Ok(told(over_tcp(target, patience))),
        Protocol::Udp => Ok(told(over_udp(target, patience))),
        Protocol::Icmp => over_icmp(target.ip(), patience),
    })??;
    Ok(Exchange {
        client: wanted.client.clone(),
        server: wanted.server.clone(),
        target,
        protocol,
        reply,
        millis: u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX),
    })
}

fn over_tcp(target: SocketAddr, patience: Duration) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&target, patience)?;
    stream.set_read_timeout(Some(patience))?;
    stream.write_all(b"?")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

fn over_udp(target: SocketAddr, patience: Duration) -> io::Result<String> {
    let any: IpAddr = match target {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0))?;
    socket.connect(target)?;
    socket.set_read_timeout(Some(AGAIN.min(patience)))?;
    let deadline = Instant::now() + patience;
    let mut answer = [0; 256];
    loop {
        socket.send(b"?")?;
        match socket.recv(&mut answer) {
            Ok(length) => return Ok(String::from_utf8_lossy(&answer[..length]).into_owned()),
            Err(error) if waits(&error) && Instant::now() < deadline => {}
            Err(error) => return Err(error),
        }
    }
}

/// The system's `ping`, one request.
fn over_icmp(target: IpAddr, patience: Duration) -> Result<Reply, ProbeError> {
    let mut command = Command::new("ping");
    let seconds = patience.as_secs_f64().max(0.2).to_string();
    command.args(["-n", "-c", "1", "-W", &seconds, &target.to_string()]);
    let output = run(command, "")?;
    Ok(match output.exit {
        Some(0) => Reply::Answered { by: String::new(), seen: None },
        Some(1) => Reply::Silence,
        _ => Reply::NoWay { error: output.stderr.trim().to_owned() },
    })
}

/// Reads an answer: identity, then the client's address.
fn told(answer: io::Result<String>) -> Reply {
    match answer {
        Ok(text) => {
            let mut words = text.split_whitespace();
            let by = words.next().unwrap_or_default().to_owned();
            Reply::Answered { by, seen: words.next().and_then(|word| word.parse().ok()) }
        }
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Reply::Refused,
        Err(error) if waits(&error) => Reply::Silence,
        Err(error) => Reply::NoWay { error: error.to_string() },
    }
}

fn waits(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted
    )
}
