//! `features/mutants.toml`: every defect, with the scenarios that must fail on it.
//! Parsed at the door; a word that names nothing is refused with its path.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, anyhow, bail};
use regex::Regex;
use report::Kind;
use serde::Deserialize;

use crate::catalogue::{Catalogue, Entry};
use crate::selection::{is_slow, names};

/// Where a defect is, and so how it is put on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Place {
    /// In agent or plugin: put on node by node.
    Node,
    /// In the commands for people: put on call by call.
    Cli,
    /// In the controller, which is started anew with it.
    Controller,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    mutant: Vec<Text>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Text {
    id: String,
    says: String,
    place: Place,
    fails: Vec<String>,
    #[serde(default)]
    may_fail: Vec<String>,
}

/// A defect with the scenarios that it is about, as places in the catalogue.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Named {
    /// Its name, by which the reference knows it.
    pub(crate) id: String,
    /// What is wrong, in one sentence.
    pub(crate) says: String,
    pub(crate) place: Place,
    /// Scenarios that must fail on it.
    pub(crate) fails: BTreeSet<usize>,
    /// Slow ones that must, too; they are played when asked for.
    pub(crate) slow: BTreeSet<usize>,
    /// Scenarios that may, as they go through what is wrong.
    pub(crate) related: BTreeSet<usize>,
}

/// All defects, in the file's order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Mutants(pub(crate) Vec<Named>);

impl Mutants {
    /// Reads `mutants.toml` in the features' folder.
    pub(crate) fn read(features: &Path, catalogue: &Catalogue) -> anyhow::Result<Self> {
        let path = features.join("mutants.toml");
        let text = std::fs::read_to_string(&path);
        let text = text.with_context(|| format!("read {}", path.display()))?;
        Self::parse(&text, catalogue).with_context(|| format!("parse {}", path.display()))
    }

    fn parse(text: &str, catalogue: &Catalogue) -> anyhow::Result<Self> {
        let document = toml::Deserializer::parse(text)?;
        let file: File = serde_path_to_error::deserialize(document)
            .map_err(|error| anyhow!("{}: {}", error.path(), error.inner().message()))?;
        let mut ids = BTreeSet::new();
        let mut named = Vec::new();
        for (number, mutant) in file.mutant.into_iter().enumerate() {
            let place = format!("mutant[{number}]");
            let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            if mutant.id.is_empty() || !mutant.id.chars().all(kebab) {
                bail!("{place}.id: {:?} is not made of a-z, 0-9 and '-'", mutant.id);
            }
            if !ids.insert(mutant.id.clone()) {
                bail!("{place}.id: {} is there twice", mutant.id);
            }
            if mutant.says.trim().is_empty() || mutant.fails.is_empty() {
                bail!("{place}: {} needs words in says and a scenario in fails", mutant.id);
            }
            let all = |key: &str, words: &[String]| -> anyhow::Result<BTreeSet<usize>> {
                let mut found = BTreeSet::new();
                for (number, word) in words.iter().enumerate() {
                    let at = || format!("{place}.{key}[{number}] of {}", mutant.id);
                    found.extend(select(word, catalogue).with_context(at)?);
                }
                Ok(found)
            };
            let is_slow = |place: &usize| is_slow(&catalogue.scenarios[*place]);
            let (slow, fails) = all("fails", &mutant.fails)?.into_iter().partition(is_slow);
            let related = all("may-fail", &mutant.may_fail)?;
            let related = related.into_iter().filter(|place| !is_slow(place));
            let related = related.filter(|place| !BTreeSet::contains(&fails, place)).collect();
            let Text { id, says, place, .. } = mutant;
            named.push(Named { id, says, place, fails, slow, related });
        }
        Ok(Self(named))
    }

    /// The same, with each slow scenario among those that must fail on the first defect that
    /// is named for it.
    pub(crate) fn with_slow(mut self) -> Self {
        let mut given = BTreeSet::new();
        for mutant in &mut self.0 {
            let new = mutant.slow.iter().filter(|place| given.insert(**place));
            mutant.fails.extend(new);
        }
        self
    }

    /// Those of these ids, all without any.
    pub(crate) fn only(&self, ids: &[String]) -> anyhow::Result<Vec<&Named>> {
        if let Some(id) = ids.iter().find(|id| self.0.iter().all(|mutant| mutant.id != **id)) {
            bail!("there is no mutant {id:?}; `plumbline mutants list` names all");
        }
        let wanted = |mutant: &&Named| ids.is_empty() || ids.contains(&mutant.id);
        Ok(self.0.iter().filter(wanted).collect())
    }

    /// Scenarios and rows that no defect is named for: nothing shows that they can fail.
    pub(crate) fn gaps(&self, catalogue: &Catalogue) -> Vec<String> {
        let hit: BTreeSet<usize> =
            self.0.iter().flat_map(|mutant| mutant.fails.union(&mutant.slow)).copied().collect();
        let entries = catalogue.scenarios.iter().enumerate();
        let missed = entries.filter(|(place, _)| !hit.contains(place));
        let scenarios = missed.map(|(_, entry)| format!("scenario {}", entry.text.id));
        let shown = |place: &usize| catalogue.scenarios[*place].rows();
        let killed: BTreeSet<_> = hit.iter().flat_map(shown).collect();
        let rows = catalogue.ledger.rows().filter(|row| {
            let binds = matches!(row.kind, Kind::Must | Kind::Linked | Kind::Disputed);
            let shown = catalogue.scenarios.iter().any(|entry| entry.rows().contains(&row.id));
            binds && shown && !killed.contains(&row.id)
        });
        scenarios.chain(rows.map(|row| format!("row {}", row.id))).collect()
    }
}

/// Scenarios that a word means: what a selection on the command line means, an
/// id with `*` for anything, or `~EXPRESSION` that fits a step.
pub(crate) fn select(word: &str, catalogue: &Catalogue) -> anyhow::Result<BTreeSet<usize>> {
    let means: Box<dyn Fn(&Entry) -> bool> = if let Some(expression) = word.strip_prefix('~') {
        let fits = Regex::new(expression)?;
        Box::new(move |entry| entry.text.steps.iter().any(|step| fits.is_match(&step.text)))
    } else if word.contains('*') {
        let fits = Regex::new(&format!("^{}$", regex::escape(word).replace("\\*", ".*")))?;
        Box::new(move |entry| fits.is_match(&entry.text.id))
    } else {
        Box::new(move |entry| names(word, entry))
    };
    let entries = catalogue.scenarios.iter().enumerate();
    let found: BTreeSet<_> = entries.filter(|(_, entry)| means(entry)).map(|(i, _)| i).collect();
    if found.is_empty() {
        bail!("{word:?} means no scenario");
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn features() -> &'static Path {
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../features"))
    }

    fn parse(text: &str) -> anyhow::Result<Mutants> {
        Mutants::parse(text, &Catalogue::read(features()).unwrap())
    }

    #[test]
    fn every_scenario_and_every_row_with_one_has_a_mutant() {
        let catalogue = Catalogue::read(features()).unwrap();
        let mutants = Mutants::read(features(), &catalogue).unwrap();
        assert_eq!(mutants.gaps(&catalogue), Vec::<String>::new());
    }

    #[test]
    fn a_slow_scenario_goes_to_the_first_defect_that_is_named_for_it() {
        let mutant = |id: &str| {
            format!(
                "[[mutant]]\nid = \"{id}\"\nsays = \"s\"\nplace = \"node\"\nfails = [\"FLT-9\"]\n"
            )
        };
        let mutants = parse(&(mutant("a") + &mutant("b"))).unwrap();
        let played = |mutants: &Mutants| -> Vec<usize> {
            mutants.0.iter().map(|mutant| mutant.fails.len()).collect()
        };
        assert_eq!(played(&mutants), [1, 1]);
        assert_eq!(played(&mutants.with_slow()), [2, 1]);
    }

    #[test]
    fn what_is_not_understood_is_refused_with_its_path() {
        let mutant = |id: &str, fails: &str, more: &str| {
            format!(
                "[[mutant]]\nid = \"{id}\"\nsays = \"s\"\nplace = \"node\"\nfails = [\"{fails}\"]\n{more}\n"
            )
        };
        assert!(parse(&mutant("a-b", "cni/version", "")).is_ok());
        let refused = [
            (mutant("a-b", "cni/nothing", ""), "mutant[0].fails[0]"),
            (mutant("a-b", "cni/version", "may-fail = [\"~(\"]"), "mutant[0].may-fail[0]"),
            (mutant("A", "cni/version", ""), "mutant[0].id"),
            (mutant("a", "cni/version", "").repeat(2), "mutant[1].id"),
            (mutant("a", "cni/version", "what = 1"), "what"),
            (mutant("a", "cni/version", "").replace("node", "moon"), "place"),
        ];
        for (text, path) in refused {
            let error = format!("{:#}", parse(&text).unwrap_err());
            assert!(error.contains(path), "{error} should name {path}");
        }
    }

    #[test]
    fn a_word_may_be_a_row_a_beginning_or_an_expression_on_steps() {
        let catalogue = Catalogue::read(features()).unwrap();
        for (word, count) in [
            ("CNI-1", 5),
            ("cni/version", 5),
            ("cni/version/version-is-answered-in-0.3*", 2),
            ("~the plugin's versions", 5),
        ] {
            assert_eq!(select(word, &catalogue).unwrap().len(), count, "{word}");
        }
    }
}
