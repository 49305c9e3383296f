use super::*;
use crate::ledger::TextFile;
use rstest::rstest;

const LEDGER: &str = r#"
title = "T"
order = 1
[[row]]
id = "CAP-1"
KIND
demand = "d"
shows = "s"
[[row.source]]
document = "d.txt"
lines = [1, 1]
sha256 = "0000000000000000000000000000000000000000000000000000000000000000"
"#;

/// A ledger with the row CAP-1 at line 5, which has these keys besides.
fn ledger(keys: &str) -> Ledger {
    let text = LEDGER.replace("KIND", keys);
    Ledger::parse(&[TextFile { path: "ledger.toml".to_owned(), text }]).unwrap()
}

fn profile(rows: &str) -> Profile {
    let text = format!("name = \"p\"\ndescription = \"d\"\nrows = [{rows}]");
    Profile::parse(&TextFile { path: "p.toml".to_owned(), text }).unwrap()
}

fn scenario(name: &str, tags: &[&str]) -> ScenarioText {
    ScenarioText {
        id: format!("a/{name}"),
        name: name.to_owned(),
        feature: "a.feature".to_owned(),
        line: 7,
        tags: tags.iter().map(ToString::to_string).collect(),
        steps: vec![StepText { line: 8, text: "a pod runs".to_owned() }],
    }
}

fn findings(ledger: &Ledger, rows: &str, scenarios: &[ScenarioText]) -> Vec<String> {
    lint(ledger, &[profile(rows)], scenarios).iter().map(ToString::to_string).collect()
}

const MUST: &str = "kind = \"must\"";
const WAITS: &str = "kind = \"must\"\nuntested = \"waits\"";
const HALF: &str = "kind = \"must\"\nalso_untested = \"waits\"";
const INFO: &str = "kind = \"info\"\nuntested = \"nothing to see\"";

#[rstest]
#[case::a_row_with_a_scenario(MUST, &["@req:CAP-1"], "\"CAP-1\"")]
#[case::tags_without_an_at(MUST, &["req:CAP-1", "cni"], "\"CAP-1\"")]
#[case::half_a_row(HALF, &["req:CAP-1"], "\"CAP-1\"")]
fn what_fits_is_left_alone(#[case] keys: &str, #[case] tags: &[&str], #[case] rows: &str) {
    assert_eq!(findings(&ledger(keys), rows, &[scenario("s", tags)]), [""; 0]);
}

#[test]
fn a_written_reason_stands_for_a_scenario() {
    assert_eq!(findings(&ledger(WAITS), "\"CAP-1\"", &[]), [""; 0]);
}

#[test]
fn an_info_row_needs_no_profile() {
    assert_eq!(findings(&ledger(INFO), "", &[]), [""; 0]);
}

#[rstest]
#[case::no_row(&["cni"], "a.feature:7: scenario `s` names no row of the ledger by a tag @req:ID")]
#[case::unknown_row(
    &["req:CAP-2"],
    "a.feature:7: scenario `s` names row CAP-2, which is not in the ledger"
)]
#[case::no_id(&["req:CAP"], "a.feature:7: scenario `s`: `CAP` is no row id")]
fn a_scenario_names_rows_of_the_ledger(#[case] tags: &[&str], #[case] words: &str) {
    let found = findings(&ledger(WAITS), "\"CAP-1\"", &[scenario("s", tags)]);
    assert!(found.len() == 1 && found[0].starts_with(words), "{found:?}");
}

#[rstest]
#[case::neither(MUST, &[], "ledger.toml:5: row CAP-1 has neither a scenario nor a reason why not")]
#[case::only_half(
    HALF,
    &[],
    "ledger.toml:5: row CAP-1 is said to be untested in part, but no scenario names it"
)]
#[case::both(
    WAITS,
    &["s"],
    "ledger.toml:5: row CAP-1 is said to be untested, but a.feature:7 names it"
)]
fn a_row_has_a_scenario_or_a_reason(
    #[case] keys: &str,
    #[case] names: &[&str],
    #[case] words: &str,
) {
    let scenarios: Vec<_> = names.iter().map(|name| scenario(name, &["req:CAP-1"])).collect();
    assert_eq!(findings(&ledger(keys), "\"CAP-1\"", &scenarios), [words]);
}

#[test]
fn names_and_ids_stand_once() {
    let scenarios = [scenario("s", &["req:CAP-1"]), scenario("s", &["req:CAP-1"])];
    assert_eq!(
        findings(&ledger(MUST), "\"CAP-1\"", &scenarios),
        [
            "a.feature:7: scenario `s` has the name of the one at a.feature:7",
            "a.feature:7: scenario id `a/s` is that of the one at a.feature:7",
        ]
    );
}

#[test]
fn a_pause_is_found_at_its_step() {
    let mut scenario = scenario("s", &["req:CAP-1"]);
    scenario.steps[0].text = "the user waits 5 seconds".to_owned();
    assert_eq!(
        findings(&ledger(MUST), "\"CAP-1\"", &[scenario]),
        ["a.feature:8: step `the user waits 5 seconds` waits for a time; \
         wait on a condition with a deadline"]
    );
}

#[rstest]
#[case::unknown(
    "\"CAP-1\", \"CAP-9\"",
    "p.toml:3: profile p lists row CAP-9, which is not in the ledger"
)]
#[case::twice("\"CAP-1\", \"CAP-1\"", "p.toml:3: profile p lists row CAP-1 twice")]
#[case::none("", "ledger.toml:5: row CAP-1 is in no profile")]
fn profiles_list_rows_of_the_ledger(#[case] rows: &str, #[case] words: &str) {
    assert_eq!(findings(&ledger(WAITS), rows, &[]), [words]);
}
