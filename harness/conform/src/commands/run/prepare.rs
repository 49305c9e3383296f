//! What is decided before anything is made: target, scenarios, order, folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use report::json::ApiVersion;
use report::record::Exclusion;
use report::{Detection, Exit, RowId};
use stage::RunId;
use target::Target;

use crate::catalogue::{Catalogue, Entry};
use crate::cli::Run;
use crate::commands::Refusal;
use crate::evidence::{Playing, Recipe};
use crate::order::{Order, is_serial};
use crate::preflight;
use crate::selection::{Plan, Wish};

/// Everything that is decided before anything is made.
pub(super) struct Prepared {
    pub(super) catalogue: Catalogue,
    pub(super) target: Target,
    pub(super) plan: Plan,
    pub(super) run: RunId,
    pub(super) out: PathBuf,
    pub(super) readings: BTreeMap<RowId, String>,
    pub(super) exclusions: Vec<Exclusion>,
    pub(super) order: Order,
    pub(super) detection: Option<Detection>,
}

pub(super) fn prepare(features: &Path, args: &Run) -> Result<Prepared, Refusal> {
    let run: RunId = match &args.telling.id {
        Some(text) => named(text).map_err(Refusal::usage)?,
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
        shard: args.shard,
    };
    let plan = Plan::make(&catalogue, &wish, Some(&target)).map_err(Refusal::usage)?;
    let detection =
        crate::kills::read(features, args.telling.kills.as_deref()).map_err(Refusal::usage)?;
    if !catalogue.scenarios.iter().any(|entry| plan.runs(entry)) {
        let error = anyhow!("nothing is selected: no scenario fits, or the target claims none");
        return Err(Refusal { exit: Exit::NothingSelected, error });
    }
    let out = args.telling.out.clone();
    let out = out.unwrap_or_else(|| Path::new("plumbline-runs").join(run.as_str()));
    let seed = args.seed.unwrap_or_else(|| fastrand::u64(..=u64::from(u32::MAX)));
    let order = Order { seed, shuffle: args.shuffle, repeat: args.repeat };
    Ok(Prepared { catalogue, target, plan, run, out, readings, exclusions, order, detection })
}

/// The id that the user wishes.
fn named(text: &str) -> anyhow::Result<RunId> {
    let run: RunId = text.parse()?;
    if run.is_second() {
        bail!("{run} would be the second lab of run {}; a run's id begins with p", run.beside());
    }
    Ok(run)
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
    /// Refuses when machine or name are not ready for it.
    pub(super) fn is_ready(&self) -> Result<(), Refusal> {
        let missing: Vec<String> = preflight::checks()
            .into_iter()
            .filter_map(|check| Some(format!("{}: {}", check.what, check.found.err()?)))
            .collect();
        if !missing.is_empty() {
            return Err(Refusal::not_ready(anyhow!("{}", missing.join("\n           "))));
        }
        let (run, there) = (&self.run, stage::runs());
        if there.contains(run) || there.contains(&run.beside()) {
            let error = anyhow!("run {run} exists; `plumbline clean {run}` removes it");
            return Err(Refusal::usage(error));
        }
        Ok(())
    }

    /// What is played, in order.
    pub(super) fn turns(&self) -> Vec<(&Entry, u32)> {
        self.order.turns(self.catalogue.scenarios.iter().filter(|entry| self.plan.runs(entry)))
    }

    pub(super) fn recipe(&self, args: &Run) -> Recipe {
        let playing = |(entry, attempt): (&Entry, u32)| Playing {
            scenario: entry.text.id.clone(),
            attempt,
            alone: is_serial(entry),
        };
        Recipe {
            api_version: ApiVersion::V1,
            run: self.run.to_string(),
            options: Run { seed: Some(self.order.seed), ..args.clone() },
            turns: self.turns().into_iter().map(playing).collect(),
        }
    }
}
