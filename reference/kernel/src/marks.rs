//! Marks of pods' packets, by source address, before they are routed: the
//! nftables table `inet terway`, all of which is ours.
//!
//! For each pod interface and family there is a set of addresses and one rule,
//! so a packet meets as many lookups as the node has pod interfaces, however
//! many pods there are. Bits of the mark that belong to others are kept.
//! Priority -150 is before routing and before address translation.
//!
//! The table is written by `nft`: the library that speaks nf_tables by itself is
//! under a licence that this project's users could not take on. Single elements, which
//! come and go with each pod, are written by hand.

mod element;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::net::IpAddr;
use std::process::{Command, Stdio};
use std::sync::Mutex;

use model::kernel::Mark;
use nix::libc::ENOENT;

use crate::KernelError;
use element::{Change, Connection, Verb};

const NAME: &str = "terway";
const TABLE: &str = "inet terway";

/// How the mark of an interface is made from its slot, and which bits it may touch.
#[derive(Clone, Copy, Debug)]
pub struct MarkBits {
    /// Bits that are ours.
    pub mask: u32,
    /// The mark of a slot, within the mask.
    pub of: fn(u16) -> u32,
}

/// Replaces the whole table by one that knows `slots` and those of `marks`, and holds
/// `marks`, in one step: no packet sees the table half made.
pub fn replace(bits: MarkBits, slots: &[u16], marks: &[Mark]) -> Result<(), KernelError> {
    let (mut sets, mut rules) = (String::new(), String::new());
    let of_marks = marks.iter().map(|mark| mark.slot);
    let slots: BTreeSet<u16> = of_marks.chain(slots.iter().copied()).collect();
    for slot in slots {
        for (v4, kind, match_source) in
            [(true, "ipv4_addr", "ip saddr"), (false, "ipv6_addr", "ip6 saddr")]
        {
            let name = set_name(slot, v4);
            let of = marks.iter().filter(|mark| mark.slot == slot && mark.source.is_ipv4() == v4);
            let addresses: Vec<_> = of.map(|mark| mark.source.to_string()).collect();
            let elements = match addresses.as_slice() {
                [] => String::new(),
                some => format!("elements = {{ {} }};", some.join(", ")),
            };
            let (kept, value) = (!bits.mask, (bits.of)(slot));
            let _ = writeln!(sets, "set {name} {{ type {kind}; {elements} }}");
            let _ = writeln!(
                rules,
                "{match_source} @{name} meta mark set meta mark & {kept:#010x} | {value:#010x}"
            );
        }
    }
    let script = format!(
        "add table {TABLE}\ndelete table {TABLE}\ntable {TABLE} {{\n{sets}\
         chain mark-pods {{\ntype filter hook prerouting priority -150; policy accept;\n{rules}}}\n}}\n"
    );
    let act = "replace nftables table inet terway".to_owned();
    nft(&script).map_err(|source| KernelError::Refused { act, source })
}

/// The marks of the namespace in which it is used first.
#[derive(Default)]
pub struct Marks(Mutex<Option<Connection>>);

impl Marks {
    /// Adds marks to interfaces that the table knows; those that are there are fine.
    /// An errno of ENOENT says that it does not know one: [`replace`] the table then.
    pub fn add(&self, marks: &[Mark]) -> Result<(), KernelError> {
        let changes: Vec<_> = marks.iter().map(|mark| of(Verb::Add, mark)).collect();
        self.change(&changes).map_err(|source| refused("mark", marks, source))
    }

    /// Removes marks. Those that are gone are fine.
    pub fn remove(&self, marks: &[Mark]) -> Result<(), KernelError> {
        // What is added first is surely there to be deleted.
        let both = |mark| [of(Verb::Add, mark), of(Verb::Delete, mark)];
        let changes: Vec<_> = marks.iter().flat_map(both).collect();
        match self.change(&changes) {
            Err(error) if error.raw_os_error() == Some(ENOENT) => Ok(()),
            done => done.map_err(|source| refused("unmark", marks, source)),
        }
    }

    fn change(&self, changes: &[Change]) -> io::Result<()> {
        let mut slot = self.0.lock().expect("no holder panics");
        let mut connection = slot.take().map_or_else(Connection::open, Ok)?;
        let done = connection.change(NAME, changes);
        *slot = Some(connection);
        done
    }
}

fn of(verb: Verb, mark: &Mark) -> Change {
    let set = set_name(mark.slot, mark.source.is_ipv4());
    Change { verb, set, element: mark.source }
}

fn refused(verb: &str, marks: &[Mark], source: io::Error) -> KernelError {
    KernelError::Refused { act: format!("{verb} packets from {}", sources(marks)), source }
}

fn set_name(slot: u16, v4: bool) -> String {
    format!("eni{slot}-{}", if v4 { "v4" } else { "v6" })
}

fn sources(marks: &[Mark]) -> String {
    let all: Vec<_> = marks.iter().map(|mark| IpAddr::to_string(&mark.source)).collect();
    all.join(", ")
}

/// Runs a script in this thread's namespace, all of it or nothing.
fn nft(script: &str) -> io::Result<()> {
    // A missing program must not read as a missing set.
    let start = |error: io::Error| io::Error::other(format!("start nft: {error}"));
    let mut child = Command::new("nft")
        .args(["-f", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(start)?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(script.as_bytes())?;
    }
    let output = child.wait_with_output()?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    Err(io::Error::other(format!("nft: {}", text.lines().next().unwrap_or_default())))
}
