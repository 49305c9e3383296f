//! A run's folder that was made up without a lab: it bears its report out, and
//! every way to change it is noticed.

use std::collections::BTreeMap;

use facts::cni::CniCall;
use facts::{Claim, Evidence, Fact, Judgement, Outcome};
use report::RunRecord;
use report::record::{Environment, Selection, Suite, Target};
use rstest::rstest;

use super::*;
use crate::cli::{Cli, Command, Run};
use crate::evidence::Playing;
use crate::recorder::{Course, Stepped};
use crate::suite::Claimed;

const SCENARIO: &str = "cni/version/version-is-answered-in-1.1.0";
const ANSWER: &str = r#"{"cniVersion":"1.1.0","supportedVersions":["1.1.0"]}"#;

fn features() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../features"))
}

fn evidence_of(answer: &str) -> Evidence {
    let mut evidence = Evidence::default();
    let call = CniCall {
        plugin: "p".to_owned(),
        node: "n1".to_owned(),
        env: [("CNI_COMMAND".to_owned(), "VERSION".to_owned())].into(),
        stdin: String::new(),
        exit: Some(0),
        stdout: answer.to_owned(),
        stderr: String::new(),
        millis: 1,
    };
    evidence.put("VERSION", Fact::Cni(call));
    evidence
}

fn index(folder: &Path, entry: &Entry) -> Index {
    let step = |line| (line, Stepped { outcome: Outcome::Passed, millis: 1 });
    let lines: Vec<usize> = entry.text.steps.iter().map(|step| step.line).collect();
    let line = *lines.last().unwrap();
    let listed = vec!["1.1.0".to_owned()];
    let claim = Claim::Versions { call: "VERSION".to_owned(), asked: "1.1.0".to_owned(), listed };
    Index {
        scenario: SCENARIO.to_owned(),
        attempt: 1,
        facts: Objects::of(folder).keep(&evidence_of(ANSWER)).unwrap(),
        claims: vec![Claimed {
            line,
            claim,
            reading: None,
            judgement: Judgement::Holds,
            divergence: None,
        }],
        course: Course {
            steps: lines.into_iter().map(step).collect(),
            broke: None,
            millis: 5,
            ended: true,
        },
        fault: None,
        captures: Vec::new(),
    }
}

fn options() -> Run {
    let words = ["plumbline", "run", "--target", "made-up", "--seed", "7", SCENARIO];
    match <Cli as clap::Parser>::parse_from(words).command {
        Command::Run(run) => *run,
        other => panic!("{other:?}"),
    }
}

fn record(scenarios: Vec<ScenarioRecord>) -> RunRecord {
    RunRecord {
        run: "ptest000".to_owned(),
        suite: Suite { version: "1".to_owned(), commit: None },
        target: Target {
            name: "made-up".to_owned(),
            organisation: "a test".to_owned(),
            version: "1".to_owned(),
            profiles: vec!["cni".to_owned()],
            capabilities: BTreeMap::new(),
            readings: BTreeMap::new(),
        },
        environment: Environment {
            kernel: "6.1".to_owned(),
            cpus: 2,
            kubernetes: None,
            missing: Vec::new(),
        },
        selection: Selection { profiles: vec!["cni".to_owned()], filters: Vec::new() },
        exclusions: Vec::new(),
        seed: Some(7),
        reproduce: "plumbline run".to_owned(),
        started: "2026-01-02T03:04:05Z".parse().unwrap(),
        finished: None,
        complete: true,
        troubles: Vec::new(),
        scenarios,
        leaks: Vec::new(),
        detection: None,
    }
}

/// The folder of a run in which one scenario passed.
fn folder() -> tempfile::TempDir {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    evidence::keep_suite(features(), folder).unwrap();
    let catalogue = Catalogue::read(features()).unwrap();
    let readings = BTreeMap::new();
    let records = Records {
        ledger: &catalogue.ledger,
        readings: &readings,
        target: "made-up",
        seed: 7,
        repeat: 1,
    };
    let scenario = |entry: &Entry| {
        if entry.text.id == SCENARIO {
            let index = index(folder, entry);
            index.write(folder).unwrap();
            return records.ran(entry, &[index]);
        }
        let text = "the selection leaves it out".to_owned();
        records.left(entry, Reason { why: report::record::Why::Unselected, text })
    };
    let run = record(catalogue.scenarios.iter().map(scenario).collect());
    let verdict = verdict(&catalogue.ledger, &catalogue.profiles, &run);
    let playing = Playing { scenario: SCENARIO.to_owned(), attempt: 1, alone: false };
    let recipe = Recipe {
        api_version: report::json::ApiVersion::V1,
        run: "ptest000".to_owned(),
        options: options(),
        turns: vec![playing],
    };
    recipe.write(folder).unwrap();
    let wish = format!("verdict={}", folder.join(evidence::VERDICT).display());
    let report = Report::new(run, verdict);
    crate::output::write(&report, folder, &[wish.parse().unwrap()], report::summary::Colour::Never)
        .unwrap();
    seal(folder);
    temporary
}

/// Makes the manifest fit, as somebody would who hides a change.
fn seal(folder: &Path) {
    Manifest::of(folder, "ptest000").unwrap().write(folder).unwrap();
}

fn change(path: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{} holds no {from}", path.display());
    std::fs::write(path, text.replace(from, to)).unwrap();
}

/// What is said of the folder, and how it ends.
fn said(folder: &Path) -> (String, u8) {
    match judge_again(folder) {
        Ok(judged) => (String::new(), judged.report.verdict.exit_code.code()),
        Err(differences) => (differences.join("\n"), 7),
    }
}

fn stored(folder: &Path) -> Index {
    Index::read_all(folder, SCENARIO).unwrap().remove(0)
}

#[test]
fn an_untouched_folder_gives_its_verdict_again() {
    let folder = folder();
    assert_eq!(said(folder.path()), (String::new(), 3));
}

#[rstest]
#[case::fact("evidence/objects/FACT")]
#[case::index("evidence/cni.version.version-is-answered-in-1.1.0.json")]
#[case::ledger("evidence/suite/cni/ledger.toml")]
#[case::report("report.json")]
#[case::plan("plan.json")]
fn a_changed_byte_is_noticed_and_its_file_named(#[case] file: &str) {
    let folder = folder();
    let file = file.replace("FACT", &stored(folder.path()).facts[0].sha256);
    let path = folder.path().join(&file);
    let mut bytes = std::fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let (words, code) = said(folder.path());
    assert_eq!((words.as_str(), code), (format!("{file} was changed").as_str(), 7));
}

#[test]
fn a_missing_and_an_unknown_file_are_named() {
    let folder = folder();
    std::fs::remove_file(folder.path().join("junit.xml")).unwrap();
    std::fs::write(folder.path().join("evidence/more"), "").unwrap();
    let (words, _) = said(folder.path());
    assert_eq!(words, "junit.xml is missing\nevidence/more was added");
    std::fs::remove_file(folder.path().join(evidence::MANIFEST)).unwrap();
    assert!(said(folder.path()).0.contains("manifest.json"));
}

#[test]
fn another_fact_is_judged_otherwise_even_when_every_digest_fits() {
    let folder = folder();
    let mut index = stored(folder.path());
    let other = evidence_of(r#"{"cniVersion":"0.4.0","supportedVersions":["1.1.0"]}"#);
    let old = folder.path().join("evidence/objects").join(&index.facts[0].sha256);
    std::fs::remove_file(old).unwrap();
    index.facts = Objects::of(folder.path()).keep(&other).unwrap();
    index.write(folder.path()).unwrap();
    seal(folder.path());
    let (words, code) = said(folder.path());
    assert!(words.contains("is judged otherwise now") && code == 7, "{words}");
    assert!(words.contains("report.json is not what the evidence says"), "{words}");
}

#[test]
fn another_claim_is_judged_otherwise_even_when_every_digest_fits() {
    let folder = folder();
    let path = folder.path().join(stored(folder.path()).file());
    change(&path, r#""asked": "1.1.0""#, r#""asked": "1.0.0""#);
    seal(folder.path());
    let (words, code) = said(folder.path());
    assert!(words.contains("is judged otherwise now") && code == 7, "{words}");
}

#[test]
fn another_outcome_than_the_evidence_has_is_noticed() {
    let folder = folder();
    let path = folder.path().join(evidence::VERDICT);
    change(&path, r#""exitCode": 3"#, r#""exitCode": 0"#);
    seal(folder.path());
    assert_eq!(said(folder.path()).0, "verdict.json is not what the evidence says");
}

#[test]
fn a_scenario_that_was_to_be_played_needs_evidence() {
    let folder = folder();
    std::fs::remove_file(folder.path().join(stored(folder.path()).file())).unwrap();
    seal(folder.path());
    assert_eq!(said(folder.path()).1, 7);
}
