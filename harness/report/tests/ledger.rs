//! The ledger's data: what stands under `features/` in this repository.

use std::collections::BTreeMap;
use std::path::Path;

use report::lint::{ScenarioText, lint};
use report::{Kind, Ledger, Profile};

fn features() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../features"))
}

fn ledger() -> Ledger {
    Ledger::read(features()).expect("the ledger under features parses")
}

/// Ids of the checklist and ours, by name: how many rows each has.
const ROWS: &[(&str, usize)] = &[
    ("CAP", 7),
    ("ADM", 3),
    ("MOD", 8),
    ("VER", 3),
    ("SHR", 1),
    ("EXC", 4),
    ("DP2", 11),
    ("IPV", 1),
    ("NDP", 2),
    ("LBL", 1),
    ("TC", 6),
    ("RUL", 2),
    ("COX", 2),
    ("TRK", 4),
    ("NP", 5),
    ("IP6", 5),
    ("PLN", 4),
    ("CFG", 1),
    ("CRD", 3),
    ("SCL", 3),
    ("API", 1),
    ("BIL", 1),
    ("LNK", 30),
    ("CNI", 11),
    ("RES", 5),
    ("POOL", 3),
    ("VSW", 2),
    ("LEAK", 1),
    ("REACH", 4),
    ("FLT", 20),
];

#[test]
fn every_demand_has_its_row() {
    let mut expected = Vec::new();
    for (name, count) in ROWS {
        expected.extend((1..=*count).map(|number| format!("{name}-{number}")));
    }
    let mut ids: Vec<_> = ledger().rows().map(|row| row.id.to_string()).collect();
    expected.sort();
    ids.sort();
    assert_eq!(ids, expected);
}

#[test]
fn kinds_are_the_checklists() {
    let mut kinds: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for row in ledger().rows() {
        kinds.entry(row.kind.word()).or_default().push(row.id.to_string());
    }
    assert_eq!(kinds["disputed"], ["TC-6", "RUL-1", "RUL-2"]);
    assert_eq!(kinds["limit"], ["NDP-2", "LBL-1", "IP6-5", "NP-2", "NP-3", "NP-4"]);
    assert_eq!(kinds["info"], ["PLN-4", "BIL-1"]);
    assert_eq!(kinds["linked"].len(), 30);
    assert!(kinds["linked"].iter().all(|id| id.starts_with("LNK-")));
}

#[test]
fn a_disputed_row_is_read_as_the_document_or_as_upstream() {
    for row in ledger().rows().filter(|row| row.kind == Kind::Disputed) {
        let names: Vec<_> = row.readings.iter().map(|reading| reading.name.as_str()).collect();
        assert_eq!(names, ["document", "upstream"], "{}", row.id);
    }
}

/// Rows that have scenarios, at least in part.
const COVERED: &str = "CAP-1 CAP-6 CAP-7 ADM-1 ADM-3 MOD-1 MOD-2 MOD-6 SHR-1 REACH-1 REACH-2 \
    REACH-3 REACH-4 RUL-1 RUL-2 COX-1 IP6-1 IP6-3 IP6-4 PLN-1 PLN-2 PLN-3 CFG-1 API-1 CNI-1 CNI-2 \
    CNI-3 CNI-4 CNI-5 CNI-6 CNI-7 CNI-8 CNI-9 CNI-10 CNI-11 RES-1 RES-2 RES-3 RES-4 RES-5 POOL-1 POOL-2 \
    POOL-3 VSW-1 VSW-2 LEAK-1 FLT-1 FLT-2 FLT-3 FLT-4 FLT-5 FLT-6 FLT-7 FLT-8 FLT-9 FLT-10 FLT-11 FLT-12 FLT-13 FLT-14 FLT-15 FLT-16 FLT-17 FLT-18 FLT-19 FLT-20";

#[test]
fn a_row_without_scenarios_says_why() {
    let ledger = ledger();
    let covered = ledger.rows().filter(|row| row.untested.is_none());
    let ids: Vec<_> = covered.map(|row| row.id.as_str()).collect();
    assert_eq!(ids, COVERED.split_whitespace().collect::<Vec<_>>());
}

#[test]
fn ledger_and_profiles_fit_together() {
    let tags = COVERED.split_whitespace().map(|id| format!("@req:{id}")).collect();
    let scenario = ScenarioText {
        id: "all".to_owned(),
        name: "all".to_owned(),
        feature: "all.feature".to_owned(),
        line: 1,
        tags,
        steps: Vec::new(),
    };
    let profiles = Profile::read_all(features()).unwrap();
    assert_eq!(lint(&ledger(), &profiles, &[scenario]), []);
}

#[test]
fn a_claim_without_scenarios_of_its_own_has_no_row_that_another_modes_scenarios_would_pass() {
    let covered: Vec<_> = COVERED.split_whitespace().collect();
    for profile in Profile::read_all(features()).unwrap() {
        let passes = profile.ids().any(|id| covered.contains(&id.as_str()));
        let tested =
            ["cni", "dual-stack", "shared-eni", "survival"].contains(&profile.name.as_str());
        assert_eq!(passes, tested, "{}", profile.name);
    }
}
