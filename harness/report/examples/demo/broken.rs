//! A made-up run in which packets between pods go astray, with the way that they
//! took and a kill matrix.

use facts::divergence::{Fit, Hop};
use facts::{Claim, Divergence, Judgement, Outcome, Violation};
use report::detection::{Kills, KillsForm, Mutant};
use report::record::{ClaimRecord, DivergenceRecord, RunRecord};
use report::words::words;

use super::sample;

const WAY: &[(&str, &str, &str, Fit)] = &[
    ("pod a", "sends", "TCP from 10.0.1.5 to 10.0.2.6:8080", Fit::Fits),
    ("pod a", "link and address", "eth0 is up and has 10.0.1.5", Fit::Fits),
    ("pod a", "route", "default via 169.254.1.1 dev eth0", Fit::Fits),
    ("pod a", "neighbour", "169.254.1.1 at ee:ee:00:00:00:07", Fit::Fits),
    ("node n1", "veth", "cali1 is up", Fit::Fits),
    ("node n1", "packets before routing", "4 by cali1, mark 0x100000", Fit::Fits),
    (
        "node n1",
        "default route in table 1003 of node n1",
        "rule 32766 → table main: it leaves by eth0",
        Fit::Differs,
    ),
    ("VPC", "beyond the break", "nothing came so far", Fit::Untold),
    ("node n2", "beyond the break", "nothing came so far", Fit::Untold),
    ("pod b", "beyond the break", "nothing came so far", Fit::Untold),
];

/// The run of [`sample::record`] with a failure on the way and a kill matrix.
pub(crate) fn record() -> RunRecord {
    let mut run = sample::record();
    let mut failing = run.scenarios.iter_mut().filter(|s| s.rows[0].as_str() == "REACH-1");
    let scenario = failing.next().expect("the sample shows REACH-1");
    scenario.outcome = Outcome::Failed;
    scenario.steps[2].outcome = Outcome::Failed;
    scenario.claims.push(violated());
    scenario.divergence = Some(DivergenceRecord {
        claim: scenario.claims.len() - 1,
        row: Some(scenario.rows[0].clone()),
        sources: Vec::new(),
        found: found(),
    });
    run.detection = Some(kills().into());
    run
}

fn violated() -> ClaimRecord {
    let claim = Claim::Answers {
        exchange: "TCP from pod a to pod b".to_owned(),
        by: "uid of b".to_owned(),
        seen: Some([10, 0, 1, 5].into()),
    };
    let violation = Violation {
        object: "TCP from pod a to pod b at 10.0.2.6:8080".to_owned(),
        expected: "an answer by uid of b".to_owned(),
        observed: "silence".to_owned(),
    };
    let judgement = Judgement::Violated { violations: vec![violation] };
    ClaimRecord { step: 2, words: words(&claim), claim, reading: None, judgement }
}

fn found() -> Divergence {
    let hop = |(place, what, seen, fit): &(&str, &str, &str, Fit)| Hop {
        place: (*place).to_owned(),
        what: (*what).to_owned(),
        seen: (*seen).to_owned(),
        fit: *fit,
    };
    Divergence {
        hops: WAY.iter().map(hop).collect(),
        object: "default route in table 1003 of node n1".to_owned(),
        wanted: "it leaves by eth1, which carries the source".to_owned(),
        seen: "rule 32766 → table main: it leaves by eth0".to_owned(),
        explanation: "The kernel of node n1 walked: rule 0 → local: no route to there; rule 512 → \
            1003: no route to there; rule 512 mark 0x100000/0xfff00000 → 1003: no route to there; \
            rule 32766 → main: default via 10.0.0.253 dev eth0."
            .to_owned(),
    }
}

fn kills() -> Kills {
    let mutant = |id: &str, says: &str, (killed, reached): (bool, bool), row: &str| Mutant {
        id: id.to_owned(),
        says: says.to_owned(),
        killed,
        reached,
        fails: if killed { vec!["a/scenario".to_owned()] } else { Vec::new() },
        rows: vec![row.parse().expect("a row")],
        unspecific: Vec::new(),
    };
    let mutants = vec![
        mutant("rule-priority-513", "The rule has priority 513.", (true, true), "RUL-1"),
        mutant("no-warm-up", "A new node is not warmed up.", (false, true), "POOL-3"),
        mutant("vswitch-order", "The fullest vSwitch is tried first.", (false, false), "VSW-2"),
        mutant("no-rest", "A released address is given at once.", (true, true), "RES-5"),
    ];
    Kills { schema: KillsForm::V1, seed: 42, mutants }
}
