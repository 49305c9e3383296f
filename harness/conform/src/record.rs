//! What a run left behind, as the report's crate wants it.

use std::collections::BTreeMap;

use facts::{Judgement, Outcome};
use report::record::{ClaimRecord, ReadingRecord, Reason, ScenarioRecord, StepRecord, Why};
use report::verdict::settle;
use report::{Ledger, RowId};

use crate::catalogue::Entry;
use crate::recorder::Course;
use crate::suite::{Claimed, Seen};

/// What a scenario's record needs besides its course.
pub(crate) struct Context<'a> {
    pub(crate) ledger: &'a Ledger,
    /// Readings that the target claims.
    pub(crate) readings: &'a BTreeMap<RowId, String>,
    pub(crate) target: &'a str,
}

impl Context<'_> {
    /// A scenario that was not to run.
    pub(crate) fn left(&self, entry: &Entry, reason: Reason) -> ScenarioRecord {
        let outcome = match reason.why {
            Why::Capability => Outcome::Inapplicable,
            Why::Evidence | Why::Flaky => Outcome::CantTell,
            _ => Outcome::Untested,
        };
        ScenarioRecord {
            id: entry.text.id.clone(),
            name: entry.text.name.clone(),
            feature: entry.text.feature.clone(),
            line: entry.text.line,
            rows: entry.rows(),
            tags: entry.text.tags.clone(),
            outcome,
            reason: Some(reason),
            readings: Vec::new(),
            steps: steps(entry, &Course::default()),
            claims: Vec::new(),
            divergence: None,
            error: None,
            millis: 0,
            evidence: None,
            attempts: Vec::new(),
            flaky: false,
            reproduce: format!("plumbline run --target {} {}", self.target, entry.text.id),
        }
    }

    /// A scenario that ran, or began to.
    pub(crate) fn ran(&self, entry: &Entry, course: &Course, seen: &Seen) -> ScenarioRecord {
        let interrupted =
            Reason { why: Why::Interrupted, text: "the run was cut short".to_owned() };
        let mut record = self.left(entry, interrupted);
        record.steps = steps(entry, course);
        record.claims = claims(entry, &seen.claims);
        record.millis = course.millis;
        record.evidence.clone_from(&seen.file);
        if !course.ended {
            return record;
        }
        record.error = error(course, seen);
        if let Some(step) = record.steps.iter_mut().find(|step| step.outcome == Outcome::Failed) {
            step.outcome = stopped(record.error.as_deref(), &seen.claims);
        }
        record.readings = self.readings_of(&record);
        record.outcome = self.disputed(&record).unwrap_or_else(|| outcome(&record, None));
        record.reason = undecided(&record);
        if record.outcome == Outcome::Error && record.error.is_none() {
            record.error = Some("the scenario claims nothing".to_owned());
        }
        record
    }

    /// The scenario's outcome under each reading of its disputed rows.
    fn readings_of(&self, record: &ScenarioRecord) -> Vec<ReadingRecord> {
        if record.claims.iter().all(|claim| claim.reading.is_none()) {
            return Vec::new();
        }
        record
            .rows
            .iter()
            .filter_map(|id| self.ledger.row(id))
            .flat_map(|row| {
                row.readings.iter().map(|reading| ReadingRecord {
                    row: row.id.clone(),
                    reading: reading.name.clone(),
                    outcome: outcome(record, Some(&reading.name)),
                })
            })
            .collect()
    }

    fn disputed(&self, record: &ScenarioRecord) -> Option<Outcome> {
        let row = &record.readings.first()?.row;
        let of_row = record.readings.iter().filter(|reading| reading.row == *row);
        let pairs: Vec<_> =
            of_row.map(|reading| (reading.reading.as_str(), reading.outcome)).collect();
        Some(settle(&pairs, self.readings.get(row).map(String::as_str)))
    }
}

fn steps(entry: &Entry, course: &Course) -> Vec<StepRecord> {
    let texts = entry.text.steps.iter().zip(&entry.keywords);
    texts
        .map(|(step, keyword)| {
            let (outcome, millis) =
                course.steps.get(&step.line).copied().unwrap_or((Outcome::Untested, 0));
            let (keyword, text) = (keyword.clone(), step.text.clone());
            StepRecord { keyword, text, line: step.line, outcome, millis }
        })
        .collect()
}

fn claims(entry: &Entry, claims: &[Claimed]) -> Vec<ClaimRecord> {
    let place = |line| entry.text.steps.iter().position(|step| step.line == line);
    claims
        .iter()
        .map(|claimed| ClaimRecord {
            step: place(claimed.line).unwrap_or_default(),
            claim: claimed.claim.clone(),
            words: report::words::words(&claimed.claim),
            reading: claimed.reading.clone(),
            judgement: claimed.judgement.clone(),
        })
        .collect()
}

/// What went wrong in the harness: a step that broke although every claim holds.
fn error(course: &Course, seen: &Seen) -> Option<String> {
    let judged = seen
        .claims
        .last()
        .is_some_and(|claimed| claimed.reading.is_none() && claimed.judgement != Judgement::Holds);
    let broke = course.broke.clone().filter(|_| !judged);
    broke.or_else(|| seen.fault.clone())
}

/// How the step ended that stopped the scenario.
fn stopped(error: Option<&str>, claims: &[Claimed]) -> Outcome {
    let last = claims.last().map(|claimed| &claimed.judgement);
    match (error, last) {
        (Some(_), _) => Outcome::Error,
        (None, Some(Judgement::CantTell { .. })) => Outcome::CantTell,
        _ => Outcome::Failed,
    }
}

/// The heaviest of what the claims of a reading come to, those of none included.
fn outcome(record: &ScenarioRecord, reading: Option<&str>) -> Outcome {
    let counts = |claim: &&ClaimRecord| match &claim.reading {
        None => true,
        Some(own) => reading == Some(own.as_str()),
    };
    let mut outcomes: Vec<_> = record
        .claims
        .iter()
        .filter(counts)
        .map(|claim| match claim.judgement {
            Judgement::Holds => Outcome::Passed,
            Judgement::Violated { .. } => Outcome::Failed,
            Judgement::CantTell { .. } => Outcome::CantTell,
        })
        .collect();
    if record.error.is_some() || outcomes.is_empty() {
        outcomes.push(Outcome::Error);
    }
    Outcome::roll_up(outcomes)
}

fn undecided(record: &ScenarioRecord) -> Option<Reason> {
    if record.outcome != Outcome::CantTell {
        return None;
    }
    let reason = |claim: &ClaimRecord| match &claim.judgement {
        Judgement::CantTell { reason } => Some(reason.clone()),
        _ => None,
    };
    let text = record.claims.iter().find_map(reason)?;
    Some(Reason { why: Why::Evidence, text })
}
