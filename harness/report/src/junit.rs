//! `junit.xml` for build systems: a suite for each feature, a case for each
//! scenario. What did not run or did not decide is skipped with its reason,
//! never a pass; only the harness's own faults are errors. One that passed in some
//! attempts only is a failure of type flaky, with the attempts that failed.

use std::time::Duration;

use facts::Outcome;
use quick_junit::{
    FlakyOrRerun, NonSuccessKind, Property, TestCase, TestCaseStatus, TestRerun, TestSuite,
};
use thiserror::Error;

use crate::json::Report;
use crate::ledger::Kind;
use crate::record::ScenarioRecord;
use crate::verdict::{RowVerdict, Verdict};

/// Why there is no `junit.xml`.
#[derive(Debug, Error)]
#[error("write the report as JUnit XML")]
pub struct JunitError {
    #[from]
    source: quick_junit::SerializeError,
}

/// The report as JUnit XML.
pub fn junit(report: &Report) -> Result<String, JunitError> {
    let target = &report.run.target;
    let mut junit = quick_junit::Report::new(format!("{} {}", target.name, target.version));
    let mut suites: Vec<TestSuite> = Vec::new();
    for scenario in &report.run.scenarios {
        let case = case(scenario, &report.verdict);
        match suites.iter_mut().find(|suite| suite.name.as_str() == scenario.feature) {
            Some(suite) => suite.add_test_case(case),
            None => suites.push_mut(TestSuite::new(&scenario.feature)).add_test_case(case),
        };
    }
    for suite in &mut suites {
        suite.set_time(suite.test_cases.iter().filter_map(|case| case.time).sum());
    }
    junit.add_test_suites(suites);
    // XML has neither, and the library lets both pass.
    Ok(junit.to_string()?.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}"))
}

fn case(scenario: &ScenarioRecord, verdict: &Verdict) -> TestCase {
    let rows: Vec<&RowVerdict> = scenario.rows.iter().filter_map(|row| verdict.row(row)).collect();
    let limits = !rows.is_empty() && rows.iter().all(|row| row.kind == Kind::Limit);
    let mut case = TestCase::new(&scenario.name, status(scenario, limits));
    case.set_classname(&scenario.id).set_time(Duration::from_millis(scenario.millis));
    let mut add = |name: &str, value: &str| {
        case.add_property(Property::new(name, value));
    };
    add("outcome", scenario.outcome.word());
    add("place", &format!("{}:{}", scenario.feature, scenario.line));
    add("reproduce", &scenario.reproduce);
    for row in &rows {
        add("row", row.id.as_str());
        row.profiles.iter().for_each(|profile| add("profile", profile));
        for reading in &row.readings {
            add(&format!("reading.{}", reading.name), reading.outcome.word());
        }
    }
    case
}

/// A limitation that the document admits is no failure.
fn status(scenario: &ScenarioRecord, limits: bool) -> TestCaseStatus {
    let reason = scenario.reason.as_ref();
    let reason = reason.map_or(String::new(), |r| format!(" ({}): {}", r.why.word(), r.text));
    let (mut status, message) = match scenario.outcome {
        Outcome::Passed => return TestCaseStatus::success(),
        Outcome::Failed if limits => return TestCaseStatus::success(),
        Outcome::Failed => {
            let first = scenario.violations().next().map(ToString::to_string);
            (TestCaseStatus::non_success(NonSuccessKind::Failure), first.unwrap_or_default())
        }
        _ if scenario.flaky => {
            let text = scenario.reason.as_ref().map(|reason| reason.text.clone());
            (TestCaseStatus::non_success(NonSuccessKind::Failure), text.unwrap_or_default())
        }
        Outcome::Error => {
            let error = scenario.error.clone().unwrap_or_default();
            (TestCaseStatus::non_success(NonSuccessKind::Error), error)
        }
        Outcome::Inapplicable | Outcome::Untested | Outcome::CantTell => {
            (TestCaseStatus::skipped(), format!("{}{reason}", scenario.outcome))
        }
    };
    let kind = if scenario.flaky { "flaky" } else { scenario.outcome.word() };
    status.set_type(kind).set_message(message);
    attempts(&mut status, scenario);
    if scenario.outcome == Outcome::Failed {
        let all: Vec<String> = scenario.violations().map(ToString::to_string).collect();
        status.set_description(format!("{}\n\n{}", all.join("\n"), scenario.reproduce));
    }
    status
}

/// The attempts that failed; of a failure, those after the one that it tells.
fn attempts(status: &mut TestCaseStatus, scenario: &ScenarioRecord) {
    if !matches!(status, TestCaseStatus::NonSuccess { .. }) {
        return;
    }
    status.set_rerun_kind(if scenario.flaky { FlakyOrRerun::Flaky } else { FlakyOrRerun::Rerun });
    let told = usize::from(!scenario.flaky);
    let failed = |outcome| match outcome {
        Outcome::Failed => Some(NonSuccessKind::Failure),
        Outcome::Error => Some(NonSuccessKind::Error),
        _ => None,
    };
    for (attempt, kind) in
        scenario.attempts.iter().filter_map(|a| Some((a, failed(a.outcome)?))).skip(told)
    {
        let mut rerun = TestRerun::new(kind);
        rerun.set_time(Duration::from_millis(attempt.millis)).set_type(attempt.outcome.word());
        rerun.set_message(format!("attempt {}: {}", attempt.attempt, attempt.outcome));
        status.add_rerun(rerun);
    }
}
