//! The verdict in a normal form, `verdict.json`: what was found, and nothing of
//! when, where and under which names. The same findings give the same bytes, so
//! that a verdict can be compared with one that was computed again, or with that
//! of another run.

use std::collections::BTreeMap;

use facts::{Judgement, Outcome};
use schemars::{JsonSchema, Schema, schema_for};
use serde::{Deserialize, Serialize};

use crate::json::{ApiVersion, Report};
use crate::ledger::RowId;
use crate::record::{ClaimRecord, ScenarioRecord, TroubleKind, Why};
use crate::verdict::{Conformance, Counts, Exit, Limitation, RowVerdict};

/// A report's findings.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Normal {
    /// Version of this form.
    pub api_version: ApiVersion,
    /// What was judged: name and version.
    pub target: [String; 2],
    /// Readings that it claims.
    pub claimed: BTreeMap<RowId, String>,
    /// Whether the run came to its end.
    pub complete: bool,
    /// What went wrong besides scenarios.
    pub troubles: Vec<TroubleKind>,
    /// How many things were left behind.
    pub leaks: usize,
    /// The worst of the profiles' results.
    pub overall: Conformance,
    /// How the process ends.
    pub exit_code: Exit,
    /// The selected profiles by name.
    pub profiles: BTreeMap<String, ProfileFinding>,
    /// Every row of the ledger.
    pub rows: BTreeMap<RowId, RowFinding>,
    /// Every scenario by id.
    pub scenarios: BTreeMap<String, ScenarioFinding>,
}

/// What was found of a profile.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProfileFinding {
    /// What can be claimed.
    pub result: Conformance,
    /// How many rows ended how.
    pub counts: Counts,
}

/// What was found of a row.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RowFinding {
    /// How it ended.
    pub outcome: Outcome,
    /// How it ended under each reading.
    pub readings: BTreeMap<String, Outcome>,
    /// What was seen of a limitation that the document admits.
    pub limitation: Option<Limitation>,
}

/// What was found in a scenario.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScenarioFinding {
    /// How it ended.
    pub outcome: Outcome,
    /// Why it did not run or did not decide.
    pub why: Option<Why>,
    /// Whether it passed in some attempts only.
    pub flaky: bool,
    /// How its attempts ended, where there were several.
    pub attempts: Vec<Outcome>,
    /// How its steps ended, in order.
    pub steps: Vec<Outcome>,
    /// What the facts say of its claims, in order.
    pub claims: Vec<ClaimFinding>,
}

/// What the facts say of a claim.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClaimFinding {
    /// Place of its step, counted from 0.
    pub step: usize,
    /// The reading that makes it.
    pub reading: Option<String>,
    /// Passed when it holds, failed when it is violated, else cannot tell.
    pub outcome: Outcome,
}

impl Normal {
    /// The findings of a report.
    pub fn of(report: &Report) -> Self {
        let Report { verdict, run, .. } = report;
        let profile = |profile: &crate::verdict::ProfileVerdict| {
            let finding = ProfileFinding { result: profile.result, counts: profile.counts };
            (profile.name.clone(), finding)
        };
        Self {
            api_version: report.api_version,
            target: [run.target.name.clone(), run.target.version.clone()],
            claimed: run.target.readings.clone(),
            complete: run.complete,
            troubles: run.troubles.iter().map(|trouble| trouble.kind).collect(),
            leaks: run.leaks.len(),
            overall: verdict.overall,
            exit_code: verdict.exit_code,
            profiles: verdict.profiles.iter().map(profile).collect(),
            rows: verdict.rows.iter().map(|found| (found.id.clone(), row(found))).collect(),
            scenarios: run.scenarios.iter().map(|s| (s.id.clone(), scenario(s))).collect(),
        }
    }

    /// As JSON, always in the same order, ending in a newline.
    pub fn to_json(&self) -> String {
        let json = serde_json::to_string_pretty(self);
        json.expect("findings have no map with keys that are no text, and no I/O") + "\n"
    }
}

fn row(row: &RowVerdict) -> RowFinding {
    let readings = row.readings.iter().map(|reading| (reading.name.clone(), reading.outcome));
    RowFinding { outcome: row.outcome, readings: readings.collect(), limitation: row.limitation }
}

fn scenario(scenario: &ScenarioRecord) -> ScenarioFinding {
    ScenarioFinding {
        outcome: scenario.outcome,
        why: scenario.reason.as_ref().map(|reason| reason.why),
        flaky: scenario.flaky,
        attempts: scenario.attempts.iter().map(|attempt| attempt.outcome).collect(),
        steps: scenario.steps.iter().map(|step| step.outcome).collect(),
        claims: scenario.claims.iter().map(claim).collect(),
    }
}

fn claim(claim: &ClaimRecord) -> ClaimFinding {
    let outcome = match claim.judgement {
        Judgement::Holds => Outcome::Passed,
        Judgement::Violated { .. } => Outcome::Failed,
        Judgement::CantTell { .. } => Outcome::CantTell,
    };
    ClaimFinding { step: claim.step, reading: claim.reading.clone(), outcome }
}

/// The JSON Schema of [`Normal`].
pub fn schema() -> Schema {
    schema_for!(Normal)
}
