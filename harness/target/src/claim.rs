//! What a target says of itself.

use std::collections::{BTreeMap, BTreeSet};

/// A capability by its tag, for example `cni-gc`.
pub type Capability = &'static str;

/// Everything that scenarios may ask for, with what it means.
pub const CAPABILITIES: [(Capability, &str); 17] = [
    ("cni-0.3.0", "speaks CNI 0.3.0"),
    ("cni-0.3.1", "speaks CNI 0.3.1"),
    ("cni-0.4.0", "speaks CNI 0.4.0"),
    ("cni-1.0.0", "speaks CNI 1.0.0"),
    ("cni-1.1.0", "speaks CNI 1.1.0"),
    ("cni-gc", "serves GC"),
    ("cni-status", "serves STATUS"),
    ("agent", "has an agent on each node that can be stopped and started"),
    ("controller", "has a controller that can be stopped and started"),
    ("bare-nodes", "its controller serves nodes whose agents are played by an object of the API"),
    ("shared-eni", "shares interfaces of the cloud among pods"),
    ("dual-stack", "gives pods an IPv4 and an IPv6 address"),
    ("fail-points", "can be told to end itself at named steps, as the mutants' build can"),
    ("state-files", "names the files in which its agents keep their state"),
    ("state-version", "names the bytes of a state file that tell its format's version"),
    ("signals", "names the metrics and events that tell of faults"),
    ("cli", "has commands for people: limits, plan-check"),
];

/// What a target claims. A verdict is about this and nothing else.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Claims {
    /// Profiles that a bare run selects.
    pub profiles: Vec<&'static str>,
    /// Capabilities; what is not here is not claimed.
    pub capabilities: BTreeSet<Capability>,
    /// Reading of each disputed row, by its id.
    pub readings: BTreeMap<&'static str, &'static str>,
}

impl Claims {
    /// Every capability there is.
    pub(crate) fn everything() -> BTreeSet<Capability> {
        CAPABILITIES.into_iter().map(|(name, _)| name).collect()
    }
}
