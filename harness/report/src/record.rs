//! What a run leaves behind. A verdict is a pure function of it, so that it
//! can be computed again, by another version or by somebody else.

mod divergence;
mod scenario;

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::detection::Detection;
use crate::ledger::RowId;

pub use divergence::DivergenceRecord;
pub use scenario::{
    AttemptRecord, ClaimRecord, ReadingRecord, Reason, ScenarioRecord, StepRecord, Why,
};

/// Everything that a run leaves behind.
///
/// It holds every scenario of the suite: those that were not selected or could
/// not run are there with their reason.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RunRecord {
    /// Name of the run.
    pub run: String,
    /// What judged.
    pub suite: Suite,
    /// What was judged.
    pub target: Target,
    /// Where it ran.
    pub environment: Environment,
    /// What the user selected.
    pub selection: Selection,
    /// What the user left out.
    pub exclusions: Vec<Exclusion>,
    /// Seed of the order and of generated cases, where there is one.
    pub seed: Option<u64>,
    /// The command that does it again.
    pub reproduce: String,
    /// When it began.
    pub started: Timestamp,
    /// When it ended; none while it is under way or after it was cut short.
    pub finished: Option<Timestamp>,
    /// Whether it came to its end.
    pub complete: bool,
    /// What went wrong besides scenarios.
    pub troubles: Vec<Trouble>,
    /// Every scenario, in the suite's order.
    pub scenarios: Vec<ScenarioRecord>,
    /// What was left behind in kernel, cloud or processes.
    pub leaks: Vec<String>,
    /// What shows that the scenarios can fail, where that was measured.
    pub detection: Option<Detection>,
}

/// What judged.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Suite {
    /// Its version.
    pub version: String,
    /// The commit that it was built from.
    pub commit: Option<String>,
}

/// What was judged, and what it claims.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Target {
    /// Its name.
    pub name: String,
    /// Who makes it.
    pub organisation: String,
    /// Its version.
    pub version: String,
    /// Profiles that it claims.
    pub profiles: Vec<String>,
    /// Capabilities that it claims or denies.
    pub capabilities: BTreeMap<String, bool>,
    /// Readings of disputed rows that it follows.
    pub readings: BTreeMap<RowId, String>,
}

/// Where the run took place.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Environment {
    /// Release of the kernel.
    pub kernel: String,
    /// Processors.
    pub cpus: u32,
    /// Version of Kubernetes, where the run had one.
    pub kubernetes: Option<String>,
    /// What scenarios may need and this machine lacks.
    pub missing: Vec<String>,
}

/// What the user selected.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Selection {
    /// Profiles that the verdict covers.
    pub profiles: Vec<String>,
    /// What narrowed the scenarios further, as the user wrote it.
    pub filters: Vec<String>,
}

/// A scenario or row that the user left out.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Exclusion {
    /// What.
    pub id: String,
    /// Why.
    pub reason: String,
}

/// Something that went wrong besides scenarios.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Trouble {
    /// Of which kind.
    pub kind: TroubleKind,
    /// What, in words.
    pub text: String,
}

/// Kinds of trouble, each with an exit code of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TroubleKind {
    /// The harness itself failed.
    Harness,
    /// The machine or the target was not ready.
    NotReady,
    /// A gate that the user set was not met.
    Gate,
}
