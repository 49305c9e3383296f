//! What a run left, as report and as evidence.

use std::collections::BTreeMap;
use std::path::Path;

use facts::Outcome;
use jiff::Timestamp;
use report::json::Report;
use report::record::{
    Environment, RunRecord, ScenarioRecord, Selection, Suite as SuiteRecord, Target as TargetRecord,
};
use report::verdict;

use super::prepare::Prepared;
use crate::catalogue::key;
use crate::evidence::{self, Index};
use crate::order::Turn;
use crate::record::Context as Records;
use crate::suite::play::Played;

impl Prepared {
    /// What every turn that began has left, by the scenario's key.
    pub(super) fn left(&self, played: &Played) -> BTreeMap<String, Vec<Index>> {
        let mut left: BTreeMap<String, Vec<Index>> = BTreeMap::new();
        for (entry, attempt) in self.turns() {
            let turn = Turn { key: entry.key(), attempt };
            let Some(course) = played.courses.get(&turn) else { continue };
            let seen = played.seen.get(&turn).cloned().unwrap_or_default();
            left.entry(turn.key).or_default().push(Index {
                scenario: entry.text.id.clone(),
                attempt,
                facts: seen.facts,
                claims: seen.claims,
                course: course.clone(),
                fault: seen.fault,
                captures: seen.captures,
            });
        }
        left
    }

    /// Stores what the verdict stands on besides facts, which are stored already.
    pub(super) fn store(
        &self,
        features: &Path,
        left: &BTreeMap<String, Vec<Index>>,
    ) -> anyhow::Result<()> {
        evidence::keep_suite(features, &self.out)?;
        left.values().flatten().try_for_each(|index| index.write(&self.out))
    }

    pub(super) fn report(
        &self,
        played: &Played,
        left: &BTreeMap<String, Vec<Index>>,
        started: Timestamp,
    ) -> Report {
        let interrupted = played.signal.is_some();
        let record = RunRecord {
            run: self.run.to_string(),
            suite: SuiteRecord { version: env!("CARGO_PKG_VERSION").to_owned(), commit: None },
            target: self.target_record(),
            environment: environment(played),
            selection: Selection {
                profiles: self.plan.profiles.clone(),
                filters: self.plan.filters.clone(),
            },
            exclusions: self.exclusions.clone(),
            seed: Some(self.order.seed),
            reproduce: reproduce(),
            started,
            finished: (!interrupted).then(Timestamp::now),
            complete: played.complete,
            troubles: played.troubles.clone(),
            scenarios: self.scenarios(left),
            leaks: played.leaks.clone(),
            detection: self.detection.clone(),
        };
        let verdict = verdict(&self.catalogue.ledger, &self.catalogue.profiles, &record);
        Report::new(record, verdict)
    }

    pub(super) fn passed(&self, record: &RunRecord) -> bool {
        let chosen = |scenario: &&ScenarioRecord| {
            !self.plan.left.contains_key(&key(&scenario.feature, scenario.line))
        };
        let mut chosen = record.scenarios.iter().filter(chosen);
        let sound = record.complete && record.troubles.is_empty() && record.leaks.is_empty();
        sound && chosen.all(|scenario| scenario.outcome == Outcome::Passed)
    }

    fn target_record(&self) -> TargetRecord {
        let claims = &self.target.claims;
        let capabilities = target::CAPABILITIES
            .iter()
            .map(|(name, _)| ((*name).to_owned(), claims.capabilities.contains(name)))
            .collect();
        TargetRecord {
            name: self.target.name.clone(),
            organisation: self.target.about.to_owned(),
            version: self.target.version.clone(),
            profiles: claims.profiles.iter().map(|name| (*name).to_owned()).collect(),
            capabilities,
            readings: self.readings.clone(),
        }
    }

    fn scenarios(&self, left: &BTreeMap<String, Vec<Index>>) -> Vec<ScenarioRecord> {
        let records = Records {
            ledger: &self.catalogue.ledger,
            readings: &self.readings,
            target: &self.target.name,
            seed: self.order.seed,
            repeat: self.order.repeat,
        };
        let entries = self.catalogue.scenarios.iter();
        entries
            .map(|entry| match self.plan.left.get(&entry.key()) {
                Some(reason) => records.left(entry, reason.clone()),
                None => records.ran(entry, left.get(&entry.key()).map_or(&[], Vec::as_slice)),
            })
            .collect()
    }
}

fn environment(played: &Played) -> Environment {
    let kernel = nix::sys::utsname::uname()
        .map(|name| name.release().to_string_lossy().into_owned())
        .unwrap_or_default();
    let cpus = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    Environment {
        kernel,
        cpus: u32::try_from(cpus).unwrap_or(u32::MAX),
        kubernetes: played.kubernetes.clone(),
        missing: Vec::new(),
    }
}

/// The command as it was given.
fn reproduce() -> String {
    let words = std::env::args().skip(1).map(|word| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:@,".contains(c);
        if !word.is_empty() && word.chars().all(plain) {
            word
        } else {
            format!("'{}'", word.replace('\'', "'\\''"))
        }
    });
    std::iter::once("plumbline".to_owned()).chain(words).collect::<Vec<_>>().join(" ")
}
