//! Runs that can be judged again, played again, and that leave no other's alone.

use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use super::{namespaces, ready, report, stop};
use crate::{code, plumbline, run, said};

fn verdict(folder: &Path) -> Vec<u8> {
    std::fs::read(folder.join("verdict.json")).unwrap()
}

/// The file is what the schema says.
fn fits(path: &Path, schema: &str) {
    let schema = serde_json::from_slice(&run(&["schema", schema]).stdout).unwrap();
    let file: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let errors = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<_> = errors.iter_errors(&file).map(|error| error.to_string()).collect();
    assert_eq!(errors, [""; 0], "{}", path.display());
}

/// Facts of one scenario of a run, by name.
fn facts(folder: &Path, index: &str) -> Vec<(String, Value)> {
    let index: Value = serde_json::from_slice(&std::fs::read(folder.join(index)).unwrap()).unwrap();
    let read = |fact: &Value| {
        let path = folder.join("evidence/objects").join(fact["sha256"].as_str().unwrap());
        fits(&path, "fact");
        let text = std::fs::read(path).unwrap();
        (fact["name"].as_str().unwrap().to_owned(), serde_json::from_slice(&text).unwrap())
    };
    index["facts"].as_array().unwrap().iter().map(read).collect()
}

#[test]
fn a_run_is_judged_again_and_played_again_with_the_same_verdict() {
    let Some(_turn) = ready("reference") else { return };
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (folder.path().join("first"), folder.path().join("second"));
    let (out, again) = (first.to_str().unwrap(), second.to_str().unwrap());
    let args = ["run", "--target", "reference", "--shuffle", "--repeat", "2", "--seed", "7"];
    let selected = ["--out", out, "cni/version"];
    let played = run(&[&args[..], &selected[..]].concat());
    assert_eq!(code(&played), 3, "{}", said(&played));

    for (file, schema) in [
        ("report.json", "report"),
        ("verdict.json", "verdict"),
        ("manifest.json", "manifest"),
        ("plan.json", "plan"),
        ("evidence/cni.version.version-is-answered-in-1.1.0.2.json", "evidence"),
    ] {
        fits(&first.join(file), schema);
    }
    let seen = facts(&first, "evidence/cni.version.version-is-answered-in-1.1.0.json");
    for name in ["state of n1 at first", "state of n1 at the end", "calls of the cloud about n1"] {
        assert!(seen.iter().any(|(seen, _)| seen == name), "{name}");
    }
    let told = seen.iter().find(|(name, _)| name == "netlink events of n1").unwrap();
    assert!(told.1["lines"].as_array().is_some_and(|lines| !lines.is_empty()), "{told:?}");

    let analyzed = run(&["analyze", out]);
    assert_eq!(code(&analyzed), 3, "{}", said(&analyzed));

    let plan = |args: &[&str]| String::from_utf8(run(args).stdout).unwrap();
    let told = plan(&["replay", out, "--dry-run"]);
    assert!(told.contains("10 turns against reference with seed 7"), "{told}");
    assert_eq!(told, plan(&[&args[..], &["--dry-run", "cni/version"]].concat()));
    let replayed = run(&["replay", out, "--out", again]);
    assert_eq!(code(&replayed), 3, "{}", said(&replayed));
    assert_eq!(verdict(&first), verdict(&second));

    let log = first.join("logs/terway-controlplane.log");
    std::fs::write(log, "nothing happened").unwrap();
    let spoilt = run(&["analyze", out]);
    assert_eq!(code(&spoilt), 7, "{}", said(&spoilt));
    let words = String::from_utf8_lossy(&spoilt.stdout).into_owned();
    assert_eq!(words, "logs/terway-controlplane.log was changed\n");
}

#[test]
fn two_labs_side_by_side_know_nothing_of_each_other() {
    let Some(_turn) = ready("reference") else { return };
    let folder = tempfile::tempdir().unwrap();
    let start = |run: &str| {
        let out = folder.path().join(run);
        let args = ["run", "--target", "reference", "--run-id", run, "cni/version", "cni/add"];
        let mut command = plumbline(&args);
        command.arg("--out").arg(out).stdout(Stdio::null()).stderr(Stdio::piped());
        command.spawn().unwrap()
    };
    let runs = ["ptest010", "ptest011"];
    let outputs = runs.map(start).map(|child| child.wait_with_output().unwrap());
    for (run, output) in runs.iter().zip(&outputs) {
        assert_eq!(code(output), 3, "{}", said(output));
        assert!(said(output).contains("the lab is up after"), "{}", said(output));
        assert_eq!(report(&folder.path().join(run))["run"]["leaks"], Value::Array(Vec::new()));
        assert_eq!(namespaces(&format!("{run}-")), 0);
    }
    assert_eq!(verdict(&folder.path().join(runs[0])), verdict(&folder.path().join(runs[1])));
}

#[test]
fn a_terminated_run_is_143_and_its_partial_report_can_be_judged_again() {
    let Some(_turn) = ready("reference") else { return };
    let folder = tempfile::tempdir().unwrap();
    let ended = stop("ptest012", folder.path(), nix::sys::signal::Signal::SIGTERM);
    assert_eq!(ended, Some(143));
    assert_eq!(report(folder.path())["run"]["complete"], false);
    fits(&folder.path().join("report.json"), "report");
    let analyzed = run(&["analyze", folder.path().to_str().unwrap()]);
    assert_ne!(code(&analyzed), 7, "{}", said(&analyzed));
    assert_eq!((namespaces("ptest012-"), namespaces("qtest012-")), (0, 0));
}

#[test]
fn a_full_disk_is_70_and_told() {
    let Some(_turn) = ready("silent") else { return };
    let folder = tempfile::tempdir().unwrap();
    let disk = folder.path().to_str().unwrap();
    let mount = |program: &str, args: &[&str]| {
        let done = std::process::Command::new(program).args(args).status().unwrap();
        assert!(done.success(), "{program} {args:?}");
    };
    mount("mount", &["-t", "tmpfs", "-o", "size=64k", "plumbline-test", disk]);
    let output = run(&["run", "--target", "silent", "--out", disk, "cni/version"]);
    mount("umount", &[disk]);
    assert_eq!(code(&output), 70, "{}", said(&output));
    assert!(said(&output).contains("No space left"), "{}", said(&output));
}
