//! A made-up run of the whole suite: most of it passes, and there is one of
//! every other ending but an error of the harness.

use std::collections::BTreeMap;

use facts::{Claim, Judgement, Outcome, Violation};
use jiff::Timestamp;
use report::record::{
    ClaimRecord, Environment, Exclusion, ReadingRecord, Reason, RunRecord, ScenarioRecord,
    Selection, StepRecord, Suite, Target, Why,
};
use report::words::words;

/// Feature, name and rows of every scenario.
const SCENARIOS: &[(&str, &str, &str)] = &[
    ("capacity/limit", "The 211th pod of a node is refused", "CAP-1"),
    ("capacity/limit", "The limit follows the cloud's answer", "CAP-6"),
    ("capacity/limit", "maxPods moves no limit of addresses", "CAP-7"),
    ("capacity/admission", "A node of limit 12 joins, one of limit 11 does not", "ADM-1"),
    ("capacity/admission", "Table and calculation agree for the whole catalogue", "ADM-3"),
    ("modes/interfaces", "Several pods share an interface", "MOD-1"),
    ("modes/interfaces", "The primary interface serves no pod", "MOD-2"),
    ("modes/interfaces", "A tagged interface is the user's", "MOD-6"),
    ("data-links/stack", "Pods' traffic passes the node's stack", "SHR-1"),
    ("data-links/reach", "Pods reach each other within and across nodes", "REACH-1"),
    ("data-links/reach", "A pod and its node reach each other", "REACH-2"),
    ("data-links/reach", "A Service's address reaches every backend", "REACH-3"),
    ("data-links/reach", "The world sees the pod's own address", "REACH-4"),
    ("order/rules", "Packets to a pod follow its rule", "RUL-1"),
    ("order/rules", "Packets from a pod follow its rule", "RUL-2"),
    ("dual-stack/pods", "A pod has an address of each family", "IP6-1"),
    ("dual-stack/pods", "Control plane traffic stays on IPv4", "IP6-3"),
    ("dual-stack/pods", "A type with fewer IPv6 addresses is refused", "IP6-4"),
    ("dual-stack/plan", "An overlapping Service block is refused", "PLN-1"),
    ("dual-stack/plan", "Pods' vSwitches may be the nodes'", "PLN-2"),
    ("dual-stack/plan", "An IPv6 Service block needs dual stack", "PLN-3"),
    ("configuration/eni-config", "An unknown field is refused while traffic flows", "CFG-1"),
    ("configuration/calls", "Throttling slows pods and loses none", "API-1"),
    ("cni/version", "VERSION answers in the version asked", "CNI-1"),
    ("cni/add", "ADD answers in the form of each version", "CNI-2"),
    ("cni/add", "What ADD tells is there", "CNI-3"),
    ("cni/del", "DEL is content with what is already gone", "CNI-4"),
    ("cni/check", "CHECK finds what was taken away", "CNI-5"),
    ("cni/gc", "GC spares valid attachments", "CNI-6"),
    ("cni/status", "STATUS tells whether ADD can be served", "CNI-7"),
    ("cni/errors", "A failure is told by an error object", "CNI-8"),
    ("cni/errors", "Bad input changes nothing", "CNI-9"),
    ("cni/errors", "A failed ADD leaves nothing", "CNI-10"),
    ("cni/add", "Sixteen ADDs at once get sixteen addresses", "CNI-11"),
    ("resilience/restart", "A restarted agent remembers its grants", "RES-1"),
    ("resilience/restart", "DEL works while the agent is away", "RES-2"),
    ("resilience/restart", "A restarted controller makes nothing twice", "RES-3"),
    ("resilience/addresses", "A retried ADD keeps its address", "RES-4"),
    ("resilience/addresses", "A released address rests", "RES-5"),
    ("resilience/pool", "An idle node keeps its minimum", "POOL-1"),
    ("resilience/pool", "Idle addresses above the maximum go back", "POOL-2"),
    ("resilience/pool", "A new node is warmed up", "POOL-3"),
    ("resilience/vswitch", "Exhaustion is told and ends", "VSW-1"),
    ("resilience/vswitch", "Growth goes on beside a full vSwitch", "VSW-2"),
    ("resilience/leaks", "A vanished node's interfaces are collected", "LEAK-1"),
    ("faults/drift", "Foreign objects are left alone", "COX-1"),
];

/// A complete run of the profiles cni and shared-eni.
pub(crate) fn record() -> RunRecord {
    let claimed = ["cni", "shared-eni"].map(str::to_owned).to_vec();
    let excluded = "the runtime of this cluster sends no GC";
    RunRecord {
        run: "20261122-174107-3f2a".to_owned(),
        suite: Suite { version: "0.1.0".to_owned(), commit: Some("176e111a71ed".to_owned()) },
        target: Target {
            name: "example-eni-cni".to_owned(),
            organisation: "Example Networks".to_owned(),
            version: "2.4.1".to_owned(),
            profiles: claimed.clone(),
            capabilities: BTreeMap::from([
                ("dual-stack".to_owned(), false),
                ("gc".to_owned(), true),
            ]),
            readings: BTreeMap::new(),
        },
        environment: Environment {
            kernel: "6.18.5-cloud-amd64".to_owned(),
            cpus: 2,
            kubernetes: Some("v1.34.2".to_owned()),
            missing: vec!["ipvlan".to_owned(), "8021q".to_owned()],
        },
        selection: Selection { profiles: claimed, filters: Vec::new() },
        exclusions: vec![Exclusion { id: "CNI-6".to_owned(), reason: excluded.to_owned() }],
        seed: Some(42),
        reproduce: "plumbline run --target example.toml --seed 42 --exclude CNI-6".to_owned(),
        started: time("2026-11-22T17:41:07Z"),
        finished: Some(time("2026-11-22T17:45:39Z")),
        complete: true,
        troubles: Vec::new(),
        scenarios: SCENARIOS.iter().enumerate().map(scenario).collect(),
        leaks: vec!["kernel: namespace plumb-3f2a-n2 is still there".to_owned()],
        detection: None,
    }
}

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn scenario((place, &(feature, name, row)): (usize, &(&str, &str, &str))) -> ScenarioRecord {
    let line = 8 + place * 9 % 70;
    let slug: String = name.to_lowercase().replace(|c: char| !c.is_alphanumeric(), "-");
    let id = format!("{feature}/{slug}");
    let mut scenario = ScenarioRecord {
        name: name.to_owned(),
        feature: format!("features/{feature}.feature"),
        line,
        rows: vec![row.parse().expect("a row")],
        tags: vec![format!("@req:{row}")],
        outcome: Outcome::Passed,
        reason: None,
        readings: Vec::new(),
        steps: steps(line, "Given a node with pods", "the demand is met"),
        claims: vec![holds()],
        divergence: None,
        error: None,
        millis: 640 + place as u64 * 311 % 4900,
        evidence: Some(format!("evidence/{slug}.json")),
        attempts: Vec::new(),
        flaky: false,
        reproduce: format!("plumbline run --target example.toml --seed 42 --scenario {id}"),
        id,
    };
    vary(&mut scenario, row);
    scenario
}

fn steps(line: usize, given: &str, then: &str) -> Vec<StepRecord> {
    let step = |offset: usize, keyword: &str, text: &str| StepRecord {
        keyword: keyword.to_owned(),
        text: text.to_owned(),
        line: line + offset,
        outcome: Outcome::Passed,
        millis: 12 + offset as u64 * 180,
    };
    let given = given.trim_start_matches("Given ");
    vec![
        step(1, "Given", given),
        step(2, "When", "the runtime adds and deletes pods"),
        step(3, "Then", then),
    ]
}

/// Endings other than a plain pass.
fn vary(scenario: &mut ScenarioRecord, row: &str) {
    let mut open = |outcome, why, text: &str| {
        scenario.outcome = outcome;
        scenario.reason = Some(Reason { why, text: text.to_owned() });
        if why == Why::Evidence {
            let reason = text.to_owned();
            scenario.claims[0].judgement = Judgement::CantTell { reason };
            scenario.steps[2].outcome = Outcome::CantTell;
        } else {
            (scenario.evidence, scenario.millis) = (None, 0);
            scenario.claims.clear();
            scenario.steps.iter_mut().for_each(|step| step.outcome = Outcome::Untested);
        }
    };
    match row {
        "RES-5" => fail(scenario),
        "RUL-1" => read(scenario, Outcome::Passed, Outcome::Failed),
        "RUL-2" => read(scenario, Outcome::Failed, Outcome::Passed),
        "CNI-5" => open(
            Outcome::CantTell,
            Why::Evidence,
            "the control call `check before` failed, too: the target may refuse every CHECK",
        ),
        "CNI-6" => {
            open(Outcome::Untested, Why::Excluded, "the runtime of this cluster sends no GC");
        }
        "VSW-1" | "VSW-2" => {
            open(Outcome::Untested, Why::Environment, "the cloud has one vSwitch only");
        }
        "IP6-1" | "IP6-3" | "IP6-4" => {
            open(Outcome::Inapplicable, Why::Capability, "dual-stack is not claimed");
        }
        _ => {}
    }
}

fn fail(scenario: &mut ScenarioRecord) {
    scenario.outcome = Outcome::Failed;
    scenario.steps = steps(
        scenario.line,
        "Given a node whose only free address was just released by pod \"a\"",
        "the address of pod \"a\" is given to nobody for 130 seconds",
    );
    scenario.steps[2].outcome = Outcome::Failed;
    let claim = Claim::NotReused {
        first: "add a".to_owned(),
        later: vec!["add b".to_owned(), "add c".to_owned()],
        control: "add after the rest".to_owned(),
    };
    let violation = |call: &str, seconds: &str| Violation {
        object: format!("address 10.0.1.17 told by `{call}`"),
        expected: "an address that was not released within the last 130 s".to_owned(),
        observed: format!("10.0.1.17, which pod \"a\" gave up {seconds} s before"),
    };
    let violations = vec![violation("add b", "0.4"), violation("add c", "2.1")];
    let words = words(&claim);
    let judgement = Judgement::Violated { violations };
    scenario.claims.push(ClaimRecord { step: 2, claim, words, reading: None, judgement });
}

fn holds() -> ClaimRecord {
    let claim = Claim::CallSucceeds { call: "add a".to_owned() };
    let words = words(&claim);
    ClaimRecord { step: 1, claim, words, reading: None, judgement: Judgement::Holds }
}

fn read(scenario: &mut ScenarioRecord, document: Outcome, upstream: Outcome) {
    scenario.readings = [("document", document), ("upstream", upstream)]
        .map(|(reading, outcome)| ReadingRecord {
            row: scenario.rows[0].clone(),
            reading: reading.to_owned(),
            outcome,
        })
        .to_vec();
}
