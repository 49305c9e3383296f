//! Whether ledger, profiles and scenarios fit together. A gap between them
//! would be a demand that nobody tests or a test that nobody asked for.

mod pause;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use thiserror::Error;

use crate::ledger::{IdError, Kind, Ledger, Profile, Row, RowId};

/// A scenario as its feature file holds it; one for each example of an outline.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScenarioText {
    /// Its id in reports.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its feature's file.
    pub feature: String,
    /// Its line there.
    pub line: usize,
    /// Its tags and those above it, with or without `@`.
    pub tags: Vec<String>,
    /// Its steps, those of its background first.
    pub steps: Vec<StepText>,
}

/// A step as its feature file holds it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StepText {
    /// Its line.
    pub line: usize,
    /// Its text without the keyword.
    pub text: String,
}

impl ScenarioText {
    /// Rows that its tags `@req:ID` name, in their order.
    pub fn rows(&self) -> impl Iterator<Item = Result<RowId, IdError>> {
        self.tags.iter().filter_map(|tag| {
            tag.strip_prefix('@').unwrap_or(tag).strip_prefix("req:").map(str::parse)
        })
    }
}

/// What is wrong, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// The file.
    pub file: String,
    /// Its line.
    pub line: usize,
    /// What is wrong there.
    pub problem: Problem,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.problem)
    }
}

/// What is wrong.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum Problem {
    /// A scenario without a tag `@req:ID`.
    #[error("scenario `{0}` names no row of the ledger by a tag @req:ID")]
    Rowless(String),
    /// A tag `@req:` with something else than an id.
    #[error("scenario `{scenario}`: {error}")]
    IllFormed {
        /// The scenario's name.
        scenario: String,
        /// What is wrong with the id.
        error: IdError,
    },
    /// A tag `@req:ID` for a row that is not in the ledger.
    #[error("scenario `{scenario}` names row {row}, which is not in the ledger")]
    UnknownRow {
        /// The scenario's name.
        scenario: String,
        /// The row.
        row: RowId,
    },
    /// Two scenarios of one name.
    #[error("scenario `{name}` has the name of the one at {first}")]
    NameTwice {
        /// The name.
        name: String,
        /// File and line of the first.
        first: String,
    },
    /// Two scenarios of one id.
    #[error("scenario id `{id}` is that of the one at {first}")]
    IdTwice {
        /// The id.
        id: String,
        /// File and line of the first.
        first: String,
    },
    /// A step that waits for a time instead of a condition.
    #[error("step `{0}` waits for a time; wait on a condition with a deadline")]
    Pause(String),
    /// A row that no scenario names and that does not say why.
    #[error("row {0} has neither a scenario nor a reason why not")]
    Untested(RowId),
    /// A row that says why it has no scenario, and has one.
    #[error("row {row} is said to be untested, but {scenario} names it")]
    Tested {
        /// The row.
        row: RowId,
        /// File and line of a scenario.
        scenario: String,
    },
    /// A row that says which part is untested, and has no scenario for the other.
    #[error("row {0} is said to be untested in part, but no scenario names it")]
    NoOtherHalf(RowId),
    /// A row that no verdict could ever weigh.
    #[error("row {0} is in no profile")]
    Profileless(RowId),
    /// A profile's row that is not in the ledger.
    #[error("profile {profile} lists row {row}, which is not in the ledger")]
    ProfileRow {
        /// The profile.
        profile: String,
        /// The row.
        row: RowId,
    },
    /// A profile's row that it lists twice.
    #[error("profile {profile} lists row {row} twice")]
    ProfileTwice {
        /// The profile.
        profile: String,
        /// The row.
        row: RowId,
    },
}

/// Everything that is wrong, by file and line.
pub fn lint(ledger: &Ledger, profiles: &[Profile], scenarios: &[ScenarioText]) -> Vec<Finding> {
    let mut findings: Vec<Finding> =
        scenarios.iter().flat_map(|scenario| of_scenario(ledger, scenario)).collect();
    findings.extend(of_names(scenarios));
    findings.extend(of_rows(ledger, profiles, scenarios));
    findings.extend(profiles.iter().flat_map(|profile| of_profile(ledger, profile)));
    findings.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    findings
}

/// Its rows are in the ledger, and its steps wait for no time.
fn of_scenario(ledger: &Ledger, scenario: &ScenarioText) -> Vec<Finding> {
    let at = |line, problem| Finding { file: scenario.feature.clone(), line, problem };
    let name = || scenario.name.clone();
    let mut problems = Vec::new();
    let mut named = 0;
    for row in scenario.rows() {
        named += 1;
        match row {
            Err(error) => problems.push(Problem::IllFormed { scenario: name(), error }),
            Ok(row) if ledger.row(&row).is_none() => {
                problems.push(Problem::UnknownRow { scenario: name(), row });
            }
            Ok(_) => {}
        }
    }
    if named == 0 {
        problems.push(Problem::Rowless(name()));
    }
    let pauses = scenario.steps.iter().filter(|step| pause::waits_for_a_time(&step.text));
    let pauses = pauses.map(|step| at(step.line, Problem::Pause(step.text.clone())));
    problems.into_iter().map(|problem| at(scenario.line, problem)).chain(pauses).collect()
}

/// No name and no id stands twice.
fn of_names(scenarios: &[ScenarioText]) -> Vec<Finding> {
    let (mut names, mut ids) = (BTreeMap::new(), BTreeMap::new());
    let mut findings = Vec::new();
    for scenario in scenarios {
        let ScenarioText { id, name, feature, line, .. } = scenario;
        let mut find = |problem| {
            findings.push(Finding { file: feature.clone(), line: *line, problem });
        };
        let place = format!("{feature}:{line}");
        if let Some(first) = names.get(name).cloned() {
            find(Problem::NameTwice { name: name.clone(), first });
        }
        if let Some(first) = ids.get(id).cloned() {
            find(Problem::IdTwice { id: id.clone(), first });
        }
        names.entry(name).or_insert_with(|| place.clone());
        ids.entry(id).or_insert(place);
    }
    findings
}

/// Every row has a scenario or says why not, and some profile lists it.
fn of_rows(ledger: &Ledger, profiles: &[Profile], scenarios: &[ScenarioText]) -> Vec<Finding> {
    let listed: BTreeSet<&RowId> = profiles.iter().flat_map(Profile::ids).collect();
    let mut findings = Vec::new();
    for section in &ledger.sections {
        for row in &section.rows {
            let mut find = |problem| {
                findings.push(Finding { file: section.file.clone(), line: row.line, problem });
            };
            let names_it =
                |scenario: &&ScenarioText| scenario.rows().flatten().any(|named| named == row.id);
            if let Some(problem) = coverage(row, scenarios.iter().find(names_it)) {
                find(problem);
            }
            if row.kind != Kind::Info && !listed.contains(&row.id) {
                find(Problem::Profileless(row.id.clone()));
            }
        }
    }
    findings
}

fn coverage(row: &Row, scenario: Option<&ScenarioText>) -> Option<Problem> {
    match (scenario, &row.untested, &row.also_untested) {
        (Some(scenario), Some(_), _) => Some(Problem::Tested {
            row: row.id.clone(),
            scenario: format!("{}:{}", scenario.feature, scenario.line),
        }),
        (None, None, Some(_)) => Some(Problem::NoOtherHalf(row.id.clone())),
        (None, None, None) => Some(Problem::Untested(row.id.clone())),
        _ => None,
    }
}

/// Its rows are in the ledger and listed once.
fn of_profile(ledger: &Ledger, profile: &Profile) -> Vec<Finding> {
    let mut seen = BTreeSet::new();
    let mut findings = Vec::new();
    for (row, line) in &profile.rows {
        let mut find = |problem| {
            findings.push(Finding { file: profile.file.clone(), line: *line, problem });
        };
        let (name, id) = (profile.name.clone(), row.clone());
        if ledger.row(row).is_none() {
            find(Problem::ProfileRow { profile: name, row: id });
        } else if !seen.insert(row) {
            find(Problem::ProfileTwice { profile: name, row: id });
        }
    }
    findings
}

#[cfg(test)]
mod tests;
