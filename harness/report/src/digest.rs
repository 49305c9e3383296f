//! What people look for in a report: why the verdict is what it is, what
//! failed, what is open and for which reason.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use facts::Outcome;

use crate::json::Report;
use crate::record::{ScenarioRecord, Why};
use crate::verdict::{Conformance, Exit, Gap, RowVerdict, Verdict};

/// Why the verdict is what it is, in a sentence.
pub(crate) fn headline(verdict: &Verdict) -> String {
    let binding = weighing(verdict).filter(|row| row.kind.binds() && row.not_covered.is_none());
    let number = |outcomes: &[Outcome]| {
        binding.clone().filter(|row| outcomes.contains(&row.outcome)).count()
    };
    let passed = number(&[Outcome::Passed]);
    let open = number(&[Outcome::Untested, Outcome::CantTell, Outcome::Error]);
    let empty = verdict.profiles.iter().filter(|profile| profile.counts.passed == 0);
    let empty: Vec<&str> = empty.map(|profile| profile.name.as_str()).collect();
    match verdict.overall {
        _ if verdict.exit_code == Exit::NothingSelected => {
            "Nothing was selected that this suite covers.".to_owned()
        }
        Conformance::Conformant => {
            format!("Everything claimed that this suite covers is met: {}.", demands(passed))
        }
        Conformance::Partial => {
            format!("Nothing failed, but the user left out {}.", demands(open))
        }
        Conformance::Inconclusive if open > 0 => {
            format!("Nothing failed, but {} stayed open.", demands(open))
        }
        Conformance::Inconclusive if passed == 0 => {
            "Nothing failed, but nothing passed, either.".to_owned()
        }
        Conformance::Inconclusive if !empty.is_empty() => {
            format!("Nothing failed, but nothing of {} passed.", empty.join(" and "))
        }
        Conformance::Inconclusive => "Nothing failed, but the run did not go through.".to_owned(),
        Conformance::NonConformant => format!("{} failed.", demands(number(&[Outcome::Failed]))),
    }
}

fn demands(number: usize) -> String {
    if number == 1 { "1 demand".to_owned() } else { format!("{number} demands") }
}

/// Scenarios that failed a row that weighs, and those on which the harness failed.
pub(crate) fn failures(report: &Report) -> impl Iterator<Item = &ScenarioRecord> {
    let weighs = |scenario: &ScenarioRecord| {
        let rows = || scenario.rows.iter().filter_map(|row| report.verdict.row(row));
        rows().any(|row| row.kind.binds() && !row.profiles.is_empty())
    };
    report.run.scenarios.iter().filter(move |scenario| match scenario.outcome {
        Outcome::Failed => weighs(scenario),
        outcome => outcome == Outcome::Error,
    })
}

/// Gaps that have one reason.
pub(crate) struct Open<'a> {
    /// How they ended.
    pub(crate) outcome: Outcome,
    /// The kind of their reason.
    pub(crate) why: Option<Why>,
    /// Their reason in words.
    pub(crate) text: &'a str,
    /// The gaps, in the document's order.
    pub(crate) gaps: Vec<&'a Gap>,
}

impl Open<'_> {
    /// The reason in one line.
    pub(crate) fn words(&self) -> String {
        words(self.why.map(|why| (why, self.text)))
    }
}

/// A reason in one line.
pub(crate) fn words(reason: Option<(Why, &str)>) -> String {
    match reason {
        Some((why, "")) => why.word().to_owned(),
        Some((why, text)) => format!("{}: {text}", why.word()),
        None => "no reason was recorded".to_owned(),
    }
}

/// Gaps of the rows that weigh, the heaviest outcome first.
pub(crate) fn gaps(verdict: &Verdict) -> Vec<Open<'_>> {
    let mut groups: BTreeMap<_, Vec<&Gap>> = BTreeMap::new();
    for gap in weighing(verdict).flat_map(|row| &row.gaps) {
        let reason = gap.reason.as_ref().map(|reason| (reason.why, reason.text.as_str()));
        groups.entry((Reverse(gap.outcome), reason)).or_default().push(gap);
    }
    let open = |((Reverse(outcome), reason), gaps): ((_, Option<(Why, _)>), _)| {
        let (why, text) = reason.map_or((None, ""), |(why, text)| (Some(why), text));
        Open { outcome, why, text, gaps }
    };
    groups.into_iter().map(open).collect()
}

/// Rows that some selected profile lists.
pub(crate) fn weighing(verdict: &Verdict) -> impl Iterator<Item = &RowVerdict> + Clone {
    verdict.rows.iter().filter(|row| !row.profiles.is_empty())
}
