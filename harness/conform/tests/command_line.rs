//! The program as a user calls it: exit codes and machine formats. What needs a
//! lab needs root and everything built; without, those tests say so and pass.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod lab;

use std::process::{Command, Output};

use rstest::rstest;

/// `plumbline ARGS`, with the features of this repository.
fn plumbline(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plumbline"));
    command.args(args).current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    command.env_remove("PLUMBLINE_TARGET");
    command
}

fn run(args: &[&str]) -> Output {
    plumbline(args).output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[rstest]
#[case::unknown_row(&["run", "--target", "silent", "NO-1"], "NO-1")]
#[case::unknown_target(&["run", "--target", "nobody"], "nobody")]
#[case::unknown_profile(&["run", "--target", "silent", "--profile", "none"], "none")]
#[case::no_reason(&["run", "--target", "silent", "--exclude", "CNI-1"], "--reason")]
#[case::empty_reason(&["run", "--target", "silent", "--exclude", "CNI-1", "--reason", " "], "CNI-1")]
#[case::bad_expression(&["run", "--target", "silent", "--tags", "@a and"], "@a and")]
#[case::bad_regex(&["run", "--target", "silent", "--name", "("], "(")]
#[case::bad_run_id(&["run", "--target", "silent", "--run-id", "x"], "run")]
#[case::id_of_a_second_lab(&["run", "--target", "silent", "--run-id", "q1234567"], "p1234567")]
#[case::unknown_reading(&["run", "--target", "silent", "--reading", "RUL-1=mine"], "mine")]
#[case::reading_of_no_row(&["run", "--target", "silent", "--reading", "XX-9=mine"], "XX-9")]
#[case::unknown_plan(&["faults", "run", "flood"], "flood")]
#[case::no_part(&["run", "--target", "silent", "--shard", "4/3"], "4/3")]
#[case::never(&["run", "--target", "silent", "--repeat", "0"], "--repeat")]
#[case::folder_of_somebody(&["run", "--target", "silent", "--out", "ci"], "ci")]
#[case::analyze_no_run(&["analyze", "ci"], "ci")]
#[case::replay_no_run(&["replay", "p0000000"], "p0000000")]
#[case::explain_nothing(&["explain", "NO-1"], "NO-1")]
#[case::clean_no_run(&["clean", "../etc"], "../etc")]
fn what_cannot_be_understood_is_2_and_names_it(#[case] args: &[&str], #[case] word: &str) {
    let output = run(args);
    assert_eq!(code(&output), 2, "{}", said(&output));
    assert!(said(&output).contains(word), "{}", said(&output));
}

#[rstest]
#[case::tags(&["run", "--target", "silent", "--tags", "@nobody"])]
#[case::name(&["run", "--target", "silent", "--name", "^$"])]
#[case::everything_excluded(&[
    "run", "--target", "silent", "CNI-1", "--exclude", "CNI-1", "--reason", "a test",
])]
#[case::not_claimed(&["run", "--target", "plugins", "CNI-6"])]
fn an_empty_selection_is_4(#[case] args: &[&str]) {
    let output = run(args);
    assert_eq!(code(&output), 4, "{}", said(&output));
}

#[test]
fn a_machine_that_is_not_ready_is_5_and_says_what_to_do() {
    let output =
        plumbline(&["run", "--target", "silent"]).env("PATH", "/nowhere").output().unwrap();
    assert_eq!(code(&output), 5, "{}", said(&output));
    assert!(said(&output).contains("ci/setup"), "{}", said(&output));
}

#[test]
fn a_gate_that_is_not_met_is_6() {
    assert_eq!(code(&run(&["coverage"])), 0);
    let output = run(&["coverage", "--min", "100"]);
    assert_eq!(code(&output), 6);
    assert!(String::from_utf8_lossy(&output.stdout).contains("not covered: "));
}

#[test]
fn a_plan_comes_from_its_seed_and_parts_share_it() {
    let plan = |more: &[&str]| {
        let output = run(&[&["run", "--target", "silent", "--dry-run"], more].concat());
        assert_eq!(code(&output), 0, "{}", said(&output));
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    let whole = plan(&["--seed", "7", "--shuffle"]);
    assert_eq!(whole, plan(&["--seed", "7", "--shuffle"]));
    assert_ne!(whole, plan(&["--seed", "8", "--shuffle"]));
    let part = |part| plan(&["--seed", "7", "--shuffle", "--shard", part]);
    let (mut parts, mut whole) = ([part("1/2"), part("2/2")].concat(), whole);
    parts.sort();
    whole.sort();
    assert_eq!(parts, whole);
    assert_eq!(plan(&["--repeat", "3"]).len(), 3 * whole.len());
}

#[rstest]
#[case::list(&["list"], "cni/version/version-is-answered-in-1.1.0")]
#[case::tree(&["list", "--tree", "cni/version"], "features/cni/version.feature")]
#[case::targets(&["list", "--targets"], "reference")]
#[case::profiles(&["list", "--profiles"], "shared-eni")]
#[case::faults(&["faults", "list"], "vswitch [FLT-19 VSW-1 VSW-2]")]
#[case::faults_json(&["faults", "list", "--json"], "\"plan\": \"restart\"")]
#[case::row(&["explain", "CAP-1"], "210")]
#[case::scenario(&["explain", "RUL-1"], "Reading upstream")]
#[case::help(&["--help"], "Exit codes")]
fn what_there_is_can_be_asked(#[case] args: &[&str], #[case] word: &str) {
    let output = run(args);
    assert_eq!(code(&output), 0, "{}", said(&output));
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains(word), "{text}");
}

#[rstest]
#[case("report")]
#[case("verdict")]
#[case("evidence")]
#[case("fact")]
#[case("manifest")]
#[case("plan")]
fn schemas_are_schemas(#[case] format: &str) {
    let output = run(&["schema", format]);
    let schema = serde_json::from_slice(&output.stdout).unwrap();
    assert!(jsonschema::meta::is_valid(&schema));
}
