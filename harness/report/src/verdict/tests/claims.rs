//! What can be claimed.

use super::*;
use Conformance::{Conformant, Inconclusive, NonConformant, Partial};
use rstest::rstest;

#[rstest]
#[case::passes(Passed, Passed, Conformant, 0)]
#[case::one_fails(Passed, Failed, NonConformant, 1)]
#[case::one_is_undecided(Passed, CantTell, Inconclusive, 3)]
#[case::one_is_untested(Passed, Untested, Inconclusive, 3)]
#[case::one_is_inapplicable(Passed, Inapplicable, Conformant, 0)]
#[case::a_failure_outweighs_doubt(Failed, CantTell, NonConformant, 1)]
#[case::a_failure_outweighs_untested(Untested, Failed, NonConformant, 1)]
#[case::the_harness_broke(Passed, Error, Inconclusive, 70)]
#[case::the_harness_broke_beside_a_failure(Failed, Error, NonConformant, 70)]
#[case::all_inapplicable(Inapplicable, Inapplicable, Inconclusive, 3)]
#[case::none_ran(Untested, Untested, Inconclusive, 3)]
fn two_rows_make_a_claim(
    #[case] first: Outcome,
    #[case] second: Outcome,
    #[case] result: Conformance,
    #[case] exit: u8,
) {
    let record = run(vec![scenario("CAP-1", first), scenario("CAP-2", second)]);
    assert_eq!(judge("CAP-1 CAP-2", &record), (result, exit));
}

#[rstest]
#[case::excluded(Why::Excluded, Partial)]
#[case::unselected(Why::Unselected, Partial)]
#[case::environment(Why::Environment, Inconclusive)]
#[case::interrupted(Why::Interrupted, Inconclusive)]
fn what_the_user_left_out_makes_a_claim_partial(#[case] why: Why, #[case] result: Conformance) {
    let record = run(vec![scenario("CAP-1", Passed), untested("CAP-2", why)]);
    assert_eq!(judge("CAP-1 CAP-2", &record), (result, 3));
}

#[rstest]
#[case::excluded(Why::Excluded, 4)]
#[case::unselected(Why::Unselected, 4)]
#[case::environment(Why::Environment, 3)]
fn leaving_everything_out_is_nothing_selected(#[case] why: Why, #[case] exit: u8) {
    let record = run(vec![untested("CAP-1", why), untested("CAP-2", why)]);
    assert_eq!(judge("CAP-1 CAP-2", &record), (Inconclusive, exit));
}

#[rstest]
#[case::beside_a_quick_one(Passed, Conformant, 0)]
#[case::beside_a_failure(Failed, NonConformant, 1)]
#[case::beside_what_is_not_claimed(Inapplicable, Partial, 3)]
fn a_row_is_judged_without_what_takes_long_only_when_something_else_shows_it(
    #[case] quick: Outcome,
    #[case] result: Conformance,
    #[case] exit: u8,
) {
    let slow = untested("CAP-1", Why::Slow);
    let record = run(vec![scenario("CAP-1", quick), slow, scenario("CAP-2", Passed)]);
    assert_eq!(judge("CAP-1 CAP-2", &record), (result, exit));
}

#[test]
fn a_reason_that_nobody_gave_is_not_the_users() {
    let silent = ScenarioRecord { reason: None, ..scenario("CAP-2", Untested) };
    let record = run(vec![scenario("CAP-1", Passed), silent]);
    assert_eq!(judge("CAP-1 CAP-2", &record), (Inconclusive, 3));
}

#[test]
fn a_profile_of_rows_that_the_suite_does_not_cover_passes_nothing() {
    assert_eq!(judge("CAP-4", &run(vec![])), (Inconclusive, 4));
}

#[test]
fn rows_outside_the_selection_do_not_weigh() {
    let record = run(vec![scenario("CAP-1", Passed), scenario("CAP-2", Failed)]);
    assert_eq!(judge("CAP-1", &record), (Conformant, 0));
    let verdict = verdict(&ledger(), &profiles("CAP-1"), &record);
    assert!(verdict.outside().any(|row| row.id == id("CAP-2") && row.outcome == Failed));
    assert_eq!(verdict.row(&id("CAP-1")).unwrap().profiles, ["p"]);
}

#[test]
fn the_worst_profile_is_the_verdict() {
    let mut record = run(vec![scenario("CAP-1", Passed), scenario("CAP-2", Failed)]);
    record.selection.profiles.push("q".to_owned());
    let verdict = verdict(&ledger(), &profiles("CAP-1"), &record);
    let results: Vec<_> = verdict.profiles.iter().map(|profile| profile.result).collect();
    assert_eq!(results, [Conformant, NonConformant]);
    assert_eq!((verdict.overall, verdict.exit_code), (NonConformant, Exit::NonConformant));
}

#[rstest]
#[case::gate(TroubleKind::Gate, Conformant, 6)]
#[case::not_ready(TroubleKind::NotReady, Inconclusive, 5)]
#[case::harness(TroubleKind::Harness, Inconclusive, 70)]
fn trouble_has_an_exit_code_of_its_own(
    #[case] kind: TroubleKind,
    #[case] result: Conformance,
    #[case] exit: u8,
) {
    let mut record = run(vec![scenario("CAP-1", Passed)]);
    record.troubles.push(Trouble { kind, text: String::new() });
    assert_eq!(judge("CAP-1", &record), (result, exit));
}

#[test]
fn an_error_of_the_harness_anywhere_spoils_a_pass() {
    let record = run(vec![scenario("CAP-1", Passed), scenario("CAP-2", Error)]);
    assert_eq!(judge("CAP-1", &record), (Inconclusive, 70));
}

#[test]
fn a_run_that_was_cut_short_is_never_conformant() {
    let record = RunRecord { complete: false, ..run(vec![scenario("CAP-1", Passed)]) };
    assert_eq!(judge("CAP-1", &record), (Inconclusive, 3));
    assert_eq!(judge("CAP-1", &RunRecord { scenarios: vec![], ..record }), (Inconclusive, 3));
}

#[rstest]
#[case::unknown_profile("nobody", "CAP-1", 4)]
#[case::unknown_row("p", "CAP-1 CAP-9", 3)]
fn what_nobody_knows_passes_nothing(#[case] profile: &str, #[case] rows: &str, #[case] exit: u8) {
    let mut record = run(vec![scenario("CAP-1", Passed)]);
    record.selection.profiles = vec![profile.to_owned()];
    assert_eq!(judge(rows, &record), (Inconclusive, exit));
}

#[test]
fn without_a_profile_nothing_is_selected() {
    let mut record = run(vec![scenario("CAP-1", Passed)]);
    record.selection.profiles.clear();
    let verdict = verdict(&ledger(), &profiles("CAP-1"), &record);
    assert_eq!((verdict.overall, verdict.exit_code), (Inconclusive, Exit::NothingSelected));
}
