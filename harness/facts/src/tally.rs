//! How much there is: what a node, its agents and the cloud hold, as numbers, and
//! what a long row of calls came to.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the harness makes itself, one for each pod: it must come back, and tells nothing of
/// what the target made.
pub const NAMESPACES: &str = "namespaces";

/// Everything that could pile up, counted at one moment.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Tally {
    /// Things that must come back to the same number, by what they are.
    pub counts: BTreeMap<String, u64>,
    /// Things that vary by a few, by what they are: they may be fewer, or more by so many that
    /// the claim says.
    pub at_most: BTreeMap<String, u64>,
    /// Bytes, which vary by themselves a little.
    pub bytes: BTreeMap<String, u64>,
}

impl Tally {
    /// Whether something that the target makes is there in another number.
    pub fn differs(&self, other: &Self) -> bool {
        let made = |tally: &Self| {
            let counts = tally.counts.iter().filter(|(what, _)| *what != NAMESPACES);
            counts.map(|(what, count)| (what.clone(), *count)).collect::<Vec<_>>()
        };
        made(self) != made(other)
    }

    /// Whether nothing grew from `before` to this, by more than `spare` where it varies, give or
    /// take bytes.
    pub fn is_back(&self, before: &Self, spare: u64) -> bool {
        let more = |(what, count): (&String, &u64)| {
            before.at_most.get(what).is_none_or(|old| old + spare < *count)
        };
        self.counts == before.counts && !self.at_most.iter().any(more)
    }
}

/// What a long row of sandboxes came to.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Marathon {
    /// Sandboxes that came and went.
    pub sandboxes: u64,
    /// Calls that ended by themselves and succeeded.
    pub succeeded: u64,
    /// Calls that were killed on their way.
    pub killed: u64,
    /// Calls that were made twice.
    pub doubled: u64,
    /// DELs that were never made.
    pub lost: u64,
    /// Calls that nobody disturbed and that failed nevertheless, each as `verb sandbox: answer`;
    /// the first ones only.
    pub failures: Vec<String>,
    /// How many of those there were.
    pub failed: u64,
    /// Milliseconds from the first call to the last.
    pub millis: u64,
}
