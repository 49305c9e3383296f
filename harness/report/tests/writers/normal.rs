//! `verdict.json`, the normal form.

use facts::{Judgement, Outcome};
use report::normal::schema;
use report::{Normal, RunRecord};

use crate::{report_of, sample};

fn normal(run: RunRecord) -> String {
    Normal::of(&report_of(run)).to_json()
}

#[test]
fn a_normal_form_is_what_its_schema_says() {
    let form = serde_json::from_str(&normal(sample::record())).unwrap();
    jsonschema::validate(schema().as_value(), &form).unwrap();
}

#[test]
fn times_names_and_places_are_no_part_of_it() {
    let mut other = sample::record();
    "pother00".clone_into(&mut other.run);
    "another command".clone_into(&mut other.reproduce);
    other.started = "2031-05-06T07:08:09Z".parse().unwrap();
    other.finished = None;
    for scenario in &mut other.scenarios {
        scenario.millis += 1;
        scenario.evidence = Some("elsewhere".to_owned());
        scenario.steps.iter_mut().for_each(|step| step.millis += 1);
    }
    assert_eq!(normal(other), normal(sample::record()));
}

#[test]
fn every_finding_is_a_part_of_it() {
    let found = normal(sample::record());
    let mut flaky = sample::record();
    flaky.scenarios[0].flaky = true;
    let mut other_outcome = sample::record();
    other_outcome.scenarios[0].outcome = Outcome::CantTell;
    let mut other_claim = sample::record();
    let claims = other_claim.scenarios.iter_mut().flat_map(|scenario| &mut scenario.claims);
    for claim in claims {
        claim.judgement = Judgement::CantTell { reason: "no control".to_owned() };
    }
    let mut cut_short = sample::record();
    cut_short.complete = !cut_short.complete;
    for other in [flaky, other_outcome, other_claim, cut_short] {
        assert_ne!(normal(other), found);
    }
}
