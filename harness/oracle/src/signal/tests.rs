use facts::{Claim, Evidence, Fact, Judgement};
use rstest::rstest;

use super::*;
use crate::judge;

const PAGE: &str = "# TYPE repaired counter\nrepaired_total{kind=\"rule\"} RULES\n\
    repaired_total{kind=\"route\",table=\"a} b\"} 7 1700000000\nexhausted_total 2\n\
    exhausted_total_since 99\n";

fn telling(rules: u32, at_millis: u64) -> Telling {
    Telling {
        place: "node n1".to_owned(),
        node: Some(PAGE.replace("RULES", &rules.to_string())),
        control: None,
        events: [("Full: no address".to_owned(), 3), ("Full: none".to_owned(), 1)].into(),
        at_millis,
    }
}

fn metric(page: Page, name: &str, labels: &[(&str, &str)]) -> Signal {
    let labels = labels.iter().map(|(key, is)| ((*key).to_owned(), (*is).to_owned())).collect();
    Signal::Metric { page, name: name.to_owned(), labels }
}

fn event(reason: &str) -> Signal {
    Signal::Event { reason: reason.to_owned() }
}

fn rules() -> Signal {
    metric(Page::Node, "repaired_total", &[("kind", "rule")])
}

#[rstest]
#[case::one_series(rules(), Some(4.0))]
#[case::all_series(metric(Page::Node, "repaired_total", &[]), Some(11.0))]
#[case::a_bracket_in_a_label(metric(Page::Node, "repaired_total", &[("table", "a} b")]), Some(7.0))]
#[case::no_labels(metric(Page::Node, "exhausted_total", &[]), Some(2.0))]
#[case::never_counted(metric(Page::Node, "repaired_total", &[("kind", "mark")]), Some(0.0))]
#[case::no_page(metric(Page::Control, "repaired_total", &[]), None)]
#[case::events(event("Full"), Some(4.0))]
#[case::no_event(event("Ful"), Some(0.0))]
fn a_signal_is_read(#[case] signal: Signal, #[case] value: Option<f64>) {
    assert_eq!(reading(&signal, &telling(4, 0)), value);
}

fn holds(claim: &Claim, tellings: [Telling; 3]) -> Option<bool> {
    let mut evidence = Evidence::default();
    for (name, telling) in ["a", "b", "c"].iter().zip(tellings) {
        evidence.put(*name, Fact::Telling(telling));
    }
    match judge(claim, &evidence) {
        Judgement::Holds => Some(true),
        Judgement::Violated { .. } => Some(false),
        Judgement::CantTell { .. } => None,
    }
}

fn named_by(signal: Option<Signal>, others: &[(&str, Signal)]) -> Claim {
    Claim::Named(Named {
        fault: "altered rule".to_owned(),
        signal,
        others: others.iter().map(|(of, signal)| ((*of).to_owned(), signal.clone())).collect(),
        before: "b".to_owned(),
        after: "c".to_owned(),
        millis: 30_000,
    })
}

#[rstest]
#[case::moved(5, 30_000, Some(rules()), Some(true))]
#[case::late(5, 30_001, Some(rules()), Some(false))]
#[case::stood_still(4, 1000, Some(rules()), Some(false))]
#[case::undeclared(5, 1000, None, Some(false))]
#[case::no_page(5, 1000, Some(metric(Page::Control, "x", &[])), Some(false))]
fn a_fault_moves_what_names_it_in_time(
    #[case] after: u32,
    #[case] at_millis: u64,
    #[case] signal: Option<Signal>,
    #[case] verdict: Option<bool>,
) {
    let tellings = [telling(4, 0), telling(4, 0), telling(after, at_millis)];
    assert_eq!(holds(&named_by(signal, &[]), tellings), verdict);
}

#[test]
fn a_fault_moves_nothing_that_names_another() {
    let judged = |other: Signal| {
        let claim = named_by(Some(rules()), &[("other", other)]);
        holds(&claim, [telling(4, 0), telling(4, 0), telling(5, 1)])
    };
    assert_eq!(judged(event("Full")), Some(true));
    assert_eq!(judged(metric(Page::Node, "repaired_total", &[])), Some(false));
}

#[rstest]
#[case::still([4, 4, 5], Some(true))]
#[case::moved_without_a_fault([4, 5, 6], Some(false))]
#[case::never_moved([4, 4, 4], None)]
fn signals_stand_still_while_nothing_is_wrong(
    #[case] rules_at: [u32; 3],
    #[case] verdict: Option<bool>,
) {
    let [before, after, control] = ["a", "b", "c"].map(str::to_owned);
    let signals = [("altered rule".to_owned(), rules())].into();
    let claim = Claim::Still(Still { signals, before, after, control });
    assert_eq!(holds(&claim, rules_at.map(|count| telling(count, 0))), verdict);
}
