//! How rows end.

use super::*;
use Conformance::{Conformant, Inconclusive, NonConformant, Partial};
use rstest::rstest;

#[test]
fn a_row_without_a_scenario_in_the_run_is_untested() {
    let record = run(vec![scenario("CAP-1", Passed)]);
    assert_eq!(judge("CAP-1 CAP-2", &record), (Partial, 3));
    let verdict = verdict(&ledger(), &profiles("CAP-1 CAP-2"), &record);
    let gap = &verdict.profiles[0].not_run[0];
    assert_eq!((gap.row.as_str(), &gap.scenario, gap.outcome), ("CAP-2", &None, Untested));
}

#[rstest]
#[case(vec![Passed, Passed], Passed)]
#[case(vec![Passed, Inapplicable], Passed)]
#[case(vec![Passed, Untested], Untested)]
#[case(vec![Untested, CantTell], CantTell)]
#[case(vec![CantTell, Failed, Passed], Failed)]
#[case(vec![Failed, Error], Error)]
#[case(vec![Inapplicable], Inapplicable)]
#[case(vec![], Untested)]
fn a_row_ends_as_its_heaviest_scenario(#[case] scenarios: Vec<Outcome>, #[case] row: Outcome) {
    let scenarios = scenarios.into_iter().map(|outcome| scenario("CAP-1", outcome)).collect();
    let verdict = verdict(&ledger(), &profiles("CAP-1"), &run(scenarios));
    assert_eq!(verdict.row(&id("CAP-1")).unwrap().outcome, row);
}

#[test]
fn a_row_that_the_suite_does_not_cover_is_told_and_turns_nothing() {
    let record = run(vec![scenario("CAP-1", Passed)]);
    assert_eq!(judge("CAP-1 CAP-4", &record), (Conformant, 0));
    let verdict = verdict(&ledger(), &profiles("CAP-1 CAP-4"), &record);
    let expected = NotCovered { row: id("CAP-4"), reason: "waits".to_owned() };
    assert_eq!(verdict.profiles[0].not_covered, [expected]);
    assert_eq!(verdict.profiles[0].counts.not_covered, 1);
}

#[test]
fn what_is_untested_in_part_is_told_beside_the_outcome() {
    let verdict = verdict(&ledger(), &profiles("CAP-3"), &run(vec![scenario("CAP-3", Passed)]));
    let row = verdict.row(&id("CAP-3")).unwrap();
    assert_eq!((row.outcome, row.also_untested.as_deref()), (Passed, Some("half")));
}

#[rstest]
#[case::worse(Failed, Some(Limitation::Present), Conformant)]
#[case::better(Passed, Some(Limitation::Absent), Conformant)]
#[case::unseen(Untested, None, Inconclusive)]
fn a_limitation_never_fails(
    #[case] outcome: Outcome,
    #[case] limitation: Option<Limitation>,
    #[case] result: Conformance,
) {
    let record = run(vec![scenario("CAP-1", Passed), scenario("NP-2", outcome)]);
    assert_eq!(judge("CAP-1 NP-2", &record).0, result);
    let verdict = verdict(&ledger(), &profiles("CAP-1 NP-2"), &record);
    assert_eq!(verdict.row(&id("NP-2")).unwrap().limitation, limitation);
}

#[test]
fn limitations_alone_make_no_claim() {
    assert_eq!(judge("NP-2", &run(vec![scenario("NP-2", Passed)])), (Inconclusive, 3));
}

#[rstest]
#[case::linked("LNK-1", NonConformant)]
#[case::must("CAP-2", NonConformant)]
#[case::disputed("RUL-1", NonConformant)]
#[case::info("BIL-1", Conformant)]
fn rows_that_bind_fail_a_claim(#[case] row: &str, #[case] result: Conformance) {
    let record = run(vec![scenario("CAP-1", Passed), scenario(row, Failed)]);
    assert_eq!(judge(&format!("CAP-1 {row}"), &record).0, result);
}

#[rstest]
#[case::as_the_document(Passed, Failed, None, Passed, &["document"])]
#[case::as_upstream(Failed, Passed, None, Passed, &["upstream"])]
#[case::as_neither(Failed, Failed, None, Failed, &[])]
#[case::as_claimed(Failed, Passed, Some("upstream"), Passed, &["upstream"])]
#[case::not_as_claimed(Failed, Passed, Some("document"), Failed, &["upstream"])]
fn a_disputed_row_tells_the_reading_that_was_matched(
    #[case] document: Outcome,
    #[case] upstream: Outcome,
    #[case] claimed: Option<&str>,
    #[case] expected: Outcome,
    #[case] matched: &[&str],
) {
    let mut record = run(vec![disputed(document, upstream)]);
    record.target.readings =
        claimed.map(|name| (id("RUL-1"), name.to_owned())).into_iter().collect();
    let verdict = verdict(&ledger(), &profiles("RUL-1"), &record);
    let row = verdict.row(&id("RUL-1")).unwrap();
    assert_eq!((row.outcome, row.claimed.as_deref()), (expected, claimed));
    assert_eq!(row.matched().collect::<Vec<_>>(), matched);
}

#[test]
fn a_scenario_that_depends_on_no_reading_fails_all_of_them() {
    let record = run(vec![disputed(Passed, Failed), scenario("RUL-1", Failed)]);
    assert_eq!(judge("RUL-1", &record), (NonConformant, 1));
}

#[test]
fn a_row_names_the_mutants_that_its_scenarios_killed() {
    let mut run = run(vec![scenario("CAP-1", Passed)]);
    let mutant = |name: &str, reached: bool| crate::detection::Mutant {
        id: name.to_owned(),
        says: String::new(),
        killed: true,
        reached,
        fails: Vec::new(),
        rows: vec![id("CAP-1")],
        unspecific: Vec::new(),
    };
    let mutants = vec![mutant("limit-of-eni-quantity", true), mutant("never-there", false)];
    let schema = crate::detection::KillsForm::V1;
    run.detection = Some(crate::Kills { schema, seed: 1, mutants }.into());
    let verdict = verdict(&ledger(), &profiles("CAP-1 CAP-2"), &run);
    assert_eq!(verdict.row(&id("CAP-1")).unwrap().killed_by, ["limit-of-eni-quantity"]);
    assert!(verdict.row(&id("CAP-2")).unwrap().killed_by.is_empty());
}
