//! What a run left behind, as the report's crate wants it.

use std::collections::BTreeMap;

use facts::{Judgement, Outcome};
use report::record::{
    AttemptRecord, ClaimRecord, DivergenceRecord, ReadingRecord, Reason, ScenarioRecord,
    StepRecord, Why,
};
use report::verdict::settle;
use report::{Ledger, RowId};

use crate::catalogue::Entry;
use crate::evidence::Index;
use crate::recorder::{Course, Stepped};
use crate::suite::Claimed;

/// What a scenario's record needs besides what it left.
pub(crate) struct Context<'a> {
    pub(crate) ledger: &'a Ledger,
    /// Readings that the target claims.
    pub(crate) readings: &'a BTreeMap<RowId, String>,
    pub(crate) target: &'a str,
    pub(crate) seed: u64,
    /// How often each scenario was to be played.
    pub(crate) repeat: u32,
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
            reproduce: format!(
                "plumbline run --target {} --seed {} {}",
                self.target, self.seed, entry.text.id
            ),
        }
    }

    /// A scenario from what its attempts left.
    pub(crate) fn ran(&self, entry: &Entry, attempts: &[Index]) -> ScenarioRecord {
        let records: Vec<_> = attempts.iter().map(|attempt| self.attempt(entry, attempt)).collect();
        let heaviest = Outcome::roll_up(records.iter().map(|record| record.outcome));
        let Some(mut record) = records.iter().find(|record| record.outcome == heaviest).cloned()
        else {
            return self.left(entry, interrupted("the run ended before it"));
        };
        if self.repeat == 1 {
            return record;
        }
        let attempt = |(index, record): (&Index, &ScenarioRecord)| AttemptRecord {
            attempt: index.attempt,
            outcome: record.outcome,
            millis: record.millis,
            evidence: record.evidence.clone(),
        };
        record.attempts = attempts.iter().zip(&records).map(attempt).collect();
        self.sum_up(&mut record, &records);
        record
    }

    /// What several attempts come to.
    fn sum_up(&self, record: &mut ScenarioRecord, attempts: &[ScenarioRecord]) {
        let made = attempts.len();
        let outcomes: Vec<_> = attempts.iter().map(|attempt| attempt.outcome).collect();
        let passed = outcomes.iter().filter(|outcome| **outcome == Outcome::Passed).count();
        record.flaky = is_flaky(&outcomes);
        if record.flaky {
            let text = format!("it passed in {passed} of {made} attempts");
            record.reason = Some(Reason { why: Why::Flaky, text });
        }
        record.outcome = together(&outcomes);
        for (place, reading) in record.readings.iter_mut().enumerate() {
            let under = attempts.iter().filter_map(|attempt| attempt.readings.get(place));
            reading.outcome = together(&under.map(|reading| reading.outcome).collect::<Vec<_>>());
        }
        let all = u32::try_from(made).is_ok_and(|made| made == self.repeat);
        if record.outcome == Outcome::Passed && !all {
            record.outcome = Outcome::Untested;
            record.reason = Some(interrupted("the run ended before its last attempt"));
            record.readings.clear();
        }
    }

    /// One attempt, which may not have come to its end.
    fn attempt(&self, entry: &Entry, index: &Index) -> ScenarioRecord {
        let mut record = self.left(entry, interrupted("the run was cut short"));
        record.steps = steps(entry, &index.course);
        record.claims = claims(entry, &index.claims);
        record.millis = index.course.millis;
        record.evidence = Some(index.file());
        if !index.course.ended {
            return record;
        }
        record.error = error(index);
        if let Some(step) = record.steps.iter_mut().find(|step| step.outcome == Outcome::Failed) {
            step.outcome = stopped(record.error.as_deref(), &index.claims);
        }
        record.readings = self.readings_of(&record);
        record.outcome = self.disputed(&record).unwrap_or_else(|| outcome(&record, None));
        record.reason = undecided(&record);
        if record.outcome == Outcome::Failed {
            record.divergence = self.divergence(&record, &index.claims);
        }
        if record.outcome == Outcome::Error && record.error.is_none() {
            record.error = Some("the scenario claims nothing".to_owned());
        }
        record
    }

    /// Where the facts first leave what a claim wants, with the row that it shows.
    fn divergence(&self, record: &ScenarioRecord, claims: &[Claimed]) -> Option<DivergenceRecord> {
        let mut found = claims.iter().enumerate();
        let (claim, found) =
            found.find_map(|(at, claimed)| Some((at, claimed.divergence.clone()?)))?;
        let row = record.rows.iter().find_map(|id| self.ledger.row(id));
        let sources = row.map_or(Vec::new(), |row| row.sources.clone());
        Some(DivergenceRecord { claim, row: row.map(|row| row.id.clone()), sources, found })
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
            let untested = Stepped { outcome: Outcome::Untested, millis: 0 };
            let Stepped { outcome, millis } =
                course.steps.get(&step.line).copied().unwrap_or(untested);
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
fn error(index: &Index) -> Option<String> {
    let judged = index
        .claims
        .last()
        .is_some_and(|claimed| claimed.reading.is_none() && claimed.judgement != Judgement::Holds);
    let broke = index.course.broke.clone().filter(|_| !judged);
    broke.or_else(|| index.fault.clone())
}

/// Whether some attempts passed and others did not, for reasons of the target.
fn is_flaky(attempts: &[Outcome]) -> bool {
    let heaviest = Outcome::roll_up(attempts.iter().copied());
    attempts.contains(&Outcome::Passed) && matches!(heaviest, Outcome::Failed | Outcome::CantTell)
}

/// The outcome of attempts together: what passes sometimes has never passed.
fn together(attempts: &[Outcome]) -> Outcome {
    if is_flaky(attempts) {
        return Outcome::CantTell;
    }
    Outcome::roll_up(attempts.iter().copied())
}

fn interrupted(text: &str) -> Reason {
    Reason { why: Why::Interrupted, text: text.to_owned() }
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

#[cfg(test)]
mod tests {
    use facts::Outcome::{CantTell, Error, Failed, Passed, Untested};
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::always(&[Passed, Passed], Passed, false)]
    #[case::never(&[Failed, Failed], Failed, false)]
    #[case::sometimes(&[Passed, Failed, Passed], CantTell, true)]
    #[case::sometimes_undecided(&[CantTell, Passed], CantTell, true)]
    #[case::never_and_once_undecided(&[Failed, CantTell], Failed, false)]
    #[case::the_harness_broke_once(&[Passed, Error], Error, false)]
    #[case::cut_short(&[Passed, Untested], Untested, false)]
    fn what_passes_sometimes_has_never_passed(
        #[case] attempts: &[Outcome],
        #[case] expected: Outcome,
        #[case] flaky: bool,
    ) {
        assert_eq!((together(attempts), is_flaky(attempts)), (expected, flaky));
    }
}
