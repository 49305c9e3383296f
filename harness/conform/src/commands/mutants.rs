//! `plumbline mutants`: defects of the reference, and the scenarios that find them.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, anyhow};
use report::Exit;
use serde_json::json;
use stage::RunId;
use target::Target;

use super::{Refusal, print};
use crate::catalogue::Catalogue;
use crate::cli::{Matrix as MatrixArgs, MutantsCommand, MutantsRun, Playing};
use crate::mutants::{Mutants, Named, Pairs, Unrelated, choose, endings, judge, select};
use crate::output::write_file;
use crate::preflight;
use crate::progress::{Loudness, Progress};
use crate::suite::play::Wanted;
use crate::suite::{Manner, Place, play};

/// The build that holds the defects.
const TARGET: &str = "reference-mutants";

pub(super) fn mutants(features: &Path, command: &MutantsCommand) -> Result<u8, Refusal> {
    let catalogue = Catalogue::read(features).map_err(Refusal::usage)?;
    let mutants = Mutants::read(features, &catalogue).map_err(Refusal::usage)?;
    match command {
        MutantsCommand::List { json } => list(&catalogue, &mutants, *json).map(|()| 0),
        MutantsCommand::Run(args) => run(&catalogue, &mutants, args),
        MutantsCommand::Matrix(args) => {
            let mutants = if args.slow { mutants.with_slow() } else { mutants };
            matrix(&catalogue, &mutants, args)
        }
    }
}

fn list(catalogue: &Catalogue, mutants: &Mutants, as_json: bool) -> Result<(), Refusal> {
    let ids = |places: &BTreeSet<usize>| -> Vec<&str> {
        places.iter().map(|place| catalogue.scenarios[*place].text.id.as_str()).collect()
    };
    if as_json {
        let one = |mutant: &Named| json!({"id": mutant.id, "says": mutant.says, "fails": ids(&mutant.fails), "slow": ids(&mutant.slow)});
        let all: Vec<_> = mutants.0.iter().map(one).collect();
        return print(&format!("{:#}\n", json!(all)));
    }
    let width = mutants.0.iter().map(|mutant| mutant.id.len()).max().unwrap_or(0);
    let mut text = String::new();
    for mutant in &mutants.0 {
        let _ = writeln!(text, "{:width$}  {:3}  {}", mutant.id, mutant.fails.len(), mutant.says);
    }
    for gap in mutants.gaps(catalogue) {
        let _ = writeln!(text, "nothing shows that it can fail: {gap}");
    }
    print(&text)
}

fn run(catalogue: &Catalogue, mutants: &Mutants, args: &MutantsRun) -> Result<u8, Refusal> {
    let found = mutants.only(std::slice::from_ref(&args.id)).map_err(Refusal::usage)?;
    let mut mutant = found[0].clone();
    if !args.select.is_empty() {
        let chosen = args.select.iter().map(|word| select(word, catalogue));
        let chosen: Vec<_> = chosen.collect::<Result<_, _>>().map_err(Refusal::usage)?;
        mutant.fails = chosen.into_iter().flatten().collect();
    }
    let pairs = choose(catalogue, vec![&mutant], Unrelated::Some(0), 0);
    gate(&pairs, &args.playing, 0, 100)
}

fn matrix(catalogue: &Catalogue, mutants: &Mutants, args: &MatrixArgs) -> Result<u8, Refusal> {
    let chosen = mutants.only(&args.mutants).map_err(Refusal::usage)?;
    let seed = args.seed.unwrap_or_else(|| fastrand::u64(..=u64::from(u32::MAX)));
    gate(&choose(catalogue, chosen, args.unrelated, seed), &args.playing, seed, args.require_kill)
}

/// Plays, tells, writes `kills.json` and answers whether the gate is met.
fn gate(pairs: &Pairs<'_>, args: &Playing, seed: u64, percent: u8) -> Result<u8, Refusal> {
    let (run, target) = ready()?;
    let out = args.out.clone().unwrap_or_else(|| Path::new("plumbline-runs").join(run.as_str()));
    let out = folder(&out).map_err(Refusal::harness)?;
    let progress = Arc::new(Progress::new(Loudness::Stages));
    progress.expect(pairs.count());
    let (mutants, plays) = (pairs.mutants.len(), pairs.count());
    progress.tell(&format!("run {run}: {mutants} mutants, {plays} scenarios to play, seed {seed}"));
    let reached = out.join("reached");
    let (features, then) = pairs.rounds(&reached);
    let wanted = Wanted {
        place: Place { run, target: target.clone() },
        features,
        then,
        manner: Manner { patience: args.timeout_scale, out: out.clone(), seed },
        jobs: usize::from(args.jobs),
        fail_fast: false,
    };
    let played = play(wanted, &progress).map_err(Refusal::harness)?;
    if let Some(signal) = played.signal {
        return Ok(128 + signal);
    }
    if let Some(trouble) = played.troubles.first() {
        return Err(Refusal::not_ready(anyhow!("{}", trouble.text)));
    }
    let matrix = judge(pairs, &endings(pairs, &target, &played), &reached, seed);
    let path = out.join("kills.json");
    write_file(&path, &matrix.kills.to_json()).map_err(Refusal::harness)?;
    print(&matrix.table())?;
    print(&format!("written to {}\n", path.display()))?;
    Ok(matrix.exit(percent).code())
}

fn ready() -> Result<(RunId, Target), Refusal> {
    let run = RunId::fresh();
    let around = crate::suite::surroundings(&run).map_err(Refusal::harness)?;
    let target = target::find(TARGET, &around).map_err(|error| Refusal::not_ready(error.into()))?;
    let missing: Vec<String> = preflight::checks()
        .into_iter()
        .filter_map(|check| Some(format!("{}: {}", check.what, check.found.err()?)))
        .collect();
    if missing.is_empty() {
        return Ok((run, target));
    }
    Err(Refusal { exit: Exit::NotReady, error: anyhow!("{}", missing.join("\n           ")) })
}

/// Makes the run's folder; absolute, as programs in other places write there.
fn folder(out: &Path) -> anyhow::Result<PathBuf> {
    let reached = out.join("reached");
    std::fs::create_dir_all(&reached).with_context(|| format!("make {}", reached.display()))?;
    out.canonicalize().with_context(|| format!("find {}", out.display()))
}
