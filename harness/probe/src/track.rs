//! A client that tries one address without a pause, TCP and UDP, and notes who answers
//! when.

use std::io;
use std::net::UdpSocket;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use facts::exchange::Protocol;
use facts::track::Track;

use crate::ProbeError;
use crate::chase::{Meant, PACE, listen, over_tcp, over_udp, udp_socket};
use crate::netns::{NetnsPath, within};

/// A client at work.
#[derive(Debug)]
pub struct Tracker {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    begun: Instant,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    track: Track,
    over: bool,
}

impl Tracker {
    /// Starts to try from inside `netns`; who must answer is not looked at.
    pub fn start(netns: &NetnsPath, meant: Meant) -> Result<Self, ProbeError> {
        let failed = |source| listen(netns, source);
        let udp = within(netns, || udp_socket(&meant))?.map_err(failed)?;
        let track = Track {
            client: meant.client.clone(),
            target: meant.target,
            tries: 0,
            heard: Vec::new(),
            added: 0,
            ended: 0,
        };
        let state = Mutex::new(State { track, over: false });
        let shared = Arc::new(Shared { begun: Instant::now(), state });
        let (inside, known) = (netns.clone(), shared.clone());
        let work = move || {
            // A namespace that is gone has no client any more.
            let _ = within(&inside, || follow(&meant, &udp, &known));
        };
        let thread = std::thread::Builder::new().name("probe-tracker".to_owned()).spawn(work);
        Ok(Self { shared, thread: Some(thread.map_err(failed)?) })
    }

    /// Whether a server answered over both protocols.
    pub fn heard(&self, by: &str) -> bool {
        let state = self.shared.lock();
        let over = |protocol| {
            state.track.heard.iter().any(|heard| heard.by == by && heard.protocol == protocol)
        };
        over(Protocol::Tcp) && over(Protocol::Udp)
    }

    /// The address is another pod's from now on.
    pub fn added(&self) {
        self.shared.lock().track.added = self.shared.now();
    }

    /// Milliseconds since the address is another pod's.
    pub fn since(&self) -> u64 {
        self.shared.now().saturating_sub(self.shared.lock().track.added)
    }

    /// Ends the tries and answers what came of them.
    pub fn finish(mut self) -> Track {
        self.stop();
        self.shared.lock().track.clone()
    }

    fn stop(&mut self) {
        self.shared.lock().over = true;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Tracker {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Shared {
    fn now(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn follow(meant: &Meant, udp: &UdpSocket, shared: &Shared) {
    loop {
        one(shared, Protocol::Udp, || over_udp(udp));
        one(shared, Protocol::Tcp, || over_tcp(meant));
        let mut state = shared.lock();
        state.track.ended = shared.now();
        if state.over {
            return;
        }
        drop(state);
        std::thread::park_timeout(PACE);
    }
}

fn one(shared: &Shared, protocol: Protocol, attempt: impl FnOnce() -> io::Result<String>) {
    let at = shared.now();
    let answer = attempt();
    let mut state = shared.lock();
    state.track.tries += 1;
    if let Some(by) = answer.ok().as_deref().and_then(|text| text.split_whitespace().next()) {
        state.track.hear(by, protocol, at);
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::time::Duration;

    use super::*;
    use crate::{PORT, Server};

    #[test]
    fn a_tracker_notes_who_answers_when() {
        let here = NetnsPath::new("/proc/self/ns/net");
        let Ok(server) = Server::start(&here, "u1") else {
            eprintln!("skipped: needs root and port {PORT}");
            return;
        };
        let target = Ipv4Addr::LOCALHOST.into();
        let (client, by) = ("test".to_owned(), String::new());
        let tracker = Tracker::start(&here, Meant { client, by, target, port: 45_611 }).unwrap();
        let deadline = Instant::now() + Duration::from_secs(5);
        while !tracker.heard("u1") && Instant::now() < deadline {
            std::thread::park_timeout(Duration::from_millis(10));
        }
        drop(server);
        tracker.added();
        while tracker.since() < 100 {
            std::thread::park_timeout(Duration::from_millis(10));
        }
        assert!(!tracker.heard("u2"));
        let track = tracker.finish();
        assert_eq!(track.heard.len(), 2, "{track:?}");
        let early = |heard: &facts::track::Heard| heard.last <= track.added + 50;
        assert!(track.heard.iter().all(early) && track.ended >= track.added + 100, "{track:?}");
    }
}
