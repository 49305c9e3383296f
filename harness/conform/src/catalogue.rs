//! The features on disk: every scenario with an id that is stable across runs,
//! outlines expanded to one scenario for each example.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use cucumber::feature::Ext;
use cucumber::gherkin::{Feature, GherkinEnv, Rule, Scenario, Step};
use report::lint::{ScenarioText, StepText, lint};
use report::{Ledger, Profile};

/// Everything under one folder of features.
pub(crate) struct Catalogue {
    /// Demands.
    pub(crate) ledger: Ledger,
    /// What claims are about.
    pub(crate) profiles: Vec<Profile>,
    /// Parsed files with expanded outlines.
    pub(crate) features: Vec<Feature>,
    /// Their scenarios, in order.
    pub(crate) scenarios: Vec<Entry>,
}

/// A scenario of the catalogue.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// As the lint sees it, steps of backgrounds first.
    pub(crate) text: ScenarioText,
    /// Keywords of its steps, in the same order.
    pub(crate) keywords: Vec<String>,
}

impl Entry {
    /// Values of its tags `@KIND:VALUE`.
    pub(crate) fn tagged<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a str> {
        let value = move |tag: &'a String| tag.strip_prefix(kind)?.strip_prefix(':');
        self.text.tags.iter().filter_map(value)
    }

    /// Rows that it shows.
    pub(crate) fn rows(&self) -> Vec<report::RowId> {
        self.text.rows().flatten().collect()
    }

    /// By what cucumber's events know it.
    pub(crate) fn key(&self) -> String {
        key(&self.text.feature, self.text.line)
    }
}

/// By what a scenario is known in events: file and line.
pub(crate) fn key(feature: &str, line: usize) -> String {
    format!("{feature}:{line}")
}

impl Catalogue {
    /// The feature of a scenario with nothing but this one in it, tagged besides
    /// with `tag`; none where the scenario is not of this catalogue.
    pub(crate) fn alone(&self, entry: &Entry, tag: Option<&str>) -> Option<Feature> {
        let path = Path::new(&entry.text.feature);
        let feature = self.features.iter().find(|f| f.path.as_deref() == Some(path))?;
        let here = |scenario: &&Scenario| scenario.position.line == entry.text.line;
        let tagged = |scenario: &Scenario| {
            let mut scenario = scenario.clone();
            scenario.tags.extend(tag.map(str::to_owned));
            scenario
        };
        let plain = feature.scenarios.iter().find(here).map(tagged);
        let ruled = feature.rules.iter().find_map(|rule| {
            let scenarios = vec![tagged(rule.scenarios.iter().find(here)?)];
            Some(Rule { scenarios, ..rule.clone() })
        });
        let (scenarios, rules) = (plain.into_iter().collect(), ruled.into_iter().collect());
        Some(Feature { scenarios, rules, ..feature.clone() })
    }

    /// Reads ledger, profiles and features.
    pub(crate) fn read(folder: &Path) -> anyhow::Result<Self> {
        let ledger = Ledger::read(folder)?;
        let profiles = Profile::read_all(folder)?;
        let mut features = Vec::new();
        for path in files(folder)? {
            let shown = shown(folder, &path);
            let mut feature = Feature::parse_path(&path, GherkinEnv::default())
                .with_context(|| format!("read {}", path.display()))?
                .expand_examples()?;
            feature.path = Some(PathBuf::from(shown));
            features.push(feature);
        }
        let scenarios = features.iter().flat_map(entries).collect();
        let catalogue = Self { ledger, profiles, features, scenarios };
        catalogue.check()?;
        Ok(catalogue)
    }

    /// Where ledger, profiles and scenarios do not fit together.
    pub(crate) fn findings(&self) -> Vec<String> {
        let texts: Vec<_> = self.scenarios.iter().map(|entry| entry.text.clone()).collect();
        let findings = lint(&self.ledger, &self.profiles, &texts);
        findings.iter().map(ToString::to_string).collect()
    }

    fn check(&self) -> anyhow::Result<()> {
        let mut ids = BTreeSet::new();
        for entry in &self.scenarios {
            let (id, at) = (&entry.text.id, entry.key());
            if !ids.insert(id) {
                bail!("{at}: two scenarios have the id {id}; give them names that differ");
            }
            let unknown = |cap: &&str| target::CAPABILITIES.iter().all(|(name, _)| name != cap);
            if let Some(cap) = entry.tagged("cap").find(unknown) {
                bail!("{at}: there is no capability {cap:?}");
            }
        }
        Ok(())
    }
}

/// Files under `folder`, section by section in alphabetical order.
fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let list = |folder: &Path| -> anyhow::Result<Vec<PathBuf>> {
        let entries = std::fs::read_dir(folder);
        let entries = entries.with_context(|| format!("list {}", folder.display()))?;
        let mut paths =
            entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
        paths.sort();
        Ok(paths)
    };
    let mut found = Vec::new();
    for section in list(folder)?.iter().filter(|path| path.is_dir()) {
        found.extend(
            list(section)?
                .into_iter()
                .filter(|path| path.extension().is_some_and(|extension| extension == "feature")),
        );
    }
    Ok(found)
}

/// A feature's path as reports and people name it, wherever the folder is.
fn shown(folder: &Path, path: &Path) -> String {
    let inside = path.strip_prefix(folder).unwrap_or(path);
    Path::new("features").join(inside).display().to_string()
}

fn entries(feature: &Feature) -> Vec<Entry> {
    let plain = feature.scenarios.iter().map(|scenario| (None, scenario));
    let ruled = feature
        .rules
        .iter()
        .flat_map(|rule| rule.scenarios.iter().map(move |scenario| (Some(rule), scenario)));
    plain.chain(ruled).map(|(rule, scenario)| entry(feature, rule, scenario)).collect()
}

fn entry(feature: &Feature, rule: Option<&Rule>, scenario: &Scenario) -> Entry {
    let path = feature.path.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
    let backgrounds = [feature.background.as_ref(), rule.and_then(|rule| rule.background.as_ref())];
    let steps: Vec<&Step> = backgrounds
        .into_iter()
        .flatten()
        .flat_map(|background| &background.steps)
        .chain(&scenario.steps)
        .collect();
    let above = rule.map(|rule| rule.tags.as_slice()).unwrap_or_default();
    let text = ScenarioText {
        id: id(&path, &scenario.name),
        name: scenario.name.clone(),
        feature: path,
        line: scenario.position.line,
        tags: feature.tags.iter().chain(above).chain(&scenario.tags).cloned().collect(),
        steps: steps
            .iter()
            .map(|step| StepText { line: step.position.line, text: step.value.clone() })
            .collect(),
    };
    let keywords = steps.iter().map(|step| step.keyword.trim().to_owned()).collect();
    Entry { text, keywords }
}

/// `features/cni/version.feature` and a name become `cni/version/the-name`.
pub(crate) fn id(path: &str, name: &str) -> String {
    let place = path.trim_start_matches("features/").trim_end_matches(".feature");
    let mut slug = String::new();
    for letter in name.chars() {
        if letter.is_ascii_alphanumeric() || letter == '.' {
            slug.push(letter.to_ascii_lowercase());
        } else if !slug.ends_with('-') && !slug.is_empty() && letter != '\'' {
            slug.push('-');
        }
    }
    format!("{place}/{}", slug.trim_matches(['-', '.']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_made_of_place_and_name() {
        assert_eq!(
            id("features/cni/add.feature", "A retried ADD keeps the pod's address (1.0.0)"),
            "cni/add/a-retried-add-keeps-the-pods-address-1.0.0"
        );
    }

    #[test]
    fn the_features_of_this_repository_fit_together() {
        let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../features"));
        let catalogue = Catalogue::read(folder).unwrap();
        assert_eq!(catalogue.findings(), Vec::<String>::new());
        assert!(catalogue.scenarios.len() >= 60, "{} scenarios", catalogue.scenarios.len());
    }
}
