//! The labs of a run. What changes something that all scenarios of a lab share is played
//! alone in it; where there is enough of that, it gets a lab of its own, and the others
//! need not wait.

use std::panic;
use std::sync::Arc;
use std::thread;

use anyhow::anyhow;
use cucumber::gherkin::Feature;
use stage::RunId;
use target::Target;

use super::play::{self, Played, Round, Wanted};
use super::surroundings;
use crate::order::SERIAL;
use crate::progress::Progress;

/// Fewest scenarios of each kind for which a second lab pays: to bring it up takes as
/// long as some of them.
const PAYS: usize = 4;

/// A lab, and the target as it is found there.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) run: RunId,
    pub(crate) target: Target,
}

impl Place {
    /// Another one of the same run and target.
    fn beside(&self) -> anyhow::Result<Self> {
        let run = self.run.beside();
        let target = target::find(&self.target.name, &surroundings(&run)?)?;
        Ok(Self { run, target })
    }
}

/// Plays in one lab or two; whatever happens, nothing of the run stays on the machine.
pub(crate) fn play(wanted: Wanted, progress: &Arc<Progress>) -> anyhow::Result<Played> {
    if wanted.jobs == 1 || wanted.fail_fast || !pays(&wanted) {
        return play::play(wanted, progress);
    }
    let second = wanted.place.beside()?;
    let (alone, together) = divide(wanted, second);
    let both = || {
        thread::scope(|scope| {
            let second = scope.spawn(|| play::play(alone, progress));
            let first = play::play(together, progress);
            let panicked = |_| Err(anyhow!("the second lab's thread panicked"));
            (first, second.join().unwrap_or_else(panicked))
        })
    };
    let (first, second) = silently(both);
    Ok(merge(first?, second?))
}

/// Plays without a word of panics. A step that fails is one to cucumber, which silences
/// them from the beginning of a play to its end; of two plays one ends before the other.
fn silently<T>(play: impl FnOnce() -> T) -> T {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| ()));
    let played = play();
    panic::set_hook(hook);
    played
}

fn pays(wanted: &Wanted) -> bool {
    let all = wanted.then.iter().flat_map(|round| &round.features).chain(&wanted.features);
    let (alone, together): (Vec<_>, Vec<_>) = all.partition(|feature| is_alone(feature));
    alone.len().min(together.len()) >= PAYS
}

/// Whether a feature of one scenario is played alone.
fn is_alone(feature: &Feature) -> bool {
    let of_rules = feature.rules.iter().map(|rule| &rule.tags);
    let ruled = feature.rules.iter().flat_map(|rule| &rule.scenarios);
    let of_scenarios = feature.scenarios.iter().chain(ruled).map(|scenario| &scenario.tags);
    let mut tags = of_rules.chain(of_scenarios).chain([&feature.tags]).flatten();
    tags.any(|tag| tag == SERIAL)
}

/// What is played alone, in the second place, and everything else.
fn divide(wanted: Wanted, second: Place) -> (Wanted, Wanted) {
    let (features, others) = wanted.features.into_iter().partition(is_alone);
    let (then, other_rounds) = divide_rounds(wanted.then);
    let (manner, fail_fast) = (wanted.manner.clone(), wanted.fail_fast);
    let alone = Wanted { place: second, features, then, manner, jobs: 1, fail_fast };
    let together = Wanted { features: others, then: other_rounds, ..wanted };
    (alone, together)
}

/// The same for rounds; where nothing of one is played, the control plane stays as it is.
fn divide_rounds(rounds: Vec<Round>) -> (Vec<Round>, Vec<Round>) {
    let (mut alone, mut together) = (Vec::new(), Vec::new());
    for round in rounds {
        let (ours, others): (Vec<_>, Vec<_>) = round.features.into_iter().partition(is_alone);
        for (features, into) in [(ours, &mut alone), (others, &mut together)] {
            let (what, controller) = (round.what.clone(), round.controller.clone());
            into.extend((!features.is_empty()).then_some(Round { what, controller, features }));
        }
    }
    (alone, together)
}

fn merge(mut first: Played, second: Played) -> Played {
    first.courses.extend(second.courses);
    first.seen.extend(second.seen);
    first.troubles.extend(second.troubles);
    first.leaks.extend(second.leaks);
    first.kubernetes = first.kubernetes.or(second.kubernetes);
    first.signal = first.signal.or(second.signal);
    first.complete &= second.complete;
    first
}

#[cfg(test)]
mod tests {
    use cucumber::gherkin::GherkinEnv;

    use super::*;

    fn feature(text: &str) -> Feature {
        Feature::parse(text, GherkinEnv::default()).unwrap()
    }

    #[test]
    fn a_tag_of_feature_rule_or_scenario_keeps_a_scenario_alone() {
        for alone in [
            "@serial\nFeature: f\n  Scenario: s\n    Given x\n",
            "Feature: f\n  @serial\n  Scenario: s\n    Given x\n",
            "Feature: f\n  @serial\n  Rule: r\n    Scenario: s\n      Given x\n",
            "Feature: f\n  Rule: r\n    @serial\n    Scenario: s\n      Given x\n",
        ] {
            assert!(is_alone(&feature(alone)), "{alone}");
        }
        assert!(!is_alone(&feature("@slow\nFeature: serial\n  Scenario: s\n    Given x\n")));
    }

    #[test]
    fn a_lab_has_the_rounds_in_which_something_is_played_there() {
        let alone = feature("@serial\nFeature: a\n  Scenario: s\n    Given x\n");
        let together = feature("Feature: b\n  Scenario: s\n    Given x\n");
        let round = |what: &str, features: &[&Feature]| Round {
            what: what.to_owned(),
            controller: Vec::new(),
            features: features.iter().map(|feature| (*feature).clone()).collect(),
        };
        let rounds = vec![round("one", &[&together]), round("two", &[&together, &alone])];
        let (second, first) = divide_rounds(rounds);
        let told = |rounds: &[Round]| {
            let names = rounds.iter().map(|round| (round.what.clone(), round.features.len()));
            names.collect::<Vec<_>>()
        };
        assert_eq!(told(&second), [("two".to_owned(), 1)]);
        assert_eq!(told(&first), [("one".to_owned(), 1), ("two".to_owned(), 1)]);
    }
}
