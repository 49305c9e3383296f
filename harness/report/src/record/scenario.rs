//! How one scenario went.

use facts::{Claim, Judgement, Outcome, Violation};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::DivergenceRecord;
use crate::ledger::RowId;

/// How one scenario went.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScenarioRecord {
    /// Its id, stable across runs.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its feature's file.
    pub feature: String,
    /// Its line there.
    pub line: usize,
    /// Rows that it shows.
    pub rows: Vec<RowId>,
    /// Its tags.
    pub tags: Vec<String>,
    /// How it ended. Where that depends on a reading, [`settle`](crate::verdict::settle)
    /// tells the outcome from `readings`.
    pub outcome: Outcome,
    /// Why it did not run or did not decide.
    pub reason: Option<Reason>,
    /// How it ended under each reading of its disputed rows; empty where no
    /// reading matters.
    pub readings: Vec<ReadingRecord>,
    /// Its steps, in order.
    pub steps: Vec<StepRecord>,
    /// What its steps claimed, and what the facts say.
    pub claims: Vec<ClaimRecord>,
    /// Where its facts first leave what a demand wants, when a claim is violated.
    pub divergence: Option<DivergenceRecord>,
    /// What went wrong in the harness.
    pub error: Option<String>,
    /// How long it took, in milliseconds.
    pub millis: u64,
    /// File that lists its facts, relative to the report.
    pub evidence: Option<String>,
    /// Every attempt, where it was to be played more than once; steps, claims and
    /// error are then those of the first attempt that did not pass.
    pub attempts: Vec<AttemptRecord>,
    /// Whether it passed in some attempts only. It has not passed then.
    pub flaky: bool,
    /// The command that runs it again.
    pub reproduce: String,
}

/// How one attempt of a scenario went.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AttemptRecord {
    /// Which, counted from 1.
    pub attempt: u32,
    /// How it ended.
    pub outcome: Outcome,
    /// How long it took, in milliseconds.
    pub millis: u64,
    /// File that lists its facts, relative to the report.
    pub evidence: Option<String>,
}

impl ScenarioRecord {
    /// Whether it was left out only because it takes long.
    pub fn is_set_aside(&self) -> bool {
        self.reason.as_ref().is_some_and(|reason| reason.why == Why::Slow)
    }

    /// Every difference that was found, in order.
    pub fn violations(&self) -> impl Iterator<Item = &Violation> {
        self.claims.iter().flat_map(ClaimRecord::violations)
    }
}

/// Why a scenario did not run or did not decide.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Reason {
    /// Of which kind.
    pub why: Why,
    /// In words.
    pub text: String,
}

/// Kinds of reason.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// The target does not claim what it needs: inapplicable.
    Capability,
    /// The machine lacks what it needs: untested.
    Environment,
    /// The user left it out: untested.
    Excluded,
    /// The user selected others: untested.
    Unselected,
    /// It takes long and nobody asked for it; a row is judged without it when it has others.
    Slow,
    /// The run ended before: untested.
    Interrupted,
    /// The facts do not decide: cannot tell.
    Evidence,
    /// It passed in some attempts only: cannot tell.
    Flaky,
}

impl Why {
    /// The word in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Capability => "capability not claimed",
            Self::Environment => "environment lacks it",
            Self::Excluded => "excluded by the user",
            Self::Unselected => "not selected",
            Self::Slow => "slow and not asked for",
            Self::Interrupted => "run cut short",
            Self::Evidence => "facts do not decide",
            Self::Flaky => "passes sometimes",
        }
    }

    /// Whether the user wanted it so.
    pub fn is_the_users(self) -> bool {
        matches!(self, Self::Excluded | Self::Unselected | Self::Slow)
    }
}

/// How a scenario ended under one reading of a disputed row.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReadingRecord {
    /// The row.
    pub row: RowId,
    /// Name of the reading.
    pub reading: String,
    /// How the scenario as a whole ends under it.
    pub outcome: Outcome,
}

/// How one step went.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StepRecord {
    /// `Given`, `When`, `Then`, `And` or `But`.
    pub keyword: String,
    /// Its text.
    pub text: String,
    /// Its line in the feature.
    pub line: usize,
    /// How it ended; untested when an earlier one stopped the scenario.
    pub outcome: Outcome,
    /// How long it took, in milliseconds.
    pub millis: u64,
}

/// A claim of a step, and what the facts say of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClaimRecord {
    /// Place of its step in `steps`, counted from 0.
    pub step: usize,
    /// The claim.
    pub claim: Claim,
    /// The claim in words.
    pub words: String,
    /// The reading that makes this claim, where the row is disputed.
    pub reading: Option<String>,
    /// What the facts say.
    pub judgement: Judgement,
}

impl ClaimRecord {
    /// Every difference from the claim that was found.
    pub fn violations(&self) -> &[Violation] {
        match &self.judgement {
            Judgement::Violated { violations } => violations,
            Judgement::Holds | Judgement::CantTell { .. } => &[],
        }
    }
}
