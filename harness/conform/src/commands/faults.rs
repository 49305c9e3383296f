//! `plumbline faults`: plans of faults. A plan is a tag `@fault:PLAN`; its
//! scenarios are played like any other, the long ones too.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use report::summary::Colour;
use report::{Exit, RowId};
use serde_json::json;

use super::run::{Ended, run};
use super::{Refusal, print};
use crate::catalogue::{Catalogue, Entry};
use crate::cli::{FaultsCommand, Run};
use crate::selection::is_slow;

/// What scenarios need that can be ended at named steps.
const FAIL_POINTS: &str = "fail-points";
/// The target that can be.
const WITH_FAIL_POINTS: &str = "reference-mutants";
/// Exit codes from here on are ends by signals.
const SIGNALS: u8 = 128;

/// The scenarios of each plan.
type Plans<'a> = BTreeMap<&'a str, Vec<&'a Entry>>;

pub(super) fn faults(
    features: &Path,
    command: &FaultsCommand,
    colour: Colour,
) -> Result<u8, Refusal> {
    let catalogue = Catalogue::read(features).map_err(Refusal::usage)?;
    let plans = plans(&catalogue);
    match command {
        FaultsCommand::List { json: true } => print(&as_json(&plans)).map(|()| 0),
        FaultsCommand::List { json: false } => print(&as_text(&plans)).map(|()| 0),
        FaultsCommand::Run { plan, run } => play(features, &chosen(&plans, plan)?, run, colour),
    }
}

fn plans(catalogue: &Catalogue) -> Plans<'_> {
    let mut plans = Plans::new();
    for entry in &catalogue.scenarios {
        for plan in entry.tagged("fault") {
            plans.entry(plan).or_default().push(entry);
        }
    }
    plans
}

/// The plans that a word of the user means.
fn chosen<'a>(plans: &Plans<'a>, word: &str) -> Result<Plans<'a>, Refusal> {
    let meant = |(plan, _): &(&&str, &Vec<&Entry>)| word == "all" || **plan == word;
    let found: Plans<'a> =
        plans.iter().filter(meant).map(|(plan, entries)| (*plan, entries.clone())).collect();
    if found.is_empty() {
        let known = plans.keys().copied().collect::<Vec<_>>().join(", ");
        return Err(Refusal::usage(anyhow!("there is no plan {word:?}; there are {known}")));
    }
    Ok(found)
}

/// Plays the plans against the target, and what needs fail points against the
/// build that has some.
fn play(features: &Path, plans: &Plans<'_>, args: &Run, colour: Colour) -> Result<u8, Refusal> {
    let mut first = args.clone();
    first.slow = true;
    first.tags = Some(narrowed(plans, args.tags.as_deref()));
    let needs = |entry: &&Entry| entry.tagged("cap").any(|cap| cap == FAIL_POINTS);
    let entries = || plans.values().flatten().copied();
    let stepwise = args.target == "reference" && entries().any(|entry| needs(&entry));
    if stepwise && entries().all(|entry| needs(&entry)) {
        return run(features, &second(first), colour).map(|ended| code(&ended, args));
    }
    let ended = code(&run(features, &first, colour)?, args);
    if !stepwise || ended >= SIGNALS {
        return Ok(ended);
    }
    match run(features, &second(first), colour) {
        Ok(stepwise) => Ok(heavier(ended, code(&stepwise, args))),
        // Without that build its scenarios are inapplicable, and the first report says so.
        Err(Refusal { exit: Exit::NotReady, error }) => {
            // Who closes standard error does not want to hear.
            let _ = writeln!(std::io::stderr(), "plumbline: without fail points: {error:#}");
            Ok(ended)
        }
        Err(refusal) => Err(refusal),
    }
}

/// Of two exit codes the one that counts; an end by a signal outweighs all.
fn heavier(one: u8, other: u8) -> u8 {
    let weight = |code: &u8| (*code >= SIGNALS, Exit::try_from(*code).ok());
    if weight(&other) > weight(&one) { other } else { one }
}

/// Scenarios of these plans that the user's own tags fit.
fn narrowed(plans: &Plans<'_>, tags: Option<&str>) -> String {
    let any = plans.keys().map(|plan| format!("@fault:{plan}")).collect::<Vec<_>>().join(" or ");
    match tags {
        Some(tags) => format!("({tags}) and ({any})"),
        None => any,
    }
}

/// The same, of the build with fail points, into a folder beside the first's.
fn second(mut args: Run) -> Run {
    args.tags = args.tags.map(|tags| format!("({tags}) and @cap:{FAIL_POINTS}"));
    WITH_FAIL_POINTS.clone_into(&mut args.target);
    args.telling.out = args.telling.out.map(beside);
    args.telling.id = None;
    args.telling.output.clear();
    args
}

fn beside(folder: PathBuf) -> PathBuf {
    let mut name = folder.into_os_string();
    name.push(format!("-{FAIL_POINTS}"));
    name.into()
}

/// A plan is a part of what the target claims, and meant to be: that alone is no
/// reason to end with anything but 0. What the user left out of the plan is.
fn code(ended: &Ended, args: &Run) -> u8 {
    let whole = args.exclude.is_empty() && args.select.is_empty();
    if ended.passed && whole { 0 } else { ended.code }
}

fn rows(entries: &[&Entry]) -> Vec<String> {
    let rows: BTreeSet<RowId> = entries.iter().flat_map(|entry| entry.rows()).collect();
    rows.iter().map(ToString::to_string).collect()
}

fn as_text(plans: &Plans<'_>) -> String {
    let mut text = String::new();
    for (plan, entries) in plans {
        let _ = writeln!(text, "{plan} [{}]", rows(entries).join(" "));
        for entry in entries {
            let slow = if is_slow(entry) { "  (slow)" } else { "" };
            let _ = writeln!(text, "  {}{slow}", entry.text.id);
        }
    }
    text
}

fn as_json(plans: &Plans<'_>) -> String {
    let one = |(plan, entries): (&&str, &Vec<&Entry>)| {
        let scenarios: Vec<_> = entries
            .iter()
            .map(|entry| json!({"id": entry.text.id, "slow": is_slow(entry)}))
            .collect();
        json!({"plan": plan, "rows": rows(entries), "scenarios": scenarios})
    };
    format!("{:#}\n", json!(plans.iter().map(one).collect::<Vec<_>>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_users_own_tags_narrow_a_plan() {
        let plans = Plans::from([("a", Vec::new()), ("b", Vec::new())]);
        assert_eq!(narrowed(&plans, None), "@fault:a or @fault:b");
        assert_eq!(narrowed(&plans, Some("not @slow")), "(not @slow) and (@fault:a or @fault:b)");
    }

    #[test]
    fn a_part_of_a_claim_is_all_that_a_plan_is() {
        let cli = |words: &[&str]| {
            let words = ["plumbline", "faults", "run", "all"].iter().chain(words);
            match <crate::cli::Cli as clap::Parser>::parse_from(words).command {
                crate::cli::Command::Faults(FaultsCommand::Run { run, .. }) => run,
                other => panic!("{other:?}"),
            }
        };
        let ended = Ended { code: 3, passed: true };
        assert_eq!(code(&ended, &cli(&[])), 0);
        assert_eq!((heavier(3, 1), heavier(1, 3), heavier(70, 130)), (1, 1, 130));
        assert_eq!(code(&ended, &cli(&["--exclude", "FLT-2", "--reason", "x"])), 3);
        assert_eq!(code(&Ended { code: 1, passed: false }, &cli(&[])), 1);
    }
}
