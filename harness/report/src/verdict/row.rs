//! How a row ends: the heaviest of its scenarios.

use facts::Outcome;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::dispute::settle;
use crate::ledger::{Kind, Row, RowId, Source};
use crate::record::{Reason, RunRecord, ScenarioRecord, Why};

/// How a row ended, beside what it demands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RowVerdict {
    /// The row.
    pub id: RowId,
    /// Title of its section.
    pub section: String,
    /// How it weighs.
    pub kind: Kind,
    /// What is demanded.
    pub demand: String,
    /// How one sees whether it is met.
    pub shows: String,
    /// Where the demand stands.
    pub sources: Vec<Source>,
    /// Selected profiles that list it; with none it weighs nothing.
    pub profiles: Vec<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// What was seen of a limitation that the document admits.
    pub limitation: Option<Limitation>,
    /// How it ended under each reading of a disputed row.
    pub readings: Vec<ReadingVerdict>,
    /// The reading that the target claims.
    pub claimed: Option<String>,
    /// Why this suite does not cover it; the verdict says nothing of it then.
    pub not_covered: Option<String>,
    /// Which part of it this suite does not cover, and why.
    pub also_untested: Option<String>,
    /// Ids of its scenarios.
    pub scenarios: Vec<String>,
    /// Ids of the mutants that its scenarios killed; none without a kill matrix.
    pub killed_by: Vec<String>,
    /// Scenarios of it that neither passed nor failed.
    pub gaps: Vec<Gap>,
}

impl RowVerdict {
    /// Readings under which it passed.
    pub fn matched(&self) -> impl Iterator<Item = &str> {
        let passed = self.readings.iter().filter(|reading| reading.outcome == Outcome::Passed);
        passed.map(|reading| reading.name.as_str())
    }
}

/// What was seen of a limitation that the document admits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Limitation {
    /// The target has it, as the document admits.
    Present,
    /// The target does better than the document.
    Absent,
}

/// How a row ended under one reading.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReadingVerdict {
    /// Name of the reading.
    pub name: String,
    /// What it demands.
    pub says: String,
    /// How the row ended under it.
    pub outcome: Outcome,
}

/// A row's scenario that neither passed nor failed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Gap {
    /// The row.
    pub row: RowId,
    /// The scenario; none when the run holds no scenario of the row.
    pub scenario: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// Why.
    pub reason: Option<Reason>,
}

/// Judges a row of a section that these selected profiles list.
pub(super) fn judge(
    row: &Row,
    section: &str,
    profiles: Vec<String>,
    record: &RunRecord,
) -> RowVerdict {
    let names_it = |scenario: &&ScenarioRecord| scenario.rows.contains(&row.id);
    let scenarios: Vec<&ScenarioRecord> = record.scenarios.iter().filter(names_it).collect();
    let weighing = weighing(&scenarios);
    let claimed = record.target.readings.get(&row.id).filter(|_| row.kind == Kind::Disputed);
    let readings: Vec<ReadingVerdict> = row
        .readings
        .iter()
        .map(|reading| ReadingVerdict {
            name: reading.name.clone(),
            says: reading.says.clone(),
            outcome: under(&reading.name, &row.id, &weighing),
        })
        .collect();
    let outcome = if readings.is_empty() {
        Outcome::roll_up(weighing.iter().map(|scenario| scenario.outcome))
    } else {
        let pairs: Vec<_> = readings.iter().map(|r| (r.name.as_str(), r.outcome)).collect();
        settle(&pairs, claimed.map(String::as_str))
    };
    let limitation = limitation(row.kind, outcome);
    let outcome = if limitation.is_some() { Outcome::Passed } else { outcome };
    let not_covered = row.untested.clone().filter(|_| scenarios.is_empty());
    let gaps =
        if not_covered.is_some() { Vec::new() } else { gaps(row, outcome, &scenarios, record) };
    let killing = record.detection.iter().flat_map(|detection| detection.killing(&row.id));
    RowVerdict {
        id: row.id.clone(),
        section: section.to_owned(),
        kind: row.kind,
        demand: row.demand.clone(),
        shows: row.shows.clone(),
        sources: row.sources.clone(),
        profiles,
        outcome,
        limitation,
        readings,
        claimed: claimed.cloned(),
        not_covered,
        also_untested: row.also_untested.clone(),
        scenarios: scenarios.iter().map(|scenario| scenario.id.clone()).collect(),
        killed_by: killing.map(|mutant| mutant.id.clone()).collect(),
        gaps,
    }
}

/// The scenarios that a row is judged by: the long ones are set aside as long as
/// others show something.
fn weighing<'a>(scenarios: &[&'a ScenarioRecord]) -> Vec<&'a ScenarioRecord> {
    let shows = |scenario: &&&ScenarioRecord| {
        !scenario.is_set_aside() && scenario.outcome != Outcome::Inapplicable
    };
    if scenarios.iter().any(|scenario| shows(&scenario)) {
        scenarios.iter().copied().filter(|scenario| !scenario.is_set_aside()).collect()
    } else {
        scenarios.to_vec()
    }
}

/// How a row's scenarios end under a reading; one that does not depend on the
/// reading ends as it ends.
fn under(reading: &str, row: &RowId, scenarios: &[&ScenarioRecord]) -> Outcome {
    Outcome::roll_up(scenarios.iter().map(|scenario| {
        let mut said = scenario.readings.iter();
        let said = said.find(|said| said.row == *row && said.reading == reading);
        said.map_or(scenario.outcome, |said| said.outcome)
    }))
}

/// A scenario of a limitation tries what the document says may fail.
fn limitation(kind: Kind, outcome: Outcome) -> Option<Limitation> {
    match (kind, outcome) {
        (Kind::Limit, Outcome::Failed) => Some(Limitation::Present),
        (Kind::Limit, Outcome::Passed) => Some(Limitation::Absent),
        _ => None,
    }
}

fn gaps(
    row: &Row,
    outcome: Outcome,
    scenarios: &[&ScenarioRecord],
    record: &RunRecord,
) -> Vec<Gap> {
    let open = |outcome| !matches!(outcome, Outcome::Passed | Outcome::Failed);
    let of = |scenario: &&ScenarioRecord| Gap {
        row: row.id.clone(),
        scenario: Some(scenario.id.clone()),
        outcome: scenario.outcome,
        reason: scenario.reason.clone(),
    };
    let mut gaps: Vec<Gap> =
        scenarios.iter().filter(|scenario| open(scenario.outcome)).map(of).collect();
    if gaps.is_empty() && open(outcome) {
        let reason = scenarios.is_empty().then(|| absent(record));
        gaps.push(Gap { row: row.id.clone(), scenario: None, outcome, reason });
    }
    gaps
}

/// Why a run may hold no scenario of a row that has some.
fn absent(record: &RunRecord) -> Reason {
    let (why, text) = if record.complete {
        (Why::Unselected, "the run holds no scenario of this row")
    } else {
        (Why::Interrupted, "the run ended before a scenario of this row")
    };
    Reason { why, text: text.to_owned() }
}
