//! One scenario as a page shows it.

use facts::Outcome;
use serde::Serialize;

use super::mark::{self, Mark};
use super::picture::Picture;
use super::time;
use crate::json::Report;
use crate::record::{ClaimRecord, DivergenceRecord, ScenarioRecord, StepRecord};
use crate::verdict::RowVerdict;

/// One scenario.
#[derive(Serialize)]
pub(super) struct Card<'a> {
    anchor: String,
    mark: Mark,
    scenario: &'a ScenarioRecord,
    rows: Vec<&'a RowVerdict>,
    /// Why its failure weighs nothing, if so.
    light: Option<&'static str>,
    took: String,
    steps: Vec<Step<'a>>,
    claims: Vec<Claim<'a>>,
    readings: Vec<(&'a str, &'a str, Mark)>,
    divergence: Option<Divergence<'a>>,
    /// The file of its facts, where a link to it leads nowhere else.
    link: Option<&'a str>,
}

#[derive(Serialize)]
struct Step<'a> {
    mark: Mark,
    /// Whether the scenario broke here.
    broke: bool,
    record: &'a StepRecord,
    took: String,
}

#[derive(Serialize)]
struct Claim<'a> {
    mark: Mark,
    /// Its step, counted from 1.
    step: usize,
    record: &'a ClaimRecord,
}

/// Where the scenario's facts first leave what is wanted.
#[derive(Serialize)]
struct Divergence<'a> {
    record: &'a DivergenceRecord,
    picture: Picture,
    /// Where the demand stands.
    document: String,
}

/// A link to a scenario's card.
#[derive(Serialize)]
pub(super) struct Link<'a> {
    anchor: String,
    mark: Mark,
    name: &'a str,
}

/// Where the card of the scenario at this place in the run stands.
fn anchor(place: usize) -> String {
    format!("scenario-{}", place + 1)
}

/// Links to the cards of a row's scenarios.
pub(super) fn links<'a>(report: &'a Report, row: &RowVerdict) -> Vec<Link<'a>> {
    let numbered = report.run.scenarios.iter().enumerate();
    let of_row = numbered.filter(|(_, scenario)| scenario.rows.contains(&row.id));
    of_row.map(|(place, scenario)| Link::new(place, scenario)).collect()
}

/// A link to the card of the scenario of this id, where the run holds it.
pub(super) fn link_to<'a>(report: &'a Report, id: &str) -> Option<Link<'a>> {
    let mut numbered = report.run.scenarios.iter().enumerate();
    let (place, scenario) = numbered.find(|(_, scenario)| scenario.id == id)?;
    Some(Link::new(place, scenario))
}

impl<'a> Link<'a> {
    fn new(place: usize, scenario: &'a ScenarioRecord) -> Self {
        let (anchor, mark) = (anchor(place), mark::of_outcome(scenario.outcome));
        Self { anchor, mark, name: &scenario.name }
    }
}

impl<'a> Card<'a> {
    /// The card of the scenario at this place in the run.
    pub(super) fn new(report: &'a Report, place: usize, scenario: &'a ScenarioRecord) -> Self {
        let rows: Vec<&RowVerdict> =
            scenario.rows.iter().filter_map(|row| report.verdict.row(row)).collect();
        let broke = |step: &StepRecord| matches!(step.outcome, Outcome::Failed | Outcome::Error);
        let step = |step: &'a StepRecord| Step {
            mark: mark::of_outcome(step.outcome),
            broke: broke(step),
            record: step,
            took: time::span(step.millis),
        };
        let claim = |claim: &'a ClaimRecord| Claim {
            mark: mark::of_judgement(&claim.judgement),
            step: claim.step + 1,
            record: claim,
        };
        let readings = scenario
            .readings
            .iter()
            .map(|said| (said.row.as_str(), said.reading.as_str(), mark::of_outcome(said.outcome)));
        Self {
            anchor: anchor(place),
            mark: mark::of_outcome(scenario.outcome),
            light: light(scenario, &rows),
            took: time::span(scenario.millis),
            steps: scenario.steps.iter().map(step).collect(),
            claims: scenario.claims.iter().map(claim).collect(),
            readings: readings.collect(),
            divergence: scenario.divergence.as_ref().map(|record| Divergence {
                record,
                picture: Picture::of(record),
                document: record.document(),
            }),
            link: scenario.evidence.as_deref().filter(|path| is_inside(path)),
            rows,
            scenario,
        }
    }
}

/// Why a failure weighs nothing, if so; an error always weighs.
fn light(scenario: &ScenarioRecord, rows: &[&RowVerdict]) -> Option<&'static str> {
    let selected = || rows.iter().filter(|row| !row.profiles.is_empty());
    if scenario.outcome != Outcome::Failed || selected().any(|row| row.kind.binds()) {
        None
    } else if selected().next().is_some() {
        Some("weighs nothing: the document admits it")
    } else {
        Some("weighs nothing: outside the selected profiles")
    }
}

/// Whether a path leads to a file beside the report, and means the same in a link.
fn is_inside(path: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
    !path.starts_with('/') && !path.contains("..") && path.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::is_inside;

    #[test]
    fn a_link_leads_to_a_file_beside_the_report() {
        assert!(is_inside("evidence/cni-add.1.json"));
        for path in
            ["/etc/passwd", "../up", "//host/x", "javascript:x", "https://host", "a b", "x#y"]
        {
            assert!(!is_inside(path), "{path}");
        }
    }
}
