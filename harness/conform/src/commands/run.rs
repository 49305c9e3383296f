//! `plumbline run`: plays scenarios against a target and reports.

mod prepare;
mod record;

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use report::Exit;
use report::summary::Colour;

use super::{Refusal, print};
use crate::cli::Run;
use crate::evidence::{self, Manifest};
use crate::order;
use crate::output;
use crate::progress::{Loudness, Progress};
use crate::suite::play::Wanted;
use crate::suite::{Manner, Place, play};
use prepare::prepare;

/// How a run ended.
pub(super) struct Ended {
    /// The exit code.
    pub(super) code: u8,
    /// Whether every chosen scenario passed and nothing else was amiss.
    pub(super) passed: bool,
}

pub(super) fn run(features: &Path, args: &Run, colour: Colour) -> Result<Ended, Refusal> {
    let prepared = prepare(features, args)?;
    let recipe = prepared.recipe(args);
    if args.telling.dry_run {
        return print(&recipe.told()).map(|()| Ended { code: 0, passed: false });
    }
    evidence::check(&prepared.out).map_err(Refusal::usage)?;
    prepared.is_ready()?;
    evidence::take(&prepared.out).map_err(Refusal::harness)?;
    recipe.write(&prepared.out).map_err(Refusal::harness)?;
    let loudness = match (args.telling.quiet, args.telling.verbose) {
        (true, _) => Loudness::Quiet,
        (_, true) => Loudness::Verbose,
        _ => Loudness::Normal,
    };
    let progress = Arc::new(Progress::new(loudness));
    let started = Timestamp::now();
    progress.expect(recipe.turns.len());
    progress.tell(&format!(
        "run {}: {} scenarios against {}, seed {}",
        prepared.run,
        recipe.turns.len(),
        prepared.target.name,
        prepared.order.seed
    ));
    let wanted = Wanted {
        place: Place { run: prepared.run.clone(), target: prepared.target.clone() },
        features: order::features(&prepared.catalogue, &prepared.turns()),
        then: Vec::new(),
        manner: Manner {
            patience: args.timeout_scale,
            out: prepared.out.clone(),
            seed: prepared.order.seed,
        },
        jobs: usize::from(args.jobs),
        fail_fast: args.fail_fast,
    };
    let played = play(wanted, &progress).map_err(Refusal::harness)?;
    let left = prepared.left(&played);
    let report = prepared.report(&played, &left, started);
    prepared.store(features, &left).map_err(Refusal::harness)?;
    output::write(&report, &prepared.out, &args.telling.output, colour)
        .map_err(Refusal::harness)?;
    let manifest = Manifest::of(&prepared.out, prepared.run.as_str());
    manifest.and_then(|all| all.write(&prepared.out)).map_err(Refusal::harness)?;
    let code = report.verdict.exit_code;
    let passed = played.signal.is_none() && prepared.passed(&report.run);
    let code = match (played.signal, code) {
        (Some(signal), _) => 128 + signal,
        (None, Exit::NonConformant | Exit::Gate | Exit::Inconclusive) if args.telling.advisory => 0,
        (None, code) => code.code(),
    };
    Ok(Ended { code, passed })
}
