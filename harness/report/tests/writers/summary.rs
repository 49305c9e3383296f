//! What a person reads on a terminal.

use facts::{Judgement, Outcome};
use report::record::{Reason, RunRecord, Trouble, TroubleKind, Why};
use report::summary::{Colour, summary};
use rstest::rstest;

use crate::{report_of, sample};

fn of(run: RunRecord) -> String {
    summary(&report_of(run), &[], Colour::Never)
}

const SAMPLE: &str = r#"✗ NON-CONFORMANT
  example-eni-cni 2.4.1 by Example Networks, exit code 1
  1 demand failed.

  cni         ? inconclusive
              9 passed, 1 cannot tell, 1 untested
  shared-eni  ✗ non-conformant
              29 passed, 1 failed, 2 untested, 3 inapplicable
              27 demands are not covered by this suite: the verdict says nothing of them

Failed
  ✗ A released address rests (RES-5)
    features/resilience/addresses.feature:70
    Then the address of pod "a" is given to nobody for 130 seconds
    address 10.0.1.17 told by `add b`
      expected  an address that was not released within the last 130 s
      observed  10.0.1.17, which pod "a" gave up 0.4 s before
    and 1 more, see the report
    $ plumbline run --target example.toml --seed 42 --scenario \
      resilience/addresses/a-released-address-rests

Cannot tell
  ? CNI-5
    facts do not decide: the control call `check before` failed, too: the target may refuse every
    CHECK

Untested
  ○ VSW-1, VSW-2
    environment lacks it: the cloud has one vSwitch only
  ○ CNI-6
    excluded by the user: the runtime of this cluster sends no GC

Inapplicable
  – IP6-1, IP6-3, IP6-4
    capability not claimed: dual-stack is not claimed

Readings
  RUL-1 matched document
  RUL-2 matched upstream

Left behind
  kernel: namespace plumb-3f2a-n2 is still there

Report
  plumbline-runs/3f2a/report.html
"#;

#[test]
fn the_verdict_stands_first_and_what_is_open_has_its_reason() {
    let files = ["plumbline-runs/3f2a/report.html".to_owned()];
    assert_eq!(summary(&report_of(sample::record()), &files, Colour::Never), SAMPLE);
}

#[test]
fn colours_change_no_word() {
    let report = report_of(sample::record());
    let mut coloured = summary(&report, &[], Colour::Always);
    assert!(coloured.starts_with("\u{1b}[1;31m✗ NON-CONFORMANT\u{1b}[0m\n"));
    for escape in ["\u{1b}[1;31m", "\u{1b}[1;32m", "\u{1b}[1;33m", "\u{1b}[1m", "\u{1b}[0m"] {
        coloured = coloured.replace(escape, "");
    }
    assert_eq!(coloured, summary(&report, &[], Colour::Never));
}

#[test]
fn lines_have_at_most_100_columns() {
    let mut run = sample::record();
    let long = "many words of a message that does not end ".repeat(12);
    run.troubles.push(Trouble { kind: TroubleKind::Gate, text: long.clone() });
    for scenario in &mut run.scenarios {
        scenario.name.clone_from(&long);
        scenario.reproduce.clone_from(&long);
        if let Some(reason) = &mut scenario.reason {
            reason.text.clone_from(&long);
        }
        for claim in &mut scenario.claims {
            if let Judgement::Violated { violations } = &mut claim.judgement {
                violations[0].object.clone_from(&long);
                violations[0].expected.clone_from(&long);
                violations[0].observed.clone_from(&long);
            }
        }
    }
    let text = of(run);
    let widest = text.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(100), "{text}");
}

#[test]
fn a_target_cannot_steer_the_terminal() {
    let mut run = sample::record();
    run.scenarios[0].outcome = Outcome::Error;
    run.scenarios[0].error = Some("\u{1b}[2J\u{7}gone\r\nand more".to_owned());
    assert!(of(run).contains("    [2J gone and more\n"));
}

#[test]
fn a_pass_says_what_it_covers() {
    let mut run = sample::record();
    run.selection.profiles = vec!["cni".to_owned()];
    run.exclusions.clear();
    run.leaks.clear();
    for scenario in &mut run.scenarios {
        (scenario.outcome, scenario.reason) = (Outcome::Passed, None);
    }
    let expected = "✓ CONFORMANT\n  example-eni-cni 2.4.1 by Example Networks, exit code 0\n  \
        Everything claimed that this suite covers is met: 11 demands.\n\n  \
        cni  ✓ conformant\n       11 passed\n";
    assert_eq!(of(run), expected);
}

#[test]
fn failures_outside_the_selection_are_told_and_weigh_nothing() {
    let mut run = sample::record();
    run.selection.profiles = vec!["cni".to_owned()];
    let text = of(run);
    assert!(text.starts_with("? INCONCLUSIVE\n"), "{text}");
    assert!(!text.contains("A released address rests"), "{text}");
    let aside = "\nFailed outside the selected profiles, and weighing nothing\n  RES-5\n";
    assert!(text.contains(aside), "{text}");
}

#[test]
fn trouble_and_a_run_that_was_cut_short_are_told() {
    let mut run = sample::record();
    run.complete = false;
    let text = "the API server did not come up".to_owned();
    run.troubles.push(Trouble { kind: TroubleKind::NotReady, text });
    let text = of(run);
    assert!(text.contains("exit code 5\n"), "{text}");
    assert!(text.contains("\n  the API server did not come up\n"), "{text}");
    assert!(text.contains("\n  The run did not come to its end.\n"), "{text}");
}

#[rstest]
#[case::left_out(
    Outcome::Untested,
    Why::Excluded,
    "Nothing failed, but the user left out 1 demand."
)]
#[case::open(Outcome::CantTell, Why::Evidence, "Nothing failed, but 1 demand stayed open.")]
fn the_headline_says_what_kept_the_claim_open(
    #[case] outcome: Outcome,
    #[case] why: Why,
    #[case] headline: &str,
) {
    let mut run = sample::record();
    run.selection.profiles = vec!["cni".to_owned()];
    for scenario in &mut run.scenarios {
        let gc = scenario.name == "GC spares valid attachments";
        let reason = Reason { why, text: String::new() };
        (scenario.outcome, scenario.reason) =
            if gc { (outcome, Some(reason)) } else { (Outcome::Passed, None) };
    }
    assert_eq!(of(run).lines().nth(2), Some(&*format!("  {headline}")));
}

#[test]
fn without_a_pass_the_headline_says_so() {
    let mut run = sample::record();
    for scenario in &mut run.scenarios {
        scenario.outcome = Outcome::Inapplicable;
        scenario.readings.clear();
    }
    let text = of(run);
    assert_eq!(text.lines().nth(2), Some("  Nothing failed, but nothing passed, either."));
}

#[test]
fn a_profile_without_a_pass_is_named() {
    let mut run = sample::record();
    for scenario in &mut run.scenarios {
        let cni = scenario.feature.starts_with("features/cni/");
        scenario.outcome = if cni { Outcome::Inapplicable } else { Outcome::Passed };
    }
    let text = of(run);
    assert_eq!(text.lines().nth(2), Some("  Nothing failed, but nothing of cni passed."));
}

#[test]
fn without_colours_no_control_character_is_left() {
    let mut run = sample::record();
    let hostile = "a\u{1b}[31mb\u{9b}2Jc\u{7f}d\re\u{0}f";
    run.target.name = hostile.to_owned();
    run.target.organisation = hostile.to_owned();
    run.leaks.push(hostile.to_owned());
    run.troubles.push(Trouble { kind: TroubleKind::Gate, text: hostile.to_owned() });
    for scenario in &mut run.scenarios {
        scenario.name = hostile.to_owned();
        scenario.reproduce = hostile.to_owned();
        scenario.steps.iter_mut().for_each(|step| step.text = hostile.to_owned());
        for reading in &mut scenario.readings {
            reading.reading = hostile.to_owned();
        }
    }
    run.selection.profiles.push(hostile.to_owned());
    let text = of(run);
    let steering = text.chars().filter(|c| c.is_control() && *c != '\n').count();
    assert_eq!(steering, 0, "{text:?}");
}
