//! `plumbline run`: plays scenarios against a target and reports.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use facts::Outcome;
use jiff::Timestamp;
use report::json::Report;
use report::record::{
    Environment, Exclusion, Reason, RunRecord, ScenarioRecord, Selection, Suite as SuiteRecord,
    Target as TargetRecord, Why,
};
use report::summary::Colour;
use report::{Detection, Exit, RowId, verdict};
use stage::RunId;
use target::Target;

use super::Refusal;
use crate::catalogue::{Catalogue, key};
use crate::cli::Run;
use crate::output;
use crate::preflight;
use crate::progress::{Loudness, Progress};
use crate::record::Context as Records;
use crate::selection::{Plan, Wish};
use crate::suite::Manner;
use crate::suite::play::{Played, play};

/// Everything that is decided before anything is made.
struct Prepared {
    catalogue: Catalogue,
    target: Target,
    plan: Plan,
    run: RunId,
    out: PathBuf,
    readings: BTreeMap<RowId, String>,
    exclusions: Vec<Exclusion>,
    seed: u64,
    detection: Option<Detection>,
}

/// How a run ended.
pub(super) struct Ended {
    /// The exit code.
    pub(super) code: u8,
    /// Whether every chosen scenario passed and nothing else was amiss.
    pub(super) passed: bool,
}

pub(super) fn run(features: &Path, args: &Run, colour: Colour) -> Result<Ended, Refusal> {
    let prepared = prepare(features, args)?;
    let loudness = match (args.quiet, args.verbose) {
        (true, _) => Loudness::Quiet,
        (_, true) => Loudness::Verbose,
        _ => Loudness::Normal,
    };
    let progress = Arc::new(Progress::new(loudness));
    let started = Timestamp::now();
    let chosen = prepared.catalogue.scenarios.iter().filter(|e| prepared.plan.runs(e)).count();
    progress.expect(chosen);
    progress.tell(&format!(
        "run {}: {chosen} scenarios against {}",
        prepared.run, prepared.target.name
    ));
    let wanted = crate::suite::play::Wanted {
        run: prepared.run.clone(),
        target: prepared.target.clone(),
        features: prepared.chosen_features(),
        then: Vec::new(),
        manner: Manner {
            patience: args.timeout_scale,
            out: prepared.out.clone(),
            seed: prepared.seed,
        },
        jobs: usize::from(args.jobs),
        fail_fast: args.fail_fast,
    };
    let played = play(wanted, &progress).map_err(Refusal::harness)?;
    let report = prepared.report(&played, started);
    output::write(&report, &prepared.out, &args.output, colour).map_err(Refusal::harness)?;
    let code = report.verdict.exit_code;
    let passed = played.signal.is_none() && prepared.passed(&report.run);
    let code = match (played.signal, code) {
        (Some(signal), _) => 128 + signal,
        (None, Exit::NonConformant | Exit::Gate | Exit::Inconclusive) if args.advisory => 0,
        (None, code) => code.code(),
    };
    Ok(Ended { code, passed })
}

fn prepare(features: &Path, args: &Run) -> Result<Prepared, Refusal> {
    let run: RunId = match &args.id {
        Some(text) => text.parse().map_err(|error| Refusal::usage(anyhow!("{error}")))?,
        None => RunId::fresh(),
    };
    let catalogue = Catalogue::read(features).map_err(Refusal::usage)?;
    let around = crate::suite::surroundings(&run).map_err(Refusal::harness)?;
    let target = target::find(&args.target, &around).map_err(|error| match error {
        target::TargetError::Unknown { .. } => Refusal::usage(error.into()),
        target::TargetError::Missing { .. } => Refusal::not_ready(error.into()),
    })?;
    let readings = readings(&catalogue, &target, &args.readings).map_err(Refusal::usage)?;
    let exclusions = exclusions(args).map_err(Refusal::usage)?;
    let wish = Wish {
        select: args.select.clone(),
        tags: args.tags.clone(),
        name: args.name.clone(),
        profiles: args.profiles.clone(),
        exclusions: exclusions.clone(),
        slow: args.slow,
    };
    let plan = Plan::make(&catalogue, &wish, Some(&target)).map_err(Refusal::usage)?;
    let detection = crate::kills::read(features, args.kills.as_deref()).map_err(Refusal::usage)?;
    if !catalogue.scenarios.iter().any(|entry| plan.runs(entry)) {
        let error = anyhow!("nothing is selected: no scenario fits, or the target claims none");
        return Err(Refusal { exit: Exit::NothingSelected, error });
    }
    let missing: Vec<String> = preflight::checks()
        .into_iter()
        .filter_map(|check| Some(format!("{}: {}", check.what, check.found.err()?)))
        .collect();
    if !missing.is_empty() {
        return Err(Refusal::not_ready(anyhow!("{}", missing.join("\n           "))));
    }
    if stage::runs().contains(&run) {
        return Err(Refusal::usage(anyhow!(
            "run {run} exists; `plumbline clean {run}` removes it"
        )));
    }
    let out = args.out.clone().unwrap_or_else(|| Path::new("plumbline-runs").join(run.as_str()));
    let seed = args.seed.unwrap_or_else(|| fastrand::u64(..=u64::from(u32::MAX)));
    Ok(Prepared { catalogue, target, plan, run, out, readings, exclusions, seed, detection })
}

/// Readings of disputed rows: what the target claims, or what the user says of it.
fn readings(
    catalogue: &Catalogue,
    target: &Target,
    wishes: &[String],
) -> anyhow::Result<BTreeMap<RowId, String>> {
    let mut readings = BTreeMap::new();
    for (row, name) in &target.claims.readings {
        readings.insert(row.parse()?, (*name).to_owned());
    }
    for wish in wishes {
        let (row, name) = wish.split_once('=').context("a reading is ROW=NAME")?;
        let id: RowId = row.parse()?;
        let row = catalogue.ledger.row(&id).with_context(|| format!("there is no row {id}"))?;
        if row.readings.iter().all(|reading| reading.name != name) {
            let known: Vec<_> = row.readings.iter().map(|r| r.name.as_str()).collect();
            bail!("{id} has no reading {name:?}; it has {}", known.join(", "));
        }
        readings.insert(id, name.to_owned());
    }
    Ok(readings)
}

fn exclusions(args: &Run) -> anyhow::Result<Vec<Exclusion>> {
    if args.exclude.len() != args.reasons.len() {
        bail!("each --exclude needs a --reason of its own");
    }
    let pairs = args.exclude.iter().zip(&args.reasons);
    pairs
        .map(|(id, reason)| {
            if reason.trim().is_empty() {
                bail!("--exclude {id} needs a reason that says something");
            }
            Ok(Exclusion { id: id.clone(), reason: reason.clone() })
        })
        .collect()
}

impl Prepared {
    /// Features with the scenarios that run, and nothing else.
    fn chosen_features(&self) -> Vec<cucumber::gherkin::Feature> {
        let mut features = self.catalogue.features.clone();
        for feature in &mut features {
            let path = feature.path.clone().unwrap_or_default().display().to_string();
            let runs = |scenario: &cucumber::gherkin::Scenario| {
                let key = key(&path, scenario.position.line);
                !self.plan.left.contains_key(&key)
            };
            feature.scenarios.retain(runs);
            feature.rules.iter_mut().for_each(|rule| rule.scenarios.retain(runs));
            feature.rules.retain(|rule| !rule.scenarios.is_empty());
        }
        features.retain(|feature| !feature.scenarios.is_empty() || !feature.rules.is_empty());
        features
    }

    fn report(&self, played: &Played, started: Timestamp) -> Report {
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
            seed: Some(self.seed),
            reproduce: reproduce(),
            started,
            finished: (!interrupted).then(Timestamp::now),
            complete: played.complete,
            troubles: played.troubles.clone(),
            scenarios: self.scenarios(played),
            leaks: played.leaks.clone(),
            detection: self.detection.clone(),
        };
        let verdict = verdict(&self.catalogue.ledger, &self.catalogue.profiles, &record);
        Report::new(record, verdict)
    }

    fn passed(&self, record: &RunRecord) -> bool {
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

    fn scenarios(&self, played: &Played) -> Vec<ScenarioRecord> {
        let records = Records {
            ledger: &self.catalogue.ledger,
            readings: &self.readings,
            target: &self.target.name,
        };
        let entries = self.catalogue.scenarios.iter();
        entries
            .map(|entry| {
                let key = entry.key();
                if let Some(reason) = self.plan.left.get(&key) {
                    return records.left(entry, reason.clone());
                }
                let course = played.courses.get(&key);
                if let Some((course, seen)) = course.zip(played.seen.get(&key)) {
                    return records.ran(entry, course, seen);
                }
                let text = "the run ended before it".to_owned();
                records.left(entry, Reason { why: Why::Interrupted, text })
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
