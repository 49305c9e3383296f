//! Runs in a real lab.

mod runs;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use nix::sys::wait::{WaitPidFlag, waitpid};
use serde_json::Value;

use super::{code, plumbline, run, said};

/// Labs take turns: two cores hold one at a time without strain.
static LAB: Mutex<()> = Mutex::new(());

/// Namespaces of a lab without nodes: the fabric, the control plane, the world.
const LAB_ALONE: usize = 3;

/// A turn, if a lab can be had; says so if not.
fn ready(target: &str) -> Option<MutexGuard<'static, ()>> {
    let output = run(&["doctor", "--target", target]);
    let ready = code(&output) == 0;
    if !ready {
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        eprintln!("skipped: no lab on this machine (root and ci/build make one)\n{text}");
    }
    // A test that failed left no lab that could be in the way.
    ready.then(|| LAB.lock().unwrap_or_else(PoisonError::into_inner))
}

fn report(folder: &Path) -> Value {
    let text = std::fs::read_to_string(folder.join("report.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Namespaces of a run.
fn namespaces(run: &str) -> usize {
    let names = std::fs::read_dir("/run/netns").map(|entries| {
        let names = entries.flatten().map(|entry| entry.file_name());
        names.filter(|name| name.to_string_lossy().starts_with(run)).count()
    });
    names.unwrap_or(0)
}

/// Starts a run of the reference and waits until it plays.
fn playing(run: &str, out: &Path) -> Child {
    // What a test that failed left of this name would be in the way; nothing there is fine.
    super::run(&["clean", run]);
    let mut child = plumbline(&[
        "run",
        "--target",
        "reference",
        "--run-id",
        run,
        "--out",
        out.to_str().unwrap(),
    ])
    .stdout(Stdio::null())
    .stderr(Stdio::piped())
    .spawn()
    .unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let seen = lines.map_while(Result::ok).any(|line| line.contains('/'));
    assert!(seen, "the run ended before it played");
    child
}

#[test]
fn one_scenario_of_a_sound_target_is_partial_and_reported_in_every_format() {
    let Some(_turn) = ready("reference") else { return };
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    let scenario = "cni/version/version-is-answered-in-1.1.0";
    let args = ["run", "--target", "reference", "--out", out, "--run-id", "ptest001", scenario];
    let output = run(&args);
    assert_eq!(code(&output), 3, "{}", said(&output));
    let report = report(folder.path());
    let schema = run(&["schema", "report"]).stdout;
    let schema = serde_json::from_slice(&schema).unwrap();
    jsonschema::validate(&schema, &report).unwrap();
    let passed = |entry: &&Value| entry["outcome"] == "passed";
    let scenarios = report["run"]["scenarios"].as_array().unwrap();
    let passed: Vec<_> = scenarios.iter().filter(passed).collect();
    assert_eq!(passed.len(), 1);
    assert_eq!(code(&run(&["analyze", out])), 3);
    let evidence = folder.path().join(passed[0]["evidence"].as_str().unwrap());
    let evidence: Value = serde_json::from_slice(&std::fs::read(evidence).unwrap()).unwrap();
    assert_eq!(evidence["scenario"], scenario);
    for name in ["junit.xml", "report.html", "logs/terway-controlplane.log"] {
        assert!(folder.path().join(name).is_file(), "{name}");
    }
    assert_eq!(report["run"]["leaks"], Value::Array(Vec::new()));
    assert_eq!(namespaces("ptest001-"), 0);
}

#[test]
fn a_target_that_does_nothing_is_1_and_0_only_when_nobody_is_to_be_stopped() {
    let Some(_turn) = ready("silent") else { return };
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    let args = ["run", "--target", "silent", "--out", out, "cni/version"];
    let output = run(&args);
    assert_eq!(code(&output), 1, "{}", said(&output));
    assert_eq!(report(folder.path())["verdict"]["overall"], "non-conformant");
    let advisory = run(&[&args[..], &["--advisory"]].concat());
    assert_eq!(code(&advisory), 0, "{}", said(&advisory));
    assert_eq!(report(folder.path())["verdict"]["exitCode"], 1);
}

#[test]
fn a_report_that_cannot_be_written_is_70() {
    let Some(_turn) = ready("silent") else { return };
    let output = run(&["run", "--target", "silent", "--out", "/dev/null/x", "cni/version"]);
    assert_eq!(code(&output), 70, "{}", said(&output));
}

/// Starts a run of the reference and sends it a signal while it plays; answers how
/// it ended.
fn stop(run: &str, out: &Path, signal: Signal) -> Option<i32> {
    let mut child = playing(run, out);
    let process = nix::unistd::Pid::from_raw(i32::try_from(child.id()).unwrap());
    nix::sys::signal::kill(process, signal).unwrap();
    child.wait().unwrap().code()
}

#[test]
fn an_interrupted_run_is_130_and_leaves_a_partial_report_and_nothing_else() {
    let Some(_turn) = ready("reference") else { return };
    let folder = tempfile::tempdir().unwrap();
    let ended = stop("ptest002", folder.path(), Signal::SIGINT);
    assert_eq!(ended, Some(130));
    let report = report(folder.path());
    let schema = serde_json::from_slice(&run(&["schema", "report"]).stdout).unwrap();
    jsonschema::validate(&schema, &report).unwrap();
    assert_eq!(report["run"]["complete"], false);
    let outcomes = report["run"]["scenarios"].as_array().unwrap();
    assert!(outcomes.iter().any(|scenario| scenario["reason"]["why"] == "interrupted"));
    assert!(folder.path().join("logs/second/etcd.log").is_file(), "it had two labs");
    assert_eq!((namespaces("ptest002-"), namespaces("qtest002-")), (0, 0));
}

/// Kills a run at a moment when it has a node: a stopped one takes none away.
fn kill_with_a_node(run: &str, mut child: Child) {
    let process = nix::unistd::Pid::from_raw(i32::try_from(child.id()).unwrap());
    let signal = |signal| nix::sys::signal::kill(process, signal).unwrap();
    let deadline = Instant::now() + Duration::from_mins(1);
    let (_open, pace) = mpsc::channel::<()>();
    loop {
        signal(Signal::SIGSTOP);
        waitpid(process, Some(WaitPidFlag::WUNTRACED)).unwrap();
        if namespaces(&format!("{run}-")) > LAB_ALONE || Instant::now() > deadline {
            break;
        }
        signal(Signal::SIGCONT);
        let _ = pace.recv_timeout(Duration::from_millis(50));
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn clean_takes_away_what_a_killed_run_left() {
    let Some(_turn) = ready("reference") else { return };
    let folder = tempfile::tempdir().unwrap();
    kill_with_a_node("ptest003", playing("ptest003", folder.path()));
    assert!(namespaces("ptest003-") > LAB_ALONE && namespaces("qtest003-") > 0);
    let output = run(&["clean", "ptest003"]);
    assert_eq!(code(&output), 0, "{}", said(&output));
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap();
    for lab in ["ptest003", "qtest003"] {
        assert_eq!(namespaces(&format!("{lab}-")), 0);
        assert!(!Path::new("/run/plumbline").join(lab).exists());
        assert!(!mounts.contains(lab));
    }
}

/// Figures of a quick benchmark, valid by its schema; it ends with 0 whatever it finds.
fn measured(kind: &str, folder: &Path) -> Value {
    let args = ["bench", kind, "--quick", "--rounds", "3", "--timeout-scale", "3", "--out"];
    let output = run(&[&args[..], &[folder.to_str().unwrap()]].concat());
    assert_eq!(code(&output), 0, "{}", said(&output));
    let text = std::fs::read_to_string(folder.join("bench.json")).unwrap();
    let result: Value = serde_json::from_str(&text).unwrap();
    let schema = serde_json::from_slice(&run(&["schema", "bench"]).stdout).unwrap();
    jsonschema::validate(&schema, &result).unwrap();
    result
}

/// The measure of somebody doing something beside so many pods.
fn measure<'a>(result: &'a Value, who: &str, what: &str, pods: u64) -> &'a Value {
    let of = |m: &&Value| m["who"] == who && m["what"] == what && m["pods"] == pods;
    let found = result["measures"].as_array().unwrap().iter().find(of);
    let found = found.unwrap_or_else(|| panic!("{who} {what} {pods}"));
    assert!(found["p50"].as_f64().unwrap() > 0.0, "{found}");
    found
}

#[test]
fn a_quick_benchmark_of_calls_has_figures_of_everybody() {
    let Some(_turn) = ready("reference") else { return };
    let folder = tempfile::tempdir().unwrap();
    let result = measured("cni", folder.path());
    for who in ["floor", "reference", "ptp", "bridge"] {
        for (what, pods) in [("ADD", 0), ("ADD", 5), ("DEL", 5), ("ADD/s at 8", 0)] {
            measure(&result, who, what, pods);
        }
    }
    measure(&result, "reference", "STATUS", 5);
    let page = std::fs::read_to_string(folder.path().join("bench.html")).unwrap();
    assert!(page.contains("<svg") && page.contains("ADD to floor"));
}

#[test]
fn a_quick_benchmark_of_packets_has_every_path_with_one_pod_and_with_more() {
    let Some(_turn) = ready("reference") else { return };
    let folder = tempfile::tempdir().unwrap();
    let result = measured("datapath", folder.path());
    for who in ["host", "reference", "upstream"] {
        for what in ["UDP round trip", "TCP connect and request", "packet"] {
            for pods in [1, 5] {
                let found = measure(&result, who, what, pods);
                assert_eq!(found["samples"].as_array().unwrap().len(), 3, "{found}");
            }
        }
    }
    for who in ["reference", "ptp", "bridge"] {
        measure(&result, who, "UDP round trip within a node", 2);
    }
    let growth = |goal: &Value| goal["text"].as_str().unwrap().starts_with("growth");
    assert!(result["goals"].as_array().unwrap().iter().any(growth));
}
