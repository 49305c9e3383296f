//! What a matrix plays: scenarios without any defect, those named for each defect,
//! and a few that have nothing to do with it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cucumber::gherkin::Feature;
use facts::Outcome;

use super::Named;
use super::catalogue::Place;
use crate::catalogue::{Catalogue, Entry, id, key};
use crate::selection::is_slow;
use crate::suite::play::Round;

/// Tag that says which defect is on.
pub(crate) const MUTANT: &str = "mutant:";

/// How many unrelated scenarios each defect gets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Unrelated {
    /// So many.
    Some(usize),
    /// Every one that is not named or related.
    All,
}

impl std::str::FromStr for Unrelated {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match (text, text.parse()) {
            ("all", _) => Ok(Self::All),
            (_, Ok(number)) => Ok(Self::Some(number)),
            _ => Err("a number or \"all\"".to_owned()),
        }
    }
}

/// A matrix to play.
pub(crate) struct Pairs<'a> {
    pub(crate) catalogue: &'a Catalogue,
    /// Each defect with its unrelated scenarios.
    pub(crate) mutants: Vec<(&'a Named, BTreeSet<usize>)>,
}

/// Chooses unrelated scenarios; the same seed gives the same ones. Those that are
/// slow or must run alone are left to who asks for all.
pub(crate) fn choose<'a>(
    catalogue: &'a Catalogue,
    mutants: Vec<&'a Named>,
    unrelated: Unrelated,
    seed: u64,
) -> Pairs<'a> {
    let quick = |entry: &Entry| !is_slow(entry) && !entry.text.tags.iter().any(|t| t == "serial");
    let chosen = |mutant: &Named| -> BTreeSet<usize> {
        let entries = catalogue.scenarios.iter().enumerate();
        let mut others: Vec<usize> = entries
            .filter(|(place, _)| !mutant.fails.contains(place) && !mutant.related.contains(place))
            .filter(|(_, entry)| !is_slow(entry) && (unrelated == Unrelated::All || quick(entry)))
            .map(|(place, _)| place)
            .collect();
        if let Unrelated::Some(number) = unrelated {
            let turn =
                mutant.id.bytes().fold(seed, |sum, byte| sum.wrapping_mul(31) + u64::from(byte));
            fastrand::Rng::with_seed(turn).shuffle(&mut others);
            others.truncate(number);
        }
        others.into_iter().collect()
    };
    let mutants = mutants.into_iter().map(|mutant| (mutant, chosen(mutant))).collect();
    Pairs { catalogue, mutants }
}

impl Pairs<'_> {
    /// Everything that is played under defects must pass without one.
    pub(crate) fn controls(&self) -> BTreeSet<usize> {
        let all = self.mutants.iter().flat_map(|(mutant, others)| mutant.fails.union(others));
        all.copied().collect()
    }

    /// How many playings there are.
    pub(crate) fn count(&self) -> usize {
        let pairs = self.mutants.iter().map(|(mutant, others)| mutant.fails.len() + others.len());
        self.controls().len() + pairs.sum::<usize>()
    }

    /// The first round plays what needs the controller as it is: scenarios without
    /// a defect, and those with one on their own nodes. Each defect of the
    /// controller has a round of its own; `reached` is the folder where defects tell.
    pub(crate) fn rounds(&self, reached: &Path) -> (Vec<Feature>, Vec<Round>) {
        let mut first: Vec<_> =
            self.controls().iter().filter_map(|place| self.feature(None, *place)).collect();
        let mut then = Vec::new();
        for (mutant, others) in &self.mutants {
            let played = mutant.fails.union(others);
            let features = played.filter_map(|place| self.feature(Some(&mutant.id), *place));
            if mutant.place == Place::Controller {
                let controller = switch(&mutant.id, &controller_log(reached, &mutant.id));
                let (what, features) = (format!("mutant {}", mutant.id), features.collect());
                then.push(Round { what, controller, features });
            } else {
                first.extend(features);
            }
        }
        (first, then)
    }

    /// A feature of one scenario, under a path of its own for each defect.
    fn feature(&self, mutant: Option<&str>, place: usize) -> Option<Feature> {
        let entry = &self.catalogue.scenarios[place];
        let tag = mutant.map(|id| format!("{MUTANT}{id}"));
        let feature = self.catalogue.alone(entry, tag.as_deref())?;
        let path = Some(PathBuf::from(shown(mutant, entry)));
        Some(Feature { path, ..feature })
    }
}

/// A feature's path when it is played under a defect.
fn shown(mutant: Option<&str>, entry: &Entry) -> String {
    mutant.map_or_else(String::new, |id| format!("{id}/")) + &entry.text.feature
}

/// By what a playing is known among the courses.
pub(crate) fn played_as(mutant: Option<&str>, entry: &Entry) -> String {
    key(&shown(mutant, entry), entry.text.line)
}

/// Variables that switch a defect on and say where it tells that it was reached.
pub(crate) fn switch(mutant: &str, log: &Path) -> Vec<(String, String)> {
    let log = log.display().to_string();
    [("TERWAY_DEFECT", mutant), ("TERWAY_DEFECT_LOG", &log)]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into()
}

/// Where a defect tells that a scenario came upon it.
pub(crate) fn log(reached: &Path, scenario: &str) -> PathBuf {
    reached.join(scenario.replace('/', "."))
}

/// Where a defect of the controller tells that it was come upon.
pub(crate) fn controller_log(reached: &Path, mutant: &str) -> PathBuf {
    reached.join(format!("{mutant}.controller"))
}

/// Whether a defect was come upon when a scenario was played.
pub(crate) fn was_reached(reached: &Path, mutant: &Named, entry: &Entry) -> bool {
    let own = log(reached, &id(&shown(Some(&mutant.id), entry), &entry.text.name));
    own.exists()
        || (mutant.place == Place::Controller && controller_log(reached, &mutant.id).exists())
}

/// How a playing ended.
#[derive(Clone, Debug)]
pub(crate) struct Ending {
    pub(crate) outcome: Outcome,
    /// Why, where it did not pass.
    pub(crate) why: Option<String>,
}

impl From<Outcome> for Ending {
    fn from(outcome: Outcome) -> Self {
        Self { outcome, why: None }
    }
}

/// Endings by how playings are known.
pub(crate) type Endings = BTreeMap<String, Ending>;
