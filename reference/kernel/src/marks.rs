//! Marks of pods' packets, and nothing else of what comes by a pod's link: the
//! nftables table `inet terway`, all of which is ours.
//!
//! For each pod interface and family there is a set of links with addresses and
//! one rule, so a packet meets as many lookups as the node has pod interfaces,
//! however many pods there are; a packet that comes by no pod's link meets one.
//! What a pod sends from an address that is not its own, and whatever it tells
//! of neighbours and routers, ends here, before anybody tracks or routes it; what
//! it forged is counted.
//! Bits of the mark that belong to others are kept.
//!
//! The table is written by `nft`: the library that speaks nf_tables by itself is
//! under a licence that this project's users could not take on. Single elements, which
//! come and go with each pod, are written by hand.

mod element;
mod seen;

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

pub use seen::{Seen, seen};

const NAME: &str = "terway";
const TABLE: &str = "inet terway";
/// Links of pods.
const LINKS: &str = "links";
/// Rules about all pods, by their comments: the first two and the last two.
const GENERAL: [&str; 4] = ["others", "discovery", "own-link", STRANGERS];
/// The rule that counts what pods forge.
const STRANGERS: &str = "strangers";
/// Sources of what the kernel of an honest pod says by itself, as to join a group: no
/// forgery, and nobody's business outside of the pod.
const OWN_LINK: &str = "::, fe80::/10";
/// A pod has its gateway by a neighbour entry; it has nothing to tell the node.
const DISCOVERY: &str = "nd-router-solicit, nd-router-advert, nd-neighbor-solicit, \
    nd-neighbor-advert, nd-redirect";

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
    let [others, discovery, own_link, strangers] = GENERAL;
    let links: BTreeSet<_> = marks.iter().map(|mark| format!("{:?}", mark.link)).collect();
    let mut sets = set(LINKS, "ifname", links);
    let mut rules = String::new();
    let of_marks = marks.iter().map(|mark| mark.slot);
    let slots: BTreeSet<u16> = of_marks.chain(slots.iter().copied()).collect();
    for slot in slots {
        for (v4, kind, source) in
            [(true, "ipv4_addr", "ip saddr"), (false, "ipv6_addr", "ip6 saddr")]
        {
            let name = set_name(slot, v4);
            let of = marks.iter().filter(|mark| mark.slot == slot && mark.source.is_ipv4() == v4);
            sets += &set(&name, &format!("ifname . {kind}"), of.map(key).collect());
            let (kept, value) = (!bits.mask, (bits.of)(slot));
            let _ = writeln!(
                rules,
                "iifname . {source} @{name} meta mark set meta mark & {kept:#010x} | {value:#010x} \
                 accept comment {name:?}"
            );
        }
    }
    let flush = if defect::on("marks-replace-all-tables") { "flush ruleset\n" } else { "" };
    let verdict = |flaw| if defect::on(flaw) { "accept" } else { "drop" };
    let (told, strange) = (verdict("pods-tell-of-neighbours"), verdict("strangers-pass"));
    let script = format!(
        "{flush}add table {TABLE}\ndelete table {TABLE}\ntable {TABLE} {{\n{sets}\
         chain pods {{\ntype filter hook prerouting priority raw; policy accept;\n\
         iifname != @{LINKS} accept comment {others:?}\n\
         icmpv6 type {{ {DISCOVERY} }} {told} comment {discovery:?}\n\
         {rules}ip6 saddr {{ {OWN_LINK} }} {strange} comment {own_link:?}\n\
         counter {strange} comment {strangers:?}\n}}\n}}\n"
    );
    let act = "replace nftables table inet terway".to_owned();
    nft(&["-f", "-"], &script).map(drop).map_err(|source| KernelError::Refused { act, source })
}

/// The marks of the namespace in which it is used first.
#[derive(Default)]
pub struct Marks(Mutex<Option<Connection>>);

impl Marks {
    /// Adds marks to interfaces that the table knows; those that are there are fine.
    /// An errno of ENOENT says that it does not know one: [`replace`] the table then.
    pub fn add(&self, marks: &[Mark]) -> Result<(), KernelError> {
        let changes = changes(Verb::Add, marks);
        self.change(&changes).map_err(|source| refused("mark", marks, source))
    }

    /// Removes all marks of some pods. Those that are gone are fine.
    pub fn remove(&self, marks: &[Mark]) -> Result<(), KernelError> {
        // What is added first is surely there to be deleted.
        let mut both = changes(Verb::Add, marks);
        both.extend(changes(Verb::Delete, marks));
        match self.change(&both) {
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

fn changes(verb: Verb, marks: &[Mark]) -> Vec<Change> {
    let links: BTreeSet<_> = marks.iter().map(|mark| mark.link.clone()).collect();
    let link = |link| Change { verb, set: LINKS.to_owned(), link, source: None };
    let source = |mark: &Mark| Change {
        verb,
        set: set_name(mark.slot, mark.source.is_ipv4()),
        link: mark.link.clone(),
        source: Some(mark.source),
    };
    links.into_iter().map(link).chain(marks.iter().map(source)).collect()
}

fn refused(verb: &str, marks: &[Mark], source: io::Error) -> KernelError {
    KernelError::Refused { act: format!("{verb} packets from {}", sources(marks)), source }
}

fn set(name: &str, kind: &str, elements: BTreeSet<String>) -> String {
    let elements: Vec<_> = elements.into_iter().collect();
    let elements = match elements.as_slice() {
        [] => String::new(),
        some => format!("elements = {{ {} }};", some.join(", ")),
    };
    format!("set {name} {{ type {kind}; {elements} }}\n")
}

fn key(mark: &Mark) -> String {
    format!("{:?} . {}", mark.link, mark.source)
}

fn set_name(slot: u16, v4: bool) -> String {
    format!("eni{slot}-{}", if v4 { "v4" } else { "v6" })
}

/// The slot that a set's name tells.
fn slot_of(set: &str) -> Option<u16> {
    set.strip_prefix("eni")?.split_once('-')?.0.parse().ok()
}

fn sources(marks: &[Mark]) -> String {
    let all: Vec<_> = marks.iter().map(|mark| IpAddr::to_string(&mark.source)).collect();
    all.join(", ")
}

/// Runs `nft` in this thread's namespace; of a script all is done or nothing.
fn nft(args: &[&str], script: &str) -> io::Result<String> {
    // A missing program must not read as a missing set.
    let start = |error: io::Error| io::Error::other(format!("start nft: {error}"));
    let mut child = Command::new("nft")
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(start)?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(script.as_bytes())?;
    }
    let output = child.wait_with_output()?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    if text.contains("No such file or directory") {
        return Err(io::Error::from_raw_os_error(ENOENT));
    }
    Err(io::Error::other(format!("nft: {}", text.lines().next().unwrap_or_default())))
}
