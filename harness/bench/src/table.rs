//! Measures and goals as text for a terminal.

use std::fmt::Write;

use crate::goal::Outcome;
use crate::result::{Machine, Result};

/// Everything in plain text: where, what, and the goals beside the figures.
pub fn table(result: &Result) -> String {
    let mut text = machine(&result.machine);
    let measures = &result.measures;
    let width = |of: fn(&crate::Measure) -> &str| {
        measures.iter().map(|measure| of(measure).len()).max().unwrap_or_default().max(4)
    };
    let (what, who) = (width(|measure| &measure.what), width(|measure| &measure.who));
    let heads = ["pods", "p50", "p95"];
    let [pods, p50, p95] = heads;
    let _ = writeln!(text, "\n{:what$}  {pods:>4}  {:who$}  {p50:>10}  {p95:>10}", "what", "who");
    let mut before = None;
    for measure in measures {
        let group = (measure.what.as_str(), measure.pods);
        if before.is_some_and(|before| before != group) {
            text.push('\n');
        }
        before = Some(group);
        let _ = writeln!(
            text,
            "{:what$}  {:>4}  {:who$}  {:>10.3}  {:>10.3} {}",
            measure.what, measure.pods, measure.who, measure.p50, measure.p95, measure.unit
        );
    }
    text + &goals(result)
}

fn machine(machine: &Machine) -> String {
    let Machine { processors, kernel, load, loaded } = machine;
    let mut text = format!("{processors} processors, kernel {kernel}, load {load:.2}\n");
    if *loaded {
        text.push_str("the machine was loaded by others: trust ratios, not figures\n");
    }
    text
}

fn goals(result: &Result) -> String {
    let width = result.goals.iter().map(|goal| goal.text.len()).max().unwrap_or_default();
    let mut text = format!("\n{:width$}  {:>28}  {:>18}\n", "goal", "measured", "wanted");
    for goal in &result.goals {
        let outcome = match goal.outcome {
            Outcome::Met => "met",
            Outcome::Missed => "MISSED",
            Outcome::Unclear => "unclear",
        };
        let (figure, bound) = (goal.words(), goal.bound());
        let _ = writeln!(text, "{:width$}  {figure:>28}  {bound:>18}  {outcome}", goal.text);
    }
    text
}
