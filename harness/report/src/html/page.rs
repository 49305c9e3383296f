//! What the page shows, in the order in which it shows it.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use facts::Outcome;
use serde::Serialize;

use super::card::Card;
use super::heat::{self, Heat};
use super::kills::{self, Matrix};
use super::mark::{self, Mark};
use super::matrix::{Section, sections};
use super::time;
use crate::digest;
use crate::json::Report;
use crate::ledger::RowId;
use crate::record::{Reason, Why};
use crate::verdict::{Counts, ProfileVerdict};

/// What the page shows.
#[derive(Serialize)]
pub(super) struct Page<'a> {
    report: &'a Report,
    mark: Mark,
    headline: String,
    exit: &'static str,
    started: String,
    took: Option<String>,
    profiles: Vec<Profile<'a>>,
    failures: Vec<Card<'a>>,
    open: Vec<Group<'a>>,
    /// How many scenarios and rows are open.
    open_count: usize,
    heat: Vec<Heat<'a>>,
    legend: Vec<(Mark, usize)>,
    kills: Option<Matrix<'a>>,
    weighing: Vec<Section<'a>>,
    outside: Vec<Section<'a>>,
    outside_count: usize,
    passed: Vec<Card<'a>>,
}

#[derive(Serialize)]
struct Profile<'a> {
    mark: Mark,
    verdict: &'a ProfileVerdict,
    claimed: bool,
    counts: Vec<(Mark, usize)>,
}

/// What did not run or did not decide, for one reason.
#[derive(Serialize)]
struct Group<'a> {
    mark: Mark,
    words: String,
    /// Rows that weigh and have no scenario in this run.
    rows: Vec<&'a RowId>,
    scenarios: Vec<Card<'a>>,
}

impl<'a> Page<'a> {
    /// The page of a report.
    pub(super) fn new(report: &'a Report) -> Self {
        let (run, verdict) = (&report.run, &report.verdict);
        let open = groups(report);
        let outside: Vec<_> = verdict.outside().collect();
        Self {
            report,
            mark: mark::of_result(verdict.overall),
            headline: digest::headline(verdict),
            exit: verdict.exit_code.words(),
            started: time::moment(run.started),
            took: run.finished.and_then(|finished| time::between(run.started, finished)),
            profiles: verdict.profiles.iter().map(|profile| shown(report, profile)).collect(),
            failures: cards(report, |end| matches!(end, Outcome::Failed | Outcome::Error)),
            open_count: open.iter().map(|group| group.rows.len() + group.scenarios.len()).sum(),
            open,
            heat: heat::heat(report),
            legend: heat::legend(report),
            kills: kills::matrix(report),
            weighing: sections(report, digest::weighing(verdict)),
            outside_count: outside.len(),
            outside: sections(report, outside.into_iter()),
            passed: cards(report, |end| end == Outcome::Passed),
        }
    }
}

fn cards(report: &Report, shows: impl Fn(Outcome) -> bool) -> Vec<Card<'_>> {
    let numbered = report.run.scenarios.iter().enumerate();
    let shown = numbered.filter(|(_, scenario)| shows(scenario.outcome));
    shown.map(|(place, scenario)| Card::new(report, place, scenario)).collect()
}

fn shown<'a>(report: &Report, profile: &'a ProfileVerdict) -> Profile<'a> {
    Profile {
        mark: mark::of_result(profile.result),
        verdict: profile,
        claimed: report.run.target.profiles.contains(&profile.name),
        counts: counts(&profile.counts),
    }
}

/// What there is none of is left out.
fn counts(counts: &Counts) -> Vec<(Mark, usize)> {
    let all = [
        (mark::of_outcome(Outcome::Passed), counts.passed),
        (mark::of_outcome(Outcome::Failed), counts.failed),
        (mark::of_outcome(Outcome::Error), counts.error),
        (mark::of_outcome(Outcome::CantTell), counts.cant_tell),
        (mark::of_outcome(Outcome::Untested), counts.untested),
        (mark::of_outcome(Outcome::Inapplicable), counts.inapplicable),
        (mark::LIMITATION_PRESENT, counts.limitations_present),
        (mark::LIMITATION_ABSENT, counts.limitations_absent),
        (mark::NOT_COVERED, counts.not_covered),
    ];
    all.into_iter().filter(|(_, number)| *number > 0).collect()
}

type Key<'a> = (Reverse<Outcome>, Option<(Why, &'a str)>);

fn key(outcome: Outcome, reason: Option<&Reason>) -> Key<'_> {
    (Reverse(outcome), reason.map(|reason| (reason.why, reason.text.as_str())))
}

/// Scenarios that neither passed nor failed, and rows that weigh and have
/// none, by their reason; the heaviest outcome first.
fn groups(report: &Report) -> Vec<Group<'_>> {
    let mut groups: BTreeMap<Key, (Vec<&RowId>, Vec<Card>)> = BTreeMap::new();
    for (place, scenario) in report.run.scenarios.iter().enumerate() {
        if !matches!(scenario.outcome, Outcome::Passed | Outcome::Failed | Outcome::Error) {
            let key = key(scenario.outcome, scenario.reason.as_ref());
            groups.entry(key).or_default().1.push(Card::new(report, place, scenario));
        }
    }
    for gap in digest::weighing(&report.verdict).flat_map(|row| &row.gaps) {
        if gap.scenario.is_none() {
            let key = key(gap.outcome, gap.reason.as_ref());
            groups.entry(key).or_default().0.push(&gap.row);
        }
    }
    let group = |((Reverse(outcome), reason), (rows, scenarios)): (Key, _)| Group {
        mark: mark::of_outcome(outcome),
        words: digest::words(reason),
        rows,
        scenarios,
    };
    groups.into_iter().map(group).collect()
}
