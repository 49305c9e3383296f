use std::fmt::Write;

use super::*;
use crate::ledger::TextFile;
use crate::record::{
    Environment, ReadingRecord, Reason, ScenarioRecord, Selection, Suite, Target, Trouble, Why,
};
use Outcome::{CantTell, Error, Failed, Inapplicable, Passed, Untested};
use facts::Outcome;
use jiff::Timestamp;

mod claims;
mod properties;
mod rows;

/// CAP-1 to CAP-3 are musts, CAP-4 is not covered, and there is one row of each other kind.
fn ledger() -> Ledger {
    let rows = [
        ("CAP-1", "must", ""),
        ("CAP-2", "must", ""),
        ("CAP-3", "must", "also_untested = \"half\""),
        ("CAP-4", "must", "untested = \"waits\""),
        ("LNK-1", "linked", ""),
        ("NP-2", "limit", ""),
        ("BIL-1", "info", "untested = \"nothing to see\""),
        ("RUL-1", "disputed", ""),
    ];
    let mut text = "title = \"T\"\norder = 1\n".to_owned();
    for (id, kind, keys) in rows {
        let zeros = "0".repeat(64);
        let row = write!(
            text,
            "[[row]]\nid = \"{id}\"\nkind = \"{kind}\"\ndemand = \"d\"\nshows = \"s\"\n{keys}\n\
             source = [{{ document = \"d\", lines = [1, 1], sha256 = \"{zeros}\" }}]\n"
        );
        row.unwrap();
        if kind == "disputed" {
            text += "reading = [{ name = \"document\", says = \"512\" }, \
                     { name = \"upstream\", says = \"2048\" }]\n";
        }
    }
    Ledger::parse(&[TextFile { path: "ledger.toml".to_owned(), text }]).unwrap()
}

/// The profile `p` with these rows, and `q` with CAP-2.
fn profiles(rows: &str) -> Vec<Profile> {
    let listed = |rows: &str| {
        rows.split_whitespace().map(|row| format!("\"{row}\"")).collect::<Vec<_>>().join(", ")
    };
    let profile = |name: &str, rows: &str| {
        let rows = listed(rows);
        let text = format!("name = \"{name}\"\ndescription = \"d\"\nrows = [{rows}]");
        Profile::parse(&TextFile { path: format!("{name}.toml"), text }).unwrap()
    };
    vec![profile("p", rows), profile("q", "CAP-2")]
}

fn id(row: &str) -> RowId {
    row.parse().unwrap()
}

/// A scenario of a row; untested ones for the machine's sake.
fn scenario(row: &str, outcome: Outcome) -> ScenarioRecord {
    let why = match outcome {
        Untested => Some(Why::Environment),
        Inapplicable => Some(Why::Capability),
        CantTell => Some(Why::Evidence),
        Passed | Failed | Error => None,
    };
    ScenarioRecord {
        id: format!("{row} {outcome}"),
        name: String::new(),
        feature: String::new(),
        line: 1,
        rows: vec![id(row)],
        tags: Vec::new(),
        outcome,
        reason: why.map(|why| Reason { why, text: String::new() }),
        readings: Vec::new(),
        steps: Vec::new(),
        claims: Vec::new(),
        divergence: None,
        error: None,
        millis: 0,
        evidence: None,
        attempts: Vec::new(),
        flaky: false,
        reproduce: String::new(),
    }
}

fn untested(row: &str, why: Why) -> ScenarioRecord {
    let reason = Some(Reason { why, text: String::new() });
    ScenarioRecord { reason, ..scenario(row, Untested) }
}

/// A scenario of RUL-1 that ends so as the document reads and as upstream does.
fn disputed(document: Outcome, upstream: Outcome) -> ScenarioRecord {
    let readings = [("document", document), ("upstream", upstream)];
    let outcome = settle(&readings, None);
    let readings = readings.map(|(reading, outcome)| ReadingRecord {
        row: id("RUL-1"),
        reading: reading.to_owned(),
        outcome,
    });
    ScenarioRecord { readings: readings.to_vec(), ..scenario("RUL-1", outcome) }
}

/// A complete run of profile `p`.
fn run(scenarios: Vec<ScenarioRecord>) -> RunRecord {
    RunRecord {
        run: "r".to_owned(),
        suite: Suite { version: "1".to_owned(), commit: None },
        target: Target {
            name: "t".to_owned(),
            organisation: "o".to_owned(),
            version: "1".to_owned(),
            profiles: vec!["p".to_owned()],
            capabilities: BTreeMap::new(),
            readings: BTreeMap::new(),
        },
        environment: Environment {
            kernel: "6.18".to_owned(),
            cpus: 2,
            kubernetes: None,
            missing: Vec::new(),
        },
        selection: Selection { profiles: vec!["p".to_owned()], filters: Vec::new() },
        exclusions: Vec::new(),
        seed: None,
        reproduce: String::new(),
        started: Timestamp::UNIX_EPOCH,
        finished: None,
        complete: true,
        troubles: Vec::new(),
        scenarios,
        leaks: Vec::new(),
        detection: None,
    }
}

/// The result of profile `p` with these rows, and the exit code.
fn judge(rows: &str, record: &RunRecord) -> (Conformance, u8) {
    let verdict = verdict(&ledger(), &profiles(rows), record);
    (verdict.profiles[0].result, verdict.exit_code.code())
}
