//! In which order scenarios are played, and how often. The same seed gives the
//! same order.

use std::fmt;
use std::str::FromStr;

use cucumber::gherkin::{Feature, Scenario};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::catalogue::{Catalogue, Entry, key};

/// Tag by which the attempts of a scenario are told apart while they are played.
const ATTEMPT: &str = "attempt:";
/// Tag of scenarios that change the whole world: they are played first, each alone.
pub(crate) const SERIAL: &str = "serial";

/// One playing of a scenario.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Turn {
    /// The scenario's key.
    pub(crate) key: String,
    /// Which of its attempts, counted from 1.
    pub(crate) attempt: u32,
}

impl Turn {
    /// The turn that cucumber plays.
    pub(crate) fn of(feature: &Feature, scenario: &Scenario) -> Self {
        let path = feature.path.as_ref().map(|path| path.display().to_string());
        let attempt = scenario.tags.iter().find_map(|tag| tag.strip_prefix(ATTEMPT)?.parse().ok());
        Self {
            key: key(&path.unwrap_or_default(), scenario.position.line),
            attempt: attempt.unwrap_or(1),
        }
    }
}

/// How turns are ordered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Order {
    /// What chance comes from.
    pub(crate) seed: u64,
    /// Whether there is any.
    pub(crate) shuffle: bool,
    /// How often each scenario is played.
    pub(crate) repeat: u32,
}

impl Order {
    /// The turns of these scenarios in the order in which they begin: all first
    /// attempts, then all second ones; in each round those that are played alone
    /// stand before the others, as the player has it.
    pub(crate) fn turns<'a>(
        &self,
        chosen: impl IntoIterator<Item = &'a Entry>,
    ) -> Vec<(&'a Entry, u32)> {
        let mut rng = fastrand::Rng::with_seed(self.seed);
        let chosen: Vec<&Entry> = chosen.into_iter().collect();
        let mut turns = Vec::new();
        for attempt in 1..=self.repeat {
            let mut round = chosen.clone();
            if self.shuffle {
                rng.shuffle(&mut round);
            }
            turns.extend(round.into_iter().map(|entry| (entry, attempt)));
        }
        turns.sort_by_key(|(entry, _)| !is_serial(entry));
        turns
    }
}

/// Whether a scenario is played alone.
pub(crate) fn is_serial(entry: &Entry) -> bool {
    entry.text.tags.iter().any(|tag| tag == SERIAL)
}

/// A feature of one scenario for each turn, so that cucumber plays them in this
/// order. It puts each feature with a serial scenario before the others that it
/// has, so the last of those must come first.
pub(crate) fn features(catalogue: &Catalogue, turns: &[(&Entry, u32)]) -> Vec<Feature> {
    let alone = turns.iter().filter(|(entry, _)| is_serial(entry)).rev();
    let together = turns.iter().filter(|(entry, _)| !is_serial(entry));
    alone
        .chain(together)
        .filter_map(|(entry, attempt)| feature(catalogue, entry, *attempt))
        .collect()
}

fn feature(catalogue: &Catalogue, entry: &Entry, attempt: u32) -> Option<Feature> {
    let tag = (attempt > 1).then(|| format!("{ATTEMPT}{attempt}"));
    catalogue.alone(entry, tag.as_deref())
}

/// A part of the suite: the scenarios of which the `part`-th of so many has its share.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Shard {
    part: u64,
    of: u64,
}

impl Shard {
    /// Whether a scenario is in this part: that depends on its id alone, so a part
    /// stays what it is when scenarios are added.
    pub(crate) fn holds(self, id: &str) -> bool {
        hash(id) % self.of == self.part - 1
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.part, self.of)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text
            .split_once('/')
            .and_then(|(part, of)| Some(Self { part: part.parse().ok()?, of: of.parse().ok()? }));
        numbers
            .filter(|shard| (1..=shard.of).contains(&shard.part))
            .ok_or_else(|| format!("{text:?} is no part such as 2/5"))
    }
}

impl TryFrom<String> for Shard {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Shard> for String {
    fn from(shard: Shard) -> Self {
        shard.to_string()
    }
}

/// FNV-1a, 64 bits: stable across versions, unlike the standard library's hashes.
pub(crate) fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn catalogue() -> Catalogue {
        Catalogue::read(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../features"))).unwrap()
    }

    fn ids(catalogue: &Catalogue, seed: u64, shuffle: bool, repeat: u32) -> Vec<(String, u32)> {
        let turns = Order { seed, shuffle, repeat }.turns(&catalogue.scenarios);
        turns.into_iter().map(|(entry, attempt)| (entry.text.id.clone(), attempt)).collect()
    }

    #[test]
    fn the_same_seed_gives_the_same_order_and_another_another() {
        let catalogue = catalogue();
        assert_eq!(ids(&catalogue, 7, true, 2), ids(&catalogue, 7, true, 2));
        assert_ne!(ids(&catalogue, 7, true, 2), ids(&catalogue, 8, true, 2));
        assert_eq!(ids(&catalogue, 7, false, 2), ids(&catalogue, 8, false, 2));
    }

    #[test]
    fn every_scenario_has_as_many_turns_as_asked_for() {
        let catalogue = catalogue();
        let mut shuffled = ids(&catalogue, 7, true, 3);
        let mut plain = ids(&catalogue, 7, false, 3);
        assert_eq!(plain.len(), 3 * catalogue.scenarios.len());
        shuffled.sort();
        plain.sort();
        assert_eq!(shuffled, plain);
    }

    #[test]
    fn each_turn_is_a_feature_that_is_known_again() {
        let catalogue = catalogue();
        let turns = Order { seed: 7, shuffle: true, repeat: 2 }.turns(&catalogue.scenarios);
        let made = features(&catalogue, &turns);
        let mut known: Vec<_> = made
            .iter()
            .flat_map(|feature| {
                let ruled = feature.rules.iter().flat_map(|rule| &rule.scenarios);
                let scenarios = feature.scenarios.iter().chain(ruled);
                scenarios.map(|scenario| Turn::of(feature, scenario))
            })
            .collect();
        let mut wanted: Vec<_> = turns
            .iter()
            .map(|(entry, attempt)| Turn { key: entry.key(), attempt: *attempt })
            .collect();
        known.sort();
        wanted.sort();
        assert_eq!(known, wanted);
    }

    #[test]
    fn parts_share_the_suite_without_overlap() {
        let catalogue = catalogue();
        let shard = |part: &str| -> Shard { part.parse().unwrap() };
        let shards = [shard("1/3"), shard("2/3"), shard("3/3")];
        for entry in &catalogue.scenarios {
            let holding = shards.iter().filter(|shard| shard.holds(&entry.text.id)).count();
            assert_eq!(holding, 1, "{}", entry.text.id);
        }
        // FNV-1a of "a" is 0xaf63dc4c8601ec8c, whose remainder by 5 is 1.
        assert!(shard("2/5").holds("a"));
    }

    #[test]
    fn what_is_no_part_is_refused() {
        for text in ["", "1", "0/3", "4/3", "1/0", "a/b", "-1/3"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }
}
