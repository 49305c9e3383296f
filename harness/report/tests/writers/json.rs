//! `report.json` and its schema.

use report::json::schema;
use report::{Conformance, Exit, Report};
use rstest::rstest;
use serde_json::{Value, json};

use crate::{report_of, sample};

fn sample() -> Value {
    serde_json::from_str(&report_of(sample::record()).to_json()).expect("a report is JSON")
}

fn validator() -> jsonschema::Validator {
    jsonschema::validator_for(schema().as_value()).expect("the schema is one")
}

fn is_valid(report: &Value) -> bool {
    validator().is_valid(report)
}

#[test]
fn a_report_is_what_its_schema_says() {
    let errors: Vec<String> = validator().iter_errors(&sample()).map(|e| e.to_string()).collect();
    assert_eq!(errors, [""; 0]);
}

#[test]
fn a_report_is_read_back_as_it_was_written() {
    let report = report_of(sample::record());
    assert_eq!(Report::from_json(&report.to_json()).unwrap(), report);
}

#[test]
fn the_verdict_stands_first() {
    let text = report_of(sample::record()).to_json();
    let keys: Vec<&str> =
        text.lines().filter(|line| line.starts_with("  \"")).map(str::trim).collect();
    assert_eq!(
        keys,
        [
            "\"apiVersion\": \"plumbline.dev/v1\",",
            "\"kind\": \"ConformanceReport\",",
            "\"verdict\": {",
            "\"run\": {",
        ]
    );
}

#[test]
fn the_sample_fails_for_one_row() {
    let verdict = report_of(sample::record()).verdict;
    assert_eq!(
        (verdict.overall, verdict.exit_code),
        (Conformance::NonConformant, Exit::NonConformant)
    );
    let failed: Vec<_> =
        verdict.profiles.iter().flat_map(|p| &p.failed).map(report::RowId::as_str).collect();
    assert_eq!(failed, ["RES-5"]);
}

#[rstest]
#[case::another_version("/apiVersion", json!("plumbline.dev/v2"))]
#[case::another_kind("/kind", json!("Report"))]
#[case::unknown_result("/verdict/overall", json!("excellent"))]
#[case::unknown_exit("/verdict/exitCode", json!(8))]
#[case::exit_as_text("/verdict/exitCode", json!("1"))]
#[case::unknown_outcome("/verdict/rows/0/outcome", json!("skipped"))]
#[case::ill_formed_row("/verdict/rows/0/id", json!("CAP_1"))]
#[case::short_digest("/verdict/rows/0/sources/0/sha256", json!("abc"))]
#[case::negative_count("/verdict/profiles/0/counts/failed", json!(-1))]
#[case::no_time("/run/started", json!("yesterday"))]
#[case::complete_as_text("/run/complete", json!("yes"))]
#[case::no_scenarios("/run/scenarios", Value::Null)]
fn a_value_that_has_no_meaning_is_refused(#[case] pointer: &str, #[case] value: Value) {
    let mut report = sample();
    *report.pointer_mut(pointer).unwrap() = value;
    assert!(Report::from_json(&report.to_string()).is_err(), "read");
    // A schema need not know formats; a time is for the reader to refuse.
    assert!(pointer == "/run/started" || !is_valid(&report), "valid");
}

#[rstest]
#[case("", "verdict")]
#[case("", "run")]
#[case("/verdict", "exitCode")]
#[case("/verdict/rows/0", "demand")]
#[case("/run", "scenarios")]
#[case("/run/scenarios/0", "outcome")]
fn a_field_that_is_missing_or_unknown_is_refused(#[case] pointer: &str, #[case] field: &str) {
    let mut missing = sample();
    missing.pointer_mut(pointer).unwrap().as_object_mut().unwrap().remove(field).unwrap();
    assert!(!is_valid(&missing) && Report::from_json(&missing.to_string()).is_err());
    let mut unknown = sample();
    unknown.pointer_mut(pointer).unwrap()["surplus"] = json!(1);
    assert!(!is_valid(&unknown) && Report::from_json(&unknown.to_string()).is_err());
}
