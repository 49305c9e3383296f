//! What the kernel tells of changes in a namespace while they happen: links,
//! addresses, routes, rules and neighbours, as `ip -ts monitor all` prints them.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use facts::Fact;

use crate::ProbeError;
use crate::netns::NetnsPath;

/// Lines that are kept from the beginning, and as many from the end.
const KEPT: usize = 2000;
/// How long the tool may take until it listens.
const PATIENCE: Duration = Duration::from_secs(3);
/// The tool, as errors name it.
const TOOL: &str = "ip -ts monitor all";

/// A namespace that is being listened to; the tool ends when this is dropped.
#[derive(Debug)]
pub struct Monitor {
    child: Child,
    reader: Option<JoinHandle<Kept>>,
}

impl Monitor {
    /// Listens from the moment this returns. The tool carries the variable `mark`,
    /// by which it can be found when nobody is left to end it.
    pub fn start(netns: &NetnsPath, mark: (&str, &str)) -> Result<Self, ProbeError> {
        let failed = |source| ProbeError::Start { tool: TOOL.to_owned(), source };
        let mut command = Command::new("ip");
        command.args(["-n", &netns.name(), "-ts", "monitor", "all"]).env(mark.0, mark.1);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(failed)?;
        let reader = child.stdout.take().map(|pipe| {
            let read = move || Kept::read(pipe);
            std::thread::Builder::new().name("probe-monitor".to_owned()).spawn(read)
        });
        let mut monitor = Self { child, reader: None };
        monitor.reader = reader.transpose().map_err(failed)?;
        monitor.listening()?;
        Ok(monitor)
    }

    /// Ends it; answers what was told about `place`.
    pub fn end(mut self, place: &str) -> Fact {
        let kept = self.stop().unwrap_or_default();
        let lines = kept.first.into_iter().chain(kept.last).collect();
        Fact::Netlink { place: place.to_owned(), lines, left_out: kept.left_out }
    }

    /// Waits until the tool has joined the kernel's groups.
    fn listening(&mut self) -> Result<(), ProbeError> {
        let (id, deadline) = (self.child.id(), Instant::now() + PATIENCE);
        while !listens(id) {
            let ended = matches!(self.child.try_wait(), Ok(Some(_)));
            if ended || Instant::now() > deadline {
                let problem = if ended { "it ended" } else { "it does not listen" };
                return Err(ProbeError::Tool {
                    tool: TOOL.to_owned(),
                    problem: problem.to_owned(),
                });
            }
            std::thread::park_timeout(Duration::from_millis(1));
        }
        Ok(())
    }

    fn stop(&mut self) -> Option<Kept> {
        // One that has ended already cannot be killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.reader.take()?.join().ok()
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Whether a process has a netlink socket that is in a group.
fn listens(process: u32) -> bool {
    let own: Vec<String> = std::fs::read_dir(format!("/proc/{process}/fd"))
        .map(|entries| entries.flatten().filter_map(|fd| inode(&fd.path())).collect())
        .unwrap_or_default();
    let list = std::fs::read_to_string(format!("/proc/{process}/net/netlink"));
    list.unwrap_or_default().lines().any(|line| {
        let words: Vec<_> = line.split_whitespace().collect();
        words.get(3).is_some_and(|groups| groups.bytes().any(|digit| digit != b'0'))
            && words.last().is_some_and(|inode| own.iter().any(|own| own == inode))
    })
}

/// The socket behind a descriptor.
fn inode(fd: &Path) -> Option<String> {
    let target = std::fs::read_link(fd).ok()?;
    let inode = target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?;
    Some(inode.to_owned())
}

/// Lines from the beginning and the end.
#[derive(Debug, Default)]
struct Kept {
    first: Vec<String>,
    last: VecDeque<String>,
    left_out: usize,
}

impl Kept {
    fn read(from: impl Read) -> Self {
        let mut kept = Self::default();
        for line in BufReader::new(from).split(b'\n').map_while(Result::ok) {
            kept.keep(String::from_utf8_lossy(&line).trim_end().to_owned());
        }
        kept
    }

    fn keep(&mut self, line: String) {
        if self.first.len() < KEPT {
            self.first.push(line);
            return;
        }
        self.last.push_back(line);
        if self.last.len() > KEPT {
            self.last.pop_front();
            self.left_out += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beginning_and_end_are_kept_and_the_rest_is_counted() {
        let lines: Vec<_> = (0..5000).map(|number| format!("line {number} ")).collect();
        let kept = Kept::read(lines.join("\n").as_bytes());
        assert_eq!((kept.first.len(), kept.last.len(), kept.left_out), (2000, 2000, 1000));
        assert_eq!((kept.first[0].as_str(), kept.last[1999].as_str()), ("line 0", "line 4999"));
    }

    #[test]
    fn a_process_without_groups_does_not_listen() {
        assert!(!listens(std::process::id()));
        assert!(!listens(0));
    }
}
