//! Which scenarios run, and why the others do not.

use std::collections::BTreeMap;

use anyhow::{Context, bail};
use cucumber::gherkin::tagexpr::TagOperation;
use cucumber::tag::Ext as _;
use regex::Regex;
use report::record::{Exclusion, Reason, Why};
use target::Target;

use crate::catalogue::{Catalogue, Entry};
use crate::order::Shard;

/// What the user asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wish {
    /// Row ids, scenario ids or their beginnings, `FILE:LINE`; none for all.
    pub(crate) select: Vec<String>,
    /// Expression of tags.
    pub(crate) tags: Option<String>,
    /// Regular expression on names.
    pub(crate) name: Option<String>,
    /// Profiles; none for what the target claims.
    pub(crate) profiles: Vec<String>,
    /// What is left out, with a reason each.
    pub(crate) exclusions: Vec<Exclusion>,
    /// Whether scenarios that take long are played, too.
    pub(crate) slow: bool,
    /// Only the scenarios of this part.
    pub(crate) shard: Option<Shard>,
}

/// What runs.
pub(crate) struct Plan {
    /// Profiles that the verdict covers.
    pub(crate) profiles: Vec<String>,
    /// Why a scenario does not run, by its key; the others run.
    pub(crate) left: BTreeMap<String, Reason>,
    /// What narrowed the scenarios, as the user wrote it.
    pub(crate) filters: Vec<String>,
}

impl Plan {
    /// Decides for every scenario; a word that selects nothing is an error.
    pub(crate) fn make(
        catalogue: &Catalogue,
        wish: &Wish,
        target: Option<&Target>,
    ) -> anyhow::Result<Self> {
        let profiles = profiles(catalogue, wish, target)?;
        let rules = Rules::parse(catalogue, wish)?;
        let mut left = BTreeMap::new();
        for entry in &catalogue.scenarios {
            let reason = rules
                .excluded(entry)
                .or_else(|| rules.unselected(entry))
                .or_else(|| outside(catalogue, &profiles, wish, entry))
                .or_else(|| target.and_then(|target| unclaimed(target, entry)))
                .or_else(|| set_aside(wish, entry))
                .or_else(|| elsewhere(wish.shard, entry));
            if let Some(reason) = reason {
                left.insert(entry.key(), reason);
            }
        }
        Ok(Self { profiles, left, filters: filters(wish) })
    }

    /// Whether a scenario runs.
    pub(crate) fn runs(&self, entry: &Entry) -> bool {
        !self.left.contains_key(&entry.key())
    }
}

/// The user's filters, checked.
struct Rules<'a> {
    select: Vec<&'a str>,
    tags: Option<TagOperation>,
    name: Option<Regex>,
    exclusions: &'a [Exclusion],
}

impl<'a> Rules<'a> {
    fn parse(catalogue: &Catalogue, wish: &'a Wish) -> anyhow::Result<Self> {
        let select: Vec<&str> = wish.select.iter().map(String::as_str).collect();
        let left_out = wish.exclusions.iter().map(|exclusion| exclusion.id.as_str());
        for word in select.iter().copied().chain(left_out) {
            let known = catalogue.scenarios.iter().any(|entry| names(word, entry))
                || catalogue.ledger.rows().any(|row| row.id.as_str() == word);
            if !known {
                bail!(
                    "{word:?} names no row, scenario or feature; `plumbline list` shows what there is"
                );
            }
        }
        let parse = |text: &String| {
            text.parse().map_err(|_| anyhow::anyhow!("{text:?} is no expression of tags"))
        };
        let tags = wish.tags.as_ref().map(parse).transpose()?;
        let name = wish.name.as_ref().map(|text| {
            Regex::new(text).with_context(|| format!("{text:?} is no regular expression"))
        });
        Ok(Self { select, tags, name: name.transpose()?, exclusions: &wish.exclusions })
    }

    fn excluded(&self, entry: &Entry) -> Option<Reason> {
        let named = self.exclusions.iter().find(|exclusion| names(&exclusion.id, entry))?;
        Some(Reason { why: Why::Excluded, text: named.reason.clone() })
    }

    fn unselected(&self, entry: &Entry) -> Option<Reason> {
        let selected = self.select.is_empty() || self.select.iter().any(|word| names(word, entry));
        let tagged = self.tags.as_ref().is_none_or(|tags| tags.eval(&entry.text.tags));
        let named = self.name.as_ref().is_none_or(|name| name.is_match(&entry.text.name));
        (!(selected && tagged && named)).then(|| Reason {
            why: Why::Unselected,
            text: "the selection leaves it out".to_owned(),
        })
    }
}

/// Whether a word of the user means this scenario.
pub(crate) fn names(word: &str, entry: &Entry) -> bool {
    let id = &entry.text.id;
    let beginning = |word: &str| {
        id.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    beginning(word.trim_end_matches('/'))
        || entry.text.feature == word
        || entry.key() == word
        || entry.rows().iter().any(|row| row.as_str() == word)
}

fn profiles(
    catalogue: &Catalogue,
    wish: &Wish,
    target: Option<&Target>,
) -> anyhow::Result<Vec<String>> {
    if wish.profiles.is_empty() {
        let claimed = target.map(|target| target.claims.profiles.as_slice()).unwrap_or_default();
        return Ok(claimed.iter().map(|name| (*name).to_owned()).collect());
    }
    for name in &wish.profiles {
        if catalogue.profiles.iter().all(|profile| profile.name != *name) {
            let known: Vec<_> = catalogue.profiles.iter().map(|p| p.name.as_str()).collect();
            bail!("there is no profile {name:?}; there are {}", known.join(", "));
        }
    }
    Ok(wish.profiles.clone())
}

/// A scenario of rows that no selected profile lists runs only when asked for by name.
fn outside(
    catalogue: &Catalogue,
    profiles: &[String],
    wish: &Wish,
    entry: &Entry,
) -> Option<Reason> {
    if profiles.is_empty() || !wish.select.is_empty() {
        return None;
    }
    let rows = entry.rows();
    let listed = catalogue
        .profiles
        .iter()
        .filter(|profile| profiles.contains(&profile.name))
        .any(|profile| profile.ids().any(|id| rows.contains(id)));
    let text = format!("no row of it is in {}", profiles.join(", "));
    (!listed).then_some(Reason { why: Why::Unselected, text })
}

/// Whether a scenario takes long.
pub(crate) fn is_slow(entry: &Entry) -> bool {
    entry.text.tags.iter().any(|tag| tag == "slow")
}

/// A scenario that takes long runs only when it is asked for, as such or by its own id.
fn set_aside(wish: &Wish, entry: &Entry) -> Option<Reason> {
    let asked = wish.select.iter().any(|word| *word == entry.text.id || *word == entry.key());
    let text = "takes long; --slow plays it, or `plumbline faults run`".to_owned();
    (is_slow(entry) && !wish.slow && !asked).then_some(Reason { why: Why::Slow, text })
}

fn unclaimed(target: &Target, entry: &Entry) -> Option<Reason> {
    let lacking = entry.tagged("cap").find(|cap| !target.claims.capabilities.contains(cap))?;
    Some(Reason { why: Why::Capability, text: lacking.to_owned() })
}

fn elsewhere(shard: Option<Shard>, entry: &Entry) -> Option<Reason> {
    let shard = shard.filter(|shard| !shard.holds(&entry.text.id))?;
    Some(Reason { why: Why::Unselected, text: format!("part {shard} does not hold it") })
}

fn filters(wish: &Wish) -> Vec<String> {
    let tags = wish.tags.iter().map(|tags| format!("--tags {tags}"));
    let name = wish.name.iter().map(|name| format!("--name {name}"));
    let shard = wish.shard.iter().map(|shard| format!("--shard {shard}"));
    wish.select.iter().cloned().chain(tags).chain(name).chain(shard).collect()
}
