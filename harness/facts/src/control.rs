//! Paired controls: what a claim says did not happen is worth nothing unless the
//! same path is known to work without the obstacle. [`Claim::control`] tells of
//! every claim which facts are negative and by which they are controlled; a
//! [`Negative`] cannot be made of facts of two paths.

use std::fmt;

use serde_json::Value;

use crate::claim::{Claim, Reindexed};
use crate::cni::CniCall;
use crate::evidence::{Evidence, Fact};
use crate::signal::{Still, Untold};

/// What makes a claim's silence speak.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Control<'a> {
    /// Nothing is needed: the claim is about what is there or happened.
    None,
    /// The control is in the facts of the claim themselves, which its judge looks
    /// for: two addresses to tell apart, calls to count, a connection to look at.
    Within,
    /// Each negative fact has a control of its own; without any pair nothing is known.
    Pairs(Vec<Pair<'a>>),
}

/// Names of a negative fact and of its control.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pair<'a> {
    /// What was not, or did not happen.
    pub fact: &'a str,
    /// What was, or did.
    pub control: &'a str,
    /// What both have in common.
    pub common: Common,
}

/// What a fact and its control have in common.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Common {
    /// The whole path.
    Path,
    /// The path but for the node: one that lacks the obstacle.
    BesideNode,
    /// The time: the control shows that the target was at work meanwhile.
    Time,
}

/// A negative fact together with its control.
#[derive(Clone, Copy, Debug)]
pub struct Negative<'a> {
    fact: &'a Fact,
    control: &'a Fact,
}

/// Why two facts are no negative one with its control.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Unpaired {
    /// A fact was never stored.
    Missing {
        /// Its name.
        name: String,
    },
    /// The control went another way.
    OtherPath {
        /// The path of the negative fact.
        fact: String,
        /// The path of the control.
        control: String,
    },
}

impl fmt::Display for Unpaired {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { name } => write!(f, "nothing was stored as {name:?}"),
            Self::OtherPath { fact, control } => {
                write!(f, "the control went another way: {control} instead of {fact}")
            }
        }
    }
}

impl<'a> Negative<'a> {
    /// Pairs two facts, or refuses them as of two paths.
    pub fn new(fact: &'a Fact, control: &'a Fact, common: Common) -> Result<Self, Unpaired> {
        let paths = match common {
            Common::Time => return Ok(Self { fact, control }),
            Common::Path => (path(fact, true), path(control, true)),
            Common::BesideNode => (path(fact, false), path(control, false)),
        };
        if paths.0 == paths.1 || is_spoilt(fact, control, common) {
            return Ok(Self { fact, control });
        }
        Err(Unpaired::OtherPath { fact: paths.0, control: paths.1 })
    }

    /// The pair of these names.
    pub fn find(evidence: &'a Evidence, pair: Pair<'_>) -> Result<Self, Unpaired> {
        let get = |name: &str| {
            let missing = || Unpaired::Missing { name: name.to_owned() };
            evidence.get(name).ok_or_else(missing)
        };
        Self::new(get(pair.fact)?, get(pair.control)?, pair.common)
    }

    /// What was not, or did not happen.
    pub fn fact(&self) -> &'a Fact {
        self.fact
    }

    /// What was, or did.
    pub fn control(&self) -> &'a Fact {
        self.control
    }
}

/// Whether the verb itself is what is wrong with a call: then the rest of the path is
/// compared.
fn is_spoilt(fact: &Fact, control: &Fact, common: Common) -> bool {
    const VERBS: [&str; 6] = ["ADD", "DEL", "CHECK", "STATUS", "VERSION", "GC"];
    let (Fact::Cni(fact), Fact::Cni(control)) = (fact, control) else { return false };
    let node = common == Common::BesideNode || fact.node == control.node;
    fact.plugin == control.plugin && node && !VERBS.contains(&fact.var("CNI_COMMAND"))
}

/// The way that a fact tells of, in words; of a call the sandbox is no part, as the
/// next pod of a node goes the same way.
fn path(fact: &Fact, with_node: bool) -> String {
    match fact {
        Fact::Cni(call) => call_path(call, with_node),
        Fact::Exchange(exchange) => {
            let family = if exchange.target.is_ipv4() { "IPv4" } else { "IPv6" };
            let (client, server) = (&exchange.client, &exchange.server);
            format!("{} from {client} to {server} with {family}", exchange.protocol)
        }
        Fact::Kernel(state) => format!("state of {}", state.place),
        Fact::Flow(flow) => format!("packets by {}", flow.node),
        Fact::Netlink { place, .. } => format!("events of {place}"),
        Fact::Chases(_) => "tries of pods that come and go".to_owned(),
        Fact::Track(track) => format!("tries from {} to {}", track.client, track.target),
        Fact::Drift(drift) => drift.object.clone(),
        Fact::Frames(frames) => format!("frames of {}", frames.place),
        Fact::Damage(damage) => format!("file {}", damage.path),
        Fact::Inventory(_) => "inventory of the cloud".to_owned(),
        Fact::Calls { .. } => "calls of the cloud".to_owned(),
        Fact::Object { object } => {
            let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str);
            let kind = text("/kind").unwrap_or("no object");
            let name = text("/metadata/name").filter(|_| with_node).unwrap_or_default();
            format!("{kind} {name}")
        }
        Fact::Events { .. } => "events".to_owned(),
        Fact::File { .. } => "configuration of a node".to_owned(),
        Fact::Command { argv, .. } => {
            let words: Vec<_> = argv.iter().take(2).map(String::as_str).collect();
            format!("command {}", words.join(" "))
        }
        Fact::Sockets { .. } => "sockets".to_owned(),
        Fact::Translation { .. } => "translation of Services".to_owned(),
        Fact::Tally(_) => "count of everything".to_owned(),
        Fact::Marathon(_) => "marathon".to_owned(),
        Fact::Telling(telling) => format!("what is told of {}", telling.place),
        Fact::Crash(crash) => format!("end of the {}", crash.process),
        Fact::Steps { .. } => "steps".to_owned(),
        Fact::Value { .. } => "a value".to_owned(),
    }
}

fn call_path(call: &CniCall, with_node: bool) -> String {
    let node = if with_node { format!(" on {}", call.node) } else { String::new() };
    format!("{} by {}{node}", call.var("CNI_COMMAND"), call.plugin)
}

impl Claim {
    /// By what the claim is controlled. Every claim must be named here, so that one
    /// that says that something is not cannot be made without its control.
    #[expect(clippy::too_many_lines, reason = "a table: one entry for each claim")]
    pub fn control(&self) -> Control<'_> {
        match self {
            Self::CallSucceeds { .. }
            | Self::GivenUp { .. }
            | Self::ErrorNames { .. }
            | Self::Versions { .. }
            | Self::Wired { .. }
            | Self::Families { .. }
            | Self::SameAddresses { .. }
            | Self::AllServed { .. }
            | Self::Answers { .. }
            | Self::Decided { .. }
            | Self::Carried(_)
            | Self::Admitted { .. }
            | Self::Holds { .. }
            | Self::Told { .. }
            | Self::OnSecondaryEnis { .. }
            | Self::CloudRefused { .. }
            | Self::CommandSays { .. }
            | Self::KilledAt { .. }
            | Self::Damaged { .. }
            | Self::LimitsAre { .. } => Control::None,
            Self::DistinctAddresses { .. }
            | Self::OnlyTheMeant { .. }
            | Self::Repaired { .. }
            | Self::PoolSize { .. }
            | Self::PoolFollows { .. }
            | Self::WithinBudget { .. }
            | Self::NoPeak { .. }
            | Self::Fair { .. }
            | Self::Conserved { .. }
            | Self::NothingForged { .. }
            | Self::Named(_)
            | Self::Moved(_)
            | Self::ControlPlaneOverIpv4 { .. } => Control::Within,
            // The obstacle may be the node's, as with a vSwitch of its own.
            Self::CallFails { call, control, .. } => {
                Control::Pairs(vec![pair(call, control, Common::BesideNode)])
            }
            Self::Noticed { check, control, .. } => by(check, control),
            Self::ForeignUntouched { looks, drifts } => beside(looks, drifts),
            Self::NotBelieved { looks, control, .. } => {
                let after = looks.iter().map(|[_, after]| pair(after, &control[1], Common::Path));
                Control::Pairs(after.collect())
            }
            Self::NoneTentative { state, control } | Self::LinkGone { state, control, .. } => {
                by(state, control)
            }
            Self::NamesNone { look, controls, .. } => by_each(look, controls),
            Self::Reindexed(Reindexed { before, after, .. }) => by(after, before),
            Self::Silent { exchange, control } => by(exchange, control),
            Self::PassesStack { flow, control, .. } => by(flow, control),
            Self::NoOrphans { inventory, control } => by(inventory, control),
            Self::CommandRefuses { command, control, .. } => by(command, control),
            Self::NoneDropped { before, after, control }
            | Self::NothingGrew { before, after, control, .. }
            | Self::Still(Still { before, after, control, .. })
            | Self::SameState { before, after, control } => Control::Pairs(vec![
                pair(after, control, Common::Path),
                pair(before, control, Common::Path),
            ]),
            Self::Untold(Untold { texts, holders, .. }) => {
                Control::Pairs(texts.iter().flat_map(|text| at_the_time(text, holders)).collect())
            }
            Self::NotReused { later, control, .. } => {
                Control::Pairs(later.iter().map(|add| pair(add, control, Common::Path)).collect())
            }
            Self::Refused { file, call, control_file, control_call, .. } => Control::Pairs(vec![
                pair(file, control_file, Common::BesideNode),
                pair(call, control_call, Common::BesideNode),
            ]),
            Self::PrimaryUntouched { after, calls, .. } => meanwhile(after, calls),
            Self::EniUntouched { after, served, .. } => meanwhile(after, served),
        }
    }
}

fn pair<'a>(fact: &'a str, control: &'a str, common: Common) -> Pair<'a> {
    Pair { fact, control, common }
}

fn by<'a>(fact: &'a str, control: &'a str) -> Control<'a> {
    Control::Pairs(vec![pair(fact, control, Common::Path)])
}

fn by_each<'a>(fact: &'a str, controls: &'a [String]) -> Control<'a> {
    Control::Pairs(controls.iter().map(|control| pair(fact, control, Common::Path)).collect())
}

/// Each look after is told to speak by each drift beside it.
fn beside<'a>(looks: &'a [[String; 2]], drifts: &'a [String]) -> Control<'a> {
    let pairs = looks
        .iter()
        .flat_map(|[_, after]| drifts.iter().map(move |drift| pair(after, drift, Common::Time)));
    Control::Pairs(pairs.collect())
}

fn meanwhile<'a>(fact: &'a str, work: &'a [String]) -> Control<'a> {
    Control::Pairs(at_the_time(fact, work).collect())
}

fn at_the_time<'a>(fact: &'a str, others: &'a [String]) -> impl Iterator<Item = Pair<'a>> {
    others.iter().map(move |other| pair(fact, other, Common::Time))
}

#[cfg(test)]
mod tests;
