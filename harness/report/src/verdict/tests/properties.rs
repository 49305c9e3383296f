//! What holds for every run.

use super::*;
use Conformance::Conformant;
use proptest::prelude::*;

const ROWS: [&str; 8] = ["CAP-1", "CAP-2", "CAP-3", "CAP-4", "LNK-1", "NP-2", "BIL-1", "RUL-1"];

/// Those of them whose failure fails a claim.
const BINDING: [&str; 6] = ["CAP-1", "CAP-2", "CAP-3", "CAP-4", "LNK-1", "RUL-1"];

fn outcomes() -> impl Strategy<Value = Outcome> {
    prop::sample::select(vec![Inapplicable, Passed, Untested, CantTell, Failed, Error])
}

fn whys() -> impl Strategy<Value = Why> {
    prop::sample::select(vec![Why::Environment, Why::Excluded, Why::Unselected, Why::Interrupted])
}

fn scenarios() -> impl Strategy<Value = ScenarioRecord> {
    let rows = prop::sample::select(ROWS.to_vec());
    (rows, outcomes(), outcomes(), whys()).prop_map(|(row, first, second, why)| match first {
        Untested => untested(row, why),
        _ if row == "RUL-1" => disputed(first, second),
        _ => scenario(row, first),
    })
}

prop_compose! {
    fn records()(
        scenarios in prop::collection::vec(scenarios(), 0..12),
        profiles in prop::sample::subsequence(vec!["p", "q", "nobody"], 0..=3),
        complete in any::<bool>(),
        trouble in prop::option::of(prop::sample::select(
            vec![TroubleKind::Gate, TroubleKind::NotReady, TroubleKind::Harness]
        )),
        claims in any::<bool>(),
    ) -> RunRecord {
        let mut record = RunRecord { complete, ..run(scenarios) };
        record.selection.profiles = profiles.into_iter().map(str::to_owned).collect();
        record.troubles = trouble
            .map(|kind| Trouble { kind, text: String::new() })
            .into_iter()
            .collect();
        if claims {
            record.target.readings.insert(id("RUL-1"), "document".to_owned());
        }
        record
    }
}

fn of(record: &RunRecord) -> Verdict {
    verdict(&ledger(), &profiles(&ROWS.join(" ")), record)
}

proptest! {
    #[test]
    fn another_failure_never_improves_a_verdict(
        record in records(),
        row in prop::sample::select(BINDING.to_vec()),
    ) {
        let before = of(&record);
        let mut record = record;
        record.scenarios.push(scenario(row, Failed));
        let after = of(&record);
        prop_assert!(after.overall >= before.overall, "{before:?} {after:?}");
        prop_assert!(after.exit_code >= before.exit_code, "{before:?} {after:?}");
        for (before, after) in before.profiles.iter().zip(&after.profiles) {
            prop_assert!(after.result >= before.result, "{before:?} {after:?}");
        }
    }

    #[test]
    fn without_a_pass_nothing_is_conformant(mut record in records()) {
        record.scenarios.retain(|scenario| scenario.outcome != Passed);
        let verdict = of(&record);
        prop_assert_ne!(verdict.overall, Conformant);
        prop_assert_ne!(verdict.exit_code, Exit::Conformant);
    }

    #[test]
    fn a_conformant_run_has_neither_a_failed_nor_an_open_row(record in records()) {
        let verdict = of(&record);
        let open = |row: &&RowVerdict| {
            let closed = matches!(row.outcome, Passed | Inapplicable);
            row.kind != crate::Kind::Info && row.not_covered.is_none() && !closed
        };
        if verdict.overall == Conformant {
            let inside = verdict.rows.iter().filter(|row| !row.profiles.is_empty());
            prop_assert_eq!(inside.filter(open).count(), 0);
        }
    }

    #[test]
    fn every_row_of_a_profile_is_counted_once(record in records()) {
        for profile in of(&record).profiles.iter().filter(|profile| profile.name == "p") {
            let c = profile.counts;
            let counted = c.passed + c.failed + c.cant_tell + c.untested + c.inapplicable + c.error
                + c.limitations_present + c.limitations_absent + c.not_covered;
            // All but BIL-1, which weighs nothing.
            prop_assert_eq!(counted, 7);
        }
    }
}
