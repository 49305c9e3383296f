//! One way between two namespaces: round trips, requests, and what a packet costs.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use anyhow::Context;
use bench::Measure;
use probe::{NetnsPath, PORT, Server, within};

use super::Samples;

/// Round trips of one sample.
const TRIPS: usize = 200;
/// Connections of one sample.
const REQUESTS: usize = 20;
/// Bursts of packets of one sample.
const BURSTS: usize = 40;
/// Packets of a burst, which is too short for others to take a part of most.
const PACKETS: u32 = 125;
/// Longest wait for one answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Who answers.
pub(super) struct Peer {
    pub(super) netns: NetnsPath,
    pub(super) address: IpAddr,
}

/// A way with its sockets, which stay in their namespaces.
pub(super) struct Path {
    client: NetnsPath,
    socket: UdpSocket,
    /// To a socket that nobody reads: packets end there, and none is answered.
    sink: UdpSocket,
    server: SocketAddr,
    _reader: Server,
    _full: UdpSocket,
}

/// What one sample saw.
struct Seen {
    /// Half of the round trips were quicker.
    trip_us: f64,
    /// Half of the requests, with their connections, were quicker.
    request_us: f64,
}

impl Path {
    pub(super) fn open(client: &NetnsPath, peer: &Peer) -> anyhow::Result<Self> {
        let reader = Server::start(&peer.netns, "bench")?;
        let bind = || UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0));
        let full = within(&peer.netns, bind)?.context("bind a sink")?;
        let port = full.local_addr().context("look at the sink")?.port();
        let server = SocketAddr::new(peer.address, PORT);
        let open = || -> io::Result<(UdpSocket, UdpSocket)> {
            let (socket, sink) = (bind()?, bind()?);
            socket.connect(server)?;
            socket.set_read_timeout(Some(PATIENCE))?;
            sink.connect((peer.address, port))?;
            Ok((socket, sink))
        };
        let (socket, sink) = within(client, open)?.context("open the client's sockets")?;
        Ok(Self { client: client.clone(), socket, sink, server, _reader: reader, _full: full })
    }

    /// Takes one sample of round trips and of requests.
    fn sample(&self) -> anyhow::Result<Seen> {
        let trip_us = median(TRIPS, || self.trip()).context("a UDP round trip")?;
        let requests = || median(REQUESTS, || self.request());
        let request_us = within(&self.client, requests)?.context("a TCP request")?;
        Ok(Seen { trip_us, request_us })
    }

    /// Sends a burst; answers the nanoseconds of a packet, whose work is all done where it
    /// is sent.
    fn packet(&self) -> anyhow::Result<f64> {
        let burst_us = timed(|| self.burst()).context("send packets")?;
        Ok(burst_us * 1e3 / f64::from(PACKETS))
    }

    fn trip(&self) -> io::Result<()> {
        let mut answer = [0; 64];
        self.socket.send(b"?")?;
        self.socket.recv(&mut answer).map(drop)
    }

    fn request(&self) -> io::Result<()> {
        let mut stream = TcpStream::connect_timeout(&self.server, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(b"?")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).map(drop)
    }

    fn burst(&self) -> io::Result<()> {
        (0..PACKETS).try_for_each(|_| self.sink.send(b"0123456789abcdef").map(drop))
    }
}

/// Measures paths, in turns.
pub(super) fn in_turns(
    paths: &[(&'static str, Path)],
    rounds: u32,
    pods: u32,
) -> anyhow::Result<Vec<Measure>> {
    let mut trips = Samples::new("UDP round trip", "us");
    let mut requests = Samples::new("TCP connect and request", "us");
    let mut packets = Samples::new("packet", "ns");
    // The first round learns neighbours and is not counted.
    for round in 0..=rounds {
        for (who, path) in paths {
            let seen = path.sample().with_context(|| format!("measure {who}"))?;
            if round > 0 {
                trips.add(who, seen.trip_us);
                requests.add(who, seen.request_us);
            }
        }
        for (who, ns) in bursts(paths)? {
            if round > 0 {
                packets.add(who, ns);
            }
        }
    }
    let all = [trips, requests, packets];
    Ok(all.iter().flat_map(|samples| samples.measures(pods).collect::<Vec<_>>()).collect())
}

/// What a packet costs on each path, in nanoseconds; half of the bursts were quicker. The
/// paths take turns burst by burst: what the machine does meanwhile happens to all.
fn bursts(paths: &[(&'static str, Path)]) -> anyhow::Result<Vec<(&'static str, f64)>> {
    let mut seen = vec![Vec::new(); paths.len()];
    for _ in 0..BURSTS {
        for ((who, path), costs) in paths.iter().zip(&mut seen) {
            costs.push(path.packet().with_context(|| format!("measure {who}"))?);
        }
    }
    let cost = |costs: &Vec<f64>| bench::percentile(costs, 0.5).unwrap_or_default();
    Ok(paths.iter().zip(&seen).map(|((who, _), costs)| (*who, cost(costs))).collect())
}

/// Microseconds that half of the acts take less than.
fn median(count: usize, act: impl Fn() -> io::Result<()>) -> io::Result<f64> {
    let all: Vec<f64> = (0..count).map(|_| timed(&act)).collect::<io::Result<_>>()?;
    Ok(bench::percentile(&all, 0.5).unwrap_or_default())
}

/// Microseconds of an act.
fn timed(act: impl FnOnce() -> io::Result<()>) -> io::Result<f64> {
    let begun = Instant::now();
    act().map(|()| begun.elapsed().as_secs_f64() * 1e6)
}
