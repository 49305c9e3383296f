//! The form of `bench.json`.

use schemars::{JsonSchema, Schema};
use serde::Serialize;

use crate::goal::Goal;
use crate::stats::percentile;

/// Which benchmark.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Calls of plugins.
    Cni,
    /// Packets between pods.
    Datapath,
}

/// Where it was measured.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct Machine {
    /// Number of processors.
    pub processors: usize,
    /// Release of the kernel.
    pub kernel: String,
    /// Processes that ran or waited, on average over the minute before the start.
    pub load: f64,
    /// Whether that was so much that others took part of the time.
    pub loaded: bool,
}

/// Samples of one thing.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct Measure {
    /// Who was measured.
    pub who: String,
    /// Doing what.
    pub what: String,
    /// How many pods were on the node.
    pub pods: u32,
    /// Unit of the samples.
    pub unit: &'static str,
    /// Half of the samples are below.
    pub p50: f64,
    /// All but a twentieth of the samples are below.
    pub p95: f64,
    /// The samples, in the order in which they were taken.
    pub samples: Vec<f64>,
}

/// Everything that a benchmark has to say; no verdict depends on it.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct Result {
    /// Which benchmark.
    pub kind: Kind,
    /// When it began.
    pub started: String,
    /// Where it was measured.
    pub machine: Machine,
    /// What was measured.
    pub measures: Vec<Measure>,
    /// Goals, with the figures beside them.
    pub goals: Vec<Goal>,
}

impl Measure {
    /// Takes samples; they are kept to a thousandth.
    pub fn new(who: &str, what: &str, pods: u32, unit: &'static str, samples: &[f64]) -> Self {
        let round = |value: f64| (value * 1e3).round() / 1e3;
        let quantile = |p| round(percentile(samples, p).unwrap_or_default());
        Self {
            who: who.to_owned(),
            what: what.to_owned(),
            pods,
            unit,
            p50: quantile(0.5),
            p95: quantile(0.95),
            samples: samples.iter().copied().map(round).collect(),
        }
    }
}

impl Result {
    /// Whether every goal is met.
    pub fn met(&self) -> bool {
        self.goals.iter().all(|goal| goal.outcome == crate::Outcome::Met)
    }
}

/// Schema of `bench.json`.
pub fn schema() -> Schema {
    schemars::schema_for!(Result)
}
